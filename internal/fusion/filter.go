package fusion

import (
	"math"

	"cutline/internal/detection"
)

// x = [e, ve, n, vn], m and m/s; matrices row by row.
type (
	vec = [4]float64
	mat = [16]float64
)

// A mode is one motion model's belief.
type mode struct {
	X vec
	P mat
}

// A brief is a mode in short, as it is kept where thousands are and none is worked on: 56 bytes for 160. Places are right to millimetres.
type brief struct {
	X [4]float32
	P [10]float32 // row by row, from the diagonal on
}

func (m *mode) brief() (b brief) {
	i := 0
	for r := range 4 {
		b.X[r] = float32(m.X[r])
		for c := r; c < 4; c++ {
			b.P[i] = float32(m.P[4*r+c])
			i++
		}
	}
	return b
}

func (b *brief) mode() (m mode) {
	i := 0
	for r := range 4 {
		m.X[r] = float64(b.X[r])
		for c := r; c < 4; c++ {
			m.P[4*r+c], m.P[4*c+r] = float64(b.P[i]), float64(b.P[i])
			i++
		}
	}
	return m
}

// predict moves a constant-velocity model by t seconds with white acceleration of density q, m²/s³ (Bar-Shalom, Li, Kirubarajan
// 2001, "Estimation with applications to tracking and navigation", eq. 6.2.2-4).
func (m *mode) predict(t, q float64) {
	m.X[0] += t * m.X[1]
	m.X[2] += t * m.X[3]
	p := &m.P
	for c := range 4 { // F·P
		p[c] += t * p[4+c]
		p[8+c] += t * p[12+c]
	}
	for r := 0; r < 16; r += 4 { // ·Fᵀ
		p[r] += t * p[r+1]
		p[r+2] += t * p[r+3]
	}
	q3, q2, q1 := q*t*t*t/3, q*t*t/2, q*t
	p[0] += q3
	p[1] += q2
	p[4] += q2
	p[5] += q1
	p[10] += q3
	p[11] += q2
	p[14] += q2
	p[15] += q1
	symmetrise(p)
}

func symmetrise(p *mat) {
	for r := range 3 {
		for c := r + 1; c < 4; c++ {
			v := (p[4*r+c] + p[4*c+r]) / 2
			p[4*r+c], p[4*c+r] = v, v
		}
	}
}

// An innovation is how a plot differs from what a belief expects.
type innovation struct {
	n      int
	nu     [3]float64
	h      [3][4]float64 // derivative of the measurement by the state
	ph     [4][3]float64 // P·Hᵀ
	inv    [3][3]float64 // S⁻¹
	d2     float64       // νᵀS⁻¹ν
	logN   float64       // ln N(z; ẑ, S)
	logPos float64       // the same as a density per m² (and per m/s of range rate); of a bearing like logN
}

// innovate compares p, seen by l, with the belief (x, P). Bias widens S but is no noise: it is not in P. False if S is not positive
// definite.
func (p *plot) innovate(l *look, x *vec, P *mat, bias *considered, in *innovation) bool {
	in.n = p.Dim
	jacobian := p.expect(l, x, in)
	var s [3][3]float64
	b := &bias.Spread
	for i := range in.n {
		h := &in.h[i]
		for r := range 4 {
			in.ph[r][i] = P[4*r]*h[0] + P[4*r+1]*h[1] + P[4*r+2]*h[2] + P[4*r+3]*h[3]
		}
	}
	for i := range in.n {
		h := &in.h[i]
		for j := range i + 1 {
			g := &in.h[j]
			v := h[0]*in.ph[0][j] + h[1]*in.ph[1][j] + h[2]*in.ph[2][j] + h[3]*in.ph[3][j] + p.R[i][j]
			v += b.EE*h[0]*g[0] + b.EN*(h[0]*g[2]+h[2]*g[0]) + b.NN*h[2]*g[2]
			s[i][j], s[j][i] = v, v //nolint:gosec // n ≤ 3
		}
	}
	det := invert(in.n, &s, &in.inv)
	if !(det > 0) {
		return false
	}
	in.d2 = 0
	for i := range in.n {
		for j := range in.n {
			in.d2 += in.nu[i] * in.inv[i][j] * in.nu[j]
		}
	}
	in.logN = -.5 * (in.d2 + math.Log(det) + float64(in.n)*math.Log(2*math.Pi))
	in.logPos = in.logN - jacobian
	return true
}

// expect fills in.nu and in.h, and gives ln of the factor between a density in Z and one in metres. The target is looked for where it is
// when the sensor saw it: z = h(F(p.Lag)·x).
func (p *plot) expect(l *look, x *vec, in *innovation) (jacobian float64) {
	at := vec{x[0] + p.Lag*x[1], x[1], x[2] + p.Lag*x[3], x[3]}
	if p.Kind == detection.Position || p.Kind == detection.Trip {
		in.h[0], in.h[1] = [4]float64{1, 0, 0, 0}, [4]float64{0, 0, 1, 0}
		in.nu[0], in.nu[1] = p.Z[0]-at[0], p.Z[1]-at[2]
	} else {
		jacobian = p.expectAngles(l, &at, in)
	}
	for i := range p.Dim {
		in.h[i][1] += p.Lag * in.h[i][0]
		in.h[i][3] += p.Lag * in.h[i][2]
	}
	return jacobian
}

func (p *plot) expectAngles(l *look, x *vec, in *innovation) float64 {
	de, dn := x[0]-l.E, x[2]-l.N
	r := max(math.Hypot(de, dn), 1) // at the sensor itself the azimuth has no derivative
	azimuth := [4]float64{dn / (r * r), 0, -de / (r * r), 0}
	az := math.Atan2(de, dn)
	if p.Kind == detection.Bearing {
		in.h[0], in.nu[0] = azimuth, off(p.Z[0], az)
		if p.Dim == 1 {
			return 0
		}
		elevation, steep := dip(p.Mast, r)
		in.h[1], in.nu[1] = [4]float64{steep * de / r, 0, steep * dn / r, 0}, p.Z[1]-elevation
		return math.Log(p.Area)
	}
	// Of one on the ground up is r, and flat 1; of one who flies the range is longer than over ground, and changes less.
	up := math.Sqrt(max(r*r+p.Lift, 1))
	flat := r / up
	ue, un := de/r, dn/r
	in.h[0], in.nu[0] = [4]float64{flat * ue, 0, flat * un, 0}, p.Z[0]-up
	in.h[1], in.nu[1] = azimuth, off(p.Z[1], az)
	if p.Dim == 3 {
		rate := ue*x[1] + un*x[3]
		steeper := rate * p.Lift / (up * up * up)
		in.h[2] = [4]float64{flat*(x[1]-rate*ue)/r + steeper*ue, flat * ue, flat*(x[3]-rate*un)/r + steeper*un, flat * un}
		in.nu[2] = p.Z[2] - flat*rate
	}
	return math.Log(r)
}

// invert gives the inverse and the determinant of a symmetric matrix of n rows, n ≤ 3.
func invert(n int, s, inv *[3][3]float64) float64 {
	switch n {
	case 1:
		inv[0][0] = 1 / s[0][0]
		return s[0][0]
	case 2:
		det := s[0][0]*s[1][1] - s[0][1]*s[0][1]
		inv[0][0], inv[1][1] = s[1][1]/det, s[0][0]/det
		inv[0][1] = -s[0][1] / det
		inv[1][0] = inv[0][1]
		return det
	}
	a, b, c, d, e, f := s[0][0], s[0][1], s[0][2], s[1][1], s[1][2], s[2][2]
	c00, c01, c02 := d*f-e*e, c*e-b*f, b*e-c*d
	det := a*c00 + b*c01 + c*c02
	inv[0] = [3]float64{c00 / det, c01 / det, c02 / det}
	inv[1] = [3]float64{inv[0][1], (a*f - c*c) / det, (b*c - a*e) / det}
	inv[2] = [3]float64{inv[0][2], inv[1][2], (a*d - b*b) / det}
	return det
}

// update takes the plot into m. The covariance is Joseph's form, P = (I−KH)P(I−KH)ᵀ + KRKᵀ: right for any gain, also for this
// one, which minds the biases as well. It returns the plot's share in the new place: K·H of e and n. in can not be used again.
func (m *mode) update(in *innovation, noise *[3][3]float64, bias *considered) share {
	b := &bias.Cross
	for j := range in.n {
		h := &in.h[j]
		in.ph[0][j] += b[0]*h[0] + b[1]*h[2]
		in.ph[2][j] += b[2]*h[0] + b[3]*h[2]
	}
	var k [4][3]float64
	for r := range 4 {
		for j := range in.n {
			for i := range in.n {
				k[r][j] += in.ph[r][i] * in.inv[i][j]
			}
			m.X[r] += k[r][j] * in.nu[j]
		}
	}
	var a, ap mat
	for r := range 4 {
		a[5*r] = 1
		for j := range in.n {
			for c := range 4 {
				a[4*r+c] -= k[r][j] * in.h[j][c]
			}
		}
	}
	for r := range 4 {
		for c := range 4 {
			ap[4*r+c] = a[4*r]*m.P[c] + a[4*r+1]*m.P[4+c] + a[4*r+2]*m.P[8+c] + a[4*r+3]*m.P[12+c]
		}
	}
	for r := range 4 {
		for c := r; c < 4; c++ {
			v := ap[4*r]*a[4*c] + ap[4*r+1]*a[4*c+1] + ap[4*r+2]*a[4*c+2] + ap[4*r+3]*a[4*c+3]
			for i := range in.n {
				for j := range in.n {
					v += k[r][i] * noise[i][j] * k[c][j]
				}
			}
			m.P[4*r+c], m.P[4*c+r] = v, v
		}
	}
	return share{1 - a[0], -a[2], -a[8], 1 - a[10]}
}
