package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cutline/internal/record"
	"cutline/internal/score"
	"cutline/simulator"
)

// disturbed delays each line of a capture by up to most, one in twenty twice, and puts them in order of receipt.
func disturbed(t *testing.T, capture string, most time.Duration) (out []byte) {
	t.Helper()
	data, err := os.ReadFile(capture)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	var lines []record.Line
	for text := range bytes.Lines(data) {
		var l record.Line
		if err := json.Unmarshal(text, &l); err != nil {
			t.Fatal(err)
		}
		copies := 1
		if rng.IntN(20) == 0 {
			copies = 2
		}
		for range copies {
			late := l
			late.Received = l.Received.Add(time.Duration(rng.Int64N(int64(most))))
			lines = append(lines, late)
		}
	}
	slices.SortStableFunc(lines, func(a, b record.Line) int { return a.Received.Compare(b.Received) })
	for i := range lines {
		text, err := json.Marshal(&lines[i])
		if err != nil {
			t.Fatal(err)
		}
		out = append(append(out, text...), '\n')
	}
	return out
}

// crossings are the last word on each alert of a crossing.
func crossings(t *testing.T, events []byte) (alerts map[string]record.AlertEvent) {
	t.Helper()
	alerts = map[string]record.AlertEvent{}
	lines := bufio.NewScanner(bytes.NewReader(events))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e record.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		if e.Alert != nil && e.Alert.Kind == "crossing" {
			alerts[e.Alert.ID] = *e.Alert
		}
	}
	return alerts
}

// A network that delays every message by up to ten seconds, and so shuffles them, and brings one in twenty twice, costs no alert and
// makes none.
func TestSim_lateShuffledAndDoubledInputGivesTheSameAlerts(t *testing.T) {
	t.Parallel()
	program, dir := daemon(t), t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, args := range [][]string{
		{"run", "--scenario", "emerson", "--seed", "3", "--duration", "25m", "--capture", in("plain.jsonl"), "--truth", in("truth.jsonl")},
		{"config", "--scenario", "emerson", "--out", dir},
	} {
		if code, _, errs := sim(t, args...); code != 0 {
			t.Fatal(errs)
		}
	}
	if err := os.WriteFile(in("late.jsonl"), disturbed(t, in("plain.jsonl"), 10*time.Second), 0o600); err != nil {
		t.Fatal(err)
	}
	var alerts [2]map[string]record.AlertEvent
	var reports [2]score.Report
	for i, name := range []string{"plain", "late"} {
		events, err := exec.CommandContext(t.Context(), program, "replay", "--config", in("cutline.yaml"), in(name+".jsonl")).Output()
		if err != nil {
			t.Fatalf("replay: %v", err)
		}
		alerts[i] = crossings(t, events)
		if err := os.WriteFile(in(name+".events"), events, 0o600); err != nil {
			t.Fatal(err)
		}
		report(t, in("truth.jsonl"), in(name+".events"), in(name+".json"))
		data, err := os.ReadFile(in(name + ".json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &reports[i]); err != nil {
			t.Fatal(err)
		}
	}
	if len(alerts[0]) < 5 || len(alerts[1]) != len(alerts[0]) {
		t.Errorf("%d alerts, and %d of the same day late", len(alerts[0]), len(alerts[1]))
	}
	for id, plain := range alerts[0] {
		late, told := alerts[1][id]
		if !told && plain.Time.Sub(simulator.DefaultStart()) < time.Minute {
			continue // the way is not known to be slow yet: the same alert by another id, since their numbers are equal
		}
		if !told || late.Direction != plain.Direction || late.Count != plain.Count || math.Abs(late.Time.Sub(plain.Time).Seconds()) > 3 {
			t.Errorf("%s: %q is late %q", id, plain.Text, late.Text)
		}
	}
	a, b := &reports[0].Tracks, &reports[1].Tracks
	for _, f := range []struct {
		name        string
		plain, late float64
	}{
		{"completeness", a.Completeness, b.Completeness}, {"ambiguity", a.Ambiguity, b.Ambiguity}, {"IDF1", a.IDF1, b.IDF1},
	} {
		if math.Abs(f.late/f.plain-1) > .01 {
			t.Errorf("%s is %.4f, and late %.4f", f.name, f.plain, f.late)
		}
	}
}
