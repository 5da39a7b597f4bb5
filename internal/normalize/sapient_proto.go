package normalize

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"cutline/internal/sapient"
)

// sapientTree reads a message in either of its forms, as the tree that JSON makes of it: the rules of the standard, and the paths of
// what breaks them, are the same for both.
func (d *decoder) sapientTree() (*document, bool) {
	body, isProto := sapientBody(d.buf)
	if !isProto {
		return d.document()
	}
	doc := &document{decoder: d, roots: make([]value, 1)}
	if err := protoMessage(&doc.roots[0], body, new(sapient.SapientMessage).ProtoReflect().Descriptor(), maxForeignDepth); err != nil {
		d.fault("", "cannot be read as protobuf: %v", err)
		return nil, false
	}
	return doc, true
}

// sapientBody is the payload without the length that stands before a message on a TCP stream, should a bridge have left it there;
// isProto says that it is protobuf. Both begin unlike JSON: with the tag of one of a message's fields, which are texts and messages all.
func sapientBody(payload []byte) (body []byte, isProto bool) {
	isTag := func(b []byte) bool {
		return len(b) > 0 && b[0]&7 == byte(protowire.BytesType) && b[0]>>3 >= 1 && b[0]>>3 <= 13
	}
	if len(payload) > 4 && int(binary.LittleEndian.Uint32(payload)) == len(payload)-4 && isTag(payload[4:]) {
		return payload[4:], true
	}
	text := bytes.TrimLeft(payload, " \t\r\n") // the tag of the first field is a line feed too
	return payload, isTag(payload) && len(text) > 0 && text[0] != '{' && text[0] != '['
}

// protoFault is what a negative size of protowire means. The library's own words differ from one program to the next, on purpose; a reject
// must be the same each time.
func protoFault(size int) error {
	if errors.Is(protowire.ParseError(size), io.ErrUnexpectedEOF) {
		return errors.New("it was cut off")
	}
	return errors.New("its bytes are no field")
}

// protoNext takes the first field off a message: its number, its kind, its raw value, and what comes after it.
func protoNext(b []byte) (number protowire.Number, wire protowire.Type, raw, rest []byte, err error) {
	number, wire, n := protowire.ConsumeTag(b)
	if n < 0 {
		return 0, 0, nil, nil, protoFault(n)
	}
	size := protowire.ConsumeFieldValue(number, wire, b[n:])
	if size < 0 {
		return 0, 0, nil, nil, protoFault(size)
	}
	return number, wire, b[n : n+size], b[n+size:], nil
}

// protoMessage reads the fields of a message. One that is no list and comes twice is kept twice, for the rules to find.
func protoMessage(v *value, b []byte, of protoreflect.MessageDescriptor, levels int) error {
	if levels == 0 {
		return fmt.Errorf("messages in messages more than %d deep", maxForeignDepth)
	}
	v.kind = '{'
	v.parts = make([]value, 0, 8)
	for len(b) > 0 {
		number, wire, raw, rest, err := protoNext(b)
		if err != nil {
			return err
		}
		b = rest
		f := of.Fields().ByNumber(number)
		if f == nil {
			v.parts = append(v.parts, value{key: []byte("field " + strconv.Itoa(int(number))), kind: 'x'})
		} else if err := protoField(v, f, wire, raw, levels); err != nil {
			return fmt.Errorf("%s: %w", f.Name(), err)
		}
		if len(v.parts) > maxMembers {
			return fmt.Errorf("a message of more than %d fields", maxMembers)
		}
	}
	return nil
}

// protoField reads the value of a field, or one more of a list.
func protoField(v *value, f protoreflect.FieldDescriptor, wire protowire.Type, b []byte, levels int) error {
	if !f.IsList() {
		v.parts = append(v.parts, value{key: []byte(f.JSONName())})
		return protoValue(&v.parts[len(v.parts)-1], f, wire, b, levels)
	}
	list := v.get(f.JSONName())
	if list == nil {
		v.parts = append(v.parts, value{key: []byte(f.JSONName()), kind: '['})
		list = &v.parts[len(v.parts)-1]
	}
	if wire != protowire.BytesType || f.Kind() != protoreflect.EnumKind {
		list.parts = append(list.parts, value{})
		return protoValue(&list.parts[len(list.parts)-1], f, wire, b, levels)
	}
	for packed, _ := protowire.ConsumeBytes(b); len(packed) > 0; { // numbers, one behind the other
		_, n := protowire.ConsumeVarint(packed)
		if n < 0 {
			return protoFault(n)
		}
		list.parts = append(list.parts, value{})
		if err := protoValue(&list.parts[len(list.parts)-1], f, protowire.VarintType, packed[:n], levels); err != nil {
			return err
		}
		packed = packed[n:]
	}
	return nil
}

// protoValue reads one value as JSON has it: a number as it would be written, an enumeration by its name.
func protoValue(v *value, f protoreflect.FieldDescriptor, wire protowire.Type, b []byte, levels int) error {
	if wire != wireOf(f.Kind()) {
		return fmt.Errorf("wire type %d: want %d", wire, wireOf(f.Kind()))
	}
	v.kind = '0'
	switch wire {
	case protowire.BytesType:
		text, _ := protowire.ConsumeBytes(b)
		return protoText(v, f, text, levels)
	case protowire.Fixed64Type:
		x, _ := protowire.ConsumeFixed64(b)
		v.text = strconv.AppendFloat(nil, math.Float64frombits(x), 'g', -1, 64)
	case protowire.Fixed32Type:
		x, _ := protowire.ConsumeFixed32(b)
		v.text = strconv.AppendFloat(nil, float64(math.Float32frombits(x)), 'g', -1, 32)
	default:
		x, _ := protowire.ConsumeVarint(b)
		protoNumber(v, f, x)
	}
	return nil
}

// wireOf is how a kind of value goes over the wire. No message of the standard has a kind that is not here.
func wireOf(kind protoreflect.Kind) protowire.Type {
	switch kind {
	case protoreflect.DoubleKind:
		return protowire.Fixed64Type
	case protoreflect.FloatKind:
		return protowire.Fixed32Type
	case protoreflect.BoolKind, protoreflect.EnumKind, protoreflect.Int32Kind, protoreflect.Int64Kind:
		return protowire.VarintType
	default:
		return protowire.BytesType
	}
}

// protoNumber reads a whole number. One that an enumeration has no name for stays a number, which no rule takes.
func protoNumber(v *value, f protoreflect.FieldDescriptor, x uint64) {
	switch f.Kind() {
	case protoreflect.BoolKind:
		v.kind = 'f'
		if x != 0 {
			v.kind = 't'
		}
		return
	case protoreflect.EnumKind:
		if name := f.Enum().Values().ByNumber(protoreflect.EnumNumber(int32(x))); name != nil { //nolint:gosec // the wire's own form
			v.kind, v.text = '"', []byte(name.Name())
			return
		}
	default:
	}
	v.text = strconv.AppendInt(nil, int64(x), 10) //nolint:gosec // negative numbers go over the wire so
}

// protoText reads a text, a message or a time.
func protoText(v *value, f protoreflect.FieldDescriptor, b []byte, levels int) error {
	switch {
	case f.Kind() == protoreflect.MessageKind && f.Message().FullName() == "google.protobuf.Timestamp":
		v.kind = '"'
		return protoTime(v, f.Message(), b)
	case f.Kind() == protoreflect.MessageKind:
		return protoMessage(v, b, f.Message(), levels-1)
	case f.Kind() == protoreflect.StringKind && !utf8.Valid(b):
		return errors.New("its text is no UTF-8")
	}
	v.kind, v.text = '"', b
	return nil
}

// protoTime reads a time as RFC 3339 has it. One outside of the years that it can write stays a number, which no rule takes.
func protoTime(v *value, of protoreflect.MessageDescriptor, b []byte) error {
	var parts value
	if err := protoMessage(&parts, b, of, 1); err != nil {
		return err
	}
	var whole [2]int64
	for i, name := range [...]string{"seconds", "nanos"} {
		if part := parts.get(name); part != nil {
			whole[i], _ = strconv.ParseInt(string(part.text), 10, 64)
		}
	}
	if t := time.Unix(whole[0], whole[1]).UTC(); whole[0] >= 0 && whole[0] <= maxSeconds && whole[1] >= 0 && whole[1] < 1e9 {
		v.text = t.AppendFormat(nil, time.RFC3339Nano)
	} else {
		v.text = fmt.Appendf(nil, "%d s and %d ns", whole[0], whole[1])
	}
	return nil
}
