package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"cutline/internal/broker"
	"cutline/internal/config"
	"cutline/internal/feed"
	"cutline/internal/journal"
	"cutline/internal/normalize"
	"cutline/internal/record"
	"cutline/internal/replay"
	"cutline/internal/sector"
)

// core builds the pure part of a sector.
func core(cfg config.Config, s config.Sector) (*sector.Sector, error) {
	built, err := sector.New(sectorConfig(cfg, s))
	if err != nil {
		return nil, fmt.Errorf("build sector %q: %w", s.ID, err)
	}
	return built, nil
}

func path(cfg config.Config) (*replay.Path, error) {
	normalizer, err := normalize.New(cfg.Sensors)
	if err != nil {
		return nil, fmt.Errorf("build the normalizer: %w", err)
	}
	all := make([]replay.Sector, len(cfg.Sectors))
	for i, s := range cfg.Sectors {
		if all[i].Core, err = core(cfg, s); err != nil {
			return nil, err
		}
		all[i].ID, all[i].Beside = s.ID, beside(cfg, s)
	}
	return replay.NewPath(normalizer, cfg.Sectors[0].ID, cfg.Correlate.TickEvery, all), nil
}

// Replay runs captures through the pure path and writes the events to out, one a line. The same captures and configuration give
// the same bytes.
func Replay(cfg config.Config, captures []*replay.Capture, out io.Writer) error {
	p, err := path(cfg)
	if err != nil {
		return err
	}
	lines := replay.NewMerge(captures...)
	w := replay.NewWriter(out)
	var events []record.Event
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.Join(err, w.Flush())
		}
		events = p.Message(line, events[:0])
		if err := w.Events(events); err != nil {
			return err
		}
	}
	if err := w.Events(p.End(nil)); err != nil {
		return err
	}
	return w.Flush()
}

// ReplayJournal steps what a daemon has recorded in dir, sector by sector, and writes the events to out. It changes nothing in dir
// that counts, but the daemon that writes there must not be running. The sectors are those of cfg all the time, or, asRecorded, what the
// journal says that they were at each record.
func ReplayJournal(ctx context.Context, cfg config.Config, dir string, asRecorded bool, out io.Writer, log *slog.Logger) error {
	p, err := path(cfg)
	if err != nil {
		return err
	}
	settings := cfg.Broker
	settings.Dir, settings.Listen = dir, ""
	own, err := broker.Start(ctx, settings, log)
	if err != nil {
		return err
	}
	defer own.Close()
	recorded := cfg.Journal
	recorded.Dir, recorded.ReadOnly = dir, true
	j, err := journal.Open(ctx, own.Conn(), recorded, log, nil)
	if err != nil {
		return err
	}
	w := replay.NewWriter(out)
	for _, s := range cfg.Sectors {
		id := s.ID
		step := func(from string, in record.Input, events []record.Event) []record.Event {
			if in.Kind == record.Configured && !asRecorded {
				in.Raw = nil
			}
			return p.Input(id, from, in, events)
		}
		if err := replayRecorded(ctx, j, id, beside(cfg, s), step, w); err != nil {
			return errors.Join(err, w.Flush())
		}
	}
	return w.Flush()
}

// replayRecorded steps one sector from the first input to the last that is there now.
func replayRecorded(ctx context.Context, j *journal.Journal, sector string, beside []string,
	step func(string, record.Input, []record.Event) []record.Event, w *replay.Writer,
) error {
	last, err := j.LastInput(ctx, sector)
	if err != nil || last == 0 {
		return err
	}
	r, err := j.ReadInput(ctx, sector, 1, beside...)
	if err != nil {
		return err
	}
	defer r.Close()
	var events []record.Event
	for seq := uint64(0); seq < last; {
		batch, err := r.Next(ctx)
		if err != nil {
			return err
		}
		seq, events = batch.Seq, events[:0]
		for _, in := range batch.Inputs {
			events = step(batch.Sector, in, events)
		}
		if err := w.Events(events); err != nil {
			return err
		}
	}
	return nil
}

// recordClient is added to the client id: a session of our own, beside the daemon's.
const recordClient = "-record"

// Record subscribes as the daemon does, and writes each message to out as a capture line, until ctx ends. It is a feed whose journal is
// the file.
func Record(ctx context.Context, cfg config.Config, out io.Writer, log *slog.Logger) error {
	normalizer, err := normalize.New(cfg.Sensors)
	if err != nil {
		return fmt.Errorf("build the normalizer: %w", err)
	}
	cfg.MQTT.ClientID += recordClient
	cfg.MQTT.FallbackSector = cfg.Sectors[0].ID
	if cfg.Embedded() {
		cfg.MQTT.URL = "tcp://" + cfg.Broker.Listen
	}
	file := &captureFile{w: replay.NewWriter(out)}
	in, err := feed.New(cfg.MQTT, cfg.Sensors, normalizer, file, log, nil)
	if err != nil {
		return err
	}
	err = runStages(ctx, stage{"feed", in.Run}, stage{"capture", file.run})
	return errors.Join(err, file.flush())
}

// captureFile takes a feed's entries as a journal does, and writes their payloads.
type captureFile struct {
	mu sync.Mutex
	w  *replay.Writer
}

// Put writes an entry's message; it is done when the writer has it.
func (c *captureFile) Put(_ context.Context, e journal.Entry) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.w.Message(record.NewLine(e.Input.Received, e.Input.Topic, e.Input.Raw))
	if err == nil && e.Done != nil {
		e.Done()
	}
	return err
}

// run flushes now and then, so that a reader of the file sees it grow.
func (c *captureFile) run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := c.flush(); err != nil {
				return err
			}
		}
	}
}

func (c *captureFile) flush() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.w.Flush()
}
