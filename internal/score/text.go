package score

import (
	"fmt"
	"strings"
)

// String is the crossings' figures for people, several lines.
func (r CrossingReport) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "crossings    %d of %d found, recall %.3f (95 %% between %.2f and %.2f)", r.Found, r.True, r.Recall,
		r.RecallInterval[0], r.RecallInterval[1])
	if r.Undecided > 0 {
		fmt.Fprintf(&b, "; %d more too near the end to tell", r.Undecided)
	}
	fmt.Fprintf(&b, "\nalerts       %d, precision %.3f: %d false (%d of them of friends), %d double", r.Alerts, r.Precision, r.False,
		r.Friendly, r.Duplicates)
	if r.FalsePerKMDay != nil {
		fmt.Fprintf(&b, "; %.2f false per km and day", *r.FalsePerKMDay)
	}
	if r.Found > 0 {
		fmt.Fprintf(&b, "\ndirection    %.3f right\n", r.Direction)
		fmt.Fprintf(&b, "place        %.1f m rms, 95 %% within %.1f m\n", r.PlaceRMS, r.PlaceP95)
		fmt.Fprintf(&b, "time         %.1f s rms, 95 %% within %.1f s\n", r.TimeRMS, r.TimeP95)
		fmt.Fprintf(&b, "delay        %.1f s median, 95 %% within %.1f s, from the crossing to the alert", r.DelayMedian, r.DelayP95)
	}
	b.WriteByte('\n')
	for _, m := range r.Missed {
		fmt.Fprintf(&b, "missed       %s  %s (%s) %s at %.5f, %.5f\n",
			m.Time.UTC().Format("15:04:05"), m.Target, m.Class, m.Direction, m.Lat, m.Lon)
	}
	for _, id := range r.FalseAlerts {
		fmt.Fprintf(&b, "false        alert %s\n", id)
	}
	for _, id := range r.DuplicateAlerts {
		fmt.Fprintf(&b, "double       alert %s\n", id)
	}
	return b.String()
}

// String is the tracks' figures for people, several lines.
func (r TrackReport) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "tracks       %d of %d targets in %d s\n", r.Tracks, r.Targets, r.Seconds)
	fmt.Fprintf(&b, "SIAP         completeness %.3f, ambiguity %.3f, spuriousness %.3f\n", r.Completeness, r.Ambiguity, r.Spuriousness)
	fmt.Fprintf(&b, "accuracy     %.1f m, %.2f m/s; longest segment %.2f, %.4f changes of number a second\n",
		r.PositionAccuracy, r.VelocityAccuracy, r.LongestSegment, r.NumberChangeRate)
	fmt.Fprintf(&b, "GOSPA        %.1f m: missed %.2f, false %.2f, localisation %.0f m²\n", r.GOSPA, r.MissedMean, r.FalseMean, r.Localisation)
	fmt.Fprintf(&b, "identity     IDF1 %.3f, IDR %.3f, %d switches; MOTA %.3f, MOTP %.1f m\n", r.IDF1, r.IDR, r.Switches, r.MOTA, r.MOTP)
	return b.String()
}

// String is all figures for people.
func (r Report) String() string { return r.Crossings.String() + "\n" + r.Tracks.String() }
