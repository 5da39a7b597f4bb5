package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const explainMapping = `
  - id: sr-07
    sector: emerson
    kind: radar
    pose: {lat: 49.02, lon: -97.286, alt_m: 245}
    coverage: {range_m: 9000}
    format: json
    mapping:
      - {from: "$.targets[]", as: detection}
      - {to: time, from: $.ts, unit: epoch_ms}
      - {to: position.lat, from: lat, unit: dms}
      - {to: position.lon, from: lon, unit: dms}
`

// explained runs sensor explain on a payload.
func explained(t *testing.T, config, id, payload string) (line string, e explanation) {
	t.Helper()
	line, errs, code := cutline(t, payload, "sensor", "explain", "--config", config, "--sensor", id, "--received", "2026-11-24T08:12:05Z")
	if code != 0 || errs != "" || strings.Count(line, "\n") != 1 {
		t.Fatalf("exit code %d, %q, %s", code, line, errs)
	}
	if err := json.Unmarshal([]byte(line), &e); err != nil {
		t.Fatal(err)
	}
	return line, e
}

func TestSensorExplain_tellsDetectionsRejectsAndStepsOfAMapping(t *testing.T) {
	t.Parallel()
	config := siteWithMapping(t)
	_, e := explained(t, config, "sr-07",
		`{"ts":1795507923125,"targets":[{"lat":"49°00.0187'N","lon":"97°14.4733'W"},{"lat":"north","lon":"97°14.4733'W"}]}`)
	if len(e.Detections) != 1 || len(e.Rejects) != 1 || len(e.Steps) != 6 {
		t.Fatalf("%+v", e)
	}
	if r := e.Rejects[0]; r.Path != "targets[1].lat" || !strings.Contains(r.Reason, "mapping[2] position.lat (cutline.yaml:") {
		t.Errorf("%+v", r)
	}
	if s := e.Steps[1]; s.To != "position.lat" || s.Path != "targets[0].lat" || string(s.Value) != `"49°00.0187'N"` || len(s.Result) == 0 {
		t.Errorf("%+v", s)
	}
	// What it says is a message of our own format: another sensor that speaks it gives the same answer.
	_, again := explained(t, config, "twr-01", string(e.Detections[0]))
	if len(again.Detections) != 1 || string(again.Detections[0]) != string(e.Detections[0]) {
		t.Errorf("%s\nbecame\n%s", e.Detections, again.Detections)
	}
}

func TestSensorExplain_keepsItsForm(t *testing.T) {
	t.Parallel()
	line, _ := explained(t, siteWithMapping(t), "twr-01", `[]`)
	if !strings.HasPrefix(line, `{"detections":[],"rejects":[{"path":"","reason":"`) || !strings.HasSuffix(line, `}],"steps":[]}`+"\n") {
		t.Error(line)
	}
}

func TestSensorExplain_aWrongCommandLineIsExitCode2(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "twr-99"} {
		if _, errs, code := cutline(t, "{}", "sensor", "explain", "--config", siteWithMapping(t), "--sensor", id); code != 2 ||
			!strings.Contains(errs, "sr-07") {
			t.Errorf("%q: exit code %d, %s", id, code, errs)
		}
	}
}

// siteWithMapping writes a configuration of two radars, one of them with a mapping.
func siteWithMapping(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	line := `{"type":"LineString","coordinates":[[-97.4,49.0],[-97.1,49.0]]}`
	text := "border: {file: line.geojson, sides: [US, CA]}\n" +
		"sectors:\n  - {id: emerson, extent: {west: -97.4, south: 48.95, east: -97.1, north: 49.06}}\nsensors:\n" +
		"  - {id: twr-01, sector: emerson, kind: radar, pose: {lat: 49.02, lon: -97.286, alt_m: 245}, coverage: {range_m: 9000}}" + explainMapping
	for name, content := range map[string]string{"line.geojson": line, "cutline.yaml": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "cutline.yaml")
}
