package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// aSite writes settings that include a folder, and one beside them that nobody names.
func aSite(t *testing.T) (main string) {
	t.Helper()
	dir := t.TempDir()
	line, err := os.ReadFile("testdata/line.geojson")
	if err != nil {
		t.Fatal(err)
	}
	sensor := func(id string) string {
		return "sensors:\n  - {id: " + id + ", sector: emerson, kind: patrol}\n"
	}
	for name, text := range map[string]string{
		"line.geojson": string(line),
		"cutline.yaml": "include: [masts.d]\nborder: {file: line.geojson, sides: [US, CA]}\nhttp: {listen: '${LISTEN}'}\n" +
			"sectors: [{id: emerson, extent: {west: -97.34, south: 48.95, east: -97.13, north: 49.06}}]\n" +
			"notify: {routes: [{id: duty, webhook: {url: 'http://h/x', token_file: token}}]}\n",
		"masts.d/a.yaml":   sensor("a"),
		"cutline.d/b.yaml": sensor("b"),
		"token":            "hunter2pass",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("LISTEN", "127.0.0.1:8123")
	return filepath.Join(dir, "cutline.yaml")
}

func TestKeep_holdsAllButSecretsAndIsLoadedWhenTheFilesAreGone(t *testing.T) {
	main := aSite(t)
	c, faults, err := Load(main)
	if err != nil || len(faults) > 0 || len(c.Sensors) != 2 {
		t.Fatalf("%v %v, %d sensors: both folders belong to it", err, faults, len(c.Sensors))
	}
	kept := filepath.Join(t.TempDir(), "kept", "good.json")
	if err := c.Keep(kept); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(kept)
	if err != nil || strings.Contains(string(text), "8123") {
		t.Errorf("a value of the environment is kept (%v)", err)
	}
	for path, data := range c.origin.tape.Files {
		if strings.Contains(string(data), "hunter2pass") {
			t.Errorf("a secret of %s is kept", path)
		}
	}
	for _, name := range []string{"cutline.yaml", "masts.d/a.yaml", "line.geojson"} {
		if err := os.Remove(filepath.Join(filepath.Dir(main), name)); err != nil {
			t.Fatal(err)
		}
	}
	again, faults, err := LoadKept(kept)
	if err != nil || len(faults) > 0 {
		t.Fatalf("%v %v", err, faults)
	}
	if d := c.To(again); !d.None() {
		t.Errorf("what was kept is something else: %+v", d)
	}
	if _, _, err := LoadKept(filepath.Join(filepath.Dir(main), "token")); err == nil {
		t.Error("a file that is no copy is taken for one")
	}
}

func TestPrint_seesEachFileAndEachPattern(t *testing.T) {
	main := aSite(t)
	c, _, err := Load(main)
	if err != nil {
		t.Fatal(err)
	}
	if c.Print() != c.Loaded() {
		t.Fatal("the files have changed, and nobody has touched them")
	}
	for _, name := range []string{"cutline.yaml", "line.geojson", "masts.d/new.yaml", "cutline.d/b.yaml"} {
		before := c.Print()
		if err := os.WriteFile(filepath.Join(filepath.Dir(main), name), []byte("x-changed: "+name), 0o600); err != nil {
			t.Fatal(err)
		}
		if c.Print() == before {
			t.Errorf("a change of %s is not seen", name)
		}
	}
}

func TestTo_namesWhatIsDifferent(t *testing.T) {
	t.Parallel()
	a, b := mustLoad(t, "testdata/good/cutline.yaml"), mustLoad(t, "testdata/good/cutline.yaml")
	if d := a.To(b); !d.None() {
		t.Errorf("twice the same: %+v", d)
	}
	b.Sensors[0].MaxSilence++
	b.Sensors[1].ID = "new"
	b.HTTP.Listen = "elsewhere:1"
	b.Alert.Groups++
	d := a.To(b)
	if len(d.Changed) != 1 || d.Added[0] != "new" || d.Removed[0] != "gs-01" || len(d.Restart) != 1 || d.Restart[0] != "http" || !d.Judgement {
		t.Errorf("%+v", d)
	}
}
