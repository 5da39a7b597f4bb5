package config

import (
	"bytes"
	"strings"
	"testing"

	"cutline/internal/golden"
)

func TestWarnings_tellWhatIsHardlyMeant(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, "testdata/warnings/cutline.yaml")
	var got bytes.Buffer
	for _, w := range c.Warnings() {
		got.WriteString(strings.ReplaceAll(w.String(), "testdata/warnings/", "") + "\n" + w.Caret())
	}
	golden.Check(t, "testdata/warnings/want.txt", got.Bytes())
}

// An example that is warned of would teach people to pass over warnings.
func TestWarnings_thereAreNoneOfTheExamples(t *testing.T) {
	t.Parallel()
	// formats.yaml is left out: its sensors show how each format is written, and stand where there was room.
	for _, path := range []string{configs + "/cutline.yaml", configs + "/site/cutline.yaml", "../../deploy/cutline.yaml"} {
		c, _, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range c.Warnings() {
			t.Error(w)
		}
	}
}

func TestCaret_standsBelowThePlace(t *testing.T) {
	t.Parallel()
	for _, f := range []Fault{
		{Position: Position{Col: 5}, Text: "    kind: radra"},
		{Position: Position{Col: 3}, Text: "\t\tkind"},
		{Position: Position{Col: 9}, Text: "é: {ü: ß, x: 1}"},
	} {
		lines := strings.Split(f.Caret(), "\n")
		above, below := []rune(lines[0]), []rune(lines[1])
		if len(below) != f.Col+4 || below[len(below)-1] != '^' {
			t.Errorf("column %d: the mark is in column %d", f.Col, len(below)-4)
		}
		for i := range below[:len(below)-1] {
			if (above[i] == '\t') != (below[i] == '\t') {
				t.Errorf("column %d: a tab that is none below", i)
			}
		}
	}
}

func TestFaults_showNoSecret(t *testing.T) {
	t.Parallel()
	_, faults := loadText(t, `mqtt:
  url: tcp://user:hunter2pass@host:1883
  password: hunter2pass
influx: {url: "http://h:1", token: hunter2pass, buckt: x}
http: {listen: "x", toke: 'hunter2pass'}
`)
	if len(faults) < 4 {
		t.Fatalf("%d faults", len(faults))
	}
	for _, f := range faults {
		if all := f.String() + f.Caret(); strings.Contains(all, "hunter2pass") {
			t.Error(all)
		}
	}
}

func TestFaults_showNoValueOfTheEnvironment(t *testing.T) {
	t.Parallel()
	w := textWorld([]byte("http: {listen: '${LISTEN}'}\nmqtt: {url: '${URL}'}\n"), nil)
	w.env = func(name string) (string, bool) { return "hidden-" + name + "\"\\", true }
	c, faults, err := w.load("cutline.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		if strings.Contains(f.String(), "hidden-") {
			t.Error(f)
		}
	}
	if shown := c.Effective(); strings.Contains(shown, "hidden-") || !strings.Contains(shown, "environment LISTEN, cutline.yaml:1") {
		t.Errorf("shown:\n%s", shown)
	}
}
