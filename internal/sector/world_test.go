package sector_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cutline/internal/alert"
	"cutline/internal/border"
	"cutline/internal/detection"
	"cutline/internal/fusion"
	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/sector"
	"cutline/internal/sensor"
)

// A scene is a case folder's scene.json: who walks where, and what goes wrong on the way. Places are metres east and north of the
// sector's middle; the line runs along north = 0, with CA on the north and US on the south.
type scene struct {
	About    string     `json:"about"`
	Seconds  float64    `json:"seconds"`
	Targets  []target   `json:"targets"`
	Dark     [2]float64 `json:"dark"`  // from and to s: nobody sees anything
	Mute     string     `json:"mute"`  // a sensor that sends nothing in Muted
	Muted    [2]float64 `json:"muted"` // s
	Bad      float64    `json:"bad"`   // a payload that is no use, every so many s
	Ack      float64    `json:"ack"`   // at so many s, every open alert is acknowledged
	OneTower bool       `json:"one_tower"`
}

type target struct {
	Class string       `json:"class"`
	Speed float64      `json:"speed"`
	Path  [][2]float64 `json:"path"`
	Phone bool         `json:"phone"` // one of ours: it reports itself
}

func (t target) at(s float64) geo.ENU {
	left := t.Speed * s
	for i := 1; i < len(t.Path); i++ {
		a, b := t.Path[i-1], t.Path[i]
		d := math.Hypot(b[0]-a[0], b[1]-a[1])
		if left < d {
			return geo.ENU{E: a[0] + left/d*(b[0]-a[0]), N: a[1] + left/d*(b[1]-a[1])}
		}
		left -= d
	}
	last := t.Path[len(t.Path)-1]
	return geo.ENU{E: last[0], N: last[1]}
}

// crossings are the true ones: seconds, and metres east.
func (s scene) crossings() (at [][2]float64) {
	for _, t := range s.Targets {
		for k := 0.0; k < s.Seconds; k += .1 {
			a, b := t.at(k), t.at(k+.1)
			if (a.N < 0) != (b.N < 0) {
				at = append(at, [2]float64{k + .05, b.E})
			}
		}
	}
	return at
}

var start = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)

func after(s float64) time.Time {
	return start.Add(time.Duration(math.Round(s*1e3)) * time.Millisecond)
}

func config() sector.Config {
	extent := sector.Extent{West: -97.34, South: 48.95, East: -97.14, North: 49.05}
	radar := func(id, group string, lat, lon geo.Degrees) sensor.Definition {
		return sensor.Definition{
			ID: id, Sector: "emerson", Group: group, Kind: sensor.Radar,
			Pose: sensor.Pose{Lat: lat, Lon: lon, Alt: 240}, HasPose: true,
			Coverage: sensor.Coverage{Range: 6000}, Error: sensor.Error{Range: 4, Azimuth: .2, Position: 5},
			DetectionProbability: .95, ClutterPerScan: .5, ScanPeriod: 2 * time.Second, MaxSilence: 10 * time.Second,
			ReturnsPerTarget: sensor.One,
		}
	}
	phone := sensor.Definition{
		ID: "phone", Sector: "emerson", Group: "phone", Kind: sensor.Patrol, Friendly: true,
		Error: sensor.Error{Position: 5}, DetectionProbability: 1, ScanPeriod: 5 * time.Second, ReturnsPerTarget: sensor.One,
	}
	return sector.Config{
		ID: "emerson", Extent: extent, Border: line(), Sides: [2]string{"US", "CA"},
		Sensors: []sensor.Definition{radar("twr-01", "tower-01", 49.008, -97.25), radar("twr-02", "tower-02", 48.995, -97.225), phone},
		Fusion:  fusion.Defaults(), Crossing: border.Defaults(), Alert: alert.Defaults(),
	}
}

// line runs west along the 49th parallel, so that its left is the south.
func line() border.Geometry {
	return border.Geometry{Lines: []border.Polyline{{
		SigmaM: 4, Points: []border.Vertex{{Lon: -96, Lat: 49}, {Lon: -97, Lat: 49}, {Lon: -98, Lat: 49}},
	}}}
}

func newSector(t interface{ Fatal(...any) }, c sector.Config) *sector.Sector {
	s, err := sector.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var frame = geo.NewFrame(geo.LLA{Lat: 49, Lon: -97.24, Alt: 240})

// inputs is what the sensors of config make of the scene, in order of receipt, with a tick every 200 ms.
func (s scene) inputs(seed uint64) []record.Input {
	c, r := config(), rand.New(rand.NewPCG(seed, 99))
	var all []record.Input
	for k := 0.0; k < s.Seconds; k += .2 {
		k = math.Round(k*10) / 10
		all = append(all, record.Input{Kind: record.Tick, Received: after(k)})
	}
	for i, d := range c.Sensors {
		for k := .3 + .7*float64(i); k < s.Seconds-1; k += d.ScanPeriod.Seconds() {
			if s.silent(d.ID, k) || s.OneTower && d.ID == "twr-02" {
				continue
			}
			if in, ok := s.scan(d, k, r); ok {
				all = append(all, in)
			}
		}
	}
	if s.Bad > 0 {
		for k := .1; k < s.Seconds; k += s.Bad {
			all = append(all, record.Input{
				Kind: record.Rejected, Received: after(k), Sensor: "twr-01", Topic: "border/emerson/twr-01/detections",
				Raw: []byte(`{"time":"yesterday"}`), Rejects: []record.Reject{{Path: "time", Reason: "is no RFC 3339 time"}},
			})
		}
	}
	slices.SortStableFunc(all, func(a, b record.Input) int { return a.Received.Compare(b.Received) })
	return all
}

func (s scene) silent(id string, k float64) bool {
	return id == s.Mute && k >= s.Muted[0] && k < s.Muted[1]
}

func (s scene) scan(d sensor.Definition, k float64, r *rand.Rand) (record.Input, bool) {
	scan := detection.Scan{Sensor: d.ID, EventTime: after(k), Sweep: d.Kind == sensor.Radar}
	from := geo.NewFrame(d.Pose.LLA())
	for _, t := range s.Targets {
		p := t.at(k)
		// both draws in every case, so that a scene with a change in it keeps the noise of the rest
		a, b, miss := r.NormFloat64(), r.NormFloat64(), r.Float64()
		if miss > .95 && d.Kind == sensor.Radar || k >= s.Dark[0] && k < s.Dark[1] || d.Kind == sensor.Patrol && !t.Phone {
			continue
		}
		det := detection.Detection{EventTime: after(k), Confidence: 1}
		if class, ok := detection.ParseClass(t.Class); ok {
			det.HasClass = true
			det.Class[class], det.Class[detection.UnknownClass] = .8, .2
		}
		if d.Kind == sensor.Patrol {
			det.Geometry, det.Position = detection.Position, frame.Surface(p.E+3*a, p.N+3*b, 240)
			det.PositionError = detection.Covariance{EE: 9, NN: 9}
		} else {
			seen := from.ENU(frame.Surface(p.E, p.N, 240))
			det.Geometry = detection.Polar
			det.Polar = detection.Coordinates{Range: seen.Range() + 4*a, Azimuth: seen.Bearing() + geo.Radians(.2*math.Pi/180*b)}
			det.PolarError = detection.Coordinates{Range: 4, Azimuth: geo.Degrees(.2).Radians()}
		}
		scan.Detections = append(scan.Detections, det)
	}
	if d.Kind == sensor.Patrol && len(scan.Detections) == 0 {
		return record.Input{}, false
	}
	return record.Input{
		Kind: record.Message, Received: after(k + .04), Sensor: d.ID, Topic: "border/emerson/" + d.ID + "/detections",
		Raw: []byte(`{}`), Scans: []detection.Scan{scan},
	}, true
}

// run steps through inputs, acknowledging what is open at the scene's time.
func (s scene) run(t testing.TB, seed uint64) []record.Event {
	t.Helper()
	core := newSector(t, config())
	var out []record.Event
	acked := s.Ack == 0
	for _, in := range s.inputs(seed) {
		out = core.Step(in, out)
		if !acked && in.Received.After(after(s.Ack)) {
			acked = true
			for _, id := range open(out) {
				out = core.Step(record.Input{Kind: record.CommandGiven, Received: in.Received, Command: &record.Command{
					Name: "ack", Alert: id, By: "op-1", ID: "c-" + id, Time: in.Received,
				}}, out)
			}
		}
	}
	return out
}

func open(events []record.Event) (ids []string) {
	for _, e := range events {
		if e.Type == record.AlertType && e.Alert.Change == "new" {
			ids = append(ids, e.Alert.ID)
		}
	}
	return ids
}

func lines(t interface{ Fatal(...any) }, events []record.Event) []byte {
	var out []byte
	for i := range events {
		var err error
		if out, err = events[i].AppendJSON(out); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func load(t testing.TB, name string) scene {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "cases", name, "scene.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s scene
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}
