package journal

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// meters are the journal's metrics. They count whether or not anybody collects them.
type meters struct {
	commit                            prometheus.Histogram
	inputs, blocked                   prometheus.Counter
	retries, damage                   *prometheus.CounterVec
	messages, bytes, limit, full, ill *prometheus.GaugeVec
	lags                              *prometheus.GaugeVec
}

const namespace, subsystem = "cutline", "journal"

func newMeters(reg prometheus.Registerer, depth func() float64) *meters {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Subsystem: subsystem, Name: name, Help: help})
	}
	counters := func(name, help string) *prometheus.CounterVec {
		opts := prometheus.CounterOpts{Namespace: namespace, Subsystem: subsystem, Name: name, Help: help}
		return prometheus.NewCounterVec(opts, []string{"stream"})
	}
	gauges := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Subsystem: subsystem, Name: name, Help: help}, labels)
	}
	m := &meters{
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "commit_duration_seconds",
			Help: "From taking a commit's entries to their being stored.", Buckets: prometheus.ExponentialBuckets(.0005, 2, 14),
		}),
		inputs:   counter("inputs_total", "Inputs stored."),
		blocked:  counter("blocked_seconds_total", "Time that callers of Put waited, summed over callers."),
		retries:  counters("retries_total", "Writes that did not succeed at once and were tried again."),
		damage:   counters("damaged_total", "Messages that were read and could not be decoded in full."),
		messages: gauges("messages", "Messages that the stream holds.", "stream"),
		bytes:    gauges("stored_bytes", "Bytes that the stream holds, before compression.", "stream"),
		limit:    gauges("limit_bytes", "The stream's cap.", "stream"),
		full:     gauges("full", "1 while the cap is reached or the disk nearly full.", "stream"),
		ill:      gauges("waiting", "1 while something can't be stored, for whatever reason.", "stream"),
		lags:     gauges("cursor_lag_messages", "Messages that an open cursor has not acknowledged.", "cursor", "stream"),
	}
	for _, s := range [...]string{inputStream, pictureStream, cursorStream} {
		m.retries.WithLabelValues(s)
		m.full.WithLabelValues(s)
		m.ill.WithLabelValues(s)
	}
	m.damage.WithLabelValues(inputStream)
	m.damage.WithLabelValues(pictureStream)
	if reg != nil {
		reg.MustRegister(m.commit, m.inputs, m.blocked, m.retries, m.damage, m.messages, m.bytes, m.limit, m.full, m.ill, m.lags,
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Namespace: namespace, Subsystem: subsystem, Name: "queue_depth", Help: "Entries that wait for the committer.",
			}, depth))
	}
	return m
}

func (m *meters) committed(inputs int, took time.Duration) {
	m.commit.Observe(took.Seconds())
	m.inputs.Add(float64(inputs))
}

func (m *meters) blockedSince(start time.Time) { m.blocked.Add(time.Since(start).Seconds()) }
func (m *meters) retried(stream string)        { m.retries.WithLabelValues(stream).Inc() }
func (m *meters) damaged(stream string)        { m.damage.WithLabelValues(stream).Inc() }

func (m *meters) stream(s StreamStatus) {
	m.messages.WithLabelValues(s.Name).Set(float64(s.Messages))
	m.bytes.WithLabelValues(s.Name).Set(float64(s.Bytes))
	m.limit.WithLabelValues(s.Name).Set(float64(s.Cap))
}

func (m *meters) lag(cursor, stream string, lag uint64) {
	m.lags.WithLabelValues(cursor, stream).Set(float64(lag))
}

func (m *meters) health(stream string, full, ill bool) {
	m.full.WithLabelValues(stream).Set(number(full))
	m.ill.WithLabelValues(stream).Set(number(ill))
}

func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
