package app

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"cutline/internal/config"
	"cutline/internal/correlate"
	"cutline/internal/feed"
	"cutline/internal/journal"
	"cutline/internal/notify"
	"cutline/internal/web"
)

// parts are what the daemon says of itself in /readyz and /api/v1/status.
type parts struct {
	feed    *feed.Feed
	journal *journal.Journal
	influx  *sinkInflux // nil: none is configured
	notify  *notify.Routes
	core    *correlate.Correlator
	config  *reloader
	started time.Time

	unaudited atomic.Pointer[string]             // why the journal could not be looked through; nil: it could, or is being so
	rates     atomic.Pointer[map[string]float64] // of the last few seconds, by measure
}

// health lists the components in the data's direction.
func (p *parts) health() []web.Component {
	all := []web.Component{p.config.health(), p.feedHealth(), p.journalHealth(), p.auditHealth()}
	for _, s := range p.core.Status() {
		all = append(all, sectorHealth(s, p.started))
	}
	return append(append(all, p.influxHealth()), p.notifyHealth()...)
}

func (p *parts) feedHealth() web.Component {
	s := p.feed.Status()
	c := web.Component{Name: "feed", OK: s.Connected && len(s.Refused) == 0, Since: s.Since}
	switch {
	case s.Full:
		c.Message = "takes nothing more until the journal does: the broker keeps what comes"
	case !s.Connected:
		c.Message = fmt.Sprintf("%s is away: %s", s.URL, s.LastError)
	case len(s.Refused) > 0:
		c.Message = fmt.Sprintf("%s refuses to give us %s", s.URL, strings.Join(s.Refused, ", "))
	default:
		c.Message = fmt.Sprintf("subscribed at %s, %d messages", s.URL, s.Messages)
	}
	return c
}

func (p *parts) journalHealth() web.Component {
	s := p.journal.Status()
	c := web.Component{Name: "journal", OK: s.Waiting.IsZero(), Since: p.started}
	if c.OK {
		var words []string
		for _, st := range s.Streams {
			words = append(words, fmt.Sprintf("%s %.1f of %.0f MB", st.Name, float64(st.Bytes)/1e6, float64(st.Cap)/1e6))
		}
		c.Message = strings.Join(words, ", ")
		return c
	}
	c.Since, c.Message = s.Waiting, "does not store, and nothing is acknowledged meanwhile: "+s.LastError
	if s.Full {
		c.Message = "is full, and nothing is acknowledged until room is made: " + s.LastError
	}
	return c
}

func (p *parts) auditHealth() web.Component {
	c := web.Component{Name: "journal audit", OK: true, Since: p.started, Message: "under way"}
	if why := p.unaudited.Load(); why != nil {
		c.OK, c.Message = false, "whether it is whole could not be found out: "+*why
		return c
	}
	r := p.journal.Status().Audit
	if r == nil {
		return c
	}
	if c.OK = r.OK(); c.OK {
		c.Message = fmt.Sprintf("whole: %d messages checked", r.Messages)
		return c
	}
	var lost uint64
	for _, h := range r.Holes {
		lost += h.Messages()
	}
	c.Message = fmt.Sprintf("%d messages are missing (holes: %d), %d are damaged: see the log", lost, len(r.Holes), len(r.Damaged))
	return c
}

// slow is how far a sector may be behind what is received before it says so: an alert is due within a second.
const slow = 5 * time.Second

func sectorHealth(s correlate.Status, since time.Time) web.Component {
	c := web.Component{Name: "sector " + s.Sector, OK: s.Ready && s.Behind < slow, Since: since}
	c.Message = fmt.Sprintf("at input %d, stepped %d ms after its receipt", s.Seq, s.Behind.Milliseconds())
	switch {
	case !s.Ready:
		c.Message = "loads its snapshot"
	case !c.OK:
		c.Message = fmt.Sprintf("catches up: at input %d, of %s ago", s.Seq, s.Behind.Round(time.Second))
	}
	return c
}

func (p *parts) influxHealth() web.Component {
	c := web.Component{Name: "influx", OK: true, Since: p.started, Message: "none is configured"}
	if p.influx == nil {
		return c
	}
	s := p.influx.writer.Status()
	if !s.Since.IsZero() {
		c.Since = s.Since
	}
	if c.OK = s.Up; !s.Up {
		c.Message = fmt.Sprintf("%s is away, the oldest record waits %s: %s", s.URL, s.Behind.Round(time.Second), s.LastError)
		return c
	}
	c.Message = fmt.Sprintf("%s has taken %d points", s.URL, s.Points)
	if s.Parked > 0 {
		c.Message += fmt.Sprintf(", and refused %d: see %s", s.Parked, s.ParkedFile)
	}
	return c
}

func (p *parts) notifyHealth() []web.Component {
	ways := p.notify.Status()
	all := make([]web.Component, len(ways))
	for i, s := range ways {
		c := web.Component{Name: "notify " + s.Name, OK: s.Connected, Since: s.Since, Message: s.LastError}
		if s.Connected {
			c.Message = fmt.Sprintf("%d delivered, %d open alerts", s.Delivered, s.Open)
		}
		if s.Refused > 0 {
			c.Message += fmt.Sprintf("; %d refused for good: see notify.dir", s.Refused)
		}
		all[i] = c
	}
	if len(all) == 0 {
		return []web.Component{{Name: "notify", OK: true, Since: p.started, Message: "switched off"}}
	}
	return all
}

// rateWindow is the time over which rates are averaged.
const rateWindow = 5 * time.Second

// measure keeps the rates until ctx ends.
func (p *parts) measure(ctx context.Context) error {
	tick := time.NewTicker(rateWindow)
	defer tick.Stop()
	before := p.counts()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := p.counts()
		rates := map[string]float64{}
		for name, n := range now {
			rates[name] = float64(n-before[name]) / rateWindow.Seconds()
		}
		p.rates.Store(&rates)
		before = now
	}
}

func (p *parts) counts() map[string]uint64 {
	counts := map[string]uint64{"messages": p.feed.Status().Messages}
	if p.influx != nil {
		counts["influx points"] = p.influx.writer.Status().Points
	}
	return counts
}

func (p *parts) figures() web.Figures {
	f := web.Figures{Versions: map[string]string{"cutline": version(), "go": runtime.Version()}, Lags: map[string]uint64{}}
	if rates := p.rates.Load(); rates != nil {
		f.Rates = *rates
	}
	for _, c := range p.journal.Status().Cursors {
		f.Lags[c.Name+" ("+c.Stream+")"] = c.Lag
	}
	return f
}

// version is the module's, or the commit's.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return info.Main.Version
}

// influxWord says in the log where points go.
func influxWord(cfg config.Config) string {
	if cfg.Influx == nil {
		return "none"
	}
	return cfg.Influx.URL
}
