package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const module = "cutline"

// A pkg is what `go list` says of one package of the module.
type pkg struct {
	Dir, ImportPath, Doc string
	GoFiles, Imports     []string
}

// local is the package's folder in the module.
func (p pkg) local() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

// files are those that a person wrote: what protoc makes has its own ways.
func (p pkg) files() []string {
	var all []string
	for _, f := range p.GoFiles {
		if !strings.HasSuffix(f, ".pb.go") {
			all = append(all, filepath.Join(p.Dir, f))
		}
	}
	return all
}

// listOnce asks once for all tests. With -e a package that does not build is listed too: the rules hold for it as well.
var listOnce = sync.OnceValues(func() ([]pkg, error) {
	cmd := exec.Command("go", "list", "-e", "-json=Dir,ImportPath,Doc,GoFiles,Imports", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		if exit := (&exec.ExitError{}); errors.As(err, &exit) {
			return nil, errors.New(string(exit.Stderr))
		}
		return nil, err
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
})

func packages(t *testing.T) []pkg {
	t.Helper()
	all, err := listOnce()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	if len(all) < 8 {
		t.Fatalf("%d packages: these tests would pass without testing", len(all))
	}
	return all
}

func TestModule_hasNoReplace(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mod)) {
		if strings.HasPrefix(strings.TrimSpace(line), "replace") {
			t.Errorf("go.mod: %q: with a replace, `go install` of this module by others fails", strings.TrimSpace(line))
		}
	}
}
