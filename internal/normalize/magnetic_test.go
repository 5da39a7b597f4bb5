package normalize

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/westphae/geomag/pkg/egm96"
	"github.com/westphae/geomag/pkg/wmm"

	"cutline/internal/geo"
)

// loadOracle gives our coefficients to the module, in the form that the model is published in: its own are those of 2020.
func loadOracle(t *testing.T) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintln(&b, "    2025.0            WMM-2025        11/13/2024")
	i := 0
	for n := 1; n <= wmmDegree; n++ {
		for m := range n + 1 {
			c := wmm2025[i]
			fmt.Fprintf(&b, "%3d%3d %9.1f %9.1f %10.1f %10.1f\n", n, m, c.g, c.h, c.gRate, c.hRate)
			i++
		}
	}
	if i != len(wmm2025) {
		t.Fatalf("%d coefficients, want %d", len(wmm2025), i)
	}
	file := filepath.Join(t.TempDir(), "WMM.COF")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := wmm.LoadWMMCOF(file); err != nil {
		t.Fatal(err)
	}
}

// TestDeclination_isThatOfTheModule compares with another program of the same model, over the whole earth and the model's years.
func TestDeclination_isThatOfTheModule(t *testing.T) {
	loadOracle(t)
	worst := 0.0
	for _, at := range []time.Time{
		time.Date(2025, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC), time.Date(2029, 12, 1, 0, 0, 0, 0, time.UTC),
	} {
		for lat := -85.0; lat <= 85; lat += 10 {
			for lon := -175.0; lon <= 180; lon += 25 {
				field, err := wmm.CalculateWMMMagneticField(egm96.NewLocationGeodetic(lat, lon, 300), at)
				if err != nil {
					t.Fatal(err)
				}
				got := declination(geo.LLA{Lat: geo.Degrees(lat), Lon: geo.Degrees(lon), Alt: 300}, at)
				off := math.Abs(math.Remainder(float64(got.Degrees())-field.D(), 360))
				if worst = math.Max(worst, off); off > 0.01 {
					t.Errorf("%v at %v %v: %.4f°, want %.4f°", at, lat, lon, got.Degrees(), field.D())
				}
			}
		}
	}
	t.Logf("at most %.5f° off", worst)
}

// TestDeclination_ofTheBorder pins what a map of these years shows: east of true north in the west, west of it in the east.
func TestDeclination_ofTheBorder(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name     string
		lat, lon geo.Degrees
		want     float64
	}{
		{"Blaine", 49.0, -122.75, 15},
		{"Emerson", 49.0, -97.24, 2.6},
		{"Derby Line", 45.0, -72.1, -14},
	} {
		if got := float64(declination(geo.LLA{Lat: tc.lat, Lon: tc.lon}, at).Degrees()); math.Abs(got-tc.want) > 1 {
			t.Errorf("%s: %.2f°, want about %v°", tc.name, got, tc.want)
		}
	}
}

func TestDeclination_isHeldOutsideOfTheYearsThatItIsCarriedOn(t *testing.T) {
	t.Parallel()
	at := geo.LLA{Lat: 49, Lon: -97.24}
	year := func(y int) geo.Radians { return declination(at, time.Date(y, 6, 1, 0, 0, 0, 0, time.UTC)) }
	if year(2036) != year(2050) || year(2019) != year(1990) || year(2033) == year(2034) {
		t.Error("a clock gone wrong must not turn bearings round, and two years more must still count")
	}
	for _, pole := range []geo.Degrees{-90, 90} {
		if d := float64(declination(geo.LLA{Lat: pole}, time.Unix(0, 0))); math.IsNaN(d) || math.IsInf(d, 0) {
			t.Errorf("at %v: %v", pole, d)
		}
	}
}

func BenchmarkDeclination(b *testing.B) {
	at := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	for b.Loop() {
		declination(geo.LLA{Lat: 49, Lon: -97.24}, at)
	}
}
