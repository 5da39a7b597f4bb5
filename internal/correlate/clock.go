package correlate

import (
	"context"
	"time"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// putter is the journal's way in.
type putter interface {
	Put(ctx context.Context, e journal.Entry) error
}

// Clock puts a tick for each of the sectors into j, at each multiple of every, until ctx ends. A journal that takes nothing
// holds it up; ticks that were due meanwhile are left out, since one tick says all that they would have said.
func Clock(ctx context.Context, sectors []string, every time.Duration, j putter) error {
	for {
		timer := time.NewTimer(time.Until(time.Now().Truncate(every).Add(every)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		now := time.Now().UTC().Truncate(every)
		for _, sector := range sectors {
			if err := j.Put(ctx, journal.Entry{Sector: sector, Input: record.Input{Kind: record.Tick, Received: now}}); err != nil {
				return err
			}
		}
	}
}
