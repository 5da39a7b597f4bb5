package alert

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"cutline/internal/geo"
	"cutline/internal/record"
)

// Advice is a rule that people's verdicts suggest, and what it would have done to the alerts that they are of. It is for a person to take
// or to leave: nothing acts by it.
type Advice struct {
	Rule      SuppressRule
	Verdicts  map[string]int // of the alerts that it would have hidden; under "" those that have none
	Crossings []string       // ids of those that somebody has called a crossing
	Since     time.Time      // when the first of them happened
	Until     time.Time      // and the last
}

const (
	sharedPlace = 150.0 // m: alerts within it are of one place
	placeMargin = 25.0  // m that a place is wider than the alerts that made it
	mostWrong   = .2    // of the verdicts that a rule hides, those that say it was something
)

// Advise proposes rules, the narrowest first: of a class at a place, by a sensor alone, of a class anywhere. Each stands on so many alerts
// at least that people have resolved as animal, weather or false and that no rule before it covers; at most a fifth of all that it would
// have hidden was something by their word. past are alerts in any order, each with its changes; the last one of each counts, and of what
// rose to high nothing is advised, since no rule hides it.
func Advise(past []record.AlertEvent, least int) (all []Advice) {
	d := &advisor{least: max(1, least)}
	last := map[string]int{}
	for i := range past {
		a := &past[i]
		if len(a.Tracks) == 0 || urgency(a.Priority) >= urgency(High) {
			delete(last, a.ID)
		} else if k, known := last[a.ID]; !known || past[k].Revision <= a.Revision {
			last[a.ID] = i
		}
	}
	for _, i := range slices.Sorted(maps.Values(last)) {
		d.past = append(d.past, &past[i])
	}
	slices.SortStableFunc(d.past, func(a, b *record.AlertEvent) int { return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.ID, b.ID)) })
	for _, candidates := range []func() []SuppressRule{d.places, d.sensors, d.classes} {
		d.open = slices.DeleteFunc(slices.Clone(d.past), func(a *record.AlertEvent) bool { return !nothing(a) || d.covered(a) })
		for _, r := range candidates() {
			d.propose(r)
		}
	}
	return d.all
}

// nothing says that people found an alert to be of nothing to them.
func nothing(a *record.AlertEvent) bool {
	return a.Verdict == "animal" || a.Verdict == "weather" || a.Verdict == "false"
}

// something says that they found it to be real, or not theirs to hide.
func something(a *record.AlertEvent) bool {
	return a.Verdict == "crossing" || a.Verdict == "friendly" || a.Verdict == "unknown"
}

type advisor struct {
	least int
	past  []*record.AlertEvent // by time
	open  []*record.AlertEvent // of them those that are nothing, and not covered when the candidates were sought
	all   []Advice
	rules []suppressor // of all
}

func (d *advisor) covered(a *record.AlertEvent) bool {
	return slices.ContainsFunc(d.rules, func(s suppressor) bool { return s.holds(a) })
}

// propose takes a candidate in if enough speaks for it, and little against it.
func (d *advisor) propose(r SuppressRule) {
	s := newSuppressor(r)
	out := Advice{Rule: r, Verdicts: map[string]int{}}
	fresh, good, bad := 0, 0, 0
	for _, a := range d.past {
		if !s.holds(a) {
			continue
		}
		out.Verdicts[a.Verdict]++
		if out.Until = a.Time; out.Since.IsZero() {
			out.Since = a.Time
		}
		switch {
		case nothing(a):
			if good++; !d.covered(a) {
				fresh++
			}
		case something(a):
			bad++
		}
		if a.Verdict == "crossing" {
			out.Crossings = append(out.Crossings, a.ID)
		}
	}
	if fresh < d.least || float64(bad) > mostWrong*float64(good+bad) {
		return
	}
	out.Rule.Reason = fmt.Sprintf("%d of %d that people looked at were nothing, %s to %s", good, good+bad,
		out.Since.UTC().Format(time.DateOnly), out.Until.UTC().Format(time.DateOnly))
	d.all, d.rules = append(d.all, out), append(d.rules, s)
}

// places are those of a class that lie together, the fullest first.
func (d *advisor) places() (all []SuppressRule) {
	left := slices.Clone(d.open)
	for len(left) >= d.least {
		var best []*record.AlertEvent
		for _, seed := range left {
			var near []*record.AlertEvent
			for _, a := range left {
				if a.Class == seed.Class && metres(a, seed) <= sharedPlace {
					near = append(near, a)
				}
			}
			if len(near) > len(best) {
				best = near
			}
		}
		if len(best) < d.least {
			break
		}
		all = append(all, place(best))
		left = slices.DeleteFunc(left, func(a *record.AlertEvent) bool { return slices.Contains(best, a) })
	}
	return all
}

func place(some []*record.AlertEvent) SuppressRule {
	middle := &record.AlertEvent{}
	for _, a := range some {
		middle.Lat += a.Lat / float64(len(some))
		middle.Lon += a.Lon / float64(len(some))
	}
	middle.Lat, middle.Lon = round(middle.Lat, 5), round(middle.Lon, 5)
	radius := 0.0
	for _, a := range some {
		radius = math.Max(radius, metres(a, middle))
	}
	class := classOf(some[0].Class)
	return SuppressRule{
		ID: fmt.Sprintf("%s-%s-%s", class, degreesOf(middle.Lat, "N", "S"), degreesOf(middle.Lon, "E", "W")), Classes: []Class{class},
		Near: Circle{Lat: middle.Lat, Lon: middle.Lon, RadiusM: math.Ceil((radius+placeMargin)/10) * 10},
	}
}

// classOf is the class of an alert: one that is not known has no name yet.
func classOf(class string) Class { return Class(cmp.Or(class, "unknown")) }

// degreesOf writes an angle as an id may hold it, in units of 1e-4 degrees.
func degreesOf(v float64, above, below string) string {
	if v < 0 {
		above = below
	}
	return fmt.Sprintf("%.0f%s", math.Abs(v)*1e4, above)
}

// sensors are those that alone say so, of each class.
func (d *advisor) sensors() []SuppressRule {
	return d.grouped(func(a *record.AlertEvent) (SuppressRule, bool) {
		if len(a.Evidence) != 1 {
			return SuppressRule{}, false
		}
		class, sensor := classOf(a.Class), a.Evidence[0].Sensor
		return SuppressRule{ID: string(class) + "-by-" + sensor, Classes: []Class{class}, Sensors: []string{sensor}}, true
	})
}

// classes are those that people find nothing in anywhere.
func (d *advisor) classes() []SuppressRule {
	return d.grouped(func(a *record.AlertEvent) (SuppressRule, bool) {
		class := classOf(a.Class)
		return SuppressRule{ID: string(class) + "-anywhere", Classes: []Class{class}}, true
	})
}

// grouped makes a rule of each open alert, and gives those that come often enough, the most frequent first.
func (d *advisor) grouped(rule func(*record.AlertEvent) (SuppressRule, bool)) (all []SuppressRule) {
	times := map[string]int{}
	for _, a := range d.open {
		if r, ok := rule(a); ok {
			if times[r.ID]++; times[r.ID] == d.least {
				all = append(all, r)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b SuppressRule) int { return cmp.Or(times[b.ID]-times[a.ID], strings.Compare(a.ID, b.ID)) })
	return all
}

// metres between two alerts, as far as a place is wide: a degree is taken to be as long as it is between them.
func metres(a, b *record.AlertEvent) float64 {
	const degree = math.Pi / 180 * 6371e3
	return degree * math.Hypot(a.Lat-b.Lat, (a.Lon-b.Lon)*math.Cos(float64(geo.Degrees((a.Lat+b.Lat)/2).Radians())))
}

// YAML is the rule as an item of the configuration's alert.suppress, with a comment for who decides.
func (a *Advice) YAML() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "    "+format+"\n", args...) }
	n := 0
	var words []string
	for _, v := range slices.Sorted(maps.Keys(a.Verdicts)) {
		n += a.Verdicts[v]
		words = append(words, fmt.Sprintf("%d %s", a.Verdicts[v], cmp.Or(v, "without a verdict")))
	}
	line("# would have hidden %d alerts, %s to %s: %s", n, a.Since.UTC().Format(time.DateOnly), a.Until.UTC().Format(time.DateOnly),
		strings.Join(words, ", "))
	if len(a.Crossings) > 0 {
		line("# TRUE CROSSINGS AMONG THEM: %s", strings.Join(a.Crossings, ", "))
	}
	r := &a.Rule
	line("- id: %s", r.ID)
	line("  reason: %q", r.Reason)
	if r.Near != (Circle{}) {
		line("  near: {lat: %v, lon: %v, radius_m: %v}", r.Near.Lat, r.Near.Lon, r.Near.RadiusM)
	}
	for _, class := range r.Classes { // one
		line("  classes: [%s]", class)
	}
	for _, sensor := range r.Sensors {
		line("  sensors: [%s]", sensor)
	}
	return b.String()
}
