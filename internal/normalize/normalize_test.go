package normalize_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/normalize"
	"cutline/internal/record"
	"cutline/internal/sensor"
)

const topic = "border/emerson/twr-01/detections"

func TestNew_namesTheSensorThatCannotWork(t *testing.T) {
	a, b := towerRadar(), towerRadar()
	b.ID = "twr-02"
	with := func(change func(*sensor.Definition)) []sensor.Definition {
		c := b
		change(&c)
		return []sensor.Definition{a, c}
	}
	for name, tc := range map[string]struct {
		sensors []sensor.Definition
		want    []string
	}{
		"format":           {with(func(c *sensor.Definition) { c.Format = "other" }), []string{`"twr-02"`, "format", "other", normalize.Native}},
		"format not given": {with(func(c *sensor.Definition) { c.Format = "" }), []string{`"twr-02"`, "format", normalize.Native}},
		"id":               {[]sensor.Definition{a, a}, []string{`"twr-01"`, "id"}},
		"topic":            {with(func(c *sensor.Definition) { c.Topic = topic }), []string{`"twr-02"`, "topic", `"twr-01"`}},
		"status topic":     {with(func(c *sensor.Definition) { c.Status = topic }), []string{`"twr-02"`, "status", `"twr-01"`}},
		"wildcard":         {with(func(c *sensor.Definition) { c.Topic = "border/twr-+/x" }), []string{`"twr-02"`, "topic", "wildcard"}},
		"hash":             {with(func(c *sensor.Definition) { c.Topic = "border/#/x" }), []string{`"twr-02"`, "topic", "last level"}},
	} {
		_, err := normalize.New(tc.sensors)
		for _, part := range tc.want {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %v, want %q in it", name, err, part)
			}
		}
	}
	twice := []sensor.Definition{a, b}
	twice[0].Topic, twice[1].Topic = "border/+/radar", "border/+/radar"
	if _, err := normalize.New(twice); err == nil || !strings.Contains(err.Error(), `"twr-01"`) {
		t.Errorf("one pattern for two sensors: %v", err)
	}
}

func TestNormalize_findsTheSensorByItsTopic(t *testing.T) {
	var defs []sensor.Definition
	for id, topics := range map[string][2]string{
		"exact": {"a/b/c", ""}, "default": {"", ""}, "level": {"a/+/d", "a/+/s"}, "rest": {"z/#", ""}, "first": {"+/q", ""},
	} {
		def := towerRadar()
		def.ID, def.Topic, def.Status, def.Sector = id, topics[0], topics[1], "sector-of-"+id
		defs = append(defs, def)
	}
	n := newNormalizer(t, defs...)
	for at, want := range map[string]string{
		"a/b/c": "exact", "border/sector-of-default/default/detections": "default", "border/sector-of-rest/rest/status": "rest",
		"a/x/d": "level", "a//d": "level",
		"a/x/s": "level", "z": "rest", "z/": "rest", "z/1/2/3": "rest", "p/q": "first", "/q": "first",
		"a/b": "", "a/b/c/d": "", "a/x/d/": "", "$SYS/q": "", "zz": "", "A/b/c": "", "": "",
	} {
		sector, in := n.Normalize(receivedAt, at, nil)
		if in.Sensor != want || (sector != "") != (want != "") || want != "" && sector != "sector-of-"+want {
			t.Errorf("%q: sensor %q of sector %q, want %q", at, in.Sensor, sector, want)
		}
		if len(in.Rejects) != 1 {
			t.Errorf("%q: rejects %v", at, in.Rejects)
		}
	}
}

func TestNormalize_refusesWhatIsTooLarge(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	payload := []byte(single + strings.Repeat(" ", normalize.MaxPayload-len(single)))
	if _, in := n.Normalize(receivedAt, topic, payload); in.Kind != record.Message {
		t.Errorf("%d bytes: %v", len(payload), in.Rejects)
	}
	payload = append(payload, ' ')
	_, in := n.Normalize(receivedAt, topic, payload)
	if in.Kind != record.Rejected || len(in.Rejects) != 1 || !strings.Contains(in.Rejects[0].Reason, "65536") {
		t.Errorf("%d bytes: %v", len(payload), in.Rejects)
	}
}

func TestNormalize_countsRejectsThatItDoesNotList(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	payload := "[" + strings.Repeat("7,", 249) + single + "]"
	_, in := n.Normalize(receivedAt, topic, []byte(payload))
	if len(in.Rejects) != 101 || !strings.Contains(in.Rejects[100].Reason, "149 more") || in.Rejects[99].Path != "[99]" {
		t.Errorf("%d rejects, the last is %v", len(in.Rejects), in.Rejects[len(in.Rejects)-1])
	}
	if in.Kind != record.Message || len(in.Scans) != 1 || len(in.Scans[0].Detections) != 1 {
		t.Errorf("the good one among them is lost: %v", in.Scans)
	}
}

func TestNormalize_theClockMayBeTwoSecondsAhead(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	eventTime := time.Date(2026, 11, 24, 8, 12, 3, 125e6, time.UTC)
	for ahead, want := range map[time.Duration]record.Kind{
		-time.Hour: record.Message, 2 * time.Second: record.Message, 2*time.Second + 1: record.Rejected,
	} {
		if _, in := n.Normalize(eventTime.Add(-ahead), topic, []byte(single)); in.Kind != want {
			t.Errorf("%v ahead: %v %v", ahead, in.Kind, in.Rejects)
		}
	}
}

func TestNormalize_keepsNothingOfThePayloadButRaw(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	payload := []byte(single)
	_, in := n.Normalize(receivedAt, topic, payload)
	for i := range payload {
		payload[i] = 'x'
	}
	d := in.Scans[0].Detections[0]
	if d.ID != "a81f3c" || d.Track != "local-17" {
		t.Errorf("id %q and track %q changed with the payload", d.ID, d.Track)
	}
}

// wrongBetween are bad elements, each with the path that its reject must name.
var wrongBetween = []struct{ element, path string }{
	{`{"time":"2026-11-24T08:12:03Z","position":{"lat":NaN,"lon":-97}}`, "position.lat"},
	{`{"time":"2026-11-24T08:12:03Z","position":{"lat":49,"lon":-197}}`, "position.lon"},
	{`{"time":"2026-11-24T08:12:03Z","position":{"lat":0,"lon":0}}`, "position"},
	{`{"time":"2026-11-24T09:12:03Z","position":{"lat":49,"lon":-97}}`, "time"},
	{`{"position":{"lat":49,"lon":-97}}`, "time"},
	{`{"time":"2026-11-24T08:12:03Z","position":{"lat":49,"lon":-97},"colour":"red"}`, "colour"},
	{`{"time":"2026-11-24T08:12:03Z","polar":{"range_m":-1,"azimuth_deg":3}}`, "polar.range_m"},
	{`{"time":"2026-11-24T08:12:03Z","polar":{"azimuth_deg":360.5}}`, "polar.azimuth_deg"},
	{`{"time":"2026-11-24T08:12:03Z","position":{"lat":49,"lon":-97},"class":{"human":1}}`, "class.human"},
	{`{"time":"2026-11-24T08:12:03Z","position":{"lat":49,"lon":-97},"error":{"east_m":-1}}`, "error.east_m"},
	{`{"time":"2026-11-24T08:12:03Z","position":{"lat":49,"lon":-97},"time":"2026-11-24T08:12:03Z"}`, "time"},
	{`{"time":"2026-11-24T08:12:03Z","position":[49,-97]}`, "position"},
	{`{"time":"2026-11-24T08:12:03Z","position":{"lat":49,"lon":-97},"a.b":1}`, `["a.b"]`},
	{`null`, ""},
}

func TestNormalize_oneWrongElementCostsItselfAlone(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	good := `{"time":"2026-11-24T08:12:03Z","id":"good","position":{"lat":49.1,"lon":-97.2}}`
	for _, bad := range wrongBetween {
		for form, wrap := range map[string][2]string{"": {"[", "]"}, "detections": {`{"time":"2026-11-24T08:12:03Z","detections":[`, "]}"}} {
			if form != "" && !strings.Contains(bad.element, "time") && bad.path == "time" {
				continue // in a sweep it inherits one
			}
			_, in := n.Normalize(receivedAt, topic, []byte(wrap[0]+good+","+bad.element+","+good+wrap[1]))
			want := form + "[1]"
			if bad.path != "" && bad.path[0] != '[' {
				want += "."
			}
			want += bad.path
			if len(in.Rejects) != 1 || in.Rejects[0].Path != want || in.Rejects[0].Reason == "" {
				t.Errorf("%s%s: rejects %v, want one at %s", form, bad.element, in.Rejects, want)
			}
			if in.Kind != record.Message || len(in.Scans) != 1 || len(in.Scans[0].Detections) != 2 || in.Scans[0].Sweep {
				t.Errorf("%s%s: the others did not come through: %+v", form, bad.element, in.Scans)
			}
		}
	}
}

// message is a detection as a generator draws it, with the keys in the order in which they are written.
type message struct {
	keys   []string
	values map[string]any // json.RawMessage, or a message
}

func (m message) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, key := range m.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		value, err := json.Marshal(m.values[key])
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%q:%s", key, value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func (m *message) add(key string, value any) {
	if m.values == nil {
		m.values = map[string]any{}
	}
	m.keys = append(m.keys, key)
	m.values[key] = value
}

func (m message) shuffled(t *rapid.T) message {
	values := map[string]any{}
	for _, key := range m.keys { // in order: a draw must not depend on a map's
		values[key] = m.values[key]
		if inner, is := values[key].(message); is {
			values[key] = inner.shuffled(t)
		}
		if list, is := values[key].([]any); is {
			var other []any
			for _, v := range list {
				if inner, is := v.(message); is {
					v = inner.shuffled(t)
				}
				other = append(other, v)
			}
			values[key] = other
		}
	}
	return message{rapid.Permutation(m.keys).Draw(t, "order"), values}
}

func drawObject(t *rapid.T, fields map[string][2]float64, order ...string) message {
	var m message
	for _, key := range order {
		m.add(key, rapid.Float64Range(fields[key][0], fields[key][1]).Draw(t, key))
	}
	return m
}

var bounds = map[string][2]float64{
	"lat": {1, 90}, "lon": {-180, 180}, "alt_m": {-400, 9000}, "range_m": {1, 20000}, "azimuth_deg": {0, 360}, "elevation_deg": {-90, 90},
	"range_rate_mps": {-50, 50}, "east_m": {.1, 50}, "north_m": {.1, 50}, "corr": {-.9, .9}, "east_mps": {-30, 30}, "north_mps": {-30, 30},
	"person": {0, .3}, "animal": {0, .3}, "vehicle": {0, .3}, "heading_deg": {0, 360}, "width_deg": {1, 360},
}

// drawDetection draws a detection that must be accepted.
func drawDetection(t *rapid.T) message {
	var m message
	some := func(key string) bool { return rapid.Bool().Draw(t, key) }
	m.add("time", receivedAt.Add(-time.Duration(rapid.Int64Range(0, 1e10).Draw(t, "age"))).Format(time.RFC3339Nano))
	if some("position") {
		m.add("position", drawObject(t, bounds, "lat", "lon", "alt_m"))
		m.add("error", drawObject(t, bounds, "east_m", "north_m", "corr"))
	} else {
		m.add("polar", drawObject(t, bounds, "range_m", "azimuth_deg", "elevation_deg", "range_rate_mps"))
	}
	if some("velocity") {
		m.add("velocity", drawObject(t, bounds, "east_mps", "north_mps"))
	}
	if some("class") {
		m.add("class", drawObject(t, bounds, "person", "animal", "vehicle"))
	}
	if some("platform") {
		m.add("platform", drawObject(t, bounds, "lat", "lon", "alt_m", "heading_deg"))
	}
	if some("names") {
		m.add("id", rapid.StringN(1, 20, 80).Draw(t, "id"))
		m.add("track", rapid.StringN(1, 20, 80).Draw(t, "track"))
		m.add("media", []string{rapid.StringN(1, 20, 80).Draw(t, "media")})
	}
	if some("numbers") {
		m.add("scan", rapid.Int64().Draw(t, "scan"))
		m.add("confidence", rapid.Float64Range(0, 1).Draw(t, "confidence"))
		m.add("snr_db", rapid.Float64Range(-20, 60).Draw(t, "snr"))
		m.add("simulated", true)
	}
	return m
}

func encode(t *rapid.T, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestNormalize_theOrderOfKeysChangesNothing(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	rapid.Check(t, func(t *rapid.T) {
		m := drawDetection(t)
		if rapid.Bool().Draw(t, "sweep") {
			var sweep message
			for _, key := range []string{"time", "scan", "platform"} {
				if value, has := m.values[key]; has {
					sweep.add(key, value)
				}
			}
			other := drawDetection(t)
			delete(other.values, "scan")
			other.keys = without(other.keys, "scan")
			sweep.add("detections", []any{m, other})
			m = sweep
		}
		_, a := n.Normalize(receivedAt, topic, encode(t, m))
		_, b := n.Normalize(receivedAt, topic, encode(t, m.shuffled(t)))
		if a.Kind != record.Message || len(a.Rejects) > 0 {
			t.Fatalf("%s: %v", encode(t, m), a.Rejects)
		}
		a.Raw, b.Raw = nil, nil
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("%+v\nand in another order\n%+v", a, b)
		}
	})
}

func without(keys []string, key string) []string {
	var left []string
	for _, k := range keys {
		if k != key {
			left = append(left, k)
		}
	}
	return left
}

// TestNormalize_valuesAreThoseOfEncodingJSON holds every value to the slow way.
func TestNormalize_valuesAreThoseOfEncodingJSON(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	rapid.Check(t, func(t *rapid.T) {
		payload := encode(t, drawDetection(t))
		var p peer
		if err := json.Unmarshal(payload, &p); err != nil {
			t.Fatal(err)
		}
		_, in := n.Normalize(receivedAt, topic, payload)
		if in.Kind != record.Message {
			t.Fatalf("%s: %v", payload, in.Rejects)
		}
		if d := &in.Scans[0].Detections[0]; !p.says(d) {
			t.Fatalf("%s: got %+v", payload, d)
		}
	})
}

// says compares what encoding/json reads with what we made of it.
func (p *peer) says(d *detection.Detection) bool {
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*(1+math.Abs(b)) }
	ok := d.ID == p.ID && d.Track == p.Track && d.EventTime.Equal(p.Time) && d.Simulated == p.Simulated && len(d.Media) == len(p.Media)
	if p.Position != nil {
		ok = ok && d.Geometry == detection.Position && d.Position == geo.LLA{
			Lat: geo.Degrees(p.Position.Lat), Lon: geo.Degrees(p.Position.Lon), Alt: geo.Metres(*p.Position.AltM),
		} && near(d.PositionError.EE, p.Error.EastM*p.Error.EastM) && near(d.PositionError.EN, p.Error.Corr*p.Error.EastM*p.Error.NorthM)
	} else {
		ok = ok && d.Geometry == detection.Polar && d.Polar.Range == *p.Polar.RangeM && d.Polar.RangeRate == *p.Polar.RangeRateMPS &&
			near(math.Mod(p.Polar.AzimuthDeg, 360), float64(d.Polar.Azimuth.Degrees())) &&
			near(*p.Polar.ElevationDeg, float64(d.Polar.Elevation.Degrees())) &&
			d.PolarError.Range == 5 && near(float64(d.PolarError.Azimuth.Degrees()), .5) && d.PolarError.RangeRate == .4
	}
	if p.Velocity != nil {
		ok = ok && d.HasVelocity && d.Velocity == detection.Velocity{East: p.Velocity.EastMPS, North: p.Velocity.NorthMPS}
	}
	if classes, has := p.Class.(map[string]any); has {
		sum := 0.0
		for c, x := range d.Class {
			sum += x
			if want, given := classes[detection.Class(c).String()]; given && !near(x, want.(float64)) {
				return false
			}
		}
		ok = ok && d.HasClass && near(sum, 1)
	}
	if p.SNR != nil {
		ok = ok && d.HasSNR && d.SNR == *p.SNR && d.Confidence == *p.Confidence
	}
	return ok && d.HasVelocity == (p.Velocity != nil) && d.HasSNR == (p.SNR != nil)
}

func TestNormalize_aSingleDetectionCostsThreePiecesOfMemory(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	payload := []byte(single)
	got := testing.AllocsPerRun(200, func() { n.Normalize(receivedAt, topic, payload) })
	if got > 3 { // the scan with its detection, the id, the track
		t.Errorf("%v allocations", got)
	}
	payload = sweepOf(50)
	if got = testing.AllocsPerRun(50, func() { n.Normalize(receivedAt, topic, payload) }); got > 56 { // 50 ids
		t.Errorf("%v allocations for a sweep of 50", got)
	}
}

func TestNormalizer_servesManyAtOnce(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	_, want := n.Normalize(receivedAt, topic, arrayOf(3))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				if _, in := n.Normalize(receivedAt, topic, arrayOf(3)); !reflect.DeepEqual(in, want) {
					t.Errorf("got %+v", in)
				}
				n.Normalize(receivedAt, "nobody's", []byte("{"))
			}
		})
	}
	all.Wait()
}
