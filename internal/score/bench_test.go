package score_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"time"

	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/score"
)

// hours of a watch as it is at Emerson: 12 targets at a time, as many tracks and a few of nobody, an event of each every second.
func hours(b *testing.B, n int) (truth, events []byte) {
	b.Helper()
	f := geo.NewFrame(geo.LLA{Lat: 49, Lon: -97.2})
	var t, e bytes.Buffer
	enc := json.NewEncoder(&t)
	var line []byte
	for s := range n * 3600 {
		now := start.Add(time.Duration(s) * time.Second)
		for i := range 14 {
			p := f.Surface(400*float64(i), 1.4*float64(s%1200), 0)
			name := fmt.Sprintf("w%d-%d", i, s/1200)
			if i < 12 {
				if err := enc.Encode(record.Truth{
					Type: "target", Time: now, Target: name, Class: "person", Lat: float64(p.Lat), Lon: float64(p.Lon),
				}); err != nil {
					b.Fatal(err)
				}
			}
			event := record.Event{Type: record.TrackType, Time: now, Sector: "emerson", Track: &record.TrackEvent{
				ID: "emerson-7d1g9b" + name, Status: "confirmed", Lat: float64(p.Lat), Lon: float64(p.Lon), SpeedMPS: 1.4, CourseDeg: .3,
				Cov: record.Cov{EE: 9, EN: 1, NN: 9}, Existence: .99, Class: map[string]float64{"person": .8, "animal": .2},
				Sensors: []string{"twr-01", "twr-02"}, Groups: []string{"tower-01", "tower-02"}, Lineage: []string{}, Simulated: true,
			}}
			var err error
			if line, err = event.AppendJSON(line[:0]); err != nil {
				b.Fatal(err)
			}
			e.Write(line)
		}
	}
	return t.Bytes(), e.Bytes()
}

// BenchmarkRun scores an hour from its files; a day is 24 of it. What a Run keeps of the hour is told beside.
func BenchmarkRun(b *testing.B) {
	truth, events := hours(b, 1)
	b.SetBytes(int64(len(truth) + len(events)))
	b.ReportAllocs()
	var kept uint64
	for b.Loop() {
		before := heap()
		r := score.NewRun(score.Defaults())
		if err := r.ReadTruth(bytes.NewReader(truth)); err != nil {
			b.Fatal(err)
		}
		if err := r.ReadEvents(bytes.NewReader(events)); err != nil {
			b.Fatal(err)
		}
		if c := r.Report().Tracks.Completeness; c != 1 {
			b.Fatalf("completeness %v", c)
		}
		kept = heap() - before
		runtime.KeepAlive(r)
	}
	b.ReportMetric(float64(kept)/1e6, "MB-kept")
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
