package sector_test

import (
	"runtime"
	"testing"

	"cutline/internal/record"
)

// BenchmarkSector plays two minutes of a hundred walkers before two radars, a third of whom cross: records in, events out, with all that
// belongs to it, from fusion to alerts.
func BenchmarkSector(b *testing.B) {
	s := scene{Seconds: 120}
	for i := range 100 {
		e := 60*float64(i) - 3000
		n := 20*float64(i%10) - 220
		s.Targets = append(s.Targets, target{Class: "person", Speed: 1.4, Path: [][2]float64{{e, n}, {e, n + 2000}}})
	}
	inputs, detections := s.inputs(1), 0
	for i := range inputs {
		for k := range inputs[i].Scans {
			detections += len(inputs[i].Scans[k].Detections)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var out []record.Event
	for b.Loop() {
		core := newSector(b, config())
		out = out[:0]
		for i := range inputs {
			out = core.Step(inputs[i], out)
		}
	}
	runtime.ReadMemStats(&after)
	n := float64(b.N) * float64(detections)
	b.ReportMetric(n/b.Elapsed().Seconds(), "detections/s")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/n, "allocs/detection")
	b.ReportMetric(float64(len(out))/float64(detections), "events/detection")
	alerts := 0
	for i := range out {
		if out[i].Type == record.AlertType && out[i].Alert.Kind == "crossing" && out[i].Alert.Change == "new" {
			alerts++
		}
	}
	b.ReportMetric(float64(alerts), "alerts")
}
