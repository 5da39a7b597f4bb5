package simulator

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// faultList collects what is wrong with a scenario, each fault with the line of the value that it is about.
type faultList struct {
	file string
	root *yaml.Node
	all  []error
}

// add notes a fault of the value at a path like sensors[3].kind. A value that is not there has its parent's line.
func (f *faultList) add(path, format string, args ...any) {
	f.all = append(f.all, fmt.Errorf("%s:%d: %s: %s", f.file, lineOf(f.root, path), path, fmt.Sprintf(format, args...)))
}

// pathStep is a key or an index of a path.
var pathStep = regexp.MustCompile(`\w+`)

func lineOf(n *yaml.Node, path string) int {
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	for _, step := range pathStep.FindAllString(path, -1) {
		next := child(n, step)
		if next == nil {
			break
		}
		n = next
	}
	return n.Line
}

func child(n *yaml.Node, step string) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	var index int
	if _, err := fmt.Sscanf(step, "%d", &index); err == nil && n.Kind == yaml.SequenceNode && index < len(n.Content) {
		return n.Content[index]
	}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == step {
			return n.Content[i+1]
		}
	}
	return nil
}

// decodeFaults turns the decoder's error into one fault a line, in our form.
func decodeFaults(file string, err error) error {
	var list *yaml.TypeError
	if !errors.As(err, &list) {
		return fmt.Errorf("%s:%s", file, strings.TrimPrefix(strings.TrimPrefix(err.Error(), "yaml: "), "line "))
	}
	unknown := regexp.MustCompile(`field (\S+) not found in type \S+`)
	var all []error
	for _, e := range list.Errors {
		e = unknown.ReplaceAllString(e, "unknown key $1")
		all = append(all, fmt.Errorf("%s:%s", file, strings.TrimPrefix(e, "line ")))
	}
	return errors.Join(all...)
}

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
	case "patrol":
		if !actors[d.Carrier] {
			f.add(path+".carrier", "no actor %q: name the actor that carries the telephone", d.Carrier)
		}
	default:
		f.add(path+".kind", "%q is none of radar, camera, ground, drone, helicopter, patrol", d.Kind)
	}
	if d.Kind != "patrol" && d.Coverage.Range <= 0 {
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
	if d.Aircraft != nil && (d.Aircraft.Speed <= 0 || d.Aircraft.TurnRadius <= 0 || d.Aircraft.Height <= 0) {
		f.add(path+".aircraft", "speed_mps, turn_radius_m and height_m must be above zero")
	}
	if d.String != nil && (d.String.Count < 1 || d.String.Count > 1000) {
		f.add(path+".string.count", "must lie in 1 to 1000")
	}
}

func (a *actorSpec) check(f *faultList, path string) {
	needs := map[string][]string{
		"cross": {"approach_m", "beyond_m"}, "return": {"approach_m", "beyond_m"},
		"turn_back": {"approach_m", "short_m"}, "along": {"offset_m", "length_m"}, "wander": {"offset_m", "length_m"},
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
	}
	keys, known := needs[a.Intent]
	if !known {
		f.add(path+".intent", "%q is none of cross, return, turn_back, along, wander", a.Intent)
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
	if !slices.Contains([]string{"person", "vehicle", "animal", "boat"}, a.Class) {
		f.add(path+".class", "%q is none of person, vehicle, animal, boat", a.Class)
	}
	if a.From == "" {
		f.add(path+".from", "is missing: name a side of the border, or any")
	}
}
