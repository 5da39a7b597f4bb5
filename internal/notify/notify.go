// Package notify tells the world outside of alerts, sensors and tracks: by MQTT, and by the routes of the settings to webhooks, ATAK,
// mail and fusion nodes.
//
//	PICTURE alerts, sensors ─ durable cursor ─► Notifier.tell ─► output.Deliver ─ confirmed ─► cursor.Ack
//	PICTURE tracks ─ from now on, no cursor ──► Notifier.show ─► output.Deliver
//
// Each way out has a Notifier, and with it a cursor of its own: a receiver that is dead delays nobody else. What a Notifier promises:
// every change of an alert that its route wants reaches the output at least once and in order, over crashes and outages of any
// length; the cursor moves only when the far side has confirmed, or has refused for good: then the alert is kept in a file that
// people can look at (refused.go). An alert that nobody has acknowledged is told again every repeat until somebody does, it is
// shelved, or it ends. Tracks are the present: while the far side is away they are dropped.
//
// It decides nothing about alerts. Start at routes.go, which lists the ways out; tell.go is the way of one. Another kind of output is
// another file with a Deliver, which passes the contract test that all pass.
package notify

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// An output brings events to the far side.
type output interface {
	// Deliver returns nil only when the far side has confirmed every item, in their order; after an error any of them may have
	// arrived, and the caller brings all of them again. It makes one attempt, bounded in time, connecting first where need be.
	// With no items it only keeps up what it holds, and finds out whether the far side is there. The error may be a *halt, which says
	// how far it came. It is called by two goroutines, one of which brings nothing but tracks.
	Deliver(ctx context.Context, items []Item) error
}

// Item is one event on its way out.
type Item struct {
	Event  *record.Event
	Repeat bool      // it was told before, maybe by a daemon that ran before this one: what the far side may be reminded of
	Due    time.Time // of a reminder: when it was to be told again. It tells two reminders apart, and not two tries of one
}

// A halt is how a delivery ended that went a part of the way.
type halt struct {
	err     error
	done    int           // so many of the items were confirmed
	refused bool          // the one behind them will never be taken: go on without it
	wait    time.Duration // the far side asks for this pause, 0: it does not
}

func (h *halt) Error() string { return h.err.Error() }
func (h *halt) Unwrap() error { return h.err }

// Deps are what the ways out use of the rest of the daemon. All but Site may be nil.
type Deps struct {
	Log      *slog.Logger
	Register prometheus.Registerer
	Site     Site

	put func(context.Context, journal.Entry) error // a command into INPUT; set by Open
}

// Status of a way out, for /readyz.
type Status struct {
	Name      string    // mqtt, or the route's id
	Connected bool      // the last attempt was confirmed
	Since     time.Time // of that state
	LastError string    // of the last attempt that was not, empty while connected
	Delivered uint64    // alerts and sensors confirmed, repeats included
	Open      int       // alerts that are told again
	Refused   uint64    // alerts that the far side would never take, since the start
}

// plan is how a Notifier treats its output.
type plan struct {
	repeat    time.Duration // an alert that nobody has acknowledged is told again this often
	recalls   bool          // the far side shows a state, and is told all of it when the daemon starts; others are reminded only
	retains   time.Duration // how long the far side shows an alert that has ended
	sensors   bool          // they are told too
	tracks    time.Duration // least time between two events of a track; 0: none is shown
	lastPause time.Duration // between two tries
	filter    filter
}

// Notifier runs one output.
type Notifier struct {
	name    string
	cursor  string // in the journal
	plan    plan
	src     picture
	out     output
	log     *slog.Logger
	metrics *metrics
	refused park

	mu     sync.Mutex
	status Status
	ledger ledger
}

func newNotifier(name string, p plan, src picture, out output, deps Deps) (*Notifier, error) {
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	m, err := newMetrics(deps.Register, name)
	if err != nil {
		return nil, err
	}
	return &Notifier{
		name: name, cursor: "notify-" + name, plan: p, src: src, out: out, log: deps.Log, metrics: m, ledger: newLedger(),
		status: Status{Name: name, Since: time.Now().UTC(), LastError: notYet},
	}, nil
}

// notYet is the state before the first try.
const notYet = "not connected yet"

// Run tells and shows until ctx ends. An output that is away is no error: it is said once, seen in Status, and retried for ever.
func (n *Notifier) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var owned sync.WaitGroup
	if n.plan.tracks > 0 {
		owned.Go(func() { n.show(ctx) })
	}
	n.tell(ctx)
	owned.Wait()
	if c, ok := n.out.(interface{ Close() error }); ok {
		if err := c.Close(); err != nil {
			return fmt.Errorf("close %s: %w", n.name, err)
		}
	}
	return nil
}

// Status is the state now.
func (n *Notifier) Status() Status {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.status
}

// went notes how an attempt to deliver ended, and says a change of state once.
func (n *Notifier) went(err error) {
	n.mu.Lock()
	before := n.status
	now := time.Now().UTC()
	n.status.LastError = ""
	if err != nil {
		n.status.LastError = err.Error()
	}
	if up := err == nil; up != before.Connected {
		n.status.Connected, n.status.Since = up, now
	}
	n.mu.Unlock()
	switch {
	case err == nil && !before.Connected:
		n.log.Info("the output is there", "output", n.name, "away_s", int(now.Sub(before.Since).Seconds()))
		n.metrics.connected.Set(1)
	case err != nil && (before.Connected || before.LastError == notYet):
		n.log.Warn("the output is away: alerts wait in the journal, retrying", "output", n.name, "error", err)
		n.metrics.connected.Set(0)
	}
	if err != nil {
		n.metrics.retries.Inc()
	}
}

// The pause after an attempt that failed doubles between these.
const (
	firstPause = 250 * time.Millisecond
	lastPause  = 5 * time.Second // of the journal, and of an output that has no other
)

// pause waits, and doubles the next wait up to most; false when ctx ended.
func pause(ctx context.Context, d *time.Duration, most time.Duration) bool {
	select {
	case <-time.After(*d):
		*d = min(2**d, most)
		return true
	case <-ctx.Done():
		return false
	}
}

// next message of r, or ok = false when there is none for a while.
func next(ctx context.Context, r interface {
	Next(ctx context.Context) (journal.Page, error)
}, wait time.Duration,
) (page journal.Page, ok bool, err error) {
	own, cancel := context.WithTimeout(ctx, max(wait, time.Millisecond))
	defer cancel()
	page, err = r.Next(own)
	if err != nil && ctx.Err() == nil && own.Err() != nil {
		return journal.Page{}, false, nil
	}
	return page, err == nil, err
}

// key of a track or a sensor, which are named within their sector.
type key struct{ sector, id string }

// sorted are the keys of m: the far side sees things in the same order every time.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
