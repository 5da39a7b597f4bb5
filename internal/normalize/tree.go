package normalize

import (
	"bytes"
	"strconv"
)

// maxMembers is how many fields an object of a foreign format may have, and maxForeignDepth how deep it may be nested: a SAPIENT
// registration is the deepest, with the sub-classes of its filters. maxForeign is the size of a payload: 500 aircraft.
const (
	maxMembers      = 256
	maxForeignDepth = 40
	maxForeign      = 512 << 10
)

// value is a part of a payload that has been read as a whole, for the formats that are not ours: their fields come in any
// order, decide about each other, and are mostly passed over. A nil value is one that is not there; so is null, which those formats
// mean by it.
type value struct {
	key   []byte // its name in the object that it is a member of
	kind  byte   // { [ " 0 t f n, or twice
	text  []byte // the number as it is written, or the text without its quotes
	parts []value
}

// twice is the kind of a field that an object has more than once.
const twice = '2'

// document is a payload that was read as a whole. Faults name the path of the value that is at fault.
type document struct {
	*decoder
	roots []value // several only where a format sends several objects in one payload
	texts bool    // numbers may come in quotes
}

// document reads the payload; false if it is not JSON.
func (d *decoder) document() (*document, bool) {
	doc := &document{decoder: d, roots: make([]value, 1)}
	d.levels = maxForeignDepth
	d.tree(&doc.roots[0])
	d.end()
	return doc, d.broken == ""
}

// documents reads a payload of several objects, one after the other, perhaps with a NUL at the end.
func (d *decoder) documents() (*document, bool) {
	doc := &document{decoder: d}
	d.levels = maxForeignDepth
	d.buf = bytes.TrimRight(d.buf, "\x00\n\r ")
	for first := true; d.broken == "" && (first || d.peek() != 0); first = false {
		doc.roots = append(doc.roots, value{})
		d.tree(&doc.roots[len(doc.roots)-1])
	}
	return doc, d.broken == ""
}

// tree reads the value that is next.
func (d *decoder) tree(v *value) {
	switch c := d.peek(); {
	case c == '{':
		v.kind = c
		d.members(v)
	case c == '[':
		v.kind = c
		d.open()
		for a := (array{}); d.reader.item(&a); {
			v.parts = append(v.parts, value{})
			d.tree(&v.parts[len(v.parts)-1])
		}
	case c == '"':
		v.kind = c
		v.text, _ = d.string(nil)
	case isNumber(c) && !d.has("null"):
		v.kind = '0'
		start := d.pos
		d.reader.number()
		v.text = d.buf[start:d.pos]
	default:
		v.kind = c
		d.skip()
	}
}

// members reads the fields of an object. One that is given twice is of no kind that anybody wants: who asks for it rejects it.
func (d *decoder) members(v *value) {
	o := d.object()
	v.parts = make([]value, 0, 8)
	for {
		d.names = nil // the keys stay
		if !d.member(&o) {
			return
		}
		if o.count > maxMembers {
			d.fail("an object of more than 256 fields")
			return
		}
		if first := v.get(string(d.key)); first != nil {
			first.kind, first.text, first.parts = twice, nil, nil
			d.skip()
			continue
		}
		v.parts = append(v.parts, value{key: d.key})
		d.tree(&v.parts[len(v.parts)-1])
	}
}

// get is the member of that name; nil if there is none, or it is null.
func (v *value) get(key string) *value {
	if v == nil || v.kind != '{' {
		return nil
	}
	for i := range v.parts {
		if m := &v.parts[i]; string(m.key) == key {
			if m.kind == 'n' {
				return nil
			}
			return m
		}
	}
	return nil
}

// members are the parts of an object; none of anything else.
func (v *value) members() []value {
	if v == nil || v.kind != '{' {
		return nil
	}
	return v.parts
}

// is says whether the value is the text s.
func (v *value) is(s string) bool { return v != nil && v.kind == '"' && string(v.text) == s }

// describe says what the value is, in the words of a reason.
func (v *value) describe() string {
	switch v.kind {
	case '{':
		return "got an object"
	case '[':
		return "got an array"
	case '"':
		return "got the text " + quote(v.text)
	case '0':
		return "got the number " + excerpt(v.text)
	case 't', 'f':
		return "got true or false"
	case twice:
		return "given twice, and nobody knows which is meant"
	}
	return "got null"
}

// blame rejects what v says, for the sake of its member key; an empty key blames v itself.
func (d *document) blame(v *value, key, format string, args ...any) {
	d.within, d.index, d.item = "", noIndex, noIndex
	before := len(d.rejects)
	d.fault("", format, args...)
	if len(d.rejects) > before {
		d.rejects[before].Path = jsonPath(d.pathOf(v), key)
	}
}

// pathOf looks for v in the payload. Faults are few; a path beside every value would be paid for by those without one.
func (d *document) pathOf(v *value) string {
	for i := range d.roots {
		begin := ""
		if len(d.roots) > 1 {
			begin = "[" + strconv.Itoa(i) + "]"
		}
		if p, found := d.roots[i].find(v, begin); found {
			return p
		}
	}
	return ""
}

func (v *value) find(wanted *value, path string) (string, bool) {
	if v == wanted {
		return path, true
	}
	for i := range v.parts {
		m := &v.parts[i]
		if len(m.parts) == 0 && m != wanted {
			continue
		}
		below := path
		if v.kind == '[' {
			below += "[" + strconv.Itoa(i) + "]"
		} else {
			below = jsonPath(path, string(m.key))
		}
		if p, found := m.find(wanted, below); found {
			return p, true
		}
	}
	return "", false
}
