package notify

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of one output.
type metrics struct {
	delivered *prometheus.CounterVec
	retries   prometheus.Counter
	refused   prometheus.Counter
	connected prometheus.Gauge
	open      prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer, name string) (*metrics, error) {
	own := prometheus.Labels{"output": name}
	m := &metrics{
		delivered: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cutline_notify_delivered_total", Help: "Events that the far side has confirmed.", ConstLabels: own,
		}, []string{"type"}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cutline_notify_retries_total", Help: "Attempts that the far side did not confirm.", ConstLabels: own,
		}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cutline_notify_refused_total", Help: "Alerts that the far side would never take, kept in a file.", ConstLabels: own,
		}),
		connected: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cutline_notify_connected", Help: "1 if the last attempt was confirmed.", ConstLabels: own,
		}),
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cutline_notify_open_alerts", Help: "Alerts that nobody has acknowledged and that are told again.", ConstLabels: own,
		}),
	}
	for _, kind := range []string{"alert", "alert_repeat", "sensor", "sensor_repeat", "track"} {
		m.delivered.WithLabelValues(kind)
	}
	if reg == nil {
		return m, nil
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.delivered, m.retries, m.refused, m.connected, m.open} {
		errs = append(errs, reg.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("register the metrics of notify: %w", err)
	}
	return m, nil
}
