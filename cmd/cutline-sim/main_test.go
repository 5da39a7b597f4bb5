package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cutline/internal/score"
)

// sim runs a command line as main does.
func sim(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	code = exit(root, root.ExecuteContext(t.Context()))
	return code, stdout.String(), stderr.String()
}

func TestSim_wrongCommandLinesEndWithTwoAndSayWhy(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no scenario":        {[]string{"run", "--capture", "-"}, "--scenario is missing"},
		"nothing to do":      {[]string{"run", "--scenario", "emerson"}, "nothing to do"},
		"an unknown flag":    {[]string{"run", "--sede", "3"}, "--sede"},
		"an unknown command": {[]string{"walk"}, `unknown command "walk"`},
		"a stray argument":   {[]string{"run", "emerson"}, `"emerson"`},
		"no out":             {[]string{"config", "--scenario", "emerson"}, "--out"},
		"no events":          {[]string{"score", "--truth", "t"}, "--events"},
		"a word for a seed":  {[]string{"run", "--seed", "first"}, "--seed"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := sim(t, c.args...)
			if code != 2 || !strings.Contains(errs, c.want) || out != "" {
				t.Errorf("code %d, output %q, errors %q: want 2 and %q", code, out, errs, c.want)
			}
		})
	}
}

func TestSim_whatFailsEndsWithOne(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("name: x\nduratoin: 3m\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no such scenario": {[]string{"run", "--scenario", "nowhere", "--capture", "-"}, "emerson"},
		"a wrong scenario": {[]string{"run", "--scenario", bad, "--capture", "-"}, "bad.yaml:2:1: unknown key duratoin"},
		"no such truth":    {[]string{"score", "--truth", filepath.Join(dir, "none"), "--events", "-"}, "none"},
		"a wrong folder":   {[]string{"run", "--scenario", "emerson", "--capture", filepath.Join(dir, "none", "c")}, "none"},
		"no broker":        {[]string{"run", "--scenario", "emerson", "--broker", "tcp://127.0.0.1:1"}, "127.0.0.1:1"},
		"a speed too high": {[]string{"run", "--scenario", "emerson", "--broker", "tcp://127.0.0.1:1", "--speed", "60"}, "outside 0.1 to 10"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, errs := sim(t, c.args...)
			if code != 1 || !strings.Contains(errs, c.want) {
				t.Errorf("code %d, errors %q: want 1 and %q", code, errs, c.want)
			}
		})
	}
}

func TestSim_runConfigAndScoreGoTogether(t *testing.T) {
	dir := t.TempDir()
	capture, truth := filepath.Join(dir, "c.jsonl"), filepath.Join(dir, "t.jsonl")
	code, out, errs := sim(t, "run", "--scenario", "emerson", "--seed", "3", "--duration", "1m", "--capture", capture, "--truth", truth)
	if code != 0 || out != "" || errs != "" {
		t.Fatalf("run: code %d, %q, %q", code, out, errs)
	}
	_, same, _ := sim(t, "run", "--scenario", "emerson", "--seed", "3", "--duration", "1m", "--capture", "-")
	if data, err := os.ReadFile(capture); err != nil || string(data) != same || same == "" {
		t.Errorf("the file and standard output differ: %v", err)
	}
	if code, _, errs := sim(t, "config", "--scenario", "emerson", "--out", filepath.Join(dir, "site")); code != 0 {
		t.Errorf("config: code %d, %q", code, errs)
	}
	for _, name := range []string{"cutline.yaml", "borders/emerson.geojson"} {
		if _, err := os.Stat(filepath.Join(dir, "site", name)); err != nil {
			t.Error(err)
		}
	}
	events := filepath.Join(dir, "e.jsonl")
	if err := os.WriteFile(events, []byte("rubbish\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs = sim(t, "score", "--truth", truth, "--events", events, "--json")
	var r score.Report
	if err := json.Unmarshal([]byte(out), &r); code != 0 || err != nil || r.Crossings.True != 1 || r.Crossings.Found != 0 {
		t.Errorf("score: code %d, %v, %s", code, err, out)
	}
	if !strings.Contains(errs, "line 1") {
		t.Errorf("the broken line is not named: %q", errs)
	}
	if code, out, _ := sim(t, "score", "--truth", truth, "--events", events, "--strict"); code != 1 || !strings.Contains(out, "0 of 1 found") {
		t.Errorf("score --strict: code %d, %s", code, out)
	}
}

func TestSim_aSpeedWithoutABrokerIsSaidToHaveNoEffect(t *testing.T) {
	code, fast, errs := sim(t, "run", "--scenario", "emerson", "--duration", "5s", "--speed", "8", "--capture", "-")
	_, plain, _ := sim(t, "run", "--scenario", "emerson", "--duration", "5s", "--capture", "-")
	if code != 0 || !strings.Contains(errs, "no effect") || fast != plain {
		t.Errorf("code %d, %q", code, errs)
	}
}

func TestSim_everyCommandHasAnExample(t *testing.T) {
	for _, c := range append(newRoot().Commands(), newRoot()) {
		if c.Example == "" && c.Name() != "completion" && c.Name() != "help" {
			t.Errorf("%s has no example", c.Name())
		}
	}
}
