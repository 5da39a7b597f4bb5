// Package correlate runs the sectors: it reads INPUT, steps each sector's core, and writes what follows to PICTURE.
//
//	LoadSnapshot ─► core.Restore ─► ReadInput ─► core.Step … ─► AppendPicture ─► SaveSnapshot
//	clock ─► journal.Put(tick)          one goroutine per sector
//
// A sector that is killed at any instant goes on as if it had not been: it loads its last snapshot, steps the inputs after it
// again, and leaves out the events that PICTURE holds already, which it knows by the INPUT sequence that each message of PICTURE
// carries per type of event. The core is a pure function of its inputs, so what it makes again is what it made before.
//
// Events of several INPUT messages go into one append while a sector catches up, bounded by Config; when it has caught up, every
// input's events leave at once. Time enters by ticks, which the clock here puts into INPUT like any other input.
//
// Start at sector.go.
package correlate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// Core is one sector's picture: sector.Sector.
type Core interface {
	Stepper
	// AppendSnapshot appends the whole state, Restore takes it back: then the core steps on as the one that wrote it.
	AppendSnapshot(dst []byte) ([]byte, error)
	Restore(data []byte) error
}

// Stepper takes inputs in, and appends the events that follow from each to out. They stay valid.
type Stepper interface {
	Step(in record.Input, out []record.Event) []record.Event
	// Overhear is Step for a message of a sector beside.
	Overhear(in record.Input, out []record.Event) []record.Event
}

// Sector is what Run runs. New makes an empty core; it is called again if a snapshot can't be restored.
type Sector struct {
	ID     string
	Beside []string // sectors whose messages it overhears
	New    func() (Core, error)
}

// Config of the correlator.
type Config struct {
	TickEvery        time.Duration `mapstructure:"tick_every"`        // between two ticks of a sector
	SnapshotEvery    time.Duration `mapstructure:"snapshot_every"`    // between two snapshots of a sector
	SnapshotMessages int           `mapstructure:"snapshot_messages"` // a snapshot after so many messages of INPUT, however soon
	GroupEvents      int           `mapstructure:"group_events"`      // an append has no more events than these and one message's
	GroupWait        time.Duration `mapstructure:"group_wait"`        // an event waits for others for no longer, while catching up
}

// Defaults are for live data. Ticks bound how late silence and the end of the reorder window are noticed: by a fifth of the second
// in which an alert is due. A snapshot bounds how much is stepped again after a crash: 10 s of input take well below one, and
// 20,000 messages of up to 256 inputs some tens of seconds.
func Defaults() Config {
	return Config{
		TickEvery: 200 * time.Millisecond, SnapshotEvery: 10 * time.Second, SnapshotMessages: 20_000,
		GroupEvents: 2000, GroupWait: 20 * time.Millisecond,
	}
}

// Check reports every bad field by its path.
func (c Config) Check(fault func(path, what string)) {
	if c.TickEvery < 10*time.Millisecond || c.TickEvery > time.Second {
		fault("tick_every", "want from 10ms to 1s")
	}
	if c.SnapshotEvery < time.Second {
		fault("snapshot_every", "want 1s or more")
	}
	if c.SnapshotMessages < 1 {
		fault("snapshot_messages", "want 1 or more")
	}
	if c.GroupEvents < 1 || c.GroupEvents > 100_000 {
		fault("group_events", "want from 1 to 100000")
	}
	if c.GroupWait < 0 || c.GroupWait > time.Second {
		fault("group_wait", "want from 0 to 1s: an alert may wait for so long while a sector catches up")
	}
}

// Correlator runs sectors.
type Correlator struct {
	cfg     Config
	journal *journal.Journal
	log     *slog.Logger
	meters  *meters
	runners []*runner
}

// New makes a correlator of sectors. A nil registry is fine.
func New(cfg Config, j *journal.Journal, sectors []Sector, log *slog.Logger, reg prometheus.Registerer) *Correlator {
	c := &Correlator{cfg: cfg, journal: j, log: log, meters: newMeters(reg)}
	for _, s := range sectors {
		c.runners = append(c.runners, &runner{
			cfg: cfg, journal: j, log: log.With("sector", s.ID), meters: c.meters.of(s.ID), sector: s,
		})
	}
	return c
}

// Run runs the sectors and their clock until ctx ends, or a sector can't go on. Before it returns every sector has written the
// events of what it had read, and a snapshot. The journal must be running for longer.
func (c *Correlator) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	errs := make([]error, len(c.runners)+1)
	var all sync.WaitGroup
	for i, r := range c.runners {
		all.Go(func() {
			defer stop() // one sector alone would look like a quiet border on the others
			if err := r.run(ctx); err != nil {
				errs[i] = fmt.Errorf("correlate sector %s: %w", r.sector.ID, err)
			}
		})
	}
	all.Go(func() { errs[len(c.runners)] = c.tick(ctx) })
	all.Wait()
	return errors.Join(errs...)
}

// tick puts the clock into INPUT. While the journal is full it waits: time that nothing can be stored at does not pass in the
// core, and the first tick afterwards makes up for it.
func (c *Correlator) tick(ctx context.Context) error {
	clock := time.NewTicker(c.cfg.TickEvery)
	defer clock.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-clock.C:
		}
		for _, r := range c.runners {
			in := record.Input{Kind: record.Tick, Received: time.Now().UTC()}
			if err := c.journal.Put(ctx, journal.Entry{Sector: r.sector.ID, Input: in}); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return fmt.Errorf("tick sector %s: %w", r.sector.ID, err)
			}
		}
	}
}

// Status of a sector.
type Status struct {
	Sector   string
	Ready    bool          // it has loaded its snapshot and reads
	Seq      uint64        // of INPUT, stepped last
	Received time.Time     // of the newest input stepped
	Behind   time.Duration // how old that was when it was stepped
	Snapshot time.Time     // when the last one was stored; zero: none yet by this process
}

// Status tells how the sectors are, in the order of New.
func (c *Correlator) Status() []Status {
	all := make([]Status, len(c.runners))
	for i, r := range c.runners {
		all[i] = Status{Sector: r.sector.ID}
		if s := r.status.Load(); s != nil {
			all[i] = *s
		}
	}
	return all
}
