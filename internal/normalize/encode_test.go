package normalize_test

import (
	"bytes"
	"math"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/normalize"
	"cutline/internal/sensor"
)

// TestAppendDetection_readsBackAsTheSame writes every detection of every case down, and reads it again as our own format.
func TestAppendDetection_readsBackAsTheSame(t *testing.T) {
	dirs, err := filepath.Glob("testdata/cases/*")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, dir := range dirs {
		n, def := caseSensor(t, dir)
		topic := "border/emerson/" + def.ID + "/detections"
		if def.Topic != "" {
			topic = def.Topic
		}
		_, in := n.Normalize(receivedAt, topic, casePayload(t, dir))
		def.Format, def.Mapping, def.Encoding, def.Topic, def.Status = normalize.Native, nil, "", "again", ""
		again := newNormalizer(t, def)
		for i := range in.Scans {
			s := &in.Scans[i]
			for j := range s.Detections {
				d := &s.Detections[j]
				text := normalize.AppendDetection(nil, s, d)
				_, back := again.Normalize(receivedAt, "again", text)
				if len(back.Rejects) > 0 || len(back.Scans) != 1 {
					t.Errorf("%s: %s: %v", dir, text, back.Rejects)
					continue
				}
				want := *s
				want.Sweep, want.Detections, want.EventTime = false, []detection.Detection{*d}, d.EventTime
				near := cmpopts.EquateApprox(1e-13, 1e-15)
				turn := cmp.Comparer(func(a, b geo.Radians) bool { return math.Abs(float64(a-b)) < 1e-13 }) // EquateApprox sees float64 alone
				if diff := cmp.Diff(want, back.Scans[0], near, turn, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("%s: %s (-want +got):\n%s", dir, text, diff)
				}
				count++
			}
		}
	}
	if count < 40 {
		t.Errorf("%d detections: this test would pass without testing", count)
	}
}

func TestAppendDetection_isShort(t *testing.T) {
	def := towerRadar()
	payload := `{"time":"2026-11-24T08:12:03Z","polar":{"range_m":900,"azimuth_deg":181.2},"class":"person"}`
	_, in := newNormalizer(t, def).Normalize(receivedAt, "border/emerson/twr-01/detections", []byte(payload))
	const want = `{"time":"2026-11-24T08:12:03Z","polar":{"range_m":900,"azimuth_deg":181.2},"error":{"range_m":5,"azimuth_deg":0.5},` +
		`"class":"person","confidence":1}`
	if got := normalize.AppendDetection(nil, &in.Scans[0], &in.Scans[0].Detections[0]); string(got) != want {
		t.Errorf("%s", got)
	}
}

// The same object in three encodings is the same detection.
func TestMapping_binaryPayloadsAreReadAlike(t *testing.T) {
	payloads := map[sensor.Encoding][]byte{
		sensor.JSON: []byte(`{"t":1795507923125,"p":[49.5,-97.25],"ok":true,"id":null}`),
		sensor.CBOR: bytes.Join([][]byte{
			{0xa4, 0x61, 't', 0x1b, 0, 0, 0x01, 0xa2, 0x0c, 0x9c, 0xa8, 0xb5, 0x61, 'p', 0x82, 0xf9, 0x52, 0x30, 0xfb},
			bits(-97.25),
			{0x62, 'o', 'k', 0xf5, 0x62, 'i', 'd', 0xf6},
		}, nil),
		sensor.MessagePack: bytes.Join([][]byte{
			{0x84, 0xa1, 't', 0xcf, 0, 0, 0x01, 0xa2, 0x0c, 0x9c, 0xa8, 0xb5, 0xa1, 'p', 0x92, 0xcb},
			bits(49.5),
			{0xcb},
			bits(-97.25),
			{0xa2, 'o', 'k', 0xc3, 0xa2, 'i', 'd', 0xc0},
		}, nil),
	}
	def := towerRadar()
	def.Format = normalize.JSON
	def.Mapping = []sensor.MappingStep{
		{To: "time", From: "t", Unit: "epoch_ms"},
		{To: "position.lat", From: "p[0]"},
		{To: "position.lon", From: "p[1]"},
		{To: "simulated", From: "ok"},
		{To: "id", From: "id"},
	}
	_, want := newNormalizer(t, def).Normalize(receivedAt, "border/emerson/twr-01/detections", payloads[sensor.JSON])
	for _, e := range sensor.Encodings() {
		def.Encoding = e
		n := newNormalizer(t, def)
		_, got := n.Normalize(receivedAt, "border/emerson/twr-01/detections", payloads[e])
		if diff := cmp.Diff(want.Scans, got.Scans); diff != "" || len(got.Scans) != 1 {
			t.Errorf("%s: %v\n%s", e, got.Rejects, diff)
		}
		for end := range payloads[e] {
			if _, in := n.Normalize(receivedAt, "border/emerson/twr-01/detections", payloads[e][:end]); len(in.Rejects) == 0 {
				t.Errorf("%s: %x is taken", e, payloads[e][:end])
			}
		}
	}
}

// A length is a claim of the sender's: six bytes must not cost gigabytes.
func TestMapping_aClaimedLengthTakesNoMemory(t *testing.T) {
	def := towerRadar()
	def.Format = normalize.JSON
	def.Mapping = []sensor.MappingStep{{To: "time", From: "t"}, {To: "position.lat", From: "p"}, {To: "position.lon", From: "p"}}
	for encoding, codes := range map[sensor.Encoding][]byte{
		sensor.MessagePack: {0xc6, 0xc9, 0xdb, 0xdd, 0xdf}, // bin, ext, str, array, map, each with 32 bits of length
		sensor.CBOR:        {0x5a, 0x7a, 0x9a, 0xba},       // bytes, text, array, map
	} {
		def.Encoding = encoding
		n := newNormalizer(t, def)
		for _, code := range codes {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, in := n.Normalize(receivedAt, "border/emerson/twr-01/detections", []byte{code, 0x7f, 0xff, 0xff, 0xff, 1, 2})
			runtime.ReadMemStats(&after)
			if took := after.TotalAlloc - before.TotalAlloc; len(in.Rejects) != 1 || took > 8<<20 {
				t.Errorf("%s %x: %d rejects, %d bytes of memory", encoding, code, len(in.Rejects), took)
			}
		}
	}
}

func bits(f float64) []byte {
	b := make([]byte, 8)
	for i, u := 7, math.Float64bits(f); i >= 0; i, u = i-1, u>>8 {
		b[i] = byte(u)
	}
	return b
}
