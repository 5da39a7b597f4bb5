package normalize

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// textKey is the member of an element that holds its text: no attribute can have the name.
const textKey = "#text"

// xmlReader reads XML 1.0 front to back into the values that JSON is read into: an element is an object of its attributes, then
// its text, then its children, each under its name. It takes what a message needs. Declarations of document types are refused: with
// them a hundred bytes could stand for gigabytes. Namespaces are not resolved: a prefix is a part of the name.
type xmlReader struct {
	buf    []byte
	pos    int
	broken string // what is wrong; empty while all is well
}

func (r *xmlReader) fail(what string) {
	if r.broken == "" {
		r.broken = fmt.Sprintf("cannot be read as XML at byte %d of %d: %s", r.pos, len(r.buf), what)
	}
	r.pos = len(r.buf)
}

const cutOff = "the text ends too early: it was cut off"

// xmlDocuments reads a payload of elements, one after the other; each may have a declaration of its own. why says what is wrong.
func (d *decoder) xmlDocuments() (doc *document, why string) {
	d.buf = bytes.TrimRight(bytes.TrimPrefix(d.buf, []byte("\xef\xbb\xbf")), "\x00")
	if !utf8.Valid(d.buf) {
		d.buf = bytes.ToValidUTF8(d.buf, []byte("\uFFFD")) // as in JSON: a wrong letter in a name must not cost a detection
	}
	doc = &document{decoder: d, texts: true}
	r := xmlReader{buf: d.buf}
	for r.prolog() {
		doc.roots = append(doc.roots, value{})
		r.element(&doc.roots[len(doc.roots)-1], 0)
	}
	if r.broken == "" && len(doc.roots) == 0 {
		r.broken = "the payload is empty"
	}
	return doc, r.broken
}

// prolog passes what may stand before an element, and says whether one comes.
func (r *xmlReader) prolog() bool {
	for {
		r.space()
		switch {
		case r.pos >= len(r.buf):
			return false
		case r.has("<?"):
			r.past("?>")
		case r.has("<!--"):
			r.past("-->")
		case r.has("<!"):
			r.fail("a document type declaration: leave it out")
		case r.has("<"):
			return true
		default:
			r.fail(`want "<" here`)
		}
	}
}

func (r *xmlReader) has(s string) bool { return bytes.HasPrefix(r.buf[r.pos:], []byte(s)) }

// past goes behind the next s.
func (r *xmlReader) past(s string) (before []byte) {
	i := bytes.Index(r.buf[r.pos:], []byte(s))
	if i < 0 {
		r.pos = len(r.buf)
		r.fail(cutOff)
		return nil
	}
	before = r.buf[r.pos : r.pos+i]
	r.pos += i + len(s)
	return before
}

func (r *xmlReader) space() {
	for r.pos < len(r.buf) && isSpace(r.buf[r.pos]) {
		r.pos++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// name reads a name: any letters but those that end one.
func (r *xmlReader) name() []byte {
	start := r.pos
	for r.pos < len(r.buf) && !isSpace(r.buf[r.pos]) && bytes.IndexByte([]byte("<>/=\"'&?!"), r.buf[r.pos]) < 0 {
		r.pos++
	}
	if r.pos == start {
		r.fail("want a name here")
	}
	return r.buf[start:r.pos]
}

// element reads the element whose bracket is next.
func (r *xmlReader) element(v *value, depth int) {
	r.pos++
	v.kind, v.key = '{', r.name()
	if depth >= maxForeignDepth {
		r.fail("nested deeper than " + strconv.Itoa(maxForeignDepth) + " levels")
	}
	v.parts = make([]value, 0, 8)
	switch r.attributes(v); {
	case r.broken != "":
	case r.has("/>"):
		r.pos += 2
	case r.has(">"):
		r.pos++
		r.content(v, depth)
	case r.pos >= len(r.buf):
		r.fail(cutOff)
	default:
		r.fail(`want ">" or "/>" here`)
	}
}

func (r *xmlReader) attributes(v *value) {
	for r.broken == "" {
		before := r.pos
		r.space()
		if r.pos >= len(r.buf) || r.buf[r.pos] == '>' || r.buf[r.pos] == '/' {
			return
		}
		if r.pos == before {
			r.fail("want a space before the name of an attribute")
			return
		}
		key := r.name()
		r.space()
		if r.pos >= len(r.buf) {
			r.fail(cutOff)
			return
		}
		if !r.has("=") {
			r.fail(`want "=" behind the name of an attribute`)
			return
		}
		r.pos++
		r.space()
		if v.get(string(key)) != nil {
			r.fail("an attribute that is given twice")
		}
		r.add(v, value{key: key, kind: '"', text: r.quoted()})
	}
}

// add makes a value a part of v.
func (r *xmlReader) add(v *value, part value) {
	if len(v.parts) >= maxMembers {
		r.fail("an element of more than " + strconv.Itoa(maxMembers) + " parts")
		return
	}
	v.parts = append(v.parts, part)
}

// quoted reads the value of an attribute.
func (r *xmlReader) quoted() []byte {
	if !r.has(`"`) && !r.has("'") {
		r.fail("want the value of the attribute in quotes")
		return nil
	}
	quote := string(r.buf[r.pos])
	r.pos++
	text := r.past(quote)
	if bytes.IndexByte(text, '<') >= 0 {
		r.fail(`a "<" in the value of an attribute: the quote that ends it is missing`)
	}
	return r.unescape(text)
}

// content reads what is in an element, to its end.
func (r *xmlReader) content(v *value, depth int) {
	var text []byte
	for r.broken == "" {
		text = append(text, r.unescape(r.past("<"))...)
		switch {
		case r.broken != "":
		case r.has("/"):
			r.pos++
			if end := r.name(); !bytes.Equal(end, v.key) {
				r.fail("the end of " + quote(end) + ", and " + quote(v.key) + " is open")
			}
			r.space()
			if !r.has(">") {
				r.fail(`want ">" here`)
				return
			}
			r.pos++
			if text = bytes.TrimSpace(text); len(text) > 0 {
				r.add(v, value{key: []byte(textKey), kind: '"', text: text})
			}
			return
		case r.has("!--"):
			r.past("-->")
		case r.has("![CDATA["):
			r.pos += len("![CDATA[")
			text = append(text, r.past("]]>")...)
		case r.has("?"):
			r.past("?>")
		default:
			r.pos--
			var child value
			r.element(&child, depth+1)
			r.add(v, child)
		}
	}
}

// unescape replaces the references of a text: those to the five characters that XML names, and to characters by their number.
func (r *xmlReader) unescape(text []byte) []byte {
	if bytes.IndexByte(text, '&') < 0 {
		return text
	}
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		i := bytes.IndexByte(text, '&')
		if i < 0 {
			return append(out, text...)
		}
		out, text = append(out, text[:i]...), text[i+1:]
		name, rest, found := bytes.Cut(text, []byte(";"))
		letter := reference(string(name[:min(len(name), 12)]))
		if !found || letter == 0 {
			r.fail("an & that begins no reference: write &amp;")
			return nil
		}
		out, text = utf8.AppendRune(out, letter), rest
	}
	return out
}

// reference is the character of a reference; 0 if it is none.
func reference(name string) rune {
	switch name {
	case "amp":
		return '&'
	case "lt":
		return '<'
	case "gt":
		return '>'
	case "quot":
		return '"'
	case "apos":
		return '\''
	}
	if len(name) < 2 || name[0] != '#' {
		return 0
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return 0
	}
	return rune(n)
}
