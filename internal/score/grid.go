package score

import (
	"math"
	"slices"
	"time"

	"cutline/internal/geo"
	"cutline/internal/record"
)

// step of the grid on which truth and tracks are compared: at equal times, or the figures mean nothing.
const step = time.Second

// truthGap is the longest gap in a target's truth that is bridged; over a longer one it was not there.
const truthGap = 5 * time.Second

// state is where something is at a time of the grid: metres and m/s in the plane.
type state struct {
	who          int // index of the target, or of the track
	e, n, ve, vn float64
	at           time.Time // of the row that it comes from
}

func (s *state) distance(o *state) float64 { return math.Hypot(s.e-o.e, s.n-o.n) }

// moment is one time of the grid.
type moment struct {
	truths, tracks []state
}

// finite says that all of s is within the solar system; a NaN is not.
func (s *state) finite() bool {
	const far = 1e12
	return math.Abs(s.e) < far && math.Abs(s.n) < far && math.Abs(s.ve) < far && math.Abs(s.vn) < far
}

// grid is a run laid out for comparison.
type grid struct {
	moments []moment
	targets []string
	tracks  []string
}

// newGrid lays out truth and the track events. Truth is interpolated linearly. Tracks are shown as an operator sees them: only
// confirmed and coasting ones; the last event at or before the time, carried on with its velocity for at most o.Coast, and after
// the track's very last event for no longer than its median interval.
func newGrid(truth []record.Truth, events []record.Event, o Options) grid {
	var g grid
	begin, end := extentOfTargets(truth)
	if begin.IsZero() {
		return g
	}
	f := geo.NewFrame(middle(truth))
	targets, ids := targetRows(&f, truth)
	tracks, names := trackRows(&f, events)
	g.targets, g.tracks = ids, names
	for t := begin; !t.After(end); t = t.Add(step) {
		var m moment
		for i := range targets {
			if s, ok := interpolate(targets[i], t); ok {
				s.who = i
				m.truths = append(m.truths, s)
			}
		}
		for i := range tracks {
			if s, ok := tracks[i].shown(t, o.Coast); ok {
				s.who = i
				m.tracks = append(m.tracks, s)
			}
		}
		g.moments = append(g.moments, m)
	}
	return g
}

func extentOfTargets(truth []record.Truth) (begin, end time.Time) {
	var only []record.Truth
	for i := range truth {
		if truth[i].Type == "target" {
			only = append(only, truth[i])
		}
	}
	begin, end = extent(only)
	return begin, end
}

// middle of all truth: the plane's origin. A sector is small enough for one plane.
func middle(truth []record.Truth) geo.LLA {
	var lat, lon float64
	for i := range truth {
		lat += truth[i].Lat
		lon += truth[i].Lon
	}
	n := float64(len(truth))
	return geo.LLA{Lat: geo.Degrees(lat / n), Lon: geo.Degrees(lon / n)}
}

func targetRows(f *geo.Frame, truth []record.Truth) (rows [][]state, ids []string) {
	index := map[string]int{}
	for i := range truth {
		t := &truth[i]
		if t.Type != "target" {
			continue
		}
		k, ok := index[t.Target]
		if !ok {
			k = len(rows)
			index[t.Target] = k
			rows, ids = append(rows, nil), append(ids, t.Target)
		}
		p := f.ENU(geo.LLA{Lat: geo.Degrees(t.Lat), Lon: geo.Degrees(t.Lon)})
		if row := (state{e: p.E, n: p.N, at: t.Time}); row.finite() {
			rows[k] = append(rows[k], row)
		}
	}
	for k := range rows {
		slices.SortStableFunc(rows[k], func(a, b state) int { return a.at.Compare(b.at) })
	}
	return rows, ids
}

// interpolate is where a target is at t; false before its first row, after its last, and in a gap.
func interpolate(rows []state, t time.Time) (state, bool) {
	i, exact := slices.BinarySearchFunc(rows, t, func(s state, t time.Time) int { return s.at.Compare(t) })
	if exact {
		j := min(i+1, len(rows)-1) // velocity of the leg that begins here, of the last one at the end
		if j == i {
			i = max(0, i-1)
		}
		s := rows[j]
		if rows[i].at.Equal(t) {
			s = rows[i]
		}
		s.ve, s.vn = slope(&rows[i], &rows[j])
		return s, true
	}
	if i == 0 || i == len(rows) || rows[i].at.Sub(rows[i-1].at) > truthGap {
		return state{}, false
	}
	a, b := &rows[i-1], &rows[i]
	part := t.Sub(a.at).Seconds() / b.at.Sub(a.at).Seconds()
	s := state{e: a.e + part*(b.e-a.e), n: a.n + part*(b.n-a.n), at: t}
	s.ve, s.vn = slope(a, b)
	return s, true
}

func slope(a, b *state) (ve, vn float64) {
	dt := b.at.Sub(a.at).Seconds()
	if dt <= 0 || dt > truthGap.Seconds() {
		return 0, 0
	}
	return (b.e - a.e) / dt, (b.n - a.n) / dt
}

// life is a track's events in order of time.
type life struct {
	rows   []state
	seen   []bool        // the row is shown to an operator
	median time.Duration // interval of its rows
}

func trackRows(f *geo.Frame, events []record.Event) (lives []life, ids []string) {
	index := map[string]int{}
	for i := range events {
		t := events[i].Track
		if t == nil {
			continue
		}
		k, ok := index[t.ID]
		if !ok {
			k = len(lives)
			index[t.ID] = k
			lives, ids = append(lives, life{}), append(ids, t.ID)
		}
		l := &lives[k]
		if n := len(l.rows); n > 0 && events[i].Time.Before(l.rows[n-1].at) {
			continue // a change that came late: an operator has seen a later one
		}
		p := f.ENU(geo.LLA{Lat: geo.Degrees(t.Lat), Lon: geo.Degrees(t.Lon)})
		sin, cos := math.Sincos(float64(geo.Degrees(t.CourseDeg).Radians()))
		row := state{e: p.E, n: p.N, ve: t.SpeedMPS * sin, vn: t.SpeedMPS * cos, at: events[i].Time}
		if !row.finite() {
			continue // an assignment over NaN never ends
		}
		l.rows = append(l.rows, row)
		l.seen = append(l.seen, t.Status == "confirmed" || t.Status == "coasting")
	}
	for k := range lives {
		lives[k].median = medianInterval(lives[k].rows)
	}
	return lives, ids
}

func medianInterval(rows []state) time.Duration {
	var all []time.Duration
	for i := 1; i < len(rows); i++ {
		all = append(all, rows[i].at.Sub(rows[i-1].at))
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// shown is what an operator sees of a track at t.
func (l *life) shown(t time.Time, coast time.Duration) (state, bool) {
	after, _ := slices.BinarySearchFunc(l.rows, t, func(s state, t time.Time) int {
		if s.at.After(t) {
			return 1
		}
		return -1
	})
	i := after - 1 // the last row at or before t
	if i < 0 || !l.seen[i] {
		return state{}, false
	}
	age := t.Sub(l.rows[i].at)
	if age > coast || i == len(l.rows)-1 && age > l.median {
		return state{}, false
	}
	s := l.rows[i]
	s.e += s.ve * age.Seconds()
	s.n += s.vn * age.Seconds()
	return s, true
}
