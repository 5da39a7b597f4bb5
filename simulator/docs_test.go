package simulator

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cutline/internal/config"
)

// example writes the files of docs/simulator.md, as its reader would, and gives the path of the scenario.
func example(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for kind, file := range map[string]string{"json": "creek.geojson", "yaml": "creek.yaml"} {
		blocks := regexp.MustCompile("(?s)```"+kind+"\n(.*?)```").FindAllSubmatch(page, -1)
		if len(blocks) != 1 {
			t.Fatalf("the page has %d blocks of %s, want 1", len(blocks), kind)
		}
		if err := os.WriteFile(filepath.Join(dir, file), blocks[0][1], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "creek.yaml")
}

func TestDocs_theExampleIsADayThatTheDaemonReads(t *testing.T) {
	s, err := Load(example(t))
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(s, Options{Seed: 1, Start: DefaultStart()})
	if err != nil {
		t.Fatal(err)
	}
	messages, truth := played(t, r)
	crossed := 0
	for _, l := range truth {
		if l.Type == "crossing" {
			crossed++
			if l.Target != "group" || l.Direction != "NORTH>SOUTH" || l.Size < 3 {
				t.Errorf("%+v", l)
			}
		}
	}
	if crossed != 1 || len(messages) < 300 {
		t.Errorf("%d crossings, %d messages: want the group's alone, in ten minutes of one radar", crossed, len(messages))
	}
	dir := t.TempDir()
	if err := s.WriteConfig(dir); err != nil {
		t.Fatal(err)
	}
	if _, faults, err := config.Load(filepath.Join(dir, "cutline.yaml")); err != nil || len(faults) > 0 {
		t.Errorf("%v %v", err, faults)
	}
	if err := compiledSchema(t).Validate(plain(t, must(os.ReadFile(example(t))))); err != nil {
		t.Errorf("an editor would mark it: %v", err)
	}
}

func must(data []byte, _ error) []byte { return data }

// A key that the page does not name is one that nobody finds.
func TestDocs_namesEveryFaultAndIntentAndKind(t *testing.T) {
	page := string(must(os.ReadFile("../docs/simulator.md")))
	for field, words := range wordsOf() {
		if field == "linkSpec.Shape" {
			continue
		}
		for _, w := range words {
			if !strings.Contains(page, "`"+w+"`") {
				t.Errorf("the page does not name %s %q", field, w)
			}
		}
	}
}
