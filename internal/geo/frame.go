package geo

import "math"

// WGS 84 (NGA.STND.0036, table 3.1): semi-major axis in metres, flattening, first eccentricity squared.
const (
	semiMajor  = 6378137.0
	flattening = 1 / 298.257223563
	ecc2       = flattening * (2 - flattening)
	semiMinor  = semiMajor * (1 - flattening)
)

// Frame is the local tangent plane (east, north, up) at an origin. The zero Frame is not usable: make one with NewFrame.
type Frame struct {
	origin           LLA
	x, y, z          float64 // the origin in ECEF, metres
	sinLat, cosLat   float64
	sinLon, cosLon   float64
	originLonRadians float64
}

// NewFrame makes the tangent plane at origin.
func NewFrame(origin LLA) Frame {
	f := Frame{origin: origin, originLonRadians: float64(origin.Lon.Radians())}
	f.sinLat, f.cosLat = math.Sincos(float64(origin.Lat.Radians()))
	f.sinLon, f.cosLon = math.Sincos(f.originLonRadians)
	f.x, f.y, f.z = ecef(origin)
	return f
}

// Origin is where the frame touches the ellipsoid (or floats above it, at the origin's height).
func (f *Frame) Origin() LLA { return f.origin }

// ENU gives p in the frame. Horizontal lengths differ from the geodesic's by 0.1 m at 30 km.
func (f *Frame) ENU(p LLA) ENU {
	x, y, z := ecef(p)
	dx, dy, dz := x-f.x, y-f.y, z-f.z
	t := f.cosLon*dx + f.sinLon*dy
	return ENU{
		E: -f.sinLon*dx + f.cosLon*dy,
		N: -f.sinLat*t + f.cosLat*dz,
		U: f.cosLat*t + f.sinLat*dz,
	}
}

// LLA gives the position of p on WGS 84; it undoes ENU to within a tenth of a millimetre.
func (f *Frame) LLA(p ENU) LLA {
	t := f.cosLat*p.U - f.sinLat*p.N
	return lla(
		f.x-f.sinLon*p.E+f.cosLon*t,
		f.y+f.cosLon*p.E+f.sinLon*t,
		f.z+f.cosLat*p.N+f.sinLat*p.U,
	)
}

// Surface gives the position on WGS 84 of a ground target known only in the plane: the point at the given height above the
// ellipsoid that projects to (e, n). A track has no height of its own, and the plane leaves the ellipsoid by 200 m at 50 km.
func (f *Frame) Surface(e, n float64, height Metres) LLA {
	// The drop of the ellipsoid below the plane is r²/2R to first order; one correction of the height leaves millimetres.
	u := float64(height-f.origin.Alt) - (e*e+n*n)/(2*semiMajor)
	p := f.LLA(ENU{e, n, u})
	p = f.LLA(ENU{e, n, u + float64(height-p.Alt)})
	return p
}

// Convergence is the angle by which true north at p is turned clockwise against the frame's north: a true bearing b measured
// at p points to b + Convergence(p) in the frame. For p at the frame's origin it is 0.
func (f *Frame) Convergence(p LLA) Radians {
	// The direction of the meridian at p, seen in the frame: the derivative of ECEF by latitude, turned into ENU.
	sinLat, cosLat := math.Sincos(float64(p.Lat.Radians()))
	sinD, cosD := math.Sincos(float64(p.Lon.Radians()) - f.originLonRadians)
	east := -sinLat * sinD
	north := f.sinLat*sinLat*cosD + f.cosLat*cosLat
	return Radians(math.Atan2(east, north))
}

func ecef(p LLA) (x, y, z float64) {
	sinLat, cosLat := math.Sincos(float64(p.Lat.Radians()))
	sinLon, cosLon := math.Sincos(float64(p.Lon.Radians()))
	n := semiMajor / math.Sqrt(1-ecc2*sinLat*sinLat)
	h := float64(p.Alt)
	return (n + h) * cosLat * cosLon, (n + h) * cosLat * sinLon, (n*(1-ecc2) + h) * sinLat
}

// lla solves for the geodetic latitude by Bowring (1976), "Transformation from spatial to geographical coordinates", Survey
// Review 23(181): one step from the parametric latitude, repeated once. Within 10 km of the surface the error is below 1e-11°.
func lla(x, y, z float64) LLA {
	const ep2 = ecc2 / (1 - ecc2)
	r := math.Hypot(x, y)
	sinB, cosB := math.Sincos(math.Atan2(z*semiMajor, r*semiMinor))
	var lat float64
	for range 2 {
		lat = math.Atan2(z+ep2*semiMinor*sinB*sinB*sinB, r-ecc2*semiMajor*cosB*cosB*cosB)
		sinB, cosB = math.Sincos(math.Atan((1 - flattening) * math.Tan(lat)))
	}
	sinLat, cosLat := math.Sincos(lat)
	return LLA{
		Lat: Radians(lat).Degrees(),
		Lon: Radians(math.Atan2(y, x)).Degrees(),
		Alt: Metres(r*cosLat + z*sinLat - semiMajor*math.Sqrt(1-ecc2*sinLat*sinLat)),
	}
}
