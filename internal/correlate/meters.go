package correlate

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cutline/internal/record"
)

// meters are the correlator's metrics. They count whether or not anybody collects them.
type meters struct {
	inputs, unwritable *prometheus.CounterVec
	events             *prometheus.CounterVec
	behind, size       *prometheus.GaugeVec
	took               *prometheus.HistogramVec
}

// sectorMeters are those of one sector.
type sectorMeters struct {
	inputs, unwritable prometheus.Counter
	events             map[record.Type]prometheus.Counter
	behind, size       prometheus.Gauge
	took               prometheus.Observer
}

const namespace, subsystem = "cutline", "correlate"

func newMeters(reg prometheus.Registerer) *meters {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Subsystem: subsystem, Name: name, Help: help}, labels)
	}
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(
			prometheus.GaugeOpts{Namespace: namespace, Subsystem: subsystem, Name: name, Help: help}, []string{"sector"},
		)
	}
	m := &meters{
		inputs:     counter("inputs_total", "Inputs stepped.", "sector"),
		unwritable: counter("unwritable_events_total", "Events left out as they could not be encoded.", "sector"),
		events:     counter("events_total", "Events written to PICTURE.", "sector", "type"),
		behind:     gauge("behind_seconds", "Age of the newest input when it was stepped."),
		size:       gauge("snapshot_size_bytes", "The last snapshot's size."),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "snapshot_duration_seconds", Help: "Time to make and store a snapshot.",
			Buckets: prometheus.ExponentialBuckets(.001, 2, 14),
		}, []string{"sector"}),
	}
	if reg != nil {
		reg.MustRegister(m.inputs, m.unwritable, m.events, m.behind, m.size, m.took)
	}
	return m
}

func (m *meters) of(sector string) sectorMeters {
	s := sectorMeters{
		inputs: m.inputs.WithLabelValues(sector), unwritable: m.unwritable.WithLabelValues(sector),
		behind: m.behind.WithLabelValues(sector), size: m.size.WithLabelValues(sector), took: m.took.WithLabelValues(sector),
		events: map[record.Type]prometheus.Counter{},
	}
	for _, t := range record.Types() {
		s.events[t] = m.events.WithLabelValues(sector, string(t))
	}
	return s
}

func (s sectorMeters) stepped(inputs int) { s.inputs.Add(float64(inputs)) }

func (s sectorMeters) published(events []record.Event) {
	for i := range events {
		if c := s.events[events[i].Type]; c != nil {
			c.Inc()
		}
	}
}

func (s sectorMeters) saved(bytes int, took time.Duration) {
	s.size.Set(float64(bytes))
	s.took.Observe(took.Seconds())
}
