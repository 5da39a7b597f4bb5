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

// words writes what an alert says, in both languages, as it is read out in a dark room: who, which way, where, when, on whose word. Those
// of a system alert are its condition's.
func (b *Book) words(a *Alert) {
	switch {
	case len(a.Members) == 0:
		return
	case a.Told.Kind == Crossing:
		a.Told.Text, a.Told.TextFR = b.sentence(english, a), b.sentence(french, a)
	default:
		a.Told.Text, a.Told.TextFR = b.presence(english, a), b.presence(french, a)
	}
	a.Told.Against, a.Told.AgainstFR = b.against(english, a), b.against(french, a)
}

func (b *Book) sentence(l language, a *Alert) string {
	t := &a.Told
	return l.who(t.Class, t.Count) + " " + l.crossed(t.Level, t.Count) + " " + t.Direction + " " + b.where(l, t.Lat, t.Lon) + " " +
		l.pick("at ", "à ") + clock(t.Time) + l.pick("; ", " ; ") + b.said(l, a) + " (" + percent(t.Confidence) + " %)"
}

// said names the sensors, three at most.
func (b *Book) said(l language, a *Alert) string {
	var names []string
	for _, e := range a.Told.Evidence {
		name := e.Sensor
		if s := b.sensors[e.Sensor]; s != nil {
			name = l.sensor(s)
		}
		names = append(names, name)
	}
	switch n := len(names); {
	case n == 0:
		return l.pick("by its path alone", "d'après son seul trajet")
	case n == 1:
		return names[0] + l.pick(" alone", " seul")
	case n > 3:
		names = append(names[:2], strconv.Itoa(n-2)+l.pick(" more", " autres"))
	}
	verb := l.pick(" agree", " concordent")
	if len(a.Groups) < 2 {
		verb = l.pick(", of one group", ", d'un même groupe")
	}
	return strings.Join(names[:len(names)-1], ", ") + l.pick(" and ", " et ") + names[len(names)-1] + verb
}

// mark is a sensor that everybody in the room knows the place of.
type mark struct {
	name  string
	frame geo.Frame
}

func newMark(s *sensor.Definition) mark { return mark{s.ID, geo.NewFrame(s.Pose.LLA())} }

// where says how far from the nearest sensor, and on which side of it. Without a sensor that has a place it gives degrees.
func (b *Book) where(l language, lat, lon float64) string {
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
		return fmt.Sprintf(l.pick("at %.5f, %.5f", "à %.5f, %.5f"), lat, lon)
	case best < 50:
		return l.pick("at ", "à ") + name
	}
	return l.pick("", "à ") + l.length(best) + " " + l.compass(at.Bearing()) + " " + name
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
