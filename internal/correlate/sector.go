package correlate

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// lastWords bounds what a sector may take, once it is to end, to write its last events and snapshot.
const lastWords = 10 * time.Second

// outlast is a context that ends lastWords after ctx does. What is written is written under it: an append that is broken off may be
// stored all the same, and writing its events once more would tell them twice.
func outlast(ctx context.Context) (context.Context, context.CancelFunc) {
	long, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(lastWords, end) })
	return long, func() { stop(); end() }
}

// readAhead is how many messages of INPUT wait decoded while the core steps one.
const readAhead = 2

// runner is one sector's goroutine.
type runner struct {
	cfg     Config
	journal *journal.Journal
	log     *slog.Logger
	meters  sectorMeters
	sector  Sector
	status  atomic.Pointer[Status]

	core   Core
	seq    uint64        // of INPUT, stepped last
	heads  journal.Heads // what PICTURE held when we began
	events []record.Event
	began  time.Time // when the first of events was made
	saved  time.Time // when the last snapshot was made
	since  int       // messages since then
	state  []byte
}

// run steps the sector until ctx ends.
func (r *runner) run(ctx context.Context) error {
	writing, done := outlast(ctx)
	defer done()
	err := r.resume(ctx)
	if err == nil {
		err = r.follow(ctx, writing)
	}
	if ctx.Err() == nil {
		return err
	}
	if r.status.Load() == nil {
		return nil // it has not begun
	}
	if err := r.publish(writing); err != nil {
		return fmt.Errorf("last events: %w", err)
	}
	r.save(writing)
	return nil
}

// follow reads and steps until ctx ends, and writes under writing. It returns when ctx ends, or with what keeps it from going on.
func (r *runner) follow(ctx, writing context.Context) error {
	in, err := r.journal.ReadInput(ctx, r.sector.ID, r.seq+1, r.sector.Beside...)
	if err != nil {
		return err
	}
	r.publishStatus(Status{Sector: r.sector.ID, Ready: true, Seq: r.seq})
	ctx, stop := context.WithCancel(ctx)
	ahead, reading := make(chan journal.InputBatch, readAhead), error(nil)
	var reader sync.WaitGroup
	reader.Go(func() {
		defer in.Close()
		defer close(ahead)
		reading = read(ctx, in, ahead)
	})
	err = r.stepAll(ctx, writing, ahead)
	stop()
	reader.Wait()
	if err == nil {
		err = reading
	}
	return err
}

// read passes batches on until ctx ends.
func read(ctx context.Context, in *journal.InputReader, ahead chan<- journal.InputBatch) error {
	for {
		batch, err := in.Next(ctx)
		if err != nil {
			return err
		}
		select {
		case ahead <- batch:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// resume brings the core to where the last snapshot was made. One that is damaged, or that this version can't read, is said and
// left: the core then begins with the oldest input there is, which is right if all input is still there, and the best there is
// if not. What PICTURE holds is not told twice in either case.
func (r *runner) resume(ctx context.Context) (err error) {
	if r.core, err = r.sector.New(); err != nil {
		return err
	}
	seq, state, err := r.journal.LoadSnapshot(ctx, r.sector.ID)
	if err == nil && state != nil {
		if err = r.core.Restore(state); err == nil {
			r.seq = seq
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		r.log.Error("a sector begins without its snapshot, from the oldest input there is", "error", err)
		if r.core, err = r.sector.New(); err != nil {
			return err
		}
	}
	r.heads, err = r.journal.PictureHeads(ctx, r.sector.ID)
	r.saved = time.Now()
	r.log.Info("a sector goes on", "after_input", r.seq, "snapshot_bytes", len(state))
	return err
}

// stepAll steps what comes. Events leave when nothing more waits, when there are many, or when the first of them has waited.
func (r *runner) stepAll(ctx, writing context.Context, ahead <-chan journal.InputBatch) error {
	for batch := range ahead {
		if err := ctx.Err(); err != nil {
			return err // what is not stepped now is stepped at the next start
		}
		r.step(batch)
		more := len(ahead) > 0 && len(r.events) < r.cfg.GroupEvents && time.Since(r.began) < r.cfg.GroupWait
		due := r.since >= r.cfg.SnapshotMessages || time.Since(r.saved) >= r.cfg.SnapshotEvery
		if more && !due {
			continue
		}
		if err := r.publish(writing); err != nil {
			return err
		}
		if due {
			r.save(writing)
		}
	}
	return nil
}

// step takes one message of INPUT in.
func (r *runner) step(batch journal.InputBatch) {
	from := len(r.events)
	for _, in := range batch.Inputs {
		if batch.Sector == r.sector.ID {
			r.events = r.core.Step(in, r.events)
		} else {
			r.events = r.core.Overhear(in, r.events)
		}
	}
	r.meters.stepped(len(batch.Inputs))
	r.seq = batch.Seq
	r.since++
	made := slices.DeleteFunc(r.events[from:], func(e record.Event) bool {
		return batch.Seq <= r.heads[e.Type] // stepped again after a crash: PICTURE has it
	})
	r.events = r.events[:from+len(made)]
	now := time.Now()
	if from == 0 {
		r.began = now
	}
	if n := len(batch.Inputs); n > 0 {
		s := *r.status.Load()
		s.Seq, s.Received = batch.Seq, batch.Inputs[n-1].Received
		s.Behind = max(0, now.Sub(s.Received))
		r.publishStatus(s)
		r.meters.behind.Set(s.Behind.Seconds())
	}
}

func (r *runner) publishStatus(s Status) { r.status.Store(&s) }

// publish writes the events to PICTURE. An event that can't be written is a fault of the core's; it is said and left out, since
// the same input would make it again at every start.
func (r *runner) publish(ctx context.Context) error {
	if len(r.events) == 0 {
		return nil
	}
	err := r.journal.AppendPicture(ctx, r.sector.ID, r.seq, r.events)
	if err != nil && ctx.Err() == nil {
		if kept := r.writable(); kept < len(r.events) {
			r.events = r.events[:kept]
			err = r.journal.AppendPicture(ctx, r.sector.ID, r.seq, r.events)
		}
	}
	if err != nil {
		return err
	}
	r.meters.published(r.events)
	clear(r.events)
	r.events = r.events[:0]
	return nil
}

// writable moves the events that can be encoded to the front, and counts them.
func (r *runner) writable() int {
	kept := slices.DeleteFunc(slices.Clone(r.events), func(e record.Event) bool {
		_, err := e.AppendJSON(nil)
		if err != nil {
			r.log.Error("an event can't be written and is left out", "type", e.Type, "after_input", r.seq, "error", err)
			r.meters.unwritable.Inc()
		}
		return err != nil
	})
	return copy(r.events, kept)
}

// save stores a snapshot. Without it a crash costs more time, and nothing else, so a failure is said and tried again when the
// next one is due.
func (r *runner) save(ctx context.Context) {
	start := time.Now()
	r.saved, r.since = start, 0
	state, err := r.core.AppendSnapshot(r.state[:0])
	if err == nil {
		r.state = state
		err = r.journal.SaveSnapshot(ctx, r.sector.ID, r.seq, state)
	}
	if err != nil {
		if ctx.Err() == nil {
			r.log.Warn("no snapshot of a sector", "error", err)
		}
		return
	}
	s := *r.status.Load()
	s.Snapshot = time.Now()
	r.publishStatus(s)
	r.meters.saved(len(state), time.Since(start))
}
