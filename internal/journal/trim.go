package journal

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Near the cap the oldest are removed, down to a distance that is worth the work.
const (
	capHigh = 0.9
	capLow  = 0.8
)

// How often the streams are looked at, and the ledger is written and old data removed.
const (
	refreshEvery = time.Second
	trimEvery    = 5 * time.Second
)

// keep looks after the streams until ctx ends.
func (j *Journal) keep(ctx context.Context) {
	look, trim := time.NewTicker(refreshEvery), time.NewTicker(trimEvery)
	defer look.Stop()
	defer trim.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			j.endLedger(context.WithoutCancel(ctx))
			return
		case <-look.C:
			err = j.refresh(ctx)
		case <-trim.C:
			err = j.tidy(ctx)
		case <-j.trimNow:
			err = j.tidy(ctx)
		}
		if err != nil && ctx.Err() == nil {
			j.log.Debug("looking after the journal", "error", err) // whoever writes states that the server is away
		}
	}
}

func (j *Journal) wakeTrimmer() {
	select {
	case j.trimNow <- struct{}{}:
	default: // it is awake
	}
}

// tidy writes the ledger, and removes what nobody needs any more.
func (j *Journal) tidy(ctx context.Context) error {
	if err := j.refresh(ctx); err != nil {
		return err
	}
	if err := j.writeLedger(); err != nil {
		return err
	}
	for _, stream := range [...]string{inputStream, pictureStream} {
		if err := j.trim(ctx, stream); err != nil {
			return fmt.Errorf("trim %s: %w", stream, err)
		}
	}
	return nil
}

// trim removes the head of a stream: what is older than max_age or, near the cap, the oldest; in both cases no more than what
// everybody is done with.
func (j *Journal) trim(ctx context.Context, stream string) error {
	s, err := j.js.Stream(ctx, stream)
	if err != nil {
		return err
	}
	info := s.CachedInfo()
	state := info.State
	if state.Msgs == 0 {
		return nil
	}
	target := state.FirstSeq - 1 // the last to go
	if j.cfg.MaxAge > 0 && time.Since(state.FirstTime) > j.cfg.MaxAge {
		if target, err = j.before(ctx, stream, time.Now().Add(-j.cfg.MaxAge)); err != nil {
			return err
		}
	}
	if most := float64(info.Config.MaxBytes); most > 0 && float64(state.Bytes) > capHigh*most {
		share := 1 - capLow*most/float64(state.Bytes)
		target = max(target, state.FirstSeq-1+uint64(math.Ceil(share*float64(state.Msgs))))
	}
	if target < state.FirstSeq {
		return nil
	}
	passed, err := j.passed(ctx, stream, state.LastSeq)
	if err != nil {
		return err
	}
	if target = min(target, passed); target < state.FirstSeq {
		return nil
	}
	if err = j.noteTrim(stream, target); err != nil { // first, or a crash in between looks like a hole
		return err
	}
	if err = s.Purge(ctx, jetstream.WithPurgeSequence(target+1)); err != nil {
		return err
	}
	j.log.Debug("removed old data", "stream", stream, "up_to", target)
	return nil
}

// before is the last sequence that was stored before t. The server finds it for a consumer that is to begin at t.
func (j *Journal) before(ctx context.Context, stream string, t time.Time) (uint64, error) {
	c, err := j.js.CreateConsumer(ctx, stream, jetstream.ConsumerConfig{
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: time.Minute,
		DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &t,
	})
	if err != nil {
		return 0, err
	}
	info := c.CachedInfo()
	return info.Delivered.Stream, j.js.DeleteConsumer(ctx, stream, info.Name)
}

// passed is the sequence of a stream, last at most, up to which all durable cursors and all snapshots are done with it. Where
// there is none, nothing is.
func (j *Journal) passed(ctx context.Context, stream string, last uint64) (uint64, error) {
	subjects, err := j.marks(ctx)
	if err != nil {
		return 0, err
	}
	least, found := last, false
	for _, subject := range subjects {
		what := token(subject, 1)
		if what != "sector" && what != markWord(stream) {
			continue
		}
		m, ok, err := j.loadMark(ctx, subject)
		if err != nil {
			return 0, err
		}
		if !ok {
			continue
		}
		found = true
		place := m.Input
		if stream == pictureStream {
			place = m.Picture
		}
		if c := j.cursor(subject); c != nil {
			place, _ = c.place(ctx, last)
		}
		least = min(least, place)
	}
	if !found {
		return 0, nil
	}
	return least, nil
}

func (j *Journal) cursor(subject string) *cursor {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.cursors[subject]
}
