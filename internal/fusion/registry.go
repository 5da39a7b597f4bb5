package fusion

import (
	"math"
	"slices"

	"cutline/internal/detection"
)

const (
	mastHolds    = 14.4e3      // s, after which a mast's bias is another: what is taken for one is also a survey and a clock
	navigation   = 60.0        // s, after which the error of a moving platform is another
	registerGap  = 2.0         // s, between two lessons of one sensor
	registerR    = 6.0         // how much noisier a lesson is than the filter says: looks at one track repeat its errors
	registerSpan = 9.0         // m², of where on a target or a group its returns come from
	lessonGate   = 16.0        // four sigmas: further off it is another target, or the mast has turned
	othersShare  = .2          // of the position that others must have, heard lately
	othersFresh  = 10 * second // ns
)

// A registry estimates the biases of all sensors together from the tracks that they share (Bar-Shalom, Willett, Tian 2011, "Tracking and
// data fusion", ch. 10, but with one filter for all): what two sensors disagree by is soon known, what they have in common stays as
// uncertain as it was, and the covariance between them says so. Each has two values: azimuth, rad, and range, m, of one
// that measures them; east and north, m, of one that gives places. Where a sensor's bias is stated as 0 it has none and teaches the others.
type registry struct {
	slots []int     // of each sensor, −1: none
	prior []float64 // variances, two a slot
	keep  []float64 // of each slot, per second: what is left of it
	X     []float64 // two a slot
	P     []float64 // square, row by row
	ph    [2][]float64
}

func newRegistry(sites []site) (r registry) {
	for i := range sites {
		s := &sites[i]
		v := [2]float64{s.biasAzimuth, s.biasRange}
		if !s.angular() {
			v = [2]float64{s.biasPosition, s.biasPosition}
		}
		if v[0]+v[1] == 0 {
			r.slots = append(r.slots, -1)
			continue
		}
		r.slots = append(r.slots, len(r.keep))
		r.prior = append(r.prior, v[:]...)
		keep := math.Exp(-1 / navigation)
		if s.look.Placed {
			keep = math.Exp(-1 / mastHolds)
		}
		r.keep = append(r.keep, keep)
	}
	n := len(r.prior)
	r.X, r.P = make([]float64, n), make([]float64, n*n)
	for i, v := range r.prior {
		r.P[i*n+i] = v
	}
	r.ph[0], r.ph[1] = make([]float64, n), make([]float64, n)
	return r
}

// joint is JₐPₐᵦJᵦᵀ, made symmetric: its other half comes with a and b changed.
func (r *registry) joint(a, b *term) (v detection.Covariance) {
	if a.slot < 0 || b.slot < 0 {
		return v
	}
	n := len(r.X)
	at := 2*a.slot*n + 2*b.slot
	p00, p01, p10, p11 := r.P[at], r.P[at+1], r.P[at+n], r.P[at+n+1]
	// J_a · P
	e0, e1 := a.j[0]*p00+a.j[1]*p10, a.j[0]*p01+a.j[1]*p11
	n0, n1 := a.j[2]*p00+a.j[3]*p10, a.j[2]*p01+a.j[3]*p11
	v.EE = e0*b.j[0] + e1*b.j[1]
	v.NN = n0*b.j[2] + n1*b.j[3]
	v.EN = (e0*b.j[2] + e1*b.j[3] + n0*b.j[0] + n1*b.j[1]) / 2
	return v
}

// stated is J·B·Jᵀ with B as the sensor's definition says it.
func (r *registry) stated(m *term) (v detection.Covariance) {
	if m.slot < 0 {
		return v
	}
	b0, b1 := r.prior[2*m.slot], r.prior[2*m.slot+1]
	v.EE = m.j[0]*m.j[0]*b0 + m.j[1]*m.j[1]*b1
	v.EN = m.j[0]*m.j[2]*b0 + m.j[1]*m.j[3]*b1
	v.NN = m.j[2]*m.j[2]*b0 + m.j[3]*m.j[3]*b1
	return v
}

// learn takes one innovation into the estimates: y with noise covariance s, and what each term's bias does to it, h·J·contrast.
func (r *registry) learn(terms []term, dim int, y [3]float64, h *[3][4]float64, s [3][3]float64) {
	n := len(r.X)
	for i := range dim {
		clear(r.ph[i])
	}
	column := func(m *term, i int) (a, b float64) {
		c := m.contrast()
		return c * (h[i][0]*m.j[0] + h[i][2]*m.j[2]), c * (h[i][0]*m.j[1] + h[i][2]*m.j[3])
	}
	for k := range terms {
		if terms[k].slot < 0 {
			continue
		}
		for i := range dim {
			a, b := column(&terms[k], i)
			row := r.P[2*terms[k].slot*n:]
			for x := range n {
				r.ph[i][x] += a*row[x] + b*row[n+x]
			}
		}
	}
	for k := range terms {
		if terms[k].slot < 0 {
			continue
		}
		for i := range dim {
			a, b := column(&terms[k], i)
			for j := range dim {
				s[i][j] += a*r.ph[j][2*terms[k].slot] + b*r.ph[j][2*terms[k].slot+1]
			}
		}
	}
	var inv [3][3]float64
	if det := invert(dim, &s, &inv); !(det > 0) {
		return
	}
	d2 := 0.0
	for i := range dim {
		for j := range dim {
			d2 += y[i] * inv[i][j] * y[j]
		}
	}
	if !(d2 < lessonGate) {
		return
	}
	for x := range n {
		var k [2]float64
		for i := range dim {
			for j := range dim {
				k[i] += r.ph[j][x] * inv[j][i] //nolint:gosec // dim ≤ 2
			}
			r.X[x] += k[i] * y[i]
		}
		for z := range n {
			for i := range dim {
				r.P[x*n+z] -= k[i] * r.ph[i][z]
			}
		}
	}
	r.tidy()
}

// tidy keeps P symmetric, and every variance above a hundredth of a percent of the prior's.
func (r *registry) tidy() {
	n := len(r.X)
	for i := range n {
		for j := range i {
			v := (r.P[i*n+j] + r.P[j*n+i]) / 2
			r.P[i*n+j], r.P[j*n+i] = v, v
		}
		r.P[i*n+i] = max(r.P[i*n+i], 1e-4*r.prior[i])
	}
}

// relax lets a second pass: each bias goes back to what was thought of it before, a mast's very slowly.
func (r *registry) relax() {
	n := len(r.X)
	for i := range n {
		keep := r.keep[i/2]
		r.X[i] *= keep
		for j := range n {
			r.P[i*n+j] *= keep
			r.P[j*n+i] *= keep
		}
		r.P[i*n+i] += (1 - keep*keep) * r.prior[i]
	}
}

// correct takes what is known of the sensor's bias out of the plots, and says how uncertain the rest is.
func (t *Tracker) correct(e *entry) {
	slot := t.registry.slots[e.Sensor]
	if slot < 0 {
		return
	}
	b0, b1 := t.registry.X[2*slot], t.registry.X[2*slot+1]
	for i := range e.Plots {
		p := &e.Plots[i]
		m := t.term(e.Sensor, p.E, p.N)
		switch p.Dim {
		case 1:
			p.Z[0] -= b0
			continue
		default:
			p.E -= m.j[0]*b0 + m.j[1]*b1
			p.N -= m.j[2]*b0 + m.j[3]*b1
		}
		if p.polar() {
			p.Z[0], p.Z[1] = p.Z[0]-b1, p.Z[1]-b0
		} else {
			p.Z[0], p.Z[1] = p.E, p.N
		}
	}
}

// register lets the update of tr by p teach the registry, if others have a share in tr.
func (t *Tracker) register(tr *target, e *entry, p *plot) {
	st := &t.states[e.Sensor]
	if !tr.Proven || len(tr.Sources) < 2 || len(t.registry.X) == 0 || float64(e.Time-st.Taught) < registerGap*second {
		return
	}
	others := 0.0
	for i := range tr.Sources {
		if s := &tr.Sources[i]; s.Sensor != e.Sensor && float64(e.Time-s.Hit) < othersFresh {
			others += s.Weight
		}
	}
	if others < othersShare {
		return
	}
	look := *p
	look.Dim = min(p.Dim, 2)
	var none considered
	var in innovation
	if !look.innovate(&e.Look, &tr.State, &tr.Cov, &none, &in) {
		return
	}
	var s [3][3]float64
	invert(in.n, &in.inv, &s)
	for i := range in.n {
		for j := range in.n {
			h, g := &in.h[i], &in.h[j]
			s[i][j] = registerR * (s[i][j] + registerSpan*(h[0]*g[0]+h[2]*g[2]))
		}
	}
	st.Taught = e.Time
	t.registry.learn(t.terms(tr, e.Sensor), in.n, in.nu, &in.h, s)
}

// A Registration is what is known of a sensor's bias: what to take from its measurements. Known is false where its definition says that it
// has none.
type Registration struct {
	Known                      bool
	Azimuth, AzimuthSigma      float64 // rad, of one that measures azimuths
	Range, RangeSigma          float64 // m
	East, North, PositionSigma float64 // m, of one that gives places
}

// Registration of the sensor with this index in the definitions.
func (t *Tracker) Registration(i int) (g Registration) {
	slot := t.registry.slots[i]
	if slot < 0 {
		return g
	}
	g.Known = true
	n := len(t.registry.X)
	x := t.registry.X[2*slot : 2*slot+2]
	sigma := func(k int) float64 { return math.Sqrt(t.registry.P[(2*slot+k)*(n+1)]) }
	if t.sites[i].angular() {
		g.Azimuth, g.AzimuthSigma, g.Range, g.RangeSigma = x[0], sigma(0), x[1], sigma(1)
		return g
	}
	g.East, g.North, g.PositionSigma = x[0], x[1], sigma(0)
	return g
}

// savedRegistry is the state of a registry in the order of the snapshot's sensors.
type savedRegistry struct {
	Slots []int
	X, P  []float64
}

func (r *registry) save() savedRegistry { return savedRegistry{r.slots, r.X, r.P} }

// restore takes what is known of the sensors that are still there; index gives each of the snapshot's its new number, −1: none.
func (r *registry) restore(s *savedRegistry, index []int) {
	n, was := len(r.X), len(s.X)
	from := make([]int, n) // of each value, its place in the snapshot, −1: new
	for i := range from {
		from[i] = -1
	}
	for i, slot := range s.Slots {
		if k := index[i]; k >= 0 && slot >= 0 && r.slots[k] >= 0 {
			from[2*r.slots[k]], from[2*r.slots[k]+1] = 2*slot, 2*slot+1
		}
	}
	for i, a := range from {
		if a < 0 {
			continue
		}
		r.X[i] = s.X[a]
		for j, b := range from {
			if b >= 0 {
				r.P[i*n+j] = s.P[a*was+b]
			}
		}
	}
}

func (s *savedRegistry) sound(sensors int) bool {
	most := slices.Max(append([]int{-1}, s.Slots...))
	return len(s.Slots) == sensors && 2*(most+1) <= len(s.X) && len(s.P) == len(s.X)*len(s.X)
}

// vague is the variance, m², summed over both axes, of what is not known of the sensor's bias where p is.
func (t *Tracker) vague(sensor int, p *plot) float64 {
	m := t.term(sensor, p.E, p.N)
	v := t.registry.joint(&m, &m)
	return v.EE + v.NN + m.extra.EE + m.extra.NN
}
