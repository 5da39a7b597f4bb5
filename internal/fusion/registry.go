package fusion

import (
	"math"
	"slices"

	"cutline/internal/detection"
)

const (
	mastHolds    = 14.4e3      // s, after which a mast's bias is another
	navigation   = 60.0        // s, after which the error of a moving platform is another
	registerGap  = 2.0         // s, between two lessons of one sensor
	registerSpan = 100.0       // m², of where on a target its returns come from: 3 m, that ten lessons and more on it repeat
	lessonGate   = 16.0        // four sigmas: further off it is another target, or the mast has turned
	othersShare  = .2          // of the position that others must have, heard lately
	othersFresh  = 10 * second // ns
	statedValues = 2.0         // values that are known, as many as a definition's word of a survey is worth
	priorStep    = .01         // of a prior: smaller changes wait
)

// The values of a bias: of the azimuth, rad, and the range, m, of where the sensor stands or what place it says, m, and of its clock, s, by
// which it saw later than it says: what moves with v is seen v times that further on.
const (
	azimuth = iota
	ranging
	east
	north
	late
	values
)

// A registry estimates the biases of all sensors together from the tracks that they share (Bar-Shalom, Willett, Tian 2011, "Tracking and
// data fusion", ch. 10, but with one filter for all): what two sensors disagree by is soon known, what they have in common stays as
// uncertain as it was, and the covariance between them says so. A value that a sensor's definition states as 0 is 0, and a sensor
// of which all are has no slot and teaches the others.
type registry struct {
	slots  []int     // of each sensor, −1: none
	stated []float64 // variances by the definitions, so many values a slot
	prior  []float64 // what is thought of them by now
	keep   []float64 // of each slot, per second: what is left of it
	X      []float64 // so many values a slot
	P      []float64 // square, row by row, symmetric
	ph     [2][]float64
	lag    float64 // s, that a clock is off at most
	at     int64   // event time of the last relaxing, ns
}

func newRegistry(sites []site) (r registry) {
	for i := range sites {
		s := &sites[i]
		if s.bias == [values]float64{} {
			r.slots = append(r.slots, -1)
			continue
		}
		r.slots = append(r.slots, len(r.keep))
		r.stated = append(r.stated, s.bias[:]...)
		keep := math.Exp(-1 / navigation)
		if s.look.Placed {
			keep = math.Exp(-1 / mastHolds)
		}
		r.keep = append(r.keep, keep)
	}
	n := len(r.stated)
	r.prior = slices.Clone(r.stated)
	r.X, r.P = make([]float64, n), make([]float64, n*n)
	for i, v := range r.prior {
		r.P[i*n+i] = v
	}
	r.ph[0], r.ph[1] = make([]float64, n), make([]float64, n)
	r.bound()
	return r
}

// times adds (P·jᵀ)ᵀ to q: P of the values of slot a by those of slot b, j what b's do to a place.
func (r *registry) times(a, b int, j, q *effect) {
	n := len(r.X)
	for k := range values {
		row := r.P[(values*a+k)*n+values*b:][:values]
		for i, p := range row {
			q[0][k] += p * j[0][i]
			q[1][k] += p * j[1][i]
		}
	}
}

// against is (Σ P_ab·jᵀ)ᵀ over the terms b, j being what their biases do to a place.
func (r *registry) against(a *term, terms []term, j func(*term) *effect) (q effect) {
	if a.slot < 0 {
		return q
	}
	for i := range terms {
		if b := &terms[i]; b.slot >= 0 {
			r.times(a.slot, b.slot, j(b), &q)
		}
	}
	return q
}

// learn takes one innovation into the estimates: y with noise covariance s, and what each term's bias does to it, A = h·C·J.
func (r *registry) learn(terms []term, dim int, y [3]float64, h *[3][4]float64, s [3][3]float64) {
	r.spread(terms, dim, h, &s)
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
	if d2 < lessonGate {
		r.take(dim, y, &inv)
	}
}

// spread makes P·Aᵀ, and adds A·P·Aᵀ to s.
func (r *registry) spread(terms []term, dim int, h *[3][4]float64, s *[3][3]float64) {
	n := len(r.X)
	for i := range dim {
		clear(r.ph[i])
	}
	column := func(m *term, i int) (c [values]float64) {
		for k := range c {
			c[k] = h[i][0]*m.look[0][k] + h[i][2]*m.look[1][k]
		}
		return c
	}
	for k := range terms {
		if terms[k].slot < 0 {
			continue
		}
		for i := range dim {
			for v, c := range column(&terms[k], i) {
				if c == 0 {
					continue
				}
				row := r.P[(values*terms[k].slot+v)*n:]
				for x := range n {
					r.ph[i][x] += c * row[x]
				}
			}
		}
	}
	for k := range terms {
		if terms[k].slot < 0 {
			continue
		}
		for i := range dim {
			for v, c := range column(&terms[k], i) {
				for j := range dim {
					s[i][j] += c * r.ph[j][values*terms[k].slot+v]
				}
			}
		}
	}
}

// take is the Kalman filter's update, with P·Aᵀ as spread has left it.
func (r *registry) take(dim int, y [3]float64, inv *[3][3]float64) {
	n := len(r.X)
	for x := range n {
		var k [2]float64
		for i := range dim {
			for j := range dim {
				k[i] += r.ph[j][x] * inv[j][i] //nolint:gosec // dim ≤ 2
			}
			r.X[x] += k[i] * y[i]
		}
		for z := range x + 1 {
			v := r.P[x*n+z]
			for i := range dim {
				v -= k[i] * r.ph[i][z]
			}
			r.P[x*n+z], r.P[z*n+x] = v, v
		}
		// Rounding must not make a value surer than a hundredth of a percent of the prior's variance.
		r.P[x*n+x] = max(r.P[x*n+x], 1e-4*r.prior[x])
	}
	r.bound()
}

// bound notes by how much any clock is off at most.
func (r *registry) bound() {
	n := len(r.X)
	r.lag = 0
	for i := late; i < n; i += values {
		r.lag = max(r.lag, math.Abs(r.X[i])+gateSigmas*math.Sqrt(r.P[i*n+i]))
	}
}

// relax lets time pass up to now: each bias goes back to what was thought of it before, a mast's very slowly. Where no track is there is no
// beat, and many seconds may have passed.
func (r *registry) relax(now int64) {
	n, seconds := len(r.X), 1.0
	if r.at > 0 {
		seconds = float64(now-r.at) / second
	}
	r.at = now
	for i := range n {
		keep := math.Pow(r.keep[i/values], seconds)
		r.X[i] *= keep
		for j := range n {
			r.P[i*n+j] *= keep
			r.P[j*n+i] *= keep
		}
		r.P[i*n+i] += (1 - keep*keep) * r.prior[i]
	}
	if slots := int64(len(r.keep)); slots > 0 {
		r.adapt(int(now / beat % slots)) // one at a beat: it costs what a lesson costs
	}
	r.bound()
}

// adapt asks whether a slot's survey is as good as its definition states, and scales the prior of where it stands if not: of a mast that
// is 12 m off where 1.5 m are stated half would be learnt in an hour, and the tracks would be sure of a place where nobody is. The scale is
// the most likely one, with the definition's word as so many values more: Σx²/B of the values over how many of them are known, Σ(1 − P/B)
// (MacKay 1992, "Bayesian interpolation", Neural Computation 4(3)). It is never below 1: two masts that agree may be wrong alike.
func (r *registry) adapt(slot int) {
	n, sum, known := len(r.X), statedValues, statedValues
	for i := values*slot + east; i <= values*slot+north; i++ {
		if r.stated[i] == 0 {
			return
		}
		sum += r.X[i] * r.X[i] / r.stated[i]
		known += max(0, 1-r.P[i*n+i]/r.prior[i])
	}
	for i := values*slot + east; i <= values*slot+north; i++ {
		if prior := r.stated[i] * max(1, sum/known); math.Abs(prior-r.prior[i]) > priorStep*r.prior[i] {
			r.rethink(i, prior)
		}
	}
}

// rethink makes X and P what they would be if the prior of a value had always been so. A prior is a measurement of 0, so this is one more,
// with what the new one tells beyond the old, 1/R = 1/prior − 1/old: below 0 if it tells less.
func (r *registry) rethink(i int, prior float64) {
	n, row, x := len(r.X), r.ph[0], r.X[i]
	copy(row, r.P[i*n:][:n])
	s := row[i] + 1/(1/prior-1/r.prior[i])
	for a, p := range row {
		r.X[a] -= p / s * x
		for b, q := range row {
			r.P[a*n+b] -= p * q / s
		}
	}
	r.prior[i] = prior
}

// correct takes what is known of the sensor's bias out of the entry: the sensor stands elsewhere, its plots lie elsewhere, and it saw them
// later than it says.
func (t *Tracker) correct(e *entry) {
	slot := t.registry.slots[e.Sensor]
	if slot < 0 {
		return
	}
	b := t.registry.X[values*slot:][:values]
	for i := range e.Plots {
		p := &e.Plots[i]
		p.Lag = b[late]
		if !p.placed() {
			p.Z[0] -= b[azimuth]
			continue
		}
		j := t.effect(e.Sensor, &vec{p.E, 0, p.N, 0})
		for k := range values {
			p.E -= j[0][k] * b[k]
			p.N -= j[1][k] * b[k]
		}
		switch p.Kind {
		case detection.Bearing:
			p.Z[0] -= b[azimuth]
		case detection.Polar:
			p.Z[0], p.Z[1] = p.Z[0]-b[ranging], p.Z[1]-b[azimuth]
		default:
			p.Z[0], p.Z[1] = p.E, p.N
		}
	}
	e.Look.E, e.Look.N = e.Look.E-b[east], e.Look.N-b[north]
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
			own := s.Share.share()
			others += own.part()
		}
	}
	if others < othersShare {
		return
	}
	place := *p
	place.Dim = min(p.Dim, 2) // a range rate says nothing of a bias
	if p.Kind == detection.Bearing {
		place.Dim = 1 // nor does an elevation: the ground is off more than anything else
	}
	var none considered
	var in innovation
	if !place.innovate(&e.Look, &tr.State, &tr.Cov, &none, &in) {
		return
	}
	var s [3][3]float64
	invert(in.n, &in.inv, &s)
	for i := range in.n {
		for j := range in.n {
			h, g := &in.h[i], &in.h[j]
			s[i][j] += registerSpan * (h[0]*g[0] + h[2]*g[2])
		}
	}
	st.Taught = e.Time
	t.registry.learn(t.terms(tr, e.Sensor, false), in.n, in.nu, &in.h, s)
}

// A Registration is what is known of a sensor's bias: what to take from its measurements, and 1 σ of it. All is 0 where its definition says
// that it has none. Late is by how much the sensor saw later than it says; below 0 its clock is ahead.
type Registration struct {
	Azimuth, AzimuthSigma      float64 // rad
	Range, RangeSigma          float64 // m
	East, North, PositionSigma float64 // m, of the place where it stands, or that it says; the sigma is the larger one
	Late, LateSigma            float64 // s
}

// Registration of the sensor with this index in the definitions.
func (t *Tracker) Registration(i int) (g Registration) {
	slot := t.registry.slots[i]
	if slot < 0 {
		return g
	}
	x := t.registry.X[values*slot:][:values]
	sigma := func(k int) float64 { return math.Sqrt(t.registry.variance(slot, k)) }
	return Registration{
		x[azimuth], sigma(azimuth), x[ranging], sigma(ranging), x[east], x[north], max(sigma(east), sigma(north)), x[late], sigma(late),
	}
}

// variance of a value of a slot; 0 of no slot.
func (r *registry) variance(slot, value int) float64 {
	if slot < 0 {
		return 0
	}
	return r.P[(values*slot+value)*(len(r.X)+1)]
}

// copy makes r a copy of o, of the same sensors.
func (r *registry) copy(o *registry) {
	r.slots, r.stated, r.keep, r.lag, r.at = o.slots, o.stated, o.keep, o.lag, o.at
	r.prior, r.X, r.P = append(r.prior[:0], o.prior...), append(r.X[:0], o.X...), append(r.P[:0], o.P...)
}

// savedRegistry is the state of a registry in the order of the snapshot's sensors.
type savedRegistry struct {
	Slots               []int
	Stated, Prior, X, P []float64
	At                  int64
}

func (r *registry) save() savedRegistry {
	return savedRegistry{r.slots, r.stated, r.prior, r.X, r.P, r.at}
}

// restore takes what is known of the sensors that are still there; index gives each of the snapshot's its new number, −1: none.
func (r *registry) restore(s *savedRegistry, index []int) {
	r.at = s.At
	n, was := len(r.X), len(s.X)
	from := make([]int, n) // of each value, its place in the snapshot, −1: new
	for i := range from {
		from[i] = -1
	}
	for i, slot := range s.Slots {
		if k := index[i]; k >= 0 && slot >= 0 && r.slots[k] >= 0 {
			for v := range values {
				// What one of the two definitions states as 0 is not what the other means.
				if to, a := values*r.slots[k]+v, values*slot+v; r.prior[to] > 0 && s.Prior[a] > 0 {
					from[to] = a
				}
			}
		}
	}
	for i, a := range from {
		if a < 0 {
			continue
		}
		r.X[i] = s.X[a]
		if r.stated[i] == s.Stated[a] { // else it is another's word
			r.prior[i] = s.Prior[a]
		} else {
			r.prior[i] = max(r.prior[i], s.Prior[a])
		}
		for j, b := range from {
			if b >= 0 {
				r.P[i*n+j] = s.P[a*was+b]
			}
		}
	}
	r.bound()
}

func (s *savedRegistry) sound(sensors int) bool {
	most := slices.Max(append([]int{-1}, s.Slots...))
	return len(s.Slots) == sensors && values*(most+1) <= len(s.X) && len(s.P) == len(s.X)*len(s.X) &&
		len(s.Prior) == len(s.X) && len(s.Stated) == len(s.X)
}

// vague is the variance, m², summed over both axes, of what is not known of the sensor's bias where p is. The clock is not in it: what that
// does depends on the target's speed, and is in the target's reach.
func (t *Tracker) vague(sensor int, p *plot) float64 {
	slot := t.registry.slots[sensor]
	if slot < 0 {
		return 0
	}
	var q effect
	j := t.effect(sensor, &vec{p.E, 0, p.N, 0})
	t.registry.times(slot, slot, &j, &q)
	v := j.with(&q)
	return v.EE + v.NN
}
