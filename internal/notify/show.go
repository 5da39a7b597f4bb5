package notify

import (
	"context"
	"slices"
	"time"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// show brings tracks out as they are now. It keeps no place in the journal: what was while nobody listened is in the journal and
// InfluxDB, and here the next second brings the present.
func (n *Notifier) show(ctx context.Context) {
	wait := firstPause
	for {
		err := n.showOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		n.log.Debug("tracks are not shown: the journal cannot be read, retrying", "output", n.name, "error", err)
		if !pause(ctx, &wait, lastPause) {
			return
		}
	}
}

func (n *Notifier) showOnce(ctx context.Context) error {
	_, head, err := n.src.Span(ctx)
	if err != nil {
		return err
	}
	r, err := n.src.Follow(ctx, journal.Follow{From: head + 1, Types: []record.Type{record.TrackType}})
	if err != nil {
		return err
	}
	defer r.Close()
	tracks := newThrottle(n.plan.tracks)
	for {
		page, _, err := next(ctx, r, tracks.interval/4)
		if err != nil {
			return err
		}
		now := time.Now()
		tracks.add(n.plan.filter.inSector(page.Events))
		due := tracks.take(now)
		if len(due) == 0 || !n.Status().Connected {
			continue // dropped while the far side is away: it connects through the alerts
		}
		if err := n.out.Deliver(ctx, due); err == nil {
			n.count(due)
		}
	}
}

// throttle lets each track through at most once an interval, always with its newest event.
type throttle struct {
	interval time.Duration
	sent     map[key]time.Time
	waiting  map[key]*record.Event
	order    []key // of waiting
}

func newThrottle(interval time.Duration) *throttle {
	return &throttle{interval: interval, sent: make(map[key]time.Time), waiting: make(map[key]*record.Event)}
}

func (t *throttle) add(events []record.Event) {
	for _, e := range events {
		if e.Track == nil {
			continue
		}
		k := key{e.Sector, e.Track.ID}
		if t.waiting[k] == nil {
			t.order = append(t.order, k)
		}
		t.waiting[k] = &e
	}
}

// take returns the tracks whose turn it is, in the order in which they came, and forgets those that have ended.
func (t *throttle) take(now time.Time) []Item {
	var out []Item
	t.order = slices.DeleteFunc(t.order, func(k key) bool {
		if now.Sub(t.sent[k]) < t.interval {
			return false
		}
		e := t.waiting[k]
		delete(t.waiting, k)
		t.sent[k] = now
		out = append(out, Item{Event: e})
		return true
	})
	for k, at := range t.sent { // without this the map grows by every track there ever was
		if now.Sub(at) >= t.interval && t.waiting[k] == nil {
			delete(t.sent, k)
		}
	}
	return out
}
