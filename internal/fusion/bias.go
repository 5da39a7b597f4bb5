package fusion

import (
	"math"

	"cutline/internal/detection"
)

// Each sensor of a track has a share in its place, a matrix Wᵢ: the shares sum to I, and an update with gain K moves K·H, of the place by
// the place, to its sensor. The position's error that does not average out is then Σ WᵢJᵢbᵢ, with bᵢ the sensor's bias (registry.go) and Jᵢ
// what it does to a place. It is the Schmidt–Kalman filter's consider covariance with the sensitivity of the place alone (Schmidt 1966,
// "Application of state-space methods to navigation problems").

// A share is W, row by row: what of a shift of all of the sensor's places is one of the track's.
type share [4]float64

// whole is the share of the only sensor.
func whole() share { return share{1, 0, 0, 1} }

// part is how much of the place is the sensor's, whatever the direction.
func (w *share) part() float64 { return (w[0] + w[3]) / 2 }

// A shareBrief is a share as a track keeps it.
type shareBrief [4]float32

func (w *share) brief() shareBrief {
	return shareBrief{float32(w[0]), float32(w[1]), float32(w[2]), float32(w[3])}
}

func (b *shareBrief) share() share {
	return share{float64(b[0]), float64(b[1]), float64(b[2]), float64(b[3])}
}

// cross is w·c·uᵀ, row by row.
func (w *share) cross(c *detection.Covariance, u *share) [4]float64 {
	e0, e1 := w[0]*c.EE+w[1]*c.EN, w[0]*c.EN+w[1]*c.NN
	n0, n1 := w[2]*c.EE+w[3]*c.EN, w[2]*c.EN+w[3]*c.NN
	return [4]float64{e0*u[0] + e1*u[1], e0*u[2] + e1*u[3], n0*u[0] + n1*u[1], n0*u[2] + n1*u[3]}
}

// of is w·c·wᵀ.
func (w *share) of(c *detection.Covariance) detection.Covariance {
	x := w.cross(c, w)
	return detection.Covariance{EE: x[0], EN: x[1], NN: x[3]}
}

// A considered is what biases do to one update. Sensor s measures with b_s + v, so the innovation is Σ CᵢJᵢbᵢ + v + e, Cᵢ = [i=s]·I − Wᵢ:
// its covariance grows by Spread = Σ CᵢJᵢ·Pᵢⱼ·(CⱼJⱼ)ᵀ, and its covariance with the error, which makes the gain, by Cross =
// −Σ WᵢJᵢ·Pᵢⱼ·(CⱼJⱼ)ᵀ. Of a track that one sensor feeds both are 0: its bias cancels.
type considered struct {
	Spread detection.Covariance
	Cross  [4]float64 // row by row
}

// An effect is what a bias does to a place: east and north by its values.
type effect [2][values]float64

// under is w·j.
func (j *effect) under(w *share) (f effect) {
	for k := range values {
		f[0][k] = w[0]*j[0][k] + w[1]*j[1][k]
		f[1][k] = w[2]*j[0][k] + w[3]*j[1][k]
	}
	return f
}

// A term is the part of one sensor's bias in a track, and in the innovation of a look at it.
type term struct {
	slot  int                  // in the registry, −1: it has no bias
	w, c  share                // W and C
	held  effect               // WJ
	look  effect               // CJ
	extra detection.Covariance // m², of a bias that the sensor has in this track alone
}

// terms are those of tr's sources, and of the sensor that looks, −1: none; dips says that it does by an elevation. The result is good until
// the next call.
func (t *Tracker) terms(tr *target, sensor int, dips bool) []term {
	t.work.terms = t.work.terms[:0]
	found := false
	for i := range tr.Sources {
		s := &tr.Sources[i]
		w := s.Share.share()
		c := share{-w[0], -w[1], -w[2], -w[3]}
		if s.Sensor == sensor {
			c[0], c[3], found = 1+c[0], 1+c[3], true
		}
		t.addTerm(tr, s.Sensor, &w, &c, s.Kept.covariance(), s.Dips || dips && s.Sensor == sensor)
	}
	if !found && sensor >= 0 {
		c := whole()
		t.addTerm(tr, sensor, &share{}, &c, detection.Covariance{}, dips)
	}
	return t.work.terms
}

func (t *Tracker) addTerm(tr *target, sensor int, w, c *share, extra detection.Covariance, dips bool) {
	if dips {
		extra = plus(extra, t.sites[sensor].repeated(&t.states[sensor].Look, tr.State[0], tr.State[2]))
	}
	m := term{slot: t.registry.slots[sensor], w: *w, c: *c, extra: extra}
	// A camera points at some part of a ship, and at the same one as long as it shows that side: no noise. Of a position
	// that was made of many returns their spread is its noise already.
	if t.states[sensor].Bears {
		m.extra.EE, m.extra.NN = m.extra.EE+t.sites[sensor].hull, m.extra.NN+t.sites[sensor].hull
	}
	if m.slot >= 0 {
		j := t.effect(sensor, &tr.State)
		m.held, m.look = j.under(w), j.under(c)
	}
	if m.slot >= 0 || m.extra != (detection.Covariance{}) {
		t.work.terms = append(t.work.terms, m)
	}
}

// effect is what sensor i's bias does to the place of one in the state x.
func (t *Tracker) effect(i int, x *vec) (j effect) {
	j[0][east], j[1][north] = 1, 1
	j[0][late], j[1][late] = x[1], x[3]
	if !t.sites[i].angular() {
		return j
	}
	l := &t.states[i].Look
	de, dn := x[0]-l.E, x[2]-l.N
	r := max(math.Hypot(de, dn), 1)
	j[0][azimuth], j[1][azimuth] = dn, -de
	j[0][ranging], j[1][ranging] = de/r, dn/r
	return j
}

// consider gives what the biases do to a look of the sensor at tr; dips says that it is by an elevation.
func (t *Tracker) consider(tr *target, sensor int, dips bool) (c considered) {
	if len(tr.Sources) == 1 && tr.Sources[0].Sensor == sensor {
		return c
	}
	terms := t.terms(tr, sensor, dips)
	for i := range terms {
		a := &terms[i]
		q := t.registry.against(a, terms, func(b *term) *effect { return &b.look })
		c.Spread = plus(c.Spread, plus(a.look.with(&q), a.c.of(&a.extra)))
		own := a.w.cross(&a.extra, &a.c)
		for k := range c.Cross {
			c.Cross[k] -= own[k]
		}
		for k := range values {
			c.Cross[0] -= a.held[0][k] * q[0][k]
			c.Cross[1] -= a.held[0][k] * q[1][k]
			c.Cross[2] -= a.held[1][k] * q[0][k]
			c.Cross[3] -= a.held[1][k] * q[1][k]
		}
	}
	return c
}

// weigh gives the share gain to a sensor that is a source of tr.
func (t *Tracker) weigh(tr *target, sensor int, gain share) {
	for i := range tr.Sources {
		o := &tr.Sources[i]
		w := o.Share.share()
		w = share{
			w[0] - gain[0]*w[0] - gain[1]*w[2], w[1] - gain[0]*w[1] - gain[1]*w[3],
			w[2] - gain[2]*w[0] - gain[3]*w[2], w[3] - gain[2]*w[1] - gain[3]*w[3],
		}
		if o.Sensor == sensor {
			for k := range gain {
				w[k] += gain[k]
			}
		}
		o.Share = w.brief()
	}
	t.sumBias(tr)
}

// sumBias makes tr.Bias anew: Σ WᵢJᵢ·Pᵢⱼ·(WⱼJⱼ)ᵀ.
func (t *Tracker) sumBias(tr *target) {
	tr.Bias = detection.Covariance{}
	terms := t.terms(tr, -1, false)
	for i := range terms {
		a := &terms[i]
		q := t.registry.against(a, terms, func(b *term) *effect { return &b.held })
		tr.Bias = plus(tr.Bias, plus(a.held.with(&q), a.w.of(&a.extra)))
	}
}

// stated is what tr.Bias would be if the registry had learnt no values, but how good surveys are: Σ WᵢJᵢ·Bᵢ·(WᵢJᵢ)ᵀ, with Bᵢ the priors.
func (t *Tracker) stated(tr *target) (c detection.Covariance) {
	for _, m := range t.terms(tr, -1, false) {
		c = plus(c, m.w.of(&m.extra))
		if m.slot < 0 {
			continue
		}
		q := m.held
		for k, b := range t.registry.prior[values*m.slot:][:values] {
			q[0][k] *= b
			q[1][k] *= b
		}
		c = plus(c, m.held.with(&q))
	}
	return c
}

// shared is what the biases of both tracks have in common that no registry knows of: the ground of a camera that has put both on it. They
// are that much nearer to each other than their biases say.
func (t *Tracker) shared(a, b *target) (c detection.Covariance) {
	for i := range a.Sources {
		s := &a.Sources[i]
		k := b.sourceOf(s.Sensor)
		if k < 0 || !s.Dips || !b.Sources[k].Dips {
			continue
		}
		l := &t.states[s.Sensor].Look
		ae, an := t.sites[s.Sensor].offBy(l, &s.Share, a.State[0], a.State[2])
		be, bn := t.sites[s.Sensor].offBy(l, &b.Sources[k].Share, b.State[0], b.State[2])
		c = plus(c, detection.Covariance{EE: 2 * ae * be, EN: ae*bn + an*be, NN: 2 * an * bn})
	}
	return c
}

// with is j·qᵀ, made symmetric.
func (j *effect) with(q *effect) (c detection.Covariance) {
	for k := range values {
		c.EE += j[0][k] * q[0][k]
		c.EN += (j[0][k]*q[1][k] + j[1][k]*q[0][k]) / 2
		c.NN += j[1][k] * q[1][k]
	}
	return c
}

func plus(a, b detection.Covariance) detection.Covariance {
	return detection.Covariance{EE: a.EE + b.EE, EN: a.EN + b.EN, NN: a.NN + b.NN}
}

func scaled(c detection.Covariance, f float64) detection.Covariance {
	return detection.Covariance{EE: f * c.EE, EN: f * c.EN, NN: f * c.NN}
}
