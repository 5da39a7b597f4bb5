package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ran gives the differences of each test in a file, by its name.
func ran(t *testing.T, c Config, path string) map[string][]string {
	t.Helper()
	cases, err := Cases(path)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for i := range cases {
		differences, err := cases[i].Run(c.Sensors)
		if err != nil {
			t.Fatal(err)
		}
		all[cases[i].Name] = differences
	}
	return all
}

func TestCases_ofTheExamplesPass(t *testing.T) {
	t.Parallel()
	n := 0
	for _, top := range tops(t) {
		c := mustLoad(t, top)
		files, err := c.CaseFiles()
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for name, differences := range ran(t, c, file) {
				n++
				for _, d := range differences {
					t.Errorf("%s: %s: %s", file, name, d)
				}
			}
		}
	}
	if n < 4 {
		t.Errorf("%d tests: they are not found", n)
	}
}

func TestCases_tellEachDifference(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x_test.yaml")
	text := `tests:
  - name: all is well
    sensor: twr-01
    given: {time: "2026-11-24T08:12:03Z", position: {lat: 49.000312, lon: -97.24}, class: person}
    want: [{position: {lat: 49.0003, lon: -97.24}, class: person, track: null}]
  - name: places differ
    sensor: twr-01
    given: '{"time":"2026-11-24T08:12:03Z","position":{"lat":49.00039,"lon":-97.24}}'
    want: [{position: {lat: 49.0003, lon: -97.24}, class: animal}]
  - name: more than wanted
    sensor: twr-01
    given:
      - {time: "2026-11-24T08:12:03Z", position: {lat: 49, lon: -97.24}}
      - {time: "2026-11-24T08:12:03Z", position: {lat: 91, lon: -97}}
    want: [{}, {}]
  - name: another error
    sensor: twr-01
    given: {time: "2026-11-24T08:12:03Z", position: {lat: 91, lon: -97}}
    want_error: [position.lon]
  - name: the right error
    sensor: twr-01
    given_base64: eyJ0aW1lIjoieWVzdGVyZGF5In0=
    want_error: "time:"
  - name: no status
    sensor: twr-01
    given: {time: "2026-11-24T08:12:03Z", position: {lat: 49, lon: -97}}
    want: [{}]
    want_status: {state: online}
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got := ran(t, mustLoad(t, "testdata/good/cutline.yaml"), path)
	for name, want := range map[string][]string{
		"all is well":      nil,
		"places differ":    {"want[0].position.lat: want 49.0003, got 49.00039", "want[0].class: want animal, got nothing"},
		"more than wanted": {"want: want 2 of them, got 1", "want_error: want none of this, got [1].position.lat"},
		"another error":    {`want_error[0]: want "position.lon", got position.lat`, "want_error: want none of this, got position.lat"},
		"the right error":  nil,
		"no status":        {"want_status: want a status, got none"},
	} {
		if len(got[name]) != len(want) {
			t.Errorf("%s: %q, want %q", name, got[name], want)
			continue
		}
		for i := range want {
			if !strings.HasPrefix(got[name][i], want[i]) {
				t.Errorf("%s: %q, want %q", name, got[name][i], want[i])
			}
		}
	}
}

func TestCases_aMistakeInATestIsToldWithItsLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"tests:\n  - name: x\n    sensr: twr-01\n":                     "x_test.yaml:3:1: field sensr",
		"tests:\n  - name: x\n    sensor: twr-01\n    given: {}\n":     `:2:1: test "x": nothing is wanted`,
		"tests:\n  - name: x\n    want: []\n":                          "nothing is given",
		"tests:\n  - {name: x, given_file: nowhere.json, want: []}\n":  "given_file",
		"tests:\n  - {name: x, given: '1', want: [], received: now}\n": "now",
		"tests: [\n": "not",
	} {
		path := filepath.Join(t.TempDir(), "x_test.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Cases(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if _, err := (&Case{Sensor: "twr-1"}).Run(mustLoad(t, "testdata/good/cutline.yaml").Sensors); err == nil ||
		!strings.Contains(err.Error(), `did you mean "twr-01"?`) {
		t.Errorf("a sensor that is not there: %v", err)
	}
}
