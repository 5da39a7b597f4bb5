package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"cutline/internal/score"
)

// Where nobody but one camera looks, 30 m high and 450 m from the line, ground that is even to 1 m tells who crosses.
func TestSim_oneCameraWithGroundFindsTheCrossings(t *testing.T) {
	t.Parallel()
	program, dir := daemon(t), t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	scenario := filepath.Join("testdata", "brook.yaml")
	for _, args := range [][]string{
		{"run", "--scenario", scenario, "--seed", "301", "--capture", in("day.jsonl"), "--truth", in("truth.jsonl")},
		{"config", "--scenario", scenario, "--out", dir},
	} {
		if code, _, errs := sim(t, args...); code != 0 {
			t.Fatal(errs)
		}
	}
	events, err := exec.CommandContext(t.Context(), program, "replay", "--config", in("cutline.yaml"), in("day.jsonl")).Output()
	if err != nil {
		t.Fatalf("replay: %v", err)
	}
	if err := os.WriteFile(in("events.jsonl"), events, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := sim(t, "score", "--truth", in("truth.jsonl"), "--events", in("events.jsonl"), "--json")
	if code != 0 {
		t.Fatal(errs)
	}
	var r score.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	c := &r.Crossings
	t.Logf("%d of %d found, %d false, %d double, NEES %.2f", c.Found, c.True, c.False, c.Duplicates, r.Tracks.NEES)
	if c.Found < c.True*9/10 || c.False+c.Duplicates > 1 || r.Tracks.NEES < .5 || r.Tracks.NEES > 1.5 {
		t.Errorf("%d of %d found, %d false, %d double, NEES %.2f", c.Found, c.True, c.False, c.Duplicates, r.Tracks.NEES)
	}
}
