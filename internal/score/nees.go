package score

import (
	"cmp"
	"math"
	"slices"
)

// inside95 is the square of the radius that holds 95 % of two normal numbers: the χ² quantile with 2 degrees of freedom, −2 ln 0.05.
const inside95 = 5.991465

// consistency takes the normalised estimation error squared (Bar-Shalom, Li, Kirubarajan 2001, §5.4.2) of one event of a track against
// the target at its own time: an extrapolated place has no covariance of its own. Of a group that is against its middle, and beside it
// stands what the members' places about the middle add to it in the mean: with C the track's covariance, d the error and X the members'
// covariance, the mean over them is dᵀC⁻¹d + tr C⁻¹X.
func (r *Run) consistency(who int, w *row, p *sums) {
	rows := r.targets[who].rows
	at, exact := slices.BinarySearchFunc(rows, w.at, func(f stand, t int64) int { return cmp.Compare(f.at, t) })
	if !exact {
		at--
	}
	if at < 0 {
		return
	}
	s, ok := interpolate(rows, &at, w.at)
	ee, en, nn := float64(w.ee), float64(w.en), float64(w.nn)
	det := ee*nn - en*en
	if !ok || !(ee > 0 && det > 0) { // no covariance was stated
		return
	}
	e, n, x := w.e-s.e, w.n-s.n, &rows[at]
	d := (e*e*nn - 2*e*n*en + n*n*ee) / det
	p.nees += d
	p.spread += (float64(x.ee)*nn - 2*float64(x.en)*en + float64(x.nn)*ee) / det
	p.looks++
	if d <= inside95 {
		p.inside++
	}
}

// neesBand holds 95 % of means of n honest, independent looks: χ² with 2n degrees of freedom over 2n, by Wilson and Hilferty 1931.
func neesBand(n int) [2]float64 {
	if n == 0 {
		return [2]float64{}
	}
	v := 2.0 / (9 * 2 * float64(n))
	cube := func(z float64) float64 { return math.Pow(max(0, 1-v+z*math.Sqrt(v)), 3) }
	return [2]float64{cube(-normal95), cube(normal95)}
}
