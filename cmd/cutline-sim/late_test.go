package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cutline/internal/record"
	"cutline/internal/score"
	"cutline/simulator"
)

// disturbed delivers each line of a capture once for each of its delays, and puts them in order of receipt.
func disturbed(t *testing.T, capture string, delays func(l *record.Line) []time.Duration) (out []byte) {
	t.Helper()
	data, err := os.ReadFile(capture)
	if err != nil {
		t.Fatal(err)
	}
	var lines []record.Line
	for text := range bytes.Lines(data) {
		var l record.Line
		if err := json.Unmarshal(text, &l); err != nil {
			t.Fatal(err)
		}
		for _, delay := range delays(&l) {
			late := l
			late.Received = l.Received.Add(delay)
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

// A day is what a run in time and the same run with delays have told.
type day struct {
	alerts  [2]map[string]record.AlertEvent
	reports [2]score.Report
}

func lateDay(t *testing.T, within float64, delays func(l *record.Line) []time.Duration) (d day) {
	t.Helper()
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
	if err := os.WriteFile(in("late.jsonl"), disturbed(t, in("plain.jsonl"), delays), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"plain", "late"} {
		events, err := exec.CommandContext(t.Context(), program, "replay", "--config", in("cutline.yaml"), in(name+".jsonl")).Output()
		if err != nil {
			t.Fatalf("replay: %v", err)
		}
		d.alerts[i] = crossings(t, events)
		if err := os.WriteFile(in(name+".events"), events, 0o600); err != nil {
			t.Fatal(err)
		}
		report(t, in("truth.jsonl"), in(name+".events"), in(name+".json"))
		data, err := os.ReadFile(in(name + ".json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &d.reports[i]); err != nil {
			t.Fatal(err)
		}
	}
	if len(d.alerts[0]) < 5 || len(d.alerts[1]) != len(d.alerts[0]) {
		t.Errorf("%d alerts, and %d of the same day late", len(d.alerts[0]), len(d.alerts[1]))
	}
	a, b := &d.reports[0].Tracks, &d.reports[1].Tracks
	for _, f := range []struct {
		name        string
		plain, late float64
	}{
		{"completeness", a.Completeness, b.Completeness}, {"ambiguity", a.Ambiguity, b.Ambiguity}, {"IDF1", a.IDF1, b.IDF1},
	} {
		if math.Abs(f.late/f.plain-1) > within {
			t.Errorf("%s is %.4f, and late %.4f", f.name, f.plain, f.late)
		}
	}
	return d
}

func sameCrossing(a, b *record.AlertEvent) bool {
	return a.Direction == b.Direction && a.Count == b.Count && math.Abs(a.Time.Sub(b.Time).Seconds()) <= 3
}

// A network that delays every message by up to ten seconds, and so shuffles them, and brings one in twenty twice, costs no alert and
// makes none.
func TestSim_lateShuffledAndDoubledInputGivesTheSameAlerts(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	d := lateDay(t, .01, func(*record.Line) []time.Duration {
		delays := make([]time.Duration, 1, 2)
		if rng.IntN(20) == 0 {
			delays = delays[:2]
		}
		for i := range delays {
			delays[i] = time.Duration(rng.Int64N(10e9))
		}
		return delays
	})
	for id, plain := range d.alerts[0] {
		late, told := d.alerts[1][id]
		if !told && plain.Time.Sub(simulator.DefaultStart()) < time.Minute {
			continue // the way is not known to be slow yet: the same alert by another id, since their numbers are equal
		}
		if !told || !sameCrossing(&plain, &late) {
			t.Errorf("%s: %q is late %q", id, plain.Text, late.Text)
		}
	}
}

// One of two radars on a link of eight seconds, and all others in time: the same crossings, and tracks nearly as good: whom that radar
// alone sees is shown as gone for seconds now and then, until its data comes. Tracks begin with what came first, so the ids are others.
func TestSim_aRadarWhoseLinkIsSlowSeesTheSameCrossings(t *testing.T) {
	t.Parallel()
	d := lateDay(t, .04, func(l *record.Line) []time.Duration {
		if strings.Contains(l.Topic, "/twr-01/") {
			return []time.Duration{8 * time.Second}
		}
		return []time.Duration{0}
	})
	told := slices.Collect(maps.Values(d.alerts[1]))
	for id, plain := range d.alerts[0] {
		if !slices.ContainsFunc(told, func(late record.AlertEvent) bool { return sameCrossing(&plain, &late) }) {
			t.Errorf("%s: %q is not told", id, plain.Text)
		}
	}
	if a, b := d.reports[0].Crossings.Recall, d.reports[1].Crossings.Recall; a != b {
		t.Errorf("recall is %v, and late %v", a, b)
	}
}
