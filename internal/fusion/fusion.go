// Package fusion makes tracks of detections: who sees the same target, where it is, how fast, and whether it is there at all.
//
//	detection.Scan ─ Add ─► plots, put in order of event time ─ Step ─► gate ─► assign ─► filter, existence, class ─► track.Track
//
// One Tracker serves one sector. Its states are in the sector's frame, x = [e, ve, n, vn] in metres and metres per second;
// measurements stay in the sensor's coordinates, with azimuths turned from the sensor's true north into the frame. All state advances on
// event time (clock.go), never on the time of receipt. A second of event time is
// also the beat at which tracks coast, merge and get lost.
//
// A track's covariance is of what averages out. What does not, the survey of a mast or a heading, is carried beside it in
// track.Track.Bias, from the share that each sensor has in the position (bias.go). Existence counts misses only where a sensor can
// see, and asks first whether the target is hidden (existence.go).
//
// The same scans and steps give the same tracks to the bit, in any order of arrival within the window. A scan costs its detections
// and the tracks near them, however many tracks there are; only a complete sweep and the beat look at every track. Start at fusion.go,
// then associate.go, where a scan is decided.
package fusion

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/sensor"
	"cutline/internal/track"
)

const (
	beat   = int64(time.Second)
	second = float64(time.Second)
)

// A spot is what the work that looks at all tracks needs of one.
type spot struct {
	e, n   float64
	coasts bool
	tied   bool // it has a Twin or a Lead
}

func (tr *target) spot() spot {
	return spot{tr.State[0], tr.State[2], tr.Status == track.Coasting, tr.Twin != 0 || tr.Lead != 0}
}

// A Tracker holds the tracks of one sector. It belongs to one goroutine.
type Tracker struct {
	cfg      Config
	frame    geo.Frame
	sites    []site
	byID     map[string]int // looked up, never ranged over
	states   []siteState
	registry registry
	crossing triangulation

	clock   clock
	queue   queue
	horizon int64 // event time up to which everything has been processed, ns
	next    int64 // event time of the next beat, 0 while there is no track

	tracks []*target   // in order of creation
	spots  []spot      // where they are, beside them: who is in view is asked of all, too often to touch each track
	apart  [][2]string // lineages, by their roots, that an operator has parted: they are never one again
	ended  []*target   // confirmed once and lost lately: one may be taken up again
	serial uint64      // of the newest track
	free   []*target
	grid   grid

	touched []*target
	shown   []*track.Track
	work    work
}

// New makes a tracker without tracks. Sensors are told apart by their index, so scans of one time are processed in this order.
// cfg must have passed Check.
func New(cfg Config, frame geo.Frame, sensors []sensor.Definition) *Tracker {
	t := &Tracker{cfg: cfg, frame: frame, byID: make(map[string]int, len(sensors)), grid: newGrid()}
	t.sites = make([]site, len(sensors))
	t.states = make([]siteState, len(sensors))
	for i := range sensors {
		t.sites[i] = newSite(&sensors[i], &t.frame)
		if t.sites[i].many {
			t.sites[i].hull = square(cfg.Cluster / 2) // one sigma: half of what its returns lie apart
		}
		t.states[i].Look = t.sites[i].look
		t.states[i].Bears = sensors[i].Kind == sensor.Camera // until it shows what it sends
		t.byID[sensors[i].ID] = i
	}
	t.registry = newRegistry(t.sites)
	return t
}

// Add takes a scan. It keeps nothing of s. Late says that the scan, or a part of it, is older than what has been stepped over: that
// part is dropped. A scan of an unknown sensor is dropped without being late. now is the newest time of receipt.
func (t *Tracker) Add(now time.Time, s detection.Scan) (late bool) {
	t.clock.receive(now.UnixNano(), int64(t.cfg.Idle))
	i, known := t.byID[s.Sensor]
	if !known {
		return false
	}
	l := t.sites[i].lookOf(&s, &t.frame)
	number := int64(-1)
	if s.HasNumber {
		number = s.Number
	}
	from, at := s.EventTime.UnixNano(), s.EventTime.UnixNano()
	for j := range s.Detections {
		d := &s.Detections[j]
		p, ok := t.sites[i].newPlot(&l, d, &t.frame)
		if !ok {
			continue
		}
		from, at = min(from, p.Time), max(at, p.Time)
		if p.Time <= t.horizon {
			late = true
			continue
		}
		e := t.slot(key{p.Time, i, number})
		e.Look = l
		e.Plots = append(e.Plots, p)
	}
	t.clock.hear(at)
	if at <= t.horizon {
		return true
	}
	// The scan itself, when its last return is in: an empty one too says that the sensor looked.
	e := t.slot(key{at, i, number})
	e.Look = l
	if s.Sweep {
		if !e.Sweep || from < e.From {
			e.From = from
		}
		e.Sweep = true
	}
	return late
}

// slot finds or makes the place of a scan among those that wait.
func (t *Tracker) slot(k key) *entry {
	e := t.queue.slot(k)
	if e.Arrived == 0 {
		e.Arrived = t.clock.Up + 1 // 0 is nobody's
	}
	return e
}

// Step processes the next thing that is due: a beat, or a scan. A scan is due when others have brought event time to Config.Reorder
// after it, or when it has itself waited for Config.Reorder. The tracks are those that a detection has updated or that changed their
// status, in order of creation, and valid until the next call; a Lost one is shown here for the last time. A track whose
// EventTime is after its Last is extrapolated. ok is false when nothing is due.
func (t *Tracker) Step(now time.Time) (touched []*track.Track, ok bool) {
	t.retire()
	t.clock.receive(now.UnixNano(), int64(t.cfg.Idle))
	window := t.clock.wait(int64(t.cfg.Reorder))
	t.horizon = max(t.horizon, t.clock.Event-window)
	e := t.queue.first()
	if e != nil && t.clock.Up+1-e.Arrived >= window {
		t.horizon = max(t.horizon, e.Time)
	}
	scanDue := e != nil && e.Time <= t.horizon
	switch {
	case t.next > 0 && t.next <= t.horizon && (!scanDue || t.next <= e.Time):
		t.doBeat(t.next)
		t.next += beat
	case scanDue:
		t.scan(e)
		if t.next == 0 && len(t.tracks) > 0 {
			t.next = (e.Time/beat + 1) * beat
		}
		t.queue.drop()
	default:
		return nil, false
	}
	return t.show(), true
}

// Tracks gives the live tracks in order of creation, also tentative ones.
func (t *Tracker) Tracks() iter.Seq[*track.Track] {
	return func(yield func(*track.Track) bool) {
		for _, tr := range t.tracks {
			if tr.Status != track.Lost && !yield(&tr.Track) {
				return
			}
		}
	}
}

// touch puts tr among the tracks that this step shows.
func (t *Tracker) touch(tr *target) {
	if !tr.touched {
		tr.touched = true
		t.touched = append(t.touched, tr)
	}
}

func (t *Tracker) show() []*track.Track {
	slices.SortFunc(t.touched, func(a, b *target) int { return cmp.Compare(a.Serial, b.Serial) })
	t.shown = t.shown[:0]
	for _, tr := range t.touched {
		tr.touched = false
		t.shown = append(t.shown, &tr.Track)
	}
	t.touched = t.touched[:0]
	return t.shown
}

// retire takes the tracks that the last step showed as lost out of the list.
func (t *Tracker) retire() {
	if !t.work.lost {
		return
	}
	t.work.lost = false
	t.tracks = slices.DeleteFunc(t.tracks, func(tr *target) bool {
		if tr.Status != track.Lost {
			return false
		}
		t.grid.remove(tr)
		if tr.Proven && tr.MergedInto == 0 {
			t.ended = append(t.ended, tr)
		} else {
			t.free = append(t.free, tr)
		}
		return true
	})
	t.reindex()
	if len(t.tracks) == 0 {
		t.next = 0
	}
}

// reindex brings the spots in line with the tracks after one has come or gone in the middle.
func (t *Tracker) reindex() {
	t.spots = t.spots[:0]
	for i, tr := range t.tracks {
		tr.index = int32(i)
		t.spots = append(t.spots, tr.spot())
	}
}

// newTarget makes a track without a state and an id.
func (t *Tracker) newTarget() *target {
	t.serial++
	var tr *target
	if n := len(t.free); n > 0 {
		tr, t.free = t.free[n-1], t.free[:n-1]
		*tr = target{Sources: tr.Sources[:0], Views: tr.Views[:0], Track: track.Track{Evidence: tr.Evidence[:0]}}
	} else {
		tr = &target{}
	}
	tr.Serial = t.serial
	tr.index = int32(len(t.tracks)) //nolint:gosec // as many as tracks
	t.tracks, t.spots = append(t.tracks, tr), append(t.spots, spot{})
	return tr
}
