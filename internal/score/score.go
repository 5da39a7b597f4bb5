// Package score says how good a picture was: truth and events in, figures out.
//
//	truth file, events file ─ Run.ReadTruth, Run.ReadEvents ─► Run.Report ─► Report (JSON, a table by String, a page by HTML)
//
// Crossings are judged one by one (crossings.go), their alerts paired with them at least cost (pair.go). Tracks are judged on a grid
// of one second, as an operator sees them (grid.go): SIAP (siap.go), GOSPA and OSPA (gospa.go), CLEAR-MOT and IDF1 (identity.go), HOTA
// (hota.go), NEES (nees.go). Definitions are those of Stone Soup 1.9 and TrackEval, so that figures can be laid side by side; where
// they leave a choice, the comment at the line says which was taken. Beside a figure stands how sure it is: Wilson's interval of a
// share, the exact Poisson one of a rate, a jackknife over tenths of the run for the means (sums.go). Compare says whether two runs
// differ by more than that.
//
// Truth scored as tracks is perfect: completeness 1, GOSPA 0, IDF1 1. A Run keeps 24 to 48 bytes of a line, so that a day fits in
// memory. Everything here is pure but the reading of files, in metres and seconds, and the same input gives the same report.
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
	// Duration of the run, for the same; 0 is from the truth's first line to its last, which is less where nobody was there.
	Duration time.Duration
	// Views are where the sensors look; without any there is no recall of covered crossings, unless the truth says who could see.
	Views []View

	// Of tracks: a track within Associate metres of a target may be its track; Cutoff is the c of GOSPA and OSPA; Coast is how long a
	// track without a new event is taken as shown.
	Associate float64
	Cutoff    float64
	Coast     time.Duration
}

// View is what a sensor that stays in its place can see: out to Reach metres, from the azimuth From clockwise over Width degrees.
type View struct {
	Sensor   string
	Kind     string // radar, camera, …; a map draws them apart
	Lat, Lon float64
	Reach    float64
	From     float64 // degrees, clockwise from true north
	Width    float64 // degrees; 360 is all round
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
	Broken    Broken         `json:"broken_lines"`
}

// Broken is how many lines of each file could not be read, and were left out.
type Broken struct {
	Truth  int `json:"truth"`
	Events int `json:"events"`
}

// Of scores the events of a run against its truth.
func Of(truth []record.Truth, events []record.Event, o Options) Report {
	return of(truth, events, o).Report()
}

// Crossings scores alerts of kind crossing against the true crossings.
func Crossings(truth []record.Truth, alerts []record.AlertEvent, o Options) CrossingReport {
	r := of(truth, nil, o)
	for i := range alerts {
		r.addAlert(&alerts[i])
	}
	r.layOut()
	return r.crossingReport()
}

// Tracks scores track events against the truth.
func Tracks(truth []record.Truth, events []record.Event, o Options) TrackReport {
	return of(truth, events, o).Report().Tracks
}

func of(truth []record.Truth, events []record.Event, o Options) *Run {
	r := NewRun(o)
	for i := range truth {
		r.AddTruth(&truth[i])
	}
	for i := range events {
		r.AddEvent(&events[i])
	}
	return r
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
