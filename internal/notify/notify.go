// Package notify tells the world outside of alerts, sensors and tracks. Today by MQTT; another way out is another file with an
// output, which passes the contract test that MQTT passes.
//
//	PICTURE alerts, sensors ─ durable cursor ─► Notifier.tell ─► output.Deliver ─ confirmed ─► cursor.Ack
//	PICTURE tracks ─ from now on, no cursor ──► Notifier.show ─► output.Deliver
//
// What it promises: every change of an alert and of a sensor reaches the output at least once and in order, over crashes and
// outages of any length; the cursor moves only when the far side has confirmed. An alert that nobody has acknowledged is told again
// every Repeat until somebody does or it ends. Tracks are the present: while the far side is away they are dropped, and at most one
// per TrackInterval goes out of each track.
//
// It decides nothing about alerts. Start at tell.go; mqtt.go is the broker.
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
	// With no items it only keeps up what it holds. It is called by two goroutines, one of which brings nothing but tracks.
	Deliver(ctx context.Context, items []Item) error
}

// Item is one event on its way out.
type Item struct {
	Event  *record.Event
	Repeat bool // it was told before, maybe by a daemon that ran before this one: what the far side may be reminded of
}

// Deps are what a Notifier uses of the rest of the daemon. Register may be nil.
type Deps struct {
	Log      *slog.Logger
	Register prometheus.Registerer
}

// Status of the way out, for /readyz.
type Status struct {
	Connected bool      // the last attempt was confirmed
	Since     time.Time // of that state
	LastError string    // of the last attempt that was not, empty while connected
	Delivered uint64    // alerts and sensors confirmed, repeats included
	Open      int       // alerts that are told again
}

// Notifier runs one output.
type Notifier struct {
	name    string
	cfg     Config
	src     picture
	out     output
	log     *slog.Logger
	metrics *metrics

	mu     sync.Mutex
	status Status
}

func newNotifier(name string, cfg Config, src picture, out output, deps Deps) (*Notifier, error) {
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	m, err := newMetrics(deps.Register, name)
	if err != nil {
		return nil, err
	}
	return &Notifier{
		name: name, cfg: cfg, src: src, out: out, log: deps.Log, metrics: m,
		status: Status{Since: time.Now().UTC(), LastError: "not connected yet"},
	}, nil
}

// Run tells and shows until ctx ends. An output that is away is no error: it is said once, seen in Status, and retried for ever.
func (n *Notifier) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var owned sync.WaitGroup
	owned.Go(func() { n.show(ctx) })
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
func (n *Notifier) went(err error, items int) {
	n.mu.Lock()
	before := n.status
	now := time.Now().UTC()
	if err == nil {
		n.status.Delivered += uint64(items) //nolint:gosec // a length
		n.status.LastError = ""
	} else {
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
	case err != nil && (before.Connected || before.LastError == "not connected yet"):
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
	lastPause  = 5 * time.Second
)

// pause waits, and doubles the next wait; false when ctx ended.
func pause(ctx context.Context, d *time.Duration) bool {
	select {
	case <-time.After(*d):
		*d = min(2**d, lastPause)
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
