package notify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// told are the types that every change of is delivered.
func told() []record.Type { return []record.Type{record.AlertType, record.SensorType} }

// keepUp is how often an output is called with nothing to say: it connects again, and clears what is due.
const keepUp = time.Second

// clearing is how long after its end an alert's retained message is still looked after by a daemon that starts: one that was
// down for longer leaves it at "end".
const clearing = 7 * 24 * time.Hour

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
		if !pause(ctx, &wait) {
			return
		}
	}
}

// tellOnce runs until a fault of the journal.
func (n *Notifier) tellOnce(ctx context.Context) error {
	_, head, err := n.src.Span(ctx)
	if err != nil {
		return fmt.Errorf("ask for the head of picture: %w", err)
	}
	place, err := n.src.Cursor(ctx, n.name, told()...)
	if err != nil {
		return fmt.Errorf("open cursor %q: %w", n.name, err)
	}
	defer place.Close()
	page, ok, err := next(ctx, place, keepUp)
	if err != nil {
		return fmt.Errorf("read picture: %w", err)
	}
	if ok {
		head = min(head, page.Seq-1) // the far side has what is before the cursor, and nothing after
	}
	open, err := n.recall(ctx, head)
	if err != nil {
		return err
	}
	for {
		if ok {
			if err := n.deliver(ctx, items(page.Events)); err != nil {
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
		if page, ok, err = next(ctx, place, keepUp); err != nil {
			return fmt.Errorf("read picture: %w", err)
		}
	}
}

// lately is how far back sensors are recalled: each that works speaks every ten seconds, which makes too many events to read from
// the beginning, and the far side still holds what the others said last.
const lately = 10 * time.Minute

// recall reads the alerts and sensors up to head as they were last told, and tells again what the far side may have forgotten. Its
// result are the alerts to remind of.
func (n *Notifier) recall(ctx context.Context, head uint64) (map[string]*reminder, error) {
	open := make(map[string]*reminder)
	alerts, sensors := make(map[string]Item), make(map[string]Item)
	old := time.Now().Add(-n.cfg.MQTT.ClearAfter - clearing)
	err := n.read(ctx, journal.Follow{From: 1, Types: []record.Type{record.AlertType}}, head, func(e *record.Event) {
		if alerts[e.Alert.ID] = (Item{e, true}); e.Alert.Change == "end" && e.Alert.Updated.Before(old) {
			delete(alerts, e.Alert.ID)
		}
	})
	if err != nil {
		return nil, err
	}
	since := journal.Follow{Since: time.Now().Add(-lately), Types: []record.Type{record.SensorType}}
	err = n.read(ctx, since, head, func(e *record.Event) { sensors[e.Sector+"/"+e.Sensor.ID] = Item{e, true} })
	if err != nil {
		return nil, err
	}
	var again []Item
	for _, id := range sorted(sensors) {
		again = append(again, sensors[id])
	}
	for _, id := range sorted(alerts) {
		again = append(again, alerts[id])
		n.remember(open, *alerts[id].Event)
	}
	return open, n.deliver(ctx, again)
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

func items(events []record.Event) []Item {
	out := make([]Item, len(events))
	for i := range events {
		out[i].Event = &events[i]
	}
	return out
}

// remember which alerts wait for somebody.
func (n *Notifier) remember(open map[string]*reminder, events ...record.Event) {
	for _, e := range events {
		if e.Alert == nil {
			continue
		}
		if e.Alert.Change == "end" || e.Alert.State != "unacknowledged" {
			delete(open, e.Alert.ID)
			continue
		}
		open[e.Alert.ID] = &reminder{event: &e, due: time.Now().Add(n.cfg.Repeat)}
	}
	n.mu.Lock()
	n.status.Open = len(open)
	n.mu.Unlock()
	n.metrics.open.Set(float64(len(open)))
}

// due are the alerts to tell again now, the oldest first.
func (n *Notifier) due(open map[string]*reminder) []Item {
	now := time.Now()
	var out []Item
	for _, r := range open {
		if !r.due.After(now) {
			r.due = now.Add(n.cfg.Repeat)
			out = append(out, Item{r.event, true})
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

// deliver tries until the far side has confirmed all, or ctx ends.
func (n *Notifier) deliver(ctx context.Context, all []Item) error {
	wait := firstPause
	for {
		err := n.out.Deliver(ctx, all)
		if err != nil && ctx.Err() != nil {
			return ctx.Err() //nolint:wrapcheck // the end was asked for
		}
		n.went(err, len(all))
		if err == nil {
			n.count(all)
			return nil
		}
		if !pause(ctx, &wait) {
			return ctx.Err() //nolint:wrapcheck // the end was asked for
		}
	}
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
