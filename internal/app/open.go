package app

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cutline/internal/broker"
	"cutline/internal/config"
	"cutline/internal/correlate"
	"cutline/internal/feed"
	"cutline/internal/geo"
	"cutline/internal/influx"
	"cutline/internal/journal"
	"cutline/internal/notify"
	"cutline/internal/record"
)

// openBroker starts the embedded server: for the journal, for the sensors, or for both. It is nil where both are outside.
func openBroker(ctx context.Context, cfg config.Config, log *slog.Logger) (own *broker.Server, closeIt func(), err error) {
	if cfg.MQTT.URL != "" && cfg.Journal.URL != "" {
		return nil, func() {}, nil
	}
	settings := cfg.Broker
	settings.Dir, settings.SyncEvery, settings.HoldSensors = cfg.Journal.Dir, time.Duration(cfg.Journal.Sync), true
	if cfg.MQTT.URL != "" {
		settings.Listen = "" // the sensors have a broker already
	}
	if own, err = broker.Start(ctx, settings, log); err != nil {
		return nil, func() {}, err
	}
	return own, own.Close, nil
}

// openJournal opens the journal on the embedded server, or on the one that is configured.
func openJournal(ctx context.Context, cfg config.Config, b *broker.Server, log *slog.Logger, reg prometheus.Registerer,
) (j *journal.Journal, closeConn func(), err error) {
	closeConn = func() {}
	if cfg.Journal.URL == "" {
		j, err = journal.Open(ctx, b.Conn(), cfg.Journal, log, reg) // the broker closes its own connection
		return j, closeConn, err
	}
	conn, err := journal.Dial(cfg.Journal.URL)
	if err != nil {
		return nil, closeConn, err
	}
	j, err = journal.Open(ctx, conn, cfg.Journal, log, reg)
	return j, conn.Close, err
}

// joinUp puts into the settings of feed and notify what other sections say: the broker is one for both, unless notify names another.
func joinUp(cfg *config.Config, b *broker.Server) {
	in, out := &cfg.MQTT, &cfg.Notify.MQTT
	in.FallbackSector, in.DropRaw = cfg.Sectors[0].ID, !cfg.Journal.KeepRaw
	if cfg.Embedded() {
		in.URL = b.MQTTURL()
		in.Username, in.Password = b.MQTTUser()
	}
	if out.URL == "" {
		out.URL, out.Username, out.Password, out.PasswordFile = in.URL, in.Username, in.Password, in.PasswordFile
		out.CAFile, out.CertFile, out.KeyFile = in.CAFile, in.CertFile, in.KeyFile
	}
}

// admit lets the sensors in once the feed has subscribed: what they send before, the embedded broker would acknowledge and keep
// for nobody.
func admit(ctx context.Context, b *broker.Server, f *feed.Feed) error {
	if b == nil {
		<-ctx.Done()
		return nil
	}
	select {
	case <-ctx.Done():
		return nil
	case <-f.Subscribed():
	}
	b.Admit()
	<-ctx.Done()
	return nil
}

// audit looks whether the journal is whole, and says what it finds; unable is where it notes that it could not look. It reads beside
// the daemon's work, which need not wait for it.
func audit(ctx context.Context, j *journal.Journal, unable *atomic.Pointer[string], log *slog.Logger) error {
	report, err := j.Audit(ctx)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		why := err.Error()
		unable.Store(&why)
		log.Error("the journal could not be audited", "error", why)
	case !report.OK():
		for _, h := range report.Holes {
			log.Error("the journal has a hole", "stream", h.Stream, "from", h.From, "to", h.To, "messages", h.Messages())
		}
		for _, d := range report.Damaged {
			log.Error("the journal has a damaged message", "stream", d.Stream, "seq", d.Seq, "reason", d.Reason)
		}
	default:
		log.Info("the journal is whole", "messages", report.Messages, "all", report.All, "took_ms", report.Took.Milliseconds())
	}
	<-ctx.Done()
	return nil //nolint:nilerr // it was said, and the daemon's work goes on
}

// sectors are the pure cores, made when a correlator asks for them.
func sectors(cfg config.Config) []correlate.Sector {
	all := make([]correlate.Sector, len(cfg.Sectors))
	for i, s := range cfg.Sectors {
		all[i] = correlate.Sector{ID: s.ID, Beside: beside(cfg, s), New: func() (correlate.Core, error) { return core(cfg, s) }}
	}
	return all
}

// sinkInflux is the writer with its cursors.
type sinkInflux struct {
	writer   *influx.Writer
	inputs   *journal.InputCursor
	pictures *journal.PictureCursor
}

func (s *sinkInflux) run(ctx context.Context) error {
	defer s.inputs.Close()
	defer s.pictures.Close()
	return s.writer.Run(ctx, s.inputs, s.pictures)
}

// openInflux is nil where no InfluxDB is configured.
func openInflux(ctx context.Context, cfg config.Config, j *journal.Journal, log *slog.Logger, reg prometheus.Registerer,
) (*sinkInflux, error) {
	if cfg.Influx == nil {
		log.Info("no InfluxDB is configured: the picture is kept in the journal only")
		return nil, nil //nolint:nilnil // none is wanted
	}
	w, err := influx.New(*cfg.Influx, places(cfg), log, reg)
	if err != nil {
		return nil, fmt.Errorf("open influx: %w", err)
	}
	s := &sinkInflux{writer: w}
	if s.inputs, err = j.InputCursor(ctx, "influx", record.Message); err != nil {
		return nil, fmt.Errorf("open influx: %w", err)
	}
	if s.pictures, err = j.PictureCursor(ctx, "influx"); err != nil {
		s.inputs.Close()
		return nil, fmt.Errorf("open influx: %w", err)
	}
	return s, nil
}

// openNotify makes the ways out; there may be none.
func openNotify(cfg config.Config, j *journal.Journal, log *slog.Logger, reg prometheus.Registerer) (*notify.Routes, error) {
	out, err := notify.Open(cfg.Notify, j, notify.Deps{Log: log, Register: reg, Site: NotifySite(cfg)})
	if err != nil {
		return nil, fmt.Errorf("open notify: %w", err)
	}
	return out, nil
}

// NotifySite is what a map at the far side shows of the place.
func NotifySite(cfg config.Config) notify.Site {
	site := notify.Site{Sensors: map[string]notify.Place{}}
	for _, l := range cfg.Geometry.Lines {
		line := make([]geo.LLA, len(l.Points))
		for i, p := range l.Points {
			line[i] = geo.LLA{Lat: p.Lat, Lon: p.Lon}
		}
		site.Lines = append(site.Lines, line)
	}
	for _, s := range cfg.Sensors {
		if s.HasPose {
			site.Sensors[s.ID] = notify.Place{At: s.Pose.LLA(), Kind: string(s.Kind)}
		}
	}
	return site
}

func sectorIDs(cfg config.Config) []string {
	ids := make([]string, len(cfg.Sectors))
	for i, s := range cfg.Sectors {
		ids[i] = s.ID
	}
	return ids
}

// retain forgets the cursors of outputs and sectors that are no longer configured: else they keep the journal from making room.
func retain(ctx context.Context, cfg config.Config, j *journal.Journal, log *slog.Logger) error {
	cursors := cfg.Notify.Cursors()
	if cfg.Influx != nil {
		cursors = append(cursors, "influx")
	}
	forgotten, err := j.Retain(ctx, sectorIDs(cfg), cursors)
	if len(forgotten) > 0 {
		log.Warn("forgot how far readers had come that are no longer configured", "names", forgotten)
	}
	return err
}
