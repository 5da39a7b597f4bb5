package fusion

import (
	"math"

	"cutline/internal/detection"
)

const (
	extentPrior  = 50.0   // m², 1 σ of what a target's extent is thought to be at first, about 0
	extentHolds  = 60.0   // looks, in which what was seen of it fades
	extentSurely = 2.0    // σ, by which it is less than it seems
	extentMost   = 2500.0 // m²
)

// An extent is how far about the middle of a target its returns lie: of a herd the radar sees now this animal and now that one. It is the
// variance that innovations have beyond what the filter says, by the maximum of their likelihood (Fisher's scoring, with forgetting). Koch
// 2008, "Bayesian approach to extended object and cluster tracking using random matrices", IEEE T-AES 44(3), has a matrix in its place.
type extent struct {
	Mean float32 // m², of each axis
	Info float32 // m⁻⁴, the inverse of Mean's own variance
}

func newExtent() extent { return extent{Info: 1 / (extentPrior * extentPrior)} }

// variance of a return about the middle, m² of each axis: as much of it as is sure, so that a point stays one.
func (x *extent) variance() float64 {
	return max(0, float64(x.Mean)-extentSurely/math.Sqrt(float64(x.Info)))
}

func (x *extent) round() detection.Covariance {
	v := x.variance()
	return detection.Covariance{EE: v, NN: v}
}

// learn takes an innovation, whose S holds the extent that is known. With G = H·Hᵀ of the place, the likelihood's slope by the extent is
// ½(νᵀS⁻¹GS⁻¹ν − tr S⁻¹G), and what the innovation tells is ½ tr (S⁻¹G)².
func (x *extent) learn(in *innovation) {
	var u [2]float64    // Hᵀ·S⁻¹·ν
	var m [2][2]float64 // Hᵀ·S⁻¹·H
	for i := range in.n {
		for j := range in.n {
			for a := range 2 {
				hs := in.h[i][2*a] * in.inv[i][j]
				u[a] += hs * in.nu[j]
				m[a][0] += hs * in.h[j][0]
				m[a][1] += hs * in.h[j][2]
			}
		}
	}
	slope := .5 * (u[0]*u[0] + u[1]*u[1] - m[0][0] - m[1][1])
	told := .5 * (m[0][0]*m[0][0] + 2*m[0][1]*m[1][0] + m[1][1]*m[1][1])
	info := float64(x.Info)
	info += (1/(extentPrior*extentPrior)-info)/extentHolds + told
	x.Mean, x.Info = float32(min(max(0, float64(x.Mean)+slope/info), extentMost)), float32(info)
}

// widen adds to p's noise where on its target it lies. A bearing's goes on meaning the middle.
func (p *plot) widen(v float64) {
	switch {
	case p.Kind == detection.Bearing:
	case p.polar():
		p.R[0][0], p.R[1][1] = p.R[0][0]+v, p.R[1][1]+v/square(max(p.Z[0], 1))
	case p.Dim == 2:
		p.R[0][0], p.R[1][1] = p.R[0][0]+v, p.R[1][1]+v
	}
}

// stretch learns tr's extent from p, which it is about to take, and widens p by it. Of a hull, m², a frame shows this end and that one,
// and the nearest to what was expected is taken: by many frames a track would draw itself along.
func (tr *target) stretch(p *plot, l *look, hull float64, bias *considered) {
	p.widen(tr.Extent.variance())
	if p.Kind == detection.Bearing {
		p.R[0][0] += hull / max(square(tr.State[0]-l.E)+square(tr.State[2]-l.N), 1)
	}
	var in innovation
	if tr.Hits > youngHits && p.Dim > 1 && p.Kind != detection.Bearing && p.innovate(l, &tr.State, &tr.Cov, bias, &in) {
		tr.Extent.learn(&in)
	}
}

// spread learns tr's extent from a return that is tr's beside the one that it takes: that one is the nearest of them, and by it alone a
// herd is small.
func (t *Tracker) spread(tr *target, e *entry, beside *plot) {
	p := *t.of(tr, e, beside)
	bias := t.consider(tr, e.Sensor, p.dips())
	tr.stretch(&p, &e.Look, 0, &bias)
}
