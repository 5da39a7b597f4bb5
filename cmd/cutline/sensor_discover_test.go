package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
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

// TestSensorDiscover_hostileShapes goes the tutorial's way with payloads that were made to be hard: units in names of fields and behind
// values, degrees and minutes, microseconds as text, codes for words; trails in nested arrays; yards, mils and knots. In each capture the
// same two go their ways, and must be on the picture where they are. All that a person does here is to measure where the sensor stands.
func TestSensorDiscover_hostileShapes(t *testing.T) {
	t.Parallel()
	captures, err := filepath.Glob("testdata/hostile/*.jsonl")
	if err != nil || len(captures) != 3 {
		t.Fatalf("%d captures, %v", len(captures), err)
	}
	for _, capture := range captures {
		t.Run(filepath.Base(capture), func(t *testing.T) {
			t.Parallel()
			dir, config := strangeSite(t)
			text, errs, code := cutline(t, "", "sensor", "discover", "--config", config, "--capture", capture)
			if code != 0 || strings.Contains(text, "Refused") || strings.Contains(text, "Not understood") {
				t.Fatalf("exit code %d: %s%s", code, text, errs)
			}
			text = regexp.MustCompile(`pose: .*`).ReplaceAllString(text, "pose: {lat: 49.012, lon: -97.24, alt_m: 241}")
			if err := os.WriteFile(filepath.Join(dir, "new.yaml"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, errs, code := cutline(t, "", "config", "check", "--strict", config); code != 0 {
				t.Fatalf("%s%s\n%s", out, errs, text)
			}
			events, errs, code := cutline(t, "", "replay", "--config", config, capture)
			if code != 0 || strings.Contains(events, `"type":"reject"`) {
				t.Fatalf("exit code %d: %s", code, errs)
			}
			checkPicture(t, events, text)
		})
	}
}

// checkPicture holds the confirmed tracks to the ways of the two in the captures: a person and a vehicle, straight on from 08:12:00.
func checkPicture(t *testing.T, events, text string) {
	t.Helper()
	began := time.Date(2026, 11, 24, 8, 12, 0, 0, time.UTC)
	seen := map[string]bool{}
	for line := range strings.Lines(events) {
		var e struct {
			Time  time.Time
			Track *struct {
				Status   string
				Lat, Lon float64
			}
		}
		if json.Unmarshal([]byte(line), &e) != nil || e.Track == nil || e.Track.Status != "confirmed" {
			continue
		}
		s := e.Time.Sub(began).Seconds()
		const perLat, perLon = 111_200.0, 73_033.0 // metres of a degree at latitude 49
		away := func(lat, lon, east, north float64) float64 {
			return math.Hypot((e.Track.Lat-lat)*perLat-north*s, (e.Track.Lon-lon)*perLon-east*s)
		}
		person, vehicle := away(49.0062, -97.2410, .1, -1.4), away(49.0031, -97.2302, -6, 1)
		if min(person, vehicle) > 40 {
			t.Errorf("a track %.0f m from the person and %.0f m from the vehicle: %s\n%s", person, vehicle, line, text)
			return
		}
		seen[map[bool]string{true: "person", false: "vehicle"}[person < vehicle]] = true
	}
	if len(seen) != 2 {
		t.Errorf("on the picture are %v\n%s", seen, text)
	}
}
