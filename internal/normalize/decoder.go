package normalize

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"cutline/internal/record"
)

// What one message may bring: a text that names something, a link, and rejects. More rejects are counted, not listed.
const (
	maxName    = 256
	maxLink    = 2048
	maxRejects = 100
)

// noIndex is decoder.index outside an array of detections.
const noIndex = -1

// decoder reads one payload of one sensor. It is a reader that knows what is wanted, and where in the payload it is, so that it can
// name a wrong field. A fault never stops it: it passes over the wrong value and reads on, so that all faults are told at once.
type decoder struct {
	reader
	source   *source
	received time.Time
	topic    string

	index  int    // of the element of the payload's array, or of the sweep's detections
	sweep  bool   // index counts the detections of a sweep
	within string // the object inside the element: "position"; empty in the element itself
	item   int    // of the list that is the field's value, noIndex outside one

	made  *maker  // of a message that a mapping made: it knows where in the payload each field comes from
	trace *[]Step // what a mapping does, for who asks

	faults  int // also those beyond maxRejects
	rejects []record.Reject
}

// path of the field key of the object that is being read.
func (d *decoder) path(key string) string {
	var p string
	if d.index != noIndex {
		p = "[" + strconv.Itoa(d.index) + "]"
		if d.sweep {
			p = "detections" + p
		}
	}
	p = jsonPath(jsonPath(p, d.within), key)
	if d.item != noIndex {
		p += "[" + strconv.Itoa(d.item) + "]"
	}
	return p
}

// fault rejects what is being read, for the sake of its field key; an empty key blames the whole object.
func (d *decoder) fault(key, format string, args ...any) {
	if d.faults++; d.faults > maxRejects {
		return
	}
	r := record.Reject{Path: d.path(key), Reason: fmt.Sprintf(format, args...)}
	if d.made != nil {
		r = d.made.blame(d.index, jsonPath(d.within, key), r.Reason)
	}
	d.rejects = append(d.rejects, r)
}

// unknown rejects the field that is being read, and passes over it.
func (d *decoder) unknown(keys []string) {
	if d.faults < maxRejects {
		d.fault(string(d.key), "unknown field: %s", didYouMean(string(d.key), keys))
	} else {
		d.faults++
	}
	d.skip()
}

// wrong rejects the value that is next for not being what is wanted, and passes over it.
func (d *decoder) wrong(want string) {
	if d.faults < maxRejects {
		d.fault(string(d.key), "%s: want %s", d.describe(want), want)
	} else {
		d.faults++
	}
	d.skip()
}

// describe says what value is next.
func (d *decoder) describe(want string) string {
	switch c := d.peek(); {
	case c == '{':
		return "got an object"
	case c == '[':
		return "got an array"
	case c == '"':
		ahead := reader{buf: d.buf, pos: d.pos}
		text, _ := ahead.string(nil)
		return "got the text " + quote(text)
	case c == 't' || c == 'f':
		return "got true or false"
	case d.has("null"):
		return "got null, which is not the same as leaving the field out"
	case isNumber(c) && want != aNumber:
		return "got a number"
	}
	return "got something else"
}

const aNumber = "a number without quotes"

// listed are the rejects of the payload. If it turned out to be no JSON, that is the only one: what was read of it may be
// rubbish too.
func (d *decoder) listed() []record.Reject {
	if d.broken != "" && len(d.buf) == 0 {
		return []record.Reject{{Reason: "the payload is empty"}}
	}
	if d.broken != "" {
		return []record.Reject{{Reason: fmt.Sprintf("cannot be read as JSON at byte %d of %d: %s", d.brokenAt, len(d.buf), d.broken)}}
	}
	if more := d.faults - maxRejects; more > 0 {
		return append(d.rejects, record.Reject{Reason: fmt.Sprintf("and %d more faults in this payload", more)})
	}
	return d.rejects
}

// next reads the key of the next field of the object; one that is given twice is rejected, since nobody knows which is meant.
func (d *decoder) next(o *object) bool {
	for d.reader.next(o) {
		if !o.twice {
			return true
		}
		d.fault(string(d.key), "given twice: send each field once")
		d.skip()
	}
	return false
}

// enter begins the object that is the value of the field key, the current one. The caller must leave it.
func (d *decoder) enter(key, like string) object {
	if d.peek() != '{' {
		d.wrong("an object like " + like)
		return object{closed: true}
	}
	d.within = key
	return d.object()
}

// leave ends what enter began.
func (d *decoder) leave() { d.within = "" }

// need rejects the object for a field that it must have and has not. It is for objects without other faults: a field
// that is spelt wrong is not missing as well.
func (d *decoder) need(given bool, key, what string) {
	if !given && d.broken == "" {
		d.fault(key, "missing: give %s", what)
	}
}

// number reads a number that must lie in [lo, hi]; 0 if it does not.
func (d *decoder) number(lo, hi float64, unit string) float64 {
	if c := d.peek(); !isNumber(c) || c == 'n' && d.has("null") {
		d.wrong(aNumber)
		return 0
	}
	start := d.pos
	f := d.reader.number()
	switch {
	case f >= lo && f <= hi:
		return f
	case d.broken != "":
	case math.IsNaN(f) || math.IsInf(f, 0) && d.buf[d.pos-1] > '9':
		d.fault(string(d.key), "%s is no number: leave the field out where there is no value", d.buf[start:d.pos])
	default:
		d.fault(string(d.key), "%s is outside %s to %s %s", excerpt(d.buf[start:d.pos]), short(lo), short(hi), unit)
	}
	return 0
}

func excerpt(number []byte) string {
	if len(number) > maxQuoted {
		return string(number[:maxQuoted]) + "…"
	}
	return string(number)
}

func short(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// whole reads an integer.
func (d *decoder) whole() int64 {
	if c := d.peek(); !isNumber(c) || c == 'n' && d.has("null") {
		d.wrong("a whole number without quotes")
		return 0
	}
	start := d.pos
	n, ok := d.integer()
	if !ok && d.broken == "" {
		d.fault(string(d.key), "%s is no whole number of at most 64 bits", excerpt(d.buf[start:d.pos]))
	}
	return n
}

// bool reads true or false.
func (d *decoder) bool() bool {
	switch d.peek() {
	case 't':
		return d.literal("true")
	case 'f':
		d.literal("false")
	default:
		d.wrong("true or false without quotes")
	}
	return false
}

// bytes reads a string, which holds until the next one is read; false if there is none.
func (d *decoder) bytes(want string) (s []byte, ok bool) {
	if d.peek() != '"' {
		d.wrong(want)
		return nil, false
	}
	s, d.text = d.string(d.text)
	return s, d.broken == ""
}

// name reads a string of 1 to most bytes.
func (d *decoder) name(most int) string {
	s, ok := d.bytes("text in double quotes")
	if ok && (len(s) == 0 || len(s) > most) {
		d.fault(string(d.key), "a text of %d bytes: want 1 to %d, or leave the field out", len(s), most)
		return ""
	}
	return string(s)
}

// list reads an array of names.
func (d *decoder) list(most int) []string {
	if d.peek() != '[' {
		d.wrong(`an array of texts like ["…"]`)
		return nil
	}
	var names []string
	d.open()
	for a := (array{}); d.reader.item(&a); {
		d.item = a.count - 1
		names = append(names, d.name(most))
	}
	d.item = noIndex
	return names
}

// maxAhead is how far a sensor's clock may be ahead of ours.
const maxAhead = 2 * time.Second

// clockSet is a time before which no sensor of this kind was built: an earlier one says that the clock was never set.
const clockSet = 946684800 // 2000-01-01T00:00:00Z, in seconds since 1970

// time reads an event time.
func (d *decoder) time() time.Time {
	s, ok := d.bytes(`a time like "2026-11-24T08:12:03.125Z"`)
	if !ok {
		return time.Time{}
	}
	t, ok := parseTime(s)
	switch {
	case !ok:
		d.fault(string(d.key), `%s is no RFC 3339 time: want one like "2026-11-24T08:12:03.125Z"`, quote(s))
	case t.Sub(d.received) > maxAhead:
		d.fault(string(d.key), "%s is %s after its receipt: check the sensor's clock", quote(s), t.Sub(d.received).Round(time.Millisecond))
	case t.Unix() < clockSet:
		d.fault(string(d.key), "%s is before the year 2000: the sensor's clock is not set", quote(s))
	default:
		return t
	}
	return time.Time{}
}
