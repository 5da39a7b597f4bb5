package discover

import (
	"math"
	"slices"
	"time"
)

// fit is the bias of the azimuth (rad), the bias of the range (m) and the lag of the clock (s) with their covariance.
type fit struct {
	x               [3]float64
	cov             [3][3]float64
	noiseAz, noiseR float64
	used, ranged    int
}

// sigma is the 1 σ of an estimate. reference is what the reference alone would make it wrong by: a telephone that is 5 m off is so for
// minutes, so that a thousand looks at it are not a thousand measurements of the bias.
func (f *fit) sigma(i int, reference float64) float64 {
	return math.Hypot(math.Sqrt(f.cov[i][i]), reference)
}

// fitOf fits pairs from a beginning. A measurement that is made at t and stamped τ too late is beside where the target has come to since:
//
//	dAz = b − τ·rateAz        dR = r − τ·rateR
func fitOf(all []pairing, begin float64) fit {
	f := fit{x: [3]float64{begin, 0, 0}, noiseAz: radians(.5), noiseR: 20}
	for i, p := range all { // from here on differences are small: no turn of the circle is left in them
		all[i].dAz = begin + turn(p.dAz-begin)
	}
	f.x[1] = middle(all, func(p *pairing) (float64, bool) { return p.dR, p.ranged })
	for range 30 {
		f.step(all)
	}
	return f
}

// step is one round: weights by the residuals so far, normal equations with a weak prior on what the passes may not tell, and the noise
// anew by the median of the residuals.
func (f *fit) step(all []pairing) {
	normal := [3][3]float64{{1e-9}, {0, 1 / (rangePrior * rangePrior)}, {0, 0, 1 / (clockPrior * clockPrior)}}
	var right [3]float64
	f.used, f.ranged = 0, 0
	for i := range all {
		p := &all[i]
		w := f.weight(p)
		if w == 0 {
			continue
		}
		f.used++
		gather(&normal, &right, [3]float64{1, 0, -p.rateAz}, p.dAz, w/(f.noiseAz*f.noiseAz))
		if p.ranged {
			f.ranged++
			gather(&normal, &right, [3]float64{0, 1, -p.rateR}, p.dR, w/(f.noiseR*f.noiseR))
		}
	}
	f.cov = inverse(normal)
	for i := range 3 {
		f.x[i] = f.cov[i][0]*right[0] + f.cov[i][1]*right[1] + f.cov[i][2]*right[2]
	}
	f.scale(all)
}

// residuals are what is left of a pair; that of the range is 0 without one.
func (f *fit) residuals(p *pairing) (az, r float64) {
	az = p.dAz - f.x[0] + f.x[2]*p.rateAz
	if p.ranged {
		r = p.dR - f.x[1] + f.x[2]*p.rateR
	}
	return az, r
}

// scale finds the noise anew: by the median of the residuals of what is taken for the reference.
func (f *fit) scale(all []pairing) {
	const toSigma = 1.4826 // of a normal distribution, by the median of its absolute values
	var az, r []float64
	for i := range all {
		if a, b := f.residuals(&all[i]); f.weight(&all[i]) > 0 {
			az = append(az, math.Abs(a))
			if all[i].ranged {
				r = append(r, math.Abs(b))
			}
		}
	}
	if len(az) > 0 {
		f.noiseAz = max(radians(.02), toSigma*median(az))
	}
	if len(r) > 0 {
		f.noiseR = max(.5, toSigma*median(r))
	}
}

// weight is how much a pair is taken for one of the reference: of another target, the azimuth or the range is wrong.
func (f *fit) weight(p *pairing) float64 {
	az, r := f.residuals(p)
	return biweight(az/f.noiseAz) * biweight(r/f.noiseR)
}

// biweight is Tukey's: 0 beyond 4.685 σ, which costs 5 % of the efficiency if all is normal.
func biweight(z float64) float64 {
	if z /= 4.685; math.Abs(z) >= 1 {
		return 0
	}
	return (1 - z*z) * (1 - z*z)
}

func gather(normal *[3][3]float64, right *[3]float64, row [3]float64, y, w float64) {
	for i := range 3 {
		for j := range 3 {
			normal[i][j] += w * row[i] * row[j]
		}
		right[i] += w * row[i] * y
	}
}

// inverse of a symmetric positive definite matrix.
func inverse(m [3][3]float64) (inv [3][3]float64) {
	det := m[0][0]*(m[1][1]*m[2][2]-m[1][2]*m[2][1]) - m[0][1]*(m[1][0]*m[2][2]-m[1][2]*m[2][0]) + m[0][2]*(m[1][0]*m[2][1]-m[1][1]*m[2][0])
	for i := range 3 {
		for j := range 3 {
			a, b, c, d := (i+1)%3, (i+2)%3, (j+1)%3, (j+2)%3
			inv[j][i] = (m[a][c]*m[b][d] - m[a][d]*m[b][c]) / det
		}
	}
	return inv
}

// middle is the median of what of tells.
func middle(all []pairing, of func(*pairing) (float64, bool)) float64 {
	var some []float64
	for i := range all {
		if x, ok := of(&all[i]); ok {
			some = append(some, x)
		}
	}
	return median(some)
}

// describe says what was walked.
func (c *Calibration) describe(all []pairing, f *fit) {
	var last time.Time
	var azimuths []float64
	c.Nearest = math.Inf(1)
	for i := range all {
		p := &all[i]
		if f.weight(p) == 0 {
			continue
		}
		if c.Passes == 0 || p.t.Sub(last) > time.Minute {
			c.Passes++
		}
		last = p.t
		azimuths = append(azimuths, p.trueAz)
		c.Nearest, c.Far = min(c.Nearest, p.trueR), max(c.Far, p.trueR)
	}
	mid := azimuths[len(azimuths)/2]
	for i, a := range azimuths {
		azimuths[i] = turn(a - mid)
	}
	clockwise := func(a float64) float64 { return math.Mod(degrees(a+mid)+720, 360) }
	c.From, c.To = clockwise(slices.Min(azimuths)), clockwise(slices.Max(azimuths))
}
