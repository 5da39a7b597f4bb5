package influx

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// What servers say of an empty write: InfluxDB 2 once it knows that the bucket is there and ours, 1.8 before it has looked at anything.
const (
	noPoints     = "writing requires points"
	nothingThere = "200 OK:"
)

// Try asks the server whether it would take points, by sending none. The error says why not.
func Try(ctx context.Context, cfg Config) error {
	w, err := New(cfg, nil, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		return err
	}
	defer w.http.CloseIdleConnections()
	a := w.post(ctx, nil)
	if a.verdict == accepted || a.why == nothingThere || strings.Contains(a.why, noPoints) {
		return nil
	}
	return errors.New(a.why)
}
