package discover_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"cutline/internal/discover"
	"cutline/internal/geo"
)

// walk is a radar that is off, and somebody who walks past it with a telephone, to and fro.
type walk struct {
	azimuth, reach, clock float64 // by how much it is off: degrees, m, s
	noiseAz, noiseR       float64
	clutter               int
	bearings              bool
}

var mast = geo.LLA{Lat: 49.02, Lon: -97.286, Alt: 245}

// make makes the looks and the fixes of the walk: two passes of five minutes, 900 m away. The telephone is some metres off, and so for a
// while.
func (w walk) make(seed uint64) (looks []discover.Look, fixes []discover.Fix) {
	r := rand.New(rand.NewPCG(seed, 7))
	frame := geo.NewFrame(mast)
	at := func(s float64) (e, n float64) {
		if s < 300 {
			return -200 + 1.4*s, -900 - .3*s
		}
		return 220 - 1.4*(s-300), -990 + .2*(s-300)
	}
	offE, offN := r.NormFloat64()*3, r.NormFloat64()*3
	for s := 0.0; s <= 600; s += 5 {
		e, n := at(s)
		offE, offN = .95*offE+r.NormFloat64(), .95*offN+r.NormFloat64()
		fixes = append(fixes, discover.Fix{
			Time: start().Add(time.Duration(s * 1e9)), Name: "phone", Sigma: 4, Place: frame.LLA(geo.ENU{E: e + offE, N: n + offN}),
		})
	}
	for s := 2.0; s < 598; s += 2 {
		e, n := at(s - w.clock)
		look := discover.Look{
			Time:    start().Add(time.Duration(s * 1e9)),
			Azimuth: geo.Wrap2Pi(geo.Radians(math.Atan2(e, n) + (w.azimuth+r.NormFloat64()*w.noiseAz)*math.Pi/180)),
			Range:   math.Hypot(e, n) + w.reach + r.NormFloat64()*w.noiseR,
		}
		if w.bearings {
			look.Range = 0
		}
		if r.Float64() < .85 {
			looks = append(looks, look)
		}
		for range w.clutter {
			ghost := discover.Look{Time: look.Time, Azimuth: geo.Radians(r.Float64() * 2 * math.Pi)}
			if !w.bearings {
				ghost.Range = 300 + r.Float64()*3000
			}
			looks = append(looks, ghost)
		}
	}
	return looks, fixes
}

// The truth must lie within the errors that are told, and those must be worth something.
func TestCalibrate_findsByHowMuchASensorIsOff(t *testing.T) {
	for name, w := range map[string]walk{
		"nothing":                     {noiseAz: .3, noiseR: 5},
		"heading":                     {azimuth: 1.3, noiseAz: .4, noiseR: 5, clutter: 3},
		"heading, range and clock":    {azimuth: -7.25, reach: -22, clock: .8, noiseAz: .4, noiseR: 5, clutter: 3},
		"a heading nobody has set":    {azimuth: 172, noiseAz: .3, noiseR: 5, clutter: 5},
		"a camera":                    {azimuth: 2.1, noiseAz: .1, bearings: true, clutter: 1},
		"a radar that measures badly": {azimuth: 3, reach: 40, noiseAz: 1, noiseR: 30, clutter: 3},
	} {
		t.Run(name, func(t *testing.T) {
			outside := 0
			for seed := range uint64(8) {
				looks, fixes := w.make(seed)
				c, err := discover.Calibrate(mast, looks, fixes)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range []struct {
					got   discover.Estimate
					truth float64
				}{{c.Azimuth, w.azimuth}, {c.Range, w.reach}, {c.Clock, w.clock}} {
					if off := math.Abs(e.got.Value - e.truth); off > 3*e.got.Sigma && !(e.got.Sigma == 0 && w.bearings) {
						outside++
					}
				}
				if c.Azimuth.Sigma > .5 || c.Range.Sigma > 15 || c.Passes < 1 || c.Used < 200 || c.Azimuth.Sigma <= 0 {
					t.Errorf("seed %d: %+v", seed, c)
				}
				if c.AzimuthNoise < w.noiseAz*.6 || c.AzimuthNoise > w.noiseAz*1.6+.3 {
					t.Errorf("seed %d: noise %.2f°, and it is %.2f°", seed, c.AzimuthNoise, w.noiseAz)
				}
			}
			if outside > 1 {
				t.Errorf("%d of 24 estimates are more than 3 σ off", outside)
			}
		})
	}
}

func TestCalibrate_saysWhenThePassDoesNotTell(t *testing.T) {
	looks, fixes := walk{noiseAz: .3, noiseR: 5}.make(1)
	for name, tc := range map[string]struct {
		looks []discover.Look
		fixes []discover.Fix
		want  string
	}{
		"no reference":      {looks, nil, "only 0 looks"},
		"another day":       {looks, shifted(fixes, 24*time.Hour), "only 0 looks"},
		"the wrong target":  {clutterOnly(looks), fixes, "no pass stands out"},
		"one fix an hour":   {looks, fixes[:1], "only 0 looks"},
		"nobody was seen":   {nil, fixes, "only 0 looks"},
		"under the antenna": {looks, at(fixes, mast), "only 0 looks"},
	} {
		if _, err := discover.Calibrate(mast, tc.looks, tc.fixes); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func shifted(fixes []discover.Fix, by time.Duration) (out []discover.Fix) {
	for _, f := range fixes {
		f.Time = f.Time.Add(by)
		out = append(out, f)
	}
	return out
}

func at(fixes []discover.Fix, p geo.LLA) (out []discover.Fix) {
	for _, f := range fixes {
		f.Place = p
		out = append(out, f)
	}
	return out
}

// clutterOnly is what a sensor sees that sees everything but the reference.
func clutterOnly(looks []discover.Look) (out []discover.Look) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, l := range looks {
		l.Azimuth, l.Range = geo.Radians(r.Float64()*2*math.Pi), 500+r.Float64()*900
		out = append(out, l)
	}
	return out
}
