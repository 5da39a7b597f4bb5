package normalize_test

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/normalize"
	"cutline/internal/record"
	"cutline/internal/sensor"
)

// bounded are the numbers of a detection: how to write one, and the ends of what is accepted.
var bounded = []struct {
	path, payload string // % stands for the number
	least, most   float64
}{
	{"position.lat", `"position":{"lat":%,"lon":-97}`, -90, 90},
	{"position.lon", `"position":{"lat":49,"lon":%}`, -180, 180},
	{"position.alt_m", `"position":{"lat":49,"lon":-97,"alt_m":%}`, -500, 50000},
	{"polar.range_m", `"polar":{"azimuth_deg":3,"range_m":%}`, .001, 1e6},
	{"polar.azimuth_deg", `"polar":{"azimuth_deg":%}`, 0, 360},
	{"polar.elevation_deg", `"polar":{"azimuth_deg":3,"elevation_deg":%}`, -90, 90},
	{"polar.range_rate_mps", `"polar":{"azimuth_deg":3,"range_m":9,"range_rate_mps":%}`, -10000, 10000},
	{"error.east_m", `"position":{"lat":49,"lon":-97},"error":{"east_m":%}`, .001, 100000},
	{"error.north_m", `"position":{"lat":49,"lon":-97},"error":{"north_m":%}`, .001, 100000},
	{"error.corr", `"position":{"lat":49,"lon":-97},"error":{"corr":%}`, -1, 1},
	{"error.range_m", `"polar":{"azimuth_deg":3,"range_m":9},"error":{"range_m":%}`, .001, 100000},
	{"error.azimuth_deg", `"polar":{"azimuth_deg":3},"error":{"azimuth_deg":%}`, .0001, 180},
	{"error.elevation_deg", `"polar":{"azimuth_deg":3},"error":{"elevation_deg":%}`, .0001, 90},
	{"error.range_rate_mps", `"polar":{"azimuth_deg":3,"range_m":9},"error":{"range_rate_mps":%}`, .001, 100000},
	{"velocity.speed_mps", `"position":{"lat":49,"lon":-97},"velocity":{"course_deg":3,"speed_mps":%}`, 0, 10000},
	{"velocity.course_deg", `"position":{"lat":49,"lon":-97},"velocity":{"speed_mps":3,"course_deg":%}`, 0, 360},
	{"velocity.east_mps", `"position":{"lat":49,"lon":-97},"velocity":{"north_mps":3,"east_mps":%}`, -10000, 10000},
	{"velocity.north_mps", `"position":{"lat":49,"lon":-97},"velocity":{"east_mps":3,"north_mps":%}`, -10000, 10000},
	{"class.person", `"position":{"lat":49,"lon":-97},"class":{"person":%}`, 0, 1},
	{"confidence", `"position":{"lat":49,"lon":-97},"confidence":%`, 0, 1},
	{"snr_db", `"position":{"lat":49,"lon":-97},"snr_db":%`, -200, 200},
	{"platform.lat", `"position":{"lat":49,"lon":-97},"platform":{"lat":%,"lon":-97}`, -90, 90},
	{"platform.lon", `"position":{"lat":49,"lon":-97},"platform":{"lat":49,"lon":%}`, -180, 180},
	{"platform.alt_m", `"position":{"lat":49,"lon":-97},"platform":{"lat":49,"lon":-97,"alt_m":%}`, -500, 50000},
	{"platform.heading_deg", `"position":{"lat":49,"lon":-97},"platform":{"lat":49,"lon":-97,"heading_deg":%}`, 0, 360},
	{"field_of_view.azimuth_deg", `"position":{"lat":49,"lon":-97},"field_of_view":{"width_deg":3,"azimuth_deg":%}`, 0, 360},
	{"field_of_view.width_deg", `"position":{"lat":49,"lon":-97},"field_of_view":{"azimuth_deg":3,"width_deg":%}`, .0001, 360},
	{"field_of_view.range_m", `"position":{"lat":49,"lon":-97},"field_of_view":{"azimuth_deg":3,"width_deg":3,"range_m":%}`, .001, 1e6},
}

func TestNative_aNumberIsTakenUpToItsBoundsAndNamedBeyond(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	send := func(payload, number string) record.Input {
		_, in := n.Normalize(receivedAt, topic, []byte(`{"time":"2026-11-24T08:12:03Z",`+strings.Replace(payload, "%", number, 1)+`}`))
		return in
	}
	for _, tc := range bounded {
		for _, good := range []float64{tc.least, tc.most, (tc.least + tc.most) / 2} {
			if in := send(tc.payload, strconv.FormatFloat(good, 'g', -1, 64)); in.Kind != record.Message || len(in.Rejects) > 0 {
				t.Errorf("%s of %v: %v", tc.path, good, in.Rejects)
			}
		}
		below, above := math.Nextafter(tc.least, math.Inf(-1)), math.Nextafter(tc.most, math.Inf(1))
		bad := []string{"NaN", "-Infinity", "1e400", `"1"`, "null", "true", "{}", "[1]"}
		for _, x := range []float64{below, above} {
			bad = append(bad, strconv.FormatFloat(x, 'g', -1, 64))
		}
		for _, number := range bad {
			in := send(tc.payload, number)
			if in.Kind != record.Rejected || len(in.Rejects) != 1 || in.Rejects[0].Path != tc.path {
				t.Errorf("%s of %s: %v %v", tc.path, number, in.Kind, in.Rejects)
			}
		}
	}
}

func TestNative_eachFieldWantsItsKind(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	const good = `"time":"2026-11-24T08:12:03Z","position":{"lat":49,"lon":-97}`
	for _, tc := range []struct{ fields, path string }{
		{`"time":7,"position":{"lat":49,"lon":-97}`, "time"},
		{`"time":{},"position":{"lat":49,"lon":-97}`, "time"},
		{`"time":"2026-11-24T08:12:03Z","position":"49,-97"`, "position"},
		{`"time":"2026-11-24T08:12:03Z","position":{"lat":49}`, "position.lon"},
		{`"time":"2026-11-24T08:12:03Z","position":{"lon":-97}`, "position.lat"},
		{`"time":"2026-11-24T08:12:03Z","position":{"lat":49,"lon":-97,"alt_ref":7}`, "position.alt_ref"},
		{`"time":"2026-11-24T08:12:03Z","position":{"lat":49,"lon":-97,"alt_ref":"HAE"}`, "position.alt_ref"},
		{`"time":"2026-11-24T08:12:03Z","position":{"lat":49,"lon":-97,"up":7}`, "position.up"},
		{`"time":"2026-11-24T08:12:03Z","polar":{"range_m":7}`, "polar.azimuth_deg"},
		{`"time":"2026-11-24T08:12:03Z","polar":[7,8]`, "polar"},
		{`"time":"2026-11-24T08:12:03Z","polar":{"azimuth_deg":3,"range_km":7}`, "polar.range_km"},
		{good + `,"id":7`, "id"},
		{good + `,"id":""`, "id"},
		{good + `,"id":"` + strings.Repeat("x", 257) + `"`, "id"},
		{good + `,"track":["a"]`, "track"},
		{good + `,"scan":"7"`, "scan"},
		{good + `,"scan":7.0`, "scan"},
		{good + `,"scan":1e3`, "scan"},
		{good + `,"scan":9223372036854775808`, "scan"},
		{good + `,"error":4`, "error"},
		{good + `,"error":{"up_m":4}`, "error.up_m"},
		{good + `,"error":{"azimuth_deg":4}`, "error.azimuth_deg"},
		{good + `,"error":{"elevation_deg":4}`, "error.elevation_deg"},
		{good + `,"error":{"range_rate_mps":4}`, "error.range_rate_mps"},
		{`"time":"2026-11-24T08:12:03Z","polar":{"azimuth_deg":3},"error":{"corr":0.1}`, "error.corr"},
		{`"time":"2026-11-24T08:12:03Z","polar":{"azimuth_deg":3},"error":{"north_m":4}`, "error.north_m"},
		{good + `,"velocity":{}`, "velocity"},
		{good + `,"velocity":{"speed_mps":1}`, "velocity"},
		{good + `,"velocity":{"east_mps":1,"north_mps":1,"speed_mps":1,"course_deg":1}`, "velocity"},
		{good + `,"velocity":{"up_mps":1}`, "velocity.up_mps"},
		{good + `,"class":7`, "class"},
		{good + `,"class":["person"]`, "class"},
		{good + `,"class":""`, "class"},
		{good + `,"class":{"person":0.1,"person":0.1}`, "class.person"},
		{good + `,"class":{"person":0.6,"animal":0.46}`, "class"},
		{good + `,"platform":{"lat":0,"lon":0}`, "platform"},
		{good + `,"platform":{"lat":49,"lon":-97,"pitch_deg":3}`, "platform.pitch_deg"},
		{good + `,"field_of_view":{"azimuth_deg":1}`, "field_of_view.width_deg"},
		{good + `,"field_of_view":{"width_deg":1}`, "field_of_view.azimuth_deg"},
		{good + `,"field_of_view":{"azimuth_deg":1,"width_deg":1,"tilt":1}`, "field_of_view.tilt"},
		{good + `,"media":"https://x"`, "media"},
		{good + `,"media":["https://x",null]`, "media[1]"},
		{good + `,"simulated":1`, "simulated"},
		{good + `,"detections":{}`, "detections"},
		{good + `,"":1`, ""},
	} {
		_, in := n.Normalize(receivedAt, topic, []byte("{"+tc.fields+"}"))
		if in.Kind != record.Rejected || len(in.Rejects) != 1 || in.Rejects[0].Path != tc.path {
			t.Errorf("{%s}: %v, want one reject at %q", tc.fields, in.Rejects, tc.path)
		}
	}
}

func TestNative_aStatusIsRejectedAsAWhole(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	const good = `"time":"2026-11-24T08:12:03Z","state":"online"`
	for _, tc := range []struct{ payload, path string }{
		{`{` + good + `,"battery_pct":101}`, "battery_pct"},
		{`{` + good + `,"battery_pct":"71"}`, "battery_pct"},
		{`{` + good + `,"tamper":"no"}`, "tamper"},
		{`{` + good + `,"faults":"fan"}`, "faults"},
		{`{` + good + `,"faults":["fan",3]}`, "faults[1]"},
		{`{` + good + `,"heading_deg":-1}`, "heading_deg"},
		{`{` + good + `,"field_of_view":{"azimuth_deg":3}}`, "field_of_view.width_deg"},
		{`{` + good + `,"temperature":20}`, "temperature"},
		{`{"time":"2026-11-24T09:12:03Z","state":"online"}`, "time"},
		{`{"time":"2026-11-24T08:12:03Z","state":"silent"}`, "state"},
		{`{"time":"2026-11-24T08:12:03Z","state":1}`, "state"},
		{`{"time":"2026-11-24T08:12:03Z"}`, "state"},
		{`{"state":"degraded"}`, "time"},
		{`[{` + good + `}]`, ""},
		{`"online"`, ""},
		{`{` + good, ""},
	} {
		_, in := n.Normalize(receivedAt, "border/emerson/twr-01/status", []byte(tc.payload))
		if in.Kind != record.Rejected || in.Status != nil || len(in.Rejects) != 1 || in.Rejects[0].Path != tc.path {
			t.Errorf("%s: %v %v, want one reject at %q", tc.payload, in.Status, in.Rejects, tc.path)
		}
	}
}

func TestNative_aPayloadCutOffAnywhereIsOneReject(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	for _, payload := range [][]byte{[]byte(single), arrayOf(2), sweepOf(2)} {
		for end := range payload {
			_, in := n.Normalize(receivedAt, topic, payload[:end])
			if in.Kind != record.Rejected || len(in.Rejects) != 1 || in.Rejects[0].Path != "" {
				t.Fatalf("%s: %v %v", payload[:end], in.Kind, in.Rejects)
			}
		}
	}
}

func TestNative_everyFormatAnswersRubbishWithAReject(t *testing.T) {
	for _, format := range normalize.Formats() {
		def := towerRadar()
		if def.Format = format; format == normalize.JSON {
			def.Mapping = radarMapping()
		}
		def.Camera = sensor.CameraView{Name: "twr01_east", Width: 1280}
		n := newNormalizer(t, def)
		for _, at := range []string{topic, "border/emerson/twr-01/status"} {
			if _, in := n.Normalize(receivedAt, at, []byte("\x00rubbish")); in.Kind != record.Rejected || len(in.Rejects) == 0 {
				t.Errorf("%s on %s: %v %v", format, at, in.Kind, in.Rejects)
			}
		}
	}
}

func TestNative_errorsNobodyStatedAreNeverZero(t *testing.T) {
	def := towerRadar()
	def.Error = sensor.Error{}
	n := newNormalizer(t, def)
	payload := `[{"time":"2026-11-24T08:12:03Z","position":{"lat":49,"lon":-97}},` +
		`{"time":"2026-11-24T08:12:03Z","polar":{"range_m":9,"azimuth_deg":1,"elevation_deg":2,"range_rate_mps":3}}]`
	_, in := n.Normalize(receivedAt, topic, []byte(payload))
	plots := in.Scans[0].Detections
	if e := plots[0].PositionError; e.EE != 625 || e.NN != 625 {
		t.Errorf("position: %+v", e)
	}
	if e := plots[1].PolarError; e.Range != 25 || e.RangeRate != 1 || e.Azimuth.Degrees() != 1 || e.Elevation.Degrees() != 1 {
		t.Errorf("polar: %+v", e)
	}
}

func TestNative_aCovarianceAlwaysHasAnInverse(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	for _, corr := range []string{"1", "-1.000", "0.9999999"} {
		payload := `{"time":"2026-11-24T08:12:03Z","position":{"lat":49,"lon":-97},"error":{"east_m":40,"north_m":3,"corr":` + corr + `}}`
		_, in := n.Normalize(receivedAt, topic, []byte(payload))
		e := in.Scans[0].Detections[0].PositionError
		if det := e.EE*e.NN - e.EN*e.EN; det < 1e-4*e.EE*e.NN || math.Signbit(e.EN) != (corr[0] == '-') {
			t.Errorf("corr %s: %+v", corr, e)
		}
	}
}

func TestNative_aPlatformTakesTheHeightItCanHave(t *testing.T) {
	fixed, moving := towerRadar(), towerRadar()
	moving.HasPose, moving.Pose = false, sensor.Pose{}
	for _, tc := range []struct {
		def      sensor.Definition
		platform string
		want     geo.Metres
	}{
		{fixed, `"alt_m":320`, 320},
		{fixed, `"alt_m":60,"alt_ref":"agl"`, 301},
		{fixed, `"heading_deg":1`, 241},
		{moving, `"alt_m":320`, 320},
		{moving, `"alt_m":60,"alt_ref":"agl"`, 0},
		{moving, `"heading_deg":1`, 0},
		{moving, `"alt_m":320,"alt_ref":"msl"`, 293.2891},
	} {
		n := newNormalizer(t, tc.def)
		payload := `{"time":"2026-11-24T08:12:03Z","polar":{"azimuth_deg":1},"platform":{"lat":49.01,"lon":-97.2,` + tc.platform + `}}`
		_, in := n.Normalize(receivedAt, topic, []byte(payload))
		if len(in.Scans) != 1 || math.Abs(float64(in.Scans[0].Platform.Alt-tc.want)) > .1 {
			t.Errorf("%s with a pose %v: %+v, want %v", tc.platform, tc.def.HasPose, in.Scans, tc.want)
		}
	}
}

func TestNative_detectionsOfAnArrayKeepTheirOrderInEveryScan(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	var parts []string
	for i := range 60 { // three scans, interleaved, the times running backwards
		at := receivedAt.Add(-time.Duration(i) * time.Millisecond).Format(time.RFC3339Nano)
		parts = append(parts, `{"time":"`+at+`","scan":`+strconv.Itoa(i%3)+`,"id":"`+strconv.Itoa(i)+`","polar":{"azimuth_deg":1}}`)
	}
	_, in := n.Normalize(receivedAt, topic, []byte("["+strings.Join(parts, ",")+"]"))
	if len(in.Scans) != 3 {
		t.Fatalf("%d scans, rejects %v", len(in.Scans), in.Rejects)
	}
	for k := range in.Scans {
		s := &in.Scans[k]
		if s.Number != int64(k) || !s.HasNumber || len(s.Detections) != 20 || s.Sweep {
			t.Fatalf("scan %d: %+v", k, s)
		}
		for i, d := range s.Detections {
			if d.ID != strconv.Itoa(3*i+k) {
				t.Errorf("scan %d: the %dth is %s", k, i, d.ID)
			}
		}
		if last := s.Detections[19]; !s.EventTime.Equal(last.EventTime) {
			t.Errorf("scan %d is of %v, and its first detection of %v", k, s.EventTime, last.EventTime)
		}
	}
}

func TestNative_aSweepIsOneScanWhateverTheTimesOfItsDetections(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	_, in := n.Normalize(receivedAt, topic, []byte(`{"time":"2026-11-24T08:12:03Z","scan":4,"detections":[
		{"time":"2026-11-24T08:12:02Z","polar":{"azimuth_deg":1}},{"scan":4,"polar":{"azimuth_deg":2}}]}`))
	if len(in.Scans) != 1 || !in.Scans[0].Sweep || len(in.Scans[0].Detections) != 2 || len(in.Rejects) > 0 {
		t.Fatalf("%+v, rejects %v", in.Scans, in.Rejects)
	}
	s := in.Scans[0]
	if want := receivedAt.Add(-2 * time.Second); !s.EventTime.Equal(want) || !s.Detections[1].EventTime.Equal(want) {
		t.Errorf("times %v and %v, want the sweep's", s.EventTime, s.Detections[1].EventTime)
	}
	if want := receivedAt.Add(-3 * time.Second); !s.Detections[0].EventTime.Equal(want) {
		t.Errorf("time %v, want the detection's own", s.Detections[0].EventTime)
	}
	if g := s.Detections[0].Geometry; g != detection.Bearing {
		t.Errorf("geometry %v", g)
	}
}
