package notify

import (
	"time"

	"cutline/internal/record"
)

// remembered is how many alerts a ledger knows: those of a busy month.
const remembered = 10_000

// ledger is what one way out has told of each alert. It knows the last so many alerts.
type ledger struct {
	of    map[string]entry
	order []string // of their ids, as they came
}

// entry is how an alert was told last.
type entry struct {
	seen    int       // the newest revision that was looked at: told, or not worth it
	has     bool      // the far side has it
	told    int       // the newest revision that it has
	at      time.Time // of its confirmation, zero: before the daemon began
	event   record.AlertEvent
	refusal string // why the far side will not have it, empty: it does
}

func newLedger() ledger { return ledger{of: make(map[string]entry)} }

func (l *ledger) put(id string, e entry) {
	if _, known := l.of[id]; !known {
		if len(l.order) == remembered {
			delete(l.of, l.order[0])
			l.order = l.order[1:]
		}
		l.order = append(l.order, id)
	}
	l.of[id] = e
}

// saw notes a revision that is not told.
func (l *ledger) saw(a *record.AlertEvent) {
	e := l.of[a.ID]
	e.seen = a.Revision
	l.put(a.ID, e)
}

// toldAt notes that the far side has an alert.
func (l *ledger) toldAt(a *record.AlertEvent, at time.Time) {
	l.put(a.ID, entry{seen: a.Revision, has: true, told: a.Revision, at: at, event: *a})
}

// refusedAt notes that the far side will not have it.
func (l *ledger) refusedAt(a *record.AlertEvent, why string, at time.Time) {
	before := l.of[a.ID]
	l.put(a.ID, entry{seen: a.Revision, has: before.has, told: before.told, at: at, event: *a, refusal: why})
}

// Delivery says how far an alert has come on one way out.
type Delivery struct {
	Route    string    `json:"route"`              // mqtt, or the route's id
	State    string    `json:"state"`              // delivered, waiting, refused, or skipped: the route does not want it
	Revision int       `json:"revision,omitempty"` // of the alert, that the far side has
	Time     time.Time `json:"time,omitzero"`      // of its confirmation or refusal; left out for one before the daemon's start
	Error    string    `json:"error,omitempty"`    // why it waits or is refused
}

// delivery of an alert as it is now.
func (n *Notifier) delivery(e *record.Event) Delivery {
	n.mu.Lock()
	defer n.mu.Unlock()
	d := Delivery{Route: n.name, State: "waiting", Error: n.status.LastError}
	in, known := n.ledger.of[e.Alert.ID]
	if known {
		d.Revision, d.Time = in.told, in.at
	}
	switch {
	case known && in.seen >= e.Alert.Revision && in.refusal != "":
		d.State, d.Error = "refused", in.refusal
	case known && in.seen >= e.Alert.Revision && in.has:
		d.State, d.Error = "delivered", ""
	case known && in.seen >= e.Alert.Revision, !n.plan.filter.takes(e):
		d.State, d.Error = "skipped", ""
	}
	return d
}
