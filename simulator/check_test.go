package simulator

import (
	"os"
	"strings"
	"testing"
)

// edit is the emerson scenario with one text in place of another.
func edit(t *testing.T, pairs ...string) []byte {
	t.Helper()
	data, err := os.ReadFile("scenarios/emerson.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the scenario has no %q to edit", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return []byte(text)
}

// lineOfText is the line on which text stands first.
func lineOfText(t *testing.T, data []byte, text string) string {
	t.Helper()
	before, _, found := strings.Cut(string(data), text)
	if !found {
		t.Fatalf("no %q", text)
	}
	return "day.yaml:" + itoa(1+strings.Count(before, "\n")) + ":"
}

func TestParse_namesEveryFaultWithItsLine(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		at       string // text that stands on the line to be named
		want     string
	}{
		"an unknown key":            {"    scan_period: 2s", "    scan_periode: 2s", "scan_periode", "unknown key scan_periode"},
		"a duration without a unit": {"duration: 20m", "duration: 20", "duration: 20", `"20" is no duration`},
		"a word for a number":       {"ground_m: 213 ", "ground_m: high ", "ground_m", "cannot unmarshal"},
		"a pair of three":           {"speed_mps: [7, 9]", "speed_mps: [7, 8, 9]", "[7, 8, 9]", "a pair like"},
		"a pair the wrong way":      {"speed_mps: [7, 9]", "speed_mps: [9, 7]", "[9, 7]", "the smaller comes first"},
		"an unknown kind":           {"kind: drone", "kind: balloon", "kind: balloon", `"balloon" is none of radar`},
		"an unknown intent":         {"intent: along", "intent: stroll", "intent: stroll", `"stroll" is none of cross`},
		"an unknown class":          {"class: animal", "class: deer", "class: deer", `"deer" is none of person`},
		"a sensor twice":            {"id: cam-01", "id: twr-01", "id: twr-01\n    group: tower-01\n    kind: camera", "given twice"},
		"a carrier who is not there": {
			"carrier: patrol ", "carrier: nobody ", "carrier: nobody", `no actor "nobody"`,
		},
		"a period of nothing":     {"scan_period: 2s", "scan_period: 1us", "scan_period: 1us", "at least 10ms"},
		"a string without end":    {"count: 12", "count: 12000000", "count: 12000000", "1 to 1000"},
		"a million deer":          {"count: 4\n    from: any", "count: 1000000\n    from: any", "id: deer ", "at most 100000"},
		"a certain false alarm":   {"false_alarm: 1.0e-6", "false_alarm: 1", "false_alarm: 1", "outside (0, 1)"},
		"a probability above one": {"detection_probability: 0.75", "detection_probability: 1.75", "1.75", "outside (0, 1]"},
		"a box turned round":      {"west: -97.34", "west: -96.34", "west: -96.34", "are no box"},
		"a crossing from nowhere": {"approach_m: [250, 300]", "approach_m: 0", "approach_m: 0", "must be given and above zero"},
		"a link of no shape":      {"delay: 120ms", "shape: bell", "shape: bell", `"bell" is none of exponential`},
		"more than all doubled":   {"delay: 120ms", "duplicate: 1.5", "duplicate: 1.5", "outside 0 to 1"},
		"an outage that ends before it begins": {
			"delay: 120ms", "outages: [[5m, 3m]]", "outages: [[5m, 3m]]", "the earlier first",
		},
		"an unknown fault": {
			"max_silence: 120s", "faults: [{kind: tired, at: 3m}]", "kind: tired", `"tired" is none of silent`,
		},
		"a drone on a mast that turns": {
			"max_silence: 120s", "faults: [{kind: turned, at: 3m, turn_deg: 3}]", "kind: turned", "has no mast",
		},
	} {
		t.Run(name, func(t *testing.T) {
			data := edit(t, c.from, c.to)
			_, err := Parse("day.yaml", data)
			if err == nil {
				t.Fatal("no fault")
			}
			if want := lineOfText(t, data, c.at); !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s … %s", err, want, c.want)
			}
		})
	}
}

func TestParse_namesTheColumn(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"name: a\nduration:   10\n", "day.yaml:2:13: "},
		{"name: a\nsectro: {id: x}\n", "day.yaml:2:1: unknown key sectro"},
		{"name: a\nsector: {idd: x}\n", "day.yaml:2:10: unknown key idd"},
		{"name: a\nground_m:  high\n", "day.yaml:2:12: "},
		{"name: a\nsensors: [{id: a, kind: balloon}]\n", "day.yaml:2:25: sensors[0].kind: "},
		{"name: a\nactors: [{id: a, at: [2s, 1s]}]\n", "day.yaml:2:22: actors[0].at: "},
	} {
		_, err := Parse("day.yaml", []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v\nwant %s", c.text, err, c.want)
		}
	}
}

func TestParse_tellsWhatCannotBeReadAndWhatCannotBeMeantTogether(t *testing.T) {
	_, err := Parse("day.yaml", edit(t, "duration: 20m", "duration: 20", "kind: drone", "kind: balloon"))
	if err == nil || strings.Count(err.Error(), "\n") != 1 || !strings.Contains(err.Error(), "balloon") {
		t.Errorf("got %v, want two faults", err)
	}
}

func TestParse_tellsAllFaultsAtOnce(t *testing.T) {
	_, err := Parse("day.yaml", edit(t, "kind: drone", "kind: balloon", "intent: along", "intent: stroll", "duration: 20m", "duration: 0s"))
	if n := len(strings.Split(err.Error(), "\n")); n < 3 {
		t.Errorf("%d lines, want 3 or more: %v", n, err)
	}
	data := edit(t, "duration: 20m", "duration: 20", "    group: tower-01", "    gruop: tower-01", "ground_m: 213", "ground_m: x")
	_, err = Parse("day.yaml", data)
	if n := len(strings.Split(err.Error(), "\n")); n != 3 {
		t.Errorf("%d lines, want 3: %v", n, err)
	}
}

func TestParse_brokenYAMLIsAFaultWithItsLine(t *testing.T) {
	_, err := Parse("day.yaml", []byte("name: a\nactors: [\n"))
	if err == nil || !strings.HasPrefix(err.Error(), "day.yaml:") {
		t.Errorf("got %v, want a fault of day.yaml", err)
	}
}

func FuzzParse(f *testing.F) {
	data, err := os.ReadFile("scenarios/emerson.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("sensors: [{id: a, kind: radar, pose: {lat: 1}}]\nactors: [{at: [1s, 2s], members: 2}]\n"))
	f.Add([]byte("x: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := Parse("day.yaml", data); err == nil && s.Name == "" {
			t.Error("a scenario without a name has no fault")
		}
	})
}

func TestLoad_saysWhichScenariosThereAre(t *testing.T) {
	_, err := Load("nowhere")
	if err == nil || !strings.Contains(err.Error(), "emerson") {
		t.Errorf("got %v, want the names of the scenarios", err)
	}
	if _, err := Load("./nowhere.yaml"); err == nil {
		t.Error("a file that is not there was loaded")
	}
}

func TestLoad_readsAFileAndTheBorderBesideIt(t *testing.T) {
	s, err := Load("scenarios/emerson.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.border) == 0 || s.Name != "emerson" {
		t.Errorf("got %q with %d bytes of border", s.Name, len(s.border))
	}
}
