package fusion

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"cutline/internal/detection"
)

func positiveDefinite(p *mat) bool {
	_, _, ok := mahalanobis(p, &vec{})
	return ok
}

func drawPlot(t *rapid.T, l *look, e0, n0, within float64) plot {
	p := plot{Kind: rapid.SampledFrom([]detection.Geometry{
		detection.Position, detection.Polar, detection.Bearing,
	}).Draw(t, "kind"), Dim: 2, False: 1e-8}
	e := e0 + rapid.Float64Range(-within, within).Draw(t, "e")
	n := n0 + rapid.Float64Range(-within, within).Draw(t, "n")
	sigma := rapid.Float64Range(.2, 100).Draw(t, "sigma")
	switch p.Kind {
	case detection.Position:
		p.E, p.N = e, n
		p.C = detection.Covariance{EE: sigma * sigma, EN: .3 * sigma * sigma, NN: sigma * sigma}
		p.setPosition()
	case detection.Bearing:
		p.Dim, p.Z[0], p.R[0][0] = rapid.IntRange(1, 2).Draw(t, "dim"), math.Atan2(e-l.E, n-l.N), square(sigma/5000)
		if p.Mast, p.Area = 30, 1e4; p.dips() {
			p.Z[1], p.R[1][1] = dipOf(p.Mast, math.Hypot(e-l.E, n-l.N)), square(sigma/5000)
		}
	default:
		p.Z = [3]float64{math.Hypot(e-l.E, n-l.N), math.Atan2(e-l.E, n-l.N), rapid.Float64Range(-20, 20).Draw(t, "rate")}
		p.R[0][0], p.R[1][1], p.R[2][2] = sigma*sigma, square(sigma/5000), .25
		p.Dim = rapid.IntRange(2, 3).Draw(t, "dim")
	}
	return p
}

func TestFilter_covarianceStaysSymmetricAndPositive(t *testing.T) {
	c := Defaults()
	taken := 0
	defer func() {
		if taken < 100 {
			t.Errorf("%d plots were in the gate: too few to say anything", taken)
		}
	}()
	rapid.Check(t, func(t *rapid.T) {
		l := look{Placed: true, E: 100, N: -4000}
		first := plot{E: 10, N: 20, C: detection.Covariance{EE: 25, NN: 900}}
		f := start(&first, &l, &c)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			f.predict(rapid.Float64Range(1e-3, 20).Draw(t, "dt"), rapid.Float64Range(0, 1).Draw(t, "moves"), &c)
			f.halt(rapid.Float64Range(.01, 1).Draw(t, "goes on"))
			p := drawPlot(t, &l, f.M[0].X[0], f.M[0].X[2], 300)
			b := detection.Covariance{EE: 100, NN: rapid.Float64Range(0, 2000).Draw(t, "bias")}
			bias := considered{Spread: b, Cross: [4]float64{50, 0, 0, b.NN / 3}}
			m := f.combined()
			var in innovation
			if !p.innovate(&l, &m.X, &m.P, &bias, &in) {
				t.Fatalf("S is not positive definite: %v", m.P)
			}
			if in.d2 > gate(p.Dim) {
				continue // as in the tracker: what is not in the gate does not come here
			}
			taken++
			f.update(&p, &l, &bias)
			for i := range f.M {
				m := &f.M[i]
				for r := range 4 {
					for k := range r {
						if m.P[4*r+k] != m.P[4*k+r] {
							t.Fatalf("P[%d][%d] = %v, P[%d][%d] = %v", r, k, m.P[4*r+k], k, r, m.P[4*k+r])
						}
					}
				}
				if !positiveDefinite(&m.P) {
					t.Fatalf("not positive definite: %v", m.P)
				}
			}
			if s := f.Mu[0] + f.Mu[1]; math.Abs(s-1) > 1e-9 {
				t.Fatalf("the models' probabilities sum to %v", s)
			}
		}
	})
}

// The derivative is the difference quotient: a wrong sign in an H hides in noise for months.
func TestPlot_derivativeIsTheDifferenceQuotient(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := look{Placed: true, E: 100, N: -300}
		p := drawPlot(t, &l, 0, 0, 5e3)
		p.Lag, p.Lift = rapid.Float64Range(-2, 2).Draw(t, "lag"), rapid.Float64Range(0, 1e6).Draw(t, "lift")
		x := vec{
			rapid.Float64Range(300, 4e3).Draw(t, "e"), rapid.Float64Range(-30, 30).Draw(t, "ve"),
			rapid.Float64Range(-4e3, 4e3).Draw(t, "n"), rapid.Float64Range(-30, 30).Draw(t, "vn"),
		}
		var in, up, down innovation
		p.expect(&l, &x, &in)
		for i := range 4 {
			const h = 1e-3
			a, b := x, x
			a[i] += h
			b[i] -= h
			p.expect(&l, &a, &up)
			p.expect(&l, &b, &down)
			for k := range p.Dim {
				got := (down.nu[k] - up.nu[k]) / (2 * h) // ν falls as ẑ rises
				if math.Abs(got) > 100 {
					continue // the innovation wrapped between the two
				}
				unit := 1.0
				if k == 1 && p.dips() {
					unit = 1e-6 // a millimetre moves an elevation by so many radians
				}
				if math.Abs(got-in.h[k][i]) > 1e-5*(unit+math.Abs(got)) {
					t.Fatalf("kind %v: dz[%d]/dx[%d] = %v, the quotient says %v", p.Kind, k, i, in.h[k][i], got)
				}
			}
		}
	})
}

func TestInvert_givesTheInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 3).Draw(t, "n")
		var a, s, inv [3][3]float64
		for i := range n {
			for j := range n {
				a[i][j] = rapid.Float64Range(-3, 3).Draw(t, "a")
			}
		}
		for i := range n {
			for j := range n {
				for k := range n {
					s[i][j] += a[i][k] * a[j][k]
				}
			}
			s[i][i]++
		}
		invert(n, &s, &inv)
		for i := range n {
			for j := range n {
				sum := 0.0
				for k := range n {
					sum += s[i][k] * inv[k][j]
				}
				want := 0.0
				if i == j {
					want = 1
				}
				if math.Abs(sum-want) > 1e-9 {
					t.Fatalf("(S·S⁻¹)[%d][%d] = %v", i, j, sum)
				}
			}
		}
	})
}

// Ten short steps do what a long one does: looking more often must not make a track surer or less sure.
func TestMode_predictionComposes(t *testing.T) {
	a := mode{X: vec{1, 2, 3, -4}, P: mat{9, 1, 0, 0, 1, 4, 0, 0, 0, 0, 9, 1, 0, 0, 1, 4}}
	b := a
	a.predict(10, .5)
	for range 10 {
		b.predict(1, .5)
	}
	for i := range a.P {
		if math.Abs(a.P[i]-b.P[i]) > 1e-9 {
			t.Errorf("P[%d]: %v in one step, %v in ten", i, a.P[i], b.P[i])
		}
	}
}

// monteCarlo runs one model on targets that move as it says and gives the mean NEES and NIS.
func monteCarlo(runs, steps int, q float64) (nees, nis float64) {
	rng := rand.New(rand.NewPCG(7, 7))
	l := look{Placed: true}
	var none considered
	const sr, sa, dt = 5.0, .01, 2.0
	for range runs {
		x := vec{2000, 1, 1500, -1}
		c := Defaults()
		first := plot{
			E: x[0] + 5*rng.NormFloat64(), N: x[2] + 5*rng.NormFloat64(), C: detection.Covariance{EE: 25, NN: 25},
			HasVelocity: true, VE: x[1] + 2*rng.NormFloat64(), VN: x[3] + 2*rng.NormFloat64(),
		}
		m := start(&first, &l, &c).M[0]
		m.P[5], m.P[15] = 4, 4
		for range steps {
			step(&x, dt, q, rng)
			m.predict(dt, q)
			p := plot{Kind: detection.Polar, Dim: 2, Z: [3]float64{
				math.Hypot(x[0], x[2]) + sr*rng.NormFloat64(), math.Atan2(x[0], x[2]) + sa*rng.NormFloat64(),
			}}
			p.R[0][0], p.R[1][1] = sr*sr, sa*sa
			var in innovation
			p.innovate(&l, &m.X, &m.P, &none, &in)
			m.update(&in, &p.R, &none)
			var d vec
			for i := range d {
				d[i] = x[i] - m.X[i]
			}
			d2, _, _ := mahalanobis(&m.P, &d)
			nees += d2
			nis += in.d2
		}
	}
	n := float64(runs * steps)
	return nees / n, nis / n
}

// step moves a target for dt seconds with white acceleration of density q.
func step(x *vec, dt, q float64, rng *rand.Rand) {
	for _, i := range []int{0, 2} {
		a, b := rng.NormFloat64(), rng.NormFloat64()
		x[i] += dt*x[i+1] + math.Sqrt(q*dt*dt*dt/3)*a
		x[i+1] += math.Sqrt(q*dt) * (math.Sqrt(.75)*a + .5*b) // correlation √3/2 between place and speed
	}
}

func TestFilter_errorsAreAsLargeAsItSays(t *testing.T) {
	const runs, steps = 200, 40
	nees, nis := monteCarlo(runs, steps, .5)
	t.Logf("mean NEES %.3f of 4, mean NIS %.3f of 2", nees, nis)
	// Innovations are white: their mean's standard deviation is √(2·2/8000) = 0.022. States are not, so only runs count: √(2·4/200) = 0.2.
	if math.Abs(nis-2) > .08 {
		t.Errorf("mean NIS %.3f, want 2 ± 0.08", nis)
	}
	if math.Abs(nees-4) > .5 {
		t.Errorf("mean NEES %.3f, want 4 ± 0.5", nees)
	}
}

func TestIMM_turnsToTheAgileModelWhenATargetTurns(t *testing.T) {
	c := Defaults()
	l := look{}
	p := plot{Kind: detection.Position, Dim: 2, C: detection.Covariance{EE: 1, NN: 1}}
	p.setPosition()
	f := start(&p, &l, &c)
	var none considered
	feed := func(e, n float64) {
		f.predict(1, 1, &c)
		p.E, p.N = e, n
		p.setPosition()
		f.update(&p, &l, &none)
	}
	for i := range 30 {
		feed(1.4*float64(i+1), 0)
	}
	straight := f.Mu[1]
	for i := range 3 {
		feed(42, 1.4*float64(i+1))
	}
	if straight > .3 || f.Mu[1] < 2*straight {
		t.Errorf("agile model: %.3f while straight, %.3f after the turn", straight, f.Mu[1])
	}
}
