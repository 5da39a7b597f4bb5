package fusion

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"cutline/internal/track"
)

// An alphaBeta is the filter of a radar that sends tracks.
type alphaBeta struct {
	alpha, beta  float64
	e, n, ve, vn float64
	began        bool
}

func (f *alphaBeta) take(e, n, dt float64) {
	if !f.began {
		f.e, f.n, f.began = e, n, true
		return
	}
	f.e, f.n = f.e+dt*f.ve, f.n+dt*f.vn
	re, rn := e-f.e, n-f.n
	f.e, f.n = f.e+f.alpha*re, f.n+f.alpha*rn
	f.ve, f.vn = f.ve+f.beta/dt*re, f.vn+f.beta/dt*rn
}

// share is the variance of the filter's place, of a target that goes straight on, in that of a plot (Kalata 1984, "The tracking index",
// IEEE T-AES 20(2)).
func (f *alphaBeta) share() float64 {
	a, b := f.alpha, f.beta
	return (2*a*a + b*(2-3*a)) / (a * (4 - 2*a - b))
}

// consistency of a walker's track: the mean of eᵀP⁻¹e over its two dimensions, and the rms of its place.
type consistency struct{ nees, rms float64 }

// smoothedRun is a walker before a radar that sends tracks (σ 10 m before its filter, a report a second), a plot radar (7 m, each two
// seconds), or both. Tracks is what the first one's definition says of it.
func smoothedRun(t *testing.T, filters, plots, tracks bool, gain float64) (c consistency) {
	const sigma, plot = 10.0, 7.0
	looks := 0.0
	for seed := range uint64(12) {
		filter, plain := radar("f", 0, -4000), radar("p", -3000, -3000)
		filter.Tracks = tracks
		s := newScene(t, filter, plain)
		rng := rand.New(rand.NewPCG(seed, 5))
		own := alphaBeta{alpha: gain, beta: gain * gain / (2 - gain)}
		stated := sigma * math.Sqrt(own.share())
		w := walker{0, 0, .9, .9}
		var way [][2]float64
		for k := range 300 {
			w.ve += .1 * rng.NormFloat64() * .7
			w.vn += .1 * rng.NormFloat64() * .7
			w.e, w.n = w.e+w.ve, w.n+w.vn
			way = append(way, [2]float64{w.e, w.n})
			own.take(w.e+sigma*rng.NormFloat64(), w.n+sigma*rng.NormFloat64(), 1)
			if filters && k > 10 {
				d := s.position(own.e, own.n, stated, 0)
				d.Track = "17"
				s.feed(sweep("f", float64(k), d))
			}
			if plots && k%2 == 0 {
				s.feed(sweep("p", float64(k)+.01, s.position(w.e+plot*rng.NormFloat64(), w.n+plot*rng.NormFloat64(), plot, 0)))
			}
			if k < 60 {
				continue
			}
			for _, tr := range s.live(track.Confirmed) {
				p := tr.Whereabouts()
				then := way[int(tr.EventTime.Sub(midnight)/time.Second)]
				de, dn := then[0]-tr.State[0], then[1]-tr.State[2]
				c.nees += two(p.EE, p.EN, p.NN, de, dn) / 2
				c.rms += de*de + dn*dn
				looks++
			}
		}
	}
	return consistency{c.nees / looks, math.Sqrt(c.rms / looks)}
}

func TestTracker_tracksOfASensorAreNoIndependentEvidence(t *testing.T) {
	plots := smoothedRun(t, false, true, false, 1)
	for _, gain := range []float64{.2, .3, .5} { // alpha: how much of each plot the radar's filter takes
		t.Run(fmt.Sprint(gain), func(t *testing.T) {
			naive := smoothedRun(t, true, false, false, gain)
			alone, both := smoothedRun(t, true, false, true, gain), smoothedRun(t, true, true, true, gain)
			naiveBoth := smoothedRun(t, true, true, false, gain)
			t.Logf("plots alone %.2f, its tracks %.2f, both %.2f; taken for plots %.2f and %.2f", plots, alone, both, naive, naiveBoth)
			for about, c := range map[string]consistency{"its tracks alone": alone, "with a plot radar": both} {
				if c.nees < .5 || c.nees > 1.5 {
					t.Errorf("%s: NEES %.2f a dimension, want .5 to 1.5", about, c.nees)
				}
			}
			if both.rms > min(plots.rms, alone.rms) {
				t.Errorf("rms %.2f m of both, %.2f m of the plots and %.2f m of the tracks: worse than one", both.rms, plots.rms, alone.rms)
			}
			if gain < .5 && (naive.nees < 2 || naiveBoth.nees < 2) {
				t.Errorf("NEES %.2f and %.2f where tracks are taken for plots: the scene shows nothing", naive.nees, naiveBoth.nees)
			}
		})
	}
}

// What stands still and has its returns filtered wanders about, and that is no walk.
func TestTracker_aFilteredWanderIsNoMotion(t *testing.T) {
	confirmed := func(tracks bool) (n int) {
		d := radar("f", 0, -4000)
		d.Tracks = tracks
		s := newScene(t, d)
		var own [60]alphaBeta
		for k := range 90 {
			scan := sweep("f", float64(k))
			for i := range own {
				own[i].alpha, own[i].beta = .3, .02
				e, north := 200*float64(i%8), 200*float64(i/8)
				own[i].take(e+10*s.rng.NormFloat64(), north+10*s.rng.NormFloat64(), 1)
				det := s.position(own[i].e, own[i].n, 10*math.Sqrt(own[i].share()), 0)
				det.EventTime, det.Track = scan.EventTime, fmt.Sprint(i)
				scan.Detections = append(scan.Detections, det)
			}
			s.feed(scan)
		}
		var ids []string
		for i := range s.shown {
			if s.shown[i].Status == track.Confirmed {
				ids = append(ids, s.shown[i].ID)
			}
		}
		slices.Sort(ids)
		return len(slices.Compact(ids))
	}
	naive, told := confirmed(false), confirmed(true)
	t.Logf("%d of 60 are taken for movers, %d where tracks are taken for plots", told, naive)
	if told > 6 {
		t.Errorf("confirmed in %d looks as movers", told)
	}
	if naive == 0 {
		t.Error("none is confirmed where tracks are taken for plots: the scene shows nothing")
	}
}

// Two who meet and part are told apart by the numbers of the sensor's own tracks, as far as these are right.
func TestTracker_theSensorsOwnTrackIsEvidenceOfWhoItIs(t *testing.T) {
	switches := func(numbers func(target, k int) string) (n int) {
		for seed := range uint64(20) {
			d := radar("f", 0, -4000)
			d.Tracks = true
			s := newScene(t, d)
			s.rng = rand.New(rand.NewPCG(seed, 9))
			var first [2]string
			for k := range 120 {
				sec := float64(k)
				scan := sweep("f", sec)
				for i, side := range []float64{-1, 1} { // they come within 4 m, and go apart again
					det := s.position(side*(2+1.4*math.Abs(sec-60)), 1.2*sec, 4, 1)
					det.EventTime, det.Track = scan.EventTime, numbers(i, k)
					scan.Detections = append(scan.Detections, det)
				}
				s.feed(scan)
				for _, tr := range s.live(track.Confirmed, track.Coasting) {
					if i := map[bool]int{true: 1}[tr.State[0] > 0]; k == 40 {
						first[i] = tr.ID
					} else if k == 119 && tr.ID == first[1-i] {
						n++
					}
				}
			}
		}
		return n
	}
	right := switches(func(target, _ int) string { return fmt.Sprint(target) })
	none := switches(func(int, int) string { return "" })
	swapped := switches(func(target, k int) string { return fmt.Sprint((target + k/100) % 2) })
	t.Logf("tracks that end on the other side: %d with numbers, %d without, %d with numbers that change places", right, none, swapped)
	if right > none/2 || none == 0 {
		t.Errorf("%d tracks go over to the other with numbers, %d without: they are no help", right, none)
	}
	if swapped > right { // at 80 s and 35 m apart
		t.Errorf("%d tracks go over where the sensor's numbers change places: they are taken for the truth", swapped)
	}
}
