// Package feed brings the sensors' messages from an MQTT broker to the journal.
//
//	broker ─ paho ─► receive: stamp ─► queue ─► worker: normalize ─► journal.Put ─ on disk ─► acks ─ PUBACK ─► broker
//
// What it promises. A message is acknowledged to the broker only when the journal has it on disk, in the order in which it came;
// the session is persistent and QoS 1, so what is not acknowledged comes again: after a lost connection, a crash, a restart of
// either side. So a message may reach the journal twice, and never not at all. A message that no sensor claims, or that cannot be
// read, goes to the journal too, as a reject.
//
// A broker that is away is tried for ever, with back-off and jitter. It is said once in the log, and in Status.
//
// The queue is bounded, and pushes back. paho calls receive on the goroutine that reads the connection: while receive waits for
// room, nothing is read, and TCP slows the broker. That is right for moments, not for minutes: answers to pings stand in the same
// line. So after half the keep-alive, receive ends the connection; the message is not acknowledged, and Run connects again when the
// queue is half empty. Meanwhile the broker keeps what comes, as it does when we are down. Nothing is dropped: to skip a QoS 1
// message and take the next would leave the first in the broker's window for ever.
//
// Two daemons with the same client_id throw each other out, since a broker has one connection per session; Run backs off and says
// so. Two with different ones both get every message.
//
// Payloads are not copied: paho 1.5 reads each into memory of its own and lets go of it. Start at Run.
package feed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/prometheus/client_golang/prometheus"

	"cutline/internal/journal"
	"cutline/internal/record"
	"cutline/internal/sensor"
)

// normalizer turns a payload into a record. The sector is empty if no sensor claims the topic.
type normalizer interface {
	Normalize(received time.Time, topic string, payload []byte) (sector string, in record.Input)
}

// putter is the journal. It calls Entry.Done, in order, when the entry is on disk; Put waits while the journal is behind.
type putter interface {
	Put(ctx context.Context, e journal.Entry) error
}

// Feed is the subscription of one daemon.
type Feed struct {
	cfg       Config
	route     atomic.Pointer[route]
	changed   chan struct{} // holds one: the route is another one
	memory    memory
	journal   putter
	log       *slog.Logger
	queue     *queue
	acks      *acks
	health    *health
	metrics   *metrics
	unclaimed map[string]bool // topics that were logged; the worker's own

	subscribed chan struct{} // closed at the first subscription
	first      sync.Once
}

const (
	minBackoff = 200 * time.Millisecond
	// settled is how long a connection must have lasted to be a good one. A second client of our name ends it at once.
	settled = 5 * time.Second
	// drainIn is the time for what is in the queue, once the feed is told to stop.
	drainIn = 5 * time.Second
)

// New makes a feed of the sensors' topics. Nothing is sent, and the broker need not be there. A nil registry is fine.
func New(cfg Config, sensors []sensor.Definition, n normalizer, j putter, log *slog.Logger, reg prometheus.Registerer) (*Feed, error) {
	if cfg.FallbackSector == "" && len(sensors) > 0 {
		cfg.FallbackSector = sensors[0].Sector
	}
	if cfg.FallbackSector == "" {
		return nil, errors.New("feed: no sensors, and no sector for what nobody claims")
	}
	f := &Feed{
		cfg: cfg, changed: make(chan struct{}, 1), memory: newMemory(cfg), journal: j, log: log,
		queue: newQueue(cfg.QueueMessages, cfg.QueueMiB<<20), acks: newAcks(), health: newHealth(cfg, log),
		unclaimed: make(map[string]bool), subscribed: make(chan struct{}),
	}
	f.metrics = newMetrics(f, reg)
	f.Change(sensors, n)
	return f, nil
}

// Subscribed is closed when the broker has our subscriptions for the first time. Before that, the embedded broker must not let
// sensors in: it keeps messages for sessions that it knows.
func (f *Feed) Subscribed() <-chan struct{} { return f.subscribed }

// Run receives until ctx ends. Then it takes no more, gives the journal what it has in hand, acknowledges it and disconnects; the
// broker keeps the session. An error means that the journal is closed.
func (f *Feed) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	draining, cancelDraining := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelDraining()
	var worker, acker sync.WaitGroup
	acker.Go(func() { f.acks.run(draining) })
	worker.Go(func() {
		if err := f.work(ctx, draining); err != nil {
			stop(err)
			cancelDraining() // a closed journal is done with nothing any more
		}
	})
	f.connections(ctx, func() {
		late := time.AfterFunc(drainIn, cancelDraining)
		defer late.Stop()
		worker.Wait()
		f.acks.settle(draining)
	})
	cancelDraining()
	worker.Wait()
	acker.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// connections makes one connection after the other until ctx ends, then calls drain while the last one is still open.
func (f *Feed) connections(ctx context.Context, drain func()) {
	wait := minBackoff
	for ctx.Err() == nil {
		f.queue.belowHalf(ctx)
		began := time.Now()
		full, err := f.connection(ctx, drain)
		if ctx.Err() != nil {
			break
		}
		f.health.down(err, full)
		if full {
			continue // the queue says when
		}
		if time.Since(began) > settled {
			wait = minBackoff
		}
		select {
		case <-time.After(wait/2 + rand.N(wait)): //nolint:gosec // jitter: a fleet must not come back in one moment
		case <-ctx.Done():
		}
		wait = min(2*wait, f.cfg.MaxBackoff)
	}
	drain()
}

// connection makes one connection and keeps it until it ends or ctx does. full: it was given up because the queue is full.
func (f *Feed) connection(ctx context.Context, drain func()) (full bool, err error) {
	s, err := connect(ctx, f.cfg, false, func(s *session, m mqtt.Message) { f.receive(ctx, s, m) })
	if err != nil {
		return false, err
	}
	began := time.Now()
	want := f.route.Load().filters
	if s.resumed { // it sends already: the answer to SUBSCRIBE stands behind all that it has kept, for minutes
		f.health.up(true)
	}
	refused, err := s.subscribe(ctx, want, f.memory)
	if err != nil {
		why := s.close()
		return errors.Is(why, errFull), err
	}
	f.health.refuse(refused)
	if !s.resumed {
		f.health.up(false)
	}
	f.first.Do(func() { close(f.subscribed) })
	f.attend(ctx, s, want, refused)
	if ctx.Err() != nil {
		drain()
	}
	err = s.close()
	if lasted := time.Since(began); lasted < settled && !errors.Is(err, errFull) {
		err = fmt.Errorf("lost after %v: %w; if it goes on, does another client call itself %q?", lasted.Round(time.Second), err, f.cfg.ClientID)
	}
	return errors.Is(err, errFull), err
}

// receive is paho's handler. It must not wait longer than half the keep-alive: see the package's doc.
func (f *Feed) receive(ctx context.Context, s *session, m mqtt.Message) {
	if ctx.Err() != nil || s.conn.Load().ended.Load() {
		return // not acknowledged: the broker keeps it
	}
	got := message{received: time.Now().UTC(), topic: m.Topic(), payload: m.Payload(), on: s, id: m.MessageID(), qos: m.Qos()}
	if f.queue.put(got, s.dead(), f.cfg.KeepAlive/2) {
		return
	}
	s.end(errFull)
}
