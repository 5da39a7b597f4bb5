package score

import (
	"maps"
	"math"
	"slices"
)

// Pool makes one report of several runs of the same scenario: crossings and alerts are summed, and the figures of tracks are the means
// over the runs, with the standard error that the runs themselves show. Without a report it is the zero one.
func Pool(reports []Report) Report {
	var out Report
	if len(reports) == 0 {
		return out
	}
	t := tally{rep: &out.Crossings}
	for i := range reports {
		t.join(&reports[i].Crossings)
		out.Broken.Truth += reports[i].Broken.Truth
		out.Broken.Events += reports[i].Broken.Events
	}
	t.finish()
	out.Tracks = poolTracks(reports)
	return out
}

// join adds a report's counts.
func (t *tally) join(c *CrossingReport) {
	r := t.rep
	r.True, r.Found, r.Undecided = r.True+c.True, r.Found+c.Found, r.Undecided+c.Undecided
	r.Alerts, r.Duplicates, r.Split = r.Alerts+c.Alerts, r.Duplicates+c.Duplicates, r.Split+c.Split
	r.False, r.Friendly, r.Animal = r.False+c.False, r.Friendly+c.Friendly, r.Animal+c.Animal
	r.Hours, r.LineKM = r.Hours+c.Hours, c.LineKM
	r.FoundOnes, r.Missed = append(r.FoundOnes, c.FoundOnes...), append(r.Missed, c.Missed...)
	r.FalseAlerts, r.DuplicateAlerts = append(r.FalseAlerts, c.FalseAlerts...), append(r.DuplicateAlerts, c.DuplicateAlerts...)
	for _, m := range c.FoundOnes {
		t.times, t.place, t.delays = append(t.times, m.TimeS), append(t.place, m.PlaceM), append(t.delays, m.DelayS)
		if m.Right {
			t.right++
		}
	}
	if c.Covered != nil {
		t.knowsView++
		t.covered, t.coveredFound = t.covered+c.Covered.Of, t.coveredFound+c.Covered.Is
	}
	t.animals, t.asOther = t.animals+c.AnimalAsOther.Of, t.asOther+c.AnimalAsOther.Is
	t.people, t.counted = t.people+c.People.Of, t.counted+c.People.Is
	t.groups, t.sized = t.groups+c.SizeRight.Of, t.sized+c.SizeRight.Is
	t.class.join(c.ByClass)
	t.intent.join(c.ByIntent)
}

func (t *tallies) join(kinds []Kind) {
	for _, k := range kinds {
		at := slices.IndexFunc(*t, func(o Kind) bool { return o.Name == k.Name })
		if at < 0 {
			at = len(*t)
			*t = append(*t, Kind{Name: k.Name})
		}
		(*t)[at].Of += k.Of
		(*t)[at].Is += k.Is
	}
}

func poolTracks(reports []Report) TrackReport {
	out := TrackReport{StandardErrors: map[string]float64{}}
	n := float64(len(reports))
	for i := range reports {
		t := &reports[i].Tracks
		out.Seconds, out.Targets, out.Tracks, out.Shown = out.Seconds+t.Seconds, out.Targets+t.Targets, out.Tracks+t.Tracks, out.Shown+t.Shown
		out.CoveredSeconds += t.CoveredSeconds
		out.Switches, out.NEESLooks = out.Switches+t.Switches, out.NEESLooks+t.NEESLooks
		out.HOTA, out.DetA, out.AssA = out.HOTA+t.HOTA/n, out.DetA+t.DetA/n, out.AssA+t.AssA/n
		out.NumberChangeRate, out.LongestSegment = out.NumberChangeRate+t.NumberChangeRate/n, out.LongestSegment+t.LongestSegment/n
		for name, v := range t.means() {
			*out.means()[name] += *v / n
		}
	}
	out.SwitchesInterval, out.NEESBand = poisson(out.Switches), neesBand(out.NEESLooks)
	if len(reports) == 1 {
		out.StandardErrors = reports[0].Tracks.StandardErrors
		return out
	}
	for _, name := range slices.Sorted(maps.Keys(out.means())) {
		mean, square := *out.means()[name], 0.0
		for i := range reports {
			square += (*reports[i].Tracks.means()[name] - mean) * (*reports[i].Tracks.means()[name] - mean)
		}
		out.StandardErrors[name] = math.Sqrt(square / (n - 1) / n)
	}
	return out
}
