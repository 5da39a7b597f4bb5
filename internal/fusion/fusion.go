// Package fusion makes tracks of detections: who sees the same target, where it is, how fast, and whether it is there at all.
//
//	detection.Scan ─ Add ─► plots, put in order of event time ─ Step ─► gate ─► assign ─► filter, existence, class ─► track.Track
//
// One Tracker serves one sector. Its states are in the sector's frame, x = [e, ve, n, vn] in metres and metres per second;
// measurements stay in the sensor's coordinates, with azimuths turned from the sensor's true north into the frame. All state advances on
// event time (clock.go), never on the time of receipt. A second of event time is also the beat at which tracks coast, merge and get lost.
//
// Beside the tracks it learns of its sensors, and measures by it: what each is biased by (registry.go), that a mast has turned (turned.go),
// and where each has false returns (clutter.go, background.go). What no track explains begins one (life.go); of bearings it takes two
// cameras (triangulate.go).
//
// A track's covariance is of what averages out. What does not, the survey of a mast or a heading, is carried beside it in
// track.Track.Bias, from the share that each sensor has in the position (bias.go). Existence counts misses only where a sensor can
// see, and asks first whether the target is hidden (existence.go).
//
// The same scans and steps give the same tracks to the bit, in any order of arrival within the window. What one sensor sends later than
// that, up to 30 s, makes the tracker go back and do it again (rollback.go): the tracks are those that it would have made in time.
//
// A scan costs its detections and the tracks near them, however many tracks there are; only a complete sweep, the confirmation of a track
// and the beat look at every track. Start at fusion.go, then associate.go, where a scan is decided.
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
	lost   bool // and goes with the next step
}

func (tr *target) spot() spot {
	return spot{tr.State[0], tr.State[2], tr.Status == track.Coasting, tr.Twin != 0 || tr.Lead != 0, tr.Status == track.Lost}
}

// A Tracker holds the tracks of one sector. It belongs to one goroutine.
type Tracker struct {
	cfg   Config
	frame geo.Frame
	sites []site
	byID  map[string]int // looked up, never ranged over

	clock   clock
	queue   queue
	horizon int64 // event time up to which everything has been processed, ns
	back    back

	belief
	spots []spot      // where the tracks are, beside them: who is in view is asked of all, too often to touch each track
	apart [][2]string // lineages, by their roots, that an operator has parted: they are never one again
	free  []*target
	grid  grid

	touched []*target
	shown   []*track.Track
	work    work
}

// A belief is what beats and scans change: what a rollback takes back (rollback.go).
type belief struct {
	states   []siteState
	registry registry
	crossing triangulation
	next     int64     // event time of the next beat, 0 while there is no track
	tracks   []*target // in order of creation
	ended    []*target // confirmed once and lost lately: one may be taken up again
	serial   uint64    // of the newest track
}

// An Arrival says when a scan came.
type Arrival uint8

// A scan comes in time, or late and is used all the same, or so late that a part of it is dropped.
const (
	InTime Arrival = iota
	Late
	TooLate
)

// New makes a tracker without tracks. Sensors are told apart by their index, so scans of one time are processed in this order.
// cfg must have passed Check.
func New(cfg Config, frame geo.Frame, sensors []sensor.Definition) *Tracker {
	t := &Tracker{cfg: cfg, frame: frame, byID: make(map[string]int, len(sensors)), grid: newGrid()}
	t.sites = make([]site, len(sensors))
	masts := map[string]int{} // by group
	for i := range sensors {
		t.sites[i] = newSite(&sensors[i], &t.frame)
		t.sites[i].vaguest = cfg.DeleteSigma
		if t.sites[i].many {
			t.sites[i].hull = square(cfg.Cluster / 2) // one sigma: half of what its returns lie apart
		}
		t.byID[sensors[i].ID] = i
		if _, known := masts[t.sites[i].group]; !known {
			masts[t.sites[i].group] = i
		}
		t.sites[i].mast = masts[t.sites[i].group]
	}
	t.states, t.registry = newStates(t.sites), newRegistry(t.sites)
	return t
}

// Add takes a scan. It keeps nothing of s. A scan is late that is older than what has been stepped over: the next Steps process again what
// came after it, or, where that is no longer known, what is late of it is dropped. A scan of an unknown sensor is dropped without being
// late. now is the newest time of receipt.
func (t *Tracker) Add(now time.Time, s detection.Scan) Arrival {
	t.clock.receive(now.UnixNano(), int64(t.cfg.Idle))
	i, known := t.byID[s.Sensor]
	if !known {
		return InTime
	}
	l := t.sites[i].lookOf(&s, &t.frame)
	number := int64(-1)
	if s.HasNumber {
		number = s.Number
	}
	arrival, past := InTime, t.tooLate()
	from, at := s.EventTime.UnixNano(), s.EventTime.UnixNano()
	for j := range s.Detections {
		d := &s.Detections[j]
		p, ok := t.sites[i].newPlot(&l, d, &t.frame)
		if !ok {
			continue
		}
		from, at = min(from, p.Time), max(at, p.Time)
		if p.Time <= past {
			arrival = TooLate
			continue
		}
		e := t.slot(key{p.Time, i, number})
		if p.Time <= t.horizon && slices.Contains(e.Plots, p) {
			continue // late, and delivered twice: nothing need be done again
		}
		e.Look = l
		e.Plots = append(e.Plots, p)
		t.revise(p.Time)
	}
	t.clock.hear(at)
	if from <= t.horizon {
		arrival = max(arrival, Late)
		if t.clock.Event-at < longestWait {
			t.expect(lateFor)
		}
	}
	if at <= past {
		return TooLate
	}
	// The scan itself, when its last return is in: an empty one too says that the sensor looked.
	e := t.slot(key{at, i, number})
	e.Look = l
	if s.Sweep && (!e.Sweep || from < e.From) {
		e.Sweep, e.From = true, from
		t.revise(at)
	}
	return arrival
}

// slot finds or makes the place of a scan among those that wait, and those that may be processed once more.
func (t *Tracker) slot(k key) *entry {
	e := t.queue.slot(k, t.horizon)
	if e.Arrived == 0 {
		e.Arrived = t.clock.Up + 1 // 0 is nobody's
		t.revise(k.Time)
	}
	return e
}

// Step processes the next thing that is due: a beat, or a scan, or all again that late scans change. A scan is due when others have brought
// event time to Config.Reorder after it, or when it has itself waited for Config.Reorder. The tracks are those that a detection has
// updated or that changed their status, in order of creation, and valid until the next call; a Lost one is shown here for the last
// time. A track whose EventTime is after its Last is extrapolated. After late scans a track may be shown several times, with one detection
// after the other, and its EventTime may be before that with which it was shown last, but no detection is shown twice. ok is false when
// nothing is due.
func (t *Tracker) Step(now time.Time) (touched []*track.Track, ok bool) {
	t.retire()
	if len(t.touched) > 0 { // an operator's word of just before: a replay would show only what it finds new
		return t.show(), true
	}
	t.clock.receive(now.UnixNano(), int64(t.cfg.Idle))
	window := t.clock.wait(int64(t.cfg.Reorder))
	t.horizon = max(t.horizon, t.clock.Event-window)
	if e := t.queue.first(); e != nil && t.clock.Up+1-e.Arrived >= window {
		t.horizon = max(t.horizon, e.Time)
	}
	if t.revisionDue() {
		return t.replay(), true
	}
	if !t.advance() {
		return nil, false
	}
	return t.show(), true
}

// due says what comes next, a scan or a beat, and when; ok is false if that is after the horizon.
func (t *Tracker) due() (at int64, scan, ok bool) {
	e := t.queue.first()
	scan = e != nil && e.Time <= t.horizon
	if t.next > 0 && t.next <= t.horizon && (!scan || t.next <= e.Time) {
		return t.next, false, true
	}
	if !scan {
		return 0, false, false
	}
	return e.Time, true, true
}

// advance processes what is due next.
func (t *Tracker) advance() bool {
	at, scan, ok := t.due()
	if !ok {
		return false
	}
	t.keep(at)
	if !scan {
		t.doBeat(at)
		t.next += beat
		return true
	}
	t.scan(t.back.lend(t.queue.first()))
	if t.next == 0 && len(t.tracks) > 0 {
		t.next = (at/beat + 1) * beat
	}
	t.queue.drop()
	t.queue.release(t.back.oldest())
	return true
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
	slices.SortFunc(t.touched, older)
	t.shown = t.shown[:0]
	for _, tr := range t.touched {
		tr.touched = false
		t.shown = append(t.shown, &tr.Track)
	}
	t.touched = t.touched[:0]
	return t.shown
}

func older(a, b *target) int { return cmp.Compare(a.Serial, b.Serial) }

// retire takes the tracks that the last step showed as lost out of the list.
func (t *Tracker) retire() {
	if !t.work.lost {
		return
	}
	t.work.lost = false
	n := 0
	for i, tr := range t.tracks {
		if !t.spots[i].lost {
			if n < i {
				t.tracks[n], t.spots[n], tr.index = tr, t.spots[i], int32(n)
			}
			n++
			continue
		}
		t.grid.remove(tr)
		if tr.Proven && tr.MergedInto == 0 {
			t.ended = append(t.ended, tr)
		} else {
			t.back.bury(tr, t.horizon)
			t.free = append(t.free, tr)
		}
	}
	clear(t.tracks[n:])
	t.tracks, t.spots = t.tracks[:n], t.spots[:n]
	if len(t.tracks) == 0 {
		t.next = 0
	}
}

// reindex brings the spots in line with the tracks after one has come in the middle.
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
	tr := t.blank()
	*tr = target{Sources: tr.Sources[:0], Views: tr.Views[:0], Track: track.Track{Evidence: tr.Evidence[:0]}}
	tr.Serial = t.serial
	tr.index = int32(len(t.tracks)) //nolint:gosec // as many as tracks
	t.tracks, t.spots = append(t.tracks, tr), append(t.spots, spot{})
	return tr
}

// blank is a track that nobody uses any more, or a new one.
func (t *Tracker) blank() *target {
	n := len(t.free)
	if n == 0 {
		return &target{}
	}
	tr := t.free[n-1]
	t.free = t.free[:n-1]
	return tr
}
