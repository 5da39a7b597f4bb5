package fusion

import (
	"fmt"
	"runtime"
	"testing"

	"cutline/internal/detection"
	"cutline/internal/track"
)

// A live track of three sensors takes 2 kB with all that it holds and what finds it, however long it lives.
func TestTracker_aTrackOfThreeSensorsTakesTwoKilobytes(t *testing.T) {
	const n = 2000
	s := newScene(t, radar("a", 0, -6000), radar("b", -6000, 0), radar("c", 6000, 6000))
	names := [3]string{"a", "b", "c"}
	heap := func() float64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	play := func(from, to int) {
		for k := from; k < to; k++ {
			sec := .7 * float64(k)
			scan := detection.Scan{Sensor: names[k%3], EventTime: at(sec), Sweep: true}
			for i := range n {
				d := s.position(200*float64(i%50)-5000+1.4*sec, 200*float64(i/50)-4000, 4, 1)
				d.EventTime, d.ID = scan.EventTime, fmt.Sprintf("d%07d", i)
				scan.Detections = append(scan.Detections, d)
			}
			s.tracker.Add(scan.EventTime, scan)
			for more := true; more; {
				_, more = s.tracker.Step(scan.EventTime)
			}
		}
	}
	before := heap()
	play(0, 27)
	live := len(s.live(track.Confirmed))
	if live < n*9/10 {
		t.Fatalf("%d confirmed tracks of %d", live, n)
	}
	// What waits, and what a scan works with, is not of the tracks.
	s.tracker.queue, s.tracker.work, s.tracker.touched, s.tracker.shown = queue{}, work{}, nil, nil
	each := (heap() - before) / float64(len(s.tracker.tracks))
	t.Logf("%d tracks of %.0f B", len(s.tracker.tracks), each)
	if each > 2048 {
		t.Errorf("%.0f B a track, want 2048 at most", each)
	}
	runtime.KeepAlive(s)
}
