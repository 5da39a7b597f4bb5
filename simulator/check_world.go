package simulator

import (
	"fmt"

	"cutline/internal/geo"
)

// checkWorld looks at what is neither sensor nor actor: weather, masks and roads.
func (s *Scenario) checkWorld(f *faultList) {
	if r := s.Relief; r.Sigma < 0 || r.Sigma > 1000 || r.Length < 0 || r.Length > 0 && r.Length < 1 {
		f.add("relief", "sigma_m must lie in 0 to 1000, length_m is at least 1")
	}
	for i, w := range s.Weather {
		path := fmt.Sprintf("weather[%d]", i)
		if w.At != (durationSpan{}) && w.At[0] >= w.At[1] {
			f.add(path+".at", "want two times, the earlier first, like [20m, 40m]; leave it out for the whole day")
		}
		if w.Wind < 0 || w.Wind > 60 || w.Rain < 0 || w.Rain > 300 || w.Visibility < 0 {
			f.add(path, "wind_mps must lie in 0 to 60, rain_mmh in 0 to 300, visibility_m must not be negative")
		}
	}
	for i, m := range s.Masks {
		path := fmt.Sprintf("masks[%d]", i)
		if len(m.Area) < 3 || len(m.Area) > 1000 {
			f.add(path+".area", "%d corners: an area has 3 to 1000", len(m.Area))
		}
		if m.Canopy < 0 || m.Canopy > 1 || m.Height < 0 {
			f.add(path, "canopy is a probability, height_m is not negative")
		}
	}
	ids := map[string]bool{}
	for i, r := range s.Roads {
		path := fmt.Sprintf("roads[%d]", i)
		if r.ID == "" || ids[r.ID] {
			f.add(path+".id", "%q is missing or given twice", r.ID)
		}
		ids[r.ID] = true
		if len(r.Points) < 2 || len(r.Points) > 10000 {
			f.add(path+".points", "%d points: a road has 2 to 10000", len(r.Points))
		}
	}
	for i := range s.Actors {
		if a := &s.Actors[i]; a.Intent == "road" && !ids[a.Road] {
			f.add(fmt.Sprintf("actors[%d].road", i), "no road %q: one of those in roads", a.Road)
		}
	}
}

// checkBorder holds the actors to the names of the sides, which the border's file knows.
func (s *Scenario) checkBorder(f *faultList) {
	l, err := parseLine(s.border, s.Frame())
	if err != nil {
		f.add("border", "%v", err)
		return
	}
	for i := range s.Actors {
		if from := s.Actors[i].From; from != "any" && from != "" && l.sign(from) == 0 {
			f.add(fmt.Sprintf("actors[%d].from", i), "no side %q: the border has %s and %s", from, l.left, l.right)
		}
	}
	if s.Home != "" && l.sign(s.Home) == 0 {
		f.add("home", "no side %q: the border has %s and %s", s.Home, l.left, l.right)
	}
	for i := range s.Sensors {
		if str := s.Sensors[i].String; str != nil && l.sign(str.Side) == 0 {
			f.add(fmt.Sprintf("sensors[%d].string.side", i), "no side %q: the border has %s and %s", str.Side, l.left, l.right)
		}
	}
}

// Frame is the plane of the scenario: it touches the ellipsoid at the middle of the sector.
func (s *Scenario) Frame() geo.Frame {
	c := s.Sector
	return geo.NewFrame(geo.LLA{Lat: geo.Degrees((c.South + c.North) / 2), Lon: geo.Degrees((c.West + c.East) / 2)})
}

// checkView looks at what a sensor's view is made of: shadows, moving clutter, errands.
func (d *sensorSpec) checkView(f *faultList, path string) {
	for i, w := range d.Shadows {
		if w.From < 0 || w.To < 0 || w.To > 0 && w.To < w.From || w.Azimuth[0] == w.Azimuth[1] {
			f.add(fmt.Sprintf("%s.shadows[%d]", path, i), "want two azimuths, and from_m below to_m")
		}
	}
	if r := d.Radar; r != nil && (r.Fields.Count < 0 || r.Fields.Count > 100 || r.Fields.Returns < 0 || r.Fields.Returns > 100) {
		f.add(path+".radar.fields", "count and returns must lie in 0 to 100")
	}
	if a := d.Aircraft; a != nil {
		if c := a.Cues; c.Within < 0 || c.Reach < 0 || c.Dwell < 0 || c.Rest < 0 || c.Reach > 0 && c.Within == 0 {
			f.add(path+".aircraft.cues", "want within_m and reach_m above zero, dwell and rest not below")
		}
	}
}

// checkGroup looks at how a group or a herd walks.
func (a *actorSpec) checkGroup(f *faultList, path string) {
	s := a.Split
	if s.At < 0 || s.At >= 1 || s.Apart < 0 || s.Join != 0 && (s.Join <= s.At || s.Join > 1) {
		f.add(path+".split", "at and join are shares of the way, 0 ≤ at < join ≤ 1; beside is in metres")
	}
	if s.Apart > 0 && a.Members[0] < 2 {
		f.add(path+".split", "a group that splits has 2 members at least")
	}
	if a.Sway < 0 {
		f.add(path+".sway_m", "must not be negative")
	}
}
