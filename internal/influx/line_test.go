package influx

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	protocol "github.com/influxdata/line-protocol"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/golden"
	"cutline/internal/record"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 125_000_000, time.UTC)

// message of one sensor with one full detection.
func message() record.Input {
	d := detection.Detection{
		ID: "a81f", EventTime: noon, Geometry: detection.Position,
		Position: geo.LLA{Lat: 49.00031, Lon: -97.24122, Alt: 241}, HasAlt: true,
		PositionError: detection.Covariance{EE: 16, NN: 36},
		Velocity:      detection.Velocity{East: .2, North: 1.3}, HasVelocity: true,
		HasClass: true, Confidence: .9, SNR: 14.2, HasSNR: true, Track: "local-17",
	}
	d.Class[detection.Person], d.Class[detection.Vehicle], d.Class[detection.UnknownClass] = .8, .1, .1
	return record.Input{
		Kind: record.Message, Received: noon.Add(80 * time.Millisecond), Sensor: "twr-01",
		Scans: []detection.Scan{{Sensor: "twr-01", EventTime: noon, Detections: []detection.Detection{d}}},
	}
}

// linesOf writes messages as one run of the writer would.
func linesOf(messages ...record.Input) string {
	e := newEncoder(map[string]geo.LLA{"twr-01": {Lat: 49.012, Lon: -97.24, Alt: 241}})
	var b batch
	for i := range messages {
		e.input(&b, "emerson", &messages[i])
	}
	return string(b.buf)
}

func TestEncoder_writesTheSchemaOfTheContract(t *testing.T) {
	battery := 71.5
	polar := message()
	d := &polar.Scans[0].Detections[0]
	*d = detection.Detection{
		EventTime: noon, Geometry: detection.Polar, Confidence: 1,
		Polar: detection.Coordinates{Range: 5000, Azimuth: math.Pi / 2}, PolarError: detection.Coordinates{Range: 5, Azimuth: .01},
	}
	bearing := message()
	bearing.Scans[0].Sensor = "cam-01"
	bearing.Scans[0].Detections[0] = detection.Detection{
		EventTime: noon, Geometry: detection.Bearing, Confidence: .5, Polar: detection.Coordinates{Azimuth: math.Pi}, Simulated: true,
	}
	trip := message()
	trip.Scans[0].Detections[0] = detection.Detection{EventTime: noon, Geometry: detection.Trip, Confidence: 1, ID: "7"}
	status := record.Input{Kind: record.Message, Status: &detection.Status{State: detection.Online}}
	messages := []record.Input{message(), polar, bearing, trip, status}
	events := []record.Event{
		{Type: record.TrackType, Track: &record.TrackEvent{
			ID: "T1", Status: "confirmed", Lat: 49.0001, Lon: -97.2, SpeedMPS: 1.32, CourseDeg: 8.7461, Existence: .9987,
			Class: map[string]float64{"person": .9, "animal": .1}, Sensors: []string{"twr-01", "cam-01"}, Simulated: true,
		}},
		{Type: record.CrossingType, Crossing: &record.CrossingEvent{
			ID: "X1", Track: "T1", Lat: 49.0002, Lon: -97.2, Direction: "US>CA", Level: "confirmed", Confidence: .98,
			Groups: []string{"tower-01", "tower-02"}, TimeSigmaS: 1.5, PlaceSigmaM: 4, Friendly: true,
		}},
		{Type: record.AlertType, Alert: &record.AlertEvent{
			ID: "A1", Kind: "crossing", State: "unacknowledged", Level: "confirmed", Priority: "high", Change: "new", Lat: 49.0002,
			Lon: -97.2, Direction: "US>CA", Count: 2, Class: "person", Confidence: .98, Tracks: []string{"T1", "T2"},
			Evidence: []record.Evidence{{Sensor: "twr-01"}}, Rule: "2 groups", Text: `2 persons "on foot"`,
		}},
		{Type: record.AlertType, Alert: &record.AlertEvent{
			ID: "A2", Kind: "sensor_silent", State: "acknowledged", Priority: "low",
			Change: "update", Sensor: "twr-01", AckedBy: "kim",
		}},
		{Type: record.SensorType, Sensor: &record.SensorEvent{
			ID: "twr-01", State: "online", RateHz: .5, LatencyMS: 80.25,
			Bias: record.Bias{AzimuthDeg: -.1, RangeM: 3, EastM: 1.5, ClockS: -.25}, BatteryPct: &battery, Faults: []string{"fan"}, Rejects: 3,
		}},
		{Type: record.CoverageType, Coverage: &record.CoverageEvent{
			WatchedFraction: .5,
			Cells:           []record.Cell{{ToM: 100, Sensors: []string{"twr-01"}}, {FromM: 100, ToM: 200}},
		}},
		{Type: record.RejectType, Reject: &record.RejectEvent{Topic: "border/x/y", Path: "position.lat", Reason: "is 91\nwant −90 to 90"}},
		{Type: record.TrackType}, // nothing in it: no line
	}
	e := newEncoder(nil)
	b := batch{buf: []byte(linesOf(messages...))}
	for i := range events {
		events[i].Time, events[i].Sector = noon, "emerson"
		e.event(&b, &events[i])
	}
	golden.Check(t, "testdata/schema.lp", b.buf)
}

func TestEncoder_aLineComesBackAsItWas(t *testing.T) {
	word := rapid.OneOf(rapid.StringMatching(`[a-zé☃ ,=_"\n\\.-]{1,12}`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		tag, text := word.Draw(t, "tag"), word.Draw(t, "text")
		number := float64(rapid.IntRange(-1e9, 1e9).Draw(t, "number")) / 1e4
		var b batch
		b.begin("detection")
		b.tag("a", tag)
		b.tag("b", "x")
		b.fields()
		b.text("text", text)
		b.float("number", number, 4)
		b.count("count", 7)
		b.end(42)
		handler := protocol.NewMetricHandler()
		metrics, err := protocol.NewParser(handler).Parse(b.buf)
		if err != nil || len(metrics) != 1 {
			t.Fatalf("%q: %d metrics, %v", b.buf, len(metrics), err)
		}
		got := map[string]any{}
		for _, tag := range metrics[0].TagList() {
			got[tag.Key] = tag.Value
		}
		for _, f := range metrics[0].FieldList() {
			got[f.Key] = f.Value
		}
		// What a tag and a string cannot hold, see appendTag and appendQuoted.
		tag, text = replace(tag, '_', `\`), replace(text, ' ', "")
		want := map[string]any{"a": tag, "b": "x", "text": text, "number": number, "count": int64(7)}
		for key, value := range want {
			if got[key] != value && value != "" {
				t.Errorf("%s came back as %q, was %q: %s", key, got[key], value, b.buf)
			}
		}
		if metrics[0].Time().UnixNano() != 42 {
			t.Errorf("time %v", metrics[0].Time().UnixNano())
		}
	})
}

// replace puts by in the place of control characters and of the others.
func replace(s string, by rune, others string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(others, r) {
			return by
		}
		return r
	}, s)
}

func TestAppendDecimal_isTheNumberRounded(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", -0.00004: "0", 49.00031: "49.00031", -97.24122: "-97.24122", 0.1: "0.1", 12: "12",
		-0.5: "-0.5", 1e300: "1e+300", 0.00005: "0", 100.05: "100.05",
	} {
		decimals := 4
		if math.Abs(v) > 40 && math.Abs(v) < 98 {
			decimals = 8
		}
		if got := string(appendDecimal(nil, v, decimals)); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v, decimals := rapid.Float64().Draw(t, "v"), rapid.IntRange(0, 8).Draw(t, "decimals")
		text := appendDecimal(nil, v, decimals)
		back, err := strconv.ParseFloat(string(text), 64)
		if err != nil {
			t.Fatalf("%v is %s: %v", v, text, err)
		}
		if math.Abs(back-v) > .5001*math.Pow10(-decimals)+math.Abs(v)*1e-15 {
			t.Fatalf("%v with %d decimals is %s", v, decimals, text)
		}
	})
}

func TestBatch_leavesOutWhatHasNoForm(t *testing.T) {
	var b batch
	b.begin("m")
	b.tag("empty", "")
	b.fields()
	b.float("nan", math.NaN(), 4)
	b.float("inf", math.Inf(-1), 4)
	b.text("empty", "")
	b.texts("none", nil)
	b.mark("no", false)
	b.end(1)
	if b.len() != 0 || len(b.buf) != 0 {
		t.Fatalf("a line without a field: %q", b.buf)
	}
	b.begin("m")
	b.fields()
	b.text("bad", "a\xffb")
	b.texts("two", []string{`a"`, "b"})
	b.mark("yes", true)
	b.end(1)
	if want := "m bad=\"a\uFFFDb\",two=\"a\\\",b\",yes=true 1\n"; string(b.buf) != want {
		t.Fatalf("%q, want %q", b.buf, want)
	}
}

// keys are what InfluxDB tells points apart by: the series, and the time.
func keys(lines string) []string {
	var out []string
	for line := range strings.Lines(lines) {
		line = strings.TrimSuffix(line, "\n")
		series, _, _ := strings.Cut(line, " ")
		out = append(out, series+line[strings.LastIndexByte(line, ' '):])
	}
	return out
}

func distinct(keys []string) int {
	set := map[string]bool{}
	for _, k := range keys {
		set[k] = true
	}
	return len(set)
}

func TestStamps_detectionsOfOneInstantAllSurvive(t *testing.T) {
	for name, at := range map[string]time.Time{
		"milliseconds": noon, "microseconds": noon.Add(37 * time.Microsecond), "nanoseconds": noon.Add(37_123),
	} {
		t.Run(name, func(t *testing.T) {
			var messages []record.Input
			for i := range 400 { // in one millisecond, of one sensor: 400²/2 pairs, of which in microseconds 80 meet
				m := message()
				m.Scans[0].Detections[0].EventTime = at
				m.Scans[0].Detections[0].Position.Lat += geo.Degrees(float64(i) * 1e-5)
				messages = append(messages, m)
			}
			got := keys(linesOf(messages...))
			if distinct(got) != len(messages) {
				t.Fatalf("%d messages are %d points", len(messages), distinct(got))
			}
			want := at.Truncate(time.Millisecond)
			for _, key := range got {
				ns := strings.Fields(key)[1]
				if !strings.HasPrefix(ns, strconv.FormatInt(want.UnixMilli(), 10)) {
					t.Fatalf("%s left its millisecond %d", ns, want.UnixMilli())
				}
			}
		})
	}
}

func TestStamps_equalReturnsOfOneSweepAllSurvive(t *testing.T) {
	m := message()
	m.Scans[0].Detections = make([]detection.Detection, 3000)
	for i := range m.Scans[0].Detections {
		m.Scans[0].Detections[i] = message().Scans[0].Detections[0]
	}
	if n := distinct(keys(linesOf(m))); n != 3000 {
		t.Fatalf("3000 returns are %d points", n)
	}
}

func TestStamps_theSameMessageGivesTheSameLines(t *testing.T) {
	a, b := message(), message()
	b.Scans[0].Detections[0].ID = "b"
	again := message() // came twice from the broker: received later, in another record
	again.Received = again.Received.Add(time.Minute)
	lines := strings.SplitAfter(linesOf(a, b, again), "\n")
	if lines[0] != lines[2] {
		t.Errorf("a duplicate is another point:\n%s%s", lines[0], lines[2])
	}
	if alone := linesOf(b); alone != lines[1] {
		t.Errorf("after a restart it is another point:\n%s%s", lines[1], alone)
	}
}

func TestStamps_pointsThatMeetMoveOnAndStay(t *testing.T) {
	s := newStamps()
	const series, first = 1, 77
	one := s.give(0, first, 0, series, 100)
	two := s.give(0, first, 0, series, 200)
	if one == two {
		t.Fatal("two contents at one time")
	}
	if other := s.give(0, first, 0, 2, 200); other != one {
		t.Errorf("another series had to move: %d, want %d", other, one)
	}
	if s.give(0, first, 0, series, 100) != one || s.give(0, first, 0, series, 200) != two {
		t.Error("they came again, and elsewhere")
	}
}

func TestStamps_aClockThatStandsStillCostsABound(t *testing.T) {
	s := newStamps()
	for i := range uint32(100_000) {
		if got := s.give(1234, 5, 0, 1, i); got > 1234+5+maxMoves*1100 {
			t.Fatalf("point %d moved to %d", i, got)
		}
	}
}

func TestEventTime_isNeverOneTheServerCannotHold(t *testing.T) {
	for _, at := range []time.Time{{}, time.Date(2400, 1, 1, 0, 0, 0, 0, time.UTC)} {
		m := message()
		m.Scans[0].EventTime, m.Scans[0].Detections[0].EventTime = at, at
		want := strconv.FormatInt(m.Received.UnixMilli(), 10)
		if line := linesOf(m); !strings.Contains(line, " "+want) {
			t.Errorf("%v: %s, want the time of receipt, %s…", at, line, want)
		}
	}
}

func TestEncoder_allocatesNothingPerDetection(t *testing.T) {
	e := newEncoder(nil)
	m := message()
	var b batch
	e.input(&b, "emerson", &m)
	if n := testing.AllocsPerRun(100, func() { b.reset(); e.input(&b, "emerson", &m) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkEncoder_detection(b *testing.B) {
	e := newEncoder(map[string]geo.LLA{"twr-01": {Lat: 49, Lon: -97}})
	polar := message()
	polar.Scans[0].Detections[0].Geometry = detection.Polar
	polar.Scans[0].Detections[0].Polar = detection.Coordinates{Range: 5000, Azimuth: 1}
	for name, m := range map[string]record.Input{"position": message(), "polar": polar} {
		b.Run(name, func(b *testing.B) {
			var out batch
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if n++; n%5000 == 0 {
					out.reset()
				}
				d := &m.Scans[0].Detections[0]
				d.EventTime = d.EventTime.Add(time.Millisecond)
				d.Position.Lat = 49 + geo.Degrees(rand.Float64())
				e.input(&out, "emerson", &m)
			}
			b.SetBytes(int64(len(out.lines(0, 1))))
		})
	}
}

func BenchmarkEncoder_track(b *testing.B) {
	e := newEncoder(nil)
	ev := record.Event{Time: noon, Sector: "emerson", Track: &record.TrackEvent{
		ID: "emerson-4711", Status: "confirmed", Lat: 49.0001, Lon: -97.2, SpeedMPS: 1.32, CourseDeg: 8.7461, Existence: .9987,
		Class: map[string]float64{"person": .9, "animal": .1}, Sensors: []string{"twr-01", "cam-01"},
	}}
	var out batch
	b.ReportAllocs()
	for b.Loop() {
		out.reset()
		e.event(&out, &ev)
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("a,b=c d", `say "x\`)
	f.Add("é\\", "\n\r\x00\xff")
	f.Fuzz(func(t *testing.T, tag, text string) {
		var b batch
		b.begin("m")
		b.tag("t", tag)
		b.fields()
		b.text("text", text)
		b.count("n", 1)
		b.end(1)
		metrics, err := protocol.NewParser(protocol.NewMetricHandler()).Parse(bytes.Clone(b.buf))
		if err != nil || len(metrics) != 1 {
			t.Fatalf("%q: %d lines, %v", b.buf, len(metrics), err)
		}
	})
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
