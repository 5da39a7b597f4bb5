package border_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/tidwall/geodesic"
	"pgregory.net/rapid"

	"cutline/internal/border"
	"cutline/internal/geo"
	"cutline/internal/track"
)

func frame() geo.Frame { return geo.NewFrame(geo.LLA{Lat: 49, Lon: -97.24, Alt: 240}) }

func enu(e, n float64) geo.ENU { return geo.ENU{E: e, N: n} }

// path makes a geometry of points in the frame's plane.
func path(points ...geo.ENU) border.Geometry {
	f := frame()
	line := border.Polyline{SigmaM: 5}
	for _, p := range points {
		at := f.Surface(p.E, p.N, 240)
		line.Points = append(line.Points, border.Vertex{Lon: at.Lon, Lat: at.Lat})
	}
	return border.Geometry{Lines: []border.Polyline{line}}
}

// failer is what *testing.T, *testing.B and *rapid.T have in common here.
type failer interface {
	Helper()
	Fatal(args ...any)
}

func build(t failer, g border.Geometry) *border.Line {
	t.Helper()
	l, err := border.New(border.Defaults(), g, frame(), [2]string{"L", "R"})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestNearest_signAtABendIsThatOfTheSideAndNotOfOneSegment(t *testing.T) {
	// East, then sharply back to the west and north: a spike of 27° pointing east at (1000, 0). Left of the way is inside it.
	l := build(t, path(enu(0, 0), enu(1000, 0), enu(0, 500)))
	for _, tc := range []struct {
		p    geo.ENU
		left bool
	}{
		{enu(1050, 5), false},
		{enu(1050, -5), false},
		{enu(1001, 30), false},
		{enu(1001, -30), false},
		{enu(900, 20), true},
		{enu(500, 249), true},
		{enu(500, -1), false},
		{enu(500, 260), false},
		{enu(990, 1), true},
	} {
		if got := l.Nearest(tc.p); (got.Distance > 0) != tc.left || got.Beyond {
			t.Errorf("%v: distance %v, beyond %v: left should be %v", tc.p, got.Distance, got.Beyond, tc.left)
		}
	}
}

func TestNearest_pastAnEndThereAreNoSides(t *testing.T) {
	l := build(t, path(enu(0, 0), enu(1000, 0)))
	for p, want := range map[geo.ENU]bool{
		enu(-1, 50): true, enu(1, 50): false, enu(999, -50): false, enu(1001, -50): true,
	} {
		if got := l.Nearest(p); got.Beyond != want {
			t.Errorf("%v: beyond is %v", p, got.Beyond)
		}
	}
}

func TestNearest_equalsTheBruteForceOnAnyGraph(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// A graph over east: left of its way is exactly what lies above it, whatever the bends.
		n := rapid.IntRange(2, 60).Draw(t, "vertices")
		points := make([]geo.ENU, n)
		east := -5e3
		for i := range points {
			points[i] = enu(east, rapid.Float64Range(-900, 900).Draw(t, "north"))
			east += rapid.Float64Range(5, 200).Draw(t, "step")
		}
		l := build(t, path(points...))
		p := enu(rapid.Float64Range(-6e3, east+1000).Draw(t, "e"), rapid.Float64Range(-5000, 5000).Draw(t, "n"))
		got := l.Nearest(p)
		want, above := bruteForce(points, p)
		if math.Abs(math.Abs(got.Distance)-want) > .05 { // m: a segment straight in lon/lat leaves the plane's chord by 2 cm on 1 km
			t.Fatalf("%v: %v m, brute force %v m", p, got.Distance, want)
		}
		if p.E < points[0].E || p.E > points[n-1].E {
			return
		}
		if math.Abs(got.Distance) > .05 && !got.Beyond && (got.Distance > 0) != above {
			t.Fatalf("%v: %v m, but above is %v", p, got.Distance, above)
		}
		if at := l.At(got.Along); at.Sub(got.Foot).Range() > 1e-6 {
			t.Fatalf("%v along is %v, the foot is %v", got.Along, at, got.Foot)
		}
	})
}

func TestNearest_insideARingIsLeftOfItsWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// A star-shaped ring, counter-clockwise, given in two pieces that must be joined, at both ends.
		n := rapid.IntRange(4, 40).Draw(t, "vertices")
		points := make([]geo.ENU, n, n+1)
		for i := range points {
			r := rapid.Float64Range(300, 3000).Draw(t, "radius")
			s, c := math.Sincos(2 * math.Pi * float64(i) / float64(n))
			points[i] = enu(r*c, r*s)
		}
		points = append(points, points[0])
		cut := rapid.IntRange(1, n-1).Draw(t, "cut")
		g := path(points[:cut+1]...)
		g.Lines = append(path(points[cut:]...).Lines, g.Lines...)
		l := build(t, g)
		p := enu(rapid.Float64Range(-4000, 4000).Draw(t, "e"), rapid.Float64Range(-4000, 4000).Draw(t, "n"))
		got := l.Nearest(p)
		if got.Beyond {
			t.Fatalf("%v is beyond the end of a ring", p)
		}
		if math.Abs(got.Distance) > .05 && (got.Distance > 0) != inside(points, p) {
			t.Fatalf("%v: %v m, but inside is %v", p, got.Distance, inside(points, p))
		}
	})
}

// bruteForce is the distance to a graph over east, and whether p lies above it.
func bruteForce(points []geo.ENU, p geo.ENU) (distance float64, above bool) {
	distance = math.Inf(1)
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		d := b.Sub(a)
		t := ((p.E-a.E)*d.E + (p.N-a.N)*d.N) / (d.E*d.E + d.N*d.N)
		t = math.Max(0, math.Min(1, t))
		distance = math.Min(distance, p.Sub(enu(a.E+t*d.E, a.N+t*d.N)).Range())
		if p.E >= a.E && p.E <= b.E {
			above = p.N > a.N+(p.E-a.E)/d.E*d.N
		}
	}
	return distance, above
}

// inside counts how often a ray to the east leaves the ring.
func inside(ring []geo.ENU, p geo.ENU) bool {
	in := false
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		if (a.N > p.N) != (b.N > p.N) && p.E < a.E+(p.N-a.N)/(b.N-a.N)*(b.E-a.E) {
			in = !in
		}
	}
	return in
}

func TestNew_aLongSegmentFollowsTheParallelAndNotTheChord(t *testing.T) {
	g, err := border.ParseGeoJSON([]byte(`{"type":"LineString","coordinates":[[-97.0,49.0],[-97.5,49.0]]}`))
	if err != nil {
		t.Fatal(err)
	}
	l, f := build(t, g), frame()
	for lon := geo.Degrees(-97.49); lon < -97; lon += .01 {
		p := l.Nearest(f.ENU(geo.LLA{Lat: 49, Lon: lon, Alt: 240}))
		if math.Abs(p.Distance) > .03 { // the chord of these 36 km is 29 m off in the middle
			t.Errorf("lon %v: the parallel is %v m off the line", lon, p.Distance)
		}
	}
	var metres float64
	geodesic.WGS84.Inverse(49, -97, 49, -97.5, &metres, nil, nil)
	if d := l.Length() - metres; d < 0 || d > 30 {
		t.Errorf("%v m long, the geodesic is %v m", l.Length(), metres)
	}
}

func TestClip_cutsWhereTheLineLeavesAndComesBack(t *testing.T) {
	g := border.Geometry{Lines: []border.Polyline{{SigmaM: 3, Points: []border.Vertex{
		{Lon: -98, Lat: 49}, {Lon: -97.2, Lat: 49}, {Lon: -97.1, Lat: 49.3}, {Lon: -97.05, Lat: 49}, {Lon: -96, Lat: 49},
	}}}}
	got := g.Clip(border.Box{West: -97.5, South: 48.9, East: -97, North: 49.1})
	if len(got.Lines) != 2 || len(got.Lines[0].Points) != 3 || len(got.Lines[1].Points) != 3 {
		t.Fatalf("got %+v", got)
	}
	if first, last := got.Lines[0].Points[0], got.Lines[0].Points[2]; first != (border.Vertex{Lon: -97.5, Lat: 49}) ||
		math.Abs(float64(last.Lat-49.1)) > 1e-12 || math.Abs(float64(last.Lon - -97.1666666667)) > 1e-9 {
		t.Errorf("cut at %v and %v", first, last)
	}
	if got.Lines[1].SigmaM != 3 {
		t.Error("a piece has lost the line's accuracy")
	}
}

func TestNew_aLineThatRunsTheOtherWayIsTurned(t *testing.T) {
	g := path(enu(-1000, 0), enu(1000, 0))
	g.Lines[0].Left, g.Lines[0].Right = "CA", "US"
	l, err := border.New(border.Defaults(), g, frame(), [2]string{"US", "CA"})
	if err != nil {
		t.Fatal(err)
	}
	if p := l.Nearest(enu(0, 300)); p.Distance > 0 {
		t.Errorf("CA lies to the north, but the distance there is %v: US is the left side", p.Distance)
	}
	if _, err := border.New(border.Defaults(), g, frame(), [2]string{"US", "MX"}); err == nil {
		t.Error("a line between US and CA was taken for one between US and MX")
	}
}

func TestNew_refusesWhatHasNoLineOrNoSides(t *testing.T) {
	if _, err := border.New(border.Defaults(), border.Geometry{}, frame(), [2]string{"L", "R"}); err == nil {
		t.Error("an empty geometry made a line")
	}
	if _, err := border.New(border.Defaults(), path(enu(0, 0), enu(9, 0)), frame(), [2]string{"L", "L"}); err == nil {
		t.Error("two equal names made two sides")
	}
}

func TestTrueLine_townsAreInTheirCountries(t *testing.T) {
	g := trueLine(t)
	for name, town := range map[string]struct {
		lat, lon geo.Degrees
		side     string
	}{
		"Emerson": {49.0077, -97.2130, "CA"}, "Pembina": {48.9664, -97.2437, "US"}, "Gretna": {49.0064, -97.5617, "CA"},
		"Neche": {48.9839, -97.5515, "US"}, "Sumas": {48.9962, -122.2649, "US"}, "Abbotsford": {49.0504, -122.3045, "CA"},
		"Derby Line": {45.0046, -72.0990, "US"}, "Coaticook": {45.1347, -71.8040, "CA"}, "Hyder": {55.9169, -130.0248, "US"},
		"Stewart": {55.9364, -129.9896, "CA"}, "Point Roberts": {48.985, -123.07, "US"}, "Tsawwassen": {49.012, -123.07, "CA"},
	} {
		at := geo.LLA{Lat: town.lat, Lon: town.lon}
		box := border.Box{West: town.lon, South: town.lat, East: town.lon, North: town.lat}.Grow(30e3)
		l, err := border.New(border.Defaults(), g.Clip(box), geo.NewFrame(at), [2]string{"US", "CA"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		d := l.Nearest(geo.ENU{}).Distance
		if got := map[bool]string{true: "US", false: "CA"}[d > 0]; got != town.side {
			t.Errorf("%s is in %s, %.0f m from the line", name, got, d)
		}
	}
}

func TestTrueLine_nineHundredKilometresClipAndHold(t *testing.T) {
	g := trueLine(t).Clip(border.Box{West: -110, South: 47, East: -98, North: 51})
	l, err := border.New(border.Defaults(), g, geo.NewFrame(geo.LLA{Lat: 49, Lon: -104}), [2]string{"US", "CA"})
	if err != nil {
		t.Fatal(err)
	}
	if l.Length() < 860e3 || l.Length() > 900e3 { // 12° of the 49th parallel are 877 km; the plane's projection takes 1 %
		t.Errorf("%v km long", l.Length()/1e3)
	}
	for along := 0.0; along < l.Length(); along += 5000 {
		at := l.At(along)
		if d := l.Nearest(enu(at.E, at.N-500)).Distance; math.Abs(d-500) > 120 {
			t.Fatalf("at %v km, 500 m south is %v m from the line", along/1e3, d)
		}
	}
}

func trueLine(t testing.TB) border.Geometry {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "border", "canada-us-fcc.geojson"))
	if err != nil {
		t.Skipf("the true line is not in this checkout: %v", err)
	}
	g, err := border.ParseGeoJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// zigzag is a line of n vertices, 80 m apart.
func zigzag(n int) border.Geometry {
	points := make([]geo.ENU, n)
	for i := range points {
		points[i] = enu(float64(i-n/2)*8, 40*math.Sin(float64(i)))
	}
	return path(points...)
}

func TestLook_allocatesNothing(t *testing.T) {
	l := build(t, zigzag(10_000))
	tr := at(0, 30, 50, 4)
	var p border.Passage
	for i := range 100 { // the path is as long as it gets
		step(l, &p, tr, i)
	}
	i := 100
	if n := testing.AllocsPerRun(500, func() {
		step(l, &p, tr, i)
		i++
	}); n != 0 {
		t.Errorf("a look allocates %v times", n)
	}
}

func BenchmarkWatch(b *testing.B) {
	l := build(b, zigzag(10_000))
	tr := at(0, 0, 0, 4)
	var p border.Passage
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		tr.State[0], tr.State[2] = float64(i%20_000-10_000), float64(i%7000-3500)
		step(l, &p, tr, i)
		i++
	}
}

func step(l *border.Line, p *border.Passage, t *track.Track, second int) (border.Crossing, bool) {
	t.EventTime = start.Add(seconds(float64(second)))
	t.Last = t.EventTime
	return l.Watch(p, t)
}
