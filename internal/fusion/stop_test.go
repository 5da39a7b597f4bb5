package fusion

import (
	"math"
	"testing"
)

// Who walks up to the line and stands there is seen by no radar, but a radar would have seen him go on: the track waits where he is. Of one
// who goes across the beams nothing like it is known.
func TestTracker_whoIsGoneFromAllRadarsStandsIfTheyWouldSeeHimGo(t *testing.T) {
	for _, test := range []struct {
		about       string
		e, n        float64 // m/s
		least, most float64 // of his speed, the track's after six seconds
	}{
		{"along the beams", 0, 1.4, 0, .4},
		{"across them", 1.4, 0, .6, 1.2},
	} {
		t.Run(test.about, func(t *testing.T) {
			a, b := radar("a", 0, -3000), radar("b", 0, 3000)
			a.Error.RangeRate, b.Error.RangeRate = .25, .25
			s := newScene(t, a, b)
			for sec := range 67 {
				id, at := []string{"a", "b"}[sec%2], float64(sec)
				if sec < 60 {
					s.feed(sweep(id, at, s.polar(id, test.e*at, test.n*at, .1)))
				} else {
					s.feed(sweep(id, at))
				}
			}
			tr := s.one()
			if speed := tr.Speed() / 1.4; speed < test.least || speed > test.most {
				t.Errorf("the track goes with %.2f of his speed, want %.1f to %.1f", speed, test.least, test.most)
			}
		})
	}
}

func TestIMM_halt(t *testing.T) {
	var f imm
	f.Mu = [2]float64{.5, .5}
	for i := range f.M {
		f.M[i] = mode{X: vec{10, 2, 20, -1}}
		f.M[i].P = mat{9, 1, .5, 0, 1, .4, 0, .1, .5, 0, 16, 2, 0, .1, 2, .6}
	}
	whole := f
	whole.halt(1)
	if whole != f {
		t.Error("who goes on for sure has not stopped")
	}
	once, twice := f, f
	once.halt(.3)
	twice.halt(.6)
	twice.halt(.5)
	// Of .3·N(x, P) and .7·(the same place, no velocity): second moments less the product of the means.
	x, moved := f.M[0].X, f.M[0].P
	mean := vec{x[0], .3 * x[1], x[2], .3 * x[3]}
	for a := range 4 {
		for b := range 4 {
			second := .3 * (moved[4*a+b] + x[a]*x[b])
			if a%2 == 0 && b%2 == 0 {
				second /= .3 // both know the place
			}
			if got, want := once.M[0].P[4*a+b], second-mean[a]*mean[b]; math.Abs(got-want) > 1e-12 {
				t.Errorf("P[%d][%d] = %.4f, want %.4f", a, b, got, want)
			}
		}
	}
	if once.M[0].X != mean {
		t.Errorf("x = %v, want %v", once.M[0].X, mean)
	}
	for i := range 16 {
		if math.Abs(once.M[0].P[i]-twice.M[0].P[i]) > 1e-12 {
			t.Errorf("P[%d] is %v after .3, and %v after .6 and .5", i, once.M[0].P[i], twice.M[0].P[i])
		}
	}
}
