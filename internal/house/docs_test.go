package house

import (
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// enough is the least length of a package doc, in characters: two or three sentences that say what it is for.
const enough = 150

func TestPackageDocs_everyPackageSaysWhatItIsForInOnePlace(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		var docs []string
		var name string
		for _, file := range p.files() {
			tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Error(err)
				continue
			}
			name = tree.Name.Name
			if tree.Doc != nil {
				docs = append(docs, tree.Doc.Text())
			}
		}
		switch {
		case len(docs) == 0:
			t.Errorf("%s has no package doc: say what it decides, what goes in and out, what it promises, where to start", p.local())
		case len(docs) > 1:
			t.Errorf("%s has %d package docs: godoc would run them together, keep one", p.local(), len(docs))
		case len(docs[0]) < enough:
			t.Errorf("%s: %q is too little to program from: say what goes in and out, what it promises, where to start",
				p.local(), new(doc.Package).Synopsis(docs[0]))
		case name != "main" && !strings.HasPrefix(docs[0], "Package "+name+" "):
			t.Errorf("%s: a package doc begins with %q", p.local(), "Package "+name)
		}
	}
}

func TestTopLevel_holdsWhatTheDesignNames(t *testing.T) {
	t.Parallel()
	named := "cmd internal configs simulator deploy docs go.mod go.sum README.md Makefile CHANGELOG.md LICENSE .ci " +
		".git .gitignore .gitattributes .golangci.yml bin data"
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.Contains(" "+named+" ", " "+e.Name()+" ") {
			t.Errorf("%s lies at the top of the project: it belongs into one of the folders", e.Name())
		}
	}
}
