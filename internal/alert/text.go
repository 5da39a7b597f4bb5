package alert

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"cutline/internal/geo"
	"cutline/internal/sensor"
)

// text is the alert in one sentence, as it is read out in a dark room: who, which way, where, when, on whose word.
func (b *Book) text(a *Alert) string {
	did := " crossed "
	switch a.Told.Level {
	case Probable:
		did = " probably crossed "
	case Inferred:
		did = " must have crossed "
	}
	return who(a.Told.Class) + did + a.Told.Direction + " " + b.where(a.Told.Lat, a.Told.Lon) + " at " + clock(a.Told.Time) +
		"; " + b.said(a) + " (" + percent(a.Told.Confidence) + " %)"
}

func who(class string) string {
	if class == "unknown" || class == "clutter" {
		return "Unknown target"
	}
	return title(class)
}

// said names the sensors, three at most.
func (b *Book) said(a *Alert) string {
	var names []string
	for _, e := range a.Told.Evidence {
		name := e.Sensor
		if kind := b.kinds[e.Sensor]; kind != "" {
			name = string(kind) + " " + name
		}
		names = append(names, name)
	}
	verb := " agree"
	switch n := len(names); {
	case n == 0:
		return "by its path alone"
	case n == 1:
		return names[0] + " alone"
	case n > 3:
		names = append(names[:2], strconv.Itoa(n-2)+" more")
	}
	if len(a.Groups) < 2 {
		verb = ", of one group"
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1] + verb
}

// mark is a sensor that everybody in the room knows the place of.
type mark struct {
	name  string
	frame geo.Frame
}

func newMark(s sensor.Definition) mark { return mark{s.ID, geo.NewFrame(s.Pose.LLA())} }

// where says how far from the nearest sensor, and on which side of it. Without a sensor that has a place it gives degrees.
func (b *Book) where(lat, lon float64) string {
	best, at := math.Inf(1), geo.ENU{}
	name := ""
	for i := range b.marks {
		m := &b.marks[i]
		p := m.frame.ENU(geo.LLA{Lat: geo.Degrees(lat), Lon: geo.Degrees(lon), Alt: m.frame.Origin().Alt})
		if r := p.Range(); r < best {
			best, at, name = r, p, m.name
		}
	}
	switch {
	case name == "":
		return fmt.Sprintf("at %.5f, %.5f", lat, lon)
	case best < 50:
		return "at " + name
	case best < 1000:
		return fmt.Sprintf("%.0f m %s of %s", math.Round(best/10)*10, compass(at.Bearing()), name)
	}
	return fmt.Sprintf("%.1f km %s of %s", best/1000, compass(at.Bearing()), name)
}

func compass(bearing geo.Radians) string {
	names := [...]string{"north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"}
	return names[int(math.Round(float64(bearing)/(math.Pi/4)))%len(names)]
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05Z") }

// percent never says 100: nothing is certain.
func percent(p float64) string {
	return strconv.Itoa(int(math.Min(99, math.Round(p*100))))
}

func title(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
