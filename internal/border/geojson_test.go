package border_test

import (
	"strings"
	"testing"

	"cutline/internal/border"
)

func TestParseGeoJSON_takesEveryFormOfALine(t *testing.T) {
	const line = `{"type":"LineString","coordinates":[[-97.5,49],[-97.2,49.001,230],[-97,49]]}`
	const feature = `{"type":"Feature","geometry":` + line + `}`
	for name, tc := range map[string]struct {
		json          string
		lines, points int
	}{
		"a geometry":     {line, 1, 3},
		"a feature":      {`{"type":"Feature","properties":{"sigma_m":4,"left":"US","right":"CA","x":1},"geometry":` + line + `}`, 1, 3},
		"no properties":  {`{"type":"Feature","properties":null,"geometry":` + line + `}`, 1, 3},
		"a collection":   {`{"type":"FeatureCollection","features":[` + feature + `,` + feature + `]}`, 2, 3},
		"several pieces": {`{"type":"MultiLineString","coordinates":[[[0,0],[1,1]],[[2,2],[3,3]]]}`, 2, 2},
		"a point twice":  {`{"type":"LineString","coordinates":[[0,0],[0,0],[1,1],[1,1]]}`, 1, 2},
	} {
		g, err := border.ParseGeoJSON([]byte(tc.json))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(g.Lines) != tc.lines || len(g.Lines[0].Points) != tc.points {
			t.Errorf("%s: %d lines, %d points in the first", name, len(g.Lines), len(g.Lines[0].Points))
		}
	}
}

func TestParseGeoJSON_readsAccuracyAndSides(t *testing.T) {
	g, err := border.ParseGeoJSON([]byte(`{"type":"Feature","properties":{"sigma_m":4.5,"left":"US","right":"CA"},
		"geometry":{"type":"LineString","coordinates":[[-97.5,49.2],[-97,49]]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if l := g.Lines[0]; l.SigmaM != 4.5 || l.Left != "US" || l.Right != "CA" || l.Points[0].Lon != -97.5 || l.Points[0].Lat != 49.2 {
		t.Errorf("read %+v", l)
	}
}

func TestParseGeoJSON_aFaultIsNamedWithItsPlace(t *testing.T) {
	for _, tc := range []struct{ json, want string }{
		{``, "unexpected end"},
		{`{"type":"Point","coordinates":[0,0]}`, `"Point" is no line`},
		{`{"type":"FeatureCollection","features":[]}`, "no line in it"},
		{`{"type":"FeatureCollection","features":[{"type":"LineString","coordinates":[[0,0],[1,1]]}]}`, `features[0].type: "LineString"`},
		{`{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null}]}`, "features[0].geometry: must be"},
		{`{"type":"Feature","geometry":{"type":"Polygon","coordinates":[]}}`, `geometry.type: "Polygon" is no line`},
		{`{"type":"LineString","coordinates":[[0,0],[181,1]]}`, "coordinates[1]: [181 1]: must be"},
		{`{"type":"LineString","coordinates":[[0,0],[49]]}`, "coordinates[1]: [49]: must be"},
		{`{"type":"LineString","coordinates":[[0,0],["a",1]]}`, "coordinates: json"},
		{`{"type":"LineString"}`, "coordinates: "},
		{`{"type":"LineString","coordinates":[[0,0]]}`, "needs two different points"},
		{`{"type":"LineString","coordinates":[[0,0],[0,0]]}`, "needs two different points"},
		{`{"type":"LineString","coordinates":[[179,0],[-179,0]]}`, "antimeridian"},
		{`{"type":"MultiLineString","coordinates":[[[0,0],[1,1]],[[0,0],[0,91]]]}`, "coordinates[1][1]"},
		{`{"type":"Feature","properties":{"sigma_m":0},"geometry":{"type":"LineString","coordinates":[[0,0],[1,1]]}}`, "sigma_m: 0"},
		{`{"type":"Feature","properties":{"left":"US"},"geometry":{"type":"LineString","coordinates":[[0,0],[1,1]]}}`, "left and right"},
	} {
		_, err := border.ParseGeoJSON([]byte(tc.json))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s\n\tgives %v, want %q in it", tc.json, err, tc.want)
		}
	}
}

// FuzzParseGeoJSON holds that no file panics, and that a line that was read can be clipped, built and asked.
func FuzzParseGeoJSON(f *testing.F) {
	for _, seed := range []string{
		`{"type":"LineString","coordinates":[[-97.5,49],[-97.2,49.001,230],[-97,49]]}`,
		`{"type":"MultiLineString","coordinates":[[[-97,49],[-98,49]],[[-96,48],[-97,49]]]}`,
		`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"sigma_m":1e300},"geometry":{"type":"Feature"}}]}`,
		`{"type":"LineString","coordinates":[[-180,-90],[0,90],[-97.24,49],[-97.24,49.0000000001]]}`,
		`{"type":"LineString","coordinates":[[-97.3,49],[-97.2,49],[-97.3,49],[-97.25,49.01],[-97.3,49]]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := border.ParseGeoJSON(data)
		if err != nil {
			return
		}
		clipped := g.Clip(border.Box{West: -97.5, South: 48.9, East: -97, North: 49.1})
		for _, line := range clipped.Lines {
			for _, v := range line.Points {
				if v.Lon < -97.500001 || v.Lon > -96.999999 || v.Lat < 48.899999 || v.Lat > 49.100001 {
					t.Fatalf("%v is outside the box", v)
				}
			}
		}
		l, err := border.New(border.Defaults(), clipped, frame(), sides(g))
		if err != nil {
			return
		}
		p := l.Nearest(enu(120, -40))
		if p.Distance != p.Distance || p.Along < 0 || p.Along > l.Length()+1e-6 {
			t.Fatalf("%+v on a line of %v m", p, l.Length())
		}
	})
}

func sides(g border.Geometry) [2]string {
	if g.Lines[0].Left != "" {
		return [2]string{g.Lines[0].Left, g.Lines[0].Right}
	}
	return [2]string{"US", "CA"}
}
