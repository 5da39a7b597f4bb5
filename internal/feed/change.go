package feed

import (
	"context"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"cutline/internal/sensor"
)

// route is what the feed asks for and who reads it. It changes as a whole, between two messages.
type route struct {
	filters   []string
	normalize normalizer
	messages  map[string]prometheus.Counter // by sensor; nobody's as well
}

// Change takes other sensors in place of the present ones, with n to read them. The connection stays, and so do the subscriptions that
// are still wanted: who is in both lists notices nothing. Messages that are on their way from a sensor that goes are rejects, as those of
// any topic that nobody claims. Change returns at once; the broker is asked for the new topics now, or when it is there again.
func (f *Feed) Change(sensors []sensor.Definition, n normalizer) {
	f.route.Store(&route{filters: filters(sensors), normalize: n, messages: f.metrics.of(sensors)})
	signal(f.changed)
}

// attend keeps a connection's subscriptions what is wanted, until the connection or ctx ends.
func (f *Feed) attend(ctx context.Context, s *session, have, refused []string) {
	for {
		select {
		case <-s.dead():
			return
		case <-ctx.Done():
			return
		case <-f.changed:
		}
		want := f.route.Load().filters
		more, err := s.change(ctx, f.memory, have, want)
		if err != nil {
			s.end(err) // the next connection asks for everything
			return
		}
		refused = slices.DeleteFunc(refused, func(r string) bool { return !slices.Contains(want, r) })
		refused = append(refused, more...)
		slices.Sort(refused)
		f.health.refuse(refused)
		have = want
	}
}

// change asks for what is new, and gives up what is no longer wanted: in this order, so that a topic that moves to a wider filter is heard
// all the while.
func (s *session) change(ctx context.Context, memory memory, have, want []string) (refused []string, err error) {
	fresh, stale := minus(want, have), minus(have, want)
	if err := memory.save(append(slices.Clone(want), stale...)); err != nil { // before: one that is asked for is never forgotten
		return nil, err
	}
	if refused, err = s.ask(ctx, fresh); err != nil {
		return nil, err
	}
	if len(stale) > 0 {
		if err := s.wait(ctx, "unsubscribe", s.client.Unsubscribe(stale...)); err != nil {
			return nil, err
		}
	}
	return refused, memory.save(want)
}

// minus lists what is in a and not in b.
func minus(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(f string) bool { return slices.Contains(b, f) })
}
