package console

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// npm runs a script of package.json. On a build machine everything that it needs must be there; elsewhere the test is skipped with a
// word about what is missing.
func npm(t *testing.T, needs []string, args ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("it runs Node.js")
	}
	for _, tool := range append([]string{"node", "npm"}, needs...) {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("no %s on a build machine: apt-get install nodejs npm chromium", tool)
			}
			t.Skipf("no %s: apt-get install nodejs npm chromium (Node.js 20.19 or later)", tool)
		}
	}
	run(t, exec.CommandContext(t.Context(), "sh", "-c", "test -d node_modules || flock . npm ci --no-audit --no-fund"))
	run(t, exec.CommandContext(t.Context(), "npm", append([]string{"run", "--silent"}, args...)...))
}

func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
}

func TestBuild_isWhatTheSourcesMake(t *testing.T) {
	again := t.TempDir()
	npm(t, nil, "build", "--", "--outDir", again, "--logLevel", "error")
	want, got := files(t, "dist"), files(t, again)
	for name, data := range want {
		switch built, ok := got[name]; {
		case !ok:
			t.Errorf("%s is served, and the sources make no such file: make console", name)
		case built != data:
			t.Errorf("%s is not what the sources make: make console", name)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is made by the sources and not served: make console", name)
		}
	}
}

// files of a folder, their contents by name.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		all[name] = string(data)
		return err
	})
	if err != nil || len(all) < 5 {
		t.Fatalf("%d files in %s: %v", len(all), dir, err)
	}
	return all
}

func TestSources_areSoundAndTheirLogicHolds(t *testing.T) {
	npm(t, nil, "check")
	npm(t, nil, "test")
}

func TestPage_worksInABrowser(t *testing.T) {
	npm(t, []string{browser()}, "browser")
}

// The daemon and the simulator that are built here hold the page that is built here.
func TestPage_worksWithTheDaemon(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs a daemon, a simulator and a browser")
	}
	programs := t.TempDir()
	run(t, exec.CommandContext(t.Context(), "go", "build", "-o", programs, "cutline/cmd/cutline", "cutline/cmd/cutline-sim"))
	t.Setenv("CUTLINE", filepath.Join(programs, "cutline"))
	t.Setenv("CUTLINE_SIM", filepath.Join(programs, "cutline-sim"))
	npm(t, []string{browser()}, "daemon")
}

func browser() string {
	if name := os.Getenv("CHROMIUM"); name != "" {
		return name
	}
	return "chromium"
}

// The folder of the packages must never be built by Go, nor land in the project.
func TestPackages_holdNoGo(t *testing.T) {
	found, err := filepath.Glob("node_modules/*/*.go")
	if err != nil || len(found) > 0 {
		t.Errorf("%v, %v: go build ./... would take them", found, err)
	}
	ignored, err := os.ReadFile(".gitignore")
	if err != nil || !slices.Contains([]string{"node_modules\n", "node_modules/\n"}, string(ignored)) {
		t.Errorf(".gitignore: %q, %v", ignored, err)
	}
}
