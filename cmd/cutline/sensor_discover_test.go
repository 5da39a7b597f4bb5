package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cutline/internal/record"
)

// strangeSite is a configuration of two of the examples' sensors, and a folder for more.
func strangeSite(t *testing.T) (dir, config string) {
	t.Helper()
	dir = t.TempDir()
	line, err := filepath.Abs("../../configs/borders/emerson.geojson")
	if err != nil {
		t.Fatal(err)
	}
	config = filepath.Join(dir, "cutline.yaml")
	text := fmt.Sprintf("include: ['new*.yaml']\nborder: {file: %q, sides: [US, CA]}\n", line) +
		"sectors:\n  - {id: emerson, extent: {west: -97.34, south: 48.95, east: -97.13, north: 49.06}}\n" +
		"sensors:\n  - {id: twr-01, sector: emerson, kind: radar, coverage: {range_m: 9000}, pose: {lat: 49.02, lon: -97.286, alt_m: 245}}\n" +
		"  - {id: gps, sector: emerson, kind: patrol, topic: patrol/gps}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "new.yaml"), []byte("sensors: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, config
}

// writeCapture writes messages as a capture.
func writeCapture(t *testing.T, file string, lines []record.Line) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // Encode has told
	for _, l := range lines {
		if err := json.NewEncoder(f).Encode(l); err != nil {
			t.Fatal(err)
		}
	}
}

// strangeDay is a minute of a radar that nobody has seen: somebody walks over the line at 1.4 m/s.
func strangeDay() (lines []record.Line) {
	start := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	for i := range 240 {
		at := start.Add(time.Duration(i) * 500 * time.Millisecond)
		lat := 48.9996 + float64(i)*.5*1.4/111_200
		minutes := (lat - 48) * 60
		degrees := 48
		if minutes >= 60 {
			degrees, minutes = 49, minutes-60
		}
		payload := fmt.Sprintf(`{"dev":"SR-7","t_us":"%d","targets":[{"uuid":"k-31","label":"human","q":87,"alt_ft":790,`+
			`"geo":{"lat":"%d°%08.5f'N","lon":"97°14.4733'W"},"speed_kmh":5.04,"hdg":0}]}`, at.UnixMicro(), degrees, minutes)
		lines = append(lines, record.NewLine(at.Add(100*time.Millisecond), "acme/radar/7", []byte(payload)))
	}
	return lines
}

// TestSensorDiscover_aStrangePayloadGetsOntoThePicture goes the whole way of the tutorial: discover, check, explain, replay.
func TestSensorDiscover_aStrangePayloadGetsOntoThePicture(t *testing.T) {
	t.Parallel()
	dir, config := strangeSite(t)
	capture := filepath.Join(dir, "strange.jsonl")
	day := strangeDay()
	writeCapture(t, capture, day)
	text, errs, code := cutline(t, "", "sensor", "discover", "--config", config, "--capture", capture)
	if code != 0 || !strings.Contains(errs, "1 publisher that no sensor claims") {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	if err := os.WriteFile(filepath.Join(dir, "new.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, errs, code := cutline(t, "", "config", "check", config); code != 0 {
		t.Fatalf("%s%s\n%s", out, errs, text)
	}
	payload, errs, code := cutline(t, string(day[9].Bytes()), "sensor", "explain", "--config", config, "--sensor", "acme-radar-7")
	if code != 0 || !strings.Contains(payload, `"class":"person"`) || !strings.Contains(payload, `"rejects":[]`) {
		t.Fatalf("exit code %d: %s%s", code, payload, errs)
	}
	events, errs, code := cutline(t, "", "replay", "--config", config, capture)
	if code != 0 || !strings.Contains(events, `"type":"track"`) || !strings.Contains(events, `"sensor":"acme-radar-7"`) {
		t.Errorf("exit code %d: %.2000s%s", code, events, errs)
	}
	again, errs, _ := cutline(t, "", "sensor", "discover", "--config", config, "--capture", capture)
	if strings.Contains(again, "acme-radar-7") || !strings.Contains(errs, "240 messages that sensors claim") {
		t.Errorf("what is claimed is found again: %s%s", again, errs)
	}
}

func TestSensorDiscover_refusesWhatItCannotMean(t *testing.T) {
	t.Parallel()
	_, config := strangeSite(t)
	for _, args := range [][]string{
		{}, {"--config", config, "--for", "-1s"}, {"--config", config, "--sector", "nowhere"}, {"--config", config, "file.jsonl"},
	} {
		if _, errs, code := cutline(t, "", append([]string{"sensor", "discover"}, args...)...); code != 2 {
			t.Errorf("%q: exit code %d, %s", args, code, errs)
		}
	}
}
