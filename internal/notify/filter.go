package notify

import (
	"slices"
	"time"

	"cutline/internal/record"
)

// filter is what a route wants. An empty list wants all.
type filter struct {
	kinds, priorities, sectors []string
	hours                      []span
	rises                      bool // only what a person must be told: see rise
}

// span is a time of the week.
type span struct {
	days     []time.Weekday // on which it begins; none: on all
	from, to time.Duration  // of the day; to may be the smaller one: the next day's
	zone     *time.Location
}

func has(list []string, word string) bool { return len(list) == 0 || slices.Contains(list, word) }

// takes says whether the route wants an event, whenever it comes.
func (f *filter) takes(e *record.Event) bool {
	if !has(f.sectors, e.Sector) {
		return false
	}
	return e.Alert == nil || has(f.kinds, e.Alert.Kind) && has(f.priorities, e.Alert.Priority)
}

// inSector are the events of the route's sectors.
func (f *filter) inSector(events []record.Event) []record.Event {
	if len(f.sectors) == 0 {
		return events
	}
	return slices.DeleteFunc(events, func(e record.Event) bool { return !has(f.sectors, e.Sector) })
}

// open says whether the route works at a time.
func (f *filter) open(now time.Time) bool {
	return len(f.hours) == 0 || slices.ContainsFunc(f.hours, func(w span) bool { return w.holds(now) })
}

func (w span) holds(now time.Time) bool {
	now = now.In(w.zone)
	day := now.Weekday()
	at := time.Duration(now.Hour())*time.Hour + time.Duration(now.Minute())*time.Minute + time.Duration(now.Second())*time.Second
	on := func(d time.Weekday) bool { return len(w.days) == 0 || slices.Contains(w.days, d) }
	if w.from < w.to {
		return on(day) && at >= w.from && at < w.to
	}
	return on(day) && at >= w.from || on((day+6)%7) && at < w.to // the night that began the day before
}

// choose lists what of the events is to be told, and notes in the ledger what is not. Once an alert is told, all that follows is
// told too, whatever its priority has become and whatever the hour if it ends: nothing is left hanging at the far side.
func (n *Notifier) choose(events []record.Event, now time.Time) []Item {
	n.mu.Lock()
	defer n.mu.Unlock()
	f := &n.plan.filter
	var out []Item
	for i := range events {
		e := &events[i]
		if e.Alert == nil {
			if f.takes(e) && f.open(now) {
				out = append(out, Item{Event: e})
			}
			continue
		}
		if before := n.ledger.of[e.Alert.ID]; f.tells(e, &before, now) {
			out = append(out, Item{Event: e})
		} else {
			n.ledger.saw(e.Alert)
		}
	}
	return out
}

func (f *filter) tells(e *record.Event, before *entry, now time.Time) bool {
	switch end := e.Alert.Change == "end"; {
	case end && before.has:
		return true
	case !before.has && !f.takes(e), !f.open(now):
		return false
	case f.rises && !before.has && hidden(e.Alert): // nobody is called for what is out of sight; it is told when it comes out
		return false
	case f.rises && before.has:
		return rise(&before.event, e.Alert)
	default:
		return !f.rises || !end // a person who never heard of it need not hear of its end
	}
}

// rise says whether a change is worth a person's attention: another kind, as an approach that became a crossing, another state, a higher
// priority, a surer level, more of them, or a word from a colleague. Evidence that only adds up is not.
func rise(before, after *record.AlertEvent) bool {
	return before.Kind != after.Kind || before.State != after.State || urgency(after.Priority) > urgency(before.Priority) ||
		before.Level != after.Level ||
		after.Count > before.Count || before.Owner != after.Owner || len(after.Comments) > len(before.Comments)
}

// hidden says whether an alert is out of sight by design.
func hidden(a *record.AlertEvent) bool { return a.State == "suppressed" || a.State == "out_of_service" }

// urgency orders the priorities.
func urgency(priority string) int { return slices.Index(priorities(), priority) }

func priorities() []string { return []string{"low", "medium", "high", "critical"} }

// unanswered says whether an alert waits for somebody (ISA-18.2): a condition that has gone unseen waits as well.
func unanswered(a *record.AlertEvent) bool {
	return a.Change != "end" && (a.State == "unacknowledged" || a.State == "returned")
}
