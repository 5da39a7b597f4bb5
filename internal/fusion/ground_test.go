package fusion

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/sensor"
	"cutline/internal/track"
)

// tower is a camera in the south, so many metres above ground that is even to 1 m.
func tower(id string, e, height float64) sensor.Definition {
	d := camera(id, e, 0)
	d.Pose.Alt += geo.Metres(height)
	d.Error.Azimuth, d.Error.AzimuthBias = .1, .05
	d.Coverage.Ground, d.Coverage.GroundSigma = ground.Alt, 1
	return d
}

// A terrain is the ground, and what is wrong about a camera that looks at it.
type terrain struct {
	tilt, turn geo.Radians
	waves      [12][4]float64
}

// newTerrain draws one, as uneven as d says, within a hundred metres or so.
func newTerrain(rng *rand.Rand, d *sensor.Definition) (g terrain) {
	bias := d.Error.AzimuthBias.Radians()
	g.tilt, g.turn = bias*geo.Radians(rng.NormFloat64()), bias*geo.Radians(rng.NormFloat64())
	for i := range g.waves {
		g.waves[i] = [4]float64{
			rng.NormFloat64() / 100, rng.NormFloat64() / 100, 2 * math.Pi * rng.Float64(),
			float64(d.Coverage.GroundSigma) * math.Sqrt(2./float64(len(g.waves))),
		}
	}
	return g
}

func (g *terrain) height(e, n float64) (up float64) {
	for _, w := range g.waves {
		up += w[3] * math.Cos(w[0]*e+w[1]*n+w[2])
	}
	return up
}

// below is what a camera measures of one who is so high above the ground.
func (s *scene) below(id string, g *terrain, e, n, above float64) detection.Detection {
	d := s.def(id)
	own := geo.NewFrame(d.Pose.LLA())
	line := own.ENU(s.frame.Surface(e, n, ground.Alt+geo.Metres(g.height(e, n)+above)))
	sigma := d.Error.Azimuth.Radians()
	return detection.Detection{
		Geometry: detection.Bearing, Confidence: 1,
		Polar: detection.Coordinates{
			Azimuth:      line.Bearing() + g.turn + sigma*geo.Radians(s.rng.NormFloat64()),
			Elevation:    geo.Radians(math.Atan2(line.U, line.Range())) + g.tilt + sigma*geo.Radians(s.rng.NormFloat64()),
			HasElevation: true,
		},
		PolarError: detection.Coordinates{Azimuth: sigma, Elevation: sigma, HasElevation: true},
	}
}

func TestFoot_isWhereTheRayMeetsTheGround(t *testing.T) {
	if fall := 5000*math.Tan(-dipOf(10, 5000)) - 10; math.Abs(fall-1.96) > .01 {
		t.Errorf("the earth falls away by %.2f m at 5 km", fall)
	}
	rapid.Check(t, func(t *rapid.T) {
		h := rapid.Float64Range(1, 3000).Draw(t, "height")
		r := rapid.Float64Range(1, .75*math.Sqrt(h*earthDiameter)).Draw(t, "range")
		elevation, steep := dip(h, r)
		if got := foot(h, elevation, math.Inf(1)); math.Abs(got-r) > 1e-6*r {
			t.Errorf("%v m off, seen at %v rad: its foot is %v m off", r, elevation, got)
		}
		const d = 1e-3
		if quotient := (dipOf(h, r+d) - dipOf(h, r-d)) / (2 * d); math.Abs(quotient-steep) > 1e-4*steep+1e-12 {
			t.Errorf("the elevation grows by %v rad/m, by its quotient %v", steep, quotient)
		}
	})
	for _, elevation := range []float64{-1e-9, 0, .3} {
		if r := foot(30, elevation, 4000); r != 4000 {
			t.Errorf("a ray at %v rad ends %v m off", elevation, r)
		}
	}
}

func dipOf(height, r float64) float64 {
	elevation, _ := dip(height, r)
	return elevation
}

// alone is what one camera with ground makes of a walker: after how many seconds it has a track, the mean NEES of each axis of its place,
// and its σ along the ray, in the units of what the ground makes of it, at the least.
func alone(t *testing.T, seed uint64, d sensor.Definition, r, fps float64) (told, nees, least float64) {
	s := newScene(t, d)
	s.rng = rand.New(rand.NewPCG(seed, 9))
	g := newTerrain(s.rng, &d)
	course := 2 * math.Pi * s.rng.Float64()
	ve, vn := 1.4*math.Sin(course), 1.4*math.Cos(course)
	n := 0.0
	told, least = math.Inf(1), math.Inf(1)
	for i := range int(60 * fps) {
		sec := float64(i) / fps
		s.feed(sweep(d.ID, sec, s.below(d.ID, &g, ve*sec, r+vn*sec, 0)))
		for _, tr := range s.live(track.Confirmed, track.Coasting) {
			at := float64(tr.EventTime.Sub(midnight)) / second
			de, dn := tr.State[0]-ve*at, tr.State[2]-(r+vn*at)
			nees += two(tr.Cov[0]+tr.Bias.EE, tr.Cov[2]+tr.Bias.EN, tr.Cov[10]+tr.Bias.NN, de, dn) / 2
			e, n2 := tr.State[0], tr.State[2]
			along := ((tr.Cov[0]+tr.Bias.EE)*e*e + 2*(tr.Cov[2]+tr.Bias.EN)*e*n2 + (tr.Cov[10]+tr.Bias.NN)*n2*n2) / (e*e + n2*n2)
			uneven := math.Hypot(e, n2) / float64(d.Pose.Alt-ground.Alt) * float64(d.Coverage.GroundSigma)
			least = min(least, math.Sqrt(along)/uneven)
			told = min(told, sec)
			n++
		}
	}
	return told, nees / max(n, 1), least
}

func TestTracker_aCameraTellsWhoWalksOnTheGround(t *testing.T) {
	for _, tc := range []struct {
		height, r, fps float64
		told           float64 // s, the most in the mean
	}{
		{8, 150, 1, 7},
		{8, 600, 1, 15},
		{15, 300, 1, 9},
		{15, 600, 10, 10},
		{30, 300, 10, 8},
		{30, 1000, 1, 15},
		{60, 300, 1, 8},
		{60, 1500, 1, 20},
	} {
		const scenes = 40
		var told, nees float64
		found := 0
		for seed := range uint64(scenes) {
			d := tower("eye", 0, tc.height)
			after, own, least := alone(t, seed, d, tc.r, tc.fps)
			if least < .95 {
				t.Errorf("%+v: along the ray it is %.2f times as sure as the ground is even", tc, 1/least)
			}
			if !math.IsInf(after, 1) {
				told, nees, found = told+after, nees+own, found+1
			}
		}
		told, nees = told/float64(found), nees/float64(found)
		t.Logf("%+v: %d of %d after %.1f s, NEES %.2f", tc, found, scenes, told, nees)
		if found < scenes-2 || told > tc.told || nees < .5 || nees > 1.5 {
			t.Errorf("%+v: %d of %d told after %.1f s, NEES %.2f", tc, found, scenes, told, nees)
		}
	}
}

// Where the ground tells nothing, nothing is told: too far off, at the horizon, or for want of a ground.
func TestTracker_aVaguePlaceBeginsNothing(t *testing.T) {
	blind := tower("eye", 0, 30)
	blind.Coverage.GroundSigma = 0
	for name, tc := range map[string]struct {
		d sensor.Definition
		r float64
	}{
		"far": {tower("eye", 0, 30), 3000}, "near the horizon": {tower("eye", 0, 1), 3000}, "no ground": {blind, 300},
		"below it": {tower("eye", 0, -5), 300},
	} {
		for seed := range uint64(10) {
			if told, _, _ := alone(t, seed, tc.d, tc.r, 1); !math.IsInf(told, 1) {
				t.Errorf("%s: told after %.0f s", name, told)
			}
		}
	}
}

// What stands is no mover, however often a camera looks at it: its box is half a metre now here and now there.
func TestTracker_aBushBeforeACameraIsNoTrack(t *testing.T) {
	for _, fps := range []float64{1, 10} {
		const bushes = 150
		told := map[string]bool{}
		for seed := range uint64(bushes) {
			d := tower("eye", 0, 30)
			s := newScene(t, d)
			s.rng = rand.New(rand.NewPCG(seed, 5))
			g := newTerrain(s.rng, &d)
			r := 200 + 800*s.rng.Float64()
			for i := range int(60 * fps) {
				var marks []detection.Detection
				if s.rng.Float64() < .5 {
					marks = append(marks, s.below("eye", &g, .5*s.rng.NormFloat64(), r+.5*s.rng.NormFloat64(), 0))
				}
				s.feed(sweep("eye", float64(i)/fps, marks...))
				for _, tr := range s.live(track.Confirmed) {
					told[tr.ID] = true
				}
			}
		}
		if t.Logf("%v frames a second: %d of %d", fps, len(told), bushes); len(told) > bushes/20 {
			t.Errorf("%v frames a second: %d of %d bushes walk", fps, len(told), bushes)
		}
	}
}

// One in 20 may pass the mover test, and no more.
func TestTracker_whatFliesIsNotPutOnTheGround(t *testing.T) {
	eye, receiver := tower("eye", 0, 30), of(sensor.ADSB, radar("adsb", 0, 0))
	s := newScene(t, eye, receiver)
	g := newTerrain(s.rng, &eye)
	g.waves = [12][4]float64{}
	for i := range 60 {
		sec := float64(i)
		e := -600 + 20*sec
		seen, classed := s.below("eye", &g, e, 800, 20), s.below("eye", &g, -200-e/2, 500, 20)
		classed.HasClass, classed.Class[detection.Drone] = true, 1
		s.feed(sweep("eye", sec, seen, classed))
		tells := s.position(e, 800, 10, 1)
		tells.HasAlt, tells.Position.Alt = true, ground.Alt+20
		s.feed(sweep("adsb", sec+.5, tells))
	}
	s.flush(59)
	tr := s.one() // the one whose transponder tells that he flies; nobody stands where the drone's ray meets the ground
	if distance(&tr, 580, 800) > 30 || len(tr.Evidence) != 2 {
		t.Errorf("%s evidence %+v", ids([]track.Track{tr}), tr.Evidence)
	}
}

// A radar's track takes both values of a camera's look, is not pulled off by the ground, and what the camera has begun by itself joins it.
func TestTracker_aRadarsTrackTakesElevations(t *testing.T) {
	const scenes = 60
	doubles := 0
	for seed := range uint64(scenes) {
		eye, mast := tower("eye", 0, 15), radar("a", -800, 500)
		eye.Coverage.GroundSigma = 3
		s := newScene(t, mast, eye)
		s.rng = rand.New(rand.NewPCG(seed, 3))
		g := newTerrain(s.rng, &eye)
		for i := range 60 {
			sec := float64(i)
			if i%2 == 0 {
				s.feed(sweep("a", sec, s.polar("a", 1.4*sec, 300, 1)))
			}
			s.feed(sweep("eye", sec+.3, s.below("eye", &g, 1.4*(sec+.3), 300, 0)))
		}
		s.flush(59)
		found := s.live(track.Confirmed, track.Coasting)
		if len(found) != 1 {
			doubles++
			continue
		}
		at := float64(found[0].EventTime.Sub(midnight)) / second
		if off := distance(&found[0], 1.4*at, 300); off > 15 || len(found[0].Evidence) != 2 {
			t.Errorf("seed %d: off by %.1f m, evidence %+v", seed, off, found[0].Evidence)
		}
	}
	if t.Logf("%d doubles", doubles); doubles > scenes/20 {
		t.Errorf("%d of %d are two tracks", doubles, scenes)
	}
}

// Where the rays of two cameras cross may be a ghost. With elevations the ranges tell: of two strangers who come at once, and whom without
// them nobody could tell from their ghosts.
func TestTracker_elevationsTellStrangersFromGhosts(t *testing.T) {
	const scenes = 100
	for _, tc := range []struct {
		height       float64
		told, ghosts int // the least, the most
	}{
		{3, scenes / 3, scenes / 10}, // too low for a place: the rays cross where both are about so far off
		{15, 2*scenes - 4, scenes / 20},
	} {
		told, ghosts := pairsOfStrangers(t, scenes, tc.height)
		t.Logf("%v m: %d of %d told, %d ghosts", tc.height, told, 2*scenes, ghosts)
		if told < tc.told || ghosts > tc.ghosts {
			t.Errorf("%v m: %d of %d told, %d ghosts", tc.height, told, 2*scenes, ghosts)
		}
	}
}

// pairsOfStrangers come at once before two cameras so high above the ground: how many are told within a minute, and how many tracks are of
// nobody for three seconds.
func pairsOfStrangers(t *testing.T, scenes uint64, height float64) (told, of int) {
	ghosts := map[string]bool{}
	for seed := range scenes {
		eyes := []sensor.Definition{tower("eye", -400, height), tower("eye2", 400, height)}
		s := newScene(t, eyes...)
		s.rng = rand.New(rand.NewPCG(seed, 77))
		grounds := [2]terrain{newTerrain(s.rng, &eyes[0]), newTerrain(s.rng, &eyes[1])}
		grounds[1].waves = grounds[0].waves
		var walkers []path
		for range 2 {
			course, speed := 2*math.Pi*s.rng.Float64(), 1+.6*s.rng.Float64()
			e, n, from := -300+600*s.rng.Float64(), 250+400*s.rng.Float64(), 2*s.rng.Float64()
			walkers = append(walkers, straight(e, n, speed*math.Sin(course), speed*math.Cos(course), from))
		}
		since, bad := [2]bool{}, map[string]int{}
		for i := range 120 {
			sec := float64(i) / 2
			var marks []detection.Detection
			for _, walker := range walkers {
				if e, n, there := walker(sec); there && s.rng.Float64() < .9 {
					marks = append(marks, s.below(eyes[i%2].ID, &grounds[i%2], e, n, 0))
				}
			}
			s.feed(sweep(eyes[i%2].ID, sec, marks...))
			for _, tr := range s.live(track.Confirmed, track.Coasting) {
				near := false
				for k, walker := range walkers {
					e, n, _ := walker(float64(tr.EventTime.Sub(midnight)) / second)
					de, dn := tr.State[0]-e, tr.State[2]-n
					if two(tr.Cov[0]+tr.Bias.EE, tr.Cov[2]+tr.Bias.EN, tr.Cov[10]+tr.Bias.NN, de, dn) < 25 {
						near, since[k] = true, true
					}
				}
				if !near {
					if bad[tr.ID]++; bad[tr.ID] > 5 {
						ghosts[tr.ID] = true
					}
				}
			}
		}
		for _, is := range since {
			if is {
				told++
			}
		}
	}
	return told, len(ghosts)
}

// A drone brings where it is with each look, and neither that nor its compass is exact.
func TestTracker_aDroneThatLooksDownTellsWhoWalks(t *testing.T) {
	const scenes = 30
	var nees float64
	told := 0
	for seed := range uint64(scenes) {
		d := sensor.Definition{
			ID: "uav", Group: "uav", Kind: sensor.Drone, DetectionProbability: .8, ClutterPerScan: .05, ReturnsPerTarget: sensor.One,
			Error:    sensor.Error{Azimuth: 1, AzimuthBias: .5, PositionBias: 3},
			Coverage: sensor.Coverage{Range: 1000, Ground: ground.Alt, GroundSigma: 3},
		}
		s := newScene(t, d)
		s.rng = rand.New(rand.NewPCG(seed, 21))
		g := newTerrain(s.rng, &d)
		offE, offN, offU := 3*s.rng.NormFloat64(), 3*s.rng.NormFloat64(), 3*s.rng.NormFloat64()
		sum, n := 0.0, 0.0
		for i := range 60 {
			sec := float64(i)
			e := -200 + 5*sec
			is := s.frame.Surface(e, -150, ground.Alt+100)
			s.sensors[0].Pose.Lat, s.sensors[0].Pose.Lon, s.sensors[0].Pose.Alt = is.Lat, is.Lon, is.Alt
			scan := sweep("uav", sec, s.below("uav", &g, 1.4*sec, 100, 0))
			scan.Platform.LLA, scan.HasPlatform = s.frame.Surface(e+offE, -150+offN, ground.Alt+geo.Metres(100+offU)), true
			scan.View, scan.HasView = detection.FieldOfView{Azimuth: 0, Width: 2 * math.Pi, Range: 1000}, true
			s.feed(scan)
			for _, tr := range s.live(track.Confirmed, track.Coasting) {
				at := float64(tr.EventTime.Sub(midnight)) / second
				sum += two(tr.Cov[0]+tr.Bias.EE, tr.Cov[2]+tr.Bias.EN, tr.Cov[10]+tr.Bias.NN, tr.State[0]-1.4*at, tr.State[2]-100) / 2
				n++
			}
		}
		if n > 0 {
			told, nees = told+1, nees+sum/n
		}
	}
	t.Logf("%d of %d told, NEES %.2f", told, scenes, nees/float64(told))
	if mean := nees / float64(told); told < scenes-1 || mean < .4 || mean > 1.5 {
		t.Errorf("%d of %d told, NEES %.2f", told, scenes, mean)
	}
}
