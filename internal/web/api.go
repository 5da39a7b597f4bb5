package web

import (
	"time"

	"cutline/internal/record"
)

// The answers of the API. An event in them is the event of the files, the stream and MQTT, in the same JSON.

// Picture is what is known now: live tracks, alerts that have not ended, sensors and coverage. A stream that begins after Seq
// carries on from it.
type Picture struct {
	Seq      uint64          `json:"seq"`
	Tracks   []*record.Event `json:"tracks"`
	Alerts   []*record.Event `json:"alerts"` // newest first
	Sensors  []*record.Event `json:"sensors"`
	Coverage []*record.Event `json:"coverage"` // one per sector
}

// Alerts are the current and the last ended ones, newest first.
type Alerts struct {
	Seq    uint64          `json:"seq"`
	Alerts []*record.Event `json:"alerts"`
}

// Sensors are the last word of every sensor.
type Sensors struct {
	Seq     uint64          `json:"seq"`
	Sensors []*record.Event `json:"sensors"`
}

// Coverage is one event per sector.
type Coverage struct {
	Seq      uint64          `json:"seq"`
	Coverage []*record.Event `json:"coverage"`
}

// Rejects are the newest refused payloads, newest first.
type Rejects struct {
	Seq     uint64          `json:"seq"`
	Rejects []*record.Event `json:"rejects"`
}

// Component is one part of the daemon in /readyz.
type Component struct {
	Name    string    `json:"name"` // broker, journal, influx, …
	OK      bool      `json:"ok"`
	Since   time.Time `json:"since"`             // of this state
	Message string    `json:"message,omitempty"` // for people: what is wrong, or what it waits for
}

// Readiness is the answer of /readyz.
type Readiness struct {
	Ready      bool        `json:"ready"`
	Components []Component `json:"components"`
}

// Figures are what the daemon counts of itself, beside its components.
type Figures struct {
	Versions map[string]string  `json:"versions"` // cutline, go, nats, …
	Rates    map[string]float64 `json:"rates"`    // per second: messages, detections, rejects, …
	Lags     map[string]uint64  `json:"lags"`     // messages that a reader of the journal is behind
}

// Status is the answer of /api/v1/status.
type Status struct {
	Readiness
	Figures
	Started time.Time `json:"started"`
	Seq     uint64    `json:"seq"` // of the picture
	Streams int64     `json:"streams"`
}

// Problem is every error's body.
type Problem struct {
	Error string        `json:"error"`           // for people
	Field string        `json:"field,omitempty"` // of the body, the query or the header, that is wrong
	Alert *record.Event `json:"alert,omitempty"` // as it is, where somebody else was first
}
