package fusion

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/sensor"
	"cutline/internal/track"
)

func camera(id string, e, n float64) sensor.Definition {
	d := of(sensor.Camera, radar(id, e, n))
	d.DetectionProbability, d.ClutterPerScan, d.Coverage.Range = .6, .1, 6000
	return d
}

// sighting is what a camera measures of a place, 0.1° off.
func (s *scene) sighting(id string, e, n float64) detection.Detection {
	d := s.polar(id, e, n, 0)
	sigma := s.def(id).Error.Azimuth.Radians() / 5
	return detection.Detection{
		Geometry: detection.Bearing, Confidence: 1,
		Polar:      detection.Coordinates{Azimuth: d.Polar.Azimuth + sigma*geo.Radians(s.rng.NormFloat64())},
		PolarError: detection.Coordinates{Azimuth: sigma},
	}
}

// path is a walker's place by time; false while he is not there.
type path func(sec float64) (e, n float64, there bool)

func straight(e, n, ve, vn, from float64) path {
	return func(sec float64) (float64, float64, bool) { return e + ve*sec, n + vn*sec, sec >= from }
}

// watch lets cameras, one after the other, look at walkers once a second each; houses are seen too. It reports each confirmed track
// that is no walker's, at any time, and says when each walker had a track first, −1: never.
func watch(t *testing.T, seconds int, cameras []sensor.Definition, houses [][2]float64, walkers ...path) (s *scene, since []float64) {
	s = newScene(t, cameras...)
	for range walkers {
		since = append(since, -1)
	}
	for i := range seconds * len(cameras) {
		sec := float64(i) / float64(len(cameras))
		id := cameras[i%len(cameras)].ID
		var marks []detection.Detection
		for _, h := range houses {
			marks = append(marks, s.sighting(id, h[0], h[1]))
		}
		for _, walker := range walkers {
			if e, n, there := walker(sec); there && s.rng.Float64() < .9 {
				marks = append(marks, s.sighting(id, e, n))
			}
		}
		s.feed(sweep(id, sec, marks...))
		for _, tr := range s.live(track.Confirmed, track.Coasting) {
			late := sec - float64(tr.EventTime.Sub(midnight))/second
			near := slices.IndexFunc(walkers, func(walker path) bool {
				e, n, there := walker(sec - late)
				return there && distance(&tr, e, n) < 15
			})
			if near < 0 {
				t.Fatalf("%.1f s: a track of nobody: %s", sec, ids([]track.Track{tr}))
			}
			if since[near] < 0 {
				since[near] = sec
			}
		}
	}
	return s, since
}

// file is n walkers behind each other.
func file(n int, gap float64) (out []path) {
	for i := range n {
		out = append(out, straight(gap*float64(i)/3, 400+gap*float64(i), 0, -1.4, 0))
	}
	return out
}

func TestTracker_twoCamerasSeeWhoNoRadarSees(t *testing.T) {
	two := []sensor.Definition{camera("eye", -400, 0), camera("eye2", 400, 0)}
	houses := [][2]float64{{-200, 700}, {60, 900}, {250, 600}, {0, 500}}
	for name, tc := range map[string]struct {
		walkers []path
		houses  [][2]float64
		within  float64 // s, until all have a track; 0: nobody may
	}{
		"one":                         {walkers: []path{straight(0, 400, 0, -1.4, 0)}, within: 15},
		"one before houses":           {walkers: []path{straight(-50, 400, .5, -1.3, 90)}, within: 115, houses: houses},
		"two who go different ways":   {walkers: []path{straight(-480, 80, 1.4, 0, 0), straight(100, 500, 0, -1.4, 0)}, within: 100},
		"two, the second later":       {walkers: []path{straight(-120, 400, 0, -1.4, 0), straight(100, 420, 0, -1.4, 20)}, within: 40},
		"two side by side":            {walkers: []path{straight(0, 400, 0, -1.4, 0), straight(4, 400, 0, -1.4, 0)}, within: 15},
		"four in file":                {walkers: file(4, 6), within: 20},
		"one who stands":              {walkers: []path{straight(0, 400, 0, 0, 0)}},
		"one far off, cut below 15 °": {walkers: []path{straight(0, 4500, 1, -1, 0)}},
	} {
		t.Run(name, func(t *testing.T) {
			s, since := watch(t, 120, two, tc.houses, tc.walkers...)
			s.flush(119)
			if found := s.live(track.Confirmed, track.Coasting); tc.within == 0 && len(found) > 0 {
				t.Errorf("a track of what is no mover, or of too narrow a cut: %s", ids(found))
			}
			t.Logf("tracks since %v", since)
			for i, sec := range since {
				if beside := i > 0 && (name == "two side by side" || name == "four in file"); tc.within > 0 && !beside && (sec < 0 || sec > tc.within) {
					t.Errorf("walker %d had a track from %.1f s on, want %.0f", i, sec, tc.within)
				}
			}
		})
	}
}

// Two who walk abreast and come at the same time are no better than their ghosts, which walk straight on too: nothing may be told. A
// third camera tells.
func TestTracker_ghostsAreNotTold(t *testing.T) {
	abreast := []path{straight(-100, 500, 0, -1.4, 0), straight(100, 500, 0, -1.4, 0)}
	two := []sensor.Definition{camera("eye", -400, 0), camera("eye2", 400, 0)}
	watch(t, 60, two, nil, abreast...)
	_, since := watch(t, 60, append(two, camera("eye3", 0, -100)), nil, abreast...)
	if slices.Min(since) < 0 || slices.Max(since) > 20 {
		t.Errorf("with a third camera the walkers had tracks from %v s on", since)
	}
}

// A restart in between changes nothing.
func TestTracker_sightsAreInTheSnapshot(t *testing.T) {
	two := []sensor.Definition{camera("eye", -400, 0), camera("eye2", 400, 0)}
	story := func(restart int) (out []track.Track) {
		s := newScene(t, two...)
		for i := range 60 {
			if i == restart {
				saved, err := s.tracker.AppendSnapshot(nil)
				if err != nil {
					t.Fatal(err)
				}
				s.tracker = New(s.tracker.cfg, s.frame, two)
				if err := s.tracker.Restore(saved); err != nil {
					t.Fatal(err)
				}
			}
			sec := float64(i) / 2
			id := two[i%2].ID
			s.feed(sweep(id, sec, s.sighting(id, 0, 400-1.4*sec)))
		}
		return s.shown
	}
	want, got := story(-1), story(9)
	if len(want) == 0 {
		t.Fatal("no track was shown: this test would pass without testing")
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("after a restart\n%v\nwithout\n%v", got, want)
	}
}

// A sight whose threads are not there could be compared with none.
func TestTracker_aSnapshotWithASightOfNoThreadsIsRefused(t *testing.T) {
	two := []sensor.Definition{camera("eye", -400, 0), camera("eye2", 400, 0)}
	s := newScene(t, two...)
	for i := range 9 {
		sec := float64(i) / 2
		id := two[i%2].ID
		s.feed(sweep(id, sec, s.sighting(id, 0, 400-1.4*sec)))
	}
	c := &s.tracker.crossing
	if c.N == 0 {
		t.Fatal("no sight: this test would pass without testing")
	}
	restored := func() error {
		data, err := s.tracker.AppendSnapshot(nil)
		if err != nil {
			t.Fatal(err)
		}
		return New(s.tracker.cfg, s.frame, two).Restore(data)
	}
	if err := restored(); err != nil {
		t.Error(err)
	}
	c.Sights[0].B += 1000
	if restored() == nil {
		t.Error("it is accepted")
	}
}

func TestTracker_aCameraThatIsMovedMovesTheCrossingByItsShare(t *testing.T) {
	s := newScene(t, camera("eye", -400, 0), camera("eye2", 400, 100))
	m := mode{X: vec{50, 0, 300, 0}}
	shares := s.tracker.shares(&sight{I: 0, J: 1}, &m)
	rays := [2]thread{}
	for i := range rays {
		l := &s.tracker.states[i].Look
		rays[i] = thread{E: l.E, N: l.N, Said: math.Atan2(m.X[0]-l.E, m.X[2]-l.N), Err: 1e-6}
	}
	for i, w := range shares {
		moved := rays
		moved[i].E, moved[i].N = moved[i].E+3, moved[i].N-2
		p, _, _ := moved[0].cross(&moved[1], 0)
		if e, n := 50+3*w[0]-2*w[1], 300+3*w[2]-2*w[3]; math.Hypot(p.E-e, p.N-n) > 1e-6 {
			t.Errorf("camera %d moved: the crossing is at %.3f, %.3f, by its share at %.3f, %.3f", i, p.E, p.N, e, n)
		}
	}
}

func FuzzThread_cross(f *testing.F) {
	f.Add(-400.0, 0.0, .7, 400.0, 0.0, -.7)
	f.Add(-700.0, -17370.0, .01523046875, 53.57142857142857, -45.0, -9.0) // an ellipse so thin that the filter is given a thicker one
	f.Fuzz(func(t *testing.T, ae, an, aa, be, bn, ba float64) {
		if !(math.Abs(ae)+math.Abs(an)+math.Abs(be)+math.Abs(bn) < 1e5 && math.Abs(aa)+math.Abs(ba) < 10) {
			t.Skip("no place of this world")
		}
		a := thread{E: ae, N: an, Said: aa, Err: 1e-6}
		b := thread{E: be, N: bn, Said: ba, Err: 1e-6}
		p, area, ok := a.cross(&b, 0)
		if !ok {
			return
		}
		for i, th := range []thread{a, b} {
			if d := off(math.Atan2(p.E-th.E, p.N-th.N), th.Said); math.Abs(d) > 1e-6 {
				t.Errorf("the crossing is %g rad beside ray %d", d, i)
			}
		}
		// The noise is of both azimuths by the derivative of the crossing: its determinant is the product of the variances and area², where
		// setPosition has bounded neither a variance nor the correlation.
		det := p.C.EE*p.C.NN - p.C.EN*p.C.EN
		bounded := p.C.EE <= 2*leastVariance || p.C.NN <= 2*leastVariance || p.C.EN*p.C.EN > .98*p.C.EE*p.C.NN
		if want := 1e-12 * area * area; math.Abs(det-want) > 1e-3*want && !bounded {
			t.Errorf("determinant %g, want %g", det, want)
		}
		if back, _, ok := b.cross(&a, 0); !ok || math.Hypot(back.E-p.E, back.N-p.N) > 1e-9*(1e5+math.Hypot(p.E, p.N)) {
			t.Errorf("crossed the other way round: %v, %v for %v, %v", back.E, back.N, p.E, p.N)
		}
	})
}

// Frames of cameras cost no memory once they have been going for a while, with sights that are not told and a background.
func BenchmarkTracker_cameras(b *testing.B) {
	cameras := []sensor.Definition{camera("eye", -400, 0), camera("eye2", 400, 0)}
	s := newScene(b, cameras...)
	var frames []detection.Scan
	for i := range 64 { // over and over: the walkers go back and forth
		walked := 1.4 * math.Abs(float64(i-32)) / 2
		id := cameras[i%2].ID
		frames = append(frames, sweep(id, 0, s.sighting(id, -100, 500-walked), s.sighting(id, 100, 500-walked), s.sighting(id, 0, 900)))
	}
	s.tracker.Add(at(0), frames[0])
	var bearings int
	for i := 1; b.Loop(); i++ {
		scan := frames[i%len(frames)]
		scan.EventTime = at(float64(i) / 2)
		for j := range scan.Detections {
			scan.Detections[j].EventTime = scan.EventTime
		}
		s.tracker.Add(scan.EventTime, scan)
		for ok := true; ok; {
			_, ok = s.tracker.Step(scan.EventTime)
		}
		bearings += len(scan.Detections)
	}
	b.ReportAllocs()
	b.ReportMetric(float64(bearings)/b.Elapsed().Seconds(), "bearings/s")
}
