package sector

import (
	"fmt"
	"math"
	"slices"
	"time"

	"cutline/internal/alert"
	"cutline/internal/border"
	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/track"
)

// area is a zone of the sector, with its border in the sector's frame.
type area struct {
	zone *border.Zone
	line *border.Line
}

// whereabouts is what the sector remembers of a track's ways about the line and the zones.
type whereabouts struct {
	Zones    []stay // of Config.Zones, in their order; empty until the track is confirmed
	Near     bool   // its approach is told
	NearAt   int64  // event time since which it is likely to cross soon, ns; 0: it is not
	AnchorE  float64
	AnchorN  float64
	Since    time.Time // event time since which it has kept within loiter.radius of the anchor
	Loitered int       // alerts of that
	Loiters  bool
}

// stay is a track's way into a zone.
type stay struct {
	Zone    string
	Passage border.Passage
	Inside  bool
	Since   time.Time // event time
	Dwelt   bool      // that is told
	Stays   int       // times inside
}

func (s *Sector) buildAreas() error {
	for i := range s.cfg.Zones {
		z := &s.cfg.Zones[i]
		line, err := z.Line(s.cfg.Crossing, s.frame)
		if err != nil {
			return fmt.Errorf("sector %q: zone %q: %w", s.cfg.ID, z.ID, err)
		}
		s.areas = append(s.areas, area{z, line})
	}
	return nil
}

// zoneAt is the first zone that a place is in whose crossings are of a kind of their own; nil for none.
func (s *Sector) zoneAt(at geo.LLA) *border.Zone {
	p := s.frame.ENU(at)
	for i := range s.areas {
		if z := s.areas[i].zone; z.Crossings != "" && z.Off == "" && s.areas[i].line.In(p) {
			return z
		}
	}
	return nil
}

// roam looks at a track's approach to the line, its stay near it, and its ways in and out of zones.
func (s *Sector) roam(t *track.Track, f *follow) {
	if t.Status == track.Tentative || t.Leader != "" || !f.Proven {
		return
	}
	if !t.Last.Equal(t.EventTime) {
		return // a prediction is no news
	}
	s.approach(t, f)
	s.loiter(t, f)
	for i := range s.areas {
		s.visit(t, f, &s.areas[i], f.About.stay(s.areas[i].zone.ID))
	}
}

// stay finds the memory of a zone.
func (w *whereabouts) stay(zone string) *stay {
	i := slices.IndexFunc(w.Zones, func(z stay) bool { return z.Zone == zone })
	if i < 0 {
		i = len(w.Zones)
		w.Zones = append(w.Zones, stay{Zone: zone})
	}
	return &w.Zones[i]
}

// approach tells who is likely to be over the line soon, once two looks a while apart say so.
func (s *Sector) approach(t *track.Track, f *follow) {
	c := s.cfg.Alert.Approach
	if c.Within == 0 {
		return
	}
	a, comes := s.line.Approach(&f.Passage, t, c.Within)
	switch w := &f.About; {
	case !comes || a.Probability < c.Certainty/2 || !s.owns(a.Position, seamSlack):
		if w.NearAt = 0; w.Near {
			w.Near = false
			s.pending = s.book.Leave(s.clock.Now, &f.Alert, alert.Approaching, "", s.pending)
		}
	case a.Probability < c.Certainty || w.Near:
	case w.NearAt == 0:
		w.NearAt = t.EventTime.UnixNano()
	case t.EventTime.UnixNano()-w.NearAt >= int64(s.cfg.Crossing.Apart):
		w.Near = true
		s.pending = s.book.Appear(s.clock.Now, t, &f.Alert, &alert.Presence{
			Kind: alert.Approaching, Ordinal: a.Ordinal, Time: t.EventTime, Position: a.Position, Direction: a.Direction,
			Probability: a.Probability, For: a.ToLine.Round(time.Second),
		}, s.pending)
	}
}

// loiter tells who has kept to one place near the line for long.
func (s *Sector) loiter(t *track.Track, f *follow) {
	c, w := s.cfg.Alert.Loiter, &f.About
	if c.For == 0 {
		return
	}
	at := geo.ENU{E: t.State[0], N: t.State[2]}
	if w.Since.IsZero() || math.Hypot(at.E-w.AnchorE, at.N-w.AnchorN) > c.RadiusM {
		w.AnchorE, w.AnchorN, w.Since = at.E, at.N, t.EventTime
		if w.Loiters {
			w.Loiters = false
			s.pending = s.book.Leave(s.clock.Now, &f.Alert, alert.Loitering, "", s.pending)
		}
		return
	}
	if w.Loiters || t.EventTime.Sub(w.Since) < c.For || math.Abs(s.line.Nearest(at).Distance) > c.NearM ||
		!s.owns(s.place(at), seamSlack) {
		return
	}
	w.Loiters = true
	w.Loitered++
	s.pending = s.book.Appear(s.clock.Now, t, &f.Alert, &alert.Presence{
		Kind: alert.Loitering, Ordinal: w.Loitered, Time: t.EventTime, Position: s.place(at), Probability: 1, For: c.For,
	}, s.pending)
}

func (s *Sector) place(at geo.ENU) geo.LLA { return s.frame.Surface(at.E, at.N, s.frame.Origin().Alt) }

// visit follows a track into a zone and out of it. Who is first seen inside has not entered, but may stay too long.
func (s *Sector) visit(t *track.Track, f *follow, a *area, w *stay) {
	c, crossed := a.line.Watch(&w.Passage, t)
	inside := w.Passage.Armed == border.Left
	if inside != w.Inside {
		w.Inside, w.Since, w.Dwelt = inside, t.EventTime, false
		if inside {
			w.Stays++
		}
	}
	z := a.zone
	if !z.Hours.Hold(t.EventTime) || !s.within(z, t) {
		return
	}
	at := geo.ENU{E: t.State[0], N: t.State[2]}
	p := alert.Presence{Zone: z.ID, Off: z.Off, Ordinal: w.Stays, Time: t.EventTime, Position: s.place(at), Probability: 1}
	if crossed {
		p.Time, p.Position, p.Probability = c.Time, c.Position, c.Probability
		if !inside {
			s.pending = s.book.Leave(s.clock.Now, &f.Alert, alert.ZoneEnter, z.ID, s.pending)
			s.pending = s.book.Leave(s.clock.Now, &f.Alert, alert.ZoneDwell, z.ID, s.pending)
		}
		s.appear(t, f, p, map[bool]string{true: alert.ZoneEnter, false: alert.ZoneExit}[inside], inside && z.Enter || !inside && z.Exit)
	}
	if inside && z.Dwell > 0 && !w.Dwelt && t.EventTime.Sub(w.Since) >= z.Dwell {
		w.Dwelt = true
		p.For = z.Dwell
		s.appear(t, f, p, alert.ZoneDwell, true)
	}
}

func (s *Sector) appear(t *track.Track, f *follow, p alert.Presence, kind string, wanted bool) {
	if p.Kind = kind; wanted && s.owns(p.Position, seamSlack) {
		s.pending = s.book.Appear(s.clock.Now, t, &f.Alert, &p, s.pending)
	}
}

// within says whether a track is in the zone's band of heights. One whose height is not known is on the ground.
func (s *Sector) within(z *border.Zone, t *track.Track) bool {
	if z.Altitude == [2]float64{} {
		return true
	}
	height := 0.0
	if t.HasAlt {
		height = float64(t.Alt - s.frame.Origin().Alt)
	}
	return height >= z.Altitude[0] && height <= z.Altitude[1]
}

// cross takes in a crossing of the line.
func (s *Sector) cross(t *track.Track, f *follow, c *border.Crossing) []record.Event {
	f.About.Near, f.About.NearAt = false, 0
	if !s.owns(c.Position, seamSlack) {
		return s.book.Track(s.clock.Now, t, &f.Alert, f.Passage.ArmedP, s.pending)
	}
	return s.book.Cross(s.clock.Now, t, &f.Alert, &alert.Passed{Crossing: *c, Zone: s.zoneAt(c.Position)}, s.pending)
}
