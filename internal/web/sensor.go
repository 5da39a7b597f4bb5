package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"cutline/internal/record"
)

// SensorDetail is what a field engineer asks first of a sensor: how it is, how it is configured, and what it sent last.
type SensorDetail struct {
	Sensor     *record.Event `json:"sensor"` // null: nothing is known of it yet
	Definition SiteSensor    `json:"definition"`
	Last       []Sent        `json:"last"` // newest first
}

// Sent is one message of a sensor, and what became of it.
type Sent struct {
	Received      time.Time       `json:"received"`
	Topic         string          `json:"topic"`
	Payload       json.RawMessage `json:"payload,omitempty"`
	PayloadBase64 []byte          `json:"payload_base64,omitempty"` // of one that is not JSON; neither is there where journal.keep_raw is off
	Detections    []Plot          `json:"detections"`
	Rejects       []SentReject    `json:"rejects"`
}

// SentReject is what was wrong with a message.
type SentReject struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// newestSent is how many messages are told.
const newestSent = 10

// lookBack are the periods in which its last messages are looked for, one after the other: one that sends often is found in the first.
var lookBack = []time.Duration{15 * time.Second, 2 * time.Minute, 15 * time.Minute} //nolint:gochecknoglobals // a fixed table

func (s *Server) getSensor(w http.ResponseWriter, r *http.Request) {
	if _, ok := query(w, r); !ok {
		return
	}
	id := r.PathValue("id")
	sensors := s.poses()
	definition, known := sensors[id]
	if !known {
		refuse(w, &fault{code: http.StatusNotFound, what: "there is no sensor " + id})
		return
	}
	out := SensorDetail{Definition: definition, Sensor: s.picture.sensor(key{definition.Sector, id}), Last: []Sent{}}
	now := time.Now()
	for _, back := range lookBack {
		out.Last = out.Last[:0]
		err := s.inputs(r.Context(), definition.Sector, now.Add(-back), func(in *record.Input) error {
			if in.Sensor == id {
				out.Last = append(out.Last, sent(in, sensors))
			}
			if len(out.Last) > newestSent {
				out.Last = slices.Delete(out.Last, 0, 1)
			}
			return nil
		})
		if err != nil {
			fail(w, http.StatusServiceUnavailable, "the journal cannot be read now: %v", err)
			return
		}
		if len(out.Last) == newestSent {
			break
		}
	}
	slices.Reverse(out.Last)
	reply(w, http.StatusOK, out)
}

func sent(in *record.Input, sensors poses) Sent {
	line := record.NewLine(in.Received, in.Topic, in.Raw)
	out := Sent{
		Received: in.Received, Topic: in.Topic, Payload: line.Payload, PayloadBase64: line.PayloadBase64,
		Detections: []Plot{}, Rejects: []SentReject{},
	}
	for i := range in.Scans {
		for k := range in.Scans[i].Detections {
			out.Detections = append(out.Detections, plotOf(&in.Scans[i], &in.Scans[i].Detections[k], sensors))
		}
	}
	for _, r := range in.Rejects {
		out.Rejects = append(out.Rejects, SentReject{Path: r.Path, Reason: r.Reason})
	}
	return out
}

// sensor's last word, nil if there is none.
func (p *picture) sensor(k key) *record.Event {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.sensors[k]
}
