package normalize

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/westphae/geomag/pkg/egm96"

	"cutline/internal/geo"
	"cutline/internal/golden"
)

// moduleGeoid makes the table from the module's grid.
func moduleGeoid(t *testing.T) []byte {
	t.Helper()
	table := make([]byte, 0, 2*geoidRows*geoidColumns)
	for row := range geoidRows {
		for column := range geoidColumns {
			lat, lon := 90-float64(row)/geoidPerDeg, float64(column)/geoidPerDeg
			at, err := egm96.NewLocationGeodetic(lat, lon, 0).NearestEGM96GridPoint()
			if err != nil {
				t.Fatal(err)
			}
			_, _, height := at.Geodetic()
			table = binary.BigEndian.AppendUint16(table, uint16(int16(math.Round(height*100))))
		}
	}
	return table
}

func TestGeoid_isThatOfTheModule(t *testing.T) {
	if got := moduleGeoid(t); string(got) != geoid {
		golden.Check(t, "egm96.bin", got)
	}
	for lat := -89.9; lat < 90; lat += 7.3 {
		for lon := -180.0; lon <= 180; lon += 3.7 {
			eastern := math.Mod(lon+360, 360) // the module refuses western longitudes
			h, err := egm96.NewLocationGeodetic(lat, eastern, 0).HeightAboveMSL()
			if err != nil {
				t.Fatal(err)
			}
			if got := undulation(geo.Degrees(lat), geo.Degrees(lon)); math.Abs(float64(got)+h) > .006 {
				t.Fatalf("at %.1f, %.1f the sea is at %.3f m, the module says %.3f", lat, lon, got, -h)
			}
		}
	}
}

func TestGeoid_knownHeights(t *testing.T) {
	for _, tc := range []struct {
		name     string
		lat, lon geo.Degrees
		want     float64 // NGA's own interpolation, by splines: up to 0.1 m from ours
	}{
		{"NGA test point 1", 38.628155, 269.779155 - 360, -31.628},
		{"NGA test point 2", -14.621217, 305.021114 - 360, -2.969},
		{"NGA test point 3", 46.874319, 102.448729, -43.575},
		{"NGA test point 7", -0.466744, 0.0023, 17.329},
		{"north pole", 90, 0, 13.606},
		{"south pole", -90, 180, -29.534},
	} {
		if got := float64(undulation(tc.lat, tc.lon)); math.Abs(got-tc.want) > .1 {
			t.Errorf("%s: %.3f m, want %.3f", tc.name, got, tc.want)
		}
	}
}
