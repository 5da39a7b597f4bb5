package normalize

import (
	"bytes"
	"encoding/json"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cutline/internal/detection"
)

// tree reads one value into what encoding/json would make of it.
func (r *reader) tree() any {
	switch c := r.peek(); {
	case c == '{':
		m := map[string]any{}
		for o := r.object(); r.next(&o); {
			key := string(r.key)
			m[key] = r.tree()
		}
		return m
	case c == '[':
		list := []any{}
		r.open()
		for a := (array{}); r.item(&a); {
			list = append(list, r.tree())
		}
		return list
	case c == '"':
		var s []byte
		s, r.text = r.string(r.text)
		return string(s)
	case c == 't':
		r.literal("true")
		return true
	case c == 'f':
		r.literal("false")
		return false
	case c == 'n' && r.has("null"):
		r.literal("null")
		return nil
	case isNumber(c):
		return r.number()
	}
	r.noValue()
	return nil
}

func readTree(text []byte) (any, *reader) {
	r := &reader{buf: text}
	v := r.tree()
	r.end()
	return v, r
}

// finite says whether the text has none of the words that we read as numbers and JSON does not know.
func finite(text []byte) bool {
	low := bytes.ToLower(text)
	return !bytes.Contains(low, []byte("nan")) && !bytes.Contains(low, []byte("inf"))
}

// compare holds the reader to encoding/json on any text: what is JSON, and what it says.
func compare(t interface{ Fatalf(string, ...any) }, text []byte) {
	got, r := readTree(text)
	skipped := reader{buf: text}
	skipped.skip()
	skipped.end()
	if beyondLimits(r) || beyondLimits(&skipped) || !finite(text) {
		return
	}
	if valid := json.Valid(text); (r.broken == "") != valid || (skipped.broken == "") != valid {
		t.Fatalf("%q: valid %v, we read %q, and skip %q", text, valid, r.broken, skipped.broken)
	}
	if r.broken != "" {
		return
	}
	var want any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&want); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if !same(got, want) {
		t.Fatalf("%q: got %#v, want %#v", text, got, want)
	}
}

func beyondLimits(r *reader) bool {
	return strings.Contains(r.broken, "16 levels") || strings.Contains(r.broken, "64 fields")
}

// same compares what we read with what encoding/json did, numbers bit by bit with strconv's.
func same(got, want any) bool {
	switch w := want.(type) {
	case json.Number:
		f, _ := strconv.ParseFloat(string(w), 64)
		g, ok := got.(float64)
		return ok && math.Float64bits(g) == math.Float64bits(f)
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for key := range w {
			if v, there := g[key]; !there || !same(v, w[key]) {
				return false
			}
		}
		return true
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for i := range w {
			if !same(g[i], w[i]) {
				return false
			}
		}
		return true
	}
	return got == want
}

var texts = []string{
	``, ` `, `{`, `}`, `[`, `]`, `{}`, `[]`, ` [ ] `, `[1,]`, `[,1]`, `[1 2]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`,
	`{"a":1 "b":2}`, `{a:1}`,
	`{"a":1}{`, `[1]]`, `nul`, `null`, `true`, `tru`, `false`, `falsey`, `"`, `"a`, `"\`, `"\u`, `"\u12`, `"\u12g4"`, `"\u+123"`,
	`"\x"`, "\"\x01\"", "\"\x7f\"",
	`"é"`, "\"\xff\"", "\"a\xe9b\"", "\"\xed\xa0\x80\"", `"\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `"\ude00\ud83d"`,
	`"\ud83d\u0041"`, `"\ud83d\ud83d\ude00"`, `"\ud83d\"`,
	`"\"\\\/\b\f\n\r\t"`, `{"\u0061":1,"b":2}`, "\ufeff{}", "{}\x00", `0`, `-0`, `-`, `+1`, `01`, `-01`, `00`, `1.`, `.1`,
	`1.e1`, `1e`, `1e+`, `1E-2`, `0e0`, `-0.0`, `1e400`, `-1e400`, `1e-400`,
	`123456789012345678901234567890`, `9007199254740993`, `9007199254740991.5`, `0.1`, `49.000312345678901`, `-97.24122`,
	`2.2250738585072014e-308`, `0.000000000000000000000001`,
	`18446744073709551616`, `99999999999999999999`, `1.7976931348623157e308`, `179769313486231580793728971405301e276`,
	`{"a":{"b":[1,{"c":null}]},"d":[]}`,
}

func TestReader_readsWhatEncodingJSONReads(t *testing.T) {
	for _, text := range texts {
		compare(t, []byte(text))
	}
}

func TestReader_readsAnyNumberAsStrconvDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		if rapid.Bool().Draw(t, "everyday") {
			f = math.Round(rapid.Float64Range(-1e5, 1e5).Draw(t, "f")*1e7) / 1e7
		}
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return
		}
		format := rapid.SampledFrom([]byte("feg")).Draw(t, "format")
		text := strconv.FormatFloat(f, format, rapid.IntRange(-1, 25).Draw(t, "digits"), 64)
		compare(t, []byte(text))
	})
}

func TestReader_readsAnyTreeAsEncodingJSONDoes(t *testing.T) {
	value := rapid.Deferred(func() *rapid.Generator[any] { return anyValue(4) })
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(value.Draw(t, "value"))
		if err != nil {
			t.Fatal(err)
		}
		compare(t, text)
		if len(text) > 0 { // and after one byte was changed, where most are no JSON any more
			i := rapid.IntRange(0, len(text)-1).Draw(t, "at")
			text[i] = rapid.SampledFrom([]byte("\"\\{}[],:0-9.eEtfn \x00\xff")).Draw(t, "byte")
			compare(t, text)
			compare(t, text[:i])
		}
	})
}

func anyValue(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.Float64Range(-1e9, 1e9).AsAny(), rapid.Int64().AsAny(), rapid.String().AsAny(), rapid.Bool().AsAny(), rapid.Just[any](nil),
	}
	if depth > 0 {
		kinds = append(kinds,
			rapid.SliceOfN(anyValue(depth-1), 0, 5).AsAny(), rapid.MapOfN(rapid.String(), anyValue(depth-1), 0, 5).AsAny())
	}
	return rapid.OneOf(kinds...)
}

func FuzzReader(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) { compare(t, text) })
}

func TestReader_wordsForNoNumberAreNumbersThatAreNotFinite(t *testing.T) {
	words := map[string]float64{
		"NaN": math.NaN(), "-nan": math.NaN(), "Infinity": math.Inf(1), "-inf": math.Inf(-1), "inf": math.Inf(1),
	}
	for text, want := range words {
		got, r := readTree([]byte(text))
		f, ok := got.(float64)
		if !ok || r.broken != "" || f != want && !(math.IsNaN(f) && math.IsNaN(want)) {
			t.Errorf("%s: %v, %q", text, got, r.broken)
		}
	}
}

func TestReader_stopsAtItsLimits(t *testing.T) {
	deep := strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth)
	if _, r := readTree([]byte(deep)); r.broken != "" {
		t.Errorf("%d levels: %s", maxDepth, r.broken)
	}
	if _, r := readTree([]byte("[" + deep + "]")); !strings.Contains(r.broken, "16 levels") {
		t.Errorf("%d levels: %q", maxDepth+1, r.broken)
	}
	var many []string
	for i := range maxKeys + 1 {
		many = append(many, strconv.Quote(strconv.Itoa(i))+":0")
	}
	if _, r := readTree([]byte("{" + strings.Join(many[:maxKeys], ",") + "}")); r.broken != "" {
		t.Errorf("%d fields: %s", maxKeys, r.broken)
	}
	if _, r := readTree([]byte("{" + strings.Join(many, ",") + "}")); !strings.Contains(r.broken, "64 fields") {
		t.Errorf("%d fields: %q", maxKeys+1, r.broken)
	}
}

func TestReader_seesEveryKeyThatIsGivenTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.StringMatching(`[a-c]{0,2}|\\u0061`), 0, 12).Draw(t, "keys")
		text := "{"
		want, seen := 0, map[string]bool{}
		for i, key := range keys {
			if i > 0 {
				text += ","
			}
			text += `"` + key + `":{"` + key + `":[1,"}"]}`
			plain := strings.ReplaceAll(key, `\u0061`, "a")
			if seen[plain] {
				want++
			}
			seen[plain] = true
		}
		r := reader{buf: []byte(text + "}")}
		got := 0
		for o := r.object(); r.next(&o); r.skip() {
			if o.twice {
				got++
			}
		}
		if got != want || r.broken != "" {
			t.Fatalf("%s}: %d given twice, want %d; %s", text, got, want, r.broken)
		}
	})
}

func TestKeyBit_isItsOwnForEveryKeyOfAnObject(t *testing.T) {
	objects := [][]string{
		elementKeys, positionKeys, polarKeys, errorKeys, velocityKeys, platformKeys, viewKeys, statusKeys, detection.ClassNames(),
	}
	for _, keys := range objects {
		var seen uint64
		for _, key := range keys {
			seen |= keyBit([]byte(key))
		}
		if bits.OnesCount64(seen) != len(keys) {
			t.Errorf("two of %v share a bit: every message looks back for one of them", keys)
		}
	}
}

func TestElementKeys_areInTheOrderOfTheirBits(t *testing.T) {
	places := map[uint32]string{timeField: "time", detectionsField: "detections", idField: "id", snrField: "snr_db", mediaField: "media"}
	for field, key := range places {
		if i := bits.TrailingZeros32(field); elementKeys[i] != key {
			t.Errorf("%s is at the place of %s", elementKeys[i], key)
		}
	}
}
