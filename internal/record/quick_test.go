package record

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// slowly is what encoding/json writes.
func slowly(e *Event) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(e)
	return b.Bytes(), err
}

func trackEvent() Event {
	alt := 241.3
	return Event{Type: TrackType, Time: time.Date(2026, 11, 24, 8, 12, 3, 125e6, time.UTC), Sector: "emerson", Track: &TrackEvent{
		ID: "emerson-4711", Status: "confirmed", Lat: 49.0003142, Lon: -97.2412234, AltM: &alt, SpeedMPS: 1.32, CourseDeg: 8.7,
		Cov: Cov{EE: 12.3, EN: -.4, NN: 9}, Existence: .9987, Class: map[string]float64{"person": .9, "animal": .08, "vehicle": .02},
		Sensors: []string{"twr-01", "cam-01"}, Groups: []string{"tower-01"}, Lineage: []string{},
	}}
}

// drawTrack draws values of which many need what encoding/json alone can do.
func drawTrack(t *rapid.T) Event {
	text := rapid.OneOf(rapid.StringMatching(`[a-z0-9-]{0,12}`), rapid.String(), rapid.Just("US>CA"), rapid.Just(`a"b\`))
	number := rapid.OneOf(rapid.Float64(), rapid.Float64Range(-1000, 1000), rapid.SampledFrom([]float64{
		0, math.Copysign(0, -1), 1e-6, 9e-7, -1e-6, 1e21, 9.9e20, math.NaN(), math.Inf(1),
	}))
	texts := func(label string) []string {
		return rapid.OneOf(rapid.SliceOfN(text, 0, 4), rapid.Just([]string(nil))).Draw(t, label)
	}
	e := Event{
		Type: TrackType, Sector: text.Draw(t, "sector"),
		Time: time.Unix(rapid.Int64Range(-1e11, 4e11).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC(),
		Track: &TrackEvent{
			ID: text.Draw(t, "id"), Status: text.Draw(t, "status"), Lat: number.Draw(t, "lat"), Lon: number.Draw(t, "lon"),
			SpeedMPS: number.Draw(t, "speed"), CourseDeg: number.Draw(t, "course"), Existence: number.Draw(t, "existence"),
			Cov:     Cov{number.Draw(t, "ee"), number.Draw(t, "en"), number.Draw(t, "nn")},
			Class:   rapid.OneOf(rapid.MapOfN(text, number, 0, 10), rapid.Just(map[string]float64(nil))).Draw(t, "class"),
			Sensors: texts("sensors"), Groups: texts("groups"), Lineage: texts("lineage"),
			Friendly: rapid.Bool().Draw(t, "friendly"), Simulated: rapid.Bool().Draw(t, "simulated"),
			Count: rapid.OneOf(rapid.Just(0), rapid.Int()).Draw(t, "count"),
		},
	}
	if rapid.IntRange(0, 9).Draw(t, "zone") == 0 {
		e.Time = e.Time.In(time.FixedZone("", 3600))
	}
	if rapid.Bool().Draw(t, "has alt") {
		alt := number.Draw(t, "alt")
		e.Track.AltM = &alt
	}
	return e
}

func TestAppendJSON_isToTheByteWhatEncodingJSONWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawTrack(t)
		want, wantErr := slowly(&e)
		got, err := e.AppendJSON([]byte("before "))
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("error %v, want %v", err, wantErr)
		}
		if err == nil && string(got) != "before "+string(want) {
			t.Fatalf("%s\nwant\n%s", got, want)
		}
		if err != nil && string(got) != "before " {
			t.Fatalf("what was there before is now %q", got)
		}
	})
}

func TestParseEvent_isTheEventThatEncodingJSONReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawTrack(t)
		line, err := slowly(&e)
		if err != nil {
			return
		}
		same(t, line)
	})
}

// same fails unless both readers agree about a line.
func same(t interface{ Fatalf(string, ...any) }, line []byte) {
	var want Event
	wantErr := json.Unmarshal(line, &want)
	got, err := ParseEvent(line)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%q: error %v, want %v", line, err, wantErr)
	}
	if err == nil && !reflect.DeepEqual(got, want) {
		t.Fatalf("%q:\n%+v %+v\nwant\n%+v %+v", line, got, got.Track, want, want.Track)
	}
}

// TestReadTrack_isUsed keeps the quick way from dying unnoticed of a new field.
func TestReadTrack_isUsed(t *testing.T) {
	e := trackEvent()
	line, ok := appendTrack(nil, &e)
	if !ok {
		t.Fatal("a plain track is not written quickly")
	}
	back, ok := readTrack(line)
	if !ok || !reflect.DeepEqual(back, e) {
		t.Fatalf("read %v: %+v", ok, back.Track)
	}
}

// FuzzParseEvent: whatever is in a line, the quick reader takes only what encoding/json takes, for the same.
func FuzzParseEvent(f *testing.F) {
	e := trackEvent()
	line, _ := slowly(&e)
	f.Add(line)
	for _, change := range [][2]string{
		{`49.0003142`, `049.0`},
		{`49.0003142`, `49.`},
		{`T08:`, `T8:`},
		{`.125Z`, `,125Z`},
		{`.9987`, `.9987e0`},
		{`[]`, `null`},
		{`"animal"`, `"person"`},
		{`"emerson"`, `"\u0041"`},
		{`}}`, `}} x`},
		{`false`, `true,"simulated":true`},
		{`-0.4`, `-`},
		{`"friendly":false`, `"friendly":0`},
	} {
		f.Add(bytes.Replace(line, []byte(change[0]), []byte(change[1]), 1))
	}
	f.Fuzz(func(t *testing.T, line []byte) { same(t, line) })
}

func BenchmarkEvent_track(b *testing.B) {
	e := trackEvent()
	line, err := e.AppendJSON(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			line, _ = e.AppendJSON(line[:0])
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ParseEvent(line); err != nil {
				b.Fatal(err)
			}
		}
	})
}
