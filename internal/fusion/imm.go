package fusion

import "math"

// An imm is an interacting multiple model of two constant-velocity models, one quiet and one agile (Blom, Bar-Shalom 1988, "The
// interacting multiple model algorithm for systems with Markovian switching coefficients", IEEE T-AC 33(8)).
type imm struct {
	M  [2]mode
	Mu [2]float64 // the models' probabilities
}

// From fastFrom to fastFull m/s the noise goes over from a walker's to a vehicle's.
const fastFrom, fastFull = 3.0, 7.0

// predict moves f by t seconds, t > 0, of one who moves with a probability; who stands is pushed by nothing, but may set out. Switching is
// by rates per second, so that ten short steps do what a long one does.
func (f *imm) predict(t, moves float64, c *Config) {
	f.mix(t, c)
	vE := f.Mu[0]*f.M[0].X[1] + f.Mu[1]*f.M[1].X[1]
	vN := f.Mu[0]*f.M[0].X[3] + f.Mu[1]*f.M[1].X[3]
	fast := min(max((math.Hypot(vE, vN)-fastFrom)/(fastFull-fastFrom), 0), 1)
	for i := range f.M {
		f.M[i].predict(t, moves*(c.Noise[i]+fast*(c.FastNoise[i]-c.Noise[i]))+(1-moves)*appearRate*walkSpeed*walkSpeed)
	}
}

func (f *imm) mix(t float64, c *Config) {
	sum := c.SwitchRate[0] + c.SwitchRate[1]
	gone := (1 - math.Exp(-sum*t)) / sum
	leave := [2]float64{c.SwitchRate[0] * gone, c.SwitchRate[1] * gone}
	mu := [2]float64{
		f.Mu[0]*(1-leave[0]) + f.Mu[1]*leave[1],
		f.Mu[1]*(1-leave[1]) + f.Mu[0]*leave[0],
	}
	var mixed [2]mode
	for j := range mixed {
		own := f.Mu[j] * (1 - leave[j]) / mu[j]
		blend(&f.M[j], &f.M[1-j], own, &mixed[j])
	}
	f.M, f.Mu = mixed, mu
}

// blend is the Gaussian with the mean and covariance of the mixture own·a + (1−own)·b.
func blend(a, b *mode, own float64, out *mode) {
	other := 1 - own
	var d vec
	for i := range 4 {
		out.X[i] = own*a.X[i] + other*b.X[i]
		d[i] = a.X[i] - b.X[i]
	}
	for r := range 4 {
		for c := range 4 {
			out.P[4*r+c] = own*a.P[4*r+c] + other*b.P[4*r+c] + own*other*d[r]*d[c]
		}
	}
}

// combined is the belief over both models.
func (f *imm) combined() (m mode) {
	blend(&f.M[0], &f.M[1], f.Mu[0], &m)
	return m
}

// update takes a plot into both models, and weighs them by how well each foresaw it. It returns the plot's share in the new place.
func (f *imm) update(p *plot, l *look, bias *considered) (gain share) {
	var in [2]innovation
	for i := range f.M {
		if !p.innovate(l, &f.M[i].X, &f.M[i].P, bias, &in[i]) {
			return gain // none: the plot is left out
		}
	}
	shares := [2]share{f.M[0].update(&in[0], &p.R, bias), f.M[1].update(&in[1], &p.R, bias)}
	// No model falls below a thousandth, or it could never come back.
	ratio := math.Exp(min(max(in[1].logN-in[0].logN, -50), 50))
	w := f.Mu[1] * ratio / (f.Mu[0] + f.Mu[1]*ratio)
	w = min(max(w, .001), .999)
	f.Mu = [2]float64{1 - w, w}
	for k := range gain {
		gain[k] = (1-w)*shares[0][k] + w*shares[1][k]
	}
	return gain
}

// start is the belief at the time of a first plot: its place, taken back by what its sensor's clock is behind, and a velocity that is
// measured or unknown. The models differ in how fast they expect a stranger to be.
func start(p *plot, l *look, c *Config) (f imm) {
	f.Mu = [2]float64{.6, .4} // chosen: a few looks tell
	for i := range f.M {
		m := &f.M[i]
		m.X = vec{p.E, 0, p.N, 0}
		m.P[0], m.P[2], m.P[8], m.P[10] = p.C.EE, p.C.EN, p.C.EN, p.C.NN
		m.P[5], m.P[15] = square(c.PriorSpeed[i]), square(c.PriorSpeed[i])
		if p.HasVelocity {
			m.X[1], m.X[3] = p.VE, p.VN
			v := square(2 + .1*math.Hypot(p.VE, p.VN)) // chosen: payloads state no error of a velocity
			m.P[5], m.P[15] = v, v
		}
		m.predict(-p.Lag, 0)
		if p.Dim == 3 {
			m.startRate(p, l)
		}
	}
	return f
}

// startRate takes the range rate alone into a new belief: range and azimuth have made its place already.
func (m *mode) startRate(p *plot, l *look) {
	rate := *p
	var none considered
	rate.R[0][0], rate.R[1][1] = 1e12, 1e12
	var in innovation
	if rate.innovate(l, &m.X, &m.P, &none, &in) {
		m.update(&in, &rate.R, &none)
	}
}
