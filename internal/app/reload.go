package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cutline/internal/config"
	"cutline/internal/web"
)

// Options of a run; the zero value is a daemon that keeps the configuration it was started with.
type Options struct {
	Ready func(Endpoints) // called once the daemon takes requests

	File   string           // where to load the configuration from again; empty: nowhere
	Hangup <-chan os.Signal // asks for that
	Watch  time.Duration    // between two looks at whether the files have changed; 0: nobody looks
	Keep   string           // a file that takes a copy of each good configuration; empty: none
	Faults []config.Fault   // of File: the daemon was started with the copy
}

// Reload is what became of the last try to load the configuration.
type Reload struct {
	LoadedAt time.Time      // of the configuration that runs
	Faults   []config.Fault // why a newer one does not; empty: there is none
	Restart  []string       // sections that have changed and hold from the next start on
}

// reloader gives a running daemon another configuration: all of it, or nothing and the reason.
type reloader struct {
	Options

	started config.Config // as the daemon was built: what can't change while it runs is held against it
	apply   func(context.Context, config.Config) error
	log     *slog.Logger
	turn    sync.Mutex // one try at a time
	now     atomic.Pointer[config.Config]
	last    atomic.Pointer[Reload]

	// Of the watch, under turn.
	tried config.Config // the last one that was loaded, good or not: its files are watched
	known config.Print  // of these when they were tried
	seen  config.Print  // at the last look
}

func newReloader(cfg config.Config, o Options, log *slog.Logger) *reloader {
	r := &reloader{Options: o, started: cfg, tried: cfg, known: cfg.Loaded(), log: log}
	r.now.Store(&cfg)
	r.last.Store(&Reload{LoadedAt: time.Now().UTC(), Faults: o.Faults})
	if len(o.Faults) == 0 {
		r.keep(cfg)
	}
	return r
}

// current is the configuration that runs.
func (r *reloader) current() config.Config { return *r.now.Load() }

// run loads anew when it is asked to, and when the files have changed and then rested for one look: a file that is being written is
// not read in the middle.
func (r *reloader) run(ctx context.Context) error {
	var look <-chan time.Time
	if r.Watch > 0 && r.File != "" {
		tick := time.NewTicker(r.Watch)
		defer tick.Stop()
		look = tick.C
	}
	for {
		why := "SIGHUP"
		select {
		case <-ctx.Done():
			return nil
		case <-r.Hangup:
		case <-look:
			if why = "the files have changed"; !r.changed() {
				continue
			}
		}
		r.reload(ctx, why)
	}
}

// changed says whether the files are others than those tried last, and have been so for two looks.
func (r *reloader) changed() bool {
	r.turn.Lock()
	defer r.turn.Unlock()
	before := r.seen
	r.seen = r.tried.Print()
	return r.seen != r.known && r.seen == before
}

// reload loads the file and puts it in place. What it can't put in place changes nothing, and is told.
func (r *reloader) reload(ctx context.Context, why string) Reload {
	r.turn.Lock()
	defer r.turn.Unlock()
	next, faults := r.load()
	if len(faults) == 0 {
		if err := r.apply(ctx, next); err != nil {
			faults = []config.Fault{next.Fault("sensors", err.Error())}
		}
	}
	before := r.current()
	if len(faults) > 0 {
		still := *r.last.Load()
		still.Faults = faults
		r.last.Store(&still)
		r.log.Error("the configuration is not taken, and that of before goes on", "why", why, "faults", len(faults), "loaded_at", still.LoadedAt)
		for _, f := range faults {
			r.log.Error("a fault of the configuration", "at", f.Position.String(), "path", f.Path, "what", f.What)
		}
		return still
	}
	restart := r.started.To(next).Restart
	r.now.Store(&next)
	now := Reload{LoadedAt: time.Now().UTC(), Restart: restart}
	r.last.Store(&now)
	d := before.To(next)
	r.log.Info("the configuration is loaded anew", "why", why, "added", d.Added, "removed", d.Removed, "changed", d.Changed,
		"judgement", d.Judgement)
	if len(restart) > 0 {
		r.log.Warn("a part of the configuration holds from the next start on", "sections", restart)
	}
	r.keep(next)
	return now
}

func (r *reloader) load() (config.Config, []config.Fault) {
	if r.File == "" {
		return config.Config{}, []config.Fault{{What: "the daemon was not started with a file"}}
	}
	next, faults, err := config.Load(r.File)
	if err != nil {
		r.known = r.tried.Print() // to say so once is enough
		return next, []config.Fault{{Position: config.Position{File: r.File, Line: 1, Col: 1}, What: err.Error()}}
	}
	r.tried, r.known = next, next.Loaded()
	if !sameSectors(r.started, next) {
		faults = append(faults, next.Fault("sectors", "sectors can't change while the daemon runs: start it anew"))
	}
	return next, faults
}

func sameSectors(a, b config.Config) bool {
	if len(a.Sectors) != len(b.Sectors) {
		return false
	}
	for i := range a.Sectors {
		if a.Sectors[i] != b.Sectors[i] {
			return false
		}
	}
	return true
}

// keep writes the copy that an unattended daemon starts with when the files are bad.
func (r *reloader) keep(cfg config.Config) {
	if r.Keep == "" {
		return
	}
	if err := cfg.Keep(r.Keep); err != nil {
		r.log.Error("no copy of the good configuration is kept", "error", err)
	}
}

// health tells whether what runs is what the files say.
func (r *reloader) health() web.Component {
	last := *r.last.Load()
	c := web.Component{Name: "configuration", OK: len(last.Faults) == 0, Since: last.LoadedAt, Message: "as in the files"}
	switch {
	case !c.OK:
		f := last.Faults[0]
		c.Message = fmt.Sprintf("not as in the files, which have faults (%d): %v", len(last.Faults), f)
	case len(last.Restart) > 0:
		c.Message = "from the next start on, changes hold in " + strings.Join(last.Restart, ", ")
	}
	return c
}
