package normalize

import (
	"regexp"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var timestamps = []string{
	"2026-11-24T08:12:03Z", "2026-11-24T08:12:03.125Z", "2026-11-24T08:12:03.123456789Z", "2026-11-24T08:12:03.1234567899Z",
	"2026-11-24T08:12:03+01:00",
	"2026-11-24T08:12:03.5-23:59", "2024-02-29T00:00:00Z", "2026-02-29T00:00:00Z", "2000-02-29T00:00:00Z",
	"2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
	"0000-01-01T00:00:00Z", "0000-02-29T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2026-13-01T00:00:00Z",
	"2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z",
	"2026-11-24T24:00:00Z", "2026-11-24T23:59:60Z", "2026-11-24T23:60:00Z", "2026-11-24t08:12:03Z", "2026-11-24T08:12:03z",
	"2026-11-24 08:12:03Z",
	"2026-11-24T08:12:03", "2026-11-24T08:12Z", "2026-11-24T8:12:03Z", "2026-11-24T08:12:03,5Z", "2026-11-24T08:12:03.Z",
	"2026-11-24T08:12:03.5", "2026-11-24T08:12:03+0100",
	"2026-11-24T08:12:03+24:00", "2026-11-24T08:12:03+01:60", "2026-11-24T08:12:03Z ", "", "2026", "-026-11-24T08:12:03Z",
	"2026-11-24T08:12:0:Z", "1969-12-31T23:59:59.9Z",
}

// rfc3339 is its grammar, which the standard library does not hold in full: it takes "8:12:03", a comma, and +24:00
// (golang/go#54580).
var rfc3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// compareTime holds parseTime to the standard library's parser, within the grammar.
func compareTime(t interface{ Fatalf(string, ...any) }, text string) {
	got, ok := parseTime([]byte(text))
	var want time.Time
	err := want.UnmarshalText([]byte(text))
	if ok != (err == nil && rfc3339.MatchString(text)) {
		t.Fatalf("%q: ok %v, time says %v", text, ok, err)
	}
	if ok && (!got.Equal(want) || got != want.UTC()) {
		t.Fatalf("%q: %v, want %v", text, got, want.UTC())
	}
}

func TestParseTime_takesWhatTheStandardLibraryTakes(t *testing.T) {
	for _, text := range timestamps {
		compareTime(t, text)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "s"), rapid.Int64Range(0, 999999999).Draw(t, "ns"))
		zone := time.FixedZone("", 60*rapid.IntRange(-23*60, 23*60).Draw(t, "minutes east"))
		text := []byte(at.In(zone).Format(time.RFC3339Nano))
		compareTime(t, string(text))
		text[rapid.IntRange(0, len(text)-1).Draw(t, "at")] = rapid.SampledFrom([]byte("0123456789TZ:-+. ")).Draw(t, "byte")
		compareTime(t, string(text))
	})
}

func FuzzParseTime(f *testing.F) {
	for _, text := range timestamps {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { compareTime(t, text) })
}

func TestParseTime_allocatesNothing(t *testing.T) {
	text := []byte(timestamps[1])
	if n := testing.AllocsPerRun(100, func() { parseTime(text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
