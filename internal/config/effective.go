package config

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// masked stands for whatever came from the environment.
const masked = "******"

// Effective writes every value that holds as YAML, each with the place that it comes from: file:line, or default. What the
// environment gave is masked, since it may be a secret; other secrets are in files of their own. But for what is masked the text,
// saved in the working directory, is settings again.
func (c Config) Effective() string {
	if c.origin == nil {
		s := defaultSettings(nil)
		c.origin = &origin{tape: newTape(""), settings: s, book: newBook("")}
	}
	w := &writer{origin: c.origin}
	w.fields(settingsShape(), reflect.ValueOf(c.origin.settings), "", "")
	return w.out.String()
}

type writer struct {
	*origin
	out strings.Builder
}

// fields writes a mapping's lines, each behind the indent; of the first one the indent may hold the list's dash.
func (w *writer) fields(s *shape, v reflect.Value, path, indent string) {
	for _, f := range s.fields {
		own, fv := join(path, f.name), fieldValue(v, f)
		switch {
		case !fv.IsValid() && (s.typ == reflect.TypeFor[stepSettings]() || s.typ == reflect.TypeFor[wordSettings]()):
			continue // a step has few of all that it could have
		case fv.IsValid() && fv.Kind() == reflect.Slice && fv.Len() == 0 && s.typ == reflect.TypeFor[stepSettings]():
			continue
		case !fv.IsValid():
			w.line(indent, "# "+f.name+": left out", "")
		default:
			w.field(f, fv, own, indent)
		}
		indent = strings.Replace(indent, "- ", "  ", 1)
	}
}

func (w *writer) field(f field, v reflect.Value, path, indent string) {
	below := strings.Replace(indent, "- ", "  ", 1) + "  "
	switch {
	case f.shape.form == mapping:
		w.line(indent, f.name+":", "")
		w.fields(f.shape, v, path, below)
	case f.shape.form == list && f.shape.elem.form == mapping && v.Len() > 0:
		w.line(indent, f.name+":", "")
		for i := range v.Len() {
			w.fields(f.shape.elem, v.Index(i), at(path, i), below+"- ")
		}
	default:
		text := flow(f.shape, v)
		if _, secret := w.book.hidden[path]; secret {
			text = `"` + masked + `"` // in quotes: a star alone is an alias
		}
		w.line(indent, f.name+": "+text, w.source(path))
	}
}

func (w *writer) line(indent, text, comment string) {
	w.out.WriteString(indent + text)
	if comment != "" {
		w.out.WriteString(strings.Repeat(" ", max(1, 50-len(indent)-len(text))) + "# " + comment)
	}
	w.out.WriteByte('\n')
}

// source says where a value comes from: default, a line, or a variable of the environment and the line that names it. Of a list the place
// of the list does.
func (w *writer) source(path string) string {
	p, given := w.book.at[path]
	if !given {
		return "default"
	}
	if v, from := w.book.hidden[path]; from {
		return fmt.Sprintf("environment %s, %s:%d", v.name, p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// flow is a value on one line.
func flow(s *shape, v reflect.Value) string {
	if s.form == list {
		var items []string
		for i := range v.Len() {
			items = append(items, flow(s.elem, v.Index(i)))
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	switch p := plainValue(s, v).(type) {
	case string:
		return quoted(p, s)
	case float64:
		return strconv.FormatFloat(p, 'f', -1, 64)
	default:
		return fmt.Sprint(p)
	}
}

var plainWord = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9_./-]*$`)

// quoted puts a text into quotes unless it is plainly one: durations, ids, paths and addresses stay readable.
func quoted(text string, s *shape) string {
	switch {
	case s.form == duration || s.own && s.typ != reflect.TypeFor[word]():
		return text // its type wrote it, and reads it as it stands
	case slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}, strings.ToLower(text)):
	case plainWord.MatchString(text):
		return text
	}
	return strconv.Quote(text)
}

// plainValue is a setting as YAML and JSON write it: a duration as a text with its unit.
func plainValue(s *shape, v reflect.Value) any {
	if s.form == list {
		items := []any{}
		for i := range v.Len() {
			items = append(items, plainValue(s.elem, v.Index(i)))
		}
		return items
	}
	switch value := v.Interface().(type) {
	case time.Duration:
		return short(value)
	case encoding.TextMarshaler:
		if text, err := value.MarshalText(); err == nil {
			return string(text)
		}
	case json.Marshaler:
		return value
	}
	switch {
	case v.Kind() == reflect.String:
		return v.String()
	case v.CanInt():
		return v.Int()
	case v.CanUint():
		return v.Uint()
	case v.CanFloat():
		return v.Float()
	case v.Kind() == reflect.Bool:
		return v.Bool()
	}
	return nil
}

// short is a duration in days where it is whole days, and without the zeros behind it: 30d, 2m, not 720h0m0s.
func short(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
