package fusion

import (
	"math"
	"testing"

	"cutline/internal/detection"
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

// A look has two returns of a herd, now of these animals and now of those: the track takes the nearer one, and the other tells it as well
// how wide the herd is. By the nearer ones alone it would be half of that.
func TestExtent_isToldByTheReturnsThatATrackDoesNotTake(t *testing.T) {
	var got, looks float64
	s := newScene(t, radar("a", 0, -2000))
	for i := range 300 {
		sec := float64(2 * i)
		var seen []detection.Detection
		for range 2 {
			seen = append(seen, s.position(12*s.rng.NormFloat64(), 1.4*sec+12*s.rng.NormFloat64(), 4, 1))
		}
		s.feed(sweep("a", sec, seen...))
		if i > 100 {
			got += s.tracker.tracks[0].Extent.variance()
			looks++
		}
	}
	if got /= looks; got < 100 || got > 180 {
		t.Errorf("a herd of 144 m² about its middle: %.0f m² learnt", got)
	}
	s.one()
}

// One who keeps 44 m beside a herd that is known to be wide is of the herd; beside one who walks alone he is another.
func TestExtent_saysHowFarOffCompanionsAre(t *testing.T) {
	for half, want := range map[float64]int{0: 2, 20: 1} {
		s := newScene(t, radar("a", -2000, 3000), radar("b", 2000, 3000))
		for i := range 300 {
			sec, id := float64(i), []string{"a", "b"}[i%2]
			e, n := -200+.8*sec, 500.0
			angle := 2 * math.Pi * s.rng.Float64()
			seen := []detection.Detection{s.polar(id, e+half*math.Sin(angle), n+half*math.Cos(angle), 1)}
			if i > 150 {
				seen = append(seen, s.polar(id, e, n+44, 1))
			}
			s.feed(sweep(id, sec, seen...))
		}
		if found := s.live(track.Confirmed); len(found) != want {
			t.Errorf("beside a herd of %v m about its middle: %d tracks, want %d", half, len(found), want)
		}
	}
}
