// Package alert turns crossings into alerts: how sure, how urgent, on whose word, and until when.
//
//	border.Crossing + track.Track ─ Book.Cross ─► crossing event, alert (new)
//	track.Track ─ Book.Track ─► alert (update, end)       sensor's health ─ Book.Sensor ─► alert (new, end)
//	record.Command ─ Book.Command ─► alert (update)       time ─ Book.Tick ─► alert (end)
//
// An alert belongs to one crossing of one lineage: its id is a hash of the sector, the lineage's root and the crossing's ordinal, so the
// same journal gives the same ids, and a merge or a stitch carries them. Later evidence updates it; its level only rises. Friendly
// tracks cross without an alert. Targets that cross side by side each raise their own: count is 1.
//
// An alert's life is that of ISA-18.2 in the small: unacknowledged, acknowledged, resolved. It ends when its track is lost and somebody
// has acknowledged it, or when nobody has for Config.EndAfter; when the track proves friendly; a sensor's when the sensor is back.
//
// Times of crossings and evidence are event times; raised, updated and ends are receipt times, given as now. The package is pure. Start
// with book.go; level.go says confirmed or probable and why, priority.go how urgent, text.go how it reads.
package alert

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strconv"
	"time"

	"cutline/internal/record"
)

// Kinds of alerts.
const (
	Crossing     = "crossing"
	SensorSilent = "sensor_silent"
)

// States of an alert.
const (
	Unacknowledged = "unacknowledged"
	Acknowledged   = "acknowledged"
	Resolved       = "resolved"
)

// Changes of an alert that an event tells.
const (
	ChangeNew    = "new"
	ChangeUpdate = "update"
	ChangeEnd    = "end"
)

// Config of levels and lives.
type Config struct {
	ConfirmAt   float64       `mapstructure:"confirm_at"`   // least confidence of a confirmed crossing
	Groups      int           `mapstructure:"groups"`       // independent groups that confirm it
	VoteCap     float64       `mapstructure:"vote_cap"`     // most that one group may add to the log-odds
	LeastVote   float64       `mapstructure:"least_vote"`   // log-likelihood ratio from which a group counts as one that agrees
	EvidenceAge time.Duration `mapstructure:"evidence_age"` // older evidence at the crossing does not count for it
	LongFor     time.Duration `mapstructure:"long_for"`     // one group confirms if the track's existence has been
	Certain     float64       `mapstructure:"certain"`      // at least this for that long
	AnimalAt    float64       `mapstructure:"animal_at"`    // probability from which a crossing is an animal's, and low
	EndAfter    time.Duration `mapstructure:"end_after"`    // an alert nobody acknowledged ends so long after its track was lost
}

// Defaults are the constants of the tracking reference: confirmed from .95 by two groups, or by one that was certain (.99) for 10 s, so
// that a place with a single sensor is not deaf; a class lowers a priority from .95 only. A vote of 2 is odds of 7 to 1: two
// groups make an even chance 98 %. A quarter of an hour is an operator's longest break from the screen.
func Defaults() Config {
	return Config{
		ConfirmAt: .95, Groups: 2, VoteCap: 2, LeastVote: 1, EvidenceAge: time.Minute,
		LongFor: 10 * time.Second, Certain: .99, AnimalAt: .95, EndAfter: 15 * time.Minute,
	}
}

// Check reports every setting that cannot work.
func (c Config) Check(fault func(path, what string)) {
	probability := func(path string, p float64) {
		if !(p > .5 && p < 1) {
			fault(path, "must be above 0.5 and below 1")
		}
	}
	probability("confirm_at", c.ConfirmAt)
	probability("certain", c.Certain)
	probability("animal_at", c.AnimalAt)
	if c.Groups < 1 || c.Groups > 10 {
		fault("groups", "must be between 1 and 10")
	}
	if !(c.VoteCap > 0 && c.VoteCap <= 20) {
		fault("vote_cap", "must be above 0 and at most 20")
	}
	if !(c.LeastVote >= 0 && c.LeastVote <= c.VoteCap) {
		fault("least_vote", "must be between 0 and vote_cap")
	}
	duration := func(path string, d time.Duration) {
		if d <= 0 {
			fault(path, "must be above 0s")
		}
	}
	duration("evidence_age", c.EvidenceAge)
	duration("long_for", c.LongFor)
	duration("end_after", c.EndAfter)
}

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
