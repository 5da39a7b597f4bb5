package fusion

import (
	"cmp"
	"math"
	"math/bits"
	"strings"

	"cutline/internal/detection"
	"cutline/internal/geo"
)

const (
	falseRateScale = 2.0 // m/s: half of the false returns are slower
	earthDiameter  = 2 * 6371e3
	heightSigma    = 15.0 // m, of what a transponder says

	// Below these a stated error is not believed: it would make the filter's arithmetic singular.
	leastVariance    = .01 // m²
	leastVarianceRad = 1e-8

	// Beyond these a detection is nonsense that passed every check before: it must not send a track, or a search, to infinity.
	farthest  = 1e6     // m, from the frame's origin
	swiftest  = 1e3     // m/s
	vaguest   = 1e5     // m, 1 σ
	mostTilts = math.Pi // rad, 1 σ of an azimuth
)

// A plot is a detection in the frame, ready for the filter. Z is what was measured, in the sensor's own coordinates: e and n of
// a position, ground range, azimuth and perhaps range rate of a polar, azimuth and perhaps elevation of a bearing.
type plot struct {
	Time   int64 // event time, ns
	Kind   detection.Geometry
	Dim    int // of Z
	Z      [3]float64
	Lag    float64       // s, by which the sensor saw it later than Time
	Said   [3]float64    // Z as it came, whatever is known of the sensor's bias
	R      [3][3]float64 // its noise
	False  float64       // density of false returns in the units of Z
	Others float64       // the same but for one of them: that of a track which began with it
	Crowd  float64       // how many times as dense as stated they are

	Slant bool    // Z[0] is a slant range, brought to the ground as of one who stands on it
	Mast  float64 // m, of the sensor above the ground, if Slant or a bearing with an elevation
	Lift  float64 // m², by which the square of Z[0] is larger of the target that it is compared with
	Laid  bool    // a bearing that is laid on the ground (ground.go)
	Area  float64 // m²/rad², that azimuth and elevation sweep there

	E, N float64              // the place, but of a bearing that is not laid
	C    detection.Covariance // its noise

	VE, VN      float64
	HasVelocity bool
	Alt         geo.Metres
	HasAlt      bool
	Class       detection.Classes
	HasClass    bool
	Confidence  float64
	Count       int // returns that it was made of
	Simulated   bool
	ID          string
	Own         uint32 // which of the sensor's own tracks it is of, 0: none
}

// newPlot converts a detection; false if it means nothing here (a polar one of a sensor that is nowhere).
func (s *site) newPlot(l *look, d *detection.Detection, frame *geo.Frame) (plot, bool) {
	p := plot{
		Time: d.EventTime.UnixNano(), Kind: d.Geometry, Dim: 2, Count: 1,
		VE: d.Velocity.East, VN: d.Velocity.North, HasVelocity: d.HasVelocity,
		Class: d.Class, HasClass: d.HasClass, Confidence: d.Confidence, Simulated: d.Simulated,
		ID:  strings.Clone(d.ID), // a copy: the caller reuses the payload that it is a part of
		Own: ownTrack(d.Track),
	}
	if !l.Placed && p.Kind != detection.Position {
		return p, false
	}
	p.False = s.density(l)
	switch p.Kind {
	case detection.Position:
		p.fromPosition(d, frame)
	case detection.Polar:
		p.fromPolar(l, d)
	case detection.Bearing:
		p.Dim = 1
		p.Z[0] = float64(d.Polar.Azimuth) + l.Turn
		p.R[0][0] = max(square(float64(d.PolarError.Azimuth)), leastVarianceRad)
		p.False = s.bearingDensity(l)
		p.dipped(s, l, d)
	case detection.Trip:
		if s.reach <= 0 {
			return p, false
		}
		p.E, p.N, p.C = l.E, l.N, detection.Covariance{EE: square(s.reach / 2), NN: square(s.reach / 2)}
		p.setPosition()
		p.False = s.clutter / (math.Pi * s.reach * s.reach)
	default:
		return p, false
	}
	p.Said = p.Z
	return p, p.sane()
}

func square(v float64) float64 { return v * v }

// falseRate is the density of a false return's range rate, per m/s: leaves, waves and rain are slow, and what is as fast as a car is rare
// (Cauchy's distribution).
func falseRate(v float64) float64 {
	return falseRateScale / (math.Pi * (falseRateScale*falseRateScale + v*v))
}

// sane says that every number of p is one, and of this world. A comparison with NaN is false.
func (p *plot) sane() bool {
	if !(math.Abs(p.E) <= farthest && math.Abs(p.N) <= farthest && p.C.EE+p.C.NN <= vaguest*vaguest && math.Abs(p.C.EN) <= vaguest*vaguest) {
		return false
	}
	if p.HasVelocity && !(math.Hypot(p.VE, p.VN) <= swiftest) {
		return false
	}
	switch p.Kind {
	case detection.Polar:
		if p.Dim == 3 && !(math.Abs(p.Z[2]) <= swiftest && p.R[2][2] <= swiftest*swiftest) {
			return false
		}
		return math.Abs(p.Z[1]) <= 1e3 && p.R[1][1] <= mostTilts*mostTilts
	case detection.Bearing:
		return math.Abs(p.Z[0])+math.Abs(p.Z[1]) <= 1e3 && p.R[0][0]+p.R[1][1] <= mostTilts*mostTilts
	default:
		return true
	}
}

func (p *plot) fromPosition(d *detection.Detection, frame *geo.Frame) {
	at := d.Position
	p.Alt, p.HasAlt = at.Alt, d.HasAlt
	if !d.HasAlt {
		at.Alt = frame.Origin().Alt // the sector's ground
	}
	enu := frame.ENU(at)
	p.E, p.N, p.C = enu.E, enu.N, d.PositionError
	p.setPosition()
}

func (p *plot) setPosition() {
	p.C.EE, p.C.NN = max(p.C.EE, leastVariance), max(p.C.NN, leastVariance)
	if limit := .99 * math.Sqrt(p.C.EE*p.C.NN); math.Abs(p.C.EN) > limit {
		p.C.EN = math.Copysign(limit, p.C.EN)
	}
	p.Z = [3]float64{p.E, p.N}
	p.R[0][0], p.R[0][1], p.R[1][0], p.R[1][1] = p.C.EE, p.C.EN, p.C.EN, p.C.NN
}

// fromPolar takes range and azimuth as they are.
func (p *plot) fromPolar(l *look, d *detection.Detection) {
	p.Slant, p.Mast = !d.Polar.HasElevation, l.height()
	r := groundRange(l, &d.Polar)
	az := float64(d.Polar.Azimuth) + l.Turn
	vr := max(square(float64(d.PolarError.Range)), leastVariance)
	va := max(square(float64(d.PolarError.Azimuth)), leastVarianceRad)
	p.Z, p.R[0][0], p.R[1][1] = [3]float64{r, az}, vr, va
	p.False *= max(r, 1) // even in m² means r times as dense in m·rad
	// The rate of a moving sensor holds its own motion, which nobody told us: left out.
	if d.Polar.HasRangeRate && d.PolarError.RangeRate > 0 {
		p.Dim, p.Z[2], p.R[2][2] = 3, d.Polar.RangeRate, square(d.PolarError.RangeRate)
		p.False *= falseRate(p.Z[2])
	}
	p.spread(l, r, az, vr, va)
}

// spread makes the place of a range and an azimuth with the variances vr and va, by the unbiased conversion: the mean of r·cos(az + noise)
// is e^(−σ²/2)·r·cos(az), so that factor is undone (Mo, Song, Zhou, Sun, Bar-Shalom 1998, "Unbiased converted measurements for tracking",
// IEEE T-AES 34(3)).
func (p *plot) spread(l *look, r, az, vr, va float64) {
	sin, cos := math.Sincos(az)
	longer := math.Exp(va / 2)
	p.E, p.N = l.E+longer*r*sin, l.N+longer*r*cos
	along, across := vr+r*r*va*va/2, (r*r+vr)*va
	p.C.EE = along*sin*sin + across*cos*cos
	p.C.EN = (along - across) * sin * cos
	p.C.NN = along*cos*cos + across*sin*sin
}

// groundRange takes the slant out of a range: by the elevation if it was measured, else by the sensor's height over the sector's
// ground, which falls away from the plane with the ellipsoid.
func groundRange(l *look, c *detection.Coordinates) float64 {
	if c.HasElevation {
		return c.Range * math.Cos(float64(c.Elevation))
	}
	height := l.height()
	if math.Abs(height) >= c.Range {
		return 0
	}
	return math.Sqrt(c.Range*c.Range - height*height)
}

// height of the sensor over the sector's ground.
func (l *look) height() float64 { return l.U + (l.E*l.E+l.N*l.N)/earthDiameter }

// rise makes p a look at one who is known to be so high above the ground. With the slant range s, the sensor's height h and the target's a,
// the ground range is r² = s² − (a−h)², and Z[0]² = s² − h²: Z[0]² = r² + a·(a−2h).
func (p *plot) rise(above float64) {
	if p.Slant && above > 0 {
		p.Lift = above * (above - 2*p.Mast)
		p.R[0][0] += square(heightSigma * (above - p.Mast) / max(p.Z[0], 1))
	}
}

func (p *plot) polar() bool { return p.Kind == detection.Polar }

// bare says that p is a bearing and nothing more.
func (p *plot) bare() bool { return p.Kind == detection.Bearing && p.Dim == 1 }

// dips says that p is a bearing with an elevation.
func (p *plot) dips() bool { return p.Kind == detection.Bearing && p.Dim == 2 }

// placed says that p tells a place, and not a direction alone.
func (p *plot) placed() bool { return p.Kind != detection.Bearing || p.Laid }

// alike says that p and q are places of one kind, which may be compared. A trip tells of an area.
func (p *plot) alike(q *plot) bool {
	return p.Kind == q.Kind && p.Kind != detection.Trip && p.placed() && q.placed()
}

// before orders the plots of one scan by what they say, so that the order of arrival means nothing.
func (p *plot) before(q *plot) int {
	return cmp.Or(
		cmp.Compare(p.ID, q.ID), cmp.Compare(p.Kind, q.Kind),
		cmp.Compare(p.Z[0], q.Z[0]), cmp.Compare(p.Z[1], q.Z[1]), cmp.Compare(p.Z[2], q.Z[2]),
		cmp.Compare(p.Confidence, q.Confidence),
	)
}

// mark tells p from the other plots of its time.
func (p *plot) mark() uint32 {
	return math.Float32bits(float32(p.Said[0])) ^ bits.RotateLeft32(math.Float32bits(float32(p.Said[1])), 16)
}

// again says whether q is p delivered twice. Two trips at once say what one does, whatever they are called.
func (p *plot) again(q *plot) bool {
	if p.ID != "" && p.ID == q.ID {
		return true
	}
	return (p.ID == q.ID || p.Kind == detection.Trip) && p.Kind == q.Kind && p.Z == q.Z
}

// dull makes p worth less to a filter than a look of its own: likelihood^weight of a Gaussian is one with its noise divided by weight.
func (p *plot) dull(weight float64) {
	for i := range p.Dim {
		for j := range p.Dim {
			p.R[i][j] /= weight
		}
	}
}
