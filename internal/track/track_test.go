package track

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"cutline/internal/detection"
)

func TestTrack_courseIsClockwiseFromNorth(t *testing.T) {
	for _, tc := range []struct{ ve, vn, degrees, speed float64 }{
		{0, 1, 0, 1}, {1, 0, 90, 1}, {0, -2, 180, 2}, {-3, 0, 270, 3}, {3, 4, 36.8699, 5},
	} {
		tr := Track{State: [4]float64{9, tc.ve, 9, tc.vn}}
		if got := float64(tr.Course().Degrees()); math.Abs(got-tc.degrees) > 1e-3 {
			t.Errorf("(%v, %v): course %v°, want %v°", tc.ve, tc.vn, got, tc.degrees)
		}
		if got := tr.Speed(); math.Abs(got-tc.speed) > 1e-9 {
			t.Errorf("(%v, %v): speed %v, want %v", tc.ve, tc.vn, got, tc.speed)
		}
	}
}

func TestTrack_positionIsTheBlockOfEastAndNorth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tr Track
		for r := range 4 {
			for c := range r + 1 {
				v := rapid.Float64Range(-100, 100).Draw(t, "v")
				tr.Cov[4*r+c], tr.Cov[4*c+r] = v, v
			}
		}
		want := detection.Covariance{EE: tr.Cov[0], EN: tr.Cov[8], NN: tr.Cov[10]}
		if got := tr.Position(); got != want {
			t.Fatalf("%+v, want %+v", got, want)
		}
	})
}

func TestStatus_namesAreTheContracts(t *testing.T) {
	for s, want := range map[Status]string{
		NoStatus: "", Tentative: "tentative", Confirmed: "confirmed", Coasting: "coasting", Lost: "lost",
	} {
		if s.String() != want {
			t.Errorf("status %d is %q, want %q", s, s, want)
		}
	}
}
