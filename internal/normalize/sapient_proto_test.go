package normalize_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"

	"cutline/internal/normalize"
	"cutline/internal/record"
	"cutline/internal/sapient"
)

// asProto encodes a message of JSON as protobuf; false if protobuf cannot say it: an unknown field, two of a kind.
func asProto(t *testing.T, text []byte) ([]byte, bool) {
	t.Helper()
	m := new(sapient.SapientMessage)
	if protojson.Unmarshal(text, m) != nil {
		return nil, false
	}
	b, err := sapient.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b, true
}

// sameMade compares what was made of two payloads. An empty list of JSON is none at all in protobuf, so reasons may differ.
func sameMade(a, b record.Input) bool {
	paths := func(in record.Input) (all []string) {
		for _, r := range in.Rejects {
			all = append(all, strings.ToLower(strings.ReplaceAll(r.Path, "_", ""))) // as JSON spelt it
		}
		return all
	}
	return a.Kind == b.Kind && reflect.DeepEqual(a.Scans, b.Scans) && reflect.DeepEqual(a.Status, b.Status) && slices.Equal(paths(a), paths(b))
}

// TestSapient_protobufIsReadAsItsJSON reads every case, and every message of the public harness where it lies beside the checkout.
func TestSapient_protobufIsReadAsItsJSON(t *testing.T) {
	count := 0
	same := func(name string, n *normalize.Normalizer, topic string, text []byte) {
		wire, ok := asProto(t, text)
		if !ok {
			return
		}
		count++
		_, want := n.Normalize(receivedAt, topic, text)
		_, got := n.Normalize(receivedAt, topic, wire)
		if !sameMade(got, want) {
			t.Errorf("%s:\ngot  %+v %+v %v\nwant %+v %+v %v", name, got.Scans, got.Status, got.Rejects, want.Scans, want.Status, want.Rejects)
		}
		framed := append(binary.LittleEndian.AppendUint32(nil, uint32(len(wire))), wire...)
		if _, got := n.Normalize(receivedAt, topic, framed); !sameMade(got, want) {
			t.Errorf("%s behind its length: %v", name, got.Rejects)
		}
	}
	for _, dir := range casesOf(t, normalize.Sapient) {
		text, n, topic := caseRecord(t, dir)
		same(dir, n, topic, text)
	}
	if count < 20 {
		t.Fatalf("%d cases", count)
	}
	_, n, topic := caseRecord(t, "testdata/cases/sapient-v2-range-and-bearing")
	files, _ := filepath.Glob("../../../shared/fixtures/sapient/*/*.json")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		same(file, n, topic, text)
	}
}

func TestSapient_badProtobufIsNamed(t *testing.T) {
	text, n, topic := caseRecord(t, "testdata/cases/sapient-v2-range-and-bearing")
	good, ok := asProto(t, text)
	if !ok {
		t.Fatal("the case is no message")
	}
	field := func(number protowire.Number, inside []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), inside)
	}
	deep := []byte{}
	for range 60 {
		deep = field(4, deep) // a sub-class in a sub-class
	}
	deep = field(3, deep)
	for name, tc := range map[string]struct {
		payload      []byte
		path, reason string
	}{
		"truncated":         {good[:len(good)-3], "", "it was cut off"},
		"a field too many":  {append([]byte{}, append(good, field(60, nil)...)...), `["field 60"]`, "unknown field"},
		"a reserved field":  {append([]byte{}, append(good, field(7, field(17, nil))...)...), "detectionReport", "given twice"},
		"another wire type": {append([]byte{}, append(good, 2<<3, 1)...), "", "node_id: wire type 0: want 2"},
		"a text of no code": {append([]byte{}, append(good, field(13, []byte{0xff})...)...), "", "additional_information: its text is no UTF-8"},
		"too deep":          {append([]byte{}, append(good, field(7, field(11, deep))...)...), "", "deep"},
		"a group":           {[]byte{0x0a, 0x00, 0x7b, 0x7c}, `["field 15"]`, "unknown field"},
		"rubbish":           {[]byte("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "", "protobuf"},
		"an unnamed value":  {append([]byte{}, append(good[:0:0], field(10, []byte{2 << 3, 99})...)...), "alert.alertType", "the number 99"},
		"a year too far":    {append(field(1, []byte{1 << 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}), field(2, nil)...), "timestamp", "RFC 3339"},
	} {
		_, in := n.Normalize(receivedAt, topic, tc.payload)
		checkRecord(t, tc.payload, in)
		named := false
		for _, r := range in.Rejects {
			named = named || r.Path == tc.path && strings.Contains(r.Reason, tc.reason)
		}
		if in.Kind != record.Rejected || !named {
			t.Errorf("%s: %v", name, in.Rejects)
		}
	}
}

// BenchmarkSapient_protobuf reads a detection report, as the sensor's own node sends it.
func BenchmarkSapient_protobuf(b *testing.B) {
	text, n, topic := caseRecord(b, "testdata/cases/sapient-v2-range-and-bearing")
	m := new(sapient.SapientMessage)
	if err := protojson.Unmarshal(text, m); err != nil {
		b.Fatal(err)
	}
	wire, err := sapient.Marshal(m)
	if err != nil {
		b.Fatal(err)
	}
	benchmarkForeign(b, n, topic, wire)
}
