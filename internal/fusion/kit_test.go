package fusion

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/sensor"
	"cutline/internal/track"
)

var (
	midnight = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	ground   = geo.LLA{Lat: 49, Lon: -97.24, Alt: 240}
)

func at(seconds float64) time.Time {
	return midnight.Add(time.Duration(math.Round(seconds * 1e9)))
}

// scene is a tracker with sensors that look at what the test tells them.
type scene struct {
	t       testing.TB
	frame   geo.Frame
	sensors []sensor.Definition
	tracker *Tracker
	rng     *rand.Rand
	shown   []track.Track // every track that a step has shown
}

func newScene(t testing.TB, sensors ...sensor.Definition) *scene {
	cfg := Defaults()
	cfg.Prefix, cfg.Reorder = "emerson", time.Second // the delays of these scenes are below it, or late on purpose
	cfg.Check(func(path, what string) { t.Fatalf("%s: %s", path, what) })
	s := &scene{t: t, frame: geo.NewFrame(ground), sensors: sensors, rng: rand.New(rand.NewPCG(1, 2))}
	s.tracker = New(cfg, s.frame, sensors)
	return s
}

func (s *scene) lla(e, n float64) geo.LLA { return s.frame.Surface(e, n, ground.Alt) }

// radar at a place in the frame: 5 m and 0.5°, all round, 12 km.
func radar(id string, e, n float64) sensor.Definition {
	frame := geo.NewFrame(ground)
	p := frame.Surface(e, n, ground.Alt)
	return sensor.Definition{
		ID: id, Group: id, Kind: sensor.Radar, HasPose: true,
		Pose:     sensor.Pose{Lat: p.Lat, Lon: p.Lon, Alt: p.Alt},
		Coverage: sensor.Coverage{Range: 12000},
		Error:    sensor.Error{Range: 5, Azimuth: .5}, DetectionProbability: .9, ClutterPerScan: 1,
		ReturnsPerTarget: sensor.One,
	}
}

func of(kind sensor.Kind, d sensor.Definition) sensor.Definition {
	d.Kind = kind
	return d
}

func (s *scene) def(id string) *sensor.Definition {
	for i := range s.sensors {
		if s.sensors[i].ID == id {
			return &s.sensors[i]
		}
	}
	s.t.Fatalf("no sensor %q", id)
	return nil
}

// polar is what a radar measures of a target in the frame; noise 0 measures exactly.
func (s *scene) polar(id string, e, n, noise float64) detection.Detection {
	d := s.def(id)
	pose := d.Pose.LLA()
	from := s.frame.ENU(pose)
	to := s.frame.ENU(s.lla(e, n))
	line := to.Sub(from)
	return detection.Detection{
		Geometry: detection.Polar, Confidence: 1,
		Polar: detection.Coordinates{
			Range:   math.Hypot(line.Range(), line.U) + noise*s.rng.NormFloat64()*float64(d.Error.Range),
			Azimuth: line.Bearing() - s.frame.Convergence(pose) + geo.Radians(noise*s.rng.NormFloat64())*d.Error.Azimuth.Radians(),
		},
		PolarError: detection.Coordinates{Range: float64(d.Error.Range), Azimuth: d.Error.Azimuth.Radians()},
	}
}

// bearing is what the camera "eye" measures.
func (s *scene) bearing(e, n, sigmaDeg, noise float64) detection.Detection {
	d := s.polar("eye", e, n, 0)
	d.Geometry = detection.Bearing
	sigma := geo.Degrees(sigmaDeg).Radians()
	d.Polar = detection.Coordinates{Azimuth: d.Polar.Azimuth + geo.Radians(noise*s.rng.NormFloat64())*sigma}
	d.PolarError = detection.Coordinates{Azimuth: sigma}
	return d
}

func (s *scene) position(e, n, sigma, noise float64) detection.Detection {
	return detection.Detection{
		Geometry: detection.Position, Confidence: 1,
		Position:      s.lla(e+noise*sigma*s.rng.NormFloat64(), n+noise*sigma*s.rng.NormFloat64()),
		PositionError: detection.Covariance{EE: sigma * sigma, NN: sigma * sigma},
	}
}

// sweep is a complete look; detections get its time.
func sweep(id string, seconds float64, ds ...detection.Detection) detection.Scan {
	scan := detection.Scan{Sensor: id, EventTime: at(seconds), Sweep: true, Detections: ds}
	for i := range scan.Detections {
		scan.Detections[i].EventTime = scan.EventTime
	}
	return scan
}

// feed adds a scan at its own time and steps until nothing is due.
func (s *scene) feed(scan detection.Scan) {
	if s.tracker.Add(scan.EventTime, scan) != InTime {
		s.t.Fatalf("scan of %s at %v is late", scan.Sensor, scan.EventTime)
	}
	s.run(scan.EventTime)
}

func (s *scene) run(now time.Time) {
	for {
		touched, ok := s.tracker.Step(now)
		if !ok {
			return
		}
		for _, tr := range touched {
			s.shown = append(s.shown, copyOf(tr))
		}
	}
}

// flush lets time go on with ticks alone, until everything up to seconds has been stepped over.
func (s *scene) flush(seconds float64) {
	for t := s.tracker; t.clock.Event > 0 && t.horizon < at(seconds).UnixNano(); {
		left := at(seconds).Add(t.cfg.Reorder).UnixNano() - t.clock.Event
		s.run(time.Unix(0, t.clock.Now+min(left, longestStep/5)))
	}
}

// nth is the id of the nth track that was shown.
func (s *scene) nth(n int) string {
	var seen []string
	for i := range s.shown {
		if id := s.shown[i].ID; !slices.Contains(seen, id) {
			if seen = append(seen, id); len(seen) == n {
				return id
			}
		}
	}
	return ""
}

func copyOf(tr *track.Track) track.Track {
	c := *tr
	c.Evidence = append([]track.Evidence(nil), tr.Evidence...)
	c.Lineage = append([]string(nil), tr.Lineage...)
	return c
}

func (s *scene) live(status ...track.Status) (found []track.Track) {
	for tr := range s.tracker.Tracks() {
		for _, want := range status {
			if tr.Status == want {
				found = append(found, copyOf(tr))
			}
		}
	}
	return found
}

// one gives the only confirmed track.
func (s *scene) one() track.Track {
	s.t.Helper()
	found := s.live(track.Confirmed, track.Coasting)
	if len(found) != 1 {
		s.t.Fatalf("%d confirmed tracks, want 1: %s", len(found), ids(found))
	}
	return found[0]
}

func ids(tracks []track.Track) (out string) {
	for _, tr := range tracks {
		out += fmt.Sprintf("%s %v (%.0f, %.0f) r %.3f; ", tr.ID, tr.Status, tr.State[0], tr.State[2], tr.Existence)
	}
	return out
}

func distance(tr *track.Track, e, n float64) float64 { return math.Hypot(tr.State[0]-e, tr.State[2]-n) }
