package normalize

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// string reads the string whose quote is next. It comes without a copy if it has nothing to replace, else in room, which is
// returned, grown. Bytes that are not UTF-8 and surrogates without their other half become U+FFFD, as encoding/json has it:
// a wrong letter in a name must not cost a detection, and the payload itself is kept.
func (r *reader) string(room []byte) (s, grown []byte) {
	b, i := r.buf, r.pos+1
	for i < len(b) && b[i]-' ' < utf8.RuneSelf-' ' && b[i] != '"' && b[i] != '\\' {
		i++
	}
	if i < len(b) && b[i] == '"' {
		s = b[r.pos+1 : i]
		r.pos = i + 1
		return s, room
	}
	room = r.replaced(room[:0])
	return room, room
}

// replaced reads the string whose quote is next onto dst, letter by letter.
func (r *reader) replaced(dst []byte) []byte {
	for r.pos++; r.pos < len(r.buf); {
		switch c := r.buf[r.pos]; {
		case c == '"':
			r.pos++
			return dst
		case c < ' ':
			r.fail("a control character in a string: escape it")
			return dst
		case c == '\\':
			dst = r.escape(dst)
		case c < utf8.RuneSelf:
			dst = append(dst, c)
			r.pos++
		default:
			letter, size := utf8.DecodeRune(r.buf[r.pos:])
			dst = utf8.AppendRune(dst, letter)
			r.pos += size
		}
	}
	r.inside()
	return dst
}

// escape reads one escape sequence (RFC 8259 §7) onto dst.
func (r *reader) escape(dst []byte) []byte {
	if r.pos+1 >= len(r.buf) {
		r.pos = len(r.buf)
		return dst
	}
	c := r.buf[r.pos+1]
	if c == 'u' {
		return r.unicode(dst)
	}
	i := bytes.IndexByte([]byte(`"\/bfnrt`), c)
	if i < 0 {
		r.fail(`an escape in a string is one of \" \\ \/ \b \f \n \r \t \uXXXX`)
		return dst
	}
	r.pos += 2
	return append(dst, "\"\\/\b\f\n\r\t"[i])
}

// unicode reads \uXXXX, or two that are a surrogate pair.
func (r *reader) unicode(dst []byte) []byte {
	letter, ok := r.hex4()
	if !ok {
		return dst
	}
	if utf16.IsSurrogate(letter) {
		high := letter
		letter = utf8.RuneError
		if before := r.pos; r.has(`\u`) {
			low, ok := r.hex4()
			if !ok {
				return dst
			}
			if letter = utf16.DecodeRune(high, low); letter == utf8.RuneError {
				r.pos = before // the second may be a letter of its own, or the first of a pair
			}
		}
	}
	return utf8.AppendRune(dst, letter)
}

// hex4 reads \uXXXX.
func (r *reader) hex4() (rune, bool) {
	if len(r.buf)-r.pos < 6 {
		r.pos = len(r.buf)
		r.inside()
		return 0, false
	}
	n, err := strconv.ParseUint(string(r.buf[r.pos+2:r.pos+6]), 16, 16)
	if err != nil {
		r.fail(`want four hexadecimal digits after \u`)
		return 0, false
	}
	r.pos += 6
	return rune(n), true
}
