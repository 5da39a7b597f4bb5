package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cutline/internal/testenv"
	"cutline/simulator"
	"cutline/simulator/load"
)

func TestScenarios_namesEachOneWithASentence(t *testing.T) {
	code, out, errs := sim(t, "scenarios")
	if code != 0 || errs != "" || strings.Count(out, "\n") != len(simulator.Names()) {
		t.Errorf("code %d, %q, %q", code, out, errs)
	}
	for line := range strings.Lines(out) {
		name, about, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" || len(strings.Fields(about)) < 4 {
			t.Errorf("%q is no name with a sentence", line)
		}
	}
}

func TestLoad_wrongCommandLinesEndWithTwoAndNameEveryFlag(t *testing.T) {
	for name, c := range map[string]struct{ args, want string }{
		"nothing":               {"load", "--broker is missing"},
		"three wrong ones":      {"load --broker tcp://x --sensors 0 --rate -1 --qos 2", "--sensors: 0|--rate: -1|--qos: 2"},
		"no URL":                {"load --broker localhost:1883", "want tcp://host:1883"},
		"a word for a rate":     {"load --broker tcp://x --rate fast", "--rate"},
		"a number for a time":   {"load --broker tcp://x --duration 60", "--duration"},
		"a stray argument":      {"load 100", `"100"`},
		"verify nothing":        {"verify", "--ledger is missing"},
		"verify nowhere":        {"verify --ledger l", "--influx or --capture"},
		"verify at two places":  {"verify --ledger l --influx http://h --bucket b --capture c", "--influx or --capture"},
		"verify no bucket":      {"verify --ledger l --influx http://h:1", "--bucket is missing"},
		"verify an odd URL":     {"verify --ledger l --influx h:8086 --bucket b", "want http://"},
		"verify a lost flag":    {"verify --ledger l --capture c --bucket b", "go with --influx"},
		"verify a negative one": {"verify --ledger l --influx http://h:1 --bucket b --wait -1s", "--wait"},
		"scenarios of what":     {"scenarios emerson", `"emerson"`},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := sim(t, strings.Fields(c.args)...)
			for want := range strings.SplitSeq(c.want, "|") {
				if code != 2 || out != "" || !strings.Contains(errs, want) {
					t.Errorf("code %d, output %q, errors %q: want 2 and %q", code, out, errs, want)
				}
			}
		})
	}
}

func TestLoad_whatFailsEndsWithOne(t *testing.T) {
	dir := t.TempDir()
	none, bad := filepath.Join(dir, "none"), filepath.Join(dir, "bad")
	if err := os.WriteFile(bad, []byte("what\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ args, want string }{
		"no broker":            {"load --broker tcp://127.0.0.1:1", "127.0.0.1:1"},
		"no place":             {"load --broker tcp://127.0.0.1:1 --ledger " + filepath.Join(none, "l"), "create ledger"},
		"no folder":            {"load --config-out /dev/null/x", "write configuration"},
		"no password":          {"load --broker tcp://127.0.0.1:1 --password-file " + none, "--password-file"},
		"no ledger":            {"verify --capture c --ledger " + none, "none"},
		"a ledger that is not": {"verify --capture c --ledger " + bad, "line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			if code, _, errs := sim(t, strings.Fields(c.args)...); code != 1 || !strings.Contains(errs, c.want) {
				t.Errorf("code %d, errors %q: want 1 and %q", code, errs, c.want)
			}
		})
	}
}

func TestLoad_configOutWritesAndPublishesNothing(t *testing.T) {
	site := filepath.Join(t.TempDir(), "site")
	code, out, errs := sim(t, "load", "--broker", "tcp://127.0.0.1:1", "--sensors", "3", "--config-out", site)
	if code != 0 || out != "" || !strings.Contains(errs, "wrote ") {
		t.Fatalf("code %d, %q, %q", code, out, errs)
	}
	text, err := os.ReadFile(filepath.Join(site, "cutline.yaml"))
	if err != nil || strings.Count(string(text), "kind: radar") != 3 || !strings.Contains(string(text), `"tcp://127.0.0.1:1"`) {
		t.Errorf("%v, %s", err, text)
	}
}

func TestVerify_endsWithOneIfOneIsMissingAndNamesIt(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a broker")
	}
	broker := testenv.Mosquitto(t, testenv.Broker{})
	dir := t.TempDir()
	ledger, capture := filepath.Join(dir, "ledger"), filepath.Join(dir, "capture")
	code, out, errs := sim(t, "load", "--broker", broker.URL(), "--sensors", "4", "--rate", "0", "--messages", "400", "--ledger", ledger)
	if code != 0 || out != "" || !strings.Contains(errs, "400 acknowledged") || strings.ContainsAny(errs, "\r\x1b") {
		t.Fatalf("code %d, %q, %q", code, out, errs)
	}
	l, err := openLedger(ledger)
	if err != nil || l.Acked() != 400 {
		t.Fatalf("%v, %d", err, l.Acked())
	}
	var all strings.Builder // every id that the ledger knows
	for _, of := range missing(t, ledger) {
		for _, r := range of.Missing {
			for seq := r.From; seq <= r.To; seq++ {
				fmt.Fprintf(&all, "{\"id\":\"%s-%09d\"}\n", of.Sensor, seq)
			}
		}
	}
	whole := all.String()
	for name, c := range map[string]struct {
		text string
		code int
		want string
	}{
		"all":      {whole, 0, "Complete: all 400"},
		"copies":   {whole + whole, 0, "400  copies beyond the first"},
		"one less": {strings.Replace(whole, "load-002-000000007", "x", 1), 1, "  load-002  7\n"},
		"foreign":  {whole + "load-009-000000001", 0, "load-009-000000001: the ledger has 4 sensors"},
	} {
		if err := os.WriteFile(capture, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, errs := sim(t, "verify", "--ledger", ledger, "--capture", capture)
		if code != c.code || !strings.Contains(out, c.want) || (code == 1) != strings.Contains(errs, "1 of 400 acknowledged") {
			t.Errorf("%s: code %d, %s, %q", name, code, out, errs)
		}
	}
}

// missing is what the command says of a file in which nothing arrived.
func missing(t *testing.T, ledger string) []load.Of {
	t.Helper()
	code, out, _ := sim(t, "verify", "--ledger", ledger, "--capture", os.DevNull, "--json")
	var r load.Report
	if err := json.Unmarshal([]byte(out), &r); code != 1 || err != nil || r.Missing != r.Acked {
		t.Fatalf("code %d, %v, %s", code, err, out)
	}
	return r.Sensors
}

func TestProgress_isALineNowAndThenWhereThereIsNoTerminal(t *testing.T) {
	var b strings.Builder
	tell := progress(&b, load.Config{Duration: time.Minute})
	for s := range 30 {
		tell(load.Progress{Sent: int64(s * 100), Acked: int64(s * 100), Elapsed: time.Duration(s) * time.Second})
	}
	if b.String() != "   10 s  1000 sent, 1000 acknowledged, 100 messages/s\n   20 s  2000 sent, 2000 acknowledged, 100 messages/s\n" {
		t.Errorf("%q", b.String())
	}
}

func TestBar_showsHowMuchIsDone(t *testing.T) {
	for want, c := range map[string]struct {
		p   load.Progress
		cfg load.Config
	}{
		"[##########..........]": {load.Progress{Elapsed: 30 * time.Second}, load.Config{Duration: time.Minute}},
		"[####################]": {load.Progress{Elapsed: 3 * time.Minute}, load.Config{Duration: time.Minute}},
		"[#####...............]": {load.Progress{Sent: 25}, load.Config{Messages: 100}},
		"":                       {load.Progress{Sent: 25}, load.Config{}},
	} {
		if got := bar(c.p, c.cfg); got != want {
			t.Errorf("%+v: got %s, want %s", c, got, want)
		}
	}
}
