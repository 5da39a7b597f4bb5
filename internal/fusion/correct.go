package fusion

import (
	"slices"

	"cutline/internal/track"
)

// mostApart bounds how many corrections are remembered: the oldest gives way.
const mostApart = 256

// A correction is an operator's word on a track, and the event time up to which everything had been processed when it came.
type correction struct {
	At             int64
	ID, Other      string
	Friendly, Undo bool
}

// Split takes an operator's word that two tracks are two targets, and never to be joined again. With other left empty it takes back what
// was last joined to the track: the one that was merged or stitched into it goes on under its own id, from where the track is now. The
// reason says why nothing came of it.
func (t *Tracker) Split(id, other string) (reason string) {
	return t.obey(correction{ID: id, Other: other})
}

// Friendly takes an operator's word that a track is one of our own, or with undo that it is not.
func (t *Tracker) Friendly(id string, undo bool) (reason string) {
	return t.obey(correction{ID: id, Friendly: true, Undo: undo})
}

func (t *Tracker) obey(c correction) (reason string) {
	reason = t.apply(&c)
	if c.At = t.horizon; reason == "" {
		t.back.note(c)
	}
	return reason
}

func (t *Tracker) apply(c *correction) (reason string) {
	tr := t.live(c.ID)
	switch {
	case tr == nil:
		return "no live track has this id"
	case !c.Friendly:
		return t.split(tr, c.Other)
	}
	tr.Marked, tr.Friendly, tr.Parted = !c.Undo, !c.Undo, false
	if c.Undo {
		tr.Friend = 0
	}
	t.touch(tr)
	return ""
}

func (t *Tracker) split(tr *target, other string) (reason string) {
	if other == "" {
		return t.takeBack(tr)
	}
	from := t.live(other)
	switch {
	case slices.Contains(tr.Lineage, other):
		return t.takeBack(tr)
	case from == nil:
		return "no live track has the other id"
	case from == tr:
		return "a track can't be split from itself"
	}
	t.part(tr, from)
	return ""
}

// takeBack lets the track that was last joined to tr go on as a copy of it: whoever of the two is not seen from now on gets lost.
func (t *Tracker) takeBack(tr *target) (reason string) {
	i := slices.Index(tr.Lineage, tr.Joined)
	if tr.Joined == "" || i < 0 {
		return "nothing was joined to this track"
	}
	again := t.newTarget()
	serial, index := again.Serial, again.index
	again.copy(tr)
	again.Serial, again.index = serial, index
	again.ID, again.Root = tr.Joined, tr.Joined
	again.Lineage, again.Joined = slices.Clone(tr.Lineage[i+1:]), ""
	tr.Lineage, tr.Joined = tr.Lineage[:i:i], ""
	t.part(tr, again)
	t.settle(again)
	t.touch(again)
	return ""
}

// part remembers that two are two, and shows both.
func (t *Tracker) part(a, b *target) {
	for _, tr := range [2]*target{a, b} {
		tr.Twin, tr.Lead, tr.Leader = 0, 0, ""
		t.touch(tr)
	}
	if t.parted(a, b) {
		return // after a rollback it is said again
	}
	if len(t.apart) == mostApart {
		t.apart = append(t.apart[:0], t.apart[1:]...)
	}
	t.apart = append(t.apart, [2]string{a.Root, b.Root})
}

// parted says that an operator has parted two tracks.
func (t *Tracker) parted(a, b *target) bool {
	for i := range t.apart {
		if p := &t.apart[i]; p[0] == a.Root && p[1] == b.Root || p[0] == b.Root && p[1] == a.Root {
			return true
		}
	}
	return false
}

// live finds a track that is shown under this id.
func (t *Tracker) live(id string) *target {
	i := slices.IndexFunc(t.tracks, func(tr *target) bool { return tr.ID == id && tr.Status != track.Lost })
	if i < 0 {
		return nil
	}
	return t.tracks[i]
}
