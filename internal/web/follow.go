package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// history is how far back everything is read at the start. Alerts and coverage are read from the beginning before that: what has
// said nothing for weeks is still what it was. So are sensors, but beside the present: there are some 10,000 events a day of each.
const history = 10 * time.Minute

// The pause before the journal is asked again after a fault doubles between these.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
)

// follow keeps the picture up to date until ctx ends. A fault of the journal is said once and retried: the picture stays as it
// was, and /readyz says so.
func (p *picture) follow(ctx context.Context, src source, log *slog.Logger) {
	pause := firstPause
	for {
		before, _ := p.position()
		err := p.followOnce(ctx, src)
		if ctx.Err() != nil {
			return
		}
		if after, _ := p.position(); after > before {
			pause = firstPause
		}
		if p.behind(time.Now()) {
			log.Warn("the picture stands still: the journal cannot be read, retrying", "error", err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		pause = min(2*pause, lastPause)
	}
}

// followOnce brings the picture to the journal's head and keeps it there; it returns with the first fault. What was read before
// is kept: the next call goes on from there.
func (p *picture) followOnce(ctx context.Context, src source) error {
	_, head, err := src.Span(ctx)
	if err != nil {
		return fmt.Errorf("ask for the head of picture: %w", err)
	}
	seq, _ := p.position()
	from := journal.Follow{From: seq + 1}
	if seq == 0 { // nothing was read yet
		if err := p.load(ctx, src, head); err != nil {
			return err
		}
		from = journal.Follow{Since: time.Now().Add(-history)}
	}
	r, err := src.Follow(ctx, from)
	if err != nil {
		return fmt.Errorf("follow picture: %w", err)
	}
	defer r.Close()
	for seq < head {
		page, err := next(ctx, r, quiet)
		if errors.Is(err, errQuiet) { // the newest message is older than the history
			break
		}
		if err != nil {
			return fmt.Errorf("read picture after %d: %w", seq, err)
		}
		p.apply(page)
		seq = page.Seq
	}
	p.caughtUp(head, time.Now())
	for {
		page, err := r.Next(ctx)
		if err != nil {
			return fmt.Errorf("read picture after %d: %w", seq, err)
		}
		p.apply(page)
		seq = page.Seq
	}
}

// load reads what lasts of everything up to head.
func (p *picture) load(ctx context.Context, src source, head uint64) error {
	return p.read(ctx, src, head, record.AlertType, record.CoverageType)
}

// remember reads the sensors of long ago, until that is done or ctx ends.
func (p *picture) remember(ctx context.Context, src source) {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		_, head, err := src.Span(ctx)
		if err == nil {
			err = p.read(ctx, src, head, record.SensorType)
		}
		if err == nil {
			p.pastIsIn()
			return
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// read fills in the types from the beginning up to head.
func (p *picture) read(ctx context.Context, src source, head uint64, types ...record.Type) error {
	_, last, err := src.Span(ctx, types...)
	if err != nil || last == 0 {
		return err
	}
	r, err := src.Follow(ctx, journal.Follow{From: 1, Types: types})
	if err != nil {
		return fmt.Errorf("read %v: %w", types, err)
	}
	defer r.Close()
	for seq := uint64(0); seq < min(last, head); {
		page, err := r.Next(ctx)
		if err != nil {
			return fmt.Errorf("read %v after %d: %w", types, seq, err)
		}
		if seq = page.Seq; seq <= head { // what came since then is told in its turn, with its sequence
			p.fill(page)
		}
	}
	return nil
}

// quiet is how long the journal may bring nothing before that means that it holds nothing more. A wrong guess makes the picture
// ready too soon, no more: what comes later is applied all the same.
const quiet = time.Second

var errQuiet = errors.New("nothing new")

// next message of r, or errQuiet when there is none for a while.
func next(ctx context.Context, r reader, wait time.Duration) (journal.Page, error) {
	return nextOf(ctx, r.Next, wait)
}

func nextOf[T any](ctx context.Context, next func(context.Context) (T, error), wait time.Duration) (T, error) {
	own, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	one, err := next(own)
	if err != nil && ctx.Err() == nil && own.Err() != nil {
		return one, errQuiet
	}
	return one, err
}
