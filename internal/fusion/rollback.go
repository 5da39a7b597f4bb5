package fusion

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/bits"
	"slices"

	"cutline/internal/track"
)

// Where a sensor's scans come after their time is over, those of others have been processed without them. Then the tracker goes back to a
// state from before, and processes again, in order, what came since: the tracks are those that the scans would have made in time. Nothing
// of that is done, and nothing kept for it, until a scan has come late, which says that more will, or until a sensor that sends regularly
// has fallen silent: its link may be away, and bring all that when it is back. What is late and from before that is lost.
//
// What the steps have shown stays shown. A replay shows only detections that are later than those a track was shown with, what then
// became of it, and as Lost what is no track any more. A track of before keeps its id; of those that have begun since, who holds the
// newest detection of one that was shown is that one, and has its id. Docs: decisions/010-rollback.md.

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

// replay is memory that a replay uses and the next reuses. None of it is state.
type replay struct {
	known  []known
	byID   map[string]int
	marks  map[mark]int // of known tracks' newest plots
	owned  map[uint64]bool
	merged map[uint64]uint64
	rename map[string]string
	buried []grave   // of before: their names stay
	before []*target // the tracks as they were
	news   []*target // copies: what is to be shown
}

// A mark tells a plot from all others.
type mark struct {
	time int64
	said uint32
}

// known is a track as it was last shown.
type known struct {
	id     string
	status track.Status
	seen   int64
	joined int
	proven bool
	was    *target
	same   uint64 // serial of the track that it was where the replay begins
	heir   uint64 // serial of the track that holds its newest plot now
	heirID string
	again  bool // it was shown in this replay
	lives  bool // as a track that owns its id
	taken  bool // its id was another's
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

// replay goes back to before what was revised, processes everything again, and says what is new to who saw the steps.
func (t *Tracker) replay() []*track.Track {
	b := &t.back
	t.remember()
	from := t.restore(b.Revised)
	b.Revised, b.Event, b.Up, b.Until = 0, t.clock.Event, t.clock.Up, t.clock.Event+lateFor
	words := slices.Clone(b.Words) // tidy takes old ones away
	words = slices.DeleteFunc(words, func(c correction) bool { return c.At < from })
	var unheard []correction
	for {
		t.retire()
		at, _, ok := t.due()
		for len(words) > 0 && (!ok || words[0].At < at) {
			if t.apply(&words[0]) != "" {
				unheard = append(unheard, words[0])
			}
			words = words[1:]
		}
		more := t.advance()
		t.collect()
		if !more {
			break
		}
	}
	t.identify()
	b.Buried = append(b.Buried, b.replay.buried...)
	for i := range unheard { // of a track that had another name until now
		t.apply(&unheard[i])
	}
	t.collect()
	return t.tell()
}

// remember writes down what has been shown.
func (t *Tracker) remember() {
	r := &t.back.replay
	if r.byID == nil {
		r.byID, r.marks, r.rename = map[string]int{}, map[mark]int{}, map[string]string{}
		r.owned, r.merged = map[uint64]bool{}, map[uint64]uint64{}
	}
	t.free = append(append(t.free, r.news...), r.before...)
	r.known, r.news, r.before = r.known[:0], r.news[:0], r.before[:0]
	clear(r.byID)
	clear(r.marks)
	clear(r.rename)
	clear(r.owned)
	clear(r.merged)
	r.buried, t.back.Buried = append(r.buried[:0], t.back.Buried...), t.back.Buried[:0]
	for _, g := range r.buried {
		r.know(known{id: g.ID, status: track.Lost, seen: g.Seen})
	}
	for _, list := range [2][]*target{t.ended, t.tracks} {
		for _, tr := range list {
			status := tr.Status
			if tr.Coasts && status == track.Coasting {
				status = track.Confirmed
			}
			k := r.know(known{id: tr.ID, status: status, seen: tr.Seen, joined: len(tr.Lineage), proven: tr.Proven, was: tr})
			r.marks[mark{tr.Seen, tr.Said}] = k
		}
	}
}

func (r *replay) know(k known) int {
	i, again := r.byID[k.id]
	if !again {
		i = len(r.known)
		r.known = append(r.known, known{seen: math.MinInt64})
	}
	k.seen = max(k.seen, r.known[i].seen) // of lives under one id the one that went on longest
	r.byID[k.id], r.known[i] = i, k
	return i
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

// collect takes down what a step of a replay would show, and whose heir a track is.
func (t *Tracker) collect() {
	r := &t.back.replay
	slices.SortFunc(t.touched, older)
	for _, tr := range t.touched {
		tr.touched = false
		if tr.MergedInto != 0 {
			r.merged[tr.Serial] = tr.MergedInto
		}
		if k, found := r.marks[mark{tr.Seen, tr.Said}]; found {
			r.known[k].heir, r.known[k].heirID = tr.Serial, tr.ID
		}
		if k, found := r.byID[tr.ID]; found && tr.Seen <= r.known[k].seen {
			continue
		}
		c := t.blank()
		c.copy(tr)
		r.news = append(r.news, c)
	}
	t.touched = t.touched[:0]
}

// identify gives the tracks that were shown before the replay their ids back. Who was confirmed comes before who was not, and both before
// who was lost. Of equals, who was there where the replay begins is himself; then comes who holds the newest plot.
func (t *Tracker) identify() {
	r := &t.back.replay
	for _, of := range [...]func(*known) bool{
		func(k *known) bool { return k.status != track.Lost && k.proven },
		func(k *known) bool { return k.status != track.Lost && !k.proven },
		func(k *known) bool { return k.status == track.Lost },
	} {
		for _, heir := range [...]func(*known) uint64{
			func(k *known) uint64 { return k.same },
			func(k *known) uint64 { return k.heir },
		} {
			for i := range r.known {
				k := &r.known[i]
				if tr := t.bySerial(heir(k)); tr != nil && of(k) {
					t.own(k, tr)
				}
			}
		}
		for _, tr := range t.tracks { // it holds none of its newest plots, but the first
			if i, found := r.byID[tr.ID]; found && of(&r.known[i]) {
				t.own(&r.known[i], tr)
			}
		}
	}
	for i := range r.known { // what has become part of another is that one if it is new, and else is told as what it has become part of
		k := &r.known[i]
		for into := r.merged[k.heir]; into != 0 && !k.lives && k.status != track.Lost; into = r.merged[into] {
			if tr := t.bySerial(into); tr == nil {
				continue
			} else if !r.owned[tr.Serial] {
				t.own(k, tr)
			} else if k.heirID != k.id && r.rename[k.heirID] == "" {
				r.rename[k.heirID], k.taken = k.id, true
			}
		}
	}
	for i := range r.known { // whoever else has such a name gets a new one
		if k := &r.known[i]; k.taken && r.rename[k.id] == "" {
			r.rename[k.id] = afresh(k.id)
		}
	}
	t.renameAll()
}

// own makes tr the track that k was.
func (t *Tracker) own(k *known, tr *target) {
	r := &t.back.replay
	if k.lives || r.owned[tr.Serial] {
		return
	}
	k.lives, r.owned[tr.Serial] = true, true
	if tr.ID != k.id {
		r.rename[tr.ID], k.taken = k.id, true
	}
}

// renameAll does what identify has found, in every state that is kept, and for tracks that begin again in the next replay.
func (t *Tracker) renameAll() {
	b := &t.back
	names := b.replay.rename
	if len(names) == 0 {
		return
	}
	for _, list := range [...][]*target{t.tracks, t.ended, b.replay.news} {
		renameEach(list, names)
	}
	for _, p := range b.points {
		renameEach(p.tracks, names)
		renameEach(p.ended, names)
	}
	for i := range b.Buried {
		if name, found := names[b.Buried[i].ID]; found {
			b.Buried[i].ID = name
		}
	}
	given := map[string]bool{}
	for i := range b.Names {
		a := &b.Names[i]
		given[a.Name] = true
		if name, found := names[a.Name]; found {
			a.Name, a.At = name, t.horizon
		}
	}
	for birth, name := range names { // in any order: they are put in order
		if !given[birth] {
			b.Names = append(b.Names, alias{birth, name, t.horizon})
		}
	}
	slices.SortFunc(b.Names, func(a, o alias) int { return a.compare(o.Birth) })
}

func renameEach(list []*target, names map[string]string) {
	rename := func(id *string) {
		if name, found := names[*id]; found {
			*id = name
		}
	}
	for _, tr := range list {
		rename(&tr.ID)
		rename(&tr.Root)
		rename(&tr.Joined)
		rename(&tr.Leader)
		if slices.ContainsFunc(tr.Lineage, func(id string) bool { return names[id] != "" }) {
			tr.Lineage = slices.Clone(tr.Lineage) // it may be shared with states that are still to be renamed
			for i := range tr.Lineage {
				rename(&tr.Lineage[i])
			}
		}
	}
}

// tell gives what a replay shows: detections later than those that were shown, then what the tracks have become, then those that are gone.
func (t *Tracker) tell() []*track.Track {
	r := &t.back.replay
	t.shown = t.shown[:0]
	for _, c := range r.news {
		i, found := r.byID[c.ID]
		if !found {
			i = r.know(known{id: c.ID, seen: math.MinInt64})
		}
		k := &r.known[i]
		if c.Seen < k.seen || c.Seen == k.seen && (!k.again || c.Status == k.status) {
			continue
		}
		k.seen, k.status, k.joined, k.again = c.Seen, c.Status, len(c.Lineage), true
		t.shown = append(t.shown, &c.Track)
	}
	for _, tr := range t.tracks {
		i, found := r.byID[tr.ID]
		if !found {
			i = r.know(known{id: tr.ID, seen: tr.Seen})
		}
		k := &r.known[i]
		if k.lives = true; k.seen > tr.Seen {
			t.back.Buried = append(t.back.Buried, grave{tr.ID, k.seen, t.horizon})
		}
		// Who is seen by the late sensor alone always coasts by now: not a change of status with each detection.
		if tr.Coasts = k.again && tr.Status == track.Coasting; tr.Coasts {
			continue
		}
		if k.status != tr.Status || k.joined != len(tr.Lineage) {
			t.shown = append(t.shown, &tr.Track)
		}
	}
	for i := range r.known {
		k := &r.known[i]
		if k.lives || k.was == nil {
			continue
		}
		if k.status != track.Lost {
			k.was.Status = track.Lost
			t.shown = append(t.shown, &k.was.Track)
		}
		t.back.Buried = append(t.back.Buried, grave{k.id, k.seen, t.horizon}) // what has ended may have ended earlier now
	}
	t.back.unite()
	return t.shown
}

// unite makes the graves of one id one.
func (b *back) unite() {
	slices.SortFunc(b.Buried, func(g, o grave) int { return cmp.Compare(g.ID, o.ID) })
	n := 0
	for _, g := range b.Buried {
		if n > 0 && b.Buried[n-1].ID == g.ID {
			last := &b.Buried[n-1]
			last.Seen, last.At = max(last.Seen, g.Seen), max(last.At, g.At)
			continue
		}
		b.Buried[n] = g
		n++
	}
	b.Buried = b.Buried[:n]
}

// Forget lets go of all that a rollback needs: what comes next is processed by other settings, and late scans must not bring what was
// before under them.
func (t *Tracker) Forget() {
	t.queue.release(t.horizon + 1)
	t.back = back{Until: t.back.Until, Second: max(t.horizon, 0) / beat}
}

// afresh makes another id of one.
func afresh(id string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // a hash takes everything
	own := crockford.EncodeToString(binary.BigEndian.AppendUint64(nil, h.Sum64()))[:12]
	return id[:max(0, len(id)-len(own))] + own
}
