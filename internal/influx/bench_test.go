package influx

import (
	"log/slog"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cutline/internal/geo"
	"cutline/internal/journal"
	"cutline/internal/testenv"
)

// BenchmarkWriter_toInfluxDB writes detections to a real server, 256 to a message as the journal commits them. cpu-µs/op is this
// process's share alone: reading, encoding, sending.
func BenchmarkWriter_toInfluxDB(b *testing.B) {
	const perMessage = 256
	db := testenv.Influx(b)
	cfg := settings(db.URL(), db.Bucket)
	cfg.Dir, cfg.FlushEvery = b.TempDir(), time.Second
	w, err := New(cfg, map[string]geo.LLA{"twr-01": {Lat: 49, Lon: -97}}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	messages := max(b.N/perMessage, 1)
	in := newCursor[journal.InputBatch]()
	in.items = make(chan journal.InputBatch, messages)
	for seq := range uint64(messages) {
		in.items <- batchOf(seq+1, perMessage, nil)
	}
	before := cpu(b)
	b.ResetTimer()
	done := make(chan error, 1)
	go func() { done <- w.Run(b.Context(), in, newCursor[journal.Page]()) }()
	for in.ackedSeq() < uint64(messages) {
		time.Sleep(2 * time.Millisecond)
	}
	b.StopTimer()
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/1e3/float64(messages*perMessage), "cpu-µs/op")
	if err := w.Status().LastError; err != "" {
		b.Error(err)
	}
}

// cpu that this process has used.
func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
