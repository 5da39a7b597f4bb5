// Package score says how good a picture was: truth and events in, figures out.
//
//	truth file, events file ─ ReadTruth, ReadEvents ─► Of ─► Report (JSON, or a table for people by String)
//
// Crossings are judged one by one (crossings.go). Tracks are judged on a grid of one second, as an operator sees them (grid.go): SIAP
// (siap.go), GOSPA (gospa.go), CLEAR-MOT and IDF1 (identity.go). Definitions are those of Stone Soup 1.9, so that figures can be
// laid side by side; where it leaves a choice, the comment at the line says which was taken.
//
// Truth scored as tracks is perfect: completeness 1, GOSPA 0, IDF1 1. Everything here is pure but the reading of files, in metres and
// seconds, and the same input gives the same report.
package score

import (
	"time"

	"cutline/internal/record"
)

// Options of a score. The zero value is not usable: begin with Defaults.
type Options struct {
	// Of crossings: an alert can only be that of a true crossing within MatchTime and MatchMetres.
	MatchTime   time.Duration
	MatchMetres float64
	// A true crossing so near the end of the truth that nobody could have decided it is left out, unless it was found. Zero leaves
	// out none.
	Settle time.Duration
	// LineKM is the length of the watched line, for false alerts per km and day; without it (0) there is no such figure.
	LineKM float64

	// Of tracks: a track within Associate metres of a target may be its track; Cutoff is GOSPA's c; Coast is how long a track without
	// a new event is taken as shown.
	Associate float64
	Cutoff    float64
	Coast     time.Duration
}

// Defaults are the definitions that the project's figures are stated with.
func Defaults() Options {
	return Options{
		MatchTime: 60 * time.Second, MatchMetres: 150,
		Associate: 50, Cutoff: 100, Coast: 15 * time.Second,
	}
}

// Report is all the figures of one run.
type Report struct {
	Crossings CrossingReport `json:"crossings"`
	Tracks    TrackReport    `json:"tracks"`
}

// Of scores the events of a run against its truth.
func Of(truth []record.Truth, events []record.Event, o Options) Report {
	return Report{Crossings: Crossings(truth, Alerts(events), o), Tracks: Tracks(truth, events, o)}
}

// Alerts picks the alerts out of events, every change of them, in order.
func Alerts(events []record.Event) []record.AlertEvent {
	var alerts []record.AlertEvent
	for i := range events {
		if a := events[i].Alert; a != nil {
			alerts = append(alerts, *a)
		}
	}
	return alerts
}
