package fusion

import (
	"cmp"
	"hash/fnv"
	"math"
	"slices"

	"cutline/internal/track"
)

// What of a replay is shown, and who is who in it. What the steps have shown stays shown. A replay shows only detections that are later
// than those a track was shown with, what then became of it, and as Lost what is no track any more. A track of before keeps its id; of
// those that have begun since, who holds the newest detection of one that was shown is that one, and has its id.

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
			r.rename[k.id] = t.back.afresh(k.id)
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

// afresh makes another id of one, that nobody has: who has lost his id twice was given this one the first time.
func (b *back) afresh(id string) string {
	for {
		h := fnv.New64a()
		_, _ = h.Write([]byte(id)) // a hash takes everything
		own := spell(h.Sum64())
		id = id[:max(0, len(id)-len(own))] + own
		_, known := b.replay.byID[id]
		if !known && !slices.ContainsFunc(b.Names, func(a alias) bool { return a.Name == id }) {
			return id
		}
	}
}
