package score

import (
	"cmp"
	"math"
	"slices"
	"time"

	"cutline/internal/geo"
	"cutline/internal/record"
)

// Run gathers the truth and the events of one run, in a few dozen bytes a line, and makes the report. It is for one goroutine.
type Run struct {
	o       Options
	frame   geo.Frame
	broken  Broken
	laidOut bool

	targets []target
	tracks  []life
	byName  map[string]int // of targets
	byID    map[string]int // of tracks
	classes map[string]uint8

	crossed []record.Truth
	said    []told
	byAlert map[string]int
	first   time.Time // of the whole truth
	last    time.Time
	rows    int // of the truth
	latSum  float64
	lonSum  float64
}

// fix is where a target is: degrees north and east until layOut, metres in the plane from then on.
type fix struct {
	at   int64 // Unix nanoseconds
	e, n float64
}

// A stand is a fix of a target, and whether it was covered there. Of a group the fix is the middle, and the rest says how its members lie
// about it: their variances and covariance, m².
type stand struct {
	fix
	ee, en, nn float32
	covered    bool
}

// lie takes in where the members of a group are, about the place that is told.
func (s *stand) lie(t *record.Truth) {
	n := float32(len(t.Members))
	if n < 2 {
		return
	}
	f := geo.NewFrame(geo.LLA{Lat: geo.Degrees(t.Lat), Lon: geo.Degrees(t.Lon)})
	for _, m := range t.Members {
		p := f.ENU(geo.LLA{Lat: geo.Degrees(m[0]), Lon: geo.Degrees(m[1])})
		e, north := float32(p.E), float32(p.N)
		s.ee, s.en, s.nn = s.ee+e*e/n, s.en+e*north/n, s.nn+north*north/n
	}
}

// target is a path, and whose it is.
type target struct {
	id, class, intent string
	friendly          bool
	rows              []stand
}

// row is a track's event. 48 bytes: a day has millions.
type row struct {
	fix
	ve, vn     float32 // m/s
	ee, en, nn float32 // m²
	class      uint8   // index of the most probable one among Run.classes; 0 is none
	seen       bool    // shown to an operator
}

// life is a track's events in order of time.
type life struct {
	id     string
	rows   []row
	median int64 // ns between two rows
}

// NewRun begins an empty one.
func NewRun(o Options) *Run {
	return &Run{
		o: o, byName: map[string]int{}, byID: map[string]int{}, byAlert: map[string]int{}, classes: map[string]uint8{"": 0},
	}
}

// AddTruth takes in a line of truth.
func (r *Run) AddTruth(t *record.Truth) {
	if r.first.IsZero() || t.Time.Before(r.first) {
		r.first = t.Time
	}
	if t.Time.After(r.last) {
		r.last = t.Time
	}
	r.rows++
	r.latSum += t.Lat
	r.lonSum += t.Lon
	if t.Type == "crossing" {
		r.crossed = append(r.crossed, *t)
		return
	}
	k, ok := r.byName[t.Target]
	if !ok {
		k = len(r.targets)
		r.byName[t.Target] = k
		r.targets = append(r.targets, target{id: t.Target, class: t.Class, intent: t.Intent, friendly: t.Friendly})
	}
	g := &r.targets[k]
	s := stand{fix: fix{t.Time.UnixNano(), t.Lon, t.Lat}, covered: t.Covered != nil && *t.Covered}
	s.lie(t)
	g.rows = append(g.rows, s)
}

// AddEvent takes in an event; tracks and alerts alone count.
func (r *Run) AddEvent(e *record.Event) {
	switch {
	case e.Track != nil:
		r.addTrack(e.Time, e.Track)
	case e.Alert != nil:
		r.addAlert(e.Alert)
	}
}

func (r *Run) addTrack(at time.Time, t *record.TrackEvent) {
	k, ok := r.byID[t.ID]
	if !ok {
		k = len(r.tracks)
		r.byID[t.ID] = k
		r.tracks = append(r.tracks, life{id: t.ID})
	}
	l, ns := &r.tracks[k], at.UnixNano()
	if n := len(l.rows); n > 0 && ns < l.rows[n-1].at {
		return // a change that came late: an operator has seen a later one
	}
	sin, cos := math.Sincos(float64(geo.Degrees(t.CourseDeg).Radians()))
	l.rows = append(l.rows, row{
		fix: fix{ns, t.Lon, t.Lat},
		ve:  float32(t.SpeedMPS * sin), vn: float32(t.SpeedMPS * cos),
		ee: float32(t.Cov.EE), en: float32(t.Cov.EN), nn: float32(t.Cov.NN),
		class: r.class(t.Class), seen: t.Status == "confirmed" || t.Status == "coasting",
	})
}

// class is the most probable one; none if two are, or if it says that it does not know.
func (r *Run) class(p map[string]float64) uint8 {
	best, name, draw := 0.0, "", false
	for c, v := range p {
		switch {
		case v > best:
			best, name, draw = v, c, false
		case v == best:
			draw = true
		}
	}
	if draw || name == "unknown" || best <= 0 {
		return 0
	}
	return r.classIndex(name)
}

func (r *Run) classIndex(name string) uint8 {
	k, ok := r.classes[name]
	if !ok && len(r.classes) < math.MaxUint8 { // more words than that are nonsense, and count as unknown
		k = uint8(len(r.classes)) //nolint:gosec // bounded in the line above
		r.classes[name] = k
	}
	return k
}

// addAlert folds an alert's changes into one.
func (r *Run) addAlert(a *record.AlertEvent) {
	if a.Kind != "crossing" {
		return
	}
	j, ok := r.byAlert[a.ID]
	if !ok {
		j = len(r.said)
		r.byAlert[a.ID] = j
		raised := a.Raised
		if a.Change == "update" && a.Updated.After(raised) {
			raised = a.Updated // it was raised for the approach, and tells of a crossing only now
		}
		r.said = append(r.said, told{id: a.ID, raised: raised})
	}
	r.said[j].at, r.said[j].lat, r.said[j].lon = a.Time, a.Lat, a.Lon
	r.said[j].direction, r.said[j].class, r.said[j].count = a.Direction, a.Class, a.Count
}

// Report makes all figures.
func (r *Run) Report() Report {
	r.layOut()
	return Report{Crossings: r.crossingReport(), Tracks: r.trackReport(), Broken: r.broken}
}

// layOut puts everything into one plane: a sector is small enough for one. Its origin is the middle of the truth.
func (r *Run) layOut() {
	if r.laidOut {
		return
	}
	r.laidOut = true
	n := max(1, float64(r.rows))
	r.frame = geo.NewFrame(geo.LLA{Lat: geo.Degrees(r.latSum / n), Lon: geo.Degrees(r.lonSum / n)})
	for k := range r.targets {
		g := &r.targets[k]
		for i := range g.rows {
			r.flatten(&g.rows[i].fix)
		}
		g.rows = slices.DeleteFunc(g.rows, func(s stand) bool { return !s.finite() })
		slices.SortStableFunc(g.rows, func(a, b stand) int { return cmp.Compare(a.at, b.at) })
	}
	for k := range r.tracks {
		l := &r.tracks[k]
		for i := range l.rows {
			r.flatten(&l.rows[i].fix)
		}
		l.rows = slices.DeleteFunc(l.rows, func(w row) bool { return !w.finite() }) // an assignment over NaN never ends
		l.median = medianInterval(l.rows)
	}
}

func (r *Run) flatten(f *fix) {
	p := r.frame.ENU(geo.LLA{Lat: geo.Degrees(f.n), Lon: geo.Degrees(f.e)})
	f.e, f.n = p.E, p.N
}

// finite says that the place is within the solar system; a NaN is not.
func (f *fix) finite() bool {
	const far = 1e12
	return math.Abs(f.e) < far && math.Abs(f.n) < far
}

func (w *row) finite() bool {
	const fast = 1e9
	return w.fix.finite() && math.Abs(float64(w.ve)) < fast && math.Abs(float64(w.vn)) < fast
}

func medianInterval(rows []row) int64 {
	var all []int64
	for i := 1; i < len(rows); i++ {
		all = append(all, rows[i].at-rows[i-1].at)
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// Empty says that no truth has been taken in.
func (r *Run) Empty() bool { return r.rows == 0 }
