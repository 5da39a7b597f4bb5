package web

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the server itself.
type metrics struct {
	cut  prometheus.Counter
	acks *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer, s *Server) (*metrics, error) {
	m := &metrics{
		cut: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cutline_web_streams_cut_total",
			Help: "Streams ended because the client took nothing within the write timeout.",
		}),
		acks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cutline_web_acks_total",
			Help: "Acknowledgements by HTTP, by outcome: done, pending (journalled, not yet shown), refused (not journalled).",
		}, []string{"outcome"}),
	}
	for _, outcome := range []string{"done", "pending", "refused"} {
		m.acks.WithLabelValues(outcome)
	}
	if reg == nil {
		return m, nil
	}
	streams := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "cutline_web_streams", Help: "Streams that are open now.",
	}, func() float64 { return float64(s.streams.Load()) })
	var errs []error
	for _, c := range []prometheus.Collector{m.cut, m.acks, streams} {
		errs = append(errs, reg.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("register the metrics of web: %w", err)
	}
	return m, nil
}
