package fusion

import (
	"testing"

	gonum "gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"cutline/internal/detection"
)

// The filter's fixed arrays against the textbook's formulas, written in gonum's dense matrices as they stand in docs/fusion.md.

func dense(rows, cols int, at func(r, c int) float64) *gonum.Dense {
	m := gonum.NewDense(rows, cols, nil)
	for r := range rows {
		for c := range cols {
			m.Set(r, c, at(r, c))
		}
	}
	return m
}

func denseState(m *mode) (x, p *gonum.Dense) {
	return dense(4, 1, func(r, _ int) float64 { return m.X[r] }), dense(4, 4, func(r, c int) float64 { return m.P[4*r+c] })
}

func product(ms ...gonum.Matrix) *gonum.Dense {
	out := gonum.DenseCopyOf(ms[0])
	for _, m := range ms[1:] {
		var next gonum.Dense
		next.Mul(out, m)
		out = &next
	}
	return out
}

func sum(ms ...gonum.Matrix) *gonum.Dense {
	out := gonum.DenseCopyOf(ms[0])
	for _, m := range ms[1:] {
		out.Add(out, m)
	}
	return out
}

func difference(a, b gonum.Matrix) *gonum.Dense {
	out := gonum.DenseCopyOf(a)
	out.Sub(out, b)
	return out
}

func drawMode(t *rapid.T) (m mode) {
	value := rapid.Float64Range(-1, 1)
	var root [16]float64
	for i := range root {
		root[i] = 10 * value.Draw(t, "root")
	}
	for r := range 4 {
		for c := range 4 {
			for k := range 4 {
				m.P[4*r+c] += root[4*r+k] * root[4*c+k]
			}
		}
		m.P[5*r] += .1
	}
	m.X = vec{500 * value.Draw(t, "e"), 20 * value.Draw(t, "ve"), 500 * value.Draw(t, "n"), 20 * value.Draw(t, "vn")}
	return m
}

func wantSame(t *rapid.T, m *mode, x, p *gonum.Dense) {
	gotX, gotP := denseState(m)
	scale := 1 + gonum.Max(p)
	if !gonum.EqualApprox(gotX, x, 1e-9*scale) {
		t.Fatalf("state\n%v\nthe textbook's\n%v", gonum.Formatted(gotX), gonum.Formatted(x))
	}
	if !gonum.EqualApprox(gotP, p, 1e-9*scale) {
		t.Fatalf("covariance\n%v\nthe textbook's\n%v", gonum.Formatted(gotP), gonum.Formatted(p))
	}
}

func TestMode_predictsAsTheTextbookSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMode(t)
		dt, q := rapid.Float64Range(1e-3, 60).Draw(t, "dt"), rapid.Float64Range(0, 5).Draw(t, "q")
		f := gonum.NewDense(4, 4, []float64{1, dt, 0, 0, 0, 1, 0, 0, 0, 0, 1, dt, 0, 0, 0, 1})
		a, b, c := q*dt*dt*dt/3, q*dt*dt/2, q*dt
		noise := gonum.NewDense(4, 4, []float64{a, b, 0, 0, b, c, 0, 0, 0, 0, a, b, 0, 0, b, c})
		x, p := denseState(&m)
		m.predict(dt, q)
		wantSame(t, &m, product(f, x), sum(product(f, p, f.T()), noise))
	})
}

func TestMode_updatesAsTheTextbookSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMode(t)
		l := look{Placed: true, E: 100, N: -4000}
		plot := drawPlot(t, &l, m.X[0], m.X[2], 300)
		cov := func(label string) detection.Covariance {
			v := rapid.Float64Range(0, 400).Draw(t, label)
			return detection.Covariance{EE: v, EN: v / 4, NN: v / 2}
		}
		bias := considered{Spread: cov("spread")}
		for i := range bias.Cross {
			bias.Cross[i] = rapid.Float64Range(-10, 40).Draw(t, "cross")
		}

		x, p := denseState(&m)
		var in innovation
		if !plot.innovate(&l, &m.X, &m.P, &bias, &in) {
			t.Skip("S is singular")
		}
		n := in.n
		h := dense(n, 4, func(r, c int) float64 { return in.h[r][c] })
		r := dense(n, n, func(r, c int) float64 { return plot.R[r][c] })
		nu := dense(n, 1, func(r, _ int) float64 { return in.nu[r] })
		place := func(ee, en, ne, nn float64) *gonum.Dense {
			return gonum.NewDense(4, 4, []float64{ee, 0, en, 0, 0, 0, 0, 0, ne, 0, nn, 0, 0, 0, 0, 0})
		}
		b, c := &bias.Spread, &bias.Cross
		s := sum(product(h, p, h.T()), r, product(h, place(b.EE, b.EN, b.EN, b.NN), h.T()))
		var inverse gonum.Dense
		if err := inverse.Inverse(s); err != nil {
			t.Skip("S is nearly singular")
		}
		k := product(sum(product(p, h.T()), product(place(c[0], c[1], c[2], c[3]), h.T())), &inverse)
		kept := difference(gonum.NewDiagDense(4, []float64{1, 1, 1, 1}), product(k, h))
		m.update(&in, &plot.R, &bias)
		wantSame(t, &m, sum(x, product(k, nu)), sum(product(kept, p, kept.T()), product(k, r, k.T())))
	})
}

func TestIMM_mixesToTheMomentsOfTheMixture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawMode(t), drawMode(t)
		own := rapid.Float64Range(0, 1).Draw(t, "own")
		xa, pa := denseState(&a)
		xb, pb := denseState(&b)
		part := func(w float64, m gonum.Matrix) *gonum.Dense {
			var out gonum.Dense
			out.Scale(w, m)
			return &out
		}
		mean := sum(part(own, xa), part(1-own, xb))
		spread := func(w float64, x, p *gonum.Dense) *gonum.Dense { // w·(P + (x−x̄)(x−x̄)ᵀ)
			d := difference(x, mean)
			return part(w, sum(p, product(d, d.T())))
		}
		var got mode
		blend(&a, &b, own, &got)
		wantSame(t, &got, mean, sum(spread(own, xa, pa), spread(1-own, xb, pb)))
	})
}
