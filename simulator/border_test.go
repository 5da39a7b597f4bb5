package simulator

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/tidwall/geodesic"
	"pgregory.net/rapid"

	"cutline/internal/geo"
)

func emersonLine(t testing.TB) *line {
	t.Helper()
	s, err := Load("emerson")
	if err != nil {
		t.Fatal(err)
	}
	l, err := parseLine(s.border, geo.NewFrame(geo.LLA{Lat: 49.0, Lon: -97.235}))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTheBorderOfTheScenarioIsTheProjects(t *testing.T) {
	own, err := os.ReadFile("scenarios/emerson.geojson")
	if err != nil {
		t.Fatal(err)
	}
	projects, err := os.ReadFile("../configs/borders/emerson.geojson")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(own, projects) {
		t.Error("simulator/scenarios/emerson.geojson and configs/borders/emerson.geojson differ: copy the one that is right")
	}
}

func TestTheBorderIsNotLatitude49(t *testing.T) {
	data, err := os.ReadFile("../configs/borders/emerson.geojson")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Features []struct {
			Properties struct {
				Sigma float64 `json:"sigma_m"`
			} `json:"properties"`
			Geometry struct {
				Coordinates [][]float64 `json:"coordinates"`
			} `json:"geometry"`
		} `json:"features"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	f := doc.Features[0]
	if s := f.Properties.Sigma; s < 5 || s > 20 {
		t.Errorf("sigma_m %v: the line is known to 5 to 20 m", s)
	}
	if n := len(f.Geometry.Coordinates); n < 24 {
		t.Errorf("%d vertices, want some dozens", n)
	}
	for _, c := range f.Geometry.Coordinates {
		if north := (c[1] - 49) * 111200; north < 25 || north > 60 {
			t.Errorf("vertex %v is %.0f m north of 49°: the line runs 34 to 55 m north of it here", c, north)
		}
	}
}

func TestLine_sidesAreUSInTheSouthAndCAInTheNorth(t *testing.T) {
	l := emersonLine(t)
	for _, c := range []struct {
		town     string
		lat, lon float64
		side     string
	}{{"Emerson", 49.0065, -97.2150, "CA"}, {"Pembina", 48.9664, -97.2437, "US"}} {
		p := l.frame.ENU(geo.LLA{Lat: geo.Degrees(c.lat), Lon: geo.Degrees(c.lon)})
		if d := l.distance(p.E, p.N); d*l.sign(c.side) <= 0 {
			t.Errorf("%s is %v m from the line: want it on the side of %s", c.town, d, c.side)
		}
	}
	if got := l.direction(l.sign("CA")); got != "US>CA" {
		t.Errorf("a crossing to CA is %s", got)
	}
}

// Between two vertices the line is straight in longitude and latitude; the shortest way to it is found here by trying geodesics
// to a thousand of its points.
func TestLine_distanceIsTheGeodesics(t *testing.T) {
	l := emersonLine(t)
	rapid.Check(t, func(t *rapid.T) {
		e, n := rapid.Float64Range(-7000, 7000).Draw(t, "e"), rapid.Float64Range(-800, 800).Draw(t, "n")
		p := l.frame.Surface(e, n, 0)
		best := math.Inf(1)
		for k := -1000; k <= 1000; k++ {
			foot, _ := l.at(float64(p.Lon) + float64(k)*1e-6*math.Abs(n)/20)
			q := l.frame.Surface(foot.E, foot.N, 0)
			var d float64
			geodesic.WGS84.Inverse(float64(p.Lat), float64(p.Lon), float64(q.Lat), float64(q.Lon), &d, nil, nil)
			best = min(best, d)
		}
		if got := math.Abs(l.distance(e, n)); math.Abs(got-best) > 0.05 {
			t.Fatalf("(%v, %v): %v m, want %v m", e, n, got, best)
		}
	})
}

func TestParseLine_saysWhatIsWrong(t *testing.T) {
	const sides = `"properties":{"left":"A","right":"B"}`
	for name, c := range map[string]struct{ text, want string }{
		"no JSON":    {`{`, "read border"},
		"a polygon":  {`{"features":[{` + sides + `,"geometry":{"type":"Polygon","coordinates":[]}}]}`, "LineString"},
		"no sides":   {`{"features":[{"geometry":{"type":"LineString","coordinates":[[0,0],[1,1]]}}]}`, "properties.left"},
		"one vertex": {`{"features":[{` + sides + `,"geometry":{"type":"LineString","coordinates":[[0,0]]}}]}`, "two vertices"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseLine([]byte(c.text), geo.NewFrame(geo.LLA{}))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// straight is a line along the east axis, going west: its left is south.
func straight() *line {
	l := &line{frame: geo.NewFrame(geo.LLA{Lat: 49}), left: "S", right: "N"}
	l.vertices = []geo.ENU{{E: 1000}, {E: -1000}}
	return l
}

func TestCrossings_needFiveMetresOnEitherSide(t *testing.T) {
	for name, c := range map[string]struct {
		norths []float64 // one a second
		at     []float64
		to     []string
	}{
		"straight across":          {[]float64{-20, -10, 10, 20}, []float64{1.5}, []string{"N"}},
		"and back":                 {[]float64{-20, 20, -20}, []float64{0.5, 1.5}, []string{"N", "S"}},
		"short of the line":        {[]float64{-20, -1, -20}, nil, nil},
		"four metres over":         {[]float64{-20, 4, -20}, nil, nil},
		"six metres over":          {[]float64{-20, 6, -20}, []float64{20.0 / 26, 1 + 6.0/26}, []string{"N", "S"}},
		"began on the line":        {[]float64{0, 20}, nil, nil},
		"began four metres before": {[]float64{-4, 20}, nil, nil},
		"to and fro on the line":   {[]float64{-20, 2, -2, 2, -2, 20}, []float64{4 + 2.0/22}, []string{"N"}},
		"the last change counts":   {[]float64{-20, 3, -3, 3, 4, 5.5}, []float64{2.5}, []string{"N"}},
	} {
		t.Run(name, func(t *testing.T) {
			var w walk
			for _, n := range c.norths {
				w.points = append(w.points, geo.ENU{E: 10, N: n})
			}
			l := straight()
			got := l.crossings(&w)
			if len(got) != len(c.at) {
				t.Fatalf("%d crossings, want %d: %+v", len(got), len(c.at), got)
			}
			for i, g := range got {
				if math.Abs(g.at-c.at[i]) > truthStep/2 || math.Abs(g.n) > 1e-6 {
					t.Errorf("crossing %d at %v s, %v m north: want %v s, on the line", i, g.at, g.n, c.at[i])
				}
				if l.sign(c.to[i]) != g.to {
					t.Errorf("crossing %d goes to %v, want %s", i, g.to, c.to[i])
				}
				if g.decided < g.at {
					t.Errorf("crossing %d decided at %v, before it happened at %v", i, g.decided, g.at)
				}
			}
		})
	}
}
