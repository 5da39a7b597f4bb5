package geo

import (
	"math"
	"testing"

	"github.com/tidwall/geodesic"
	"pgregory.net/rapid"
)

var emerson = LLA{Lat: 49.0, Lon: -97.24, Alt: 240}

func TestFrame_ENUAndBackIsTheSamePlace(t *testing.T) {
	f := NewFrame(emerson)
	rapid.Check(t, func(t *rapid.T) {
		p := LLA{
			Lat: Degrees(rapid.Float64Range(48.5, 49.5).Draw(t, "lat")),
			Lon: Degrees(rapid.Float64Range(-98, -96.5).Draw(t, "lon")),
			Alt: Metres(rapid.Float64Range(-100, 9000).Draw(t, "alt")),
		}
		enu := f.ENU(p)
		back := f.ENU(f.LLA(enu)).Sub(enu)
		if d := math.Hypot(back.Range(), back.U); d > 1e-4 {
			t.Fatalf("%v comes back %g m away", p, d)
		}
	})
}

func TestFrame_horizontalLengthIsTheGeodesics(t *testing.T) {
	f := NewFrame(LLA{Lat: emerson.Lat, Lon: emerson.Lon})
	for _, tc := range []struct {
		azimuth, metres, within float64
	}{{10, 10e3, .01}, {100, 10e3, .01}, {200, 30e3, .12}, {281, 30e3, .12}} {
		var lat, lon float64
		geodesic.WGS84.Direct(float64(emerson.Lat), float64(emerson.Lon), tc.azimuth, tc.metres, &lat, &lon, nil)
		got := f.ENU(LLA{Lat: Degrees(lat), Lon: Degrees(lon)})
		if d := math.Abs(got.Range() - tc.metres); d > tc.within {
			t.Errorf("azimuth %v°: %v m is %v m in the frame, off by %.3f", tc.azimuth, tc.metres, got.Range(), d)
		}
		if d := math.Abs(float64(got.Bearing().Degrees()) - tc.azimuth); d > 1e-3 {
			t.Errorf("azimuth %v° is %v° in the frame", tc.azimuth, got.Bearing().Degrees())
		}
	}
}

func TestFrame_convergenceTurnsABearingIntoTheFrame(t *testing.T) {
	f := NewFrame(emerson)
	for _, east := range []float64{-30e3, -5e3, 0, 5e3, 30e3} {
		at := f.Surface(east, 8e3, 0)
		for _, azimuth := range []float64{0, 77, 180, 301} {
			var lat, lon float64
			geodesic.WGS84.Direct(float64(at.Lat), float64(at.Lon), azimuth, 5e3, &lat, &lon, nil)
			from, to := f.ENU(at), f.ENU(LLA{Lat: Degrees(lat), Lon: Degrees(lon)})
			want := to.Sub(from).Bearing()
			got := Degrees(azimuth).Radians() + f.Convergence(at)
			if d := WrapPi(got - want); math.Abs(float64(d.Degrees())) > 2e-3 {
				t.Errorf("%v m east, azimuth %v°: off by %v°", east, azimuth, d.Degrees())
			}
		}
	}
}

func TestFrame_surfaceIsAtTheHeightAskedFor(t *testing.T) {
	f := NewFrame(emerson)
	for _, p := range []ENU{{E: 0, N: 0}, {E: 25e3, N: -8e3}, {E: -50e3, N: 30e3}} {
		got := f.Surface(p.E, p.N, 240)
		back := f.ENU(got)
		if math.Abs(float64(got.Alt)-240) > .01 || math.Hypot(back.E-p.E, back.N-p.N) > 1e-3 {
			t.Errorf("%v: height %v, %v m aside", p, got.Alt, math.Hypot(back.E-p.E, back.N-p.N))
		}
	}
}

func TestWrap_staysInItsTurnAndKeepsTheDirection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Radians(rapid.Float64Range(-1e4, 1e4).Draw(t, "angle"))
		if w := WrapPi(a); w < -math.Pi || w >= math.Pi || math.Abs(math.Sin(float64(w-a)/2)) > 1e-9 {
			t.Fatalf("WrapPi(%v) = %v", a, w)
		}
		if w := Wrap2Pi(a); w < 0 || w >= 2*math.Pi || math.Abs(math.Sin(float64(w-a)/2)) > 1e-9 {
			t.Fatalf("Wrap2Pi(%v) = %v", a, w)
		}
	})
}

func BenchmarkFrame_ENU(b *testing.B) {
	f := NewFrame(emerson)
	p := LLA{49.05, -97.1, 230}
	b.ReportAllocs()
	for b.Loop() {
		_ = f.ENU(p)
	}
}
