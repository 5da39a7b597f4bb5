package normalize

import (
	"math"
	"time"

	"cutline/internal/geo"
)

// wmmTerm is a pair of Gauss coefficients, and how they change.
type wmmTerm struct {
	g, h, gRate, hRate float64
}

// wmmDegree is the highest of the model.
const wmmDegree = 12

// The model is made for 2025 to 2029. Outside of that it is carried on as it changes then, which costs some tenths of a degree in five
// years; further it is held.
const (
	wmmEpoch  = 2025
	wmmBefore = 5  // years
	wmmAfter  = 10 // years
)

// declination is the angle from true to magnetic north, clockwise, at a place and time, by the World Magnetic Model 2025: a magnetic
// bearing plus it counts from true north. The model itself is within about 0.4° in the latitudes of Canada (WMM2025 report, error model),
// and near the poles of the field no compass is of use.
//
// The field is the gradient of a sum of spherical harmonics (report, equations 4 and 10 to 12); X to the north, Y to the east.
func declination(p geo.LLA, t time.Time) geo.Radians {
	years := yearsSince2025(t)
	lat, lon := float64(p.Lat.Radians()), float64(p.Lon.Radians())
	r, theta := geocentric(lat, float64(p.Alt))
	var x, y, z float64
	legendre := schmidt(theta)
	sinTheta := math.Max(math.Sin(theta), 1e-9) // at the pole itself every direction is south
	for n := 1; n <= wmmDegree; n++ {
		scale := math.Pow(wmmRadius/r, float64(n+2))
		for m := range n + 1 {
			c, f := &wmm2025[term(n, m)-1], &legendre[term(n, m)]
			g, h := c.g+years*c.gRate, c.h+years*c.hRate
			sin, cos := math.Sincos(float64(m) * lon)
			x += scale * (g*cos + h*sin) * f.slope
			y += scale * float64(m) * (g*sin - h*cos) * f.value / sinTheta
			z -= scale * float64(n+1) * (g*cos + h*sin) * f.value
		}
	}
	tilt := math.Pi/2 - theta - lat // the geocentric horizon is not that of the ellipsoid
	return geo.Radians(math.Atan2(y, x*math.Cos(tilt)-z*math.Sin(tilt)))
}

// wmmRadius is the reference radius of the model, in metres.
const wmmRadius = 6371200.0

// yearsSince2025 counts calendar years, as the model does.
func yearsSince2025(t time.Time) float64 {
	year := t.UTC().Year()
	begin, end := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	years := float64(year-wmmEpoch) + float64(t.Unix()-begin)/float64(end-begin)
	return min(max(years, -wmmBefore), wmmAfter)
}

// geocentric is the distance from the earth's centre, in metres, and the angle there from the north pole.
func geocentric(lat, height float64) (r, theta float64) {
	const flattening = 1 / 298.257223563
	const e2 = flattening * (2 - flattening)
	sin, cos := math.Sincos(lat)
	across := utmAxis / math.Sqrt(1-e2*sin*sin)
	out, up := (across+height)*cos, (across*(1-e2)+height)*sin
	return math.Hypot(out, up), math.Atan2(out, up)
}

// harmonic is an associated Legendre function of cos θ, with Schmidt's factor, and its slope in θ.
type harmonic struct {
	value, slope float64
}

// term numbers the degrees and orders: (0,0), (1,0), (1,1), (2,0) and so on.
func term(n, m int) int { return n*(n+1)/2 + m }

// schmidt are all of them, by the recursion on the degree (report, equations 6 to 8).
func schmidt(theta float64) (all [len(wmm2025) + 1]harmonic) {
	sin, cos := math.Sincos(theta)
	all[0].value = 1
	for n := 1; n <= wmmDegree; n++ {
		diagonal := math.Sqrt(1 - 1/float64(2*n))
		if n == 1 {
			diagonal = 1 // Schmidt's factor has a 2 where m is not 0
		}
		before := all[term(n-1, n-1)]
		all[term(n, n)] = harmonic{diagonal * sin * before.value, diagonal * (cos*before.value + sin*before.slope)}
		for m := range n {
			one := all[term(n-1, m)]
			var two harmonic
			if m < n-1 {
				two = all[term(n-2, m)]
			}
			a, b := float64(2*n-1), math.Sqrt(float64((n-1)*(n-1)-m*m))
			c := math.Sqrt(float64(n*n - m*m))
			all[term(n, m)] = harmonic{(a*cos*one.value - b*two.value) / c, (a*(cos*one.slope-sin*one.value) - b*two.slope) / c}
		}
	}
	return all
}
