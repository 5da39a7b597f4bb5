package client

import (
	"time"

	"cutline/internal/record"
)

// Act is what an operator does to an alert. Fields that it does not take stay empty.
type Act struct {
	Name    string  `json:"-"`  // ack, shelve, unshelve, assign, comment, resolve
	By      string  `json:"by"` // who
	Comment string  `json:"comment,omitempty"`
	Owner   *string `json:"owner,omitempty"` // who is to see to it; the empty one takes it from its owner
	Verdict string  `json:"verdict,omitempty"`
	Seconds float64 `json:"for_s,omitempty"` // on the shelf
	Reason  string  `json:"reason,omitempty"`
}

// Component is one part of the daemon.
type Component struct {
	Name    string    `json:"name"` // broker, journal, influx, …
	OK      bool      `json:"ok"`
	Since   time.Time `json:"since"`             // of this state
	Message string    `json:"message,omitempty"` // what is wrong, or what it waits for
}

// Status of the daemon.
type Status struct {
	Ready      bool               `json:"ready"` // every component is OK
	Components []Component        `json:"components"`
	Versions   map[string]string  `json:"versions"`
	Rates      map[string]float64 `json:"rates"` // per second
	Lags       map[string]uint64  `json:"lags"`  // messages that a reader of the journal is behind
	Started    time.Time          `json:"started"`
	Seq        uint64             `json:"seq"`     // of the picture
	Streams    int64              `json:"streams"` // clients that follow
}

// The answers that hold lists.
type (
	alerts struct {
		Alerts []*record.Event `json:"alerts"`
	}
	rejects struct {
		Rejects []*record.Event `json:"rejects"`
	}
	refusal struct {
		Error string `json:"error"`
	}
)
