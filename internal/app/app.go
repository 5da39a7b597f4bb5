// Package app builds the daemon in one straight line, runs it, and takes it down in the data's direction.
//
//	broker ─► feed ─► journal ─► correlators ─► journal ─► influx, notify, web
//
// Run is the whole of it: read it from top to bottom. What can fail is opened first; then every part runs as a stage
// (stages.go) until the context ends. A part that is away (broker, InfluxDB, disk) is no reason to end: it says so in the log and
// in health.go, and goes on trying. The journal makes any end safe, so no stage has to end well for the data's sake.
//
// Replay and Record use the same parts for captures (replay.go).
package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"cutline/internal/config"
	"cutline/internal/correlate"
	"cutline/internal/feed"
	"cutline/internal/normalize"
	"cutline/internal/web"
)

// Endpoints are where a running daemon can be reached.
type Endpoints struct {
	HTTP string // http://host:port
	MQTT string // of the embedded broker, or the one outside
}

// gcPercent has the garbage collected when it is half of what lives, not as much: a fifth less memory at the peak of a backlog, for a
// twentieth more processor. GOGC in the environment overrides it.
const gcPercent = 50

// Run runs the daemon until ctx ends or a part of it breaks.
func Run(ctx context.Context, cfg config.Config, log *slog.Logger, o Options) error { //nolint:funlen // one straight line
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	own, closeBroker, err := openBroker(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer closeBroker()
	anew := newReloader(cfg, o, log)
	joinUp(&cfg, own)
	jnl, closeConn, err := openJournal(ctx, cfg, own, log, reg)
	defer closeConn()
	if err != nil {
		return err
	}
	normalizer, err := normalize.New(cfg.Sensors)
	if err != nil {
		return fmt.Errorf("build the normalizer: %w", err)
	}
	in, err := feed.New(cfg.MQTT, cfg.Sensors, normalizer, jnl, log, reg)
	if err != nil {
		return err
	}
	core := correlate.New(cfg.Correlate, jnl, sectors(cfg), log, reg)
	points, err := openInflux(ctx, cfg, jnl, log, reg)
	if err != nil {
		return err
	}
	out, err := openNotify(cfg, jnl, log, reg)
	if err != nil {
		return err
	}
	if err := retain(ctx, cfg, jnl, log); err != nil {
		return err
	}
	daemon := parts{feed: in, journal: jnl, core: core, influx: points, notify: out, config: anew, started: time.Now()}
	anew.apply = daemon.configure
	if err := configureSectors(ctx, jnl, cfg); err != nil {
		return err
	}
	api, err := web.Open(cfg.HTTP, jnl, web.Deps{
		Health: daemon.health, Figures: daemon.figures, Site: func() web.Site { return site(anew.current()) },
		Loaded: anew.told, Reload: anew.ask, Deliveries: daemon.deliveries, Gatherer: reg, Register: reg, Log: log,
		Discover: func(ctx context.Context) (web.Discovery, error) { return anew.discover(ctx, cfg.MQTT) },
	})
	if err != nil {
		return err
	}
	defer func() { _ = api.Close() }() // after Run it has nothing left to lose

	stages := []stage{
		{"reload", anew.run},
		{"reports", (&reporter{sector: cfg.Sectors[0].ID, health: daemon.troubled, put: jnl.Put}).run},
		{"feed", in.Run},
		{"admission", func(ctx context.Context) error { return admit(ctx, own, in) }},
		{"correlate", core.Run},
		{"journal", jnl.Run},
		{"audit", func(ctx context.Context) error { return audit(ctx, jnl, &daemon.unaudited, log) }},
	}
	if points != nil {
		stages = append(stages, stage{"influx", points.run})
	}
	stages = append(stages, stage{"notify", out.Run}, stage{"rates", daemon.measure}, stage{"web", api.Run})
	at := Endpoints{HTTP: "http://" + api.Addr().String(), MQTT: cfg.MQTT.URL}
	log.Info("cutline is up", "http", at.HTTP, "mqtt", at.MQTT, "influx", influxWord(cfg),
		"sectors", len(cfg.Sectors), "sensors", len(cfg.Sensors))
	if o.Ready != nil {
		o.Ready(at)
	}
	defer context.AfterFunc(ctx, func() { log.Info("cutline is ending: what was acknowledged is in the journal") })()
	err = runStages(ctx, stages...)
	log.Info("cutline has ended")
	return err
}
