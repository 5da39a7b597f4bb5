package fusion

import (
	"math"
	"math/rand/v2"
	"testing"

	"cutline/internal/detection"
	"cutline/internal/sensor"
	"cutline/internal/track"
)

// shower gives the returns of one scan from rain of 250 m about a middle.
func shower(s *scene, e, n float64) (ds []detection.Detection) {
	for range s.rng.IntN(4) {
		far, angle := 250*math.Sqrt(s.rng.Float64()), 2*math.Pi*s.rng.Float64()
		ds = append(ds, s.polar("a", e+far*math.Cos(angle), n+far*math.Sin(angle), 0))
	}
	return ds
}

// What returns come from is known from where returns came from: a shower that drifts over a radar's ground makes no tracks, and who walks
// through it is still found.
func TestTracker_aShowerMakesNoTracks(t *testing.T) {
	shown := map[string]bool{}
	found, held := 0, 0
	for seed := range uint64(10) {
		s := newScene(t, radar("a", 0, -3000))
		s.rng = rand.New(rand.NewPCG(seed, 7))
		for i := range 300 {
			sec := 2 * float64(i)
			drift := -1500 + 5*sec
			ds := shower(s, drift, 0)
			if i >= 200 {
				ds = append(ds, s.polar("a", drift-200+3.6*(sec-400), 1.4*(sec-500), 1))
			}
			s.feed(sweep("a", sec, ds...))
			for _, tr := range s.live(track.Confirmed) {
				if i < 200 {
					shown[tr.ID] = true
				}
			}
			if i >= 210 {
				found++
				for _, tr := range s.live(track.Confirmed) {
					if distance(&tr, drift-200+3.6*(sec-400), 1.4*(sec-500)) < 60 {
						held++
						break
					}
				}
			}
		}
	}
	t.Logf("%d false tracks in 67 minutes, the walker held in %d of %d looks", len(shown), held, found)
	if len(shown) > 20 { // without the map 170
		t.Errorf("%d tracks of rain", len(shown))
	}
	if float64(held) < .97*float64(found) {
		t.Errorf("the walker was held in %d of %d looks", held, found)
	}
}

// A path on which one comes after another is no clutter: the last is believed as soon as the first.
func TestTracker_aWornPathIsNoClutter(t *testing.T) {
	s := newScene(t, radar("a", 0, -3000))
	s.rng = rand.New(rand.NewPCG(8, 9))
	after := make([]int, 20) // looks until each was confirmed
	for i := range 1000 {
		sec := 2 * float64(i)
		var ds []detection.Detection
		for k := range after {
			if walked := 1.4 * (sec - 60*float64(k)); walked >= 0 && walked < 400 {
				ds = append(ds, s.polar("a", 0, walked, 1))
			}
		}
		s.feed(sweep("a", sec, ds...))
		for k := range after {
			walked := 1.4 * (sec - 60*float64(k))
			if walked < 0 || walked >= 400 || after[k] > 0 {
				continue
			}
			for _, tr := range s.live(track.Confirmed) {
				if distance(&tr, 0, walked) < 30 {
					after[k] = 1 + int(walked/2.8)
				}
			}
		}
	}
	t.Logf("looks until each was confirmed: %v", after)
	first, last := 0, 0
	for k := range 10 {
		if after[k] == 0 || after[10+k] == 0 {
			t.Fatalf("not all were confirmed: %v", after)
		}
		first, last = first+after[k], last+after[10+k]
	}
	if last > first+20 {
		t.Errorf("the first ten were confirmed after %d looks in all, the last ten after %d", first, last)
	}
}

// Those who are there when a sensor first looks are no clutter either, however many: none is held up by his own first return.
func TestTracker_aCrowdFromTheStartIsNoClutter(t *testing.T) {
	a, b := radar("a", 0, 0), radar("b", 0, 0)
	a.Coverage.Range = 3500
	s := newScene(t, a, b)
	s.rng = rand.New(rand.NewPCG(4, 5))
	var crowd [100]walker
	for k := range crowd {
		crowd[k] = walker{
			4000 * (s.rng.Float64() - .5), 4000 * (s.rng.Float64() - .5), 2.8 * (s.rng.Float64() - .5), 2.8 * (s.rng.Float64() - .5),
		}
	}
	for i := range 15 {
		sec := 2 * float64(i)
		var ds []detection.Detection
		for _, w := range crowd {
			ds = append(ds, s.position(w.e+w.ve*sec, w.n+w.vn*sec, 4, 1))
		}
		s.feed(sweep("a", sec, ds...))
		s.feed(sweep("b", sec+.5)) // which another could see as well, and does not
	}
	if n := len(s.live(track.Confirmed)); n < 80 { // held up: 31; the slow ones never are
		t.Errorf("%d of 100 are confirmed after 15 looks", n)
	}
}

func TestClutter_density(t *testing.T) {
	const perSquare = 1 / (100. * 100)
	learn := func(c *clutter, sec float64, places ...[2]float64) {
		e, w := entry{}, work{hosted: make([]bool, len(places))}
		for _, p := range places {
			e.Plots = append(e.Plots, plot{Kind: detection.Position, E: p[0], N: p[1]})
			w.taken = append(w.taken, -1)
		}
		c.forward(at(sec).UnixNano(), 100*clutterReach)
		c.learn(&e, &w, 1, false)
	}
	near := func(t *testing.T, c *clutter, e, n, want float64) {
		t.Helper()
		if got := c.density(&plot{E: e, N: n}, 0); math.Abs(got-want) > .02*want {
			t.Errorf("density at (%v, %v) is %.3g, want %.3g", e, n, got, want)
		}
	}
	t.Run("what each look finds, after many looks", func(t *testing.T) {
		var c clutter
		for i := range 2000 {
			learn(&c, 2*float64(i), [2]float64{50, 50}, [2]float64{60, 40}, [2]float64{-350, 50})
		}
		looks := 1 / (1 - math.Exp(-2/clutterMemory)) // those of the past, by their worth
		near(t, &c, 10, 90, 2*perSquare*looks/(looks+clutterPrior))
		near(t, &c, -310, 10, perSquare*looks/(looks+clutterPrior))
		near(t, &c, 150, 50, 2./9*perSquare*looks/(looks+clutterPrior)) // a neighbour's, of nine squares
		near(t, &c, 250, 50, 0)
	})
	t.Run("one plot in the first look is not all", func(t *testing.T) {
		var c clutter
		learn(&c, 0, [2]float64{50, 50})
		near(t, &c, 50, 50, perSquare/(1+clutterPrior))
		if got := c.density(&plot{E: 50, N: 50}, 1); got != 0 {
			t.Errorf("density but for the one plot is %v", got)
		}
	})
	t.Run("fades, also over the time at which it is scaled anew", func(t *testing.T) {
		var c clutter
		for i := range 60 {
			learn(&c, 2*float64(i), [2]float64{50, 50})
		}
		before := c.density(&plot{E: 50, N: 50}, 0)
		for sec := 120.; sec < 1500; sec += 2 {
			learn(&c, sec)
		}
		if after := c.density(&plot{E: 50, N: 50}, 0); !(after > 0 && after < 1e-3*before) {
			t.Errorf("%.3g after ten memories, %.3g before", after, before)
		}
	})
	t.Run("of two squares in one cell the fuller one has it", func(t *testing.T) {
		c := clutter{Side: 100}
		_, cell := c.cell(50, 50)
		for n := 450.; n < 100*clutterRing; n += 100 {
			for e := 50.; e < 100*clutterRing; e += 100 {
				if _, other := c.cell(e, n); other == cell {
					t.Logf("(%v, %v) shares the cell of (50, 50)", e, n)
					learn(&c, 0, [2]float64{50, 50}, [2]float64{50, 50}, [2]float64{e, n})
					near(t, &c, e, n, 0)
					near(t, &c, 50, 50, 2*perSquare/(1+clutterPrior))
					return
				}
			}
		}
		t.Fatal("no two squares share a cell")
	})
}

func TestSite_looks(t *testing.T) {
	sweeps, singly := site{}, site{period: 2 * beat}
	for _, tt := range []struct {
		name  string
		s     *site
		st    siteState
		e     entry
		since int64
		want  float64
	}{
		{"a sweep", &sweeps, siteState{Sweeps: true}, entry{Sweep: true}, beat, 1},
		{"a part of a sweep", &singly, siteState{Sweeps: true}, entry{}, beat, 0},
		{"a return alone", &singly, siteState{}, entry{}, beat, .5},
		{"a return after an hour of silence", &singly, siteState{}, entry{}, 3600 * beat, 2},
		{"nothing is known of its scans", &sweeps, siteState{}, entry{}, beat, 0},
	} {
		if got := tt.s.looks(&tt.st, &tt.e, tt.since); got != tt.want {
			t.Errorf("%s: %v looks, want %v", tt.name, got, tt.want)
		}
	}
}

func TestFalseRate(t *testing.T) {
	sum := 0.0
	for v := -1000.; v < 1000; v += .1 {
		sum += .1 * falseRate(v)
	}
	if math.Abs(sum-1) > .01 {
		t.Errorf("the densities of all range rates sum to %v", sum)
	}
	if falseRate(1) < 10*falseRate(15) {
		t.Error("a walker's range rate is not more common among false returns than a car's")
	}
}

// A ground sensor's trips and a transponder's places are no clutter.
func TestSite_crowds(t *testing.T) {
	for _, tt := range []struct {
		kind sensor.Kind
		want bool
	}{{sensor.Radar, true}, {sensor.Drone, true}, {sensor.Ground, false}, {sensor.AIS, false}} {
		d, frame := of(tt.kind, radar("a", 0, 0)), newScene(t).frame
		if s := newSite(&d, &frame); s.crowds() != tt.want {
			t.Errorf("%v: mapped is %v", tt.kind, s.crowds())
		}
	}
}
