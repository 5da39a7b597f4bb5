package config

import (
	_ "embed" // the descriptions
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// descriptions are the comments of the Config types' fields, by path: "influx.url". They are taken from the code by a test, which
// also says when they are stale, so that an editor shows what the code says.
//
//go:embed descriptions.json
var descriptions []byte

// caseSchema is that of a file of tests. It is written by hand: of what is given and wanted, the code knows no more than that it is YAML.
//
//go:embed cases.schema.json
var caseSchema []byte

// CaseSchema is the JSON Schema (draft 2020-12) of a file of tests, *_test.yaml.
func CaseSchema() []byte { return slices.Clone(caseSchema) }

// Schema is the JSON Schema (draft 2020-12) of a settings file, for editors: completion, hover texts, a first check. Load knows
// more than a schema can say. An included file is held to the same schema, so nothing in it is required.
func Schema() ([]byte, error) {
	texts := map[string]string{}
	if err := json.Unmarshal(descriptions, &texts); err != nil {
		return nil, fmt.Errorf("read descriptions: %w", err)
	}
	return schema(texts)
}

func schema(texts map[string]string) ([]byte, error) {
	shape := settingsShape()
	properties := propertiesOf(shape, "", texts, reflect.ValueOf(defaultSettings(everything(shape))))
	properties["include"] = map[string]any{
		"type": "array", "items": map[string]any{"type": "string"},
		"description": "files that belong to this one, or patterns such as sensors/*.yaml, relative to this file; their lists are joined",
	}
	if err := addSharing(properties); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(map[string]any{
		"$schema":           "https://json-schema.org/draft/2020-12/schema",
		"title":             "Cutline settings",
		"description":       "One YAML file and what it includes. `cutline config check` knows more than an editor can.",
		"type":              "object",
		"properties":        properties,
		"patternProperties": map[string]any{"^x-": true},
		// A misspelt key is what an editor finds best.
		"additionalProperties": false,
	}, "", "  ")
	return append(text, '\n'), err
}

// addSharing adds what the reader takes away before anything is read: the defaults of each kind, and entries for many sensors.
func addSharing(properties map[string]any) error {
	sensors, ok := properties["sensors"].(map[string]any)["items"].(map[string]any)["properties"].(map[string]any)
	if !ok {
		return errors.New("the settings have no sensors")
	}
	one := map[string]any{"$ref": "#/properties/sensors/items"}
	sensors[idsKey] = map[string]any{
		"type": "array", "items": map[string]any{"anyOf": []any{map[string]any{"type": "string"}, one}},
		"description": "instead of id: one entry for many sensors; each is an id, or a mapping with an id and what is its own",
	}
	kinds := map[string]any{}
	for _, kind := range wordsOfKind() {
		kinds[kind] = one
	}
	properties[defaultsKey] = map[string]any{
		"type": "object", "properties": kinds, "additionalProperties": false, "patternProperties": map[string]any{"^x-": true},
		"description": "by kind: what every sensor of it has that does not say otherwise",
	}
	return nil
}

// everything is a tree that has each section, so that the defaults of those that are off unless given are known too.
func everything(s *shape) map[string]any {
	tree := map[string]any{}
	for _, name := range s.names() {
		tree[name] = map[string]any{}
	}
	return tree
}

// schemaOf describes a shape; v holds the defaults, and is not valid where there are none.
func schemaOf(s *shape, path string, texts map[string]string, v reflect.Value) map[string]any {
	m := map[string]any{}
	switch s.form {
	case mapping:
		m["type"] = "object"
		m["properties"], m["additionalProperties"] = propertiesOf(s, path, texts, v), false
		m["patternProperties"] = map[string]any{"^x-": true}
	case list:
		m["type"], m["items"] = "array", schemaOf(s.elem, path, texts, reflect.Value{})
		if s.length > 0 {
			m["minItems"], m["maxItems"] = s.length, s.length
		}
	case text:
		m["type"] = "string"
		if s.typ == reflect.TypeFor[word]() {
			m["type"] = []string{"string", "number", "boolean"}
		} else if s.own {
			m["type"] = []string{"string", "integer"}
		}
		if len(s.words) > 0 {
			m["enum"] = s.words
		}
	case boolean:
		m = orText("boolean", `\$\{`)
	case integer:
		m = orText("integer", `\$\{`)
	case number:
		m = orText("number", `\$\{`)
	case duration:
		m["type"], m["pattern"] = "string", `^-?([0-9]+d)?([0-9.]+(ns|us|µs|ms|s|m|h))*$|\$\{`
		m["examples"] = []string{"500ms", "10s", "1h30m", "7d"}
	}
	if text := texts[path]; text != "" {
		m["description"] = text
	}
	if s.form != mapping && v.IsValid() {
		if d := plainValue(s, v); d != nil && d != "" {
			m["default"] = d
		}
	}
	return m
}

// orText takes values of a type, or a text with the pattern: one with a ${NAME} in it may become anything.
func orText(kind, pattern string) map[string]any {
	return map[string]any{"anyOf": []any{
		map[string]any{"type": kind},
		map[string]any{"type": "string", "pattern": pattern},
	}}
}

func propertiesOf(s *shape, path string, texts map[string]string, v reflect.Value) map[string]any {
	m := map[string]any{}
	for _, f := range s.fields {
		own := join(path, f.name)
		m[f.name] = schemaOf(f.shape, own, texts, fieldValue(v, f))
	}
	return m
}

// fieldValue is the field of a struct, not valid where there is none.
func fieldValue(v reflect.Value, f field) reflect.Value {
	for v.IsValid() && v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if !v.IsValid() {
		return reflect.Value{}
	}
	v, err := v.FieldByIndexErr(f.index)
	if err != nil {
		return reflect.Value{}
	}
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return reflect.Value{}
		}
		v = v.Elem()
	}
	return v
}
