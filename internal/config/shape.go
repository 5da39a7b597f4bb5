package config

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"cutline/internal/alert"
	"cutline/internal/border"
	"cutline/internal/notify"
	"cutline/internal/sensor"
)

// form is what a value looks like in YAML.
type form int

const (
	mapping form = iota
	list
	text
	boolean
	integer
	number
	duration
)

// A shape is the form of a setting and of all below it. It is made from the Go types that the settings are decoded into, so the
// reader, the JSON Schema and the effective settings cannot disagree with them.
type shape struct {
	form   form
	typ    reflect.Type
	fields []field  // of a mapping
	elem   *shape   // of a list
	length int      // of a list that has a fixed one, else 0
	words  []string // of a text that takes no others
	own    bool     // a text that its type reads itself: a size
}

// A field of a mapping.
type field struct {
	name  string
	shape *shape
	index []int // in the struct
	path  bool  // names a file, relative to the one it is written in
}

func (s *shape) field(name string) (field, bool) {
	i := slices.IndexFunc(s.fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return s.fields[i], true
}

func (s *shape) names() []string {
	var all []string
	for _, f := range s.fields {
		all = append(all, f.name)
	}
	return all
}

// shapeOf reads a type. It panics for a type that has no form in YAML: a mistake in a Config, found by every test of this package.
func shapeOf(t reflect.Type) *shape {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	s := &shape{typ: t}
	switch {
	case t == reflect.TypeFor[time.Duration]():
		s.form = duration
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		s.form, s.own = text, true
	case t.Kind() == reflect.Struct:
		s.form, s.fields = mapping, fieldsOf(t, nil)
	case t.Kind() == reflect.Slice:
		s.form, s.elem = list, shapeOf(t.Elem())
	case t.Kind() == reflect.Array:
		s.form, s.elem, s.length = list, shapeOf(t.Elem()), t.Len()
	case t.Kind() == reflect.String:
		s.form, s.words = text, wordsOf(t)
	case t.Kind() == reflect.Bool:
		s.form = boolean
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64:
		s.form = integer
	case t.Kind() == reflect.Float64:
		s.form = number
	default:
		panic(fmt.Sprintf("config: %v has no form in YAML", t))
	}
	return s
}

// fieldsOf reads the fields of a struct that have a mapstructure tag; what has none is no setting.
func fieldsOf(t reflect.Type, index []int) []field {
	var all []field
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("mapstructure")
		name, options, _ := strings.Cut(tag, ",")
		at := append(slices.Clone(index), i)
		switch {
		case strings.Contains(options, "squash"):
			all = append(all, fieldsOf(f.Type, at)...)
		case tagged && name != "-":
			all = append(all, field{
				name: name, shape: shapeOf(f.Type), index: at,
				path: name == "file" || strings.HasSuffix(name, "_file"),
			})
		}
	}
	return all
}

// wordsOf lists the words that a string type takes, nil for any.
func wordsOf(t reflect.Type) []string {
	var words []string
	switch t {
	case reflect.TypeFor[sensor.Kind]():
		for _, k := range sensor.Kinds() {
			words = append(words, string(k))
		}
	case reflect.TypeFor[sensor.Returns]():
		words = []string{string(sensor.One), string(sensor.Many)}
	case reflect.TypeFor[sensor.AltRef]():
		words = []string{string(sensor.HAE), string(sensor.MSL), string(sensor.AGL)}
	case reflect.TypeFor[sensor.Encoding]():
		for _, e := range sensor.Encodings() {
			words = append(words, string(e))
		}
	case reflect.TypeFor[sensor.As]():
		words = []string{string(sensor.AsDetection), string(sensor.AsSweep)}
	case reflect.TypeFor[zoneEvent]():
		words = plainWords(zoneEvents())
	case reflect.TypeFor[zoneIsCrossing]():
		words = []string{border.LawfulCrossing}
	case reflect.TypeFor[alert.Class]():
		words = plainWords(alert.Classes())
	case reflect.TypeFor[alert.TargetKind]():
		words = plainWords(alert.TargetKinds())
	case reflect.TypeFor[alert.Severity]():
		words = plainWords(alert.Severities())
	case reflect.TypeFor[alert.Urgency]():
		words = plainWords(alert.Urgencies())
	case reflect.TypeFor[format]():
		words = formats()
	case reflect.TypeFor[notify.Priority]():
		words = plainWords(notify.Priorities())
	case reflect.TypeFor[notify.Day]():
		words = plainWords(notify.Days())
	case reflect.TypeFor[notify.Updates]():
		words = plainWords([]notify.Updates{notify.AllChanges, notify.Rises})
	case reflect.TypeFor[notify.Language]():
		words = plainWords([]notify.Language{notify.English, notify.French})
	case reflect.TypeFor[notify.Shown]():
		words = plainWords(notify.AllShown())
	case reflect.TypeFor[notify.Security]():
		words = plainWords(notify.Securities())
	case reflect.TypeFor[notify.Template]():
		words = plainWords(notify.Templates())
	}
	return words
}

func plainWords[T ~string](all []T) []string {
	words := make([]string, len(all))
	for i, w := range all {
		words[i] = string(w)
	}
	return words
}
