// Package demo shows the whole daemon at work on one machine: the embedded broker, the journal, a simulated day at the border, and a
// real InfluxDB that it starts and ends itself.
//
//	simulator ─ MQTT ─► the daemon (app.Run) ─► InfluxDB
//	     │ truth              │ HTTP, as an operator's client
//	     └──► score ◄─────────┴─► terminal
//
// It is an operator at a terminal: it knows of the daemon what the API says. What it adds is the truth, which only a simulator
// has, so that at the end it can say what was seen of it. Start at Run.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"cutline/internal/app"
	"cutline/internal/config"
	"cutline/internal/influx"
	"cutline/internal/influxd"
	"cutline/internal/screen"
	"cutline/internal/web/client"
	"cutline/simulator"
)

// Options of a demo.
type Options struct {
	Scenario string
	Seed     uint64
	Speed    float64
	Duration time.Duration // 0: the scenario's own
	HTTP     string        // where the API listens; empty: 127.0.0.1:8080, or a free port if that is taken
	Data     string        // kept directory for journal and database; empty: a temporary one
	Influx   string        // empty: our own influxd; off; or a URL (database or bucket "cutline")

	Out      io.Writer
	Style    screen.Style
	Terminal bool       // Out can rewrite its last line
	Columns  func() int // of the terminal, now; nil or 0: not known
	Verbose  bool       // the daemon's log goes to Out; else to cutline.log in the data directory
}

// bucket is where the demo's points go: InfluxDB 1.8 takes it as a database and its retention policy.
const (
	database = "cutline"
	bucket   = database + "/autogen"
)

// Run plays the demo until the scenario or ctx ends, and then says what was seen. Both are a good end.
func Run(ctx context.Context, o Options) (err error) {
	dir, remove, err := dataDir(o.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	log, closeLog, err := openLog(o, dir)
	if err != nil {
		return err
	}
	defer closeLog()
	scenario, err := simulator.Load(o.Scenario)
	if err != nil {
		return err
	}
	cfg, err := configure(o, scenario, dir)
	if err != nil {
		return err
	}
	stopInflux, err := startInflux(ctx, o, &cfg, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopInflux()) }()

	d := daemon{ready: make(chan app.Endpoints, 1), ended: make(chan error, 1)}
	defer func() { err = errors.Join(err, d.stop()) }()
	at, err := d.start(ctx, cfg, log)
	if err != nil {
		return err
	}
	return play(ctx, o, cfg, scenario, at, dir)
}

// play runs the day and shows it.
func play(ctx context.Context, o Options, cfg config.Config, scenario *simulator.Scenario, at app.Endpoints, dir string) error {
	c, err := client.New(at.HTTP)
	if err != nil {
		return err
	}
	defer c.Close()
	began := time.Now().UTC()
	day, err := simulator.New(scenario, simulator.Options{Seed: o.Seed, Start: began, Speed: o.Speed, Duration: o.Duration})
	if err != nil {
		return err
	}
	s := newShow(o, scenario, len(cfg.Sensors))
	s.opening(at, cfg.Influx, dir)

	watch, stopWatching := context.WithCancel(context.WithoutCancel(ctx))
	var watchers sync.WaitGroup
	watchers.Go(func() { s.follow(watch, c) })
	watchers.Go(func() { s.figures(watch, c) })
	done, err := day.Live(ctx, simulator.LiveConfig{
		Broker: at.MQTT, Sinks: simulator.Sinks{Truth: s.truth}, Progress: s.sent,
	})
	s.sent(done)
	if ctx.Err() == nil {
		wait(ctx, settle) // the last crossings are decided some seconds after they happen
	}
	stopWatching()
	watchers.Wait()
	if err != nil {
		return fmt.Errorf("play the scenario: %w", err)
	}
	return s.closing(context.WithoutCancel(ctx), c, cfg.Influx, began)
}

// settle is how long the demo goes on after the scenario's end.
const settle = 5 * time.Second

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// dataDir is the kept directory, or a temporary one with the function that removes it.
func dataDir(kept string) (dir string, remove func() error, err error) {
	if kept != "" {
		if err := os.MkdirAll(kept, 0o750); err != nil {
			return "", nil, fmt.Errorf("make --data: %w", err)
		}
		return kept, func() error { return nil }, nil
	}
	dir, err = os.MkdirTemp("", "cutline-demo-")
	return dir, func() error { return os.RemoveAll(dir) }, err
}

// openLog keeps the daemon's log out of the picture: it is a file, unless it was asked for.
func openLog(o Options, dir string) (*slog.Logger, func(), error) {
	if o.Verbose {
		return slog.New(slog.NewTextHandler(o.Out, &slog.HandlerOptions{Level: slog.LevelDebug})), func() {}, nil
	}
	f, err := os.Create(filepath.Join(dir, "cutline.log")) //nolint:gosec // in our own directory
	if err != nil {
		return nil, nil, fmt.Errorf("open the log: %w", err)
	}
	return slog.New(slog.NewTextHandler(f, nil)), func() { _ = f.Close() }, nil
}

// configure makes the scenario's configuration, as cutline-sim config would, and puts everything into dir.
func configure(o Options, scenario *simulator.Scenario, dir string) (config.Config, error) {
	site := filepath.Join(dir, "config")
	if err := scenario.WriteConfig(site); err != nil {
		return config.Config{}, err
	}
	cfg, faults, err := config.Load(filepath.Join(site, "cutline.yaml"))
	if err != nil {
		return cfg, err
	}
	for _, f := range faults {
		err = errors.Join(err, errors.New(f.String()))
	}
	if err != nil {
		return cfg, fmt.Errorf("the scenario's configuration: %w", err)
	}
	cfg.MQTT.URL, cfg.MQTT.StateDir = "", dir
	cfg.Notify.MQTT.URL = ""
	cfg.Broker.Listen = "127.0.0.1:0"
	cfg.Journal.Dir = filepath.Join(dir, "journal")
	cfg.Influx = nil
	cfg.HTTP.Listen, cfg.HTTP.Simulated = usualOrFree(cfg.HTTP.Listen), true
	if o.HTTP != "" {
		cfg.HTTP.Listen = o.HTTP
	}
	return cfg, nil
}

// usualOrFree is addr if nobody listens there yet, else any free port.
func usualOrFree(addr string) string {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "127.0.0.1:0"
	}
	_ = l.Close()
	return addr
}

// startInflux points cfg at the InfluxDB that was asked for, and starts it if it is our own.
func startInflux(ctx context.Context, o Options, cfg *config.Config, dir string) (stop func() error, err error) {
	stop = func() error { return nil }
	switch o.Influx {
	case "off":
		return stop, nil
	case "":
		binary, err := influxd.Find(".", besideUs())
		if err != nil {
			return stop, fmt.Errorf("%w\n(make demo does that by itself; --influx URL uses another one, --influx off goes without)", err)
		}
		s, err := influxd.Start(ctx, influxd.Config{Binary: binary, Dir: filepath.Join(dir, "influx")})
		if err != nil {
			return stop, fmt.Errorf("start InfluxDB: %w", err)
		}
		if err := s.CreateDatabase(ctx, database); err != nil {
			return s.Stop, err
		}
		cfg.Influx = influxAt(s.URL(), dir)
		return s.Stop, nil
	}
	cfg.Influx = influxAt(o.Influx, dir)
	return stop, nil
}

func influxAt(url, dir string) *influx.Config {
	c := influx.Defaults()
	c.URL, c.Bucket, c.Dir = url, bucket, dir
	return &c
}

// besideUs is the project's folder, if we are its bin/cutline.
func besideUs() string {
	exe, err := os.Executable()
	if err != nil {
		return "."
	}
	return filepath.Dir(filepath.Dir(exe))
}

// daemon is app.Run on a goroutine of its own.
type daemon struct {
	ready  chan app.Endpoints
	ended  chan error
	cancel context.CancelFunc
}

// start returns when the daemon takes requests. It does not end with ctx but by stop: first the simulator ends, then what it feeds.
func (d *daemon) start(ctx context.Context, cfg config.Config, log *slog.Logger) (app.Endpoints, error) {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	d.cancel = cancel
	go func() {
		defer close(d.ended)
		d.ended <- app.Run(own, cfg, log, app.Options{Ready: func(at app.Endpoints) { d.ready <- at }})
	}()
	select {
	case at := <-d.ready:
		return at, nil
	case err := <-d.ended:
		return app.Endpoints{}, err
	case <-ctx.Done():
		return app.Endpoints{}, ctx.Err()
	}
}

// stop ends the daemon in order and waits for it.
func (d *daemon) stop() error {
	if d.cancel == nil {
		return nil
	}
	d.cancel()
	return <-d.ended
}
