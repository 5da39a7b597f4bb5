package fusion

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// Where a sensor's scans come after their time is over, those of others have been processed without them. Then the tracker goes back to a
// state from before, and processes again, in order, what came since: the tracks are those that the scans would have made in time. Nothing
// of that is done, and nothing kept for it, until a scan has come late, which says that more will, or until a sensor that sends regularly
// has fallen silent: its link may be away, and bring all that when it is back. What is late and from before that is lost.
//
// What of that is shown stands in replay.go. Docs: decisions/010-rollback.md.

const (
	lateFor    = 600 * beat // after the last late scan: as long states are kept
	silentFor  = 2.5        // periods without a scan, and a sensor has fallen silent
	pointLife  = 3          // of a point on a second that 2ᵏ divides and 2ᵏ⁺¹ does not: 3·2ᵏ seconds
	pointMost  = 16         // the largest 2ᵏ: three such points are within reach, and the third is older than longestWait
	replayRest = 4          // a replay of t seconds has a rest of a fourth of that after it: so the work is bounded, come late what may
	mostHeld   = 1 << 17    // plots and scans kept: beyond that the reach gets shorter
)

// back is what going back takes. The exported fields are the snapshot.
type back struct {
	Until   int64 // event time until which late scans are expected, ns; 0: none are
	Second  int64 // of event time, the last that processing has come past
	Revised int64 // the earliest event time whose scans are others than when they were processed, ns; 0: none are
	Event   int64 // clock.Event at the last replay
	Up      int64 // clock.Up then
	Names   []alias
	Buried  []grave
	Words   []correction

	points []*point // oldest first
	unused []*point
	entry  entry // what is lent
	replay replay
}

// A point is the state before anything at the event time At was processed.
type point struct {
	At int64
	belief
}

// An alias is another name for a track that would begin with a plot again. At is when it was given.
type alias struct {
	Birth, Name string
	At          int64
}

// A grave is a track that was shown as lost, or with a detection that is another's now: none from before Seen is shown under this id.
type grave struct {
	ID       string
	Seen, At int64
}

// tooLate is the event time up to which a scan comes too late for everything.
func (t *Tracker) tooLate() int64 {
	if len(t.back.points) == 0 {
		return t.horizon
	}
	return min(t.horizon, max(t.back.oldest(), t.clock.Event-longestWait)-1)
}

// oldest is the event time before which no state is known.
func (b *back) oldest() int64 {
	if len(b.points) == 0 {
		return math.MaxInt64
	}
	return b.points[0].At
}

// expect prepares for late scans for so long.
func (t *Tracker) expect(lasts int64) {
	b := &t.back
	if b.Until == 0 {
		b.Second = t.horizon / beat
	}
	b.Until = max(b.Until, t.clock.Event+lasts)
}

// suspect expects late scans of sensors that have just fallen silent.
func (t *Tracker) suspect(now int64) {
	for i := range t.sites {
		quiet, least := now-t.states[i].Heard, silentFor*float64(t.sites[i].period)
		if least > 0 && float64(quiet) > least && quiet < longestWait {
			t.expect(longestWait)
		}
	}
}

// revise says that the scans of an event time are others than they were.
func (t *Tracker) revise(at int64) {
	if b := &t.back; at <= t.horizon && (b.Revised == 0 || at < b.Revised) {
		b.Revised = at
	}
}

// revisionDue says that it is time for a replay.
func (t *Tracker) revisionDue() bool {
	b := &t.back
	rest := (t.horizon - b.Revised + beat) / replayRest
	return b.Revised != 0 && (t.clock.Event-b.Event >= rest || t.clock.Up-b.Up >= rest)
}

// lend gives a scan to be processed, which changes it: a copy where it may be processed again.
func (b *back) lend(e *entry) *entry {
	if b.Until == 0 {
		return e
	}
	plots := b.entry.Plots[:0]
	b.entry = *e
	b.entry.Plots = append(plots, e.Plots...)
	return &b.entry
}

// note remembers a correction, which a replay has to repeat.
func (b *back) note(c correction) {
	if b.Until != 0 {
		b.Words = append(b.Words, c)
	}
}

// bury remembers a track that was shown as lost and will not be taken up again.
func (b *back) bury(tr *target, at int64) {
	if b.Until != 0 {
		b.Buried = append(b.Buried, grave{tr.ID, tr.Seen, at})
	}
}

// named is the name of a track that begins with the plot that this one is made of.
func (b *back) named(birth string) string {
	if i, found := slices.BinarySearchFunc(b.Names, birth, alias.compare); found {
		return b.Names[i].Name
	}
	return birth
}

func (a alias) compare(birth string) int { return cmp.Compare(a.Birth, birth) }

// keep makes a point before something at the event time at is processed, if processing comes past a second by it.
//
// The points are such that for each lateness one is not much older: a second ago, two, three, six, …, 3·2ᵏ. So of a second that 2ᵏ
// divides the point is kept for 3·2ᵏ seconds, of any other not as long.
func (t *Tracker) keep(at int64) {
	b := &t.back
	from, to := b.Second, at/beat
	if b.Until == 0 || to <= from {
		return
	}
	if t.clock.Event > b.Until && b.Revised == 0 {
		t.back, t.free = back{}, nil
		t.queue.release(math.MaxInt64)
		return
	}
	b.Second = to
	k := bits.Len64(uint64(from^to)) - 1 //nolint:gosec // its bits
	second := to >> k << k               // of those past, the one that stays longest
	if t.outlived(second) {
		return
	}
	p := &point{}
	if n := len(b.unused); n > 0 {
		p, b.unused = b.unused[n-1], b.unused[:n-1]
	}
	p.At = second * beat
	t.copyBelief(&p.belief, &t.belief)
	b.points = append(b.points, p)
	t.tidy()
}

func (t *Tracker) outlived(second int64) bool {
	return t.horizon/beat-second > pointLife*min(second&-second, pointMost)
}

// tidy lets go of points that have had their time, and of what is older than all points.
func (t *Tracker) tidy() {
	b := &t.back
	if b.Revised == 0 {
		t.dropPoints(func(p *point) bool { return t.outlived(p.At / beat) })
	}
	for t.queue.weight() > mostHeld && len(b.points) > 0 {
		t.dropPoints(func(p *point) bool { return p == b.points[0] })
		t.queue.release(b.oldest())
		if len(b.points) == 0 {
			b.Revised = 0
		} else if b.Revised != 0 { // what is later than the oldest is not lost
			b.Revised = max(b.Revised, b.oldest())
		}
	}
	old := b.oldest()
	b.Names = slices.DeleteFunc(b.Names, func(a alias) bool { return a.At < old })
	b.Buried = slices.DeleteFunc(b.Buried, func(g grave) bool { return g.At < old })
	b.Words = slices.DeleteFunc(b.Words, func(c correction) bool { return c.At < old })
}

func (t *Tracker) dropPoints(which func(*point) bool) {
	b := &t.back
	kept := b.points[:0]
	for _, p := range b.points {
		if which(p) {
			b.unused = append(b.unused, p)
		} else {
			kept = append(kept, p)
		}
	}
	b.points = kept
}

func (t *Tracker) copyBelief(to, from *belief) {
	to.states = append(to.states[:0], from.states...)
	to.registry.copy(&from.registry)
	to.crossing, to.next, to.serial = from.crossing, from.next, from.serial
	to.tracks, to.ended = t.copyTracks(to.tracks, from.tracks), t.copyTracks(to.ended, from.ended)
}

// copyTracks makes dst, whose tracks are nobody else's, a copy of src.
func (t *Tracker) copyTracks(dst, src []*target) []*target {
	for len(dst) > len(src) {
		n := len(dst) - 1
		dst, t.free = dst[:n], append(t.free, dst[n])
	}
	for len(dst) < len(src) {
		dst = append(dst, t.blank())
	}
	for i, tr := range src {
		dst[i].copy(tr)
	}
	return dst
}

// restore takes the state of the newest point that is not after an event time, and lets what came since wait again.
func (t *Tracker) restore(before int64) (from int64) {
	b := &t.back
	n := len(b.points)
	for n > 1 && b.points[n-1].At > before {
		n--
	}
	p := b.points[n-1]
	b.unused = append(b.unused, b.points[n:]...)
	b.points = b.points[:n]
	for _, tr := range t.tracks {
		t.grid.remove(tr)
	}
	r := &b.replay
	r.before = append(append(r.before, t.tracks...), t.ended...)
	t.tracks, t.ended = t.tracks[:0], t.ended[:0]
	t.copyBelief(&t.belief, &p.belief)
	t.reindex()
	for _, tr := range t.tracks {
		t.settle(tr)
		if k, found := r.byID[tr.ID]; found {
			r.known[k].same = tr.Serial
		}
	}
	t.queue.rewind(p.At)
	b.Second = p.At / beat
	return p.At
}

// Forget lets go of all that a rollback needs: what comes next is processed by other settings, and late scans must not bring what was
// before under them.
func (t *Tracker) Forget() {
	t.queue.release(t.horizon + 1)
	t.back = back{Until: t.back.Until, Second: max(t.horizon, 0) / beat}
}
