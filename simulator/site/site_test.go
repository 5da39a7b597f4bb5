package site_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cutline/simulator"
	"cutline/simulator/site"
)

func TestOf_everyScenarioHasALineAndSensors(t *testing.T) {
	for _, name := range simulator.Names() {
		s, err := simulator.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := site.Of(s)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.LineKM() < 0.5 || len(got.Sensors) == 0 || got.Sides[0] == "" {
			t.Errorf("%s: %.1f km, %d sensors, sides %q", name, got.LineKM(), len(got.Sensors), got.Sides)
		}
	}
}

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "cutline.yaml")
}

const aLine = `{"type":"LineString","coordinates":[[-97.4,49],[-97.2,49],[-97.0,49.0]]}`

func TestOpen_readsWhatTheFileIncludes(t *testing.T) {
	file := write(t, map[string]string{
		"cutline.yaml": `
include: [sensors/*.yaml]
border: {file: b.geojson, sides: [A, B]}
sectors: [{id: s, extent: {west: -97.3, south: 48.9, east: -97.1, north: 49.1}}]
sensors:
  - {id: all, kind: radar, pose: {lat: 49.1, lon: -97.2}, coverage: {range_m: 5000}}
  - {id: round, kind: radar, pose: {lat: 49.1, lon: -97.2}, coverage: {range_m: 5000, azimuth_deg: [0, 360]}}
  - {id: flies, kind: drone, coverage: {range_m: 500}}
`,
		"sensors/one.yaml": "sensors: [{id: north, kind: radar, pose: {lat: 49, lon: -97}, coverage: {range_m: 900, azimuth_deg: [350, 10]}}]",
		"b.geojson":        `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":` + aLine + `}]}`,
	})
	s, err := site.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Sensors) != 3 || s.Sensors[0].Width != 360 || s.Sensors[1].Width != 360 || s.Sensors[2].Width != 20 || s.Sensors[2].From != 350 {
		t.Errorf("sensors %+v", s.Sensors)
	}
	// 0.2° of longitude on the 49th parallel: a·cos φ·Δλ, the ellipsoid taken into account, is 14.63 km.
	if km := s.LineKM(); math.Abs(km-14.63) > .06 {
		t.Errorf("the line has %.3f km inside the sector, want 14.63", km)
	}
}

func TestOpen_saysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct{ config, border, want string }{
		"no border":     {"sensors: []", "", "border.file"},
		"no file":       {"border: {file: none.geojson, sides: [A, B]}", "", "none.geojson"},
		"a point":       {"border: {file: b.geojson}", `{"type":"Point","coordinates":[1,2]}`, "no line"},
		"half a place":  {"border: {file: b.geojson}", `{"type":"LineString","coordinates":[[1]]}`, "longitude"},
		"no JSON":       {"border: {file: b.geojson}", `line`, "b.geojson"},
		"broken YAML":   {"border: [", "", "cutline.yaml"},
		"a wrong shape": {"border: {file: b.geojson}", `{"type":"MultiLineString","coordinates":[1]}`, "b.geojson"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := site.Open(write(t, map[string]string{"cutline.yaml": c.config, "b.geojson": c.border}))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}
