package web

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// key of a track or a sensor, which are named within their sector.
type key struct{ sector, id string }

// picture is what is known now. One goroutine applies the pages of PICTURE, in order; any number read. Events are never changed once
// they are in, so a reader takes pointers under a short lock and encodes them outside of it.
type picture struct {
	keepEnded, keepRejects int
	trackAge               time.Duration

	mu       sync.RWMutex
	seq      uint64        // of the newest page applied
	loaded   bool          // everything that was in the journal at the start is in
	stale    bool          // the journal cannot be read: the picture stands still
	since    time.Time     // of either
	changed  chan struct{} // closed and replaced at every page
	tracks   map[key]*record.Event
	newest   map[string]time.Time // event time of each sector's tracks
	swept    map[string]time.Time // when its old tracks were last looked for
	alerts   map[string]*record.Event
	ended    []string // ids of ended alerts, oldest first
	raised   []raised // of the last day, in the order of their coming
	sensors  map[key]*record.Event
	heard    map[key]uint64           // sequence of what sensors has: the past is read beside the present, and must not win
	past     bool                     // the sensors of long ago are in too
	coverage map[string]*record.Event // by sector
	rejects  []*record.Event          // a ring once it is full
	reject   int                      // where the next one goes
}

func newPicture(cfg Config, now time.Time) *picture {
	return &picture{
		keepEnded: cfg.KeepEnded, keepRejects: cfg.KeepRejects, trackAge: cfg.TrackAge,
		since:    now,
		changed:  make(chan struct{}),
		tracks:   make(map[key]*record.Event),
		newest:   make(map[string]time.Time),
		swept:    make(map[string]time.Time),
		alerts:   make(map[string]*record.Event),
		sensors:  make(map[key]*record.Event),
		heard:    make(map[key]uint64),
		coverage: make(map[string]*record.Event),
	}
}

// apply takes the next page. What the events point to becomes the picture's: the caller does not touch it again.
func (p *picture) apply(page journal.Page) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.take(page)
	p.seq = max(p.seq, page.Seq)
	close(p.changed)
	p.changed = make(chan struct{})
}

// fill takes a page of the past: the picture's sequence stays.
func (p *picture) fill(page journal.Page) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.take(page)
}

func (p *picture) take(page journal.Page) {
	for _, e := range page.Events { // a copy each: a pointer into the page would keep all of it for one of its events
		p.put(page.Seq, &e)
	}
}

// caughtUp says that everything up to seq is in.
func (p *picture) caughtUp(seq uint64, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seq = max(p.seq, seq)
	p.loaded, p.stale, p.since = true, false, now
}

func (p *picture) put(seq uint64, e *record.Event) {
	switch {
	case e.Track != nil:
		p.putTrack(e)
	case e.Alert != nil:
		p.putAlert(e)
	case e.Sensor != nil:
		if k := (key{e.Sector, e.Sensor.ID}); seq >= p.heard[k] {
			p.sensors[k], p.heard[k] = e, seq
		}
	case e.Coverage != nil:
		p.coverage[e.Sector] = e
	case e.Reject != nil:
		if len(p.rejects) < p.keepRejects {
			p.rejects = append(p.rejects, e)
			return
		}
		p.rejects[p.reject] = e
		p.reject = (p.reject + 1) % p.keepRejects
	}
}

func (p *picture) putTrack(e *record.Event) {
	if e.Track.Status == "lost" {
		delete(p.tracks, key{e.Sector, e.Track.ID})
		return
	}
	p.tracks[key{e.Sector, e.Track.ID}] = e
	for _, merged := range e.Track.Lineage { // it lives on in this one; without this it would stay until its age
		if merged != e.Track.ID {
			delete(p.tracks, key{e.Sector, merged})
		}
	}
	if e.Time.After(p.newest[e.Sector]) {
		p.newest[e.Sector] = e.Time
	}
	if newest := p.newest[e.Sector]; newest.Sub(p.swept[e.Sector]) > p.trackAge/4 {
		p.swept[e.Sector] = newest
		for k, t := range p.tracks {
			if k.sector == e.Sector && newest.Sub(t.Time) > p.trackAge {
				delete(p.tracks, k)
			}
		}
	}
}

func (p *picture) putAlert(e *record.Event) {
	id := e.Alert.ID
	p.count(e)
	if old := p.alerts[id]; old != nil && old.Alert.Change == "end" {
		p.ended = slices.DeleteFunc(p.ended, func(other string) bool { return other == id })
	}
	p.alerts[id] = e
	if e.Alert.Change != "end" {
		return
	}
	p.ended = append(p.ended, id)
	if len(p.ended) > p.keepEnded {
		delete(p.alerts, p.ended[0])
		p.ended = slices.Delete(p.ended, 0, 1)
	}
}

// pastIsIn says that the sensors of long ago have been read.
func (p *picture) pastIsIn() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.past = true
}

// behind marks the picture as one that stands still; false if it was already.
func (p *picture) behind(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stale {
		return false
	}
	p.stale, p.since = true, now
	return true
}

// position is the sequence of the newest page applied, and whether the picture has been complete.
func (p *picture) position() (seq uint64, loaded bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.seq, p.loaded
}

// component is the picture's line in /readyz.
func (p *picture) component() Component {
	p.mu.RLock()
	defer p.mu.RUnlock()
	c := Component{Name: "picture", OK: p.loaded && !p.stale, Since: p.since}
	switch {
	case p.stale:
		c.Message = "the journal cannot be read: what is shown stands still"
	case !p.loaded:
		c.Message = "the journal is being read"
	case !p.past:
		c.Message = "sensors that have said nothing for more than ten minutes are still being read"
	default:
		c.Message = fmt.Sprintf("at event %d: %d tracks, %d open alerts", p.seq, len(p.tracks), len(p.alerts))
	}
	return c
}

// now is the current picture: tracks that live and alerts that have not ended, with the sensors and the coverage, each in a fixed order.
func (p *picture) now() Picture {
	p.mu.RLock()
	out := Picture{
		Seq:      p.seq,
		Tracks:   values(p.tracks),
		Alerts:   values(p.alerts),
		Sensors:  values(p.sensors),
		Coverage: values(p.coverage),
	}
	p.mu.RUnlock()
	out.Alerts = slices.DeleteFunc(out.Alerts, func(e *record.Event) bool { return e.Alert.Change == "end" })
	slices.SortFunc(out.Tracks, func(a, b *record.Event) int {
		return cmp.Or(strings.Compare(a.Sector, b.Sector), strings.Compare(a.Track.ID, b.Track.ID))
	})
	slices.SortFunc(out.Alerts, newestAlert)
	slices.SortFunc(out.Sensors, func(a, b *record.Event) int {
		return cmp.Or(strings.Compare(a.Sector, b.Sector), strings.Compare(a.Sensor.ID, b.Sensor.ID))
	})
	slices.SortFunc(out.Coverage, func(a, b *record.Event) int { return strings.Compare(a.Sector, b.Sector) })
	return out
}

// allAlerts are the current and the ended ones that are kept, the newest first.
func (p *picture) allAlerts() (uint64, []*record.Event) {
	p.mu.RLock()
	seq, out := p.seq, values(p.alerts)
	p.mu.RUnlock()
	slices.SortFunc(out, newestAlert)
	return seq, out
}

// newestRejects first.
func (p *picture) newestRejects() (uint64, []*record.Event) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	out := make([]*record.Event, 0, len(p.rejects))
	out = append(append(out, p.rejects[p.reject:]...), p.rejects[:p.reject]...)
	slices.Reverse(out)
	return p.seq, out
}

// await until done holds, which is asked at each change while the picture stands still; false if ctx ends first.
func (p *picture) await(ctx context.Context, done func(*picture) bool) bool {
	for {
		p.mu.RLock()
		ok, changed := done(p), p.changed
		p.mu.RUnlock()
		if ok {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

func newestAlert(a, b *record.Event) int {
	return cmp.Or(b.Alert.Raised.Compare(a.Alert.Raised), strings.Compare(a.Alert.ID, b.Alert.ID))
}

// values of m, in no order: the caller sorts.
func values[K comparable](m map[K]*record.Event) []*record.Event {
	out := make([]*record.Event, 0, len(m))
	for _, e := range m {
		out = append(out, e)
	}
	return out
}
