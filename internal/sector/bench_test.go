package sector_test

import (
	"runtime"
	"testing"

	"cutline/internal/border"
	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/sector"
)

// BenchmarkSector plays two minutes of a hundred walkers before two radars, a third of whom cross: records in, events out, with all that
// belongs to it, from fusion to alerts.
func BenchmarkSector(b *testing.B) { play(b, config()) }

// BenchmarkSector_longBorder is the same along a border of 15 km and one of 900, with a vertex every 10 m: compare detections/s. A sector
// keeps its own piece of the line, so what is left of the difference is the rest of that: 110 km at most.
func BenchmarkSector_longBorder(b *testing.B) {
	for _, tc := range []struct {
		name string
		km   float64
	}{{"15km", 15}, {"900km", 900}} {
		c := config()
		c.Border.Lines[0].Points = nil
		for m := tc.km * 500; m >= -tc.km*500; m -= 10 { // to the west, as line
			lat := geo.Degrees(49 + float64(int(m/10)%7)*3e-6)
			c.Border.Lines[0].Points = append(c.Border.Lines[0].Points, border.Vertex{Lon: geo.Degrees(-97.24 + m/73e3), Lat: lat})
		}
		b.Run(tc.name, func(b *testing.B) { play(b, c) })
	}
}

func play(b *testing.B, c sector.Config) {
	b.Helper()
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
		b.StopTimer()
		core := newSector(b, c)
		b.StartTimer()
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
