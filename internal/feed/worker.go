package feed

import (
	"context"
	"fmt"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// atOnce is how many messages the worker takes from the queue in one go.
const atOnce = 256

// unclaimedMax bounds the topics that are remembered as logged.
const unclaimedMax = 100

// work gives the journal what is in the queue until ctx has ended and the queue is empty. draining ends the wait for the journal.
func (f *Feed) work(ctx, draining context.Context) error {
	buf := make([]message, atOnce)
	for {
		some := f.queue.take(ctx, buf)
		if some == nil {
			return nil
		}
		for i := range some {
			if err := f.journal.Put(draining, f.entry(&some[i])); err != nil {
				return fmt.Errorf("feed: %w", err)
			}
			some[i] = message{}
		}
	}
}

// entry makes the journal's entry of a message, and counts it.
func (f *Feed) entry(m *message) journal.Entry {
	now := f.route.Load()
	sector, in := now.normalize.Normalize(m.received, m.topic, m.payload)
	claimed := sector != ""
	if !claimed {
		sector = f.cfg.FallbackSector
		f.nobody(&in, m)
	}
	f.metrics.count(now.messages, &in, claimed)
	f.health.count(!claimed)
	if f.cfg.DropRaw && in.Kind == record.Message && len(in.Rejects) == 0 {
		in.Raw = nil
	}
	return journal.Entry{Sector: sector, Input: in, Done: f.acks.expect(m)}
}

// nobody completes the record of a message that no sensor claims: it is a reject that people can see, and is not lost.
func (f *Feed) nobody(in *record.Input, m *message) {
	in.Kind = record.Rejected
	in.Received, in.Topic, in.Raw = m.received, m.topic, m.payload
	if len(in.Rejects) == 0 {
		in.Rejects = []record.Reject{{Reason: "no sensor claims the topic " + m.topic}}
	}
	if f.unclaimed[m.topic] || len(f.unclaimed) >= unclaimedMax {
		return
	}
	f.unclaimed[m.topic] = true
	f.log.Warn("no sensor claims the topic; its messages are rejects", "topic", m.topic, "sector", f.cfg.FallbackSector)
}
