package border

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"cutline/internal/geo"
)

// Zone is an area that matters by itself: a yard, a bridge, a port of entry. Its border is a Line like any other, with the inside on the
// left, so who is in it is decided as a crossing is.
type Zone struct {
	ID        string
	Rings     []Polyline // closed, inside on the left: the outer one runs counter-clockwise, holes clockwise
	Enter     bool       // is told
	Exit      bool
	Dwell     time.Duration // longer inside is told; 0: never
	Altitude  [2]float64    // m above the sector's ground, from and to; both 0: at any
	Hours     Hours         // when it holds
	Crossings string        // what a crossing of the line in it is: LawfulCrossing, or as anywhere
	Off       string        // why it is out of service: what it tells calls nobody, and it excuses nothing; empty: it is in service
}

// LawfulCrossing says that who crosses the line in a zone, in its hours, does what the zone is for: told, and suppressed by design.
const LawfulCrossing = "lawful"

// Hours of a day in which something holds, in a fixed offset from UTC: a decision that hangs on a time zone's tables would change with
// them. From 22h to 6h is the night. Both 0: always.
type Hours struct {
	From   time.Duration `mapstructure:"from"`   // since midnight
	To     time.Duration `mapstructure:"to"`     // since midnight
	Offset time.Duration `mapstructure:"offset"` // of the local clock from UTC, as in -6h
}

// Hold says whether t is in the hours.
func (h Hours) Hold(t time.Time) bool {
	if h.From == h.To {
		return true
	}
	t = t.UTC().Add(h.Offset)
	of := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
	if h.From < h.To {
		return of >= h.From && of < h.To
	}
	return of >= h.From || of < h.To
}

// Check reports hours that are none.
func (h Hours) Check(fault func(path, what string)) {
	for _, c := range []struct {
		path string
		of   time.Duration
	}{{"from", h.From}, {"to", h.To}} {
		if c.of < 0 || c.of > 24*time.Hour {
			fault(c.path, "must be between 0h and 24h after midnight")
		}
	}
	if h.Offset.Abs() > 14*time.Hour {
		fault("offset", "must be between -14h and 14h from UTC")
	}
}

// zoneSigma is that of a zone's border: it is where it was drawn.
const zoneSigma = 1.0 // m

// Sides of a zone's border.
const (
	Inside  = "inside"
	Outside = "outside"
)

// ParseZone reads a Polygon (RFC 7946), alone or in a Feature. An error names the member that is wrong.
func ParseZone(data []byte) ([]Polyline, error) {
	var m member
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("read zone: %w", err)
	}
	path := ""
	if m.Type == "FeatureCollection" && len(m.Features) == 1 {
		m, path = m.Features[0], "features[0]."
	}
	if m.Type == "Feature" && m.Geometry != nil {
		m, path = *m.Geometry, path+"geometry."
	}
	if m.Type != "Polygon" {
		return nil, fmt.Errorf("read zone: %stype: %q: must be a Polygon", path, m.Type)
	}
	var rings [][][]float64
	if err := json.Unmarshal(m.Coordinates, &rings); err != nil || len(rings) == 0 {
		return nil, fmt.Errorf("read zone: %scoordinates: must be lists of [longitude, latitude]", path)
	}
	var g Geometry
	for i, ring := range rings {
		at := fmt.Sprintf("%scoordinates[%d]", path, i)
		if err := g.addLine(at, ring, properties{}); err != nil {
			return nil, fmt.Errorf("read zone: %w", err)
		}
		if err := g.Lines[i].close(i > 0); err != nil {
			return nil, fmt.Errorf("read zone: %s: %w", at, err)
		}
	}
	return g.Lines, nil
}

// close makes a ring of the line, with the zone on its left.
func (p *Polyline) close(hole bool) error {
	if p.Points[0] != p.Points[len(p.Points)-1] {
		p.Points = append(p.Points, p.Points[0])
	}
	area := 0.0
	for i := 1; i < len(p.Points); i++ {
		a, b := p.Points[i-1], p.Points[i]
		area += float64(a.Lon*b.Lat - b.Lon*a.Lat)
	}
	if len(p.Points) < 4 || math.Abs(area)/2 < 1e-10 { // 1 m²
		return errors.New("has no area: give three corners at least, not on one line")
	}
	if i, j, cross := p.crossesItself(); cross {
		return fmt.Errorf("crosses itself: side %d and side %d meet", i, j)
	}
	if (area < 0) != hole {
		slices.Reverse(p.Points)
	}
	p.Left, p.Right, p.SigmaM = Inside, Outside, zoneSigma
	return nil
}

// Line is the zone's border in a frame.
func (z *Zone) Line(cfg Config, frame geo.Frame) (*Line, error) {
	return New(cfg, Geometry{Lines: z.Rings}, frame, [2]string{Inside, Outside})
}

// Around says whether a place is in the zone, by its corners in degrees: for settings, before there is a frame.
func (z *Zone) Around(lon, lat geo.Degrees) bool {
	in := false
	for _, ring := range z.Rings {
		for i := 1; i < len(ring.Points); i++ {
			a, b := ring.Points[i-1], ring.Points[i]
			if (a.Lat > lat) != (b.Lat > lat) && lon < a.Lon+(lat-a.Lat)/(b.Lat-a.Lat)*(b.Lon-a.Lon) {
				in = !in
			}
		}
	}
	return in
}

// In says whether a place is in the zone. It is for places that are known; for a track, watch its Line.
func (l *Line) In(p geo.ENU) bool { return l.Nearest(p).Distance > 0 }
