package demo

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cutline/internal/app"
	"cutline/internal/influx"
	"cutline/internal/record"
	"cutline/internal/screen"
	"cutline/internal/testenv"
	"cutline/internal/web/client"
	"cutline/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// output is written by the demo and read by the test.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// TestRun_showsAnAlertAndCountsThePoints is the whole demo with a real InfluxDB: a hurried day of half a minute.
func TestRun_showsAnAlertAndCountsThePoints(t *testing.T) {
	if testing.Short() {
		t.Skip("takes about 30 s")
	}
	db := testenv.Influx(t)
	if db.Server() == nil {
		t.Skip("the demo's database is made on the test's own server only")
	}
	if err := db.Server().CreateDatabase(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	out := new(output)
	o := Options{
		Scenario: "emerson", Seed: 1, Speed: 2, Duration: 42 * time.Second, HTTP: "127.0.0.1:0", Data: t.TempDir(), Influx: db.URL(), Out: out,
	}
	if err := Run(t.Context(), o); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text := out.String()
	for _, want := range []string{
		"scenario emerson, seed 1, 19 sensors", "feeds 19 of 19 up", "  ALERT   ", "SIMULATED", "crossings    1 of 1 found",
		"the first alert came ", " 0 rejects", "each with --daemon 127.0.0.1:", db.URL(),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") || strings.Contains(text, "\r") {
		t.Errorf("escapes for a terminal in what is none:\n%q", text)
	}
	sent := figures(t, text, `(\d+) messages sent, (\d+) acknowledged`)
	if sent[0] == 0 || sent[0] != sent[1] {
		t.Errorf("%d sent, %d acknowledged", sent[0], sent[1])
	}
	for _, measurement := range []string{"detection", "track", "crossing", "alert", "sensor", "coverage"} {
		if n := figures(t, text, `(\d+)  `+measurement+`\n`); n[0] == 0 {
			t.Errorf("no points of %s", measurement)
		}
	}
}

func figures(t *testing.T, text, pattern string) (all []int) {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no %s in\n%s", pattern, text)
	}
	for _, digits := range found[1:] {
		n, err := strconv.Atoi(digits)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
	}
	return all
}

// TestRun_anInterruptSumsUp ends the demo as Ctrl-C does, without a database.
func TestRun_anInterruptSumsUp(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the daemon")
	}
	out := new(output)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	dir := t.TempDir()
	go func() {
		ended <- Run(ctx, Options{Scenario: "emerson", Seed: 1, Speed: 1, HTTP: "127.0.0.1:0", Data: dir, Influx: "off", Out: out})
	}()
	waitFor(t, func() bool { return strings.Contains(out.String(), "feeds 19 of 19 up") })
	cancel()
	if err := <-ended; err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"off: nothing is written to a database", "What was seen, against the truth", "InfluxDB was off: no points were written.",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	for _, kept := range []string{"cutline.log", "journal", filepath.Join("config", "cutline.yaml")} {
		if _, err := os.Stat(filepath.Join(dir, kept)); err != nil {
			t.Errorf("--data keeps no %s: %v", kept, err)
		}
	}
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatal("not within 30 s")
		}
		select {
		case <-t.Context().Done():
			t.Fatal("the test has ended")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func TestRun_saysWhatIsWrongBeforeItStarts(t *testing.T) {
	t.Setenv("CUTLINE_INFLUXD", "")
	for name, tc := range map[string]struct {
		o    Options
		want string
	}{
		"scenario": {Options{Scenario: "nowhere", Influx: "off"}, `no scenario "nowhere"`},
		"influxd":  {Options{Scenario: "emerson"}, "make bin/influxd"},
		"data":     {Options{Scenario: "emerson", Influx: "off", Data: "/dev/null/kept"}, "make --data"},
	} {
		t.Run(name, func(t *testing.T) {
			tc.o.Out = io.Discard
			if err := Run(t.Context(), tc.o); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

func TestUsualOrFree_takesAnotherPortIfTheUsualOneIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if got := usualOrFree(l.Addr().String()); got != "127.0.0.1:0" {
		t.Errorf("%s is taken, got %s", l.Addr(), got)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got := usualOrFree(l.Addr().String()); got != l.Addr().String() {
		t.Errorf("%s is free, got %s", l.Addr(), got)
	}
}

func shown(t *testing.T, o Options) (*show, *output) {
	t.Helper()
	scenario, err := simulator.Load("emerson")
	if err != nil {
		t.Fatal(err)
	}
	out := new(output)
	o.Out = out
	s := newShow(o, scenario, 19)
	s.began = s.began.Add(-time.Minute)
	return s, out
}

func TestShow_theLineOfFiguresFitsTheTerminal(t *testing.T) {
	s, out := shown(t, Options{Terminal: true, Columns: func() int { return 40 }})
	s.showFigures(4)
	s.showFigures(5)
	s.say("done")
	lines := strings.Split(out.String(), "\r\x1b[K")
	if len(lines) != 4 || lines[3] != "done\n" {
		t.Fatalf("%q", lines)
	}
	for _, line := range lines[1:3] {
		if n := len([]rune(line)); n != 40 || strings.Contains(line, "\n") {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}

func TestShow_saysOnceWhatIsWrongAndOnceThatItIsWell(t *testing.T) {
	s, out := shown(t, Options{})
	away := []client.Component{{Name: "feed", OK: true}, {Name: "influx", Message: "is away"}}
	well := []client.Component{{Name: "feed", OK: true}, {Name: "influx", OK: true, Message: "has taken 7 points"}}
	for _, all := range [][]client.Component{well, away, away, well, well} {
		s.components(all)
	}
	if text := out.String(); strings.Count(text, "\n") != 2 || !strings.Contains(text, "system  influx: is away\n") ||
		!strings.Contains(text, "influx: well again") {
		t.Errorf("got\n%s", text)
	}
}

func TestShow_tellsAnAlertAgainOnlyIfItMeansMore(t *testing.T) {
	s, out := shown(t, Options{})
	a := record.AlertEvent{ID: "a1", Kind: "crossing", State: "unacknowledged", Level: "probable", Priority: "high", Change: "new", Count: 1}
	tell := func(change func(*record.AlertEvent)) int {
		before := strings.Count(out.String(), "id a1")
		change(&a)
		next := a
		s.event(&record.Event{Type: record.AlertType, Alert: &next})
		return strings.Count(out.String(), "id a1") - before
	}
	for _, step := range []struct {
		name   string
		change func(*record.AlertEvent)
		want   int
	}{
		{"new", func(*record.AlertEvent) {}, 1},
		{"more evidence", func(a *record.AlertEvent) { a.Change, a.Confidence = "update", .98 }, 0},
		{"confirmed", func(a *record.AlertEvent) { a.Level = "confirmed" }, 1},
		{"two of them", func(a *record.AlertEvent) { a.Count = 2 }, 1},
		{"acknowledged", func(a *record.AlertEvent) { a.State = "acknowledged" }, 1},
		{"ended", func(a *record.AlertEvent) { a.Change = "end" }, 0},
	} {
		if got := tell(step.change); got != step.want {
			t.Errorf("%s: told %d times, want %d", step.name, got, step.want)
		}
	}
	if s.raised() != 1 {
		t.Errorf("%d alerts were raised, want 1", s.raised())
	}
}

func TestShow_openingNamesWhatCanBeReached(t *testing.T) {
	s, out := shown(t, Options{Seed: 7, Style: screen.Plain})
	db := influx.Defaults()
	db.URL, db.Bucket = "http://127.0.0.1:8086", bucket
	s.opening(app.Endpoints{HTTP: "http://127.0.0.1:8080", MQTT: "tcp://127.0.0.1:1883"}, &db, "/tmp/x")
	for _, want := range []string{"seed 7", "tcp://127.0.0.1:1883", "http://127.0.0.1:8080", db.URL, bucket, "/tmp/x", "cutline status"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out.String(), "--daemon") {
		t.Error("the usual address needs no --daemon")
	}
}
