package load

import (
	"io"
	"testing"
	"time"

	"cutline/internal/testenv"
)

// The benchmarks are of b.N messages: run with -benchtime 200000x.

func BenchmarkRun_mosquitto(b *testing.B) {
	broker := testenv.Mosquitto(b, testenv.Broker{Lines: []string{"persistence false"}})
	cfg := Defaults()
	cfg.Broker, cfg.Rate, cfg.Duration, cfg.Messages, cfg.Ledger = broker.URL(), 0, 0, b.N, io.Discard
	b.ResetTimer()
	p, err := Run(b.Context(), cfg)
	b.StopTimer()
	if err != nil || p.Acked != int64(b.N) {
		b.Fatalf("%v, %+v", err, p)
	}
	b.ReportMetric(p.Rate, "msg/s")
}

func BenchmarkMessage(b *testing.B) {
	s := newSource(newWorld(Defaults()), 50)
	s.look(time.Date(2026, 11, 24, 8, 12, 3, 0, time.UTC))
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		var ok bool
		if buf, ok = s.message(buf[:0]); !ok {
			s.look(time.Date(2026, 11, 24, 8, 12, 3, 0, time.UTC))
		}
	}
	b.ReportMetric(float64(len(buf)), "bytes")
}
