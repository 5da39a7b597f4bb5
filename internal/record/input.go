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

// A Message is what a sensor sent and normalize accepted at least a part of; a Rejected one is what it could make nothing of. Configured
// says what the sector is from here on: with it in the journal, what follows from a record hangs on records alone.
const (
	NoKind Kind = iota
	Message
	Rejected
	CommandGiven
	Tick
	Configured
)

var kindNames = [...]string{"", "detections", "rejects", "commands", "ticks", "settings"} //nolint:gochecknoglobals // a fixed table

func (k Kind) String() string { return kindNames[k] }

// Input is one record of the INPUT stream.
type Input struct {
	Kind     Kind
	Received time.Time // when it reached us; a tick's and a command's own time. UTC, in whole nanoseconds

	// Of a Message or Rejected.
	Sensor  string
	Topic   string
	Raw     []byte // the payload as it came; empty where journal.keep_raw is off. Of a Configured one, the sector's settings
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

// Names of commands, and the fields that each takes beside By, ID and Time. Comment is free where it is not named.
const (
	Ack      = "ack"      // Alert
	Shelve   = "shelve"   // Alert, For, Comment: the reason
	Unshelve = "unshelve" // Alert
	Assign   = "assign"   // Alert, Owner
	Comment  = "comment"  // Alert, Comment
	Resolve  = "resolve"  // Alert, Verdict
	Split    = "split"    // Track, Other: two that must never be one again; Other may be empty for what was merged into Track last
	Friendly = "friendly" // Track, Undo: whether it is one of our own
	Report   = "report"   // Other: a part of the daemon, Undo: it is well again; Comment: what is wrong. Given by the daemon itself
)

// Verdicts are what a resolved alert turned out to be.
func Verdicts() []string {
	return []string{"crossing", "animal", "friendly", "weather", "sensor_fault", "duplicate", "false", "unknown"}
}

// Command is what an operator did.
type Command struct {
	Name    string        // one of the names above
	Alert   string        // id
	Track   string        // id
	Other   string        // id of another track
	By      string        // who
	Comment string        // for people
	Owner   string        // who is to see to it
	Verdict string        // one of Verdicts
	For     time.Duration // how long
	Undo    bool          // takes back what the command did before
	ID      string        // made by the caller; the same id twice is one command
	Time    time.Time     // when it was given
}
