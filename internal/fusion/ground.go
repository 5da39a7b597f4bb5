package fusion

import (
	"math"

	"cutline/internal/detection"
)

const (
	vaguestLaid = .3 // of its range, 1 σ: a place that is less sure than that is no Gaussian, and begins nothing
	farthestDip = .8 // of the way to the horizon
	fliesFrom   = .5 // probability of what flies
)

// A camera that tells how far below the horizontal something is tells where it stands, if the ground there is known: as high as the
// sensor's definition says, give or take how uneven that says it to be. Such a bearing has two values, azimuth and elevation, since there
// the noise is Gaussian. One whose place is sure enough is laid on the ground: it may begin a track, as a radar's plot does.
//
// Which looks hold a track is decided by where the track is, never by what was measured: of one who stands just too far off, the looks that
// say so would be left out, and he would be too near.
//
// What the ground is off by, and what the sensor's head is tilted by, is the same in each frame, and no number of looks takes it away. So
// it is no noise but a bias of this sensor on this target, that nobody learns (bias.go).

// dip is the elevation of what stands r away on ground that lies height below the sensor, and its derivative by r, rad/m. The earth falls
// away from the horizontal by r²/2R: 2 m at 5 km.
func dip(height, r float64) (elevation, steep float64) {
	t := height/r + r/earthDiameter
	return -math.Atan(t), (height/(r*r) - 1/earthDiameter) / (1 + t*t)
}

// foot is where a ray of that elevation meets the ground: dip's inverse, but not beyond most.
func foot(height, elevation, most float64) (r float64) {
	most = min(most, farthestDip*math.Sqrt(height*earthDiameter))
	t := -math.Tan(elevation)
	if root := t*t - 4*height/earthDiameter; t > 0 && root > 0 {
		most = min(most, 2*height/(t+math.Sqrt(root)))
	}
	return max(most, 1)
}

// overGround is how high the sensor is over the ground that it looks at; 0 if its elevations are of no use.
func (s *site) overGround(l *look) float64 {
	if s.uneven == 0 {
		return 0
	}
	return max(0, l.height()-s.ground)
}

// repeats is the variance, m² along the ray, of what all looks at one r away have in common: ∂r = (∂el − ∂h·∂el/∂h)/steep, with
// ∂el/∂h = −1/(r·(1 + t²)).
func (s *site) repeats(height, r float64) float64 {
	_, steep := dip(height, r)
	return s.repeatedDip(height, r) / square(steep)
}

// repeatedDip is the same of the elevations, rad².
func (s *site) repeatedDip(height, r float64) float64 {
	t := height/r + r/earthDiameter
	return s.tilt + s.uneven/square(r*(1+t*t))
}

// lays says that from that height, with elevations of that variance, a place r away is sure enough to be one.
func (s *site) lays(height, r, variance float64) bool {
	if height == 0 || r > farthestDip*math.Sqrt(height*earthDiameter) {
		return false
	}
	r = max(r, 1)
	_, steep := dip(height, r)
	return s.repeats(height, r)+variance/square(steep) <= square(min(vaguestLaid*r, s.vaguest))
}

// laysAt says that the sensor tells a place from the elevation of one who stands there.
func (s *site) laysAt(l *look, e, n float64) bool {
	return s.lays(s.overGround(l), math.Hypot(e-l.E, n-l.N), s.dips)
}

// repeated is the covariance of what the sensor's elevations of one there have in common.
func (s *site) repeated(l *look, e, n float64) detection.Covariance {
	height := s.overGround(l)
	if height == 0 {
		return detection.Covariance{}
	}
	de, dn := e-l.E, n-l.N
	r := min(max(math.Hypot(de, dn), 1), farthestDip*math.Sqrt(height*earthDiameter))
	v := s.repeats(height, r) / max(de*de+dn*dn, 1)
	return detection.Covariance{EE: v * de * de, EN: v * de * dn, NN: v * dn * dn}
}

// offBy is by what one σ of that moves a track there that has such a share of the sensor, m.
func (s *site) offBy(l *look, w *shareBrief, e, n float64) (east, north float64) {
	c := s.repeated(l, e, n)
	de, dn := math.Copysign(math.Sqrt(c.EE), e-l.E), math.Copysign(math.Sqrt(c.NN), n-l.N)
	return float64(w[0])*de + float64(w[1])*dn, float64(w[2])*de + float64(w[3])*dn
}

// dipped takes the elevation into a bearing, and lays it on the ground if that tells a place. What flies is not there.
func (p *plot) dipped(s *site, l *look, d *detection.Detection) {
	p.Mast = s.overGround(l)
	if !d.Polar.HasElevation || p.Mast == 0 || d.HasClass && d.Class[detection.Aircraft]+d.Class[detection.Drone] >= fliesFrom {
		return
	}
	variance := max(square(float64(d.PolarError.Elevation)), leastVarianceRad)
	r := foot(p.Mast, float64(d.Polar.Elevation), l.length())
	_, steep := dip(p.Mast, r)
	p.Dim, p.Z[1], p.R[1][1], p.Area = 2, float64(d.Polar.Elevation), variance, r/steep
	p.False = s.density(l) * p.Area // even in m², as of a radar
	if p.Laid = s.lays(p.Mast, r, variance); p.Laid {
		p.spread(l, r, p.Z[0], variance/square(steep), p.R[0][0])
	}
}

// level leaves of p the bearing alone, of a target whose elevation tells nothing: it flies, or is too far off.
func (p *plot) level(s *site, l *look) {
	p.Dim, p.Laid = 1, false
	p.False *= s.bearingDensity(l) / (s.density(l) * p.Area)
}

// about is where p is to one who thinks that it is there: its elevation is laid on the ground with the slope of that place, since its own
// makes too near looks too sure.
func (p *plot) about(l *look, e, n float64) plot {
	q := *p
	r := min(max(math.Hypot(e-l.E, n-l.N), 1), farthestDip*math.Sqrt(p.Mast*earthDiameter))
	elevation, steep := dip(p.Mast, r)
	q.Area = r / steep
	q.spread(l, max(r+(p.Z[1]-elevation)/steep, 1), p.Z[0], p.R[1][1]/square(steep), p.R[0][0])
	return q
}
