package normalize

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// takMagic begins every message of TAK's protobuf form.
const takMagic = 0xbf

// takDocuments reads the protobuf form of TAK into the tree that XML makes of the same event, so that one reader holds all rules. There are
// two headers: that of a mesh, 0xbf, the version, 0xbf and one message to the end; and that of a stream, 0xbf, a length and so many bytes,
// of which there may be several. why says what is wrong.
//
// Where a number is not on the wire it is 0: that is what proto3 leaves out. So a ce of 0 is unknown, as no receiver is that good.
func (d *decoder) takDocuments() (doc *document, why string) {
	doc = &document{decoder: d, texts: true}
	for rest := d.buf; len(rest) > 0; {
		body, after, err := takFrame(rest)
		if err == nil {
			doc.roots = append(doc.roots, value{})
			err = takMessage(&doc.roots[len(doc.roots)-1], body)
		}
		if err != nil {
			return doc, fmt.Sprintf("cannot be read as TAK's protobuf at byte %d of %d: %v", len(d.buf)-len(rest), len(d.buf), err)
		}
		if doc.roots[len(doc.roots)-1].kind == 0 { // control alone: who speaks which version
			doc.roots = doc.roots[:len(doc.roots)-1]
		}
		rest = after
	}
	return doc, ""
}

// takFrame parts the first message from what follows it.
func takFrame(b []byte) (body, after []byte, err error) {
	number, n := binary.Uvarint(b[1:])
	switch rest := b[min(len(b), 1+max(n, 0)):]; {
	case b[0] != takMagic:
		return nil, nil, fmt.Errorf("byte %#x: want 0xbf", b[0])
	case n <= 0:
		return nil, nil, errors.New(cutOff)
	case number <= 1 && len(rest) > 0 && rest[0] == takMagic: // no message is as short as one byte
		return rest[1:], nil, nil
	case number > uint64(len(rest)):
		return nil, nil, fmt.Errorf("a message of %d bytes, and there are %d: it was cut off", number, len(rest))
	default:
		return rest[:number], rest[number:], nil
	}
}

// takFields calls take for each field of a message; the value is raw: its bytes without their length, or a number.
func takFields(b []byte, take func(number protowire.Number, wire protowire.Type, text []byte, x uint64) error) error {
	for len(b) > 0 {
		number, wire, raw, rest, err := protoNext(b)
		if err != nil {
			return err
		}
		b = rest
		var text []byte
		var x uint64
		switch wire {
		case protowire.BytesType:
			text, _ = protowire.ConsumeBytes(raw)
		case protowire.VarintType:
			x, _ = protowire.ConsumeVarint(raw)
		case protowire.Fixed64Type:
			x, _ = protowire.ConsumeFixed64(raw)
		default: // no field that we know
		}
		if err := take(number, wire, text, x); err != nil {
			return err
		}
	}
	return nil
}

// takMessage reads the event of a TakMessage, if it has one.
func takMessage(v *value, b []byte) error {
	return takFields(b, func(number protowire.Number, wire protowire.Type, text []byte, _ uint64) error {
		const event = 2
		if number != event || wire != protowire.BytesType {
			return nil
		}
		return takEvent(v, text)
	})
}

// takEvent reads a CotEvent. The numbers of the fields are those of cotevent.proto.
func takEvent(v *value, b []byte) error {
	*v = value{key: []byte("event"), kind: '{'}
	place := [5]float64{}
	var detail *value
	err := takFields(b, func(number protowire.Number, wire protowire.Type, text []byte, x uint64) error {
		const lat, le, detailNumber = 10, 14, 15
		words := map[protowire.Number]string{1: "type", 4: "opex", 5: "uid", 6: "time", 7: "start", 8: "stale", 9: "how"}
		switch name, known := words[number]; {
		case number == detailNumber && wire == protowire.BytesType:
			detail = &value{key: []byte("detail"), kind: '{'}
			return takDetail(detail, text)
		case number >= lat && number <= le && wire == protowire.Fixed64Type:
			place[number-lat] = math.Float64frombits(x)
		case known && wire == protowire.VarintType:
			v.parts = append(v.parts, takText(name, takTime(x)))
		case known && wire == protowire.BytesType:
			if !utf8.Valid(text) {
				return fmt.Errorf("%s is no UTF-8", name)
			}
			v.parts = append(v.parts, takText(name, text))
		}
		return nil
	})
	if err != nil {
		return err
	}
	point := value{key: []byte("point"), kind: '{'}
	for i, name := range [...]string{"lat", "lon", "hae", "ce", "le"} {
		if name == "ce" && place[i] == 0 {
			place[i] = noNumber
		}
		point.parts = append(point.parts, takText(name, strconv.AppendFloat(nil, place[i], 'g', -1, 64)))
	}
	v.parts = append(v.parts, point)
	if detail != nil {
		v.parts = append(v.parts, *detail)
	}
	return nil
}

// takText is an attribute, as XML has it.
func takText(name string, text []byte) value { return value{key: []byte(name), kind: '"', text: text} }

// takTime writes milliseconds since 1970 as RFC 3339; what no year holds stays a number, which no rule takes.
func takTime(ms uint64) []byte {
	if ms > maxSeconds*1000 {
		return strconv.AppendUint(nil, ms, 10)
	}
	return time.UnixMilli(int64(ms)).UTC().AppendFormat(nil, time.RFC3339Nano)
}

// takDetail reads a Detail: elements that have messages of their own, and the others as XML.
func takDetail(v *value, b []byte) error {
	return takFields(b, func(number protowire.Number, wire protowire.Type, text []byte, _ uint64) error {
		element := map[protowire.Number]struct {
			name       string
			attributes []string // by the number of their field, from 1
		}{
			2: {"contact", []string{"endpoint", "callsign"}},
			5: {"status", []string{"battery"}},
			7: {"track", []string{"speed", "course"}},
		}
		const xmlDetail = 1
		switch e, known := element[number]; {
		case wire != protowire.BytesType:
		case number == xmlDetail:
			return takXML(v, text)
		case known:
			child := value{key: []byte(e.name), kind: '{'}
			if err := takElement(&child, text, e.attributes); err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
			v.parts = append(v.parts, child)
		}
		return nil
	})
}

// takElement reads the attributes of an element.
func takElement(v *value, b []byte, names []string) error {
	return takFields(b, func(number protowire.Number, wire protowire.Type, text []byte, x uint64) error {
		if int(number) > len(names) {
			return nil
		}
		switch name := names[number-1]; wire {
		case protowire.BytesType:
			if !utf8.Valid(text) {
				return fmt.Errorf("%s is no UTF-8", name)
			}
			v.parts = append(v.parts, takText(name, text))
		case protowire.VarintType:
			v.parts = append(v.parts, takText(name, strconv.AppendUint(nil, x, 10)))
		case protowire.Fixed64Type:
			v.parts = append(v.parts, takText(name, strconv.AppendFloat(nil, math.Float64frombits(x), 'g', -1, 64)))
		default:
		}
		return nil
	})
}

// takXML reads the elements of a detail that have no message of their own.
func takXML(v *value, text []byte) error {
	r := xmlReader{buf: text}
	for r.prolog() {
		var child value
		if r.element(&child, 0); r.broken == "" {
			r.add(v, child)
		}
	}
	if r.broken != "" {
		return errors.New("detail: " + r.broken)
	}
	return nil
}
