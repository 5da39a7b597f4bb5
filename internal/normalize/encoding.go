package normalize

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"io"
	"math"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"cutline/internal/sensor"
)

// maxText bounds the JSON that is made of a binary payload: a hundred bytes can stand for no more than some hundreds.
const maxText = 8 * maxForeign

// transcode writes a binary payload as JSON, so that one reader serves all encodings; why says what is wrong with it. Keys that are no
// texts become texts, bytes become base64 (RFC 4648 §4), tagged values their content.
func transcode(encoding sensor.Encoding, payload []byte) (text []byte, why string) {
	if encoding == "" || encoding == sensor.JSON {
		return payload, ""
	}
	t := jsonText{out: make([]byte, 0, 2*len(payload))}
	var err error
	if encoding == sensor.CBOR {
		err = t.cbor(payload)
	} else {
		err = t.messagePack(payload)
	}
	if err != nil {
		return nil, fmt.Sprintf("cannot be read as %s: %v", encoding, err)
	}
	return t.out, ""
}

// jsonText is the JSON of one value.
type jsonText struct {
	out []byte
}

// cbor reads RFC 8949. A map that has a key twice is refused, as in JSON.
func (t *jsonText) cbor(payload []byte) error {
	mode, err := cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, MaxNestedLevels: maxForeignDepth, IntDec: cbor.IntDecConvertSignedOrBigInt,
		UTF8: cbor.UTF8DecodeInvalid,
	}.DecMode()
	if err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	var v any
	if err := mode.Unmarshal(payload, &v); err != nil {
		return err
	}
	return t.value(v)
}

// value writes what cbor has read. Maps are written in the order of their keys: theirs is lost.
func (t *jsonText) value(v any) error {
	if len(t.out) > maxText {
		return fmt.Errorf("it is more than %d bytes of JSON", maxText)
	}
	switch v := v.(type) {
	case []any:
		t.out = append(t.out, '[')
		for i, item := range v {
			t.comma(i)
			if err := t.value(item); err != nil {
				return err
			}
		}
		t.out = append(t.out, ']')
	case map[any]any:
		return t.object(v)
	case cbor.Tag:
		return t.value(v.Content)
	default:
		t.scalar(v)
	}
	return nil
}

func (t *jsonText) object(m map[any]any) error {
	type member struct {
		key string
		v   any
	}
	all := make([]member, 0, len(m))
	for k, v := range m {
		all = append(all, member{keyOf(k), v})
	}
	slices.SortFunc(all, func(a, b member) int { return cmp.Compare(a.key, b.key) })
	t.out = append(t.out, '{')
	for i, one := range all {
		t.comma(i)
		t.out = append(appendText(t.out, []byte(one.key)), ':')
		if err := t.value(one.v); err != nil {
			return err
		}
	}
	t.out = append(t.out, '}')
	return nil
}

func (t *jsonText) comma(i int) {
	if i > 0 {
		t.out = append(t.out, ',')
	}
}

func keyOf(k any) string {
	switch k := k.(type) {
	case string:
		return k
	case []byte:
		return string(k)
	case cbor.ByteString:
		return string(k)
	}
	return fmt.Sprint(k)
}

// scalar writes a value that has no parts. Numbers that are not finite are written as the reader knows them, so that the field is named.
func (t *jsonText) scalar(v any) {
	switch v := v.(type) {
	case string:
		t.out = appendText(t.out, []byte(v))
	case []byte:
		t.out = append(base64.StdEncoding.AppendEncode(append(t.out, '"'), v), '"')
	case bool:
		t.out = strconv.AppendBool(t.out, v)
	case float32:
		t.real(float64(v), 32)
	case float64:
		t.real(v, 64)
	case time.Time:
		t.out = append(v.UTC().AppendFormat(append(t.out, '"'), time.RFC3339Nano), '"')
	case big.Int:
		t.out = v.Append(t.out, 10)
	case int8, int16, int32, int64, int, uint8, uint16, uint32, uint64, uint:
		t.out = fmt.Append(t.out, v)
	default: // nil, undefined, a simple value
		t.out = append(t.out, "null"...)
	}
}

func (t *jsonText) real(f float64, bits int) {
	switch {
	case math.IsNaN(f):
		t.out = append(t.out, "NaN"...)
	case math.IsInf(f, 1):
		t.out = append(t.out, "Infinity"...)
	case math.IsInf(f, -1):
		t.out = append(t.out, "-Infinity"...)
	default:
		t.out = strconv.AppendFloat(t.out, f, 'g', -1, bits)
	}
}

// messagePack reads the MessagePack specification's formats part by part: its library would follow any depth.
func (t *jsonText) messagePack(payload []byte) error {
	from := bytes.NewReader(payload)
	if err := t.packed(unpacker{msgpack.NewDecoder(from), from}, 0); err != nil {
		if err == io.EOF { //nolint:errorlint // the library gives it plain
			return io.ErrUnexpectedEOF
		}
		return err
	}
	if from.Len() > 0 {
		return fmt.Errorf("%d bytes after the end of the payload", from.Len())
	}
	return nil
}

// unpacker reads parts of what is left in from.
type unpacker struct {
	*msgpack.Decoder
	from *bytes.Reader
}

// binary reads bytes. The library would take the memory for whatever length they claim: six bytes could claim four gigabytes.
func (d unpacker) binary() ([]byte, error) {
	n, err := d.DecodeBytesLen()
	if err != nil {
		return nil, err
	}
	if n > d.from.Len() {
		return nil, io.ErrUnexpectedEOF
	}
	data := make([]byte, n)
	return data, d.ReadFull(data)
}

func (t *jsonText) packed(d unpacker, depth int) error {
	switch {
	case depth > maxForeignDepth:
		return fmt.Errorf("nested deeper than %d levels", maxForeignDepth)
	case len(t.out) > maxText:
		return fmt.Errorf("it is more than %d bytes of JSON", maxText)
	}
	code, err := d.PeekCode()
	switch {
	case err != nil:
		return err
	case msgpcode.IsFixedArray(code) || code == msgpcode.Array16 || code == msgpcode.Array32:
		return t.packedArray(d, depth)
	case msgpcode.IsFixedMap(code) || code == msgpcode.Map16 || code == msgpcode.Map32:
		return t.packedMap(d, depth)
	case msgpcode.IsBin(code):
		data, err := d.binary()
		if err == nil {
			t.scalar(data)
		}
		return err
	}
	v, err := d.DecodeInterface()
	if err == nil {
		t.scalar(v)
	}
	return err
}

func (t *jsonText) packedArray(d unpacker, depth int) error {
	n, err := d.DecodeArrayLen()
	if err != nil {
		return err
	}
	t.out = append(t.out, '[')
	for i := range n {
		t.comma(i)
		if err := t.packed(d, depth+1); err != nil {
			return err
		}
	}
	t.out = append(t.out, ']')
	return nil
}

func (t *jsonText) packedMap(d unpacker, depth int) error {
	n, err := d.DecodeMapLen()
	if err != nil {
		return err
	}
	t.out = append(t.out, '{')
	for i := range n {
		t.comma(i)
		code, err := d.PeekCode()
		if err != nil {
			return err
		}
		if !msgpcode.IsString(code) && !msgpcode.IsFixedNum(code) && (code < msgpcode.Uint8 || code > msgpcode.Int64) {
			return fmt.Errorf("a map's key is neither a text nor a whole number")
		}
		key, err := d.DecodeInterface()
		if err != nil {
			return err
		}
		t.out = append(appendText(t.out, []byte(keyOf(key))), ':')
		if err := t.packed(d, depth+1); err != nil {
			return err
		}
	}
	t.out = append(t.out, '}')
	return nil
}
