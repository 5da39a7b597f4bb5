package score

import (
	"math"
	"slices"
)

// nobody is a track's target where it has none.
const nobody = -1

// Association of Stone Soup's TrackToTruth: begun by three successive times at the same target, ended by two without.
const (
	hitsToBegin = 3
	missesToEnd = 2
)

// siap first watches which target each track is nearest to, then counts.
type siap struct {
	run     *Run
	follows []following // of each track
	life    []segment   // of each target
	class   []uint8     // of each target
	by      [][]int     // tracks that follow each target of the moment, as indices of its states
	slot    []int       // of each target, where it stands in the moment
}

// following is which targets a track followed, and when.
type following struct {
	spans []span
	next  int // span that counting has come to

	current, begin, last, hits, fed int
	judged                          int // the last row of which NEES has been taken
}

// span of moments in which a track follows a target, both ends included.
type span struct{ who, begin, last int }

func newSIAP(r *Run) *siap {
	s := &siap{run: r, follows: make([]following, len(r.tracks)), life: make([]segment, len(r.targets)), slot: make([]int, len(r.targets))}
	for k := range s.follows {
		s.follows[k].current, s.follows[k].fed, s.follows[k].judged = nobody, -1, -1
	}
	for k := range r.targets {
		s.class = append(s.class, r.classIndex(r.targets[k].class))
	}
	return s
}

// watch notes the nearest target of each track.
func (s *siap) watch(m *moment) {
	nearest := make([]pair, len(m.tracks))
	for k := range nearest {
		nearest[k] = pair{row: nobody, apart: s.run.o.Associate}
	}
	for _, p := range m.near {
		if p.apart <= nearest[p.col].apart {
			nearest[p.col] = p
		}
	}
	for k := range m.tracks {
		who := nobody
		if i := nearest[k].row; i != nobody {
			who = m.truths[i].who
		}
		s.follows[m.tracks[k].who].feed(m.index, who)
	}
}

func (s *siap) settle() {
	for k := range s.follows {
		s.follows[k].end()
	}
}

// feed takes the nearest target at time t. Times that were left out had none.
func (f *following) feed(t, who int) {
	for u := f.fed + 1; u < t && f.current != nobody; u++ {
		f.step(u, nobody)
	}
	f.step(t, who)
	f.fed = t
}

func (f *following) step(t, who int) {
	switch {
	case who != nobody && who == f.current:
		f.hits++
		f.last = t
	case f.current != nobody && f.hits >= hitsToBegin && t-f.last < missesToEnd:
		// one miss, or one time at another target, does not end it
	default:
		f.end()
		if who != nobody {
			f.current, f.begin, f.last, f.hits = who, t, t, 1
		}
	}
}

// end closes an association: from its first hit to its last.
func (f *following) end() {
	if f.current != nobody && f.hits >= hitsToBegin {
		f.spans = append(f.spans, span{f.current, f.begin, f.last})
	}
	f.current, f.hits = nobody, 0
}

// at is whom the track follows at time t; t never goes back.
func (f *following) at(t int) int {
	for f.next < len(f.spans) && f.spans[f.next].last < t {
		f.next++
	}
	if f.next < len(f.spans) && f.spans[f.next].begin <= t {
		return f.spans[f.next].who
	}
	return nobody
}

// count sums a moment.
func (s *siap) count(m *moment, p *sums) {
	for len(s.by) < len(m.truths) {
		s.by = append(s.by, nil)
	}
	for i := range m.truths {
		s.by[i] = s.by[i][:0]
		s.slot[m.truths[i].who] = i + 1
	}
	for k := range m.tracks {
		if who := s.follows[m.tracks[k].who].at(m.index); who != nobody && s.slot[who] > 0 {
			s.by[s.slot[who]-1] = append(s.by[s.slot[who]-1], k)
		}
	}
	for i := range m.truths {
		truth := &m.truths[i]
		s.slot[truth.who] = 0
		for _, k := range s.by[i] {
			p.position += truth.distance(&m.tracks[k])
			p.velocity += math.Hypot(truth.ve-m.tracks[k].ve, truth.vn-m.tracks[k].vn)
			s.judge(truth.who, &m.tracks[k], p)
		}
		p.associated += float64(len(s.by[i]))
		if truth.covered {
			p.covered++
			if len(s.by[i]) > 0 {
				p.held++
			}
		}
		if len(s.by[i]) > 0 {
			p.tracked++
			s.name(m, i, p)
		}
		s.life[truth.who].count(m, s.by[i])
	}
}

// judge takes the consistency of what a track says of the target that it follows, once of each event.
func (s *siap) judge(who int, t *state, p *sums) {
	if f := &s.follows[t.who]; t.row > f.judged {
		f.judged = t.row
		s.run.consistency(who, &s.run.tracks[t.who].rows[t.row], p)
	}
}

// name counts what the tracks of a target say of its class.
func (s *siap) name(m *moment, i int, p *sums) {
	if s.class[m.truths[i].who] == 0 {
		return
	}
	p.classed++
	right, wrong := 0, 0
	for _, k := range s.by[i] {
		t := &m.tracks[k]
		switch s.run.tracks[t.who].rows[t.row].class {
		case 0:
		case s.class[m.truths[i].who]:
			right++
		default:
			wrong++
		}
	}
	switch {
	case right == 0 && wrong == 0:
		p.unnamed++
	case wrong == 0:
		p.rightly++
	case right > 0:
		p.both++
	}
}

// segment of a target's life: the least number of tracks that covers the time tracked, and the most seconds that one track had.
type segment struct {
	exists, tracked, longest, numbers int

	held map[int]int // seconds of each track
	open []int       // tracks that could have covered all since the last change
}

func (g *segment) count(m *moment, tracks []int) {
	g.exists++
	if len(tracks) == 0 {
		return
	}
	if g.held == nil {
		g.held = map[int]int{}
	}
	g.tracked++
	by := make([]int, 0, 4)
	for _, k := range tracks {
		who := m.tracks[k].who
		by = append(by, who)
		g.held[who]++
		g.longest = max(g.longest, g.held[who])
	}
	g.open = slices.DeleteFunc(g.open, func(k int) bool { return !slices.Contains(by, k) })
	if len(g.open) == 0 {
		g.numbers++
		g.open = append(g.open, by...)
	}
}

// segments sums the targets' lives: changes of number that could not be avoided, per second tracked; and the longest holds, as a
// share of all time.
func (s *siap) segments() (changeRate, longest float64) {
	var changes, time, held, exists int
	for i := range s.life {
		g := &s.life[i]
		changes, time = changes+max(0, g.numbers-1), time+g.tracked
		held, exists = held+g.longest, exists+g.exists
	}
	return ratio(float64(changes), float64(time)), ratio(float64(held), float64(exists))
}
