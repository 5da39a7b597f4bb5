package normalize

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// What a lens draws where is told by the camera's three axes in space; the formula of rayIn has none.
func TestRayIn_isWhereTheLensDrawsIt(t *testing.T) {
	type vector [3]float64 // east, north, up; the picture's middle looks north
	dot := func(a, b vector) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }
	rapid.Check(t, func(t *rapid.T) {
		tilt := rapid.Float64Range(-80, 30).Draw(t, "tilt") * math.Pi / 180
		high := rapid.Float64Range(5, 60).Draw(t, "height") * math.Pi / 180
		span := rapid.Float64Range(5, 100).Draw(t, "span") * math.Pi / 180
		x, y := rapid.Float64Range(0, 1).Draw(t, "x"), rapid.Float64Range(0, 1).Draw(t, "y")
		az, el := rayIn(x, y, span*180/math.Pi, (tilt-high/2)*180/math.Pi, (tilt+high/2)*180/math.Pi)
		az, el = (az-span*90/math.Pi)*math.Pi/180, el*math.Pi/180
		seen := vector{math.Cos(el) * math.Sin(az), math.Cos(el) * math.Cos(az), math.Sin(el)}
		ahead, up := vector{0, math.Cos(tilt), math.Sin(tilt)}, vector{0, -math.Sin(tilt), math.Cos(tilt)}
		edge := math.Tan(span/2) * math.Cos(tilt) // where the middle row ends
		gotX := (dot(seen, vector{1, 0, 0})/dot(seen, ahead)/edge + 1) / 2
		gotY := (1 - dot(seen, up)/dot(seen, ahead)/math.Tan(high/2)) / 2
		if math.Abs(gotX-x) > 1e-9 || math.Abs(gotY-y) > 1e-9 {
			t.Errorf("drawn at %v, %v for %v, %v", gotX, gotY, x, y)
		}
	})
}

func TestRayIn_beginsAndEndsAtTheEdges(t *testing.T) {
	for _, tc := range []struct{ x, y, span, lower, upper, azimuth, elevation float64 }{
		{.5, 1, 60, -20, 10, 30, -20},
		{.5, 0, 60, -20, 10, 30, 10},
		{0, .5, 60, -15, 15, 0, 0},
		{1, .5, 60, -15, 15, 60, 0},
		{.25, 1, 180, -40, 10, 45, -40}, // evenly, as panoramic cameras do
	} {
		az, el := rayIn(tc.x, tc.y, tc.span, tc.lower, tc.upper)
		if math.Abs(az-tc.azimuth) > 1e-9 || math.Abs(el-tc.elevation) > 1e-9 {
			t.Errorf("%+v: at %v, %v", tc, az, el)
		}
	}
}
