package fusion

import (
	"math"
	"testing"
	"time"

	gonum "gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"cutline/internal/detection"
	"cutline/internal/sensor"
)

// patrolled feeds a vehicle that goes to and fro between two radars, each of which looks every two seconds for so long; b's clock is behind
// by as many seconds.
func patrolled(s *scene, seconds, behind float64, both bool) {
	way := func(sec float64) (e, n float64) {
		x := math.Mod(12*sec, 4000)
		return -1000 + min(x, 4000-x), 500 + .3*min(x, 4000-x)
	}
	for sec := 0.0; sec < seconds; sec += 2 {
		e, n := way(sec)
		s.feed(sweep("a", sec, s.polar("a", e, n, 1)))
		if e, n = way(sec + 1); both {
			s.feed(sweep("b", sec+1-behind, s.polar("b", e, n, 1)))
		}
	}
}

func twoRadars(t testing.TB) *scene {
	a, b := radar("a", -2000, 3000), radar("b", 2000, 3000)
	a.Error.AzimuthBias, a.Error.RangeBias = .1, 2
	b.Error = a.Error
	b.Error.ClockBias = 500 * time.Millisecond
	return newScene(t, a, b)
}

// A sensor whose clock is wrong sees a vehicle that another sees: its clock is learnt, and as surely as it is said to be. The other one's
// is right by definition, and nothing else is blamed.
func TestRegistry_learnsAClock(t *testing.T) {
	for _, behind := range []float64{1, .4, 0, -.8} {
		s := twoRadars(t)
		patrolled(s, 1200, behind, true)
		a, b := s.tracker.Registration(0), s.tracker.Registration(1)
		if off := math.Abs(b.Late - behind); off > 2*b.LateSigma || b.LateSigma > .2 {
			t.Errorf("b's clock is %.1f s behind, and thought to be %.2f ± %.2f", behind, b.Late, b.LateSigma)
		}
		if a.Late != 0 || a.LateSigma != 0 {
			t.Errorf("a's clock is stated as right, and thought to be %v ± %v s behind", a.Late, a.LateSigma)
		}
		for _, g := range []Registration{a, b} {
			if math.Abs(g.Range) > 2.5*g.RangeSigma || math.Abs(g.Azimuth) > 2.5*g.AzimuthSigma {
				t.Errorf("clock %.1f s: a bias of %.4f ± %.4f rad and %.1f ± %.1f m that nobody has", behind, g.Azimuth, g.AzimuthSigma, g.Range,
					g.RangeSigma)
			}
		}
	}
}

// What the track takes of a sensor whose clock is known to be behind is where the target is, not where it was seen.
func TestRegistry_aKnownClockIsTakenOutOfThePlace(t *testing.T) {
	s := twoRadars(t)
	patrolled(s, 1200, 1, true)
	var along, looks float64
	for i := range s.shown {
		tr := &s.shown[i]
		if sec := tr.EventTime.Sub(midnight).Seconds(); sec > 900 && tr.Speed() > 8 && tr.EventTime.Equal(tr.Last) {
			x := math.Mod(12*sec, 4000)
			if x > 400 && x < 1900 { // on its way out, and its turn is forgotten
				along += tr.State[0] - (-1000 + x)
				looks++
			}
		}
	}
	if mean := along / looks; looks < 50 || math.Abs(mean) > 4 {
		t.Errorf("tracks are %.1f m ahead, over %v looks; uncorrected it would be 6", mean, looks)
	}
}

func TestRegistry_aSensorAloneTeachesNothing(t *testing.T) {
	s := twoRadars(t)
	patrolled(s, 600, 0, false)
	for i := range 2 {
		g := s.tracker.Registration(i)
		prior := &s.tracker.sites[i].bias
		near := func(got, variance float64) bool { return math.Abs(got-math.Sqrt(variance)) < 1e-9 }
		if g.Azimuth != 0 || g.Range != 0 || g.Late != 0 || !near(g.AzimuthSigma, prior[azimuth]) || !near(g.RangeSigma, prior[ranging]) ||
			!near(g.LateSigma, prior[late]) {
			t.Errorf("sensor %d, of which nobody else knows anything: %+v", i, g)
		}
	}
}

// Whatever is learnt, in whatever order: the covariance stays one, and nothing gets less sure than the definitions say.
func TestRegistry_covarianceStaysSymmetricAndPositive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Float64Range(-1, 1)
		sites := make([]site, 4)
		for i := range sites {
			for k, most := range [values]float64{1e-4, 100, 25, 25, .25} {
				sites[i].bias[k] = rapid.SampledFrom([]float64{0, most}).Draw(t, "prior")
			}
			sites[i].look.Placed = rapid.Bool().Draw(t, "fixed")
		}
		r := newRegistry(sites)
		n := len(r.X)
		for range rapid.IntRange(1, 40).Draw(t, "lessons") {
			var terms []term
			for _, slot := range r.slots {
				if slot < 0 {
					continue
				}
				m := term{slot: slot}
				for k, scale := range [values]float64{5000, 1, 1, 1, 30} {
					m.look[0][k], m.look[1][k] = scale*number.Draw(t, "je"), scale*number.Draw(t, "jn")
				}
				terms = append(terms, m)
			}
			h := [3][4]float64{{number.Draw(t, "h"), 0, number.Draw(t, "h"), 0}, {number.Draw(t, "h"), 0, number.Draw(t, "h"), 0}}
			y := [3]float64{10 * number.Draw(t, "y"), 10 * number.Draw(t, "y")}
			r.learn(terms, rapid.IntRange(1, 2).Draw(t, "dim"), y, &h, [3][3]float64{{9, 1}, {1, 4}})
			r.relax(r.at + beat*rapid.Int64Range(1, 5).Draw(t, "beats"))
			if n == 0 {
				return
			}
			p := gonum.NewSymDense(n, nil)
			for i := range n {
				for j := range n {
					if r.P[i*n+j] != r.P[j*n+i] {
						t.Fatalf("P[%d][%d] = %v, P[%d][%d] = %v", i, j, r.P[i*n+j], j, i, r.P[j*n+i])
					}
					// scaled to the prior, since radians stand beside metres
					if d := math.Sqrt(r.prior[i] * r.prior[j]); d > 0 {
						p.SetSym(i, j, r.P[i*n+j]/d)
					}
				}
				if r.P[i*n+i] > r.prior[i]*(1+1e-9) {
					t.Fatalf("P[%d][%d] = %v, above the prior's %v", i, i, r.P[i*n+i], r.prior[i])
				}
			}
			for i := range n { // rounding
				p.SetSym(i, i, p.At(i, i)+1e-9)
			}
			var c gonum.Cholesky
			if !c.Factorize(p) {
				t.Fatalf("P is no covariance: %v", gonum.Formatted(p))
			}
		}
	})
}

// A prior that is thought to be another gives what it would have given from the beginning.
func TestRegistry_anotherPriorIsAsIfItHadBeenThereAlways(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Float64Range(-1, 1)
		sites := make([]site, 3)
		for i := range sites {
			sites[i].bias, sites[i].look.Placed = [values]float64{1e-4, 100, 4, 4, .25}, true
		}
		was := newRegistry(sites)
		value := values*rapid.IntRange(0, 2).Draw(t, "slot") + rapid.IntRange(0, values-1).Draw(t, "value")
		factor := math.Exp(2 * number.Draw(t, "ln factor"))
		sites[value/values].bias[value%values] *= factor
		want := newRegistry(sites)
		for range rapid.IntRange(0, 30).Draw(t, "lessons") {
			var terms []term
			for slot := range sites {
				m := term{slot: slot}
				for k, scale := range [values]float64{1000, 1, 1, 1, 10} {
					m.look[0][k], m.look[1][k] = scale*number.Draw(t, "je"), scale*number.Draw(t, "jn")
				}
				terms = append(terms, m)
			}
			h := [3][4]float64{{1}, {0, 0, 1}}
			measured := [2]float64{number.Draw(t, "y"), number.Draw(t, "y")} // so little that it is in both's gate
			for _, r := range []*registry{&was, &want} {
				var y [3]float64
				for i, m := range measured {
					y[i] = m
					for slot := range terms {
						for k, effect := range terms[slot].look[i] {
							y[i] -= effect * r.X[values*slot+k]
						}
					}
				}
				r.learn(terms, 2, y, &h, [3][3]float64{{90, 1}, {1, 40}})
			}
		}
		was.rethink(value, want.prior[value])
		n := len(want.X)
		for i := range n {
			sigma := math.Sqrt(want.prior[i])
			if math.Abs(was.X[i]-want.X[i]) > 1e-6*sigma {
				t.Fatalf("value %d is %v, want %v", i, was.X[i], want.X[i])
			}
			for j := range n {
				if got, want := was.P[i*n+j], want.P[i*n+j]; math.Abs(got-want) > 1e-6*sigma*math.Sqrt(was.prior[j]) {
					t.Fatalf("P[%d][%d] = %v, want %v", i, j, got, want)
				}
			}
		}
	})
}

// A mast that stands 15 m beside where its definition says, give or take 1.5 m, is found there, and nobody is sure of it before. Where
// surveys are as stated, or better, nothing is less sure than they say.
func TestRegistry_learnsThatASurveyIsWrong(t *testing.T) {
	for _, off := range []float64{0, 1, -15, 30} {
		s := newScene(t)
		for _, at := range [][2]float64{{-2000, 3000}, {2000, 3000}, {0, -3000}} {
			d := radar(string(rune('a'+len(s.sensors))), at[0], at[1])
			d.Error.AzimuthBias, d.Error.RangeBias, d.Error.PositionBias = .1, 2, 1.5
			s.sensors = append(s.sensors, d)
		}
		s = newScene(t, s.sensors...)
		for sec := range 3600 {
			id := string(rune('a' + sec%3))
			var ds []detection.Detection
			for k := range 4 { // here and there, so that a place is not taken for an azimuth or a range
				turn := float64(k)*math.Pi/2 + float64(sec)/300
				e, n := 1500*math.Cos(turn)+300*math.Sin(3*turn), 1200*math.Sin(turn)
				d := s.polar(id, e, n, 1)
				if id == "b" {
					d = s.polar(id, e+off, n, 1)
				}
				ds = append(ds, d)
			}
			s.feed(sweep(id, float64(sec), ds...))
		}
		g, stated := s.tracker.Registration(1), math.Abs(off) < 3
		if wrong := math.Abs(g.East - off); wrong > 2*g.PositionSigma || wrong > 2 && wrong > .15*math.Abs(off) {
			t.Errorf("b stands %v m to the east, and is thought to by %.1f ± %.1f", off, g.East, g.PositionSigma)
		}
		for i, sigma := range []float64{s.tracker.Registration(0).PositionSigma, g.PositionSigma, s.tracker.Registration(2).PositionSigma} {
			if most := 1.5; sigma > most && (stated || i != 1) {
				t.Errorf("%v m: sensor %d is as surely where it is as ± %.1f m, and stated is ± %.1f", off, i, sigma, most)
			}
		}
	}
}

// A snapshot brings what was learnt, and no more: a value that the definition has not stated before is as unsure as it states, and one that
// it states no more is 0.
func TestRegistry_restoreMindsWhatDefinitionsStateNow(t *testing.T) {
	a := twoRadars(t)
	patrolled(a, 600, .4, true)
	data, err := a.tracker.AppendSnapshot(nil)
	if err != nil {
		t.Fatal(err)
	}
	defs := append([]sensor.Definition(nil), a.sensors...)
	defs[0].Error.ClockBias, defs[1].Error.ClockBias = 300*time.Millisecond, 0
	b := newScene(t, defs...)
	if err := b.tracker.Restore(data); err != nil {
		t.Fatal(err)
	}
	was, now := a.tracker.Registration(0), b.tracker.Registration(0)
	if now.LateSigma != .3 {
		t.Errorf("a clock that is now stated to be off by 0.3 s is thought to be by %v", now.LateSigma)
	}
	if now.Azimuth != was.Azimuth || now.AzimuthSigma != was.AzimuthSigma {
		t.Errorf("azimuth %v ± %v, and %v ± %v before", now.Azimuth, now.AzimuthSigma, was.Azimuth, was.AzimuthSigma)
	}
	if g := b.tracker.Registration(1); g.Late != 0 || g.LateSigma != 0 {
		t.Errorf("a clock that is now stated to be right is thought to be off by %v ± %v", g.Late, g.LateSigma)
	}
}

// What was learnt is let go by the clock, also while nobody is there.
func TestRegistry_letsGoWhileNobodyIsThere(t *testing.T) {
	s := twoRadars(t)
	patrolled(s, 600, .4, true)
	learnt := s.tracker.Registration(1)
	for sec := 660.0; sec < 600+8*3600; sec += 60 {
		s.feed(sweep("a", sec))
		s.feed(sweep("b", sec))
	}
	for sec := 600 + 8*3600.0; sec < 610+8*3600; sec += 2 {
		s.feed(sweep("a", sec, s.polar("a", 0, 0, 1)))
	}
	later := s.tracker.Registration(1)
	if want := math.Sqrt(.25 - math.Exp(-4)*(.25-learnt.LateSigma*learnt.LateSigma)); math.Abs(later.LateSigma-want) > .01 {
		t.Errorf("a clock is known to %.3f s, and eight hours later to %.3f s, want %.3f", learnt.LateSigma, later.LateSigma, want)
	}
}
