package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cutline/internal/feed"
	"cutline/internal/record"
	"cutline/internal/testenv"
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

func TestSensorExplain_tellsWhatASensorSaidInARecording(t *testing.T) {
	t.Parallel()
	config := siteWithMapping(t)
	capture := filepath.Join(t.TempDir(), "day.jsonl")
	at := time.Date(2026, 11, 24, 8, 12, 5, 0, time.UTC)
	writeCapture(t, capture, []record.Line{
		record.NewLine(at, "border/emerson/sr-07/detections", []byte(`{"ts":1795507923125,"targets":[{"lat":"49 0.02N","lon":"97 14.4W"}]}`)),
		record.NewLine(at, "border/emerson/twr-01/detections", []byte(`{}`)),
		record.NewLine(at, "border/emerson/sr-07/detections", []byte(`{"ts":1795507999125,"targets":[{"lat":"49 0.02N","lon":"97 14.4W"}]}`)),
	})
	out, errs, code := cutline(t, "", "sensor", "explain", "--config", config, "--sensor", "sr-07", "--capture", capture)
	if lines := strings.Split(out, "\n"); code != 0 || len(lines) != 3 || !strings.Contains(lines[0], `"rejects":[]`) ||
		!strings.Contains(lines[1], "after its receipt") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	for _, args := range [][]string{{"--for", "-1s"}, {"--for", "1s", "--capture", capture}, {"--capture", capture, "payload.json"}} {
		args = append([]string{"sensor", "explain", "--config", config, "--sensor", "sr-07"}, args...)
		if _, errs, code := cutline(t, "", args...); code != 2 {
			t.Errorf("%q: exit code %d, %s", args, code, errs)
		}
	}
}

// It listens beside the daemon, for an hour here: the test ends it with the first line.
func TestSensorExplain_tellsWhatASensorSaysNow(t *testing.T) {
	t.Parallel()
	broker := testenv.Mosquitto(t, testenv.Broker{})
	config := siteWithMapping(t)
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, append([]byte("mqtt: {url: "+broker.URL()+"}\n"), text...), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	read, write := io.Pipe()
	root := newRoot()
	root.SetArgs([]string{"sensor", "explain", "--config", config, "--sensor", "sr-07", "--for", "1h"})
	root.SetOut(write)
	root.SetErr(io.Discard)
	ended := make(chan error, 1)
	go func() {
		err := root.ExecuteContext(ctx)
		_ = write.Close() // of a pipe: it cannot fail
		ended <- err
	}()
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(read).ReadString('\n')
		line <- text
		_, _ = io.Copy(io.Discard, read) // what comes until it ends
	}()
	cfg := feed.Defaults()
	cfg.URL = broker.URL()
	payload := fmt.Appendf(nil, `{"ts":%d,"targets":[{"lat":"49 0.02N","lon":"97 14.4W"}]}`, time.Now().UnixMilli())
	for {
		select {
		case text := <-line:
			if !strings.Contains(text, `"lat":49.0003`) || !strings.Contains(text, `"rejects":[]`) {
				t.Errorf("%s", text)
			}
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			return
		case err := <-ended:
			t.Fatalf("it ended by itself: %v", err)
		default:
			if _, err := feed.Publish(ctx, cfg, []feed.Sent{{Topic: "border/emerson/sr-07/detections", Payload: payload}}); err != nil {
				t.Fatal(err)
			}
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
