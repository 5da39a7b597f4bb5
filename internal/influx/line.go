package influx

import (
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// This file writes line protocol (docs.influxdata.com, "Line protocol", v2): measurement,tag=value field=value timestamp. The
// library's encoder makes a point of maps and interfaces first, which costs more than the rest of the way.

// batch is a run of lines. Where each ends is remembered, so that a part of it can be sent without a search.
type batch struct {
	buf  []byte
	ends []int

	start int  // of the line that is being written
	split int  // where its series ends and its fields begin
	more  bool // it has a field already
}

func (b *batch) reset()   { b.buf, b.ends = b.buf[:0], b.ends[:0] }
func (b *batch) len() int { return len(b.ends) }

// lines gives the text of lines i to j.
func (b *batch) lines(i, j int) []byte {
	from := 0
	if i > 0 {
		from = b.ends[i-1]
	}
	return b.buf[from:b.ends[j-1]]
}

// add appends the lines of other.
func (b *batch) add(other *batch) {
	at := len(b.buf)
	b.buf = append(b.buf, other.buf...)
	for _, end := range other.ends {
		b.ends = append(b.ends, at+end)
	}
}

// begin starts a line. Tags follow, in the order of their keys: the server sorts them otherwise.
func (b *batch) begin(measurement string) {
	b.start = len(b.buf)
	b.buf = append(b.buf, measurement...)
}

// tag adds a tag unless its value is empty, which the protocol does not allow.
func (b *batch) tag(key, value string) {
	if value == "" {
		return
	}
	b.buf = append(b.buf, ',')
	b.buf = append(b.buf, key...)
	b.buf = append(b.buf, '=')
	b.buf = appendTag(b.buf, value)
}

// fields ends the tags.
func (b *batch) fields() {
	b.split = len(b.buf)
	b.more = false
}

func (b *batch) key(key string) {
	if b.more {
		b.buf = append(b.buf, ',')
	} else {
		b.buf = append(b.buf, ' ')
	}
	b.more = true
	b.buf = append(b.buf, key...)
	b.buf = append(b.buf, '=')
}

// float adds a number with at most the given decimals. A NaN or an infinity has no form in the protocol: the field is left out.
func (b *batch) float(key string, v float64, decimals int) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	b.key(key)
	b.buf = appendDecimal(b.buf, v, decimals)
}

// count adds an integer.
func (b *batch) count(key string, v int64) {
	b.key(key)
	b.buf = strconv.AppendInt(b.buf, v, 10)
	b.buf = append(b.buf, 'i')
}

// text adds a string unless it is empty.
func (b *batch) text(key, v string) {
	if v == "" {
		return
	}
	b.key(key)
	b.buf = appendString(b.buf, v)
}

// texts adds strings as one, with commas between them, unless there is none.
func (b *batch) texts(key string, v []string) {
	if len(v) == 0 {
		return
	}
	b.key(key)
	b.buf = append(b.buf, '"')
	for i, s := range v {
		if i > 0 {
			b.buf = append(b.buf, ',')
		}
		b.buf = appendQuoted(b.buf, s)
	}
	b.buf = append(b.buf, '"')
}

// mark adds key=true where it is true. Left out, it costs nothing in the usual case.
func (b *batch) mark(key string, v bool) {
	if v {
		b.key(key)
		b.buf = append(b.buf, "true"...)
	}
}

// end writes the timestamp. A line that got no field is taken back: the protocol wants one.
func (b *batch) end(ns int64) {
	if !b.more {
		b.buf = b.buf[:b.start]
		return
	}
	b.buf = append(b.buf, ' ')
	b.buf = strconv.AppendInt(b.buf, ns, 10)
	b.buf = append(b.buf, '\n')
	b.ends = append(b.ends, len(b.buf))
}

// appendTag escapes a tag's value: comma, space and equals sign take a backslash. A backslash itself has no safe form (at the end
// of a value it would escape what follows), nor has a line feed or a control character: they become _. No id of ours holds one.
func appendTag(dst []byte, v string) []byte {
	for i := range len(v) {
		switch c := v[i]; {
		case c == ',' || c == ' ' || c == '=':
			dst = append(dst, '\\', c)
		case c == '\\' || c < ' ' || c == 0x7f:
			dst = append(dst, '_')
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func appendString(dst []byte, v string) []byte {
	dst = append(dst, '"')
	dst = appendQuoted(dst, v)
	return append(dst, '"')
}

// appendQuoted escapes what stands between quotes. Control characters become spaces: readers differ on them, and a line should be
// one line in parked.lp. Bytes that are no UTF-8 become U+FFFD: InfluxDB 2 refuses them.
func appendQuoted(dst []byte, v string) []byte {
	for i := 0; i < len(v); {
		switch c := v[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
			i++
		case c < ' ' || c == 0x7f:
			dst = append(dst, ' ')
			i++
		case c < utf8.RuneSelf:
			dst = append(dst, c)
			i++
		default:
			r, size := utf8.DecodeRuneInString(v[i:])
			dst = utf8.AppendRune(dst, r)
			i += size
		}
	}
	return dst
}

var powersOfTen = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8} //nolint:gochecknoglobals // a fixed table

// appendDecimal writes v rounded to the given decimals (at most 8) without trailing zeros. It takes a fifth of the time of the
// shortest exact form, and a digit below a millimetre is noise that the server would have to parse and keep.
func appendDecimal(dst []byte, v float64, decimals int) []byte {
	scaled := math.RoundToEven(v * powersOfTen[decimals])
	if math.Abs(scaled) >= 1<<53 { // its digits would not be v's
		return strconv.AppendFloat(dst, v, 'g', -1, 64)
	}
	n := int64(scaled)
	if n < 0 {
		dst = append(dst, '-')
		n = -n
	}
	unit := int64(powersOfTen[decimals])
	dst = strconv.AppendInt(dst, n/unit, 10)
	rest := n % unit
	if rest == 0 {
		return dst
	}
	dst = append(dst, '.')
	for unit /= 10; rest > 0; unit /= 10 {
		dst = append(dst, '0'+byte(rest/unit)) //nolint:gosec // one digit
		rest %= unit
	}
	return dst
}

// nanoseconds of t since 1970; ok is false for a year that an int64 does not reach, where UnixNano would be nonsense.
func nanoseconds(t time.Time) (ns int64, ok bool) {
	const far = math.MaxInt64/1_000_000_000 - 1
	if s := t.Unix(); s > far || s < -far {
		return 0, false
	}
	return t.UnixNano(), true
}
