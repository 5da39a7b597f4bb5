package normalize_test

import (
	"math"
	"testing"
	"time"

	"cutline/internal/detection"
	"cutline/internal/normalize"
)

func TestMeasureOf_readsAsAMappingWould(t *testing.T) {
	for _, tc := range []struct {
		to, unit, text string
		want           float64
		ok             bool
	}{
		{"position.lat", "dms", `49°00'36"N`, 49.01, true},
		{"position.lon", "ddmm", "09714.400W", -97.24, true},
		{"position.lat", "deg_e7", "490100000", 49.01, true},
		{"velocity.speed_mps", "km/h", "36", 10, true},
		{"velocity.speed_mps", "", " 4.5 ", 4.5, true},
		{"velocity.speed_mps", "deg", "4.5", 0, false},
		{"position.lat", "dms", "north", 0, false},
		{"position.lat", "", "", 0, false},
		{"no.field", "", "1", 0, false},
	} {
		read := normalize.MeasureOf(tc.to, tc.unit)
		if read == nil {
			if tc.ok {
				t.Errorf("%s %s: cannot be read", tc.to, tc.unit)
			}
			continue
		}
		if got, ok := read(tc.text); ok != tc.ok || ok && math.Abs(got-tc.want) > 1e-9 {
			t.Errorf("%s %s %q: %v, %v", tc.to, tc.unit, tc.text, got, ok)
		}
	}
}

func TestMomentOf_readsEveryUnit(t *testing.T) {
	want := time.Date(2026, 11, 24, 8, 12, 3, 125_000_000, time.UTC)
	for unit, text := range map[string]string{
		"epoch_s": "1795507923.125", "epoch_ms": "1795507923125", "epoch_us": "1795507923125000", "epoch_ns": "1795507923125000000",
		"rfc3339": "2026-11-24T09:12:03.125+01:00", "utc": "2026-11-24 08:12:03.125",
	} {
		read := normalize.MomentOf(unit)
		if got, ok := read(text); !ok || !got.Equal(want) {
			t.Errorf("%s %s: %v, %v", unit, text, got, ok)
		}
		if _, ok := read("soon"); ok {
			t.Errorf("%s reads a word", unit)
		}
	}
}

func TestClassFor_knowsOtherPeoplesWords(t *testing.T) {
	if c, ok := normalize.ClassFor("Human"); !ok || c != detection.Person {
		t.Errorf("%v %v", c, ok)
	}
	if _, ok := normalize.ClassFor("umbrella"); ok {
		t.Error("an umbrella has a class")
	}
}

func TestClaims_isWhoWouldReadIt(t *testing.T) {
	n := newNormalizer(t, towerRadar(), frigateCamera("a", 60, 120))
	if id, ok := n.Claims("frigate/events"); !ok || id != "cam-a" {
		t.Errorf("%q %v", id, ok)
	}
	if _, ok := n.Claims("frigate/reviews"); ok {
		t.Error("a topic that nobody has is claimed")
	}
}
