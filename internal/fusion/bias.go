package fusion

import (
	"math"

	"cutline/internal/detection"
)

// Each sensor of a track has a weight, its share in the position: the weights sum to 1, and an update with gain k moves the share k
// to its sensor. The position's error that does not average out is then Σ wᵢJᵢbᵢ, with bᵢ the sensor's bias (registry.go) and Jᵢ what it
// does to a place. It is the Schmidt–Kalman filter's consider covariance with a scalar in place of the sensitivity matrix (Schmidt
// 1966, "Application of state-space methods to navigation problems").

// A considered is what biases do to one update. Sensor s measures with b_s + v, so the innovation is Σ cᵢJᵢbᵢ + v − e, cᵢ = [i=s] − wᵢ: its
// covariance grows by Spread = Σ cᵢcⱼ·JᵢPᵢⱼJⱼᵀ, and its covariance with the error, which makes the gain, by Cross = −Σ wᵢcⱼ·JᵢPᵢⱼJⱼᵀ.
// Of a track that one sensor feeds both are 0: its bias cancels.
type considered struct {
	Spread, Cross detection.Covariance
}

// A term is the part of one sensor's bias in a track.
type term struct {
	slot   int // in the registry, −1: it has no bias but extra
	weight float64
	own    float64              // 1 if it is the sensor that looks
	j      [4]float64           // of the place by the bias, row by row
	extra  detection.Covariance // m², of a bias that is not estimated
}

func (m *term) contrast() float64 { return m.own - m.weight }

// terms are those of tr's sources, and of the sensor that looks. The result is good until the next call.
func (t *Tracker) terms(tr *target, sensor int) []term {
	w := &t.work
	w.terms = w.terms[:0]
	found := false
	for i := range tr.Sources {
		s := &tr.Sources[i]
		m := t.term(s.Sensor, tr.State[0], tr.State[2])
		m.weight = s.Weight
		addScaled(&m.extra, 1, &s.Kept)
		if s.Sensor == sensor {
			m.own, found = 1, true
		}
		w.terms = append(w.terms, m)
	}
	if !found && sensor >= 0 {
		m := t.term(sensor, tr.State[0], tr.State[2])
		m.own = 1
		w.terms = append(w.terms, m)
	}
	return w.terms
}

// term is what sensor i's bias does at a place.
func (t *Tracker) term(i int, e, n float64) (m term) {
	s := &t.sites[i]
	own := s.biasPosition
	if m.slot = t.registry.slots[i]; m.slot >= 0 && !s.angular() {
		m.j, own = [4]float64{1, 0, 0, 1}, 0
	}
	// A camera points at some part of a ship, and at the same one as long as it shows that side: no noise. Of a position
	// that was made of many returns their spread is its noise already.
	if t.states[i].Bears {
		own += s.hull
	}
	m.extra = detection.Covariance{EE: own, NN: own}
	if m.slot < 0 || !s.angular() {
		return m
	}
	l := &t.states[i].Look
	de, dn := e-l.E, n-l.N
	r := max(math.Hypot(de, dn), 1)
	m.j = [4]float64{dn, de / r, -de, dn / r} // azimuth, range
	return m
}

// consider gives what the biases do to a look of the sensor at tr.
func (t *Tracker) consider(tr *target, sensor int) (c considered) {
	if len(tr.Sources) == 1 && tr.Sources[0].Sensor == sensor {
		return c
	}
	terms := t.terms(tr, sensor)
	for i := range terms {
		a := &terms[i]
		addScaled(&c.Spread, square(a.contrast()), &a.extra)
		addScaled(&c.Cross, -a.weight*a.contrast(), &a.extra)
		for j := range terms {
			b := &terms[j]
			v := t.registry.joint(a, b)
			addScaled(&c.Spread, a.contrast()*b.contrast(), &v)
			addScaled(&c.Cross, -a.weight*b.contrast(), &v)
		}
	}
	return c
}

// weigh gives the share gain to the source s of tr.
func (t *Tracker) weigh(tr *target, s *source, gain float64) {
	for i := range tr.Sources {
		o := &tr.Sources[i]
		o.Weight *= 1 - gain
		if o == s {
			o.Weight += gain
		}
	}
	t.sumBias(tr)
}

// sumBias makes tr.Bias anew: Σ wᵢwⱼ·JᵢPᵢⱼJⱼᵀ.
func (t *Tracker) sumBias(tr *target) {
	tr.Bias = detection.Covariance{}
	terms := t.terms(tr, -1)
	for i := range terms {
		a := &terms[i]
		addScaled(&tr.Bias, square(a.weight), &a.extra)
		for j := range terms {
			v := t.registry.joint(a, &terms[j])
			addScaled(&tr.Bias, a.weight*terms[j].weight, &v)
		}
	}
}

// stated is what tr.Bias would be if the registry had learnt nothing: Σ wᵢ²·JᵢBᵢJᵢᵀ, with Bᵢ of the definitions.
func (t *Tracker) stated(tr *target) (c detection.Covariance) {
	for _, m := range t.terms(tr, -1) {
		v := t.registry.stated(&m)
		addScaled(&v, 1, &m.extra)
		addScaled(&c, square(m.weight), &v)
	}
	return c
}

func addScaled(sum *detection.Covariance, f float64, c *detection.Covariance) {
	sum.EE += f * c.EE
	sum.EN += f * c.EN
	sum.NN += f * c.NN
}
