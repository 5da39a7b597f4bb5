package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
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

// An editor must take each test that the code takes, and know each of its keys.
func TestSchema_ofTestsKnowsEachKey(t *testing.T) {
	t.Parallel()
	generated(t, filepath.Join(configs, "tests.schema.json"), CaseSchema())
	s := compiledFrom(t, CaseSchema())
	var doc struct {
		Properties struct {
			Tests struct {
				Items struct {
					Properties map[string]any `json:"properties"`
				} `json:"items"`
			} `json:"tests"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(CaseSchema(), &doc); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for entry, i := reflect.TypeFor[caseFile]().Field(0).Type.Elem(), 0; i < entry.NumField(); i++ {
		keys = append(keys, entry.Field(i).Tag.Get("yaml"))
	}
	slices.Sort(keys)
	if diff := cmp.Diff(keys, slices.Sorted(maps.Keys(doc.Properties.Tests.Items.Properties))); diff != "" {
		t.Errorf("the keys differ (-code +schema):\n%s", diff)
	}
	files := testFiles(t)
	for _, path := range files {
		if err := s.Validate(parsed(t, path)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, text := range []string{"tests: [{name: n, sensor: s, given: 1}]", "tests: [{name: n, sensor: s, want: []}]", "test: []"} {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if s.Validate(plainJSON(t, v)) == nil {
			t.Errorf("%s: an editor would see nothing wrong", text)
		}
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
	return compiledFrom(t, text)
}

func compiledFrom(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
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

// yamls are all YAML files in configs.
func yamls(t *testing.T) (all []string) {
	t.Helper()
	err := filepath.WalkDir(configs, func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".yaml" {
			all = append(all, path)
		}
		return err
	})
	if err != nil || len(all) < 20 {
		t.Fatalf("%d examples, %v: this test would pass without testing", len(all), err)
	}
	return all
}

// examples are all settings in configs that stand for themselves or belong to one that does.
func examples(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(yamls(t), func(path string) bool { return strings.HasSuffix(path, testsEnd) })
}

func testFiles(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(yamls(t), func(path string) bool { return !strings.HasSuffix(path, testsEnd) })
}

// tops are the settings in configs that stand for themselves.
func tops(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(configs, "*.yaml"))
	if err != nil || len(all) == 0 {
		t.Fatalf("no example: %v", err)
	}
	return append(all, filepath.Join(configs, "site", "cutline.yaml"))
}

func TestExamples_haveNoFaults(t *testing.T) {
	t.Parallel()
	for _, path := range append(tops(t), "../../deploy/cutline.yaml") {
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
	for _, path := range yamls(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := "schema.json"
		if strings.HasSuffix(path, testsEnd) {
			name = "tests.schema.json"
		}
		up := strings.Repeat("../", strings.Count(strings.TrimPrefix(path, configs+"/"), "/"))
		if up == "" {
			up = "./"
		}
		want := "# yaml-language-server: $schema=" + up + name
		if first, _, _ := strings.Cut(string(data), "\n"); first != want {
			t.Errorf("%s begins with %s, want %s", path, strconv.Quote(first), want)
		}
	}
}
