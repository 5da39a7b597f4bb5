package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"cutline/internal/golden"
	"cutline/internal/sensor"
	"cutline/simulator"
)

// configs is the folder of the examples.
const configs = "../../configs"

// `make generate` writes both files by this test.
func TestSchema_isThatOfTheGoTypes(t *testing.T) {
	t.Parallel()
	texts := map[string]string{}
	comments(t, settingsShape(), "", texts)
	if len(texts) < 60 {
		t.Errorf("%d settings have a description: is the code still found?", len(texts))
	}
	held, err := json.MarshalIndent(texts, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	held = append(held, '\n')
	generated(t, "descriptions.json", held)
	text, err := schema(texts)
	if err != nil {
		t.Fatal(err)
	}
	generated(t, filepath.Join(configs, "schema.json"), text)
}

// generated is golden.Check without its picture of the difference, which here is the whole of a long file.
func generated(t *testing.T, path string, want []byte) {
	t.Helper()
	held, err := os.ReadFile(path)
	if flag.Lookup("update").Value.String() == "true" {
		golden.Check(t, path, want)
	} else if err != nil || !bytes.Equal(held, want) {
		t.Errorf("%s is not what the code says (%v): make generate", path, err)
	}
}

func TestTheSchemaInTheBinaryIsTheOneInConfigs(t *testing.T) {
	t.Parallel()
	held, err := os.ReadFile(filepath.Join(configs, "schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := Schema(); err != nil || !bytes.Equal(text, held) {
		t.Errorf("the schema differs from configs/schema.json (%v): make generate", err)
	}
}

func TestTheSchemaAgreesWithLoad(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	for _, path := range append(examples(t), "testdata/good/cutline.yaml", "testdata/good/sensors/gs-01.yaml",
		"testdata/shared/cutline.yaml", "testdata/shared/sensors/many.yaml") {
		if err := s.Validate(parsed(t, path)); err != nil {
			t.Errorf("%s is good settings, but no good schema instance: %v", path, err)
		}
	}
	for _, name := range []string{
		"an_unknown_key_near_a_known_one", "an_unknown_section", "a_duration_without_its_unit", "sections_with_nothing_below",
		"numbers_for_words_and_words_for_numbers", "five_faults_at_once", "include_is_no_list", "what_is_shared_is_wrong",
	} {
		if err := s.Validate(parsed(t, filepath.Join("testdata/faults", name, "cutline.yaml"))); err == nil {
			t.Errorf("%s: an editor would see nothing wrong", name)
		}
	}
}

// The effective settings are good settings for the schema too: whatever the writer writes, an editor takes.
func TestTheSchemaTakesTheEffectiveSettings(t *testing.T) {
	t.Parallel()
	var v any
	if err := yaml.Unmarshal([]byte(mustLoad(t, "testdata/good/cutline.yaml").Effective()), &v); err != nil {
		t.Fatal(err)
	}
	m, ok := v.(map[string]any)
	if !ok {
		t.Fatalf("%T", v)
	}
	delete(m, "http") // masked
	if err := compiled(t).Validate(plainJSON(t, m)); err != nil {
		t.Error(err)
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("schema.json")
}

func parsed(t *testing.T, path string) any {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := yaml.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return plainJSON(t, v)
}

func plainJSON(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// comments collects what the code says of each setting beside it.
func comments(t *testing.T, s *shape, path string, into map[string]string) {
	t.Helper()
	for s.form == list {
		s = s.elem
	}
	for _, f := range s.fields {
		own := join(path, f.name)
		if text := comment(t, s.typ, f.index); text != "" {
			into[own] = text
		}
		comments(t, f.shape, own, into)
	}
}

// comment of a struct's field, in the source of its package.
func comment(t *testing.T, typ reflect.Type, index []int) string {
	t.Helper()
	field := typ.FieldByIndex(index)
	for _, i := range index[:len(index)-1] {
		typ = typ.Field(i).Type
	}
	dir := filepath.Join("..", strings.TrimPrefix(typ.PkgPath(), "cutline/internal/"))
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := fieldComment(tree, typ.Name(), field.Name); ok {
			return text
		}
	}
	t.Errorf("%v.%s is nowhere in %s", typ, field.Name, dir)
	return ""
}

func fieldComment(tree *ast.File, typ, name string) (text string, ok bool) {
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, is := n.(*ast.TypeSpec)
		if !is || spec.Name.Name != typ {
			return true
		}
		st, is := spec.Type.(*ast.StructType)
		if !is {
			return true
		}
		for _, f := range st.Fields.List {
			for _, id := range f.Names {
				if id.Name == name {
					text, ok = strings.Join(strings.Fields(f.Doc.Text()+" "+f.Comment.Text()), " "), true
				}
			}
		}
		return false
	})
	return text, ok
}

// examples are all settings in configs that stand for themselves or belong to one that does.
func examples(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.yaml", "*/*.yaml"} {
		found, err := filepath.Glob(filepath.Join(configs, pattern))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, slices.DeleteFunc(found, func(path string) bool { return strings.HasSuffix(path, testsEnd) })...)
	}
	if len(all) == 0 {
		t.Fatal("no example: this test would pass without testing")
	}
	return all
}

func TestExamples_haveNoFaults(t *testing.T) {
	t.Parallel()
	tops, err := filepath.Glob(filepath.Join(configs, "*.yaml"))
	if err != nil || len(tops) == 0 {
		t.Fatalf("no example: %v", err)
	}
	for _, path := range append(tops, "../../deploy/cutline.yaml") {
		_, faults, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range faults {
			t.Error(f)
		}
	}
}

// The example is the site of the scenario that the demo and every newcomer run: the same sensors at the same places.
func TestExample_isTheSiteOfTheEmersonScenario(t *testing.T) {
	t.Parallel()
	scenario, err := simulator.Load("emerson")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := scenario.WriteConfig(dir); err != nil {
		t.Fatal(err)
	}
	want, got := mustLoad(t, filepath.Join(dir, "cutline.yaml")), mustLoad(t, filepath.Join(configs, "cutline.yaml"))
	byID := cmpopts.SortSlices(func(a, b sensor.Definition) bool { return a.ID < b.ID })
	if diff := cmp.Diff(want.Sensors, got.Sensors, byID); diff != "" {
		t.Errorf("the sensors differ (-scenario +example):\n%s", diff)
	}
	if diff := cmp.Diff(want.Sectors, got.Sectors); diff != "" {
		t.Errorf("the sectors differ (-scenario +example):\n%s", diff)
	}
	if diff := cmp.Diff(want.Geometry, got.Geometry); diff != "" || want.Border.Sides != got.Border.Sides {
		t.Errorf("the border differs (-scenario +example):\n%s", diff)
	}
}

func TestExamples_tellTheEditorTheirSchema(t *testing.T) {
	t.Parallel()
	for _, path := range examples(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		up := strings.Repeat("../", strings.Count(strings.TrimPrefix(path, configs+"/"), "/"))
		want := "# yaml-language-server: $schema=" + up + "schema.json"
		if up == "" {
			want = "# yaml-language-server: $schema=./schema.json"
		}
		if first, _, _ := strings.Cut(string(data), "\n"); first != want {
			t.Errorf("%s begins with %s, want %s", path, strconv.Quote(first), want)
		}
	}
}
