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
	if c := r.Covered; c != nil {
		fmt.Fprintf(&b, "\ncovered      %s", c)
	}
	fmt.Fprintf(&b, "\nalerts       %d, precision %.3f (%.2f to %.2f): %d false (%d of them of friends), %d double, %d of parts of a group, "+
		"%d of animals", r.Alerts, r.Precision, r.PrecisionInterval[0], r.PrecisionInterval[1], r.False, r.Friendly, r.Duplicates, r.Split,
		r.Animal)
	if r.FalsePerKMDay != nil {
		fmt.Fprintf(&b, "\nper km, day  %.2f false (%.2f to %.2f), %.2f of animals, over %.1f km and %.2f h", *r.FalsePerKMDay,
			r.FalsePerKMDayInterval[0], r.FalsePerKMDayInterval[1], *r.AnimalPerKMDay, r.LineKM, r.Hours)
	}
	r.people(&b)
	if r.Found > 0 {
		fmt.Fprintf(&b, "\ndirection    %.3f right (%.2f to %.2f)\n", r.Direction, r.DirectionInterval[0], r.DirectionInterval[1])
		fmt.Fprintf(&b, "place        %.1f m rms, 95 %% within %.1f m\n", r.PlaceRMS, r.PlaceP95)
		fmt.Fprintf(&b, "time         %.1f s rms, 95 %% within %.1f s\n", r.TimeRMS, r.TimeP95)
		fmt.Fprintf(&b, "delay        %.1f s median, 95 %% within %.1f s, from the crossing to the alert", r.DelayMedian, r.DelayP95)
	}
	b.WriteByte('\n')
	r.lists(&b)
	return b.String()
}

// people writes who crossed: by class, by intent, in groups.
func (r *CrossingReport) people(b *strings.Builder) {
	for _, list := range []struct {
		name  string
		kinds []Kind
	}{{"by class", r.ByClass}, {"by intent", r.ByIntent}} {
		for i, k := range list.kinds {
			if i == 0 {
				fmt.Fprintf(b, "\n%-12s ", list.name)
			} else {
				b.WriteString(", ")
			}
			fmt.Fprintf(b, "%s %d of %d", k.Name, k.Is, k.Of)
		}
	}
	if r.SizeRight.Of > 0 {
		fmt.Fprintf(b, "\ngroups       %d of %d told with their size; %d of %d people counted", r.SizeRight.Is, r.SizeRight.Of,
			r.People.Is, r.People.Of)
	}
	if r.AnimalAsOther.Of > 0 {
		fmt.Fprintf(b, "\nanimals      told as something else: %s", r.AnimalAsOther)
	}
}

// lists writes each crossing and alert that went wrong.
func (r *CrossingReport) lists(b *strings.Builder) {
	for _, m := range r.Missed {
		covered := ""
		if m.Covered != nil && !*m.Covered {
			covered = ", where no sensor looks"
		}
		fmt.Fprintf(b, "missed       %s  %s (%s) %s at %.5f, %.5f%s\n",
			m.Time.UTC().Format("15:04:05"), m.Target, m.Class, m.Direction, m.Lat, m.Lon, covered)
	}
	for _, list := range []struct {
		name string
		all  []Wrong
	}{{"false", r.FalseAlerts}, {"double", r.DuplicateAlerts}} {
		for _, w := range list.all {
			near := "nobody near"
			if w.Near != "" {
				near = fmt.Sprintf("%s (%s) %.0f m away", w.Near, w.Is, w.M)
			}
			fmt.Fprintf(b, "%-12s %s  alert %s (%s) at %.5f, %.5f: %s\n",
				list.name, w.Time.UTC().Format("15:04:05"), w.ID, w.Class, w.Lat, w.Lon, near)
		}
	}
}

// String is the share for people: part of whole, and its interval.
func (s Share) String() string {
	return fmt.Sprintf("%d of %d, %.3f (%.2f to %.2f)", s.Is, s.Of, s.Share, s.Interval[0], s.Interval[1])
}

// String is the tracks' figures for people, several lines. Behind ± is a standard error.
func (r TrackReport) String() string {
	var b strings.Builder
	pm := func(name string, decimals int) string { return fmt.Sprintf("±%.*f", decimals, r.StandardErrors[name]) }
	fmt.Fprintf(&b, "tracks       %d, %d of them shown, of %d targets in %d s\n", r.Tracks, r.Shown, r.Targets, r.Seconds)
	covered := ""
	if r.CoveredSeconds > 0 {
		covered = fmt.Sprintf(" (%.3f%s where covered)", r.CompleteCovered, pm("completeness_covered", 3))
	}
	fmt.Fprintf(&b, "SIAP         completeness %.3f%s%s, ambiguity %.3f%s, spuriousness %.3f%s\n", r.Completeness,
		pm("completeness", 3), covered, r.Ambiguity, pm("ambiguity", 3), r.Spuriousness, pm("spuriousness", 3))
	fmt.Fprintf(&b, "accuracy     %.1f%s m, %.2f%s m/s; longest segment %.2f, %.4f changes of number a second\n",
		r.PositionAccuracy, pm("position_accuracy_m", 1), r.VelocityAccuracy, pm("velocity_accuracy_mps", 2), r.LongestSegment,
		r.NumberChangeRate)
	fmt.Fprintf(&b, "class        named %.3f, right %.3f, ambiguous %.3f of the targets tracked\n", r.IDCompleteness, r.IDCorrectness,
		r.IDAmbiguity)
	fmt.Fprintf(&b, "GOSPA        %.1f%s m: missed %.2f, false %.2f, localisation %.0f m²; OSPA %.1f%s m\n", r.GOSPA, pm("gospa_m", 1),
		r.MissedMean, r.FalseMean, r.Localisation, r.OSPA, pm("ospa_m", 1))
	fmt.Fprintf(&b, "identity     IDF1 %.3f%s, IDR %.3f, %d switches (%.1f to %.1f); MOTA %.3f, MOTP %.1f m\n", r.IDF1, pm("idf1", 3), r.IDR,
		r.Switches, r.SwitchesInterval[0], r.SwitchesInterval[1], r.MOTA, r.MOTP)
	fmt.Fprintf(&b, "HOTA         %.3f: detection %.3f, association %.3f\n", r.HOTA, r.DetA, r.AssA)
	fmt.Fprintf(&b, "NEES         %.2f%s per degree of freedom (honest is %.2f to %.2f), %.3f inside the 95 %% ellipse, %d looks; "+
		"over a group's members %.2f\n", r.NEES, pm("nees", 2), r.NEESBand[0], r.NEESBand[1], r.NEESInside, r.NEESLooks, r.NEESOfAny)
	return b.String()
}

// String is all figures for people.
func (r Report) String() string {
	text := r.Crossings.String() + "\n" + r.Tracks.String()
	if n := r.Broken.Truth + r.Broken.Events; n > 0 {
		text += fmt.Sprintf("\nbroken       %d lines of truth, %d of events left out: these figures are not to be trusted\n",
			r.Broken.Truth, r.Broken.Events)
	}
	return text
}
