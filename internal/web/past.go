package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// archive is what web needs of the journal to tell of the past. Its readers begin at Follow.Since, a time of storing, and share nothing
// with those who follow.
type archive interface {
	Past(ctx context.Context, f journal.Follow) (reader, error)
	PastInput(ctx context.Context, f journal.Follow) (inputReader, error)
	LastInput(ctx context.Context, sector string) (uint64, error)
}

// inputReader is a place in INPUT.
type inputReader interface {
	Next(ctx context.Context) (journal.InputBatch, error)
	Close()
}

// An event is stored after its own time: a crossing some tens of seconds, once it is certain.
const (
	early      = 5 * time.Second  // a sensor's clock may be so far ahead
	hold       = time.Minute      // events are put in order within this
	holdBytes  = 32 << 20         // or within this much
	sectorsLag = 15 * time.Minute // a sector that is further behind the others is not waited for
)

// past is a period of PICTURE.
type past struct {
	from, to time.Time // both included
	sector   string
	types    []record.Type
}

// moment is an event with the line that it is stored as.
type moment struct {
	*record.Event
	line []byte
}

// errEnough ends a walk; it is no fault.
var errEnough = errors.New("enough")

// walk hands the events of a period to fn, in the order of their times. It reads what is stored now and does not wait for more.
func (s *Server) walk(ctx context.Context, p past, fn func(moment) error) error {
	_, last, err := s.src.Span(ctx, p.types...)
	if err != nil {
		return fmt.Errorf("ask for the head of picture: %w", err)
	}
	if last == 0 {
		return nil
	}
	r, err := s.old.Past(ctx, journal.Follow{Since: p.from.Add(-early), Sector: p.sector, Types: p.types})
	if err != nil {
		return fmt.Errorf("read picture since %v: %w", p.from, err)
	}
	defer r.Close()
	o := &order{from: p.from, to: p.to, reached: map[string]time.Time{}, fn: fn}
	for seq := uint64(0); err == nil && seq < last && !o.beyond(); {
		var page journal.Page
		page, err = next(ctx, r, quiet)
		if errors.Is(err, errQuiet) { // what is newer is another sector's
			err = nil
			break
		}
		if err == nil {
			seq = page.Seq
			err = o.take(&page)
		}
	}
	if err == nil {
		err = o.release(time.Time{})
	}
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// order puts events into the order of their times, as far as it holds them back.
type order struct {
	from, to time.Time
	fn       func(moment) error
	held     []moment // sorted
	bytes    int
	reached  map[string]time.Time // the latest event of each sector
}

func (o *order) take(page *journal.Page) error {
	lines, stored := page.Lines, bytes.Count(page.Lines, []byte{'\n'}) == len(page.Events) // else one of them is damaged
	for i := range page.Events {
		m := moment{Event: &page.Events[i]}
		if stored {
			m.line, lines, _ = bytes.Cut(lines, []byte{'\n'})
		} else if line, err := m.AppendJSON(nil); err == nil {
			m.line = bytes.TrimSuffix(line, []byte{'\n'})
		}
		if m.Time.After(o.reached[m.Sector]) {
			o.reached[m.Sector] = m.Time
		}
		if m.Time.Before(o.from) || m.Time.After(o.to) {
			continue
		}
		at, _ := slices.BinarySearchFunc(o.held, m.Time, func(m moment, t time.Time) int { // behind its equals
			if m.Time.After(t) {
				return 1
			}
			return -1
		})
		o.held = slices.Insert(o.held, at, m)
		o.bytes += len(m.line)
	}
	return o.release(o.slowest().Add(-hold))
}

// slowest is how far the sector has come that is furthest behind, of those that are not given up.
func (o *order) slowest() time.Time {
	var first, last time.Time
	for _, t := range o.reached {
		if t.After(last) {
			last = t
		}
	}
	for _, t := range o.reached {
		if last.Sub(t) <= sectorsLag && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// beyond says that nothing of the period is to come any more.
func (o *order) beyond() bool { return o.slowest().Add(-hold).After(o.to) }

// release hands on what is not after a time, all at the zero one, and what there is no room for.
func (o *order) release(t time.Time) error {
	n := 0
	for ; n < len(o.held) && (t.IsZero() || !o.held[n].Time.After(t) || o.bytes > holdBytes); n++ {
		if err := o.fn(o.held[n]); err != nil {
			return err
		}
		o.bytes -= len(o.held[n].line)
	}
	o.held = slices.Delete(o.held, 0, n)
	return nil
}

// period reads from and to of a query, which together must be no longer than most.
func period(q url.Values, most time.Duration) (from, to time.Time, err error) {
	for _, p := range []struct {
		name string
		into *time.Time
	}{{"from", &from}, {"to", &to}} {
		if !q.Has(p.name) {
			return from, to, wrong(p.name, "is missing: give a time, as in 2026-11-24T08:12:03Z")
		}
		t, err := time.Parse(time.RFC3339Nano, q.Get(p.name))
		if err != nil {
			return from, to, wrong(p.name, "%q is no time: give one as in 2026-11-24T08:12:03Z", q.Get(p.name))
		}
		*p.into = t.UTC()
	}
	switch {
	case to.Before(from):
		return from, to, wrong("to", "is before from")
	case to.Sub(from) > most:
		return from, to, wrong("to", "is %v after from: ask for at most %v (http.history_span) at once", to.Sub(from), most)
	}
	return from, to, nil
}

// looking lets only so many look into the past at once: it is work that nobody's alert may wait for. False: it has been refused.
func (s *Server) looking(handle http.HandlerFunc) http.HandlerFunc {
	return s.loaded(func(w http.ResponseWriter, r *http.Request) {
		select {
		case s.lookers <- struct{}{}:
			defer func() { <-s.lookers }()
			handle(w, r)
		case <-r.Context().Done():
		case <-time.After(s.cfg.AckTimeout):
			w.Header().Set("Retry-After", "5")
			fail(w, http.StatusServiceUnavailable, "%d others look into the past now: ask again", cap(s.lookers))
		}
	})
}

// mostLookers is how many may look into the past at once.
const mostLookers = 4

// more is the last line of a history that was cut short: the rest begins at its time, which may tell again what came at that instant.
func more(at time.Time) []byte {
	line, _ := json.Marshal(map[string]any{"type": "more", "time": at}) // a time is always JSON
	return append(line, '\n')
}
