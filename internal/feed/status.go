package feed

import (
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cutline/internal/record"
	"cutline/internal/sensor"
)

// Status is how the feed stands with its broker.
type Status struct {
	URL        string
	Connected  bool      // it takes us, and either keeps our session or has answered to SUBSCRIBE
	Since      time.Time // of Connected
	LastError  string    // why it is not, or was not last
	Full       bool      // not connected because the journal takes nothing: the broker keeps what comes
	Refused    []string  // filters that the broker does not let us have with QoS 1
	Messages   uint64    // received since the start, those that came twice as well
	Unclaimed  uint64    // of them, on topics that no sensor claims
	Connects   uint64    // since the start
	Queued     int       // messages received and not yet given to the journal
	QueuedSize int       // their payloads' bytes
	Unacked    int       // given to the journal and not yet acknowledged to the broker
}

// health keeps the status, logs its changes and counts.
type health struct {
	log *slog.Logger
	url string

	mu     sync.Mutex
	status Status
	tries  int // since it was connected last
}

func newHealth(cfg Config, log *slog.Logger) *health {
	return &health{log: log, url: cfg.URL, status: Status{URL: cfg.URL, Since: time.Now()}}
}

// Status of the feed at this moment.
func (f *Feed) Status() Status {
	f.health.mu.Lock()
	s := f.health.status
	f.health.mu.Unlock()
	s.Queued, s.QueuedSize = f.queue.depth()
	s.Unacked = f.acks.unacked()
	return s
}

func (h *health) up(resumed bool) {
	h.mu.Lock()
	s := &h.status
	away, tries := time.Since(s.Since), h.tries
	s.Connected, s.Since, s.Full = true, time.Now(), false
	s.Connects++
	h.tries = 0
	h.mu.Unlock()
	h.log.Info("connected to the broker", "url", h.url, "session_kept", resumed, "away_ms", away.Milliseconds(), "tries", tries+1)
}

// refuse notes what the broker does not let us have of what was asked for.
func (h *health) refuse(filters []string) {
	h.mu.Lock()
	news := !slices.Equal(h.status.Refused, filters)
	h.status.Refused = filters
	h.mu.Unlock()
	if news && len(filters) > 0 {
		h.log.Error("the broker does not let us have topics with QoS 1", "topics", filters)
	}
}

// down notes why there is no connection. It is logged when the connection is lost, at the first failed try, and then only when
// the reason changes.
func (h *health) down(err error, full bool) {
	why := err.Error()
	h.mu.Lock()
	s := &h.status
	news := s.Connected || h.tries == 0 || s.LastError != why
	if s.Connected {
		s.Connected, s.Since = false, time.Now()
	}
	h.tries++
	s.LastError, s.Full = why, full
	h.mu.Unlock()
	if news {
		h.log.Warn("no connection to the broker; trying on, it keeps what comes", "url", h.url, "reason", why)
	}
}

func (h *health) count(unclaimed bool) {
	h.mu.Lock()
	h.status.Messages++
	if unclaimed {
		h.status.Unclaimed++
	}
	h.mu.Unlock()
}

// nobody stands for the sensor where no sensor claims a topic.
const nobody = "unclaimed"

type metrics struct {
	messages *prometheus.CounterVec
	rejects  *prometheus.CounterVec
}

func newMetrics(f *Feed, reg prometheus.Registerer) *metrics {
	if reg == nil {
		reg = prometheus.NewRegistry() // that nobody asks
	}
	m := &metrics{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cutline_feed_messages_total", Help: "MQTT messages received, those that came twice as well.",
		}, []string{"sensor"}),
		rejects: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cutline_normalize_rejects_total", Help: "Payloads or parts of one that were refused, by the field that was wrong.",
		}, []string{"sensor", "reason"}),
	}
	gauge := func(name, help string, value func(Status) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return value(f.Status()) })
	}
	reg.MustRegister(m.messages, m.rejects,
		gauge("cutline_feed_connected", "1 if the broker is connected.", func(s Status) float64 {
			if s.Connected {
				return 1
			}
			return 0
		}),
		gauge("cutline_feed_queue_messages", "Messages received and not yet given to the journal.",
			func(s Status) float64 { return float64(s.Queued) }),
		gauge("cutline_feed_unacked_messages", "Messages given to the journal and not yet acknowledged.",
			func(s Status) float64 { return float64(s.Unacked) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "cutline_feed_connects_total", Help: "Connections made to the broker."},
			func() float64 { return float64(f.Status().Connects) }),
	)
	return m
}

// of gives the counters of sensors, from the start at 0. Those of a sensor that goes stay: a counter that vanishes looks like a restart.
func (m *metrics) of(sensors []sensor.Definition) map[string]prometheus.Counter {
	all := map[string]prometheus.Counter{nobody: m.messages.WithLabelValues(nobody)}
	for i := range sensors {
		all[sensors[i].ID] = m.messages.WithLabelValues(sensors[i].ID)
		m.rejects.WithLabelValues(sensors[i].ID, "payload")
	}
	return all
}

// count notes what became of a message.
func (m *metrics) count(messages map[string]prometheus.Counter, in *record.Input, claimed bool) {
	name, reason := in.Sensor, ""
	if !claimed {
		name, reason = nobody, "topic"
	}
	if c, ok := messages[name]; ok {
		c.Inc()
	}
	for i := range in.Rejects {
		class := reason
		if class == "" {
			class = reasonClass(in.Rejects[i].Path)
		}
		m.rejects.WithLabelValues(name, class).Inc()
	}
}

// reasonClasses are the fields of a message by which rejects are counted: a label must not be made of what a sender invents.
var reasonClasses = map[string]bool{ //nolint:gochecknoglobals // a fixed table
	"time": true, "id": true, "scan": true, "position": true, "polar": true, "error": true, "velocity": true, "class": true,
	"confidence": true, "track": true, "snr_db": true, "platform": true, "media": true, "simulated": true, "field_of_view": true,
	"detections": true, "state": true, "battery_pct": true, "tamper": true, "faults": true, "heading_deg": true,
}

// reasonClass of the path of a wrong field: "position" of "detections[3].position.lat".
func reasonClass(path string) string {
	if path == "" {
		return "payload"
	}
	rest := path
	class := ""
	for rest != "" {
		end := 0
		for end < len(rest) && rest[end] != '.' && rest[end] != '[' {
			end++
		}
		word := rest[:end]
		for end < len(rest) && rest[end] != '.' { // the index
			end++
		}
		rest = rest[min(end+1, len(rest)):]
		if word == "" || (word == "detections" && rest != "") { // an element: what is wrong in it comes next
			continue
		}
		class = word
		break
	}
	if !reasonClasses[class] {
		return "other"
	}
	return class
}
