package fusion

import (
	"math"
	"testing"

	"cutline/internal/track"
)

// A herd walks past a radar that sees one of its animals at a time, east or north of the middle as far as half its size; the extent is
// learnt, the covariance that is shown holds where an animal is, and what walks alone stays a point.
func TestExtent_isThatOfTheHerd(t *testing.T) {
	for _, half := range []float64{0, 10, 20} {
		s := newScene(t, radar("a", -2000, 3000), radar("b", 2000, 3000))
		var got, inside, looks float64
		for i := range 400 {
			sec := float64(i)
			e, n := -200+.8*sec, 500.0
			angle := 2 * math.Pi * s.rng.Float64()
			oe, on := half*math.Sin(angle), half*math.Cos(angle)
			id := []string{"a", "b"}[i%2]
			s.feed(sweep(id, sec, s.polar(id, e+oe, n+on, 1)))
			found := s.live(track.Confirmed)
			if sec < 100 || len(found) == 0 {
				continue
			}
			tr := s.tracker.tracks[0]
			got += tr.Extent.variance()
			p := tr.Whereabouts()
			if two(p.EE, p.EN, p.NN, e+oe-tr.State[0], n+on-tr.State[2]) < 5.99 {
				inside++
			}
			looks++
		}
		got, inside = got/looks, inside/looks
		want := half * half / 2 // of each axis
		if got > 4+1.5*want || got < .4*want {
			t.Errorf("a herd of %v m about its middle: %.0f m² learnt, want %.0f", half, got, want)
		}
		if inside < .85 {
			t.Errorf("a herd of %v m about its middle: %.2f of its animals are where it is said to be", half, inside)
		}
	}
}
