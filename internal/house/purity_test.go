package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// pure are the packages whose output is a function of their input alone: a recorded day replays through them to the same bytes.
var pure = []string{
	"internal/geo", "internal/detection", "internal/track", "internal/sensor", "internal/record",
	"internal/fusion", "internal/border", "internal/alert", "internal/sector", "internal/normalize",
}

// impure are the imports that a pure package must not have, and why.
var impure = map[string]string{
	"log":          "the core returns what it has to say",
	"log/slog":     "the core returns what it has to say",
	"os":           "files are read at the edges",
	"os/exec":      "processes are started at the edges",
	"os/signal":    "signals end in cmd",
	"io/fs":        "files are read at the edges",
	"net":          "the network is an edge",
	"net/http":     "the network is an edge",
	"sync":         "one goroutine owns the core: a lock here hides a second owner",
	"sync/atomic":  "one goroutine owns the core",
	"context":      "the core does not wait, so there is nothing to cancel",
	"math/rand":    "the same input must give the same output",
	"math/rand/v2": "the same input must give the same output",
	"crypto/rand":  "the same input must give the same output",
	"runtime":      "the machine must not show in the output",
	"testing":      "it is for tests",
}

func TestPurity_theCoreImportsNothingThatTouchesTheWorld(t *testing.T) {
	t.Parallel()
	for _, p := range purePackages(t) {
		for _, to := range p.Imports {
			if why, bad := impure[to]; bad {
				t.Errorf("%s is pure, but imports %s: %s", p.local(), to, why)
			}
		}
	}
}

func TestPurity_theCoreReadsNoClockAndStartsNoGoroutine(t *testing.T) {
	t.Parallel()
	for _, p := range purePackages(t) {
		inspect(t, p, func(at token.Position, n ast.Node) {
			switch n := n.(type) {
			case *ast.GoStmt:
				t.Errorf("%s: a goroutine in a pure package: the order of its work is not in the record", at)
			case *ast.SelectorExpr:
				if pkg, ok := n.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains(clock(), n.Sel.Name) {
					t.Errorf("%s: time.%s in a pure package: time enters the core through records", at, n.Sel.Name)
				}
			}
		})
	}
}

func clock() []string {
	return []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker", "Local"}
}

func TestHouse_nothingRunsBeforeMain(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		inspect(t, p, func(at token.Position, n ast.Node) {
			if f, ok := n.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: init() runs without being called: build it where it is used", at)
			}
		})
	}
}

func TestPurity_theListNamesPackagesOfTheTable(t *testing.T) {
	t.Parallel()
	for _, p := range pure {
		if _, ok := table[p]; !ok {
			t.Errorf("%s is listed as pure, but not in the import table", p)
		}
	}
}

func purePackages(t *testing.T) []pkg {
	t.Helper()
	var some []pkg
	for _, p := range packages(t) {
		if slices.Contains(pure, p.local()) {
			some = append(some, p)
		}
	}
	if len(some) == 0 {
		t.Fatal("no pure package found: this test would pass without testing")
	}
	return some
}

// inspect walks the code of a package, without its tests.
func inspect(t *testing.T, p pkg, look func(token.Position, ast.Node)) {
	t.Helper()
	fset := token.NewFileSet()
	for _, file := range p.files() {
		tree, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			continue
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if n != nil {
				at := fset.Position(n.Pos())
				at.Filename = p.local() + at.Filename[strings.LastIndex(at.Filename, "/"):]
				look(at, n)
			}
			return true
		})
	}
}
