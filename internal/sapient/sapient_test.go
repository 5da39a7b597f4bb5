package sapient_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"cutline/internal/sapient"
)

func ack() *sapient.SapientMessage {
	return &sapient.SapientMessage{
		Timestamp: timestamppb.New(time.Date(2026, 11, 24, 8, 12, 3, 125e6, time.UTC)),
		NodeId:    new("6f0c2b1e-3d4a-4c57-9a10-5b7f1f2a9c01"),
		Content: &sapient.SapientMessage_AlertAck{AlertAck: &sapient.AlertAck{
			AlertId: new("01JD9Q5S3M8W2R6T0V4X7Y1ZAB"), AlertAckStatus: new(sapient.AlertAck_ALERT_ACK_STATUS_ACCEPTED), Reason: []string{"seen"},
		}},
	}
}

// TestWrite_isTheStandardsWire spells the bytes out: the length in four bytes with the least first, then tags of the standard's numbers.
func TestWrite_isTheStandardsWire(t *testing.T) {
	t.Parallel()
	m := ack()
	m.GetAlertAck().Reason = nil
	var out bytes.Buffer
	if err := sapient.Write(&out, m); err != nil {
		t.Fatal(err)
	}
	text := func(s string) string { return hex.EncodeToString([]byte{byte(len(s))}) + hex.EncodeToString([]byte(s)) }
	body := "0a0b" + "08d38d95d806" + "10c0b2cd3b" + // timestamp: seconds, nanoseconds
		"12" + text(m.GetNodeId()) +
		"5a1e" + "0a" + text(m.GetAlertAck().GetAlertId()) + "2801"
	want := hex.EncodeToString([]byte{byte(len(body) / 2), 0, 0, 0}) + body
	if got := hex.EncodeToString(out.Bytes()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRead_givesBackWhatWasWrittenHoweverItArrives(t *testing.T) {
	t.Parallel()
	var wire bytes.Buffer
	for range 3 {
		if err := sapient.Write(&wire, ack()); err != nil {
			t.Fatal(err)
		}
	}
	r := iotest.OneByteReader(&wire)
	for i := range 3 {
		m, err := sapient.Read(r)
		if err != nil || !proto.Equal(m, ack()) {
			t.Fatalf("message %d: %v %v", i, m, err)
		}
	}
	if _, err := sapient.Read(r); !errors.Is(err, io.EOF) {
		t.Errorf("after the last: %v, want EOF", err)
	}
}

func TestRead_refusesWhatIsNoMessage(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		wire string
		want error
	}{
		"half a length":  {"\x05\x00", io.ErrUnexpectedEOF},
		"half a message": {"\x05\x00\x00\x00\x12", io.ErrUnexpectedEOF},
		"no message":     {"\x05\x00\x00\x00", io.ErrUnexpectedEOF},
		"4 GB":           {"\xff\xff\xff\xff", sapient.ErrTooLarge},
		"rubbish":        {"\x02\x00\x00\x00\xff\xff", nil},
	} {
		m, err := sapient.Read(strings.NewReader(tc.wire))
		if err == nil || tc.want != nil && !errors.Is(err, tc.want) {
			t.Errorf("%s: %v %v, want %v", name, m, err, tc.want)
		}
	}
}

func TestAppend_leavesWhatIsThereWhenTheMessageIsTooLarge(t *testing.T) {
	t.Parallel()
	m := ack()
	m.AdditionalInformation = new(strings.Repeat("x", sapient.MaxMessage))
	b, err := sapient.Append([]byte("before"), m)
	if !errors.Is(err, sapient.ErrTooLarge) || string(b) != "before" {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

func FuzzRead(f *testing.F) {
	b, err := sapient.Append(nil, ack())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, wire []byte) {
		m, err := sapient.Read(bytes.NewReader(wire))
		if err != nil {
			return
		}
		again, err := sapient.Append(nil, m)
		if err != nil {
			return // it grew: a number was not written in the fewest bytes
		}
		if back, err := sapient.Read(bytes.NewReader(again)); err != nil || !proto.Equal(back, m) {
			t.Fatalf("%v became %v, %v", m, back, err)
		}
	})
}

func TestULID_isTheSameForTheSameAndSortsByTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 8, 12, 3, 0, time.UTC)
	id := sapient.ULID(at, "A93f2")
	if !regexp.MustCompile(`^[0-7][0-9A-HJKMNP-TV-Z]{25}$`).MatchString(id) {
		t.Errorf("%q is no ULID", id)
	}
	if sapient.ULID(at, "A93f2") != id || sapient.ULID(at, "A93f3") == id {
		t.Error("an id must hang on its name, and on nothing else")
	}
	if later := sapient.ULID(at.Add(time.Millisecond), "0"); later <= id {
		t.Errorf("%s is not after %s", later, id)
	}
	// The example of the ULID specification: 01ARYZ6S41 are the milliseconds 1469918176385.
	if got := sapient.ULID(time.UnixMilli(1469918176385), "")[:10]; got != "01ARYZ6S41" {
		t.Errorf("the time is %s, want 01ARYZ6S41", got)
	}
}

func TestUUID_isOfVersion4(t *testing.T) {
	t.Parallel()
	id := sapient.UUID("cutline/emerson")
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	if !form.MatchString(id) || id == sapient.UUID("x") {
		t.Errorf("%q", id)
	}
}

// TestProto_theCodeIsOfTheFile compares the fields of the file with those of the code made from it.
func TestProto_theCodeIsOfTheFile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("sapient.proto")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^ +(?:\w+ )?[\w.]+ (\w+) = (\d+);`).FindAllStringSubmatch(string(text), -1) {
		want[m[1]+"="+m[2]]++
	}
	got := map[string]int{}
	count(sapient.File_sapient_proto.Messages(), got)
	for field, n := range want {
		if got[field] != n {
			t.Errorf("%s: %d times in the code, %d in the file: make generate", field, got[field], n)
		}
	}
	if len(got) != len(want) || len(want) < 200 {
		t.Errorf("%d fields in the code, %d in the file", len(got), len(want))
	}
}

func count(all protoreflect.MessageDescriptors, got map[string]int) {
	for i := range all.Len() {
		fields := all.Get(i).Fields()
		for k := range fields.Len() {
			got[string(fields.Get(k).Name())+"="+strconv.Itoa(int(fields.Get(k).Number()))]++
		}
		count(all.Get(i).Messages(), got)
	}
}

// TestFixtures_everyValidMessageOfTheHarnessFits tries the public test harness where it lies beside the checkout: its messages come in
// JSON, and go through the wire and back.
func TestFixtures_everyValidMessageOfTheHarnessFits(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../shared/fixtures/sapient/True/*.json")
	if err != nil || len(files) == 0 {
		t.Skip("no such messages beside this checkout")
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := new(sapient.SapientMessage)
		if err := protojson.Unmarshal(text, m); err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		b, err := sapient.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := sapient.Unmarshal(b); err != nil || !proto.Equal(m, back) {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
	}
}
