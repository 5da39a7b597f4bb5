package normalize

import (
	"math"
	"testing"

	"cutline/internal/geo"
)

// toUTM is the other way, by the first three terms of the forward series (Karney 2011, equations 7 to 9 and 35): what fromUTM must undo.
func toUTM(zone int, p geo.LLA) (easting, northing float64) {
	const n = utmN
	const radius = utmAxis / (1 + n) * (1 + n*n/4 + n*n*n*n/64) * utmScale
	alpha := [...]float64{n/2 - 2*n*n/3 + 5*n*n*n/16, 13*n*n/48 - 3*n*n*n/5, 61 * n * n * n / 240}
	lat, off := float64(p.Lat.Radians()), float64((p.Lon - geo.Degrees(meridian(zone))).Radians())
	e := 2 * math.Sqrt(n) / (1 + n)
	t := math.Sinh(math.Atanh(math.Sin(lat)) - e*math.Atanh(e*math.Sin(lat)))
	x0, y0 := math.Atan2(t, math.Cos(off)), math.Atanh(math.Sin(off)/math.Hypot(1, t))
	x, y := x0, y0
	for j, a := range alpha {
		k := 2 * float64(j+1)
		x += a * math.Sin(k*x0) * math.Cosh(k*y0)
		y += a * math.Cos(k*x0) * math.Sinh(k*y0)
	}
	return utmEasting + radius*y, radius * x
}

func TestFromUTM_undoesTheForwardSeries(t *testing.T) {
	for lat := -79.5; lat < 84; lat += 7.3 {
		for off := -3.4; off <= 3.4; off += .85 {
			p := geo.LLA{Lat: geo.Degrees(lat), Lon: geo.Degrees(meridian(14) + off)}
			e, n := toUTM(14, p)
			if lat < 0 {
				n += utmNorthing
			}
			if got := fromUTM(14, lat < 0, e, n); distanceOf(got, p) > .005 {
				t.Errorf("%v comes back as %v, %.4f m off", p, got, distanceOf(got, p))
			}
		}
	}
}

func TestFromUTM_findsAPlaceThatIsKnown(t *testing.T) {
	tower := geo.LLA{Lat: 43.642567, Lon: -79.387139} // in Toronto: 17 N 630084 4833438
	if got := fromUTM(17, false, 630084, 4833438); distanceOf(got, tower) > 1 {
		t.Errorf("%v, want %v", got, tower)
	}
}

func TestGridNorth_isTheDirectionOfConstantEasting(t *testing.T) {
	for _, p := range []geo.LLA{{Lat: 49, Lon: -97.24}, {Lat: 49, Lon: -101.9}, {Lat: -33.9, Lon: 18.4}, {Lat: 60, Lon: 5.9}} {
		zone := int(math.Floor((float64(p.Lon)+180)/6)) + 1
		e, n := toUTM(zone, p)
		q := fromUTM(zone, false, e, n+1000)
		want := math.Atan2(float64(q.Lon-p.Lon)*math.Cos(float64(p.Lat.Radians())), float64(q.Lat-p.Lat))
		if got := float64(gridNorth(p)); math.Abs(got-want) > radians(.01) {
			t.Errorf("%v: grid north at %.5f rad, want %.5f", p, got, want)
		}
	}
}

func radians(degrees float64) float64 { return float64(geo.Degrees(degrees).Radians()) }
