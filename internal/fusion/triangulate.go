package fusion

import (
	"math"
	"slices"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/track"
)

const (
	threadsMost   = 12       // of a camera
	sightsMost    = 64       // of all cameras
	threadLife    = 6 * beat // unseen for longer, it is forgotten
	together      = 2 * beat // looks of two cameras that are farther apart are of two moments
	leastCut      = math.Pi / 12
	leastSight    = 20.0  // m, from a camera: two on one mast meet at the mast
	farSight      = 20e3  // m, of a camera whose view is not given
	turnPrior     = .02   // rad/s, 1 σ of a new thread's rate: who runs 200 m off
	turnNoise     = 1e-6  // rad²/s³
	betweenSights = .9    // s: frames that follow each other faster repeat each other's errors
	explained     = .3    // bearings a frame of the background: there, one more is no news
	worstSight    = -15.0 // nats: below, it is given up
	unseen        = 3.0   // nats, 20 to 1, of other cameras against a sight
	fewDips       = 5.0   // elevations of a thread that are averaged
	pairNats      = 20.0  // a pair of threads that nothing else explains: more than any doubt about how straight it goes
	rivalNats     = 10.0  // of 400 strangers who came two at once before two cameras 41 were told, and 2 ghosts; with 6, 119 and 41
)

// Where no radar sees, two cameras at different places do: the bearings that no track explains cross where somebody is. They cross as
// well where nobody is: two walkers before two cameras make four crossings, and at any one moment the two ghosts are as good as the two
// walkers. So each camera follows its bearings as threads, each pair of threads of two cameras is a sight, and a sight becomes a track
// only when it has gone like something that moves, for as long as a radar's track has to, and when no ghost could be in its place:
// no other camera has looked there and seen nobody, and the best one-to-one assignment of the two cameras' threads to each other
// goes straight, and without this sight much less so. Where ghosts go as straight as the walkers, as with two who walk abreast, nothing
// is told until a third camera tells them apart. What has become a track explains its bearings, and its ghosts are gone.
type triangulation struct {
	Sights [sightsMost]sight
	N      int
	Serial uint64 // of the newest thread
}

// A thread is a camera's view of one thing that no track explains.
type thread struct {
	Serial     uint64
	At         int64   // event time, ns
	E, N       float64 // of the camera then
	Az, Rate   float64 // rad, rad/s
	AA, AR, RR float64 // covariance
	Said, Err  float64 // the last bearing itself, and its variance
	False      float64 // density of background there, per rad
	Hits       int

	Dip, DipErr float64 // elevation and its variance, of the last Dips looks that told one
	Dips        float64
	Mast        float64 // m, of the camera above the ground
}

// threads are those of a camera, in order of creation; those with Serial 0 are unused.
type threads [threadsMost]thread

// A sight is where a thread of camera I and one of camera J cross, I < J.
type sight struct {
	I, J      int
	A, B      uint64 // their serials
	Begun, At int64
	F         imm
	Line      mode // of one who goes straight on, as fast as may be
	Pace      pace
	Hits      int
	Score     float64 // nats for a target there, against two things of the background
	Strain    float64 // sum of the squares of Line's innovations, in sigmas: chi-square of 2·(Hits − 1) values if it goes straight
	Witness   float64 // nats of other cameras for somebody there
}

// turn moves th on to the time at.
func (th *thread) turn(at int64) {
	dt := float64(at-th.At) / second
	th.At = at
	th.Az += dt * th.Rate
	th.AA += 2*dt*th.AR + dt*dt*th.RR + turnNoise*dt*dt*dt/3
	th.AR += dt*th.RR + turnNoise*dt*dt/2
	th.RR += turnNoise * dt
}

// take takes a bearing that is off by nu from where th is.
func (th *thread) take(p *plot, nu float64) {
	s := th.AA + p.R[0][0]
	a, r := th.AA/s, th.AR/s
	th.Az += a * nu
	th.Rate += r * nu
	th.RR -= r * th.AR
	th.AR -= a * th.AR
	th.AA -= a * th.AA
	th.note(p)
}

func (th *thread) note(p *plot) {
	th.Said, th.Err, th.False = p.Z[0], p.R[0][0], p.False
	th.Hits++
}

// said is the last bearing, moved on to the time at. It is not Az, which repeats all the earlier ones.
func (th *thread) said(at int64) (azimuth, variance float64) {
	dt := float64(at-th.At) / second
	return th.Said + dt*th.Rate, th.Err + dt*dt*th.RR
}

// weave takes the bearings of a frame that no track explains into the camera's threads: each into the nearest one in its gate, or a new
// one.
func (t *Tracker) weave(e *entry) {
	own, behind, w := &t.states[e.Sensor].Threads, &t.states[e.Sensor].Behind, &t.work
	for i := range own {
		if own[i].Serial > 0 && e.Time-own[i].At > threadLife {
			own[i] = thread{}
		}
	}
	for j := range e.Plots {
		p := &e.Plots[j]
		if p.placed() || w.taken[j] >= 0 || w.hosted[j] || w.gated[j] || behind.rate(p.Z[0]) > explained {
			continue
		}
		dips := p.dips()
		if dips {
			p.level(&t.sites[e.Sensor], &e.Look)
		}
		best, least := -1, gate1
		for i := range own {
			if own[i].Serial == 0 || own[i].At == e.Time {
				continue
			}
			there := own[i]
			there.turn(e.Time)
			if d2 := square(off(p.Z[0], there.Az)) / (there.AA + p.R[0][0]); d2 < least {
				best, least = i, d2
			}
		}
		if best < 0 {
			if best = slices.IndexFunc(own[:], func(th thread) bool { return th.Serial == 0 }); best < 0 {
				continue
			}
			t.crossing.Serial++
			own[best] = thread{Serial: t.crossing.Serial, At: e.Time, Az: p.Z[0], AA: p.R[0][0], RR: square(turnPrior)}
			own[best].note(p)
		} else {
			own[best].turn(e.Time)
			own[best].take(p, off(p.Z[0], own[best].Az))
		}
		own[best].E, own[best].N = e.Look.E, e.Look.N
		if dips {
			own[best].dip(p)
		}
	}
}

// dip takes the elevation of a bearing, which is too flat to tell a place.
func (th *thread) dip(p *plot) {
	th.Dips = min(th.Dips+1, fewDips)
	th.Dip += (p.Z[1] - th.Dip) / th.Dips
	th.DipErr, th.Mast = p.R[1][1]/th.Dips, p.Mast
}

// dipped is −ln of how likely it is that th is the view of one there, as the elevations say, but for a constant.
func (th *thread) dipped(s *site, e, n float64) (nats float64) {
	if th.Dips == 0 {
		return 0
	}
	r := max(math.Hypot(e-th.E, n-th.N), 1)
	elevation, _ := dip(th.Mast, r)
	return square(th.Dip-elevation) / (th.DipErr + s.repeatedDip(th.Mast, r)) / 2
}

// dips is the same of both cameras of a sight.
func (t *Tracker) dips(s *sight) float64 {
	m := s.F.combined()
	return t.thread(s.I, s.A).dipped(&t.sites[s.I], m.X[0], m.X[2]) + t.thread(s.J, s.B).dipped(&t.sites[s.J], m.X[0], m.X[2])
}

// off is a − b between −π and π.
func off(a, b float64) float64 { return float64(geo.WrapPi(geo.Radians(a - b))) }

// cross is where two threads meet at the time at, as a place with its noise; area is that of the place by the azimuths, m²/rad².
func (th *thread) cross(o *thread, at int64) (p plot, area float64, ok bool) {
	azA, errA := th.said(at)
	azB, errB := o.said(at)
	sinA, cosA := math.Sincos(azA)
	sinB, cosB := math.Sincos(azB)
	sine := sinB*cosA - cosB*sinA // of the angle from a to b
	if math.Abs(sine) < math.Sin(leastCut) {
		return p, 0, false
	}
	de, dn := o.E-th.E, o.N-th.N
	ra, rb := (sinB*dn-cosB*de)/sine, (sinA*dn-cosA*de)/sine
	if !(ra > leastSight && rb > leastSight) {
		return p, 0, false
	}
	// With the other ray held, an azimuth moves the crossing along that ray by range/sine.
	va, vb := errA*square(ra/sine), errB*square(rb/sine)
	p = plot{Time: at, Kind: detection.Position, Dim: 2, Count: 1, E: th.E + ra*sinA, N: th.N + ra*cosA, Confidence: 1}
	p.C = detection.Covariance{
		EE: va*sinB*sinB + vb*sinA*sinA, EN: va*sinB*cosB + vb*sinA*cosA, NN: va*cosB*cosB + vb*cosA*cosA,
	}
	p.setPosition()
	p.Said = p.Z
	return p, ra * rb / math.Abs(sine), true
}

// triangulate looks, after a frame of a camera, for what this one and the others see and no track explains.
func (t *Tracker) triangulate(e *entry) {
	t.weave(e)
	t.forgetSights()
	own := &t.states[e.Sensor].Threads
	for k := range own {
		if th := &own[k]; th.At != e.Time || th.Hits < 2 {
			continue
		}
		for i := range t.sites {
			for j := range t.states[i].Threads {
				if o := &t.states[i].Threads[j]; i != e.Sensor && o.Hits > 1 && e.Time-o.At <= together && e.Time >= o.At {
					t.sightOf(e, &own[k], i, o)
				}
			}
		}
	}
	for k := 0; k < t.crossing.N; k++ {
		if s := &t.crossing.Sights[k]; s.At == e.Time && (s.I == e.Sensor || s.J == e.Sensor) && t.ripe(s) {
			t.arise(s)
			k = -1 // its threads are gone, and other sights with them
		}
	}
}

// sightOf takes the crossing of th, just seen by e's camera, and o of camera i into their sight.
func (t *Tracker) sightOf(e *entry, th *thread, i int, o *thread) {
	a, b, first, last := th, o, e.Sensor, i
	if i < e.Sensor {
		a, b, first, last = o, th, i, e.Sensor
	}
	p, area, ok := a.cross(b, e.Time)
	if !ok || !t.looksAt(e.Sensor, &p) || !t.looksAt(i, &p) {
		return
	}
	c := &t.crossing
	k := slices.IndexFunc(c.Sights[:c.N], func(s sight) bool { return s.A == a.Serial && s.B == b.Serial })
	if k < 0 {
		if c.N == sightsMost {
			return
		}
		c.Sights[c.N] = sight{I: first, J: last, A: a.Serial, B: b.Serial}
		c.N++
		t.renew(e, c.N-1)
		return
	}
	s := &c.Sights[k]
	if o.At <= s.At {
		return // of the other camera there is nothing new
	}
	dt := float64(e.Time-s.At) / second
	if dt < betweenSights {
		return // frames that repeat each other's errors
	}
	s.F.predict(dt, 1, &t.cfg)
	s.Line.predict(dt, walkNoise)
	s.At = e.Time
	foreseen := s.F.foresees(&p, &e.Look)
	nats := foreseen + math.Log(area*t.sites[first].pd*t.sites[last].pd/(a.False*b.False))
	s.Score += min(max(nats, -mostNats), mostNats)
	s.Witness += t.witnesses(s, e.Time, &p)
	var none considered
	s.Pace.take(&p, &e.Look, &none, foreseen)
	var in innovation
	if p.innovate(&e.Look, &s.Line.X, &s.Line.P, &none, &in) {
		s.Strain += in.d2
		s.Line.update(&in, &p.R, &none)
	}
	s.F.update(&p, &e.Look, &none)
	s.Hits++
}

// renew lets the new sight k begin, and anew with it all that share threads with it or with each other: scores of rivals are compared,
// so they must be of the same time.
func (t *Tracker) renew(e *entry, k int) {
	c := &t.crossing
	var anew [sightsMost]bool
	anew[k] = true
	for i := 0; i < c.N; i++ {
		for j := range c.N {
			if anew[i] && !anew[j] && c.Sights[i].rivals(&c.Sights[j]) {
				anew[j], i = true, -1
				break
			}
		}
	}
	for i := range c.N {
		s := &c.Sights[i]
		if !anew[i] {
			continue
		}
		p, _, ok := t.thread(s.I, s.A).cross(t.thread(s.J, s.B), e.Time)
		s.Begun, s.At, s.Hits, s.Score, s.Strain, s.Witness = e.Time, e.Time, 1, 0, 0, 0
		if !ok { // the rays cross no more
			s.Score = math.Inf(-1)
			continue
		}
		s.F, s.Pace = start(&p, &e.Look, &t.cfg), startPace(&p)
		s.Line = s.F.M[1]
	}
}

// rivals says that both claim the same bearings.
func (s *sight) rivals(o *sight) bool {
	return s.I == o.I && s.J == o.J && (s.A == o.A || s.B == o.B)
}

// looksAt says that p is in the view of camera i.
func (t *Tracker) looksAt(i int, p *plot) bool {
	l := &t.states[i].Look
	return l.sees(p.E, p.N) || !l.Sees && math.Hypot(p.E-l.E, p.N-l.N) < farSight
}

// foresees is ln of the density, per m², with which both models together foresaw p.
func (f *imm) foresees(p *plot, l *look) float64 {
	var none considered
	var logs [2]float64
	for i := range f.M {
		var in innovation
		logs[i] = math.Inf(-1)
		if p.innovate(l, &f.M[i].X, &f.M[i].P, &none, &in) {
			logs[i] = in.logN + math.Log(f.Mu[i])
		}
	}
	return logMean(float32(logs[0]), float32(logs[1])) + math.Ln2
}

// witnesses is what the other cameras that look at p say of it: one that has a thread there is for it, one that has none against.
func (t *Tracker) witnesses(s *sight, at int64, p *plot) (nats float64) {
	for i := range t.sites {
		st := &t.states[i]
		if i == s.I || i == s.J || !st.Bears || at-st.Heard > together || !st.Look.sees(p.E, p.N) {
			continue
		}
		de, dn := p.E-st.Look.E, p.N-st.Look.N
		r := max(math.Hypot(de, dn), leastSight)
		across := (p.C.EE*dn*dn - 2*p.C.EN*de*dn + p.C.NN*de*de) / (r * r * r * r)
		hit := 0.0
		for k := range st.Threads {
			if th := st.Threads[k]; th.Serial > 0 && at-th.At <= together {
				th.turn(at)
				v := th.AA + across
				hit = max(hit, math.Exp(-square(off(th.Az, math.Atan2(de, dn)))/(2*v))/math.Sqrt(2*math.Pi*v)/th.False)
			}
		}
		pd := t.sites[i].pd
		nats += math.Log(1 - pd + pd*hit)
	}
	return nats
}

// forgetSights drops the sights that have lost a thread, or have proved wrong.
func (t *Tracker) forgetSights() {
	c := &t.crossing
	n := 0
	for k := range c.N {
		if s := &c.Sights[k]; t.thread(s.I, s.A) != nil && t.thread(s.J, s.B) != nil && s.Score > worstSight {
			c.Sights[n] = *s
			n++
		}
	}
	clear(c.Sights[n:c.N])
	c.N = n
}

func (t *Tracker) thread(camera int, serial uint64) *thread {
	return t.states[camera].Threads.find(serial)
}

// find the thread of a serial, nil if it is gone.
func (own *threads) find(serial uint64) *thread {
	for i := range own {
		if own[i].Serial == serial {
			return &own[i]
		}
	}
	return nil
}

// ripe says that s has earned to be a track, and that no rival could be in its place.
func (t *Tracker) ripe(s *sight) bool {
	c := &t.cfg
	odds := c.BirthsPerScan / (c.BirthsPerScan + t.sites[s.I].clutter + t.sites[s.J].clutter)
	if s.Hits < c.ConfirmHits || s.At-s.Begun < int64(c.ConfirmAge) || s.refuted() || s.Pace.moves() < c.MoverEvidence ||
		s.Score+math.Log(odds) < math.Log(c.ConfirmExistence/(1-c.ConfirmExistence)) {
		return false
	}
	return t.onePlace(s) || t.bestSights(s, false)-t.bestSights(s, true) >= rivalNats
}

// onePlace says that all rivals of s, and theirs, are so near that they would be companions: four crossings of two who walk together are
// one place.
func (t *Tracker) onePlace(s *sight) bool {
	all := t.crossing.Sights[:t.crossing.N]
	for i := range all {
		for j := range all {
			if o := &all[j]; all[i].rivals(s) && o.rivals(&all[i]) && !o.near(s) {
				return false
			}
		}
	}
	return true
}

// bestSights is the worth of the best one-to-one assignment of the threads of s's two cameras to each other, with s or without it. A
// pair is worth the more the straighter it goes. It is infinite while a rival has not had looks enough to be judged.
func (t *Tracker) bestSights(s *sight, without bool) (sum float64) {
	const width = 2 * threadsMost
	w := &t.work
	w.cost = w.cost[:0]
	for range threadsMost * width {
		w.cost = append(w.cost, 0)
	}
	a, b := &t.states[s.I].Threads, &t.states[s.J].Threads
	for k := range t.crossing.N {
		o := &t.crossing.Sights[k]
		if o.I != s.I || o.J != s.J || o.refuted() || without && o == s {
			continue
		}
		if without && o.Hits < t.cfg.ConfirmHits && o.rivals(s) {
			return math.Inf(1)
		}
		r := slices.IndexFunc(a[:], func(th thread) bool { return th.Serial == o.A })
		col := slices.IndexFunc(b[:], func(th thread) bool { return th.Serial == o.B })
		w.cost[r*width+col] = min((o.Strain-float64(2*(o.Hits-1)))/2+t.dips(o)-pairNats, 0)
	}
	for r, col := range w.solve.solve(w.cost, threadsMost, width) {
		sum -= w.cost[r*width+col]
	}
	return sum
}

// refuted says that nothing goes like s, or that another camera has looked there and seen nobody: with one in a thousand who are there.
func (s *sight) refuted() bool {
	k := float64(2 * (s.Hits - 1))
	return s.Witness < -unseen || k > 0 && s.Strain > k+3.1*math.Sqrt(2*k)+3.2 // chi-square's, within 3 % for k from 2 on
}

// near says that two sights would be companions, if both were somebody (alike, lineage.go).
func (s *sight) near(o *sight) bool {
	a, b := s.F.combined(), o.F.combined()
	return square(a.X[0]-b.X[0])+square(a.X[2]-b.X[2]) < companyGate*partySpread
}

// arise makes a track of s. Its threads end: it explains them.
func (t *Tracker) arise(s *sight) {
	m := s.F.combined()
	p := plot{Time: s.At, Kind: detection.Position, Dim: 2, Count: 1, Said: [3]float64{m.X[0], m.X[2]}}
	at := time.Unix(0, s.At).UTC()
	if !t.occupied(&m) {
		tr := t.newTarget()
		tr.ID = t.back.named(t.cfg.Prefix + "-" + t.sites[s.I].name(&p))
		tr.Root, tr.Status = tr.ID, track.Tentative
		tr.F, tr.At, tr.Pace, tr.Left = s.F, s.At, s.Pace, m.brief()
		tr.Begun, tr.First, tr.Seen, tr.Last = s.Begun, time.Unix(0, s.Begun).UTC(), s.At, at
		tr.Said = p.mark()
		tr.Existence, tr.Visible, tr.Moving, tr.Class = .99, startVisible, 1, startClass()
		tr.Score, tr.Hits, tr.Few = min(s.Score, mostEvidence), s.Hits, 1
		tr.Interval = float64(s.At-s.Begun) / second / float64(s.Hits-1)
		for i, share := range t.shares(s, &m) {
			src, ev := t.source(tr, [2]int{s.I, s.J}[i])
			src.Hit, src.Looked, src.Share = s.At, s.At, share.brief()
			ev.EventTime, ev.Hits, ev.LogLikelihood = at, s.Hits, tr.Score/2
		}
		t.sumBias(tr)
		t.settle(tr)
		t.touch(tr)
		t.judge(tr)
	}
	a, b := t.thread(s.I, s.A), t.thread(s.J, s.B)
	*a, *b = thread{}, thread{}
	t.forgetSights()
}

// shares of both cameras in the crossing m: shifted to the side, a ray moves it along the other one. They sum to I.
func (t *Tracker) shares(s *sight, m *mode) [2]share {
	ray := func(i int) (e, n float64) {
		l := &t.states[i].Look
		r := math.Hypot(m.X[0]-l.E, m.X[2]-l.N)
		return (m.X[0] - l.E) / r, (m.X[2] - l.N) / r
	}
	ae, an := ray(s.I)
	be, bn := ray(s.J)
	sine := be*an - bn*ae
	a := share{be * an / sine, -be * ae / sine, bn * an / sine, -bn * ae / sine}
	return [2]share{a, {1 - a[0], -a[1], -a[2], 1 - a[3]}}
}

// occupied says that a track is there already, though it is not confirmed: a radar's, which goes on without our help.
func (t *Tracker) occupied(m *mode) bool {
	w := &t.work
	w.found = t.grid.near(w.found[:0], m.X[0], m.X[2], gateSigmas*math.Sqrt(m.P[0]+m.P[10]))
	return slices.ContainsFunc(w.found, func(tr *target) bool {
		c := &tr.Cov
		return tr.Status != track.Lost &&
			two(c[0]+m.P[0], c[2]+m.P[2], c[10]+m.P[10], tr.State[0]-m.X[0], tr.State[2]-m.X[2]) < gate2
	})
}
