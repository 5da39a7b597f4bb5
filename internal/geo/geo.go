// Package geo is the ground everything stands on: positions on the WGS 84 ellipsoid, angles with their units, and the local
// frame in which a sector does its arithmetic.
//
//	LLA (degrees, metres above the ellipsoid) ─ Frame.ENU ─► ENU (metres east, north, up of the frame's origin)
//	                                          ◄─ Frame.LLA ─
//
// One Frame serves one sector of at most about 60 km. It is the tangent plane at its origin, so "north" in the frame is true
// north at the origin only: an azimuth measured elsewhere is turned by Frame.Convergence first. At 30 km east of the origin on
// the 49th parallel that is 0.31°, or 54 m at 10 km of range.
//
// Everything here is pure, exact to rounding, and allocates nothing. Start with frame.go.
package geo

import "math"

// Degrees is an angle as people write it. It lives at the edges; inside, angles are Radians.
type Degrees float64

// Radians is an angle as the arithmetic takes it.
type Radians float64

// Metres is a length.
type Metres float64

// Radians converts.
func (d Degrees) Radians() Radians { return Radians(d * math.Pi / 180) }

// Degrees converts.
func (r Radians) Degrees() Degrees { return Degrees(r * 180 / math.Pi) }

// LLA is a position on WGS 84. Alt is the height above the ellipsoid (HAE), not above the sea.
type LLA struct {
	Lat, Lon Degrees
	Alt      Metres
}

// ENU is a position or a displacement in a Frame, in metres east, north and up.
type ENU struct {
	E, N, U float64
}

// Sub returns p − q.
func (p ENU) Sub(q ENU) ENU { return ENU{p.E - q.E, p.N - q.N, p.U - q.U} }

// Range is the horizontal length of p, in metres.
func (p ENU) Range() float64 { return math.Hypot(p.E, p.N) }

// Bearing is the horizontal direction of p, clockwise from the frame's north, in [0, 2π).
func (p ENU) Bearing() Radians { return Wrap2Pi(Radians(math.Atan2(p.E, p.N))) }

// WrapPi brings an angle into [−π, π): the form of an angular innovation, where 359° and 1° are 2° apart.
func WrapPi(a Radians) Radians {
	if a >= -math.Pi && a < math.Pi {
		return a
	}
	w := math.Mod(float64(a)+math.Pi, 2*math.Pi)
	if w < 0 {
		w += 2 * math.Pi
	}
	return Radians(w - math.Pi)
}

// Wrap2Pi brings an angle into [0, 2π): the form of a bearing or a course.
func Wrap2Pi(a Radians) Radians {
	w := math.Mod(float64(a), 2*math.Pi)
	if w < 0 {
		w += 2 * math.Pi
	}
	if w >= 2*math.Pi { // a tiny negative angle rounds up to the full turn
		w = 0
	}
	return Radians(w)
}
