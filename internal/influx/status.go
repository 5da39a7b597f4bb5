package influx

import (
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Status is how the writer stands with its server.
type Status struct {
	URL       string
	Up        bool      // the last request was answered with a 204; true before the first one
	Since     time.Time // of Up; the zero time before the first request
	LastError string    // why it is down, or was last
	Refused   bool      // down, and somebody must act: a token, a right, a bucket
	Points    uint64    // written since the start
	Parked    uint64    // refused by the server and put into ParkedFile since the start
	Behind    time.Duration
	// Behind is how long the oldest record in hand has waited: the length of an outage, about nothing otherwise. How many
	// more wait in the journal, the journal's status says.
	ParkedFile string
}

// health keeps the status, logs its changes and counts.
type health struct {
	log     *slog.Logger
	metrics *metrics

	mu     sync.Mutex
	status Status
	tries  int                  // since it went down
	waits  map[string]time.Time // lane: since when its oldest record is in hand
}

func newHealth(cfg Config, log *slog.Logger, reg prometheus.Registerer) *health {
	h := &health{log: log, metrics: newMetrics(reg), waits: map[string]time.Time{}}
	h.status = Status{URL: cfg.URL, Up: true, ParkedFile: newPark(cfg).path}
	return h
}

// Status of the writer at this moment.
func (w *Writer) Status() Status {
	h := w.health
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.status
	for _, since := range h.waits {
		s.Behind = max(s.Behind, time.Since(since))
	}
	return s
}

// waiting notes since when a lane holds a record that is not written; the zero time: it holds none.
func (h *health) waiting(lane string, since time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if since.IsZero() {
		delete(h.waits, lane)
		return
	}
	h.waits[lane] = since
}

// up notes that the server took points.
func (h *health) up(points int) {
	h.metrics.points.Add(float64(points))
	h.metrics.up.Set(1)
	h.mu.Lock()
	s := &h.status
	s.Points += uint64(points) //nolint:gosec // a count
	was, tries, since := s.Up, h.tries, s.Since
	if !s.Up || s.Since.IsZero() {
		s.Up, s.Refused, s.Since, h.tries = true, false, time.Now(), 0
	}
	h.mu.Unlock()
	if !was {
		h.log.Info("influxdb takes points again", "down_ms", time.Since(since).Milliseconds(), "tries", tries)
	}
}

// down notes a try that was not taken. It is logged when the server goes down and when the reason changes.
func (h *health) down(a answer) {
	h.metrics.retries.Inc()
	h.metrics.up.Set(0)
	h.mu.Lock()
	s := &h.status
	news := s.Up || s.Refused != a.ours || (a.ours && s.LastError != a.why)
	if s.Up {
		s.Up, s.Since = false, time.Now()
	}
	h.tries++
	s.LastError, s.Refused = a.why, a.ours
	h.mu.Unlock()
	switch {
	case news && a.ours:
		h.log.Error("influxdb refuses us: check url, bucket and token; trying on, nothing is lost", "reason", a.why)
	case news:
		h.log.Warn("influxdb takes no points; trying on, nothing is lost", "reason", a.why)
	}
}

// parked notes lines that were given up.
func (h *health) parked(lines int, reason string, err error) {
	h.metrics.parked.Add(float64(lines))
	h.mu.Lock()
	h.status.Parked += uint64(lines) //nolint:gosec // a count
	h.status.LastError = reason
	file := h.status.ParkedFile
	h.mu.Unlock()
	if err != nil {
		h.log.Error("influxdb refused lines, and they could not be parked", "lines", lines, "reason", reason, "error", err)
		return
	}
	h.log.Error("influxdb refused lines; they are parked", "lines", lines, "reason", reason, "file", file)
}

type metrics struct {
	points, parked, retries prometheus.Counter
	up                      prometheus.Gauge
	request                 prometheus.Histogram
}

func newMetrics(reg prometheus.Registerer) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &metrics{
		points:  counter("cutline_influx_points_total", "Points that InfluxDB took."),
		parked:  counter("cutline_influx_parked_total", "Lines that InfluxDB refused for good."),
		retries: counter("cutline_influx_retries_total", "Requests that must be sent again."),
		up:      prometheus.NewGauge(prometheus.GaugeOpts{Name: "cutline_influx_up", Help: "1 if InfluxDB took the last request."}),
		request: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "cutline_influx_request_duration_seconds", Help: "Time of one write request.",
			Buckets: prometheus.ExponentialBuckets(0.002, 2, 14),
		}),
	}
	m.up.Set(1)
	reg.MustRegister(m.points, m.parked, m.retries, m.up, m.request)
	return m
}
