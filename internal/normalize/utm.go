package normalize

import (
	"math"

	"cutline/internal/geo"
)

// Of WGS 84 and of UTM: the ellipsoid's axis and third flattening, the scale on the central meridian, the false easting, and the false
// northing of the southern hemisphere.
const (
	utmAxis     = 6378137.0
	utmN        = 1 / (2*298.257223563 - 1)
	utmScale    = 0.9996
	utmEasting  = 500_000.0
	utmNorthing = 10_000_000.0
)

// meridian is the central one of a zone, in degrees.
func meridian(zone int) float64 { return float64(zone)*6 - 183 }

// fromUTM is the place of a position in UTM, by the series of Krüger (1912) in n to the third order: within a millimetre inside the zone
// (Karney 2011, "Transverse Mercator with an accuracy of a few nanometers", equations 11, 15 and 36).
func fromUTM(zone int, south bool, easting, northing float64) geo.LLA {
	const n, n2, n3 = utmN, utmN * utmN, utmN * utmN * utmN
	const radius = utmAxis / (1 + n) * (1 + n2/4 + n2*n2/64) * utmScale
	beta := [...]float64{n/2 - 2*n2/3 + 37*n3/96, n2/48 + n3/15, 17 * n3 / 480}
	delta := [...]float64{2*n - 2*n2/3 - 2*n3, 7*n2/3 - 8*n3/5, 56 * n3 / 15}
	if south {
		northing -= utmNorthing
	}
	xi, eta := northing/radius, (easting-utmEasting)/radius
	x, e := xi, eta
	for j := range beta {
		k := 2 * float64(j+1)
		x -= beta[j] * math.Sin(k*xi) * math.Cosh(k*eta)
		e -= beta[j] * math.Cos(k*xi) * math.Sinh(k*eta)
	}
	chi := math.Asin(math.Sin(x) / math.Cosh(e))
	lat := chi
	for j := range delta {
		lat += delta[j] * math.Sin(2*float64(j+1)*chi)
	}
	lon := meridian(zone) + float64(geo.Radians(math.Atan2(math.Sinh(e), math.Cos(x))).Degrees())
	return geo.LLA{Lat: geo.Radians(lat).Degrees(), Lon: geo.Degrees(math.Remainder(lon, 360))}
}

// gridNorth is the angle from true north to the grid north of the place's own UTM zone, clockwise: a bearing from the grid plus it counts
// from true north. On the sphere, which is within 0.01° of the ellipsoid.
func gridNorth(p geo.LLA) geo.Radians {
	zone := int(math.Floor((float64(p.Lon)+180)/6)) + 1
	off := (p.Lon - geo.Degrees(meridian(zone))).Radians()
	return geo.Radians(math.Atan(math.Tan(float64(off)) * math.Sin(float64(p.Lat.Radians()))))
}
