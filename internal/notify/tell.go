package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// keepUp is how often an output is called with nothing to say: it connects again, and clears what is due.
const keepUp = time.Second

// clearing is how long after its end an alert's retained message is still looked after by a daemon that starts: one that was
// down for longer leaves it at "end".
const clearing = 7 * 24 * time.Hour

// types are those that every change of is delivered.
func (p *plan) types() []record.Type {
	if p.sensors {
		return []record.Type{record.AlertType, record.SensorType}
	}
	return []record.Type{record.AlertType}
}

// reminder is an alert that is told again when it is due.
type reminder struct {
	event *record.Event
	due   time.Time
}

// tell brings alerts and sensors out until ctx ends. A fault of the journal is said once and retried from the start: what was not
// acknowledged comes again.
func (n *Notifier) tell(ctx context.Context) {
	wait, said := firstPause, false
	for {
		began := time.Now()
		err := n.tellOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > time.Minute {
			wait, said = firstPause, false
		}
		if !said {
			said = true
			n.log.Error("nothing is told: the journal cannot be read, retrying", "output", n.name, "error", err)
		}
		if !pause(ctx, &wait, lastPause) {
			return
		}
	}
}

// tellOnce runs until a fault of the journal.
func (n *Notifier) tellOnce(ctx context.Context) error {
	place, at, err := n.src.Cursor(ctx, n.cursor, n.plan.types()...)
	if err != nil {
		return fmt.Errorf("open cursor %q: %w", n.cursor, err)
	}
	defer place.Close()
	fresh := at == 0
	if fresh && !n.plan.recalls { // nobody wants last month's alerts on his phone: a new route begins with what is open
		if _, at, err = n.src.Span(ctx); err != nil {
			return fmt.Errorf("ask for the head of picture: %w", err)
		}
		if err := place.Ack(ctx, at); err != nil {
			return fmt.Errorf("acknowledge up to %d: %w", at, err)
		}
	}
	open, err := n.recall(ctx, at, fresh)
	if err != nil {
		return err
	}
	for {
		page, ok, err := next(ctx, place, keepUp)
		if err != nil {
			return fmt.Errorf("read picture: %w", err)
		}
		if ok && page.Seq > at {
			if err := n.deliver(ctx, n.choose(page.Events, time.Now())); err != nil {
				return err
			}
			if err := place.Ack(ctx, page.Seq); err != nil {
				return fmt.Errorf("acknowledge up to %d: %w", page.Seq, err)
			}
			n.remember(open, page.Events...)
		}
		if err := n.deliver(ctx, n.due(open)); err != nil {
			return err
		}
	}
}

// lately is how far back sensors are recalled: each that works speaks every ten seconds, which makes too many events to read from
// the beginning, and the far side still holds what the others said last.
const lately = 10 * time.Minute

// recall reads the alerts and sensors up to head as they were last told, and tells again what the far side may have forgotten. Of a
// fresh output none was told yet. Its result are the alerts to remind of.
func (n *Notifier) recall(ctx context.Context, head uint64, fresh bool) (map[string]*reminder, error) {
	open := make(map[string]*reminder)
	alerts, sensors := make(map[string]*record.Event), make(map[string]*record.Event)
	old := time.Now().Add(-n.plan.retains - clearing)
	err := n.read(ctx, journal.Follow{From: 1, Types: []record.Type{record.AlertType}}, head, func(e *record.Event) {
		if alerts[e.Alert.ID] = e; e.Alert.Change == "end" && e.Alert.Updated.Before(old) {
			delete(alerts, e.Alert.ID)
		}
	})
	if err != nil {
		return nil, err
	}
	if n.plan.recalls && n.plan.sensors {
		since := journal.Follow{Since: time.Now().Add(-lately), Types: []record.Type{record.SensorType}}
		if err = n.read(ctx, since, head, func(e *record.Event) { sensors[e.Sector+"/"+e.Sensor.ID] = e }); err != nil {
			return nil, err
		}
	}
	var again []Item
	for _, id := range sorted(sensors) {
		if n.plan.filter.takes(sensors[id]) {
			again = append(again, Item{Event: sensors[id], Repeat: true})
		}
	}
	for _, id := range sorted(alerts) {
		e := alerts[id]
		if !fresh {
			n.recalled(e)
		}
		if n.plan.recalls && n.plan.filter.takes(e) {
			again = append(again, Item{Event: e, Repeat: true})
		}
		n.remember(open, *e)
	}
	return open, n.deliver(ctx, again)
}

// recalled notes that an alert was told before the daemon began.
func (n *Notifier) recalled(e *record.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, known := n.ledger.of[e.Alert.ID]; !known && n.plan.filter.takes(e) {
		n.ledger.toldAt(e.Alert, time.Time{})
	}
}

// read hands on what f finds up to head.
func (n *Notifier) read(ctx context.Context, f journal.Follow, head uint64, each func(*record.Event)) error {
	_, last, err := n.src.Span(ctx, f.Types...)
	if err != nil {
		return fmt.Errorf("ask for the last of %v: %w", f.Types, err)
	}
	if last = min(last, head); last == 0 {
		return nil
	}
	r, err := n.src.Follow(ctx, f)
	if err != nil {
		return fmt.Errorf("read %v: %w", f.Types, err)
	}
	defer r.Close()
	for {
		page, ok, err := next(ctx, r, keepUp)
		if err != nil {
			return fmt.Errorf("read %v: %w", f.Types, err)
		}
		if !ok || page.Seq > last {
			return nil
		}
		for _, e := range page.Events {
			each(&e)
		}
		if page.Seq == last {
			return nil
		}
	}
}

// remember which alerts wait for somebody. One that the far side has not been told of, because it came outside the route's hours, is
// due as soon as they begin.
func (n *Notifier) remember(open map[string]*reminder, events ...record.Event) {
	for _, e := range events {
		if e.Alert == nil {
			continue
		}
		n.mu.Lock()
		in := n.ledger.of[e.Alert.ID]
		n.mu.Unlock()
		if !unanswered(e.Alert) || !in.has && !n.plan.filter.takes(&e) || in.refusal != "" {
			delete(open, e.Alert.ID)
			continue
		}
		r := &reminder{event: &e, due: time.Now()}
		if in.has {
			r.due = r.due.Add(n.plan.repeat)
		}
		if before := open[e.Alert.ID]; before != nil && in.has && in.told < e.Alert.Revision {
			r.due = before.due // nothing was told now: the next reminder is not put off
		}
		open[e.Alert.ID] = r
	}
	n.mu.Lock()
	n.status.Open = len(open)
	n.mu.Unlock()
	n.metrics.open.Set(float64(len(open)))
}

// due are the alerts to tell again now, the oldest first.
func (n *Notifier) due(open map[string]*reminder) []Item {
	now := time.Now()
	if !n.plan.filter.open(now) {
		return nil
	}
	var out []Item
	for _, r := range open {
		if !r.due.After(now) {
			out = append(out, Item{Event: r.event, Repeat: true, Due: r.due})
			r.due = now.Add(n.plan.repeat)
		}
	}
	slices.SortFunc(out, func(a, b Item) int {
		if c := a.Event.Alert.Raised.Compare(b.Event.Alert.Raised); c != 0 {
			return c
		}
		return strings.Compare(a.Event.Alert.ID, b.Event.Alert.ID)
	})
	return out
}

// deliver tries until the far side has confirmed all, or refused it for good, or ctx ends.
func (n *Notifier) deliver(ctx context.Context, all []Item) error {
	wait := firstPause
	for {
		err := n.out.Deliver(ctx, all)
		h := &halt{done: len(all)}
		if err != nil {
			if h = new(halt); !errors.As(err, &h) {
				h = &halt{err: err}
			}
		}
		n.confirmed(all[:h.done])
		if all = all[h.done:]; h.refused && len(all) > 0 {
			if err = n.refuse(all[0], h.err); err == nil {
				if all = all[1:]; len(all) > 0 {
					continue
				}
			}
		}
		if err != nil && ctx.Err() != nil {
			return ctx.Err() //nolint:wrapcheck // the end was asked for
		}
		if n.went(err); err == nil {
			return nil
		}
		if h.done > 0 {
			wait = firstPause
		}
		wait = min(max(wait, h.wait), n.plan.lastPause)
		if !pause(ctx, &wait, n.plan.lastPause) {
			return ctx.Err() //nolint:wrapcheck // the end was asked for
		}
	}
}

// confirmed notes what the far side has.
func (n *Notifier) confirmed(items []Item) {
	now := time.Now().UTC()
	n.mu.Lock()
	n.status.Delivered += uint64(len(items))
	for _, item := range items {
		if item.Event.Alert != nil {
			n.ledger.toldAt(item.Event.Alert, now)
		}
	}
	n.mu.Unlock()
	n.count(items)
}

// refuse keeps an alert that the far side will never take where people can look at it.
func (n *Notifier) refuse(item Item, why error) error {
	now := time.Now().UTC()
	if err := n.refused.keep(Refused{Time: now, Route: n.name, Reason: why.Error(), Event: *item.Event}); err != nil {
		return err
	}
	n.mu.Lock()
	n.status.Refused++
	if item.Event.Alert != nil {
		n.ledger.refusedAt(item.Event.Alert, why.Error(), now)
	}
	n.mu.Unlock()
	n.metrics.refused.Inc()
	n.log.Error("the receiver refuses an alert: it is kept in the file", "output", n.name, "event", name(item.Event), "file", n.refused.path,
		"error", why)
	return nil
}

// name of an event for people.
func name(e *record.Event) string {
	switch {
	case e.Alert != nil:
		return "alert " + e.Alert.ID + " " + e.Alert.Change
	case e.Sensor != nil:
		return "sensor " + e.Sensor.ID + " " + e.Sensor.State
	case e.Track != nil:
		return "track " + e.Track.ID + " " + e.Track.Status
	}
	return string(e.Type)
}

func (n *Notifier) count(all []Item) {
	for _, item := range all {
		kind := string(item.Event.Type)
		if item.Repeat {
			kind += "_repeat"
		}
		n.metrics.delivered.WithLabelValues(kind).Inc()
	}
}
