package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// played is a few minutes of emerson: its truth, and the events that the daemon's own replay makes of it.
func played(t *testing.T, program string) (truth, events string) {
	t.Helper()
	dir := t.TempDir()
	truth, events = filepath.Join(dir, "t.jsonl"), filepath.Join(dir, "e.jsonl")
	capture := filepath.Join(dir, "c.jsonl")
	day := []string{"run", "--scenario", "emerson", "--seed", "3", "--duration", "5m", "--capture", capture, "--truth", truth}
	if code, _, errs := sim(t, day...); code != 0 {
		t.Fatal(errs)
	}
	if code, _, errs := sim(t, "config", "--scenario", "emerson", "--out", dir); code != 0 {
		t.Fatal(errs)
	}
	out, err := exec.CommandContext(t.Context(), program, "replay", "--config", filepath.Join(dir, "cutline.yaml"), capture).Output()
	if err != nil {
		t.Fatalf("replay: %v", err)
	}
	if err := os.WriteFile(events, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return truth, events
}

// daemon builds the program whose replay is judged.
func daemon(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the daemon")
	}
	program := filepath.Join(t.TempDir(), "cutline")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "cutline/cmd/cutline").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return program
}

func TestSim_judgesARunInEveryForm(t *testing.T) {
	t.Parallel()
	program := daemon(t)
	truth, events := played(t, program)
	dir := filepath.Dir(events)

	svg, page := filepath.Join(dir, "map.svg"), filepath.Join(dir, "page.html")
	if code, _, errs := sim(t, "plot", "--truth", truth, "--events", events, "--scenario", "emerson", "--out", svg); code != 0 {
		t.Fatalf("plot: %s", errs)
	}
	wellFormed(t, svg, "twr-01", "crossings found")
	code, out, errs := sim(t, "score", "--truth", truth, "--events", events, "--scenario", "emerson", "--html", page)
	if code != 0 || !strings.Contains(out, "SIAP") {
		t.Fatalf("score: code %d, %s%s", code, out, errs)
	}
	if text, err := os.ReadFile(page); err != nil || !strings.Contains(string(text), "<svg") || strings.Contains(string(text), "http://cdn") {
		t.Errorf("the page has no map of its own: %v", err)
	}

	whole, less := filepath.Join(dir, "whole.json"), filepath.Join(dir, "less.json")
	report(t, truth, events, whole)
	text, err := os.ReadFile(events)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, `"type":"alert"`) {
			kept = append(kept, line)
		}
	}
	mute := filepath.Join(dir, "mute.jsonl")
	if err := os.WriteFile(mute, []byte(strings.Join(kept, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	report(t, truth, mute, less)
	if code, out, errs := sim(t, "score", "--compare", whole, less); code != 0 || !strings.Contains(out, "recall") {
		t.Errorf("a run without alerts compares as: code %d\n%s%s", code, out, errs)
	}
	if _, out, _ := sim(t, "score", "--compare", whole, whole); strings.Contains(out, "worse") {
		t.Errorf("a run compared with itself:\n%s", out)
	}
}

func report(t *testing.T, truth, events, to string) {
	t.Helper()
	code, out, errs := sim(t, "score", "--truth", truth, "--events", events, "--scenario", "emerson", "--json")
	if code != 0 {
		t.Fatal(errs)
	}
	if err := os.WriteFile(to, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
}

func wellFormed(t *testing.T, file string, holds ...string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dec := xml.NewDecoder(strings.NewReader(string(text)))
	for err == nil {
		_, err = dec.Token()
	}
	if !errors.Is(err, io.EOF) {
		t.Errorf("%s: %v", file, err)
	}
	for _, want := range holds {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s does not show %q", file, want)
		}
	}
}

func TestSim_suiteTablesScenariosAndSeeds(t *testing.T) {
	t.Parallel()
	program := daemon(t)
	code, out, errs := sim(t, "suite", "--cutline", program, "--scenarios", "emerson,decoy", "--seeds", "2", "--duration", "3m",
		"--commit", "abc1234")
	if code != 0 {
		t.Fatal(errs)
	}
	for _, want := range []string{"| emerson |", "| decoy |", "abc1234", "## Tracks"} {
		if !strings.Contains(out, want) {
			t.Errorf("the table has no %q:\n%s", want, out)
		}
	}
}

func TestSim_brokenLinesAreCountedAndStrictEndsWithOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	truth, events := filepath.Join(dir, "t.jsonl"), filepath.Join(dir, "e.jsonl")
	if code, _, errs := sim(t, "run", "--scenario", "emerson", "--duration", "30s", "--truth", truth); code != 0 {
		t.Fatal(errs)
	}
	if err := os.WriteFile(events, []byte("{\"type\":\"track\"\nnonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, strict := range []bool{false, true} {
		args := []string{"score", "--truth", truth, "--events", events}
		if strict {
			args = append(args, "--strict")
		}
		code, _, errs := sim(t, args...)
		if (code == 1) != strict || !strings.Contains(errs, "e.jsonl") || !strings.Contains(errs, "2") {
			t.Errorf("strict %v: code %d, %q: want the file and the number of broken lines", strict, code, errs)
		}
	}
}
