package simulator

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"cutline/internal/geo"
)

// square is a wood of 200 m by 200 m, its middle 1000 m north of the mast at the origin.
func square() mask {
	return mask{corners: []geo.ENU{{E: -100, N: 900}, {E: 100, N: 900}, {E: 100, N: 1100}, {E: -100, N: 1100}}, height: 20}
}

func TestMask_hidesWhatIsInItAndBehindIt(t *testing.T) {
	m := square()
	for name, c := range map[string]struct {
		mast, at geo.ENU
		height   float64
		want     bool
	}{
		"before it":           {geo.ENU{}, geo.ENU{N: 800}, 0, false},
		"in it":               {geo.ENU{}, geo.ENU{N: 1000}, 0, true},
		"behind it":           {geo.ENU{}, geo.ENU{N: 1500}, 0, true},
		"beside it":           {geo.ENU{}, geo.ENU{E: 300, N: 1000}, 0, false},
		"over it":             {geo.ENU{}, geo.ENU{N: 1500}, 50, false},
		"from a mast in it":   {geo.ENU{N: 1000}, geo.ENU{N: 1500}, 0, false},
		"both in it":          {geo.ENU{N: 1000}, geo.ENU{E: 50, N: 1050}, 0, true},
		"on the other side":   {geo.ENU{N: 2000}, geo.ENU{N: 1500}, 0, false},
		"through two corners": {geo.ENU{E: -300, N: 900}, geo.ENU{E: 300, N: 1100}, 0, true},
	} {
		if got := m.hides(c.mast, c.at, c.height); got != c.want {
			t.Errorf("%s: hidden %v, want %v", name, got, c.want)
		}
	}
}

// A wood that is convex hides a place outside it just when some point of the sight line lies inside.
func TestMask_hidesJustWhenTheLineOfSightPassesThrough(t *testing.T) {
	m := square()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) geo.ENU {
			return geo.ENU{E: rapid.Float64Range(-400, 400).Draw(t, name+" e"), N: rapid.Float64Range(600, 1400).Draw(t, name+" n")}
		}
		mast, at := draw("mast"), draw("at")
		inside, closest := false, math.Inf(1)
		for k := range 4001 {
			part := float64(k) / 4000
			p := geo.ENU{E: mast.E + part*(at.E-mast.E), N: mast.N + part*(at.N-mast.N)}
			inside = inside || m.holds(p)
			for _, c := range m.corners {
				closest = min(closest, p.Sub(c).Range())
			}
		}
		if m.holds(mast) || closest < 1 {
			t.Skip("another rule, or too near a corner for samples")
		}
		if got := m.hides(mast, at, 0); got != inside {
			t.Fatalf("hidden %v, a sample inside: %v", got, inside)
		}
	})
}

func TestMast_aWoodAndAShadowHideFromRadarAndCamera(t *testing.T) {
	r := emptied(t, quiet)
	spec := r.spec(t, "twr-01")
	tower := r.frame.ENU(spec.Pose.lla())
	b := body{enu: geo.ENU{E: tower.E, N: tower.N - 2000}}
	b.lla = r.frame.Surface(b.enu.E, b.enu.N, 213)
	sees := func() bool {
		m := newMast(r, spec)
		_, ok := m.sight(&b)
		return ok
	}
	if !sees() {
		t.Fatal("it does not see at all")
	}
	spec.Shadows = []shadowSpec{{Azimuth: span{175, 185}, From: 1500}}
	if sees() {
		t.Error("it sees through a shadow from 1500 m on")
	}
	spec.Shadows = []shadowSpec{{Azimuth: span{175, 185}, From: 2500}, {Azimuth: span{185, 175}, From: 0}, {Azimuth: span{175, 185}, To: 1900}}
	if !sees() {
		t.Error("shadows that lie elsewhere hide")
	}
	spec.Shadows = nil
	r.terrain = []mask{{corners: []geo.ENU{
		{E: tower.E - 50, N: tower.N - 1000}, {E: tower.E + 50, N: tower.N - 1000}, {E: tower.E, N: tower.N - 1200},
	}, height: 20}}
	if sees() {
		t.Error("it sees through a wood")
	}
	b.height = 60
	if !sees() {
		t.Error("it does not see what flies above the wood")
	}
}

func TestAircraft_missesUnderTheCanopyAsOftenAsItSays(t *testing.T) {
	r := emptied(t, quiet)
	a := newAircraft(r, r.spec(t, "drone-01"), stream(1, "test"))
	a.spec.Detection = 1
	at := geo.ENU{N: 300}
	r.terrain = []mask{{corners: []geo.ENU{{E: -50, N: 250}, {E: 50, N: 250}, {E: 0, N: 400}}, canopy: 0.7, height: 20}}
	seen := 0
	for range 4000 {
		a.spots = a.spots[:0]
		a.detect(&body{enu: at, class: "person"}, geo.ENU{}, 0, &weatherSpec{})
		seen += len(a.spots)
	}
	near(t, "share seen under a canopy of 0.7", float64(seen)/4000, 0.3, 0.03)
}
