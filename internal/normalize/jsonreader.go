package normalize

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// What a payload may be at most. The contract's deepest is a sweep: object, array, object, object, number.
const (
	maxDepth = 16
	maxKeys  = 64 // of one object: finding a key that is given twice looks back over the object
)

// reader reads JSON (RFC 8259) front to back, once, without building a tree. It checks all syntax that it passes, so that a
// payload read to its end without a fault is valid JSON. The only leniency is NaN and Infinity, which many senders write:
// they pass as numbers that are not finite, so that the one field can be named and the rest of the payload kept.
//
// Text that is no JSON breaks the reader: from then on every method says that there is nothing more.
type reader struct {
	buf    []byte
	pos    int
	depth  int
	key    []byte // of the member that is being read; holds until the next one
	text   []byte // room for strings that had escapes
	names  []byte // the same for keys
	levels int    // how deep it may be nested; 0: maxDepth

	broken   string // what is wrong with the text; empty while all is well
	brokenAt int
}

// object is where the reader is in an object.
type object struct {
	start  int    // of its first member
	seen   uint64 // a bit for each key so far, see keyBit
	count  int
	twice  bool // the key that was read last has been there before
	closed bool
}

// array is where the reader is in an array; count-1 is the index of the item that was read last.
type array struct {
	count  int
	closed bool
}

// fail breaks the reader where it is.
func (r *reader) fail(what string) {
	if r.broken == "" {
		r.broken, r.brokenAt = what, r.pos
	}
	r.pos = len(r.buf)
}

// peek skips white space and looks at the next byte; 0 at the end.
func (r *reader) peek() byte {
	if r.pos < len(r.buf) && r.buf[r.pos] > ' ' {
		return r.buf[r.pos] // small enough to be inlined: mostly there is no white space
	}
	return r.peekFar()
}

func (r *reader) peekFar() byte {
	for r.pos < len(r.buf) {
		c := r.buf[r.pos]
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c
		}
		r.pos++
	}
	return 0
}

// object enters the object whose brace is next.
func (r *reader) object() object {
	r.open()
	return object{start: r.pos}
}

// open passes the opening brace or bracket that is next. An array is then read by item.
func (r *reader) open() {
	r.pos++
	if r.depth++; r.depth > max(maxDepth, r.levels) {
		r.fail(fmt.Sprintf("nested deeper than %d levels", max(maxDepth, r.levels)))
	}
}

// next reads the key of the next member into r.key and stands before its value; false after the last member.
func (r *reader) next(o *object) bool {
	o.twice = false
	if o.closed || !r.member(o) {
		o.closed = true
		return false
	}
	bit := keyBit(r.key)
	if o.seen&bit != 0 {
		o.twice = r.wasThere(o)
	}
	if o.seen |= bit; o.count > maxKeys {
		r.fail("an object of more than 64 fields")
		return false
	}
	return true
}

// member is next without the look back.
func (r *reader) member(o *object) bool {
	if r.quickMember(o.count) {
		o.count++
		return true
	}
	if !r.more('}', o.count) {
		return false
	}
	o.count++
	if r.peek() != '"' {
		r.fail(`want a field's name in double quotes here`)
		return false
	}
	r.key, r.names = r.string(r.names)
	if r.peek() != ':' {
		r.fail(`want ":" between a field's name and its value`)
		return false
	}
	r.pos++
	return r.broken == ""
}

// quickMember is member for what nearly every sender writes, a comma, at most one space, a key without an escape and a colon; else
// it is false, and the reader where it was. It is here for speed alone: a third of a message is keys.
func (r *reader) quickMember(count int) bool {
	b, i := r.buf, r.pos
	if count > 0 {
		if i >= len(b) || b[i] != ',' {
			return false
		}
		if i++; i < len(b) && b[i] == ' ' {
			i++
		}
	}
	if i >= len(b) || b[i] != '"' {
		return false
	}
	begin := i + 1
	for i = begin; i < len(b) && b[i]-' ' < utf8.RuneSelf-' ' && b[i] != '"' && b[i] != '\\'; i++ {
	}
	if i+1 >= len(b) || b[i] != '"' || b[i+1] != ':' {
		return false
	}
	r.key, r.pos = b[begin:i], i+2
	return true
}

// item stands before the next item; false after the last one.
func (r *reader) item(a *array) bool {
	if a.closed || !r.more(']', a.count) {
		a.closed = true
		return false
	}
	a.count++
	return true
}

// more passes the comma before the next part of an object or array, or its closing bracket.
func (r *reader) more(end byte, count int) bool {
	c := r.peek()
	switch {
	case r.broken != "":
		return false
	case c == end:
		r.pos++
		r.depth--
		return false
	case count == 0:
		return r.inside()
	case c == ',':
		r.pos++
		if r.peek() == end {
			r.fail("a comma after the last one")
		}
		return r.inside()
	case r.inside():
		r.fail(`want "," or "` + string(end) + `" here`)
	}
	return false
}

// inside is false, and the reader broken, at the end of the text.
func (r *reader) inside() bool {
	if r.pos >= len(r.buf) {
		r.fail("the text ends too early: it was cut off")
	}
	return r.broken == ""
}

// keyBit spreads keys over 64 bits such that no two of one object of the contract share one (a test holds that). Keys that do
// share one cost a look back, no more.
func keyBit(key []byte) uint64 {
	n := len(key)
	if n == 0 {
		return 1
	}
	return 1 << ((uint(key[n/2]) + uint(key[n-1])*26 + uint(n)) & 63) // 26: the least factor that does it
}

// wasThere looks back over the object for the key that was just read.
func (r *reader) wasThere(o *object) bool {
	back := reader{buf: r.buf, pos: o.start, depth: r.depth}
	past := object{}
	for past.count < o.count-1 && back.member(&past) {
		if bytes.Equal(back.key, r.key) {
			return true
		}
		back.skip()
	}
	return false
}

// skip passes one value of any kind, and checks it.
func (r *reader) skip() {
	switch c := r.peek(); {
	case c == '{':
		for o := r.object(); !o.closed; {
			if o.closed = !r.member(&o); !o.closed {
				r.skip()
			}
		}
	case c == '[':
		r.open()
		for a := (array{}); r.item(&a); {
			r.skip()
		}
	case c == '"':
		_, r.text = r.string(r.text)
	case c == 't':
		r.literal("true")
	case c == 'f':
		r.literal("false")
	case c == 'n' && r.has("null"):
		r.literal("null")
	case isNumber(c):
		r.number()
	default:
		r.noValue()
	}
}

// noValue breaks the reader where a value should begin.
func (r *reader) noValue() {
	if r.inside() {
		r.fail(fmt.Sprintf("no value can begin with %q", r.buf[r.pos]))
	}
}

func (r *reader) has(word string) bool {
	return len(r.buf)-r.pos >= len(word) && string(r.buf[r.pos:r.pos+len(word)]) == word
}

func (r *reader) literal(word string) bool {
	if !r.has(word) {
		r.fail("want " + word + " here")
		return false
	}
	r.pos += len(word)
	return true
}

// end checks that nothing follows the payload.
func (r *reader) end() {
	if r.peek(); r.broken == "" && r.pos < len(r.buf) {
		r.fail("text after the end of the payload: send several detections as an array")
	}
}

// isNumber says whether a number can begin with c, or a word for what is not one.
func isNumber(c byte) bool {
	return c-'0' <= 9 || c == '-' || c == 'N' || c == 'n' || c == 'I' || c == 'i'
}
