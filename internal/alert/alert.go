// Package alert turns crossings into alerts: how sure, how urgent, on whose word, and until when.
//
//	border.Crossing + track.Track ─ Book.Cross ─► crossing event, alert (new)
//	track.Track ─ Book.Track ─► alert (update)       what is wrong with the system ─ Book.Raise, Clear ─► alert (new, update, end)
//	record.Command ─ Book.Command ─► alert (update, end)     time ─ Book.Tick ─► alert (update, end)
//
// An alert belongs to one crossing of one lineage: its id is a hash of the sector, the lineage's root and the crossing's ordinal, so the
// same journal gives the same ids, and a merge or a stitch carries them. Companions that cross side by side are one alert with a count
// (group.go). Later evidence updates it; its level only rises. Friendly tracks cross without an alert.
//
// An alert's life is that of ISA-18.2: unacknowledged, acknowledged, returned, shelved, suppressed, out of service, resolved. life.go is
// the one place that says which, and by which rule an alert ends that no person has resolved.
//
// Times of crossings and evidence are event times; raised, updated and ends are receipt times, given as now. The package is pure. Start
// with book.go; cross.go is what a track brings, command.go what people do, condition.go what is wrong with the system, level.go says
// confirmed or probable and why, against.go what speaks against it, priority.go how urgent, text.go how it reads.
package alert

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strconv"

	"cutline/internal/record"
)

// Kinds of alerts.
const (
	Crossing     = "crossing"
	SensorSilent = "sensor_silent"
	SensorTamper = "sensor_tamper"
	SensorBias   = "sensor_bias"
	ClockSkew    = "clock_skew"
	CoverageGap  = "coverage_gap"
	FriendParted = "friend_parted"
	Journal      = "journal"
	Influx       = "influx"
	AlarmFlood   = "alarm_flood"

	Configuration = "configuration"
)

// States of an alert.
const (
	Unacknowledged = "unacknowledged"
	Acknowledged   = "acknowledged"
	Returned       = "returned" // what it is about is over, and nobody has acknowledged it
	Shelved        = "shelved"
	Suppressed     = "suppressed"
	OutOfService   = "out_of_service"
	Resolved       = "resolved"
)

// Changes of an alert that an event tells.
const (
	ChangeNew    = "new"
	ChangeUpdate = "update"
	ChangeEnd    = "end"
)

// id of the ordinal-th alert that hangs on root: 64 bits of a hash, so that two of a million alerts meet with a chance of 3e-8.
func id(sector, kind, root string, ordinal int) string {
	sum := sha256.Sum256([]byte(sector + "\x00" + kind + "\x00" + root + "\x00" + strconv.Itoa(ordinal)))
	return hex.EncodeToString(sum[:8])
}

// event wraps an alert for the stream. Its slices are copied: the book goes on writing its own.
func event(sector string, a *record.AlertEvent) record.Event {
	a.Revision++
	c := *a
	c.Tracks = append([]string{}, a.Tracks...) // never nil: a list in JSON, not null
	c.Evidence = append([]record.Evidence{}, a.Evidence...)
	return record.Event{Type: record.AlertType, Time: a.Updated, Sector: sector, Alert: &c}
}

// round keeps so many decimals: what is below the noise of the figure only makes the JSON long.
func round(x float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(x*scale) / scale
}
