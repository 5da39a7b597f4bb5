package fusion

import (
	"math"
	"testing"

	"cutline/internal/track"
)

// A lorry passes a radar at 80 m, and beyond it something goes round the radar at 400 m.
func TestTracker_followsNoEchoOfWhatPasses(t *testing.T) {
	lorry := straight(-150, 80, 4, 0, 0)
	behind := func(sec float64) (e, n float64, ok bool) { // 4° beside the lorry, which is a second of arc for each of its metres
		e, n, _ = lorry(sec)
		sin, cos := math.Sincos(math.Atan2(e, n) + .07)
		return 400 * sin, 400 * cos, sec > 14
	}
	for _, tc := range []struct {
		name      string
		near, far path
		other     string // a radar that sees it too
		want      int
	}{
		{"an echo", lorry, behind, "", 1},
		{"the same way, and no lorry", nil, behind, "", 1},
		{"by two radars on one mast", lorry, behind, "beside", 1},
		{"seen from elsewhere too", lorry, behind, "elsewhere", 2},
		{"one who goes the other way", lorry, straight(-300, 400, -5, 0, 14), "", 2},
		{"one who goes slower", lorry, straight(-350, 400, 4, 0, 14), "", 2},
		{"two who come on one line", straight(0, 140, 0, -1.4, 0), straight(5, 500, 0, -1.4, 14), "", 2},
		{"two who go on one line", straight(0, 100, 0, 1.4, 0), straight(0, 400, 0, 1.4, 14), "", 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newScene(t, radar("r", 0, 0), radar("beside", 0, 0), radar("elsewhere", 3000, 0))
			for i := range s.sensors {
				s.sensors[i].Error.AzimuthBias = .1
			}
			s.def("beside").Group = "r"
			s.tracker = New(s.tracker.cfg, s.frame, s.sensors)
			for sec := 0.0; sec < 60; sec += 2 {
				look := func(id string, sec float64, paths ...path) {
					scan := sweep(id, sec)
					for _, p := range paths {
						if p == nil {
							continue
						}
						if e, n, ok := p(sec); ok {
							scan.Detections = append(scan.Detections, s.polar(id, e, n, 1))
						}
					}
					s.feed(sweep(id, sec, scan.Detections...))
				}
				look("r", sec, tc.near, tc.far)
				if tc.other != "" {
					look(tc.other, sec+.5, tc.near, tc.far)
				}
			}
			if found := s.live(track.Confirmed, track.Coasting); len(found) != tc.want {
				t.Errorf("%d tracks, want %d: %s", len(found), tc.want, ids(found))
			}
		})
	}
}

// Who walks behind another on the line from the radar is told a look later at most.
func TestTracker_tellsWhoWalksBehindAnotherAsSoon(t *testing.T) {
	later := 0.0
	const runs = 20
	for seed := range runs {
		var told [2]float64
		for i, first := range []path{straight(3000, 3000, 1, 1, 0), straight(0, 150, 0, -1, 0)} {
			r := radar("r", 0, 0)
			r.Error.AzimuthBias = .1
			s := newScene(t, r)
			for range seed {
				s.rng.Uint64()
			}
			second := straight(0, 500, 0, -1.4, 14)
			for sec := 0.0; sec < 90; sec += 2 {
				scan := sweep("r", sec)
				for _, p := range []path{first, second} {
					if e, n, ok := p(sec); ok {
						scan.Detections = append(scan.Detections, s.polar("r", e, n, 1))
					}
				}
				s.feed(sweep("r", sec, scan.Detections...))
				if len(s.live(track.Confirmed, track.Coasting)) > 1 && told[i] == 0 {
					told[i] = sec
				}
			}
			if told[i] == 0 {
				t.Fatalf("seed %d: not told in 90 s, first %d", seed, i)
			}
		}
		later += told[1] - told[0]
	}
	t.Logf("%.2f s later in the mean", later/runs)
	if later/runs > 2 {
		t.Errorf("told %.1f s later, want a look at most", later/runs)
	}
}

func TestTarget_copySharesNoEcho(t *testing.T) {
	var to target
	to.copy(&target{Echo: &echo{Host: 1}})
	from := to
	to.copy(&from)
	to.Echo.Host = 2
	if from.Echo.Host != 1 {
		t.Errorf("the copy's echo is the copied one's: host %d", from.Echo.Host)
	}
}
