package alert

import (
	"slices"
	"time"

	"cutline/internal/record"
	"cutline/internal/sensor"
)

// Book holds the open alerts of one sector. It belongs to one goroutine.
type Book struct {
	cfg     Config
	sector  string
	marks   []mark
	rules   []suppressor
	sensors map[string]*sensor.Definition
	state   State
	byID    map[string]*Alert // of state.Open
	votes   []vote            // scratch
}

// State is the book's memory, for snapshots.
type State struct {
	Open     []*Alert  // in the order in which they were raised
	Given    []string  // ids of the latest commands
	Ordinals []ordinal // of what may go wrong again
	Flood    flood
}

// Alert is an open one: as it was told last, and what its next change hangs on.
type Alert struct {
	Told    record.AlertEvent
	Groups  []string      // that agree
	Gap     time.Duration // of a crossing that nobody looked at
	Members []member      // who crossed, in the order in which they were taken in
	Stays   time.Duration // of a presence: how long, or how long still
	Lawful  bool          // of a crossing that its place is for
	Off     string        // why what it is about is out of service; empty: it is in service
	Source  string        // of a system alert: what it is about, beside its kind
	Gone    time.Time     // receipt time since which it is over: its tracks are lost, its cause is gone; zero while it lasts
	Fitted  sigmas        // of a crossing: how well its time and place are known
	Doubts  doubts        // of a crossing: what its track says against it
}

// Follow is what alert remembers of one track between its steps. Its owner keeps it beside the track, and in snapshots.
type Follow struct {
	CertainSince time.Time // event time since which its existence is certain; zero if it is not
	Party        party
	Alerts       []string // ids of the open alerts that hang on it
}

// New makes an empty book. The sensors name what an alert's text refers to.
func New(cfg Config, sector string, sensors []sensor.Definition) *Book {
	b := &Book{cfg: cfg, sector: sector, sensors: make(map[string]*sensor.Definition, len(sensors)), byID: map[string]*Alert{}}
	for i := range sensors {
		s := &sensors[i]
		b.sensors[s.ID] = s
		if s.HasPose {
			b.marks = append(b.marks, newMark(s))
		}
	}
	for _, r := range cfg.Suppress {
		b.rules = append(b.rules, newSuppressor(r))
	}
	return b
}

// State gives the memory to be kept. It shares its slices with the book: encode it before the next step.
func (b *Book) State() State { return b.state }

// Restore takes a memory that State gave.
func (b *Book) Restore(s State) {
	b.state = s
	clear(b.byID)
	for _, a := range s.Open {
		b.byID[a.Told.ID] = a
	}
}

// Open says whether an alert of that id is open, that is, whether a command for it will find one.
func (b *Book) Open(id string) bool { return b.byID[id] != nil }

// raise opens an alert and tells it for the first time.
func (b *Book) raise(now time.Time, a *Alert, out []record.Event) []record.Event {
	b.state.Open = append(b.state.Open, a)
	b.byID[a.Told.ID] = a
	a.Told.Raised = now
	out = b.fold(now, a, out)
	return b.change(now, a, ChangeNew, out)
}

// change tells an alert again.
func (b *Book) change(now time.Time, a *Alert, change string, out []record.Event) []record.Event {
	a.Told.Change, a.Told.Updated = change, now
	if a.Told.State != Resolved {
		a.Told.State = a.state()
	}
	b.words(a)
	return append(out, event(b.sector, &a.Told))
}

// end tells an alert for the last time, with the rule that ended it, and forgets it. What was folded into it comes to the light.
func (b *Book) end(now time.Time, a *Alert, rule bilingual, out []record.Event) []record.Event {
	a.Told.State, a.Told.Rule, a.Told.RuleFR = Resolved, rule.en, rule.fr
	out = b.change(now, a, ChangeEnd, out)
	b.state.Open = slices.DeleteFunc(b.state.Open, func(o *Alert) bool { return o == a })
	delete(b.byID, a.Told.ID)
	return b.unfold(now, a, out)
}

// Tick does what time alone brings about: shelves run out, what is over ends, a flood runs off.
func (b *Book) Tick(now time.Time, out []record.Event) []record.Event {
	for k := 0; k < len(b.state.Open); k++ {
		a := b.state.Open[k]
		if shelf := a.Told.Shelf; shelf != nil && !now.Before(shelf.Until) {
			a.Told.Shelf = nil
			out = b.change(now, a, ChangeUpdate, out)
		}
		if rule := b.cfg.over(now, a); rule != (bilingual{}) {
			out = b.end(now, a, rule, out)
			k--
		}
	}
	return b.calm(now, out)
}
