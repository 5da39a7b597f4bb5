package normalize_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/normalize"
	"cutline/internal/record"
	"cutline/internal/sensor"
)

// single is a message as the figures of the design have it: one detection in about 335 bytes.
const single = `{"time":"2026-11-24T08:12:03.125Z","id":"a81f3c","scan":1234,` +
	`"position":{"lat":49.000312,"lon":-97.241221,"alt_m":241.0,"alt_ref":"hae"},` +
	`"error":{"east_m":4.0,"north_m":6.0,"corr":0.1},` +
	`"velocity":{"east_mps":0.2,"north_mps":1.3},` +
	`"class":{"person":0.8,"vehicle":0.1,"animal":0.1},` +
	`"confidence":0.9,"track":"local-17","snr_db":14.2,"simulated":true}`

func arrayOf(n int) []byte {
	parts := make([][]byte, n)
	for i := range parts {
		parts[i] = []byte(strings.Replace(single, `"id":"a81f3c"`, fmt.Sprintf(`"id":"%06d"`, i), 1))
	}
	return append(append([]byte{'['}, bytes.Join(parts, []byte{','})...), ']')
}

func sweepOf(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"time":"2026-11-24T08:12:03.125Z","scan":1234,"detections":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"p%d","polar":{"range_m":%d.25,"azimuth_deg":181.37,"range_rate_mps":-1.3},`, i, 900+i)
		b.WriteString(`"snr_db":14.2,"class":"person"}`)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

// peer is the same message in the obvious way: encoding/json into a struct, and then into a detection.
type peer struct {
	Time     time.Time `json:"time"`
	ID       string    `json:"id"`
	Scan     *int64    `json:"scan"`
	Position *struct {
		Lat    float64  `json:"lat"`
		Lon    float64  `json:"lon"`
		AltM   *float64 `json:"alt_m"`
		AltRef string   `json:"alt_ref"`
	} `json:"position"`
	Polar *struct {
		RangeM       *float64 `json:"range_m"`
		AzimuthDeg   float64  `json:"azimuth_deg"`
		ElevationDeg *float64 `json:"elevation_deg"`
		RangeRateMPS *float64 `json:"range_rate_mps"`
	} `json:"polar"`
	Error *struct {
		EastM      float64 `json:"east_m"`
		NorthM     float64 `json:"north_m"`
		Corr       float64 `json:"corr"`
		RangeM     float64 `json:"range_m"`
		AzimuthDeg float64 `json:"azimuth_deg"`
	} `json:"error"`
	Velocity *struct {
		EastMPS  float64 `json:"east_mps"`
		NorthMPS float64 `json:"north_mps"`
	} `json:"velocity"`
	Class      any      `json:"class"`
	Confidence *float64 `json:"confidence"`
	Track      string   `json:"track"`
	SNR        *float64 `json:"snr_db"`
	Media      []string `json:"media"`
	Simulated  bool     `json:"simulated"`
	Detections []peer   `json:"detections"`
}

// scanOf makes the scan of it, for a payload known to be good.
func (p *peer) scanOf(id string) detection.Scan {
	east, north := p.Error.EastM, p.Error.NorthM
	d := detection.Detection{
		ID: p.ID, EventTime: p.Time, Geometry: detection.Position, Track: p.Track, Confidence: 1, Media: p.Media, Simulated: p.Simulated,
		Position:      geo.LLA{Lat: geo.Degrees(p.Position.Lat), Lon: geo.Degrees(p.Position.Lon), Alt: geo.Metres(*p.Position.AltM)},
		HasAlt:        true,
		PositionError: detection.Covariance{EE: east * east, EN: p.Error.Corr * east * north, NN: north * north},
		Velocity:      detection.Velocity{East: p.Velocity.EastMPS, North: p.Velocity.NorthMPS}, HasVelocity: true,
	}
	for word, x := range p.Class.(map[string]any) {
		c, _ := detection.ParseClass(word)
		d.Class[c] = x.(float64)
	}
	return detection.Scan{Sensor: id, EventTime: p.Time, Number: *p.Scan, HasNumber: true, Detections: []detection.Detection{d}}
}

func benchSensor() sensor.Definition {
	return sensor.Definition{
		ID: "twr-01", Sector: "emerson", Kind: sensor.Radar, Format: normalize.Native, Topic: "border/emerson/twr-01/detections",
		HasPose: true, Pose: sensor.Pose{Lat: 49.012, Lon: -97.24, Alt: 241}, Error: sensor.Error{Range: 5, Azimuth: .5, Position: 5},
	}
}

func benchmark(b *testing.B, payload []byte, detections int) {
	n, err := normalize.New([]sensor.Definition{benchSensor()})
	if err != nil {
		b.Fatal(err)
	}
	received := time.Date(2026, 11, 24, 8, 12, 3, 300e6, time.UTC)
	b.ReportAllocs()
	b.SetBytes(int64(len(payload)))
	var in record.Input
	for b.Loop() {
		_, in = n.Normalize(received, "border/emerson/twr-01/detections", payload)
	}
	if len(in.Rejects) > 0 || len(in.Scans) != 1 || len(in.Scans[0].Detections) != detections {
		b.Fatalf("%d scans, rejects %v", len(in.Scans), in.Rejects)
	}
	b.ReportMetric(float64(detections)*float64(b.N)/b.Elapsed().Seconds(), "detections/s")
}

func BenchmarkNormalize_single(b *testing.B)    { benchmark(b, []byte(single), 1) }
func BenchmarkNormalize_arrayOf50(b *testing.B) { benchmark(b, arrayOf(50), 50) }
func BenchmarkNormalize_sweepOf50(b *testing.B) { benchmark(b, sweepOf(50), 50) }

func BenchmarkPeer_encodingJSONSingle(b *testing.B) {
	payload := []byte(single)
	b.ReportAllocs()
	b.SetBytes(int64(len(payload)))
	for b.Loop() {
		var p peer
		if err := json.Unmarshal(payload, &p); err != nil {
			b.Fatal(err)
		}
		if s := p.scanOf("twr-01"); s.Number != 1234 {
			b.Fatal(s)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "detections/s")
}

func BenchmarkPeer_encodingJSONSweepOf50(b *testing.B) {
	payload := sweepOf(50)
	b.ReportAllocs()
	b.SetBytes(int64(len(payload)))
	for b.Loop() {
		var p peer
		if err := json.Unmarshal(payload, &p); err != nil || len(p.Detections) != 50 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(50*float64(b.N)/b.Elapsed().Seconds(), "detections/s")
}
