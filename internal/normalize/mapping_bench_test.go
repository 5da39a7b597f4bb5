package normalize_test

import (
	"testing"
	"time"

	"cutline/internal/normalize"
	"cutline/internal/record"
	"cutline/internal/sensor"
)

// foreignRadar is a payload of about 280 bytes that no code knows.
const foreignRadar = `{"ts":1795507923125,"seq":88213,"dev":"SR-220/7","objects":null,"trk":{"id":"k-7731","q":87,` +
	`"label":"human","pos":{"latitude":49.0003121,"longitude":-97.2412213,"alt_ft":790.7}},"v":4.7,"hdg":181.25,` +
	`"rcs":-11.4,"snr":14.2,"flags":["moving","ground"],"state":"active","site":"emerson-north"}`

func radarMapping() []sensor.MappingStep {
	return []sensor.MappingStep{
		{To: "time", From: "ts", Unit: "epoch_ms"},
		{To: "id", From: "trk.id"},
		{To: "position.lat", From: "trk.pos.latitude"},
		{To: "position.lon", From: "trk.pos.longitude"},
		{To: "velocity.speed_mps", From: "v", Unit: "km/h"},
		{To: "velocity.course_deg", From: "hdg"},
		{To: "confidence", From: "trk.q", Unit: "percent"},
		{To: "class", From: "trk.label", Map: []sensor.MapEntry{{From: "human", To: "person"}, {From: "car", To: "vehicle"}}},
	}
}

func benchmarkMapping(b *testing.B, payload string, steps []sensor.MappingStep, detections int) {
	def := benchSensor()
	def.Format, def.Mapping = normalize.JSON, steps
	n := newNormalizer(b, def)
	received := time.Date(2026, 11, 24, 8, 12, 3, 300e6, time.UTC)
	b.ReportAllocs()
	b.SetBytes(int64(len(payload)))
	var in record.Input
	for b.Loop() {
		_, in = n.Normalize(received, "border/emerson/twr-01/detections", []byte(payload))
	}
	if len(in.Rejects) > 0 || len(in.Scans) != 1 || len(in.Scans[0].Detections) != detections {
		b.Fatalf("%d scans, rejects %v", len(in.Scans), in.Rejects)
	}
	b.ReportMetric(float64(detections)*float64(b.N)/b.Elapsed().Seconds(), "detections/s")
}

func BenchmarkMapping_eightSteps(b *testing.B) { benchmarkMapping(b, foreignRadar, radarMapping(), 1) }

// One of the eight steps is an expression: the case of DESIGN's example.
func BenchmarkMapping_eightStepsWithExpression(b *testing.B) {
	steps := radarMapping()
	steps[7] = sensor.MappingStep{To: "class", Expr: `trk.label == "human" ? "person" : trk.label`}
	benchmarkMapping(b, foreignRadar, steps, 1)
}
