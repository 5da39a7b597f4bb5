package alert

import (
	"fmt"
	"slices"
	"time"

	"cutline/internal/record"
)

// floodWindow is the time over which new alerts are counted: ISA-18.2 and EEMUA 191 count in ten minutes.
const floodWindow = 10 * time.Minute

// flood counts the new alerts. While more come than a person can read, those below high are folded: each is told and kept as ever, but
// one that equals another, by kind, class, direction and zone, stands behind that one's row, and is not repeated until somebody has
// acknowledged it. Nothing is dropped, and what rises to high has a row of its own at once.
type flood struct {
	On     bool
	Raised []time.Time // receipt times of the latest, bounded
}

const mostCounted = 1000

// fold counts a new alert, and in a flood finds the row that it stands behind.
func (b *Book) fold(now time.Time, a *Alert, out []record.Event) []record.Event {
	if a.Told.Kind == AlarmFlood || a.Told.SuppressedBy != "" {
		return out
	}
	f := &b.state.Flood
	f.prune(now)
	if len(f.Raised) < mostCounted {
		f.Raised = append(f.Raised, now)
	}
	if !f.On && len(f.Raised) > b.cfg.FloodAt {
		f.On = true
		out = b.Raise(now, b.flooded(now), out)
	}
	if !f.On || urgency(a.Told.Priority) >= urgency(High) {
		return out
	}
	for _, row := range b.state.Open {
		if row == a || !equals(row, a) {
			continue
		}
		a.Told.FoldedInto = row.Told.ID
		row.Told.Folded++
		return b.change(now, row, ChangeUpdate, out)
	}
	return out
}

func equals(row, a *Alert) bool {
	p, q := &row.Told, &a.Told
	return p.FoldedInto == "" && p.Kind == q.Kind && p.Class == q.Class && p.Direction == q.Direction && p.Zone == q.Zone &&
		urgency(p.Priority) < urgency(High)
}

func (f *flood) prune(now time.Time) {
	f.Raised = slices.DeleteFunc(f.Raised, func(t time.Time) bool { return now.Sub(t) >= floodWindow })
}

// calm ends a flood that has run off. What it has folded stays so: a row is dealt with as one.
func (b *Book) calm(now time.Time, out []record.Event) []record.Event {
	f := &b.state.Flood
	if !f.On {
		return out
	}
	if f.prune(now); len(f.Raised) >= b.cfg.CalmAt {
		return out
	}
	f.On = false
	return b.Clear(now, AlarmFlood, "", out)
}

func (b *Book) flooded(now time.Time) Condition {
	return Condition{
		Kind: AlarmFlood, Since: now, Priority: High, Rule: fmt.Sprintf("more than %d new alerts in 10 minutes", b.cfg.FloodAt),
		RuleFR: fmt.Sprintf("plus de %d nouvelles alertes en 10 minutes", b.cfg.FloodAt),
		Text: fmt.Sprintf("More than %d new alerts in 10 minutes: equal ones below high stand behind one row each, with their number",
			b.cfg.FloodAt),
		TextFR: fmt.Sprintf("Plus de %d nouvelles alertes en 10 minutes : les semblables, sous le niveau élevé, sont réunies en une ligne "+
			"avec leur nombre", b.cfg.FloodAt),
	}
}

// surface brings an alert that has risen out from behind its row, and off its shelf: nothing suppresses a rise.
func (b *Book) surface(now time.Time, a *Alert, out []record.Event) []record.Event {
	a.Told.Shelf = nil
	row := b.byID[a.Told.FoldedInto]
	if a.Told.FoldedInto = ""; row == nil {
		return out
	}
	row.Told.Folded--
	return b.change(now, row, ChangeUpdate, out)
}

// behind lists the open alerts that stand behind a row.
func (b *Book) behind(row *Alert) (all []*Alert) {
	for _, a := range b.state.Open {
		if a.Told.FoldedInto == row.Told.ID {
			all = append(all, a)
		}
	}
	return all
}

// unfold makes the first of those behind a row that has ended the row of the others.
func (b *Book) unfold(now time.Time, ended *Alert, out []record.Event) []record.Event {
	if ended.Told.Folded == 0 {
		return out
	}
	first := ""
	for i, a := range b.behind(ended) {
		if i == 0 {
			first, a.Told.Folded = a.Told.ID, len(b.behind(ended))-1
			a.Told.FoldedInto = ""
		} else {
			a.Told.FoldedInto = first
		}
		out = b.change(now, a, ChangeUpdate, out)
	}
	return out
}
