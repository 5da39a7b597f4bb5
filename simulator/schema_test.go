package simulator

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"cutline/internal/golden"
)

const schemaFile = "scenarios/schema.json"

// comments are the words behind or above each field of the package's structs, by type and field.
func comments(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]string{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok {
				for _, f := range s.Fields.List {
					for _, name := range f.Names {
						words[spec.Name.Name+"."+name.Name] = strings.TrimSpace(strings.ReplaceAll(f.Comment.Text()+f.Doc.Text(), "\n", " "))
					}
				}
			}
			return true
		})
	}
	return words
}

// wordsOf are the fields that take one of some words.
func wordsOf() map[string][]string {
	classes := classNames()
	return map[string][]string{
		"sensorSpec.Kind":   {"radar", "camera", "ground", "drone", "helicopter", "patrol", "ais", "adsb"},
		"sensorSpec.Format": {"cutline/v1", "ais", "asterix", "chirpstack", "cot", "meshtastic", "owntracks", "readsb", "remoteid", "sapient/v2"},
		"actorSpec.Class":   classes[:],
		"actorSpec.Intent":  {"cross", "return", "turn_back", "along", "wander", "loiter", "road"},
		"linkSpec.Shape":    {"exponential", "uniform", "lognormal", "pareto"},
		"faultSpec.Kind":    faultKinds(),
	}
}

// required are the keys that a scenario cannot do without.
func required() map[string][]string {
	return map[string][]string{
		"Scenario": {"name", "about", "duration", "border", "sector", "sensors"}, "sensorSpec": {"id", "kind", "detection_probability"},
		"actorSpec": {"id", "class", "intent", "from", "speed_mps"}, "sectorSpec": {"id", "west", "south", "east", "north"},
		"faultSpec": {"kind", "at"}, "latLon": {"lat", "lon"}, "roadSpec": {"id", "points"}, "maskSpec": {"area"},
	}
}

const durationPattern = `^-?([0-9.]+(ns|us|µs|ms|s|m|h))+$`

func schemaOf(typ reflect.Type, words map[string]string) map[string]any {
	pair := func(one map[string]any) map[string]any {
		return map[string]any{"anyOf": []any{one, map[string]any{"type": "array", "items": one, "minItems": 2, "maxItems": 2}}}
	}
	text := map[string]any{"type": "string", "pattern": durationPattern}
	switch typ {
	case reflect.TypeFor[duration]():
		return text
	case reflect.TypeFor[durationSpan]():
		return pair(text)
	case reflect.TypeFor[span]():
		return pair(map[string]any{"type": "number"})
	}
	switch typ.Kind() {
	case reflect.Pointer:
		return schemaOf(typ.Elem(), words)
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(typ.Elem(), words)}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	default: // a struct: its fields follow
	}
	properties := map[string]any{}
	for f := range typ.Fields() {
		key := f.Tag.Get("yaml")
		if key == "" {
			continue
		}
		one := schemaOf(f.Type, words)
		if enum := wordsOf()[typ.Name()+"."+f.Name]; enum != nil {
			one["enum"] = enum
		}
		if said := words[typ.Name()+"."+f.Name]; said != "" {
			one["description"] = said
		}
		properties[key] = one
	}
	object := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if keys := required()[typ.Name()]; keys != nil {
		object["required"] = keys
	}
	return object
}

func TestSchema_isThatOfTheScenario(t *testing.T) {
	doc := schemaOf(reflect.TypeFor[Scenario](), comments(t))
	doc["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	doc["title"] = "A scenario of the simulator"
	doc["description"] = "One day at the border. cutline-sim run knows more than an editor can."
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(doc); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, schemaFile, b.Bytes())
}

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("scenario.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("scenario.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plain is a YAML text as a JSON document.
func plain(t *testing.T, text []byte) any {
	t.Helper()
	var doc any
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	if doc, err = jsonschema.UnmarshalJSON(bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestSchema_acceptsTheScenarios(t *testing.T) {
	schema := compiledSchema(t)
	for _, name := range Names() {
		data, err := os.ReadFile("scenarios/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(plain(t, data)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchema_refusesWhatParseRefuses(t *testing.T) {
	schema := compiledSchema(t)
	for _, c := range [][2]string{
		{"duration: 20m", "duration: 20"},
		{"kind: drone", "kind: balloon"},
		{"scan_period: 2s", "scan_periode: 2s"},
		{"speed_mps: [7, 9]", "speed_mps: [7, 8, 9]"},
		{"intent: along", "intent: stroll"},
		{"ground_m: 213", "ground_m: high"},
	} {
		if err := schema.Validate(plain(t, edit(t, c[0], c[1]))); err == nil {
			t.Errorf("the schema accepts %q", c[1])
		}
	}
}

// The words of the schema are those of the checks: every one of them is accepted, and the faults list them all.
func TestSchema_knowsTheWordsOfTheChecks(t *testing.T) {
	for field, text := range map[string]string{
		"sensorSpec.Kind":  "sensors: [{id: a, kind: ?}]",
		"actorSpec.Class":  "actors: [{id: a, class: ?}]",
		"actorSpec.Intent": "actors: [{id: a, intent: ?}]",
		"linkSpec.Shape":   "sensors: [{id: a, link: {shape: ?}}]",
		"faultSpec.Kind":   "sensors: [{id: a, faults: [{kind: ?}]}]",
	} {
		_, err := Parse("day.yaml", []byte(strings.ReplaceAll(text, "?", "nonsense")))
		listed := regexp.MustCompile(`"nonsense" is none of ([a-z_, ]+)`).FindStringSubmatch(err.Error())
		if want := strings.Join(wordsOf()[field], ", "); listed == nil || listed[1] != want {
			t.Errorf("%s: %v\nthe schema has %s", field, listed, want)
		}
	}
}
