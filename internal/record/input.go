// Package record is what the journal holds: INPUT, everything that can change the state of a sector, and PICTURE, the events
// that it caused.
//
//	MQTT message, operator's command, clock tick ─► Input ─ sector.Step ─► Event ─► files, InfluxDB, MQTT, API
//
// An Input is stored in a compact binary form of its own, many to a stream message, each with its CRC (codec.go). An Event is
// JSON with the names of the contract in every place where it appears: stream, file, MQTT, HTTP (event.go). Time enters the core
// by Input.Received only: the same inputs give the same events.
package record

import (
	"time"

	"cutline/internal/detection"
)

// Kind of an Input: the last token of its journal subject.
type Kind uint8

// A Message is what a sensor sent and normalize accepted at least a part of; a Rejected one is what it could make nothing of.
const (
	NoKind Kind = iota
	Message
	Rejected
	CommandGiven
	Tick
)

var kindNames = [...]string{"", "detections", "rejects", "commands", "ticks"} //nolint:gochecknoglobals // a fixed table

func (k Kind) String() string { return kindNames[k] }

// Input is one record of the INPUT stream.
type Input struct {
	Kind     Kind
	Received time.Time // when it reached us; a tick's and a command's own time. UTC, in whole nanoseconds

	// Of a Message or Rejected.
	Sensor  string
	Topic   string
	Raw     []byte // the payload as it came; empty where journal.keep_raw is off
	Scans   []detection.Scan
	Status  *detection.Status
	Rejects []Reject

	// Of a CommandGiven.
	Command *Command
}

// Reject says what was wrong with a payload, or with one element of it.
type Reject struct {
	Path   string // of the wrong field in the payload, as in "detections[3].position.lat"; empty for the whole
	Reason string // for people
}

// Command is what an operator did.
type Command struct {
	Name    string    // ack
	Alert   string    // its id
	By      string    // who
	Comment string    // may be empty
	ID      string    // made by the caller; the same id twice is one command
	Time    time.Time // when it was given
}
