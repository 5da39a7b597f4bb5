package fusion

import (
	"math"
	"slices"
	"testing"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/sensor"
	"cutline/internal/track"
)

// A walk is somebody who goes straight on, and who sees him at a time.
type walk struct {
	e, n, ve, vn float64
	seen         func(id string, sec float64) bool // nil: always by all
}

// by is what a radar measures of him, with his range rate.
func (w *walk) by(s *scene, id string, sec float64) detection.Detection {
	e, n := w.e+w.ve*sec, w.n+w.vn*sec
	d, from := s.polar(id, e, n, 1), s.frame.ENU(s.def(id).Pose.LLA())
	de, dn := e-from.E, n-from.N
	d.Polar.HasRangeRate, d.PolarError.RangeRate = true, .25
	d.Polar.RangeRate = (de*w.ve+dn*w.vn)/math.Hypot(de, dn) + .25*s.rng.NormFloat64()
	return d
}

// watched has radars a and b, 4 km apart, look at walks by turns; b's mast turns by so many degrees at a time.
func watched(t *testing.T, until, turns, degrees float64, walks ...walk) *scene {
	a, b := radar("a", -2000, 3000), radar("b", 2000, 3000)
	a.Error.Azimuth, b.Error.Azimuth = .3, .3
	a.Error.AzimuthBias, b.Error.AzimuthBias = .3, .3
	s := newScene(t, a, b)
	for sec := 0.0; sec < until; sec++ {
		id := []string{"a", "b"}[int(sec)%2]
		var ds []detection.Detection
		for i := range walks {
			w := &walks[i]
			if w.seen != nil && !w.seen(id, sec) || s.rng.Float64() > .9 {
				continue
			}
			d := w.by(s, id, sec)
			if id == "b" && sec >= turns {
				d.Polar.Azimuth += geo.Degrees(degrees).Radians()
			}
			ds = append(ds, d)
		}
		s.feed(sweep(id, sec, ds...))
	}
	s.flush(until)
	return s
}

// confirmed are the ids of all that were ever shown as sure.
func (s *scene) confirmed() (all []string) {
	for i := range s.shown {
		if tr := &s.shown[i]; tr.Status == track.Confirmed && !slices.Contains(all, tr.ID) {
			all = append(all, tr.ID)
		}
	}
	return all
}

func (s *scene) turn(id int) float64 {
	return float64(geo.Radians(s.tracker.Registration(id).Azimuth).Degrees())
}

// Seven walk here and there when a storm turns a mast. All of them are beside their place at once, by one angle: two looks tell, nobody is
// ever two, and whom that mast alone sees goes on under his id.
func TestTracker_aTurnedMastIsFoundByAllAtOnce(t *testing.T) {
	var walks []walk
	for i := range 6 {
		f := float64(i)
		walks = append(walks, walk{e: -1000 + 400*f, n: 300 * math.Mod(f, 3), ve: 1.2 * math.Cos(f), vn: 1.2 * math.Sin(f)})
	}
	walks = append(walks, walk{e: 200, n: -900, ve: 1.3, seen: func(id string, _ float64) bool { return id == "b" }})
	for _, degrees := range []float64{3, -4} {
		s := watched(t, 186, 180, degrees, walks...)
		if off := s.turn(1); math.Abs(off-degrees) > .5 {
			t.Errorf("six seconds after b has turned by %v° it is thought to be by %.2f°", degrees, off)
		}
		s = watched(t, 300, 180, degrees, walks...)
		if all := s.confirmed(); len(all) != len(walks) {
			t.Errorf("%v°: %d walkers are %d tracks: %v", degrees, len(walks), len(all), all)
		}
	}
}

// One quad alone is enough, and until this is known its shadow waits.
func TestTracker_aShadowIsNobody(t *testing.T) {
	quad := walk{e: -800, n: -1500, ve: 3, vn: 8}
	s := watched(t, 160, 100, 3, quad)
	if off := s.turn(1); off < 2.5 || off > 3.5 {
		t.Errorf("a minute after b has turned by 3° it is thought to be by %.2f°", off)
	}
	if all := s.confirmed(); len(all) != 1 {
		t.Errorf("one quad is %d tracks: %v", len(all), all)
	}
}

// Two walk side by side, 150 m apart, at one range of the radar b. Neither is the other's shadow, though each radar at times sees only
// one, and neither waits for the other.
func TestTracker_twoAbreastAreNoShadow(t *testing.T) {
	left, right := walk{e: 1925, n: -500, vn: 1.3}, walk{e: 2075, n: -500, vn: 1.3}
	by := func(period, first float64, who string) func(string, float64) bool {
		return func(id string, sec float64) bool { return id != who || math.Mod(sec+first, period) < period/2 }
	}
	for name, seen := range map[string][2]func(string, float64) bool{
		"b sees them by turns":                                 {by(20, 0, "b"), by(20, 10, "b")},
		"each is hidden at times":                              {by(40, 0, "b"), by(40, 20, "a")},
		"from the beginning a sees the left one alone, b both": {nil, func(id string, _ float64) bool { return id == "b" }},
	} {
		left.seen, right.seen = seen[0], seen[1]
		s := watched(t, 240, math.Inf(1), 0, left, right)
		if off := s.turn(1); math.Abs(off) > 1 {
			t.Errorf("%s: b is thought to be turned by %.2f°", name, off)
		}
		found := s.live(track.Confirmed, track.Coasting)
		if len(found) != 2 {
			t.Errorf("%s: two are %d tracks: %s", name, len(found), ids(found))
		}
		sure := func(tr track.Track) bool {
			return tr.Status == track.Confirmed && distance(&tr, 2075, tr.State[2]) < 60
		}
		if i := slices.IndexFunc(s.shown, sure); i < 0 || s.shown[i].EventTime.After(at(12)) {
			t.Errorf("%s: the right one is not there within 12 s", name)
		}
	}
}

// A camera that looks elsewhere has lost nobody: what it sees there does not tell at once that it has turned.
func TestTracker_whoIsOutOfViewIsNotLost(t *testing.T) {
	eye := of(sensor.Camera, radar("eye", 0, -3000))
	eye.Error.AzimuthBias = .1
	for name, away := range map[string]float64{"in view": 0, "out of view": 6} {
		s := newScene(t, radar("a", -2000, 3000), eye)
		look := func(sec, azimuth float64, d detection.Detection) {
			scan := sweep("eye", sec, d)
			scan.HasView = true
			scan.View = detection.FieldOfView{Azimuth: geo.Degrees(azimuth).Radians(), Width: geo.Degrees(10).Radians(), Range: 8000}
			s.feed(scan)
		}
		for i := range 30 {
			sec := 2 * float64(i)
			s.feed(sweep("a", sec, s.polar("a", 0, .5*sec, .5)))
			look(sec+1, 0, s.bearing(0, .5*sec, .1, .5))
		}
		look(61, away, s.bearing(260, 0, .1, 0)) // 5° beside
		s.flush(62)
		got := slices.Max(s.tracker.states[1].Votes.Bins[:])
		if away == 0 && got != 1 || away > 0 && !(got < .5) {
			t.Errorf("%s: %v of a vote", name, got)
		}
	}
}
