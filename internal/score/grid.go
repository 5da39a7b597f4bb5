package score

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// step of the grid on which truth and tracks are compared: at equal times, or the figures mean nothing.
const step = int64(time.Second)

// truthGap is the longest gap in a target's truth that is bridged; over a longer one it was not there.
const truthGap = 5 * int64(time.Second)

// state is where something is at a time of the grid: metres and m/s in the plane.
type state struct {
	who          int  // index of the target, or of the track
	row          int  // of a track: the event that it comes from
	covered      bool // of a target: a sensor could see it
	e, n, ve, vn float64
}

func (s *state) distance(o *state) float64 { return math.Hypot(s.e-o.e, s.n-o.n) }

// moment is one time of the grid: who is there, who is shown, and which of them are near each other. Its slices are used again.
type moment struct {
	index          int // from the grid's beginning
	truths, tracks []state
	near           []pair // indices into truths and tracks; gain is not set
}

// grid walks through the run, second by second, and keeps at hand only who is alive.
type grid struct {
	run        *Run
	begin, end int64
	reach      float64 // pairs further apart are nobody's concern

	targets, tracks roster
	m               moment
	byEast          []int // tracks of the moment, west to east
}

// roster is who lives when, in the order in which they come.
type roster struct {
	waiting []int // by first time
	active  []int
	cursor  []int // of each: rows before it are past
}

func (r *Run) grid() (g grid, ok bool) {
	g = grid{run: r, begin: math.MaxInt64, end: math.MinInt64, reach: max(r.o.Associate, r.o.Cutoff)}
	g.targets.cursor, g.tracks.cursor = make([]int, len(r.targets)), make([]int, len(r.tracks))
	firstTarget := func(k int) int64 { return r.targets[k].rows[0].at }
	firstTrack := func(k int) int64 { return r.tracks[k].rows[0].at }
	for k := range r.targets {
		if rows := r.targets[k].rows; len(rows) > 0 {
			g.targets.waiting = append(g.targets.waiting, k)
			g.begin, g.end = min(g.begin, rows[0].at), max(g.end, rows[len(rows)-1].at)
		}
	}
	for k := range r.tracks {
		if len(r.tracks[k].rows) > 0 {
			g.tracks.waiting = append(g.tracks.waiting, k)
		}
	}
	g.targets.sort(firstTarget)
	g.tracks.sort(firstTrack)
	return g, g.begin <= g.end
}

func (r *roster) sort(first func(int) int64) {
	slices.SortStableFunc(r.waiting, func(a, b int) int { return cmp.Compare(first(a), first(b)) })
}

// length is the number of moments.
func (g *grid) length() int { return int((g.end-g.begin)/step) + 1 }

// each calls see with every moment in order; see must not keep it.
func (g *grid) each(see func(m *moment)) {
	for i := range g.length() {
		g.lay(i, g.begin+int64(i)*step)
		see(&g.m)
	}
}

// lay makes the moment at time t. Truth is interpolated linearly. Tracks are shown as an operator sees them: only confirmed and
// coasting ones; the last event at or before the time, carried on with its velocity for at most Options.Coast, and after the track's
// very last event for no longer than its median interval.
func (g *grid) lay(index int, t int64) {
	g.m.index, g.m.truths, g.m.tracks = index, g.m.truths[:0], g.m.tracks[:0]
	r := g.run
	g.targets.advance(
		func(k int) bool { return r.targets[k].rows[0].at <= t },
		func(k int) bool {
			rows := r.targets[k].rows
			if s, ok := interpolate(rows, &g.targets.cursor[k], t); ok {
				s.who = k
				g.m.truths = append(g.m.truths, s)
			}
			return rows[len(rows)-1].at > t
		},
	)
	g.tracks.advance(
		func(k int) bool { return r.tracks[k].rows[0].at <= t },
		func(k int) bool {
			l := &r.tracks[k]
			if s, ok := l.shown(&g.tracks.cursor[k], t, int64(r.o.Coast)); ok {
				s.who = k
				g.m.tracks = append(g.m.tracks, s)
			}
			return l.rows[len(l.rows)-1].at+int64(r.o.Coast) > t
		},
	)
	g.pairs()
}

// advance lets in who begins, calls look on all, and lets go those for whom it says that they are over.
func (r *roster) advance(begins, look func(k int) bool) {
	for len(r.waiting) > 0 && begins(r.waiting[0]) {
		r.active = append(r.active, r.waiting[0])
		r.waiting = r.waiting[1:]
	}
	kept := r.active[:0]
	for _, k := range r.active {
		if look(k) {
			kept = append(kept, k)
		}
	}
	r.active = kept
}

// pairs finds who is within reach of whom.
func (g *grid) pairs() {
	m := &g.m
	m.near, g.byEast = m.near[:0], g.byEast[:0]
	for k := range m.tracks {
		g.byEast = append(g.byEast, k)
	}
	slices.SortFunc(g.byEast, func(a, b int) int {
		return cmp.Or(cmp.Compare(m.tracks[a].e, m.tracks[b].e), cmp.Compare(a, b))
	})
	for i := range m.truths {
		west := m.truths[i].e - g.reach
		from, _ := slices.BinarySearchFunc(g.byEast, west, func(k int, e float64) int { return cmp.Compare(m.tracks[k].e, e) })
		begin := len(m.near)
		for _, k := range g.byEast[from:] {
			if m.tracks[k].e > m.truths[i].e+g.reach {
				break
			}
			if d := m.truths[i].distance(&m.tracks[k]); d <= g.reach {
				m.near = append(m.near, pair{row: i, col: k, apart: d})
			}
		}
		slices.SortFunc(m.near[begin:], func(a, b pair) int { return cmp.Compare(a.col, b.col) })
	}
}

// interpolate is where a target is at t; false before its first row, after its last, and in a gap. The cursor is the last row at or
// before t, and only goes on.
func interpolate(rows []stand, cursor *int, t int64) (state, bool) {
	i := *cursor
	for i+1 < len(rows) && rows[i+1].at <= t {
		i++
	}
	*cursor = i
	if rows[i].at > t {
		return state{}, false
	}
	a := &rows[i]
	if a.at == t { // velocity of the leg that begins here, of the last one at the end
		from, to := a, a
		if i+1 < len(rows) {
			to = &rows[i+1]
		} else if i > 0 {
			from = &rows[i-1]
		}
		s := state{e: a.e, n: a.n, covered: a.covered}
		s.ve, s.vn = slope(&from.fix, &to.fix)
		return s, true
	}
	if i+1 == len(rows) || rows[i+1].at-a.at > truthGap {
		return state{}, false
	}
	b := &rows[i+1]
	part := float64(t-a.at) / float64(b.at-a.at)
	s := state{e: a.e + part*(b.e-a.e), n: a.n + part*(b.n-a.n), covered: a.covered && b.covered}
	s.ve, s.vn = slope(&a.fix, &b.fix)
	return s, true
}

func slope(a, b *fix) (ve, vn float64) {
	dt := b.at - a.at
	if dt <= 0 || dt > truthGap {
		return 0, 0
	}
	return (b.e - a.e) / seconds(dt), (b.n - a.n) / seconds(dt)
}

func seconds(ns int64) float64 { return float64(ns) / 1e9 }

// shown is what an operator sees of a track at t.
func (l *life) shown(cursor *int, t, coast int64) (state, bool) {
	i := *cursor
	for i+1 < len(l.rows) && l.rows[i+1].at <= t {
		i++
	}
	*cursor = i
	w := &l.rows[i]
	age := t - w.at
	if age < 0 || !w.seen || age > coast || i == len(l.rows)-1 && age > l.median {
		return state{}, false
	}
	s := state{row: i, e: w.e, n: w.n, ve: float64(w.ve), vn: float64(w.vn)}
	s.e += s.ve * seconds(age)
	s.n += s.vn * seconds(age)
	return s, true
}
