package simulator

import (
	"math"
	"slices"
	"testing"

	"github.com/tidwall/geodesic"
	"pgregory.net/rapid"

	"cutline/internal/geo"
)

// emptied is a Run without actors: a test puts its own targets in.
func emptied(t testing.TB, change func(*Scenario)) *Run {
	t.Helper()
	return day(t, Options{Seed: 1}, func(s *Scenario) {
		s.Actors = nil
		s.Sensors = slices.DeleteFunc(s.Sensors, func(d sensorSpec) bool { return d.Kind == "patrol" })
		if change != nil {
			change(s)
		}
	})
}

// put adds a target that walks with a velocity from a place in the plane, for a quarter of an hour.
func (r *Run) put(class string, at, velocity geo.ENU) {
	w := walk{}
	for s := range 900 {
		w.points = append(w.points, geo.ENU{E: at.E + float64(s)*velocity.E, N: at.N + float64(s)*velocity.N})
	}
	r.targets = append(r.targets, target{id: class + itoa(len(r.targets)), class: class, walk: w, members: make([]geo.ENU, 1)})
}

func (r *Run) spec(t testing.TB, id string) *sensorSpec {
	t.Helper()
	for _, s := range r.scenario.sensors(r.line) {
		if s.ID == id {
			return &s
		}
	}
	t.Fatalf("no sensor %s", id)
	return nil
}

// The oracle is Karney's: azimuth from true north at the sensor, length on the ellipsoid.
func TestMast_seesAzimuthAndRangeOfTheGeodesic(t *testing.T) {
	r := emptied(t, nil)
	for _, id := range []string{"twr-01", "twr-02"} {
		spec := r.spec(t, id)
		m := newMast(r, spec)
		m.reach, m.width = 1e9, 2*math.Pi
		rapid.Check(t, func(t *rapid.T) {
			e, n := rapid.Float64Range(-8000, 8000).Draw(t, "e"), rapid.Float64Range(-6000, 1500).Draw(t, "n")
			b := body{lla: r.frame.Surface(e, n, geo.Metres(r.scenario.Ground))}
			s, _ := m.sight(&b)
			var along, azimuth float64
			geodesic.WGS84.Inverse(spec.Pose.Lat, spec.Pose.Lon, float64(b.lla.Lat), float64(b.lla.Lon), &along, &azimuth, nil)
			off := float64(geo.WrapPi(geo.Radians(s.azimuth)-geo.Degrees(azimuth).Radians())) * along
			if math.Abs(off) > 0.02 {
				t.Fatalf("azimuth is off by %v m at %v m", off, along)
			}
			height := spec.Pose.Alt - r.scenario.Ground
			// The length at the height of the ground, and the mast's height above it; the chord against the arc is nothing here.
			up := along * (1 + r.scenario.Ground/6380000)
			if want := math.Hypot(up, height+up*up/2/6380000); math.Abs(s.slant-want) > 0.15 {
				t.Fatalf("slant range %v m, want %v m", s.slant, want)
			}
		})
	}
}

func TestMast_rangeRateIsTheChangeOfRange(t *testing.T) {
	r := emptied(t, nil)
	m := newMast(r, r.spec(t, "twr-02"))
	rapid.Check(t, func(t *rapid.T) {
		at := geo.ENU{E: rapid.Float64Range(-6000, 6000).Draw(t, "e"), N: rapid.Float64Range(-3000, 500).Draw(t, "n")}
		v := geo.ENU{E: rapid.Float64Range(-15, 15).Draw(t, "ve"), N: rapid.Float64Range(-15, 15).Draw(t, "vn")}
		look := func(seconds float64) sight {
			s, _ := m.sight(&body{velocity: v, lla: r.frame.Surface(at.E+seconds*v.E, at.N+seconds*v.N, 213)})
			return s
		}
		want := (look(0.05).slant - look(-0.05).slant) / 0.1
		if got := look(0).rangeRate; math.Abs(got-want) > 0.01 {
			t.Fatalf("range rate %v m/s, want %v m/s", got, want)
		}
	})
}

func TestMast_coversWhatItsAzimuthsSay(t *testing.T) {
	r := emptied(t, nil)
	spec := *r.spec(t, "twr-01")
	for _, c := range []struct {
		from, to float64
		inside   []float64
		outside  []float64
	}{
		{85, 275, []float64{86, 180, 274}, []float64{0, 84, 276, 359}},
		{300, 60, []float64{301, 0, 59}, []float64{61, 180, 299}},
		{0, 0, []float64{0, 90, 180, 270}, nil},
	} {
		spec.Coverage.Azimuth = &span{c.from, c.to}
		m := newMast(r, &spec)
		for _, a := range c.inside {
			if !m.covers(a * math.Pi / 180) {
				t.Errorf("%v° is not in %v° to %v°", a, c.from, c.to)
			}
		}
		for _, a := range c.outside {
			if m.covers(a * math.Pi / 180) {
				t.Errorf("%v° is in %v° to %v°", a, c.from, c.to)
			}
		}
	}
}

// quiet is a radar without clutter, bias and noise.
func quiet(s *Scenario) {
	for i := range s.Sensors {
		d := &s.Sensors[i]
		d.Error = errorSpec{}
		if d.Radar != nil {
			radar := *d.Radar
			radar.Clutter, radar.WindSpots = 0, 0
			d.Radar = &radar
		}
	}
}

func TestRadar_detectsAsOftenAsTheRangeSays(t *testing.T) {
	r := emptied(t, quiet)
	spec := r.spec(t, "twr-01")
	tower := r.frame.ENU(spec.Pose.lla())
	for _, distance := range []float64{2500, 5000, 7000, 8500} {
		r.targets = nil
		r.put("person", geo.ENU{E: tower.E, N: tower.N - distance}, geo.ENU{N: 1e-4})
		radar := newRadar(r, spec, stream(1, "test"))
		radar.spec.Radar.MinSpeed = 0
		const looks = 4000
		hits := 0
		for k := range looks {
			radar.look(float64(k)/10, nil)
			hits += len(radar.plots)
		}
		snr := math.Pow(10, spec.Radar.SNR/10) * math.Pow(5000/distance, 4)
		want := math.Pow(spec.Radar.FalseAlarm, 1/(1+snr))
		if got := float64(hits) / looks; math.Abs(got-want) > 0.03 {
			t.Errorf("at %v m: detected %.3f of the looks, want %.3f", distance, got, want)
		}
	}
}

func TestRadar_isBlindForWhatMovesAcross(t *testing.T) {
	r := emptied(t, quiet)
	spec := r.spec(t, "twr-01")
	tower := r.frame.ENU(spec.Pose.lla())
	count := func(v geo.ENU) (n int) {
		r.targets = nil
		r.put("vehicle", geo.ENU{E: tower.E, N: tower.N - 2000}, v)
		radar := newRadar(r, spec, stream(1, "test"))
		for k := range 50 {
			radar.look(float64(k)/10, nil)
			n += len(radar.plots)
		}
		return n
	}
	if n := count(geo.ENU{E: 2}); n > 0 {
		t.Errorf("seen %d times while it moved across the line of sight", n)
	}
	if n := count(geo.ENU{N: 2}); n < 45 {
		t.Errorf("seen %d times of 50 while it came closer", n)
	}
}

func TestRadar_companionsInOneCellAreOneReturn(t *testing.T) {
	r := emptied(t, quiet)
	spec := r.spec(t, "twr-01")
	tower := r.frame.ENU(spec.Pose.lla())
	for _, c := range []struct {
		apart float64
		want  int
	}{{5, 1}, {30, 2}} {
		r.targets = nil
		r.put("vehicle", geo.ENU{E: tower.E, N: tower.N - 1500}, geo.ENU{N: 2})
		r.put("vehicle", geo.ENU{E: tower.E, N: tower.N - 1500 - c.apart}, geo.ENU{N: 2})
		radar := newRadar(r, spec, stream(1, "test"))
		radar.look(0, nil)
		if got := len(radar.plots); got != c.want {
			t.Errorf("%v m apart: %d returns, want %d", c.apart, got, c.want)
		}
	}
}

func TestRadar_clutterHasTheMeanThatIsAskedFor(t *testing.T) {
	r := emptied(t, nil)
	spec := r.spec(t, "twr-01")
	radar := newRadar(r, spec, stream(1, "test"))
	n := 0
	const looks = 3000
	for k := range looks {
		radar.look(float64(k), nil)
		n += len(radar.plots)
	}
	// What the configuration tells the daemon is what comes: uniform returns and those of the wind spots.
	if got := float64(n) / looks; math.Abs(got-spec.Clutter) > 0.15 {
		t.Errorf("%.2f false returns in a scan, the configuration says %v", got, spec.Clutter)
	}
}

func TestRadar_noiseAndBiasAreThoseOfTheDefinition(t *testing.T) {
	r := emptied(t, func(s *Scenario) {
		quiet(s)
		s.Sensors[0].Error = errorSpec{Range: 4, Azimuth: 0.3, RangeRate: 0.25, AzimuthBias: 0.1}
	})
	spec := r.spec(t, "twr-01")
	tower := r.frame.ENU(spec.Pose.lla())
	r.put("vehicle", geo.ENU{E: tower.E, N: tower.N - 2000}, geo.ENU{N: 1e-9})
	spec.Radar.MinSpeed = 0
	radar := newRadar(r, spec, stream(3, "test"))
	s, _ := radar.mast.sight(&radar.mast.near(0)[0])
	var ranges, azimuths []float64
	for range 5000 {
		radar.look(0, nil)
		for _, p := range radar.plots {
			ranges = append(ranges, p.slant-s.slant)
			azimuths = append(azimuths, (p.azimuth-s.azimuth)*180/math.Pi)
		}
	}
	within := func(what string, got, want, tolerance float64) {
		if math.Abs(got-want) > tolerance {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	mean, sigma := moments(ranges)
	within("mean range error", mean, 0, 0.3)
	within("σ of range", sigma, 4, 0.2)
	mean, sigma = moments(azimuths)
	within("mean azimuth error", mean, radar.azimuthBias*180/math.Pi, 0.02)
	within("σ of azimuth", sigma, 0.3, 0.02)
	if math.Abs(radar.azimuthBias*180/math.Pi) > 0.2 {
		t.Errorf("a bias of %v°: nobody would have left it", radar.azimuthBias)
	}
}

func moments(v []float64) (mean, sigma float64) {
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for _, x := range v {
		sigma += (x - mean) * (x - mean) / float64(len(v))
	}
	return mean, math.Sqrt(sigma)
}

func TestCamera_reportsOnlyWhatIsInItsField(t *testing.T) {
	messages, _ := played(t, day(t, Options{Seed: 2}, nil))
	seen := 0
	for _, l := range messages {
		var m sweep
		if l.Topic != "border/emerson/cam-02/detections" {
			continue
		}
		decode(t, l, &m)
		for _, d := range *m.Detections {
			seen++
			if d.Polar.Range != nil {
				t.Fatalf("a camera knows no range: %s", l.Bytes())
			}
			off := math.Abs(math.Remainder(d.Polar.Azimuth-m.View.Azimuth, 360))
			if off > m.View.Width/2+0.5 { // five σ of its error
				t.Fatalf("%v° from the middle of a field of %v°", off, m.View.Width)
			}
		}
	}
	if seen < 200 {
		t.Errorf("%d detections in the whole day: the camera looks nowhere", seen)
	}
}

func TestGround_tripsForWhoPassesAndSeldomForNobody(t *testing.T) {
	r := emptied(t, nil)
	spec := r.spec(t, "gs-06")
	at := r.frame.ENU(spec.Pose.lla())
	count := func() (n int) {
		g := newGround(r, spec, stream(1, "test"))
		for k := range 900 {
			if payload, _ := g.look(float64(k), nil); payload != nil {
				n++
			}
		}
		return n
	}
	if n := count(); n > 3 {
		t.Errorf("%d events in a quarter of an hour with nobody there", n)
	}
	r.put("person", geo.ENU{E: at.E, N: at.N - 100}, geo.ENU{N: 1.4})
	if n := count(); n < 3 || n > 25 {
		t.Errorf("%d events for one who walks past, want some", n)
	}
}

func TestAircraft_fliesItsRacetrackWithoutAJump(t *testing.T) {
	r := emptied(t, nil)
	for _, id := range []string{"drone-01", "heli-01"} {
		spec := r.spec(t, id)
		a := newAircraft(r, spec, stream(1, "test"))
		turns, legs := 0, 0
		last, course, _ := a.fly(0)
		for k := 1; k < 20000; k++ {
			p, c, turning := a.fly(float64(k) / 10)
			if d := p.Sub(last).Range(); math.Abs(d-spec.Aircraft.Speed/10) > 0.02 {
				t.Fatalf("%s: %v m in a tenth of a second", id, d)
			}
			if d := math.Abs(float64(geo.WrapPi(geo.Radians(c - course)))); d > 0.05 {
				t.Fatalf("%s: turned by %v rad in a tenth of a second", id, d)
			}
			if k%10 == 0 { // it flies where its nose points
				ahead, _, _ := a.fly(float64(k)/10 + 0.01)
				if d := math.Abs(float64(geo.WrapPi(ahead.Sub(p).Bearing() - geo.Radians(c)))); d > 0.01 {
					t.Fatalf("%s: course %v, moves %v", id, c, ahead.Sub(p).Bearing())
				}
			}
			if turning {
				turns++
			} else {
				legs++
			}
			last, course = p, c
		}
		if turns == 0 || legs < turns {
			t.Errorf("%s: %d steps in turns, %d on legs", id, turns, legs)
		}
	}
}

func TestAircraft_errorEllipseIsThatOfItsErrors(t *testing.T) {
	r := emptied(t, nil)
	a := newAircraft(r, r.spec(t, "drone-01"), stream(1, "test"))
	a.drift = geo.ENU{}
	nav := a.spec.Aircraft.Navigation * a.spec.Aircraft.Navigation
	const n = 20000
	var ee, en, nn float64
	truth := geo.ENU{E: 300, N: -200}
	var s spot
	for range n {
		s = spot{at: truth}
		a.measure(&s, geo.ENU{})
		d := s.at.Sub(truth)
		ee, en, nn = ee+d.E*d.E/n, en+d.E*d.N/n, nn+d.N*d.N/n
	}
	for what, pair := range map[string][2]float64{"ee": {ee, s.ee - nav}, "en": {en, s.en}, "nn": {nn, s.nn - nav}} {
		if math.Abs(pair[0]-pair[1]) > 0.05*(s.ee+s.nn) {
			t.Errorf("%s: sampled %v m², stated %v m²", what, pair[0], pair[1])
		}
	}
}

func TestClassify_sumsToOneAndIsRightAsOftenAsSaid(t *testing.T) {
	rnd := stream(1, "test")
	for i, name := range classNames() {
		right := 0
		for range 4000 {
			c := classify(rnd, name, 0.8)
			sum := 0
			for _, p := range c {
				sum += p
				if p < 0 {
					t.Fatalf("%v", c)
				}
			}
			if sum != 100 {
				t.Fatalf("%v sums to %d", c, sum)
			}
			if c[i] == slices.Max(c[:]) {
				right++
			}
		}
		if share := float64(right) / 4000; math.Abs(share-0.8) > 0.04 {
			t.Errorf("%s: right in %.2f, want 0.8", name, share)
		}
	}
}

func TestStream_isTheEntitysOwn(t *testing.T) {
	if stream(1, "a").Uint64() == stream(1, "b").Uint64() || stream(1, "a").Uint64() != stream(1, "a").Uint64() {
		t.Error("two entities draw alike, or one does not draw the same twice")
	}
}
