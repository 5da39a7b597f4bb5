package score

import (
	"slices"
	"time"

	"cutline/internal/geo"
	"cutline/internal/record"
)

// tally judges crossing by crossing, then the alerts that are left.
type tally struct {
	run   *Run
	rep   *CrossingReport
	limit time.Time // crossings after it are undecided, if they have no alert
	used  []bool    // of alerts

	place, times, delays       []float64
	right, animals, asOther    int
	groups, sized              int
	covered, coveredFound      int
	people, counted, knowsView int
	class, intent              tallies
}

// judge counts one incident.
func (t *tally) judge(g *incident) {
	first := &t.run.crossed[g.members[0]]
	for _, j := range g.alerts {
		t.used[j] = true
	}
	if len(g.alerts) == 0 && first.Time.After(t.limit) {
		if g.category == wanted {
			t.rep.Undecided++
		}
		return
	}
	found := len(g.alerts) > 0
	t.kinds(g, first, found)
	switch g.category {
	case friend:
		t.rep.Friendly += len(g.alerts)
		for _, j := range g.alerts {
			t.blame(j)
		}
	case animal:
		t.animal(g)
	case wanted:
		t.wanted(g, first, found)
	}
}

func (t *tally) animal(g *incident) {
	t.animals++
	t.rep.Animal += len(g.alerts)
	if slices.ContainsFunc(g.alerts, func(j int) bool { return t.run.said[j].class != "animal" }) {
		t.asOther++
	}
}

func (t *tally) wanted(g *incident, first *record.Truth, found bool) {
	t.rep.True++
	t.people += g.size
	covered := t.run.covered(first)
	if covered != nil && *covered {
		t.covered++
	}
	if covered != nil {
		t.knowsView++
	}
	if !found {
		t.rep.Missed = append(t.rep.Missed, Missed{
			first.Target, first.Class, first.Time, first.Lat, first.Lon, first.Direction, g.size, covered,
		})
		return
	}
	t.rep.Found++
	t.rep.Split += len(g.alerts) - 1
	if covered != nil && *covered {
		t.coveredFound++
	}
	m := t.match(g, first)
	t.counted += min(m.Count, g.size)
	if g.size > 1 {
		t.groups++
		if m.Count == g.size {
			t.sized++
		}
	}
	t.rep.FoundOnes = append(t.rep.FoundOnes, m)
}

// match measures an incident by the alert that was raised first.
func (t *tally) match(g *incident, first *record.Truth) Match {
	best := 0
	count := 0
	for k, j := range g.alerts {
		if t.run.said[j].raised.Before(t.run.said[g.alerts[best]].raised) {
			best = k
		}
		count += max(1, t.run.said[j].count)
	}
	a, c := &t.run.said[g.alerts[best]], &t.run.crossed[g.matched[best]]
	m := Match{
		Target: first.Target, Class: first.Class, Time: first.Time, Size: g.size, Count: count, Alert: a.id,
		TimeS: a.at.Sub(c.Time).Seconds(), PlaceM: metres(c, a), DelayS: a.raised.Sub(first.Time).Seconds(),
		Right: a.direction == c.Direction,
	}
	if m.Right {
		t.right++
	}
	t.times, t.place, t.delays = append(t.times, m.TimeS), append(t.place, m.PlaceM), append(t.delays, m.DelayS)
	return m
}

// leftovers are alerts without a crossing of their own.
func (t *tally) leftovers() {
	for j := range t.run.said {
		if t.used[j] {
			continue
		}
		near, ok := t.nearby(j)
		switch {
		case ok && near == wanted:
			t.rep.Duplicates++
			t.rep.DuplicateAlerts = append(t.rep.DuplicateAlerts, t.run.wrong(j))
		case ok && near == animal:
			t.rep.Animal++
		case ok:
			t.rep.Friendly++
			t.blame(j)
		default:
			t.blame(j)
		}
	}
}

// nearby is whose crossing an alert could be a second one of: one that is wanted before an animal's, that before a friend's.
func (t *tally) nearby(j int) (best category, ok bool) {
	a := &t.run.said[j]
	from, to := t.run.around(a.at)
	for i := from; i < to; i++ {
		c := &t.run.crossed[i]
		if kind := categoryOf(c); metres(c, a) <= t.run.o.MatchMetres && (!ok || kind < best) {
			best, ok = kind, true
		}
	}
	return best, ok
}

func (t *tally) blame(j int) {
	t.rep.False++
	t.rep.FalseAlerts = append(t.rep.FalseAlerts, t.run.wrong(j))
}

// finish makes the shares of the counts.
func (t *tally) finish() {
	r := t.rep
	byTime := func(a, b Wrong) int { return a.Time.Compare(b.Time) }
	slices.SortStableFunc(r.FalseAlerts, byTime)
	r.FalseByCause = causes(r.FalseAlerts)
	good := r.Alerts - r.False - r.Duplicates
	r.Recall, r.RecallInterval = share(r.Found, r.True), wilson(r.Found, r.True)
	r.Precision, r.PrecisionInterval = share(good, r.Alerts), wilson(good, r.Alerts)
	if t.knowsView > 0 {
		c := newShare(t.coveredFound, t.covered)
		r.Covered = &c
	}
	r.DuplicateShare = newShare(min(r.Duplicates, r.True), r.True)
	r.AnimalAsOther = newShare(t.asOther, t.animals)
	r.People, r.SizeRight = newShare(t.counted, t.people), newShare(t.sized, t.groups)
	r.ByClass, r.ByIntent = t.class.list(), t.intent.list()
	r.Direction, r.DirectionInterval = share(t.right, r.Found), wilson(t.right, r.Found)
	r.TimeRMS, r.TimeP95 = rms(t.times), quantile(absolute(t.times), 0.95)
	r.PlaceRMS, r.PlaceP95 = rms(t.place), quantile(t.place, 0.95)
	r.DelayMedian, r.DelayP95 = quantile(t.delays, 0.5), quantile(t.delays, 0.95)
	if kmDays := r.LineKM * r.Hours / 24; kmDays > 0 {
		r.FalsePerKMDay, r.FalsePerKMDayInterval = rate(r.False, kmDays)
		r.AnimalPerKMDay, r.AnimalPerKMDayInterval = rate(r.Animal, kmDays)
	}
}

func rate(count int, exposure float64) (*float64, *[2]float64) {
	v, i := float64(count)/exposure, poisson(count)
	return &v, &[2]float64{i[0] / exposure, i[1] / exposure}
}

// kinds counts an incident by class and by intent.
func (t *tally) kinds(g *incident, first *record.Truth, found bool) {
	name := first.Class
	if g.category == friend {
		name += " (friendly)"
	}
	t.class.add(name, found)
	intent := first.Intent
	if k, ok := t.run.byName[first.Target]; ok && intent == "" {
		intent = t.run.targets[k].intent
	}
	if intent != "" && g.category == wanted {
		t.intent.add(intent, found)
	}
}

// tallies are counts by name.
type tallies []Kind

func (t *tallies) add(name string, found bool) {
	k := slices.IndexFunc(*t, func(k Kind) bool { return k.Name == name })
	if k < 0 {
		k = len(*t)
		*t = append(*t, Kind{Name: name})
	}
	(*t)[k].Of++
	if found {
		(*t)[k].Is++
	}
}

func (t *tallies) list() []Kind {
	out := slices.Clone(*t)
	slices.SortFunc(out, func(a, b Kind) int { return compareWords(a.Name, b.Name) })
	for i := range out {
		out[i].Share = newShare(out[i].Is, out[i].Of)
	}
	return out
}

// seenFor is how long before and after the crossing a sensor must have been able to see the target, for it to be covered.
const seenFor = 5 * time.Second

// covered says whether a sensor could see the target for 10 s around its crossing, in view of one of them all the time; nil if
// nobody said where sensors look. What the truth says of it holds before the views.
func (r *Run) covered(c *record.Truth) *bool {
	yes := false
	if c.Covered != nil {
		return c.Covered
	}
	if len(r.o.Views) == 0 {
		return nil
	}
	for i := range r.o.Views {
		if r.inView(&r.o.Views[i], c) {
			yes = true
			break
		}
	}
	return &yes
}

func (r *Run) inView(v *View, c *record.Truth) bool {
	f := geo.NewFrame(geo.LLA{Lat: geo.Degrees(v.Lat), Lon: geo.Degrees(v.Lon)})
	at := f.ENU(geo.LLA{Lat: geo.Degrees(c.Lat), Lon: geo.Degrees(c.Lon)})
	if !v.sees(at) {
		return false
	}
	k, ok := r.byName[c.Target]
	if !ok {
		return true // a crossing without a path: its place is all there is
	}
	rows, cursor := r.targets[k].rows, 0
	for t := c.Time.Add(-seenFor); !t.After(c.Time.Add(seenFor)); t = t.Add(time.Second) {
		s, ok := state{}, false
		if len(rows) > 0 {
			s, ok = interpolate(rows, &cursor, t.UnixNano())
		}
		if ok && !v.sees(f.ENU(r.frame.LLA(geo.ENU{E: s.e, N: s.n}))) {
			return false
		}
	}
	return true
}

func (v *View) sees(at geo.ENU) bool {
	if at.Range() > v.Reach {
		return false
	}
	off := geo.Wrap2Pi(at.Bearing() - geo.Degrees(v.From).Radians())
	return v.Width >= 360 || off <= geo.Degrees(v.Width).Radians()
}
