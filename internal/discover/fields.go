package discover

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// What is looked at of a payload.
const (
	maxFields  = 300
	maxValues  = 3000 // of one field
	maxDeep    = 8
	maxScalars = 8 // elements of a list of numbers: a longer one is a curve, not a place
)

// value is what a field holds in one object.
type value struct {
	text   string
	quoted bool // it came as a text
	object int  // that it stands in
	sample int  // the message
	row    int  // of a list of rows
}

// field is one place in a publisher's payloads.
type field struct {
	list   string // the list whose elements it stands in, as a mapping's from: "$.targets[]"; empty: the payload itself
	rel    string // from its object
	key    string // the last name in rel, or that above it if rel ends in an index
	index  int    // of an element of a list of numbers, else -1
	parent string // rel without its last part
	values []value
	newest bool // it stands in the last element of a list that may be a trail

	measured map[string]measured // by field of a detection and unit
}

// takenApart is a publisher's payloads, taken apart.
type takenApart struct {
	fields  map[string]*field
	objects int
	parents map[int]int // of an object of a list, the object that the list stands in
	read    int         // payloads that are JSON
}

// takeApart reads the payloads of a publisher.
func takeApart(samples []Message) *takenApart {
	t := &takenApart{fields: map[string]*field{}, parents: map[int]int{}}
	for i, m := range samples {
		d := json.NewDecoder(bytes.NewReader(m.Payload))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil {
			continue
		}
		t.read++
		t.objects++
		t.walk(v, place{object: t.objects, sample: i, index: -1})
	}
	return t
}

// place is where the walk is.
type place struct {
	list, rel, parent, key string
	index                  int
	object, sample, deep   int
	row                    int
	newest                 bool
}

func (t *takenApart) walk(v any, at place) {
	if at.deep > maxDeep {
		return
	}
	at.deep++
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			below := at
			below.parent, below.key, below.index = at.rel, key, -1
			below.rel = joined(at.rel, key)
			t.walk(v[key], below)
		}
	case []any:
		t.array(v, at)
	case json.Number:
		t.note(at, v.String(), false)
	case string:
		t.note(at, v, true)
	case bool:
		t.note(at, strconv.FormatBool(v), false)
	}
}

// array walks a list: of objects or of rows each element is an object of its own, of numbers each element is a field.
func (t *takenApart) array(list []any, at place) {
	if len(list) == 0 {
		return
	}
	_, objects := list[0].(map[string]any)
	_, rows := list[0].([]any)
	if !objects && !rows {
		for i := range list[:min(len(list), maxScalars)] {
			below := at
			below.rel, below.index, below.parent = at.rel+"["+strconv.Itoa(i)+"]", i, at.rel
			t.walk(list[i], below)
		}
		return
	}
	if rows { // or it is the trail of one object: then the last of it is where that is now
		below := at
		below.rel, below.parent, below.newest = at.rel+"[-1]", at.rel, true
		t.walk(list[len(list)-1], below)
	}
	for i, element := range list {
		t.objects++
		t.parents[t.objects] = at.object
		t.walk(element, place{list: listPath(at) + "[]", object: t.objects, sample: at.sample, deep: at.deep, key: at.key, index: -1, row: i})
	}
}

// listPath is the path of a list from the payload.
func listPath(at place) string {
	base := at.list
	if base == "" {
		base = "$"
	}
	if at.rel == "" || at.rel[0] == '[' {
		return base + at.rel
	}
	return base + "." + at.rel
}

func (t *takenApart) note(at place, text string, quoted bool) {
	name := at.list + "|" + at.rel
	f := t.fields[name]
	if f == nil {
		if len(t.fields) >= maxFields || at.rel == "" {
			return
		}
		f = &field{list: at.list, rel: at.rel, key: at.key, index: at.index, parent: at.parent, newest: at.newest}
		t.fields[name] = f
	}
	if len(f.values) < maxValues && len(text) <= 200 {
		f.values = append(f.values, value{text, quoted, at.object, at.sample, at.row})
	}
}

// sorted are the fields in the order of their places.
func (t *takenApart) sorted() []*field {
	var all []*field
	for _, name := range slices.Sorted(maps.Keys(t.fields)) {
		all = append(all, t.fields[name])
	}
	return all
}

// joined adds a name to a path, in brackets and quotes where a mapping's path needs them.
func joined(path, key string) string {
	if key == "" || strings.ContainsAny(key, `.["$`) || strings.TrimSpace(key) != key {
		return path + "[" + strconv.Quote(key) + "]"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// from is the path of the field for a mapping whose detections are the elements of list; false if it stands in another list.
func (f *field) from(list string) (string, bool) {
	switch {
	case f.list == list:
		return f.rel, true
	case f.list == "":
		return "$" + dotted(f.rel), true
	case strings.HasPrefix(list, f.list):
		return f.list + dotted(f.rel), true
	}
	return "", false
}

func dotted(rel string) string {
	if rel == "" || rel[0] == '[' {
		return rel
	}
	return "." + rel
}

// distinct counts the different values, up to a limit.
func (f *field) distinct(limit int) int {
	seen := map[string]bool{}
	for _, v := range f.values {
		if seen[v.text] = true; len(seen) >= limit {
			break
		}
	}
	return len(seen)
}

// trail says whether a field of rows is that of the way of one object: of what a row says, much was said by its neighbour in the message
// before. What stays in its own row is a target that stands still. forward: the last row is the newest.
func (f *field) trail() (is, forward bool) {
	type seen struct{ sample, row int }
	some := f.values[:min(len(f.values), 600)]
	last := map[string]seen{}
	up, down := 0, 0
	for _, v := range some {
		before, had := last[v.text]
		switch {
		case !had || before.sample != v.sample-1:
		case before.row > v.row:
			up++
		case before.row < v.row:
			down++
		}
		last[v.text] = seen{v.sample, v.row}
	}
	return (up+down)*10 > len(some)*3, up >= down
}

// words are the parts of the field's own name, in lower case: speedKmh, "Speed (km/h)" and speed_kmh are alike.
func (f *field) words() []string {
	var words []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			words = append(words, strings.ToLower(string(word)))
			word = word[:0]
		}
	}
	var last rune
	for _, r := range strings.NewReplacer("km/h", "kmh ", "m/s", "mps ", "Km/h", "kmh ", "°", " deg ", "%", " percent ").Replace(f.key) {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
		case unicode.IsUpper(r) && unicode.IsLower(last):
			flush()
			word = append(word, r)
		default:
			word = append(word, r)
		}
		last = r
	}
	flush()
	return words
}

// named says whether one of the words is part of the field's name. Words of four letters and more may be the beginning of a longer one.
func (f *field) named(words ...string) bool {
	for _, own := range f.words() {
		own = strings.TrimRight(own, "0123456789")
		for _, w := range words {
			if own == w || len(w) >= 4 && strings.HasPrefix(own, w) {
				return true
			}
		}
	}
	return false
}
