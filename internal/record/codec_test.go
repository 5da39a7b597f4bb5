package record_test

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/record"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 123456789, time.UTC)

// radarReturn is the message of the benchmarks: one detection, a payload of 335 bytes.
func radarReturn(i int) record.Input {
	at := noon.Add(time.Duration(i) * time.Millisecond)
	d := detection.Detection{
		ID: "a81f", EventTime: at.Add(-40 * time.Millisecond), Geometry: detection.Position,
		Position:      geo.LLA{Lat: 49.00031, Lon: -97.24122, Alt: 241},
		HasAlt:        true,
		PositionError: detection.Covariance{EE: 16, EN: 2.4, NN: 36},
		Velocity:      detection.Velocity{East: .2, North: 1.3}, HasVelocity: true,
		Class: detection.Classes{0, .8, .1, .1}, HasClass: true, Confidence: .9, SNR: 14.2, HasSNR: true, Track: "local-17",
	}
	return record.Input{
		Kind: record.Message, Received: at, Sensor: "twr-01-radar", Topic: "border/emerson/twr-01-radar/detections",
		Raw: []byte(strings.Repeat("x", 335)),
		Scans: []detection.Scan{{
			Sensor: "twr-01-radar", EventTime: d.EventTime, Number: int64(1234 + i), HasNumber: true,
			Detections: []detection.Detection{d},
		}},
	}
}

// everything is one input of each kind, with every field set.
func everything() []record.Input {
	full := radarReturn(0)
	s := &full.Scans[0]
	s.Sensor, s.Sweep, s.HasPlatform, s.HasView = "another", true, true, true
	s.Platform = detection.Pose{LLA: geo.LLA{Lat: 49, Lon: -97, Alt: 320}, Heading: 3, HasHeading: true}
	s.View = detection.FieldOfView{Azimuth: 1, Width: .5, Range: 4000}
	d := &s.Detections[0]
	minusZero := geo.Radians(math.Copysign(0, -1))
	d.Polar = detection.Coordinates{Range: 4000, Azimuth: 1, Elevation: minusZero, RangeRate: -2, HasElevation: true, HasRangeRate: true}
	d.PolarError = detection.Coordinates{Range: 5, Azimuth: .01, Elevation: .02, RangeRate: .3, HasElevation: true, HasRangeRate: true}
	d.Media, d.Simulated = []string{"https://a/b.jpg", ""}, true
	full.Scans = append(full.Scans, detection.Scan{Sensor: full.Sensor, EventTime: noon, Sweep: true})
	full.Rejects = []record.Reject{{Path: "detections[1].position.lat", Reason: "91 is outside [-90, 90]"}}
	full.Status = &detection.Status{
		State: detection.Degraded, Battery: 41, HasBattery: true, Tamper: true, Faults: []string{"fan"},
		Heading: 2, HasHeading: true, View: detection.FieldOfView{Azimuth: 2, Width: .1, Range: 900}, HasView: true,
	}
	return []record.Input{
		full,
		{Kind: record.Rejected, Received: noon, Topic: "t", Raw: []byte{0, 0xff}, Rejects: []record.Reject{{Reason: "not JSON"}}},
		{Kind: record.Configured, Received: noon, Raw: []byte(`{"ID":"emerson"}`)},
		{Kind: record.Tick, Received: noon},
		{Kind: record.CommandGiven, Received: noon, Command: &record.Command{
			Name: record.Shelve, Alert: "a1", Track: "t1", Other: "t2", By: "kim", Comment: "a fence at work", Owner: "lee", Verdict: "animal",
			For: time.Hour, Undo: true, ID: "c1", Time: noon.Add(-time.Second),
		}},
	}
}

func TestCodec_everyFieldComesBack(t *testing.T) {
	want := everything()
	got, err := record.DecodeInputs(record.AppendInputs(nil, want), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestCodec_noFieldIsForgotten fails when somebody adds a field to a value and not to the codec.
func TestCodec_noFieldIsForgotten(t *testing.T) {
	for _, c := range []struct {
		value  any
		fields int
	}{
		{record.Input{}, 9},
		{record.Reject{}, 2},
		{record.Command{}, 12},
		{detection.Scan{}, 10},
		{detection.Detection{}, 18},
		{detection.Coordinates{}, 6},
		{detection.Covariance{}, 3},
		{detection.Velocity{}, 2},
		{detection.Pose{}, 3},
		{detection.FieldOfView{}, 3},
		{detection.Status{}, 10},
		{geo.LLA{}, 3},
	} {
		if got := reflect.TypeOf(c.value).NumField(); got != c.fields {
			t.Errorf("%T has %d fields, the codec knows %d: add it to codec.go and decode.go under a new version", c.value, got, c.fields)
		}
	}
}

func TestCodec_anyInputComesBackExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(inputs(), 0, 5).Draw(t, "inputs")
		got, err := record.DecodeInputs(record.AppendInputs([]byte("before"), want)[len("before"):], nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(want) == 0 && len(got) == 0 {
			return
		}
		// NaN is not equal to itself: compare what is written again, and all the rest as values
		if a, b := record.AppendInputs(nil, want), record.AppendInputs(nil, got); !reflect.DeepEqual(a, b) {
			t.Fatalf("written again it differs:\n% x\n% x", a, b)
		}
		if !hasNaN(want) && !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
}

func TestDecodeInputs_keepsNoMessageAliveByAName(t *testing.T) {
	data := record.AppendInputs(nil, []record.Input{radarReturn(0)})
	got, err := record.DecodeInputs(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	clear(data)
	if got[0].Sensor != "twr-01-radar" || got[0].Scans[0].Detections[0].ID != "a81f" {
		t.Errorf("a name changed with the message's bytes: %+v", got[0])
	}
	if got[0].Raw[0] != 0 {
		t.Error("Raw is a copy: it was to alias the message")
	}
}

func TestDecodeInputs_everyFlippedBitIsFound(t *testing.T) {
	good := record.AppendInputs(nil, everything())
	for at := range good {
		for bit := range 8 {
			bad := append([]byte(nil), good...)
			bad[at] ^= 1 << bit
			if _, err := record.DecodeInputs(bad, nil); err == nil {
				t.Fatalf("bit %d of byte %d of %d: no error", bit, at, len(good))
			}
		}
	}
}

func TestDecodeInputs_everyTornTailIsFoundUnlessBetweenRecords(t *testing.T) {
	in := everything()
	good := record.AppendInputs(nil, in)
	ends := map[int]bool{}
	for n := range len(in) + 1 {
		ends[len(record.AppendInputs(nil, in[:n]))] = true
	}
	for n := range good {
		got, err := record.DecodeInputs(good[:n], nil)
		if (err == nil) != ends[n] {
			t.Fatalf("%d of %d bytes: %d inputs, error %v", n, len(good), len(got), err)
		}
	}
}

func TestDecodeInputs_namesTheRecordAndGivesThoseBeforeIt(t *testing.T) {
	in := everything()
	data := record.AppendInputs(nil, in)
	at := len(record.AppendInputs(nil, in[:2]))
	data[len(data)-1] ^= 1 // in the last record
	got, err := record.DecodeInputs(data, nil)
	if err == nil || !strings.Contains(err.Error(), "record 4 at byte ") {
		t.Errorf("error %v, want one that names record 4", err)
	}
	if !reflect.DeepEqual(got, in[:4]) {
		t.Errorf("%d inputs before the damage, want 4", len(got))
	}
	data[at] = 0xff // record 2's length
	if _, err = record.DecodeInputs(data, nil); err == nil || !strings.Contains(err.Error(), "record 2 at byte ") {
		t.Errorf("error %v, want one that names record 2", err)
	}
}

// A record can be whole and still not ours: written by a later version, or by a fault.
func TestDecodeInputs_refusesWhatItDoesNotKnow(t *testing.T) {
	for name, body := range map[string][]byte{
		"empty":                {},
		"unknown kind":         {9, 0, 0, 0, 0},
		"no kind":              {0, 0, 0, 0, 0},
		"payload too long":     {1, 0, 200, 0, 0},
		"left over":            {4, 0, 0, 0, 0, 7},
		"string too long":      {1, 1, 0, 0, 0, 50},
		"list too long":        {1, 4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
		"endless number":       {4, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80},
		"too many nanoseconds": {4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x7f},
		"numbers missing":      {1, 8, 0, 0, 0, 1, 1, 0, 0},
		"unknown state":        {1, 8, 0, 0, 0, 9, 0, 0, 0},
	} {
		data := binary.LittleEndian.AppendUint32([]byte{1}, uint32(len(body)))
		data = binary.LittleEndian.AppendUint32(data, crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
		if got, err := record.DecodeInputs(append(data, body...), nil); err == nil {
			t.Errorf("%s: decoded as %+v", name, got)
		}
	}
	for name, data := range map[string][]byte{"nothing": nil, "another version": {2}} {
		if _, err := record.DecodeInputs(data, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAppendInputs_aRadarReturnAddsLittleToItsPayload(t *testing.T) {
	in := radarReturn(0)
	size := len(record.AppendInputs(nil, []record.Input{in}))
	t.Logf("%d bytes for a payload of %d", size, len(in.Raw))
	if size > len(in.Raw)+230 {
		t.Errorf("%d bytes for a payload of %d", size, len(in.Raw))
	}
}

func FuzzDecodeInputs(f *testing.F) {
	f.Add(record.AppendInputs(nil, everything()))
	f.Add(record.AppendInputs(nil, []record.Input{radarReturn(1)}))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := record.DecodeInputs(data, nil)
		if err == nil {
			again(t, in)
		}
		// past the CRC: the same bytes as the body of one record
		framed := binary.LittleEndian.AppendUint32([]byte{1}, uint32(len(data)))
		framed = binary.LittleEndian.AppendUint32(framed, crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)))
		if in, err = record.DecodeInputs(append(framed, data...), nil); err == nil {
			again(t, in)
		}
	})
}

// again fails unless what was decoded encodes to something that decodes to the same.
func again(t *testing.T, in []record.Input) {
	t.Helper()
	once := record.AppendInputs(nil, in)
	back, err := record.DecodeInputs(once, nil)
	if err != nil {
		t.Fatalf("what was decoded does not decode again: %v", err)
	}
	if twice := record.AppendInputs(nil, back); string(once) != string(twice) {
		t.Fatalf("differs:\n% x\n% x", once, twice)
	}
}

func BenchmarkAppendInputs(b *testing.B) {
	in := batch(256)
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = record.AppendInputs(dst[:0], in)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/256, "ns/message")
}

func BenchmarkDecodeInputs(b *testing.B) {
	data := record.AppendInputs(nil, batch(256))
	var into []record.Input
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if into, err = record.DecodeInputs(data, into[:0]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/256, "ns/message")
}

func batch(n int) (in []record.Input) {
	for i := range n {
		in = append(in, radarReturn(i))
	}
	return in
}
