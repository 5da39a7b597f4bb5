package border_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cutline/internal/border"
	"cutline/internal/geo"
)

func TestParseZone_saysWhatIsWrongAndWhere(t *testing.T) {
	for data, want := range map[string]string{
		`{"type":"Polygon","coordinates":[[[0,0],[0.01,0],[0.01,0.01],[0,0]]]}`:                          "",
		`{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[0,0],[0,0.01],[0.01,0.01]]]}}`:  "",
		`{"type":"Polygon","coordinates":[[[0,0],[0.01,0],[0.02,0],[0,0]]]}`:                             "coordinates[0]: has no area",
		`{"type":"Polygon","coordinates":[[[0,0],[0.01,0.01],[0.01,0],[0,0.02],[0,0]]]}`:                 "coordinates[0]: crosses itself",
		`{"type":"Feature","geometry":{"type":"LineString","coordinates":[[0,0],[1,1]]}}`:                `geometry.type: "LineString": must be`,
		`{"type":"Polygon","coordinates":[[[0,0],[0.01,0],[0.01,0.01]],[[200,0],[0.01,0],[0.01,0.01]]]}`: "coordinates[1][0]",
		`{"type":"Polygon","coordinates":[]}`:                                                            "coordinates: must be lists",
		`{"type":`:                                                                                       "read zone",
	} {
		_, err := border.ParseZone([]byte(data))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", data, err, want)
		}
	}
}

// TestZone_inIsInsideHoweverTheRingRuns takes both directions of the outer ring and of a hole.
func TestZone_inIsInsideHoweverTheRingRuns(t *testing.T) {
	ways := [2]string{`[[0,0],[0.02,0],[0.02,0.02],[0,0.02],[0,0]]`, `[[0,0],[0,0.02],[0.02,0.02],[0.02,0],[0,0]]`}
	holes := [2]string{
		`[[0.005,0.005],[0.01,0.005],[0.01,0.01],[0.005,0.01],[0.005,0.005]]`,
		`[[0.005,0.005],[0.005,0.01],[0.01,0.01],[0.01,0.005]]`,
	}
	f := geo.NewFrame(geo.LLA{})
	for _, way := range ways {
		for _, hole := range holes {
			rings, err := border.ParseZone([]byte(`{"type":"Polygon","coordinates":[` + way + `,` + hole + `]}`))
			if err != nil {
				t.Fatal(err)
			}
			z := border.Zone{ID: "z", Rings: rings}
			l, err := z.Line(border.Defaults(), f)
			if err != nil {
				t.Fatal(err)
			}
			rapid.Check(t, func(t *rapid.T) {
				lon, lat := rapid.Float64Range(-.01, .03).Draw(t, "lon"), rapid.Float64Range(-.01, .03).Draw(t, "lat")
				within := func(a, b float64) bool { return lon > a && lon < b && lat > a && lat < b }
				if near := func(x float64) bool {
					for _, e := range []float64{0, .005, .01, .02} {
						if x > e-1e-5 && x < e+1e-5 {
							return true
						}
					}
					return false
				}; near(lon) || near(lat) {
					return
				}
				want := within(0, .02) && !within(.005, .01)
				if got := l.In(f.ENU(geo.LLA{Lat: geo.Degrees(lat), Lon: geo.Degrees(lon)})); got != want {
					t.Fatalf("%v, %v is inside: %v", lon, lat, got)
				}
			})
		}
	}
}

func TestHours_holdOverMidnightAndByTheLocalClock(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 11, 24, hour, 30, 0, 0, time.UTC) }
	day := border.Hours{From: 6 * time.Hour, To: 22 * time.Hour, Offset: -6 * time.Hour} // 12:00 to 04:00 UTC
	night := border.Hours{From: 22 * time.Hour, To: 6 * time.Hour, Offset: -6 * time.Hour}
	for hour := range 24 {
		want := hour >= 12 || hour < 4
		if day.Hold(at(hour)) != want || night.Hold(at(hour)) == want || !(border.Hours{}).Hold(at(hour)) {
			t.Errorf("at %d:30 UTC", hour)
		}
	}
}

func TestCrossed_findsWhereABorderMeetsItself(t *testing.T) {
	line := func(points ...border.Vertex) border.Geometry {
		return border.Geometry{Lines: []border.Polyline{{Points: points}}}
	}
	for name, g := range map[string]border.Geometry{
		"a loop":     line(border.Vertex{}, border.Vertex{Lon: 2}, border.Vertex{Lon: 2, Lat: 1}, border.Vertex{Lon: 1, Lat: -1}),
		"a way back": line(border.Vertex{}, border.Vertex{Lon: 2}, border.Vertex{Lon: 2, Lat: 1}, border.Vertex{Lon: 1}, border.Vertex{Lon: .5}),
	} {
		if err := g.Crossed(); err == nil || !strings.Contains(err.Error(), "line 0 crosses itself: its segments 0 and ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, g := range map[string]border.Geometry{
		"straight": line(border.Vertex{}, border.Vertex{Lon: 1}, border.Vertex{Lon: 2}, border.Vertex{Lon: 3}),
		"a ring":   line(border.Vertex{}, border.Vertex{Lon: 1}, border.Vertex{Lon: 1, Lat: 1}, border.Vertex{}),
		"a bend":   line(border.Vertex{}, border.Vertex{Lon: 1, Lat: 1}, border.Vertex{Lon: .5, Lat: 2}, border.Vertex{Lat: 1}),
	} {
		if err := g.Crossed(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestApproach_knowsTheTimeToTheLineFromEitherSide(t *testing.T) {
	l := straight(t)
	for _, side := range []float64{-1, 1} {
		var p border.Passage
		for i := range 100 {
			n := side * (200 - 1.5*float64(i))
			tr := at(float64(i), 100, n, 3)
			tr.State[3] = -1.5 * side
			tr.Cov[5], tr.Cov[15] = .04, .04
			l.Watch(&p, tr)
			a, ok := l.Approach(&p, tr, time.Minute)
			if i < 3 {
				continue // not armed yet
			}
			if want := 200/1.5 - float64(i); !ok || a.ToLine.Seconds() < want-1 || a.ToLine.Seconds() > want+1 {
				t.Fatalf("%d: %v, %v, want %v s", i, ok, a.ToLine, want)
			}
			if far, near := i < 50, i > 90; far && a.Probability > .3 || near && a.Probability < .8 {
				t.Fatalf("%v m away: %v", n, a.Probability)
			}
			if want := map[float64]string{-1: "R>L", 1: "L>R"}[side]; a.Direction != want || a.Ordinal != 1 {
				t.Fatalf("%+v", a)
			}
			tr.State[3] = 1.5 * side
			if _, ok := l.Approach(&p, tr, time.Minute); ok {
				t.Fatal("who goes away comes nearer")
			}
		}
	}
}

// BenchmarkNearest_longLine is a look at a border of 900 km with 90,000 vertices beside one of 15 km with 1500: compare ns/op.
func BenchmarkNearest_longLine(b *testing.B) {
	for name, km := range map[string]int{"15km": 15, "900km": 900} {
		b.Run(name, func(b *testing.B) {
			var points []geo.ENU
			for k := range km * 100 {
				points = append(points, geo.ENU{E: float64(k) * 10, N: float64(k%7) * 3})
			}
			l := build(b, path(points...))
			n := 0
			for b.Loop() {
				n++
				l.Nearest(geo.ENU{E: float64(n * 37 % (km * 1000)), N: float64(n%400) - 200})
			}
		})
	}
}
