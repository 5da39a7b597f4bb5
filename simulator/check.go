package simulator

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cutline/simulator/dialect"
)

// Bounds that a slip of the keyboard must not exceed: nobody would wait for such a day.
const (
	shortestPeriod = duration(10 * time.Millisecond)
	maxActors      = 100000
)

func (s *Scenario) check(f *faultList) {
	if s.Name == "" {
		f.add("name", "is missing: give the scenario a short name")
	}
	if s.Duration <= 0 {
		f.add("duration", "must be above zero, like 20m")
	}
	if s.Border == "" {
		f.add("border", "is missing: name the GeoJSON file of the line, beside the scenario")
	}
	c := s.Sector
	if c.ID == "" {
		f.add("sector.id", "is missing: topics carry it")
	}
	if c.West >= c.East || c.South >= c.North || c.West < -180 || c.East > 180 || c.South < -90 || c.North > 90 {
		f.add("sector", "west %v, south %v, east %v, north %v are no box: west < east and south < north, in degrees",
			c.West, c.South, c.East, c.North)
	}
	s.checkWorld(f)
	if len(s.Sensors) == 0 {
		f.add("sensors", "is empty: nobody would look")
	}
	actors := map[string]bool{}
	for i := range s.Actors {
		a := &s.Actors[i]
		path := fmt.Sprintf("actors[%d]", i)
		if a.ID == "" || actors[a.ID] {
			f.add(path+".id", "%q is missing or given twice", a.ID)
		}
		actors[a.ID] = true
		a.check(f, path)
	}
	seen := map[string]bool{}
	for i := range s.Sensors {
		d := &s.Sensors[i]
		path := fmt.Sprintf("sensors[%d]", i)
		if d.ID == "" || seen[d.ID] {
			f.add(path+".id", "%q is missing or given twice", d.ID)
		}
		seen[d.ID] = true
		d.check(f, path, actors)
	}
}

func (d *sensorSpec) check(f *faultList, path string, actors map[string]bool) {
	lacks := func(key string, missing bool) {
		if missing {
			f.add(path, "a %s needs %s", d.Kind, key)
		}
	}
	switch d.Kind {
	case "radar":
		lacks("pose", d.Pose == nil)
		lacks("radar", d.Radar == nil)
	case "camera":
		lacks("pose", d.Pose == nil)
		lacks("camera", d.Camera == nil)
	case "ground":
		lacks("ground", d.GroundS == nil)
		lacks("pose or string", (d.Pose == nil) == (d.String == nil))
	case "drone", "helicopter":
		lacks("aircraft", d.Aircraft == nil)
	case "patrol", "ais", "adsb":
		if !actors[d.Carrier] {
			f.add(path+".carrier", "no actor %q: name the actor that carries the telephone or the transponder", d.Carrier)
		}
	default:
		f.add(path+".kind", "%q is none of radar, camera, ground, drone, helicopter, patrol, ais, adsb", d.Kind)
	}
	if others := dialect.Formats(d.Kind); d.foreign() && !slices.Contains(others, d.Format) {
		f.add(path+".format", "%q is none that a %s speaks: %s", d.Format, d.Kind, strings.Join(append([]string{nativeFormat}, others...), ", "))
	}
	if d.Kind != "patrol" && d.Kind != "ais" && d.Kind != "adsb" && d.Coverage.Range <= 0 {
		f.add(path+".coverage.range_m", "must be above zero")
	}
	if d.Detection <= 0 || d.Detection > 1 {
		f.add(path+".detection_probability", "%v is outside (0, 1]", d.Detection)
	}
	if needsPeriod := d.Kind != "ground"; needsPeriod && d.Period < shortestPeriod || d.Period < 0 {
		f.add(path+".scan_period", "must be at least %v, like 2s", time.Duration(shortestPeriod))
	}
	if r := d.Radar; r != nil {
		if r.FalseAlarm <= 0 || r.FalseAlarm >= 1 {
			f.add(path+".radar.false_alarm", "%v is outside (0, 1)", r.FalseAlarm)
		}
		if r.Clutter < 0 || r.Clutter > 500 || r.WindSpots < 0 || r.WindSpots > 500 {
			f.add(path+".radar", "clutter and wind_spots must lie in 0 to 500")
		}
	}
	if c := d.Camera; c != nil && (c.Level < 0 || c.Level > 10) {
		f.add(path+".camera.elevation_deg", "must lie in 0 to 10")
	}
	if d.Aircraft != nil && (d.Aircraft.Speed <= 0 || d.Aircraft.TurnRadius <= 0 || d.Aircraft.Height <= 0) {
		f.add(path+".aircraft", "speed_mps, turn_radius_m and height_m must be above zero")
	}
	if d.String != nil && (d.String.Count < 1 || d.String.Count > 1000) {
		f.add(path+".string.count", "must lie in 1 to 1000")
	}
	d.Link.check(f, path+".link")
	d.checkView(f, path)
	d.checkFaults(f, path)
}

func (a *actorSpec) check(f *faultList, path string) {
	needs := map[string][]string{
		"cross": {"approach_m", "beyond_m"}, "return": {"approach_m", "beyond_m"},
		"turn_back": {"approach_m", "short_m"}, "along": {"offset_m", "length_m"}, "wander": {"offset_m", "length_m"},
		"loiter": {"approach_m", "offset_m", "linger"}, "road": nil,
	}
	spans := []struct {
		key string
		s   span
	}{
		{"at", span(a.At)},
		{"lon", a.Lon},
		{"speed_mps", a.Speed},
		{"approach_m", a.Approach},
		{"beyond_m", a.Beyond},
		{"short_m", a.Short},
		{"offset_m", a.Offset},
		{"length_m", a.Length},
		{"linger", span(a.Linger)},
		{"members", a.Members},
		{"pauses.for", span(a.Pauses.For)},
		{"apart_m", a.Apart},
		{"height_m", a.Height},
	}
	classes := classNames()
	keys, known := needs[a.Intent]
	if !known {
		f.add(path+".intent", "%q is none of cross, return, turn_back, along, wander, loiter, road", a.Intent)
	}
	for _, s := range spans {
		if s.s[0] > s.s[1] {
			f.add(path+"."+s.key, "from %v to %v: the smaller comes first", s.s[0], s.s[1])
		}
		if slices.Contains(keys, s.key) && s.s[0] <= 0 {
			f.add(path+"."+s.key, "must be given and above zero for one that means to %s", a.Intent)
		}
	}
	if a.Count > maxActors || a.Members[1] > 1000 {
		f.add(path, "at most %d actors of a kind, with 1000 members each", maxActors)
	}
	if a.Speed[0] <= 0 {
		f.add(path+".speed_mps", "must be above zero")
	}
	if a.Count < 0 || a.Members[0] < 0 || a.Wobble < 0 || a.Pauses.PerMinute < 0 {
		f.add(path, "count, members, wobble_deg and pauses.per_minute must not be negative")
	}
	if !slices.Contains(classes[:], a.Class) {
		f.add(path+".class", "%q is none of %s", a.Class, strings.Join(classes[:], ", "))
	}
	a.checkGroup(f, path)
	if a.From == "" {
		f.add(path+".from", "is missing: name a side of the border, or any")
	}
}

func (l *linkSpec) check(f *faultList, path string) {
	if !slices.Contains([]string{"", "exponential", "uniform", "lognormal", "pareto"}, l.Shape) {
		f.add(path+".shape", "%q is none of exponential, uniform, lognormal, pareto", l.Shape)
	}
	if l.Delay < 0 || l.Jitter < 0 || l.Within < 0 || l.CatchUp < 0 {
		f.add(path, "delay, jitter, within and catch_up_per_s must not be negative")
	}
	if b := l.Burst; b.Every < 0 || b.Hold < 0 || b.Hold > b.Every {
		f.add(path+".burst", "hold must lie in 0 to every")
	}
	for i, o := range l.Outages {
		if o[0] >= o[1] {
			f.add(fmt.Sprintf("%s.outages[%d]", path, i), "want two times, the earlier first, like [5m, 8m]")
		}
	}
	shares := []struct {
		key string
		v   float64
	}{{"duplicate", l.Duplicate}, {"reorder", l.Reorder}, {"truncate", l.Truncate}, {"corrupt", l.Corrupt}}
	for _, s := range shares {
		if s.v < 0 || s.v > 1 {
			f.add(path+"."+s.key, "%v is outside 0 to 1: it is a share of the messages", s.v)
		}
	}
}

func (d *sensorSpec) checkFaults(f *faultList, path string) {
	for i, fault := range d.Faults {
		at := fmt.Sprintf("%s.faults[%d]", path, i)
		if !slices.Contains(faultKinds(), fault.Kind) {
			f.add(at+".kind", "%q is none of %s", fault.Kind, strings.Join(faultKinds(), ", "))
		}
		if fault.At[0] > fault.At[1] || fault.At[0] < 0 {
			f.add(at+".at", "want one time or two, the earlier first, like [5m, 8m]")
		}
		if turns := fault.Kind == "turned"; turns != (fault.Turn != 0) {
			f.add(at+".turn_deg", "belongs to a fault of kind turned, and must not be 0 there")
		}
		if fault.Kind == "turned" && d.Kind != "radar" && d.Kind != "camera" {
			f.add(at+".kind", "a %s has no mast that could be turned", d.Kind)
		}
	}
	if ahead := time.Duration(d.Clock.Offset); ahead > time.Hour || ahead < -time.Hour || d.Clock.Drift < -1e4 || d.Clock.Drift > 1e4 {
		f.add(path+".clock", "offset must lie within an hour, drift_ppm in -10000 to 10000")
	}
}
