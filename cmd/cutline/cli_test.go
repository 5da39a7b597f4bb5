package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cutline/internal/record"
	"cutline/internal/score"
	"cutline/internal/testenv"
)

func TestReplay_isTheSameToTheByte(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	file := simulate(t, 3, 5*time.Minute).capture(t)
	first, errs, code := cutline(t, "", "replay", "--config", s.config, file)
	if code != 0 || errs != "" || !strings.Contains(first, `"type":"alert"`) {
		t.Fatalf("exit code %d, %d bytes, %s", code, len(first), errs)
	}
	if second, _, _ := cutline(t, "", "replay", "--config", s.config, file); second != first {
		t.Error("a second replay differs")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if piped, _, _ := cutline(t, string(text), "replay", "--config", s.config, "-"); piped != first {
		t.Error("from standard input it differs")
	}
}

// TestEmerson_aCrossingIsOneAlert is the mark of the first release over 20 seeds; docs/performance.md has the figures.
func TestEmerson_aCrossingIsOneAlert(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	s := newSite(t, "")
	for seed := uint64(1); seed <= 20; seed++ {
		d := simulate(t, seed, 0)
		var events []record.Event
		for _, e := range s.replayed(d) {
			events = append(events, *e)
		}
		r := score.Crossings(d.truth, score.Alerts(events), score.Defaults())
		if r.True < 10 {
			t.Errorf("seed %d: only %d true crossings: nothing to judge by", seed, r.True)
		}
		if r.Recall < .9 || float64(r.False+r.Duplicates) > .1*float64(r.Alerts) {
			t.Errorf("seed %d: found %d of %d; of %d alerts %d false, %d double", seed, r.Found, r.True, r.Alerts, r.False, r.Duplicates)
		}
	}
}

// TestReplay_badPayloadsBetweenGoodOnesChangeNothing puts ten kinds of bad payload between the messages of a day.
func TestReplay_badPayloadsBetweenGoodOnesChangeNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	d := simulate(t, 5, 4*time.Minute)
	good := s.replayed(d)
	bad := []string{
		`not JSON at all`,
		`{"time":"2026-11-24T08:00:10Z","position":{"lat":49.0,`, // cut off
		`[]`,
		`{"time":"2026-11-24T08:00:10Z","position":{"lat":0,"lon":0}}`,
		`{"time":"2026-11-24T08:00:10Z","position":{"lat":NaN,"lon":-97.2}}`,
		`{"time":"2026-11-24T09:01:00Z","position":{"lat":49.0,"lon":-97.2}}`, // an hour in the future
		`{"time":"yesterday","position":{"lat":49.0,"lon":-97.2}}`,
		`{"time":"2026-11-24T08:00:10Z","position":{"lat":49.0,"lon":-97.2},"colour":"green"}`,
		`{"time":"2026-11-24T08:00:10Z","position":{"lat":149.0,"lon":-97.2}}`,
		`{"time":"2026-11-24T08:00:10Z","position":{"lat":49.0,"lon":-97.2},"class":{"huan":0.9}}`,
	}
	mixed := d
	mixed.lines = nil
	for i, l := range d.lines {
		mixed.lines = append(mixed.lines, l)
		if i%50 == 49 && len(bad) > 0 {
			mixed.lines = append(mixed.lines, record.NewLine(l.Received, "border/emerson/twr-01/detections", []byte(bad[0])))
			bad = bad[1:]
		}
	}
	if len(bad) > 0 {
		t.Fatal("the day is too short for all of them")
	}
	got := s.replayed(mixed)
	if n := countType(got, record.RejectType); n != 10 {
		t.Errorf("%d rejects, want 10", n)
	}
	for _, e := range got {
		if r := e.Reject; r != nil && (r.Sensor != "twr-01" || r.Topic == "" || r.Reason == "" || len(r.Payload) == 0) {
			t.Errorf("a reject that does not say what, whose or why: %+v", r)
		}
	}
	for _, kind := range []record.Type{record.AlertType, record.CrossingType, record.TrackType} {
		if a, b := linesOf(t, good, kind), linesOf(t, got, kind); !slices.Equal(a, b) {
			t.Errorf("the %ss are not the same: %d and %d", kind, len(a), len(b))
		}
	}
}

func countType(events []*record.Event, kind record.Type) (n int) {
	for _, e := range events {
		if e.Type == kind {
			n++
		}
	}
	return n
}

func linesOf(t *testing.T, events []*record.Event, kind record.Type) (lines []string) {
	t.Helper()
	for _, e := range events {
		if e.Type == kind {
			line, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, string(line))
		}
	}
	return lines
}

func TestConfigCheck_tellsAllFaultsWithTheirPlaces(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	text, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	if out, errs, code := cutline(t, "", "config", "check", s.config); code != 0 || !strings.Contains(out, "no faults") {
		t.Fatalf("a good file: exit code %d, %s%s", code, out, errs)
	}
	broken := string(text)
	for _, change := range [][2]string{
		{"kind: radar", "kind: rader"},
		{"detection_probability: 0.85", "detection_probability: 1.85"},
		{"scan_period: 2s", "scan_period: 2"},
		{"sides: [US, CA]", "sides: [US]"},
		{"group: tower-01", "grup: tower-01"},
	} {
		if !strings.Contains(broken, change[0]) {
			t.Fatalf("the configuration has no %q", change[0])
		}
		broken = strings.Replace(broken, change[0], change[1], 1)
	}
	file := filepath.Join(filepath.Dir(s.config), "broken.yaml")
	if err := os.WriteFile(file, []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, code := cutline(t, "", "config", "check", file)
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	for _, want := range []string{"sides", `"radar"`, "detection_probability", "scan_period", `"group"`} {
		if !slices.ContainsFunc(strings.Split(out, "\n"), func(l string) bool {
			var line, col int
			n, _ := fmt.Sscanf(strings.TrimPrefix(l, file), ":%d:%d:", &line, &col)
			return n == 2 && strings.Contains(l, want)
		}) {
			t.Errorf("no line file:line:col that speaks of %s:\n%s", want, out)
		}
	}
	if n, marks := strings.Count(out, file), strings.Count(out, " ^\n"); n != 5 || marks != 5 {
		t.Errorf("%d lines and %d marks for 5 faults:\n%s", n, marks, out)
	}
	out, _, code = cutline(t, "", "config", "check", "--json", file)
	var all checked
	if err := json.Unmarshal([]byte(out), &all); err != nil || code != 1 || len(all.Faults) != 5 {
		t.Fatalf("--json: exit code %d, %v, %s", code, err, out)
	}
	if f := all.Faults[1]; f.File != file || f.Line == 0 || f.Path != "sensors[twr-01].grup" || !strings.Contains(f.Text, "grup: tower-01") {
		t.Errorf("--json tells %+v", f)
	}
	if _, _, code := cutline(t, "", "config", "check", file+".none"); code != 2 {
		t.Errorf("a file that is not there: exit code %d, want 2", code)
	}
}

func TestConfigCheck_connectTriesTheServers(t *testing.T) {
	t.Parallel()
	broker := testenv.Mosquitto(t, testenv.Broker{})
	s := newSite(t, fmt.Sprintf("mqtt: {url: %q}\ninflux: {url: %q, org: ops, bucket: border}", broker.URL(), "http://127.0.0.1:1"))
	out, _, code := cutline(t, "", "config", "check", "--connect", "--json", s.config)
	var all checked
	if err := json.Unmarshal([]byte(out), &all); err != nil || code != 1 || len(all.Connections) != 2 {
		t.Fatalf("exit code %d, %v, %s", code, err, out)
	}
	if c := all.Connections; !c[0].OK || c[0].Name != "mqtt" || c[1].OK || !strings.Contains(c[1].What, "refused") {
		t.Errorf("%+v", c)
	}
	s.reconfigure("influx:", "x-influx:")
	if out, errs, code := cutline(t, "", "config", "check", "--connect", s.config); code != 0 || !strings.Contains(out, "ok    mqtt") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
}

func TestCommandLine_aMistakeSaysWhatWouldBeRight(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"replay"}, 2, "give captures, or --from-journal"},
		{[]string{"replay", "x.jsonl"}, 2, "--config is missing"},
		{[]string{"run"}, 2, "--config is missing: try --config"},
		{[]string{"run", "--config", "/nowhere.yaml"}, 1, "/nowhere.yaml"},
		{[]string{"ack"}, 2, "the id of an alert"},
		{[]string{"resolve", "a1"}, 2, "say what it was: crossing, animal"},
		{[]string{"resolve", "a1", "--as", "deer"}, 2, `--as "deer"`},
		{[]string{"shelve", "a1", "--for", "9h", "--reason", "fog"}, 2, "give 1s to 8h"},
		{[]string{"shelve", "a1", "--for", "1h"}, 2, "say why"},
		{[]string{"assign", "a1"}, 2, "and a name"},
		{[]string{"comment", "a1"}, 2, "and a text"},
		{[]string{"dance"}, 2, `unknown command "dance"`},
		{[]string{"demo", "--sped", "2"}, 2, "unknown flag: --sped"},
		{[]string{"status", "--daemon", "127.0.0.1:1"}, 1, "127.0.0.1:1"},
		{[]string{"config", "show"}, 2, "say --effective"},
	} {
		_, errs, code := cutline(t, "", tc.args...)
		if code != tc.code || !strings.Contains(errs, tc.want) {
			t.Errorf("cutline %s: exit code %d, want %d; it says %q, want %q", strings.Join(tc.args, " "), code, tc.code, errs, tc.want)
		}
	}
}

func TestConfigTest_passesFailsAndSaysWhereAndWhy(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	file := filepath.Join(filepath.Dir(s.config), "site_test.yaml")
	text := `tests:
  - name: a walker
    sensor: twr-01
    given: {time: "2026-11-24T08:12:03Z", position: {lat: 49.0003, lon: -97.24}}
    want: [{position: {lat: 49.0003}}]
`
	s.write(file, text)
	if out, errs, code := cutline(t, "", "config", "test", "--config", s.config); code != 0 || !strings.Contains(out, "1 test passed") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	s.write(file, strings.Replace(text, "[{position: {lat: 49.0003}}]", "[{position: {lat: 49.1}}]", 1))
	out, errs, code := cutline(t, "", "config", "test", "--config", s.config)
	if code != 1 || !strings.Contains(out, file+":2:1: FAIL a walker\n    want[0].position.lat: want 49.1, got 49.0003\n") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	if _, _, code := cutline(t, "", "config", "test", "--config", s.config, file+".none"); code != 2 {
		t.Errorf("a file that is not there: exit code %d, want 2", code)
	}
}

func TestConfigFmt_laysOutInPlaceAndSaysWhat(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "x.yaml")
	if err := os.WriteFile(file, []byte("a:\n    b: 1 # why\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _, code := cutline(t, "", "config", "fmt", "--check", file); code != 1 || strings.TrimSpace(out) != file {
		t.Errorf("--check: exit code %d, %s", code, out)
	}
	for _, want := range []string{file, ""} { // then there is nothing left to do
		if out, errs, code := cutline(t, "", "config", "fmt", file); code != 0 || strings.TrimSpace(out) != want {
			t.Errorf("exit code %d, %s%s", code, out, errs)
		}
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "a:\n  b: 1 # why\n" {
		t.Errorf("%s %v", text, err)
	}
}
