package fusion

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/sensor"
	"cutline/internal/track"
)

// BenchmarkTracker has 100 live tracks for each radar, spread over its own ground, each detected in every sweep: the cost of a
// detection at 100, 1,000 and 10,000 tracks, with the beats, sweeps and misses that belong to it.
func BenchmarkTracker(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		b.Run(fmt.Sprintf("%d", n), func(b *testing.B) {
			benchTracks(b, n)
		})
	}
}

type walker struct{ e, n, ve, vn float64 }

func benchTracks(b *testing.B, n int) {
	radars := n / 100
	var sensors []sensor.Definition
	var walkers []walker
	rng := rand.New(rand.NewPCG(3, 4))
	for k := range radars {
		e, north := float64(k%10)*5000-25000, float64(k/10)*5000-25000
		d := radar(fmt.Sprintf("r%03d", k), e, north)
		d.Coverage.Range = 3500
		sensors = append(sensors, d)
		for range 100 {
			walkers = append(walkers, walker{
				e + 4000*(rng.Float64()-.5), north + 4000*(rng.Float64()-.5), 2.8 * (rng.Float64() - .5), 2.8 * (rng.Float64() - .5),
			})
		}
	}
	s := newScene(b, sensors...)
	const period = 2.0
	scan := detection.Scan{Sweep: true}
	look := func(round, k int) {
		sec := period*float64(round) + period*float64(k)/float64(radars)
		scan.Sensor, scan.EventTime = sensors[k].ID, at(sec)
		scan.Detections = scan.Detections[:0]
		for i := 100 * k; i < 100*k+100; i++ {
			w := &walkers[i]
			p := s.frame.LLA(geo.ENU{E: w.e + w.ve*sec + 4*rng.NormFloat64(), N: w.n + w.vn*sec + 4*rng.NormFloat64()})
			scan.Detections = append(scan.Detections, detection.Detection{
				EventTime: scan.EventTime, Geometry: detection.Position, Confidence: 1, Position: p, HasAlt: true,
				PositionError: detection.Covariance{EE: 16, NN: 16},
			})
		}
	}
	play := func() {
		s.tracker.Add(scan.EventTime, scan)
		for {
			if _, ok := s.tracker.Step(scan.EventTime); !ok {
				return
			}
		}
	}
	round, k := 0, 0
	for ; round < 15; round++ {
		for k := range radars {
			look(round, k)
			play()
		}
	}
	if live := len(s.live(track.Confirmed)); live < n*8/10 {
		b.Fatalf("%d confirmed tracks, want about %d", live, n)
	}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		look(round, k)
		if k++; k == radars {
			round, k = round+1, 0
		}
		b.StartTimer()
		play()
	}
	b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "detections/s")
	b.ReportMetric(float64(len(s.tracker.tracks)), "tracks")
}

// BenchmarkRollback has a thousand tracks, each in every sweep of four radars, and one of the radars always so late: what a sweep costs,
// and what is kept.
func BenchmarkRollback(b *testing.B) {
	for _, late := range []time.Duration{0, 5 * time.Second, 20 * time.Second} {
		b.Run(late.String(), func(b *testing.B) { benchLate(b, late) })
	}
}

func benchLate(b *testing.B, late time.Duration) {
	const n, period = 1000, 2.0
	s := newScene(b, radar("a", -3000, 0), radar("b", 3000, 0), radar("c", 0, -3000), radar("d", 0, 3000))
	rng := rand.New(rand.NewPCG(3, 4))
	var walkers []walker
	for i := range n {
		walkers = append(walkers, walker{
			160 * (float64(i%32) - 16), 160 * (float64(i/32) - 16), 2.8 * (rng.Float64() - .5), 2.8 * (rng.Float64() - .5),
		})
	}
	look := func(k int, sec float64) detection.Scan {
		scan := detection.Scan{Sweep: true, Sensor: s.sensors[k].ID, EventTime: at(sec)}
		for i := range walkers {
			w := &walkers[i]
			p := s.frame.LLA(geo.ENU{E: w.e + w.ve*sec + 4*rng.NormFloat64(), N: w.n + w.vn*sec + 4*rng.NormFloat64()})
			scan.Detections = append(scan.Detections, detection.Detection{
				EventTime: scan.EventTime, Geometry: detection.Position, Confidence: 1, Position: p, HasAlt: true,
				PositionError: detection.Covariance{EE: 16, NN: 16},
			})
		}
		return scan
	}
	play := func(i int) {
		b.StopTimer()
		sec := period / 4 * float64(i)
		now := at(sec)
		event := sec
		if i%4 == 3 {
			event -= late.Seconds()
		}
		scan := look(i%4, event)
		b.StartTimer()
		s.tracker.Add(now, scan)
		for {
			if _, ok := s.tracker.Step(now); !ok {
				return
			}
		}
	}
	i := 0
	for ; i < 240; i++ {
		play(i)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		play(i)
		i++
	}
	b.StopTimer()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapAlloc)/float64(len(s.tracker.tracks)), "B/track")
	b.ReportMetric(float64(len(s.tracker.tracks)), "tracks")
	runtime.KeepAlive(s)
}
