package fusion

import (
	"math"
	"math/rand/v2"
	"testing"

	"cutline/internal/detection"
	"cutline/internal/sensor"
	"cutline/internal/track"
)

// passing follows a walker who goes by 1 km before a radar, for two minutes; frames gives the bearings of a camera beside it, ten times
// a second, also in the two minutes before; nil: there is none. It returns the root mean square error over all looks, m, and the
// share in which there was just one track.
func passing(t *testing.T, frames func(s *scene, e, n float64) []detection.Detection) (rms, held float64) {
	s := newScene(t, radar("a", 0, -1000), of(sensor.Camera, radar("eye", 0, -1000)))
	s.def("eye").DetectionProbability, s.def("eye").ClutterPerScan = .6, .1
	s.tracker = New(s.tracker.cfg, s.frame, s.sensors)
	noise := [2]*rand.Rand{s.rng, rand.New(rand.NewPCG(3, 4))} // the radar sees the same, whoever looks beside it
	var total, n, looks float64
	for i := range 2400 {
		sec := float64(i) / 10
		e := 1.4 * (sec - 180)
		if s.rng = noise[0]; i%20 == 0 && sec >= 120 {
			s.feed(sweep("a", sec, s.polar("a", e, 0, 1)))
			looks++
			if found := s.live(track.Confirmed, track.Coasting); len(found) == 1 {
				lag := sec - float64(found[0].EventTime.Sub(midnight))/second
				total += square(distance(&found[0], e-1.4*lag, 0))
				n++
			}
		}
		if s.rng = noise[1]; frames != nil {
			s.feed(sweep("eye", sec+.05, frames(s, e, 0)...))
		}
	}
	return math.Sqrt(total / n), n / looks
}

// What a camera tells may be of no use, never a harm.
func TestTracker_aCameraIsNoWorseThanNone(t *testing.T) {
	houses := []float64{-60, -45, -25, -5, 10, 25, 40, 60}
	background := func(s *scene) (out []detection.Detection) {
		for _, e := range houses {
			out = append(out, s.bearing(e, 200, .2, 1))
		}
		return out
	}
	alone, heldAlone := passing(t, nil)
	for name, frames := range map[string]func(s *scene, e, n float64) []detection.Detection{
		"sees nothing": func(*scene, float64, float64) []detection.Detection { return nil },
		"sees houses":  func(s *scene, _, _ float64) []detection.Detection { return background(s) },
		"sees the walker and houses": func(s *scene, e, n float64) []detection.Detection {
			return append(background(s), s.bearing(e, n, .2, 1))
		},
		"errs alike in all frames of ten seconds": func(s *scene, e, n float64) []detection.Detection {
			return []detection.Detection{s.bearing(e+10*math.Sin(e/5), n, .6, 0)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			rms, held := passing(t, frames)
			t.Logf("alone %.2f m %.3f, with the camera %.2f m %.3f", alone, heldAlone, rms, held)
			if rms > 1.15*alone {
				t.Errorf("%.2f m off with the camera, %.2f m without", rms, alone)
			}
			if held < heldAlone-.01 {
				t.Errorf("held for %.3f of the looks with the camera, %.3f without", held, heldAlone)
			}
		})
	}
}

// A camera that sends what it sees, and no empty frames, would hold for background where somebody was an hour ago.
func TestBackground_fadesInSilence(t *testing.T) {
	var b background
	w := work{taken: []int{-1}, hosted: []bool{false}}
	frame := func(azimuth, seconds float64, sweep bool) {
		b.learn(&entry{Sweep: sweep, Plots: []plot{{Kind: detection.Bearing, Z: [3]float64{azimuth}}}}, &w, seconds)
	}
	here, there := 11.5*radiansPerCell, 400.5*radiansPerCell // in the middle of an arc
	for range 150 {
		frame(here, .2, false)
	}
	if r := b.rate(here); r < .3 || r > .5 {
		t.Errorf("after half a minute in one place: %.2f bearings a message, want 1 − e^−.5", r)
	}
	frame(2, 300, false)
	if r := b.rate(here); r > .01 {
		t.Errorf("five minutes later it is still %.2f bearings a message", r)
	}
	for range 100 {
		frame(there, 3, true)
	}
	if r := b.rate(there); r < .9 || r > 1.01 {
		t.Errorf("in each of a hundred frames, one in three seconds: %.2f bearings a frame, want 1", r)
	}
}

// A bearing of one who has just come, and is likely but not confirmed, draws nobody who is in its gate too.
func TestTracker_aBearingOfANewcomerDrawsNobody(t *testing.T) {
	s := newScene(t, radar("a", 0, -1000), of(sensor.Camera, radar("eye", 0, -1000)))
	s.def("eye").DetectionProbability, s.def("eye").ClutterPerScan = .6, .1
	s.def("eye").Error.AzimuthBias = 1 // so that its gate is wide
	s.tracker = New(s.tracker.cfg, s.frame, s.sensors)
	worst := 0.0
	for i := range 670 {
		sec := float64(i) / 10
		e := 2 * (sec - 50)
		came := sec > 50
		if i%20 == 0 {
			scan := sweep("a", sec, s.polar("a", e, 0, 0))
			if came {
				scan = sweep("a", sec, s.polar("a", e, 0, 0), s.polar("a", e/2+13, -500, 0))
			}
			s.feed(scan)
		}
		if came {
			s.feed(sweep("eye", sec+.05, s.bearing(e/2+13, -500, .2, 0)))
		}
		if sec < 61 { // by then it is likely that he is there
			continue
		}
		for _, tr := range s.live(track.Confirmed, track.Coasting) {
			if lag := sec - float64(tr.EventTime.Sub(midnight))/second; tr.ID == s.nth(1) {
				worst = max(worst, distance(&tr, e-2*lag, 0))
			}
		}
	}
	if worst == 0 || worst > 5 {
		t.Errorf("drawn %.1f m off, want 5 at most, and not 0", worst)
	}
}
