package normalize_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/record"
)

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
