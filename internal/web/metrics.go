package web

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the server itself.
type metrics struct {
	cut      prometheus.Counter
	commands *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer, s *Server) (*metrics, error) {
	m := &metrics{
		cut: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cutline_web_streams_cut_total",
			Help: "Streams ended because the client took nothing within the write timeout.",
		}),
		commands: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cutline_web_commands_total",
			Help: "Commands by HTTP, by outcome: done, pending (journalled, not yet shown), refused (by the core), failed (not journalled).",
		}, []string{"command", "outcome"}),
	}
	for _, a := range actions() {
		for _, outcome := range []string{"done", "pending", "refused", "failed"} {
			m.commands.WithLabelValues(a.name, outcome)
		}
	}
	if reg == nil {
		return m, nil
	}
	streams := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "cutline_web_streams", Help: "Streams that are open now.",
	}, func() float64 { return float64(s.streams.Load()) })
	var errs []error
	for _, c := range []prometheus.Collector{m.cut, m.commands, streams} {
		errs = append(errs, reg.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("register the metrics of web: %w", err)
	}
	return m, nil
}
