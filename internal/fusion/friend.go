package fusion

import (
	"math"

	"cutline/internal/track"
)

const (
	friendVotes = 2.0 // to become one of ours
	friendMost  = 5.0
	friendFade  = 60.0 // s, in which one vote is forgotten

	partedFor   = 8 * beat // for which both the emitter and the track must have been heard apart: a place that jumps comes back
	partedHits  = 2        // of the emitter there
	partedReach = 50.0     // m: so far a man goes from his vehicle, and a bad fix from the truth
	partedGate  = 16.0     // four sigmas
)

// befriend counts a vote of a sensor of ours. One vote can be a patrol that passes a stranger; two are a friend, who stays one for
// minutes without a vote. A track that begins with such a report is one at once (birth): nobody else was there.
func (t *Tracker) befriend(tr *target, s *site) {
	if !s.friendly {
		return
	}
	tr.Friend = min(tr.Friend+1, friendMost)
	tr.Friendly = tr.Friendly || tr.Friend >= friendVotes
	tr.Parted = tr.Parted && !tr.Friendly
}

// fade lets a second's worth of friendship go.
func (tr *target) fade() {
	tr.Friend -= 1 / friendFade
	if tr.Friend <= 0 {
		tr.Friend, tr.Friendly = 0, tr.Marked
	}
}

// disown ends the friendship of tracks that go on without the telephone or transponder that made them friends, while this is heard
// elsewhere: it was lost or taken, or two who met have gone their ways and the track went with the stranger. An emitter that falls silent
// has not parted. Only one with a name of its own can be known elsewhere.
func (t *Tracker) disown() {
	for _, tr := range t.work.friends {
		if tr.Friendly && !tr.Marked && tr.Status == track.Confirmed && t.abandoned(tr) {
			tr.Friend, tr.Friendly, tr.Parted = 0, false, true
			t.touch(tr)
		}
	}
}

// abandoned says that others see tr, that no emitter of ours is on it any more, and that one which was is with another of the friends.
func (t *Tracker) abandoned(tr *target) bool {
	last := int64(0)
	for i := range tr.Sources {
		if t.sites[tr.Sources[i].Sensor].friendly {
			last = max(last, tr.Sources[i].Hit)
		}
	}
	if tr.Seen-last < partedFor {
		return false
	}
	for i := range tr.Sources {
		s := &tr.Sources[i]
		if s.Own == 0 || !t.sites[s.Sensor].friendly {
			continue
		}
		for _, o := range t.work.friends {
			k := o.sourceOf(s.Sensor)
			if o == tr || k < 0 || o.Status == track.Lost {
				continue
			}
			if n := &o.Sources[k]; n.Own == s.Own && n.Hit-last >= partedFor && o.Evidence[k].Hits >= partedHits && away(tr, o) {
				return true
			}
		}
	}
	return false
}

// away says that two are not one target.
func away(a, b *target) bool {
	p, q := a.Whereabouts(), b.Whereabouts()
	de, dn := a.State[0]-b.State[0], a.State[2]-b.State[2]
	return math.Hypot(de, dn) > partedReach && two(p.EE+q.EE, p.EN+q.EN, p.NN+q.NN, de, dn) > partedGate
}
