package fusion

import (
	"cmp"
	"math"
	"slices"

	"cutline/internal/detection"
	"cutline/internal/track"
)

const (
	gate1, gate2, gate3 = 6.63, 9.21, 11.34 // chi-square at 99 % for 1, 2 and 3 measured values
	gateSigmas          = 3.37              // the root of the largest
	youngHits           = 5                 // of a track that may be as fast as the agile model says, whatever the other one does
	ambiguous           = 3.0               // nats: a bearing that fits two tracks so nearly alike says nothing
	firstSurely         = 5.0               // and of a first look of a camera at what another has put on the ground
)

func gate(dim int) float64 { return [4]float64{0, gate1, gate2, gate3}[dim] }

// A pair is a track and a plot in its gate.
type pair struct {
	row, plot int
	gain      float64 // ln of what the pair is worth above leaving both alone
	ratio     float64 // ln N/λ
	d2        float64
	logPos    float64
	alone     bool // neither the track nor the plot could be another's
	first     bool // of a camera, and a track that another camera has put on the ground
	mute      bool // it only stands against others
}

// likely is the probability that the plot is the track's and no stranger's.
func (k *pair) likely() float64 { return 1 / (1 + math.Exp(-k.gain)) }

// stranger is the probability that plot j is of no track.
func (w *work) stranger(j int) float64 {
	if k := w.taken[j]; k >= 0 {
		return 1 - w.pairs[k].likely()
	}
	return 1
}

// work is memory that a scan uses and the next reuses. None of it is state.
type work struct {
	scan    uint32
	lost    bool
	found   []*target
	young   []*target // companions of older ones, at this beat
	friends []*target // of our own, at this beat
	rows    []*target // tracks with a pair
	pairs   []pair
	group   []int // union-find: rows, then plots
	taken   []int // plot → index into pairs, −1: none
	gated   []bool
	hosted  []bool // a companion of another plot
	only    []int  // plot → the row of the only track in whose gate it is
	order   []int
	own     plot // as a look at one track
	firsts  []int
	cost    []float64
	cols    []int // of the group that is solved, the plots
	pairAt  []int // by row and column of cost, the pair, −1: none
	solve   assigner
	terms   []term
}

// scan processes one entry: who is seen by which plot, who is missed, who is new.
func (t *Tracker) scan(e *entry) {
	s, st, w := &t.sites[e.Sensor], &t.states[e.Sensor], &t.work
	since := e.Time - st.Heard
	st.Look, st.Heard = e.Look, e.Time
	st.Sweeps = st.Sweeps || e.Sweep
	w.scan++
	t.arrange(e)
	t.expectFalse(e)
	t.pair(e)
	t.decide(len(e.Plots))
	t.company(e)
	if st.Bears {
		st.Behind.learn(e, w, float64(since)/second)
	}
	if (!st.Bears || st.Lays) && s.crowds() {
		st.Clutter.learn(e, w, s.looks(st, e, since), s.many)
	}
	for j := range e.Plots {
		if k := w.taken[j]; k >= 0 {
			t.update(w.rows[w.pairs[k].row], e, &e.Plots[j], &w.pairs[k])
		}
	}
	turned := t.vote(e)
	if e.Sweep {
		t.missSweep(e, since)
	}
	for j := range e.Plots {
		if w.taken[j] < 0 && !w.hosted[j] && !turned {
			t.birth(e, &e.Plots[j], w.gated[j])
		}
	}
	if st.Bears {
		t.triangulate(e)
	}
}

// arrange puts the plots in order, each once, where they are without the bias that is known, and one of a target.
func (t *Tracker) arrange(e *entry) {
	slices.SortFunc(e.Plots, func(p, q plot) int { return p.before(&q) })
	e.Plots = slices.CompactFunc(e.Plots, func(p, q plot) bool { return p.again(&q) })
	if len(e.Plots) > 0 {
		st := &t.states[e.Sensor]
		st.Bears = e.Plots[0].Kind == detection.Bearing
		st.Lays = st.Bears && slices.ContainsFunc(e.Plots, func(p plot) bool { return p.Laid })
	}
	t.correct(e)
	if t.sites[e.Sensor].many {
		e.Plots = cluster(e.Plots, t.cfg.Cluster)
	}
}

// expectFalse gives each plot the density of false returns where it is.
func (t *Tracker) expectFalse(e *entry) {
	s, st := &t.sites[e.Sensor], &t.states[e.Sensor]
	st.Clutter.forward(e.Time, s.reach)
	for j := range e.Plots {
		p := &e.Plots[j]
		p.Crowd, p.Others = 1, p.False
		switch {
		case !p.placed():
			behind := st.Behind.rate(p.Z[0]) / radiansPerCell
			if p.dips() {
				behind *= p.False / s.bearingDensity(&e.Look) // and where in elevation
			}
			p.False += behind
		case s.crowds():
			p.crowd(st.Clutter.density(p, 0), st.Clutter.density(p, 1), s.density(&e.Look))
		}
	}
}

// pair finds the tracks in the gate of each plot.
func (t *Tracker) pair(e *entry) {
	w := &t.work
	w.rows, w.pairs, w.gated = w.rows[:0], w.pairs[:0], w.gated[:0]
	for j := range e.Plots {
		p := &e.Plots[j]
		from := len(w.pairs)
		w.found = t.reach(w.found[:0], e, p)
		for _, tr := range w.found {
			t.meet(tr, e, j)
		}
		w.gated = append(w.gated, len(w.pairs) > from)
		if !p.placed() {
			t.dropAmbiguous(from)
		}
	}
	t.dropFirst()
	// The order in which the grid found them is an accident of its history: by creation instead.
	slices.SortFunc(w.pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(w.rows[a.row].Serial, w.rows[b.row].Serial), cmp.Compare(a.plot, b.plot))
	})
}

// reach appends the tracks that may be in the gate of p.
func (t *Tracker) reach(dst []*target, e *entry, p *plot) []*target {
	l := &e.Look
	if p.Kind == detection.Bearing {
		variance := p.R[0][0] + t.registry.variance(t.registry.slots[e.Sensor], azimuth)
		return t.grid.along(dst, l.E, l.N, p.Z[0], gateSigmas*math.Sqrt(variance), l.length())
	}
	return t.grid.near(dst, p.E, p.N, gateSigmas*math.Sqrt(p.C.EE+p.C.NN+t.vague(e.Sensor, p)))
}

// meet makes a pair of tr and plot j if it is in the gate.
func (t *Tracker) meet(tr *target, e *entry, j int) {
	p, s, w := &e.Plots[j], &t.sites[e.Sensor], &t.work
	if p.bare() && !t.heeds(tr) {
		return // most bearings are background: they hold tracks, and make none; nor may they miss one (existence.go)
	}
	i := tr.sourceOf(e.Sensor)
	if i >= 0 && e.Number >= 0 && tr.Sources[i].Number == e.Number && tr.Sources[i].Hit < e.Time && !s.many {
		return // one target gives one return in a scan
	}
	t.ready(tr, e.Time)
	var in innovation
	p = t.of(tr, e, p)
	mute := p.bare() && !tr.Proven
	if mute && !t.heeds(tr) {
		return
	}
	bias := t.consider(tr, e.Sensor, p.dips())
	bias.Spread = plus(bias.Spread, tr.Extent.round())
	if !tr.gates(p, &e.Look, &bias, &in) || t.tooFast(tr, p) {
		return
	}
	if tr.scan != w.scan {
		tr.scan, tr.row = w.scan, int32(len(w.rows)) //nolint:gosec // as many as tracks
		w.rows = append(w.rows, tr)
	}
	strange := p.False
	if !tr.Proven && i == 0 { // it began with a plot of this sensor
		strange = p.Others
	}
	ratio := in.logN - math.Log(strange)
	see := 0.0 // where it can not see, not seeing costs nothing
	if e.Look.sees(tr.State[0], tr.State[2]) {
		see = s.pd * tr.Visible * float64(tr.viewOf(s.mast).P)
	}
	r := tr.Existence
	gain := math.Log(s.pd*r) + ratio - math.Log(1-see*r)
	if p.Own != 0 && i >= 0 && tr.Sources[i].Own == p.Own {
		gain += sameOwn
	}
	w.pairs = append(w.pairs, pair{
		row: int(tr.row), plot: j, gain: gain, ratio: ratio, d2: in.d2, logPos: in.logPos,
		first: p.Kind == detection.Bearing && i < 0 && tr.dipped(), mute: mute,
	})
}

// of is p as a look at tr: higher, if tr flies, and without an elevation, if that says nothing of tr. It is good until the next call.
func (t *Tracker) of(tr *target, e *entry, p *plot) *plot {
	s, own, above := &t.sites[e.Sensor], &t.work.own, t.above(tr)
	switch {
	case above > 0 && p.Slant:
		*own = *p
		own.rise(above)
	case p.dips() && (above > 0 || !tr.dippedBy(e.Sensor) && !s.laysAt(&e.Look, tr.State[0], tr.State[2])):
		*own = *p
		own.level(s, &e.Look)
	default:
		return p
	}
	return own
}

// heeds says that tr's place in the gate of a bearing counts. Who is not proven takes none, but where he is likely there, it may be of him,
// and must not draw one who is proven.
func (t *Tracker) heeds(tr *target) bool {
	return tr.Proven || tr.dipped() || tr.Existence >= t.cfg.ConfirmExistence
}

// gates compares p with tr's belief, and says whether it is in the gate. Of a young track the agile model may be right where the
// mean of both is not: a vehicle's second and third detections are out of the gate of a track that expects a walker.
func (tr *target) gates(p *plot, l *look, bias *considered, in *innovation) bool {
	if p.innovate(l, &tr.State, &tr.Cov, bias, in) && in.d2 <= gate(p.Dim) {
		return true
	}
	if tr.Hits > youngHits {
		return false
	}
	m := &tr.F.M[1]
	if !p.innovate(l, &m.X, &m.P, bias, in) || in.d2 > gate(p.Dim) {
		return false
	}
	own := math.Log(tr.F.Mu[1])
	in.logN += own
	in.logPos += own
	return true
}

// tooFast says that the target would have gone faster than anything goes.
func (t *Tracker) tooFast(tr *target, p *plot) bool {
	if !p.placed() || tr.Hits > 1 {
		return false
	}
	first := &tr.Pace.Stands[0]
	way := math.Hypot(p.E-float64(first.E), p.N-float64(first.N)) - 3*math.Sqrt(p.C.EE+p.C.NN+float64(first.EE+first.NN))
	return way > t.cfg.MaxSpeed*float64(p.Time-tr.Begun)/second
}

// dropAmbiguous forgets the pairs of a bearing, those from index from on, that fits more than one track nearly as well as the best.
// The tracks were perhaps seen, so they are not missed.
func (t *Tracker) dropAmbiguous(from int) {
	w := &t.work
	best, near := math.Inf(-1), 0
	for _, p := range w.pairs[from:] {
		best = max(best, p.ratio)
	}
	for _, p := range w.pairs[from:] {
		if p.ratio > best-ambiguous {
			near++
		}
	}
	if near > 1 {
		for _, p := range w.pairs[from:] {
			w.rows[p.row].spared = w.scan
		}
		w.pairs = w.pairs[:from]
	}
}

// dropFirst forgets who meets for the first time while others would do nearly as well: where the rays of two cameras cross is somebody or a
// ghost, and what the ground tells of how far off they are is vague. Once taken, a ghost is as sharp as the truth.
func (t *Tracker) dropFirst() {
	w := &t.work
	w.firsts = w.firsts[:0]
	for i := range w.pairs {
		k := &w.pairs[i]
		if k.mute || k.first && slices.ContainsFunc(w.pairs, func(o pair) bool {
			return (o.row == k.row) != (o.plot == k.plot) && o.ratio > k.ratio-firstSurely
		}) {
			w.firsts = append(w.firsts, i)
		}
	}
	for n, i := range w.firsts {
		w.rows[w.pairs[i-n].row].spared = w.scan
		w.pairs = slices.Delete(w.pairs, i-n, i-n+1)
	}
}

// decide assigns plots to tracks: each connected group of pairs on its own, the common group of one directly.
func (t *Tracker) decide(plots int) {
	w := &t.work
	w.taken, w.group = filled(w.taken, plots, -1), w.group[:0]
	for i := range len(w.rows) + plots {
		w.group = append(w.group, i)
	}
	for _, p := range w.pairs {
		w.join(p.row, len(w.rows)+p.plot)
	}
	w.order = w.order[:0]
	for i := range w.pairs {
		w.order = append(w.order, i)
	}
	slices.SortFunc(w.order, func(a, b int) int {
		return cmp.Or(cmp.Compare(w.root(w.pairs[a].row), w.root(w.pairs[b].row)), cmp.Compare(a, b))
	})
	for from := 0; from < len(w.order); {
		root, to := w.root(w.pairs[w.order[from]].row), from+1
		for to < len(w.order) && w.root(w.pairs[w.order[to]].row) == root {
			to++
		}
		w.decideGroup(w.order[from:to])
		from = to
	}
}

func (w *work) root(i int) int {
	for w.group[i] != i {
		w.group[i] = w.group[w.group[i]]
		i = w.group[i]
	}
	return i
}

func (w *work) join(a, b int) {
	a, b = w.root(a), w.root(b)
	w.group[max(a, b)] = min(a, b)
}

// decideGroup solves one group, given as indexes of pairs in order of tracks. Every track has a column of its own for being missed.
func (w *work) decideGroup(group []int) {
	if len(group) == 1 {
		if p := &w.pairs[group[0]]; p.gain > 0 {
			w.taken[p.plot], p.alone = group[0], true
		}
		return
	}
	rows, width := w.price(group)
	for r, c := range w.solve.solve(w.cost, rows, width) {
		if k := w.pairAt[r*width+c]; k >= 0 {
			w.taken[w.pairs[k].plot] = k
		}
	}
}

// price makes the costs of a group: a row for each of its tracks, a column for each of its plots and then one for each row.
func (w *work) price(group []int) (rows, width int) {
	w.cols = w.cols[:0]
	for i, k := range group {
		w.cols = append(w.cols, w.pairs[k].plot)
		if i == 0 || w.pairs[k].row != w.pairs[group[i-1]].row {
			rows++
		}
	}
	slices.Sort(w.cols)
	w.cols = slices.Compact(w.cols)
	plots := len(w.cols)
	width = plots + rows
	w.cost, w.pairAt = filled(w.cost, rows*width, forbidden), filled(w.pairAt, rows*width, -1)
	row := 0
	for i, k := range group {
		p := &w.pairs[k]
		if i > 0 && p.row != w.pairs[group[i-1]].row {
			row++
		}
		c, _ := slices.BinarySearch(w.cols, p.plot)
		w.cost[row*width+c], w.pairAt[row*width+c] = -p.gain, k
		w.cost[row*width+plots+row] = 0
	}
	return rows, width
}

// update takes the assigned plot into tr.
func (t *Tracker) update(tr *target, e *entry, p *plot, k *pair) {
	s := &t.sites[e.Sensor]
	p = t.of(tr, e, p)
	src, ev := t.source(tr, e.Sensor)
	src.Dips = src.Dips || p.dips()
	fresh := 1.0 // of a look, what it is worth to the filter
	if src.Hit > 0 {
		fresh = temper(e.Time - src.Looked)
	}
	weight := fresh // and to existence and class
	if k.alone && p.Count == 1 {
		t.register(tr, e, p)
	}
	if s.smooths {
		if src.Own == p.Own {
			weight = min(weight, smoothedTemper)
		}
		src.Kept = p.kept()
	}
	t.filter(tr, e, p, k, fresh)

	if s.radar {
		tr.move(s, k.ratio)
	}
	nats := tr.look(tr.viewOf(s.mast), s.pd, k.ratio, weight)
	ev.LogLikelihood = min(max(ev.LogLikelihood+nats, -mostEvidence), mostEvidence)
	ev.ResidualSigma = math.Sqrt(k.d2)
	src.note(e, ev, p)
	gap := float64(e.Time-tr.Seen) / second
	tr.hit(p, e.Time)
	tr.count(p.Count)
	if tr.Status == track.Coasting {
		tr.Status = track.Confirmed
	}
	t.settle(tr)
	now := mode{tr.State, tr.Cov}
	tr.Left = now.brief()
	if p.HasClass {
		tr.classify(&p.Class, weight)
	}
	tr.paceClass(gap)
	t.befriend(tr, s)
	tr.spared = t.work.scan
	t.judge(tr)
	t.stopped(tr, p)
	t.touch(tr)
}

// filter takes the plot into what is known of where tr is: its pace, its extent, its filter, and the shares of the sensors.
func (t *Tracker) filter(tr *target, e *entry, p *plot, k *pair, fresh float64) {
	s := &t.sites[e.Sensor]
	bias := t.consider(tr, e.Sensor, p.dips())
	own := k.logPos
	if p.Laid {
		// Of ten frames a second each story is told all, each of them worth a tenth.
		p.dull(fresh)
		p.C, fresh = scaled(p.C, 1/fresh), 1
		var in innovation
		if p.innovate(&e.Look, &tr.State, &tr.Cov, &bias, &in) {
			own = in.logPos
		}
	}
	if p.placed() && s.tells(tr, p) {
		tr.Pace.take(p, &e.Look, &bias, own-s.foreseen())
		t.reflect(tr, e, p)
	}
	tr.stretch(p, &e.Look, s.hull, &bias)
	p.dull(fresh * k.likely())
	t.weigh(tr, e.Sensor, tr.F.update(p, &e.Look, &bias))
}
