package normalize

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// spKind is the type of a field of SAPIENT.
type spKind uint8

const (
	spText spKind = iota
	spNumber
	spWhole
	spBool
	spTime
	spUUID
	spULID
	spEnum
	spMessage
)

// Rules of a field: it must be there (a list: not empty; an enumeration: not 0), it is a list, it is one of several that exclude
// each other, of which one must be there if it is spMust too.
const (
	spMust = 1 << iota
	spList
	spOne
)

// spField is a field of a message. JSON has its name in camel case, or as the proto file has it.
type spField struct {
	name  string
	kind  spKind
	of    string // the message or the enumeration
	rules uint8
	group string // of those that exclude each other
}

// spEnumeration has its values' names without the prefix, in one text.
type spEnumeration struct {
	prefix, values string
}

// called says whether key is the field's name in either spelling: eastRate or east_rate, DockClass or Dock_class.
func (f *spField) called(key []byte) bool {
	if string(key) == f.name {
		return true
	}
	k := 0
	for i := range len(f.name) {
		c := f.name[i]
		if i > 0 && c >= 'A' && c <= 'Z' {
			if k >= len(key) || key[k] != '_' {
				return false
			}
			k++
			c += 'a' - 'A'
		}
		if k >= len(key) || key[k] != c {
			return false
		}
		k++
	}
	return k == len(key)
}

// field is the member of v with that name, in either spelling.
func (v *value) field(name string) *value {
	if v == nil {
		return nil
	}
	f := spField{name: name}
	for i := range v.parts {
		if m := &v.parts[i]; m.kind != 'n' && f.called(m.key) {
			return m
		}
	}
	return nil
}

// conform holds v to the rules of a message, and names each field that breaks one.
func (d *document) conform(v *value, message string) {
	fields := spMessages[message]
	if v.kind != '{' {
		d.blame(v, "", "%s: want an object", v.describe())
		return
	}
	var given uint64
	for i := range v.parts {
		m := &v.parts[i]
		n := 0
		for n < len(fields) && !fields[n].called(m.key) {
			n++
		}
		switch {
		case n == len(fields):
			d.blame(m, "", "unknown field: %s", didYouMean(string(m.key), names(fields)))
		case m.kind == 'n': // as if it were not there
		case given&(1<<n) != 0:
			d.blame(m, "", "given twice: send each field once")
		default:
			given |= 1 << n
			d.conformField(m, &fields[n])
		}
	}
	d.conformWhole(v, fields, given)
}

func names(fields []spField) []string {
	var all []string
	for i := range fields {
		all = append(all, fields[i].name)
	}
	return all
}

// conformWhole looks for fields that are missing, and for those that exclude each other.
func (d *document) conformWhole(v *value, fields []spField, given uint64) {
	for i := range fields {
		f := &fields[i]
		switch {
		case f.rules&spOne != 0:
			if i == 0 || !sameGroup(fields[:i], f) {
				d.conformGroup(v, fields, given, f)
			}
		case f.rules&spMust != 0 && given&(1<<i) == 0:
			d.missing(v, f.name, "it as BSI Flex 335 v2.0 has it")
		}
	}
}

func sameGroup(before []spField, f *spField) bool {
	for i := range before {
		if before[i].group == f.group {
			return true
		}
	}
	return false
}

func (d *document) conformGroup(v *value, fields []spField, given uint64, first *spField) {
	var all []string
	count := 0
	for i := range fields {
		if fields[i].group != first.group {
			continue
		}
		all = append(all, fields[i].name)
		if given&(1<<i) != 0 {
			count++
		}
	}
	switch {
	case count > 1:
		d.blame(v, first.name, "more than one of %s: give one", strings.Join(all, ", "))
	case count == 0 && first.rules&spMust != 0:
		d.missing(v, first.name, "one of "+strings.Join(all, ", "))
	}
}

// conformField holds a value, or each of a list, to its type.
func (d *document) conformField(m *value, f *spField) {
	if f.rules&spList == 0 {
		d.conformValue(m, f)
		return
	}
	switch {
	case m.kind != '[':
		d.blame(m, "", "%s: want an array", m.describe())
	case len(m.parts) == 0 && f.rules&spMust != 0:
		d.blame(m, "", "an empty array: give at least one")
	}
	for i := range m.parts {
		if m.kind == '[' {
			d.conformValue(&m.parts[i], f)
		}
	}
}

func (d *document) conformValue(m *value, f *spField) {
	switch f.kind {
	case spMessage:
		d.conform(m, f.of)
	case spEnum:
		if number, ok := enumNumber(m, f.of); !ok {
			e := spEnums[f.of]
			d.blame(m, "", "%s: want %s and one of %s", m.describe(), e.prefix, e.values)
		} else if number == 0 && f.rules&spMust != 0 {
			d.blame(m, "", "unspecified: it must say something")
		}
	case spNumber, spWhole:
		s := string(m.text)
		x, err := strconv.ParseFloat(s, 64)
		if m.kind != '0' && m.kind != '"' || err != nil || math.IsNaN(x) || f.kind == spWhole && x != float64(int32(x)) {
			d.blame(m, "", "%s: want a number", m.describe())
		}
	case spBool:
		if m.kind != 't' && m.kind != 'f' {
			d.blame(m, "", "%s: want true or false without quotes", m.describe())
		}
	default:
		d.conformText(m, f)
	}
}

func (d *document) conformText(m *value, f *spField) {
	switch {
	case m.kind != '"':
		d.blame(m, "", "%s: want a text in double quotes", m.describe())
	case f.kind == spTime:
		if _, ok := parseTime(m.text); !ok {
			d.blame(m, "", `%s: want an RFC 3339 time like "2026-11-24T08:12:03.125Z"`, m.describe())
		}
	case f.kind == spUUID && !isUUID4(m.text):
		d.blame(m, "", "%s: want a UUID of version 4 in lower case", m.describe())
	case f.kind == spULID && !isULID(m.text):
		d.blame(m, "", "%s: want a ULID, 26 characters of Crockford's base 32", m.describe())
	case f.name == "icdVersion" && string(m.text) != "BSI Flex 335 v2.0":
		d.blame(m, "", `%s: want "BSI Flex 335 v2.0"`, m.describe())
	}
}

// enumNumber is the place of an enumeration's value among its names, 0 if it is unspecified; false if there is no such value.
func enumNumber(m *value, of string) (int, bool) {
	if m == nil || m.kind != '"' {
		return 0, false
	}
	e := spEnums[of]
	name, ok := strings.CutPrefix(string(m.text), e.prefix)
	if !ok || name == "" {
		return 0, false
	}
	i := 0
	for v := range strings.FieldsSeq(e.values) {
		if v == name {
			return i, true
		}
		i++
	}
	return 0, false
}

// isUUID4 follows RFC 9562 §5.4, in lower case.
func isUUID4(s []byte) bool {
	if len(s) != 36 || s[14] != '4' || !strings.ContainsRune("89ab", rune(s[19])) {
		return false
	}
	for i, c := range s {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (c == '-') || !dash && !strings.ContainsRune("0123456789abcdef", rune(c)) {
			return false
		}
	}
	return true
}

// isULID follows the ULID specification: 128 bits in 26 letters of 5 bits, so the first is at most 7.
func isULID(s []byte) bool {
	if len(s) != 26 || s[0] > '7' {
		return false
	}
	return len(bytes.Trim(s, "0123456789ABCDEFGHJKMNPQRSTVWXYZ")) == 0
}
