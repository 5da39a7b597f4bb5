package fusion

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/sensor"
	"cutline/internal/track"
)

func TestTracker_aWalkerBecomesOneConfirmedTrack(t *testing.T) {
	s := newScene(t, radar("a", 0, -3000))
	sure := 0.0
	for i := range 60 {
		sec := float64(2 * i)
		s.feed(sweep("a", sec, s.polar("a", 100, -1000+1.4*sec, 1)))
		if sure == 0 && len(s.live(track.Confirmed)) > 0 {
			sure = sec
		}
	}
	s.flush(118)
	tr := s.one()
	t.Logf("confirmed after %v s, %.1f m off, σ %.1f m, v (%.2f, %.2f)", sure, distance(&tr, 100, -1000+1.4*118),
		math.Sqrt(tr.Cov[0]), tr.State[1], tr.State[3])
	if d := distance(&tr, 100, -1000+1.4*118); d > 20 {
		t.Errorf("%v m off", d)
	}
	if math.Abs(tr.State[3]-1.4) > .5 || math.Abs(tr.State[1]) > .8 {
		t.Errorf("velocity (%.2f, %.2f), want (0, 1.4)", tr.State[1], tr.State[3])
	}
	if sure == 0 || sure > 30 {
		t.Errorf("confirmed after %v s, want 30 at most", sure)
	}
	if tr.ID != s.nth(1) || tr.Root != tr.ID || tr.Hits < 57 || len(tr.Evidence) != 1 || tr.Evidence[0].Hits != tr.Hits {
		t.Errorf("id %s root %s hits %d evidence %+v", tr.ID, tr.Root, tr.Hits, tr.Evidence)
	}
}

func TestTracker_aVehicleIsGatedFromItsSecondDetection(t *testing.T) {
	broken := 0
	const runs = 60
	for seed := range uint64(runs) {
		s := newScene(t, radar("a", 0, -3000))
		s.rng = rand.New(rand.NewPCG(seed, 2))
		for i := range 10 {
			sec := float64(2 * i)
			s.feed(sweep("a", sec, s.polar("a", -1000+25*sec, -1000, 1)))
		}
		s.flush(18)
		found := s.live(track.Confirmed)
		if len(found) != 1 || math.Abs(found[0].Speed()-25) > 6 {
			broken++
			t.Logf("seed %d: %s", seed, ids(found))
		}
	}
	if broken > runs/20 {
		t.Errorf("%d of %d vehicles without their one track", broken, runs)
	}
}

func TestTracker_crossingTargetsKeepTheirIdentity(t *testing.T) {
	s := newScene(t, radar("a", 0, -2000))
	path := func(sec float64) (e1, n1, e2, n2 float64) {
		return -60 + 1.5*sec, -60 + 1.5*sec, -60 + 1.5*sec, 60 - 1.5*sec
	}
	var first, second string
	for i := range 41 {
		sec := float64(2 * i)
		e1, n1, e2, n2 := path(sec)
		s.feed(sweep("a", sec, s.position(e1, n1, 3, 1), s.position(e2, n2, 3, 1)))
		if i == 15 {
			found := s.live(track.Confirmed)
			if len(found) != 2 {
				t.Fatalf("before they meet: %s", ids(found))
			}
			first, second = found[0].ID, found[1].ID
			if found[0].State[2] > 0 {
				first, second = second, first
			}
		}
	}
	s.flush(80)
	found := s.live(track.Confirmed)
	if len(found) != 2 {
		t.Fatalf("after they met: %s", ids(found))
	}
	for _, tr := range found {
		if want := map[bool]string{true: first, false: second}[tr.State[2] > 0]; tr.ID != want {
			t.Errorf("%s is where %s should be", tr.ID, want)
		}
	}
}

func TestTracker_twoWhoWalkFarEnoughApartStayTwo(t *testing.T) {
	s := newScene(t, radar("a", 0, -2000))
	for i := range 60 {
		sec := float64(2 * i)
		s.feed(sweep("a", sec, s.position(0, 1.4*sec, 2, 1), s.position(45, 1.4*sec, 2, 1)))
	}
	s.flush(118)
	if found := s.live(track.Confirmed); len(found) != 2 || found[0].ID != s.nth(1) || found[1].ID != s.nth(2) {
		t.Errorf("want two tracks, the first two: %s", ids(found))
	}
}

func TestTracker_coastsThroughMissesAndConfirmsAgain(t *testing.T) {
	s := newScene(t, radar("a", 0, -2000))
	coasted := false
	for i := range 80 {
		sec := float64(2 * i)
		hidden := i >= 30 && i < 36 || i%7 == 3
		scan := sweep("a", sec)
		if !hidden {
			scan = sweep("a", sec, s.polar("a", 0, 1.4*sec, 1))
		}
		s.feed(scan)
		coasted = coasted || len(s.live(track.Coasting)) > 0
	}
	s.flush(158)
	tr := s.one()
	if !coasted || tr.Status != track.Confirmed || tr.ID != s.nth(1) {
		t.Errorf("coasted %v; now %s", coasted, ids([]track.Track{tr}))
	}
}

func TestTracker_aGapIsStitchedAndKeepsTheID(t *testing.T) {
	s := newScene(t, radar("a", 0, -2000))
	for i := range 100 {
		sec := float64(2 * i)
		if sec > 80 && sec < 125 { // nothing looks
			continue
		}
		s.feed(sweep("a", sec, s.position(0, 1.4*sec, 3, 1)))
	}
	s.flush(198)
	tr := s.one()
	if tr.ID != s.nth(1) || tr.Root != s.nth(1) {
		t.Errorf("id %s, root %s, want the first one's", tr.ID, tr.Root)
	}
	if distance(&tr, 0, 1.4*198) > 10 {
		t.Errorf("%v m off", distance(&tr, 0, 1.4*198))
	}
}

func TestTracker_anEndedTrackIsTakenUpByTheOneThatCarriesItOn(t *testing.T) {
	s := newScene(t, radar("a", 0, -2000))
	for i := range 120 {
		sec := float64(2 * i)
		if sec > 80 && sec < 160 { // long enough to be lost: it looks and sees nothing
			s.feed(sweep("a", sec))
			continue
		}
		s.feed(sweep("a", sec, s.position(0, 5*sec, 3, 1)))
	}
	s.flush(238)
	tr := s.one()
	lost := map[string]int{}
	for _, shown := range s.shown {
		if shown.Status == track.Lost {
			lost[shown.ID]++
		}
	}
	if tr.ID != s.nth(1) || len(tr.Lineage) == 0 || lost[s.nth(1)] != 1 {
		t.Errorf("id %s, lineage %v, shown as lost: %v", tr.ID, tr.Lineage, lost)
	}
	for _, id := range tr.Lineage {
		if lost[id] != 1 {
			t.Errorf("%s was merged into it and not shown as lost", id)
		}
	}
}

func TestTracker_homogeneousClutterConfirmsNothing(t *testing.T) {
	d := radar("a", 0, 0)
	d.ClutterPerScan = 20
	s := newScene(t, d)
	for i := range 900 { // half an hour
		scan := sweep("a", float64(2*i))
		for range 20 {
			r, az := 12000*math.Sqrt(s.rng.Float64()), 2*math.Pi*s.rng.Float64()
			scan.Detections = append(scan.Detections, s.polar("a", r*math.Sin(az), r*math.Cos(az), 0))
			scan.Detections[len(scan.Detections)-1].EventTime = scan.EventTime
		}
		s.feed(scan)
	}
	for _, tr := range s.shown {
		if tr.Status == track.Confirmed {
			t.Errorf("confirmed out of clutter: %s", ids([]track.Track{tr}))
		}
	}
	t.Logf("%d tentative tracks in all", s.tracker.serial)
}

// Trees in the wind answer from where they stand, for ever.
func TestTracker_windClutterThatGoesNowhereConfirmsAlmostNothing(t *testing.T) {
	s := newScene(t, radar("a", 0, 0))
	const trees = 60
	for i := range 300 {
		scan := sweep("a", float64(2*i))
		for k := range trees {
			if s.rng.Float64() < .7 {
				r, az := 1500+40*float64(k), float64(k)
				scan.Detections = append(scan.Detections, s.polar("a", r*math.Sin(az), r*math.Cos(az), 1))
				scan.Detections[len(scan.Detections)-1].EventTime = scan.EventTime
			}
		}
		s.feed(scan)
	}
	sure := map[string]bool{}
	for _, tr := range s.shown {
		if tr.Status == track.Confirmed {
			sure[tr.ID] = true
		}
	}
	t.Logf("%d of %d trees (%d tracks) passed for movers in ten minutes", len(sure), trees, s.tracker.serial)
	if len(sure) > trees/10 {
		t.Errorf("%d of %d trees confirmed, want at most a tenth", len(sure), trees)
	}
}

func TestTracker_emptySweepsEndAGhostAndOnlyInTheirCoverage(t *testing.T) {
	d := radar("a", 0, 0)
	d.Coverage = sensor.Coverage{Range: 5000, Azimuths: [2]geo.Degrees{0, 180}}
	for _, tc := range []struct {
		name string
		e    float64
		ends bool
	}{{"in view", 2000, true}, {"behind the mast", -2000, false}, {"out of range", 6000, false}} {
		s := newScene(t, d, radar("b", 0, 20000))
		s.feed(sweep("b", 0, s.position(tc.e, 0, 3, 0)))
		for i := range 4 {
			s.feed(sweep("a", 1+2*float64(i)))
		}
		s.flush(8)
		if gone := len(s.live(track.Tentative)) == 0; gone != tc.ends {
			t.Errorf("%s: gone is %v, want %v", tc.name, gone, tc.ends)
		}
	}
}

func TestTracker_aLongConfirmedTrackLosesExistenceOnlyWhereItShouldBeSeen(t *testing.T) {
	d := radar("a", 0, 0)
	d.Coverage = sensor.Coverage{Range: 5000, Azimuths: [2]geo.Degrees{0, 180}}
	existence := func(e float64) float64 {
		s := newScene(t, d, radar("b", 0, 20000))
		for i := range 20 {
			s.feed(sweep("b", float64(2*i), s.position(e, 2.8*float64(i), 3, 1)))
		}
		s.flush(39)
		s.one()
		for i := range 15 {
			s.feed(sweep("a", 40+float64(2*i)))
		}
		s.flush(69)
		return s.one().Existence
	}
	if in, out := existence(2000), existence(-2000); in > .7 || out < .8 {
		t.Errorf("existence after half a minute of empty sweeps %.3f, behind the mast %.3f", in, out)
	}
}

func TestTracker_scanPeriodCountsMissesOfASensorWithoutEmptySweeps(t *testing.T) {
	d := radar("a", 0, -1000)
	d.ScanPeriod = 2 * time.Second
	s := newScene(t, d)
	look := func(sec float64, ds ...detection.Detection) {
		scan := sweep("a", sec, ds...)
		scan.Sweep = false
		s.feed(scan)
	}
	for i := range 20 {
		sec := float64(2 * i)
		look(sec, s.position(0, 1.4*sec, 3, 1), s.position(3000, 1.4*sec, 3, 1))
	}
	s.flush(39)
	if n := len(s.live(track.Confirmed)); n != 2 {
		t.Fatalf("%d tracks, want 2", n)
	}
	for i := 20; i < 60; i++ { // one of them is seen no more
		look(float64(2*i), s.position(3000, 2.8*float64(i), 3, 1))
	}
	s.flush(119)
	if tr := s.one(); tr.State[0] < 2000 {
		t.Errorf("the wrong one is left: %s", ids([]track.Track{tr}))
	}
}

func TestTracker_aSensorThatIsNeverHeardMissesNobody(t *testing.T) {
	d := radar("quiet", 0, 0)
	d.ScanPeriod = time.Second
	s := newScene(t, radar("a", 0, -1000), d)
	for i := range 20 {
		s.feed(sweep("a", float64(2*i), s.position(0, 2.8*float64(i), 3, 1)))
	}
	s.flush(39)
	if tr := s.one(); tr.Existence < .99 {
		t.Errorf("existence %v", tr.Existence)
	}
}

// The whole tracker, on walkers that change their course: normalised position errors of confirmed tracks.
func TestTracker_positionErrorsAreAsLargeAsItSays(t *testing.T) {
	sum, n := 0.0, 0
	for seed := range uint64(40) {
		s := newScene(t, radar("a", 0, -2500))
		s.rng = rand.New(rand.NewPCG(seed, 5))
		x := vec{0, 1, 0, 1.2}
		for i := range 100 {
			sec := 2 * float64(i)
			s.feed(sweep("a", sec, s.polar("a", x[0], x[2], 1)))
			s.flush(sec)
			if i > 20 {
				for _, tr := range s.live(track.Confirmed) {
					c := tr.Position()
					sum += two(c.EE, c.EN, c.NN, tr.State[0]-x[0], tr.State[2]-x[2])
					n++
				}
			}
			step(&x, 2, .02, s.rng)
		}
	}
	if n < 2500 {
		t.Fatalf("only %d states of confirmed tracks", n)
	}
	// NEES/2 is to be in 0.8–1.3: above, it believes itself too much; below, it wastes what it knows.
	if mean := sum / float64(n) / 2; mean < .7 || mean > 1.3 {
		t.Errorf("mean NEES is %.2f of 2 per state, %.2f of it", sum/float64(n), mean)
	} else {
		t.Logf("mean NEES/2 is %.2f over %d states", mean, n)
	}
}

// What was followed as a walker and turns out to be a bush is let go, but not one who was seen by something that knows people.
func TestTracker_aConfirmedTrackThatOnlyStandsIsLetGoUnlessSomebodyKnowsIt(t *testing.T) {
	for _, known := range []bool{false, true} {
		s := newScene(t, radar("a", 0, 0), of(sensor.Drone, radar("d", 500, 2000)))
		place := func(i int) (e, n float64) {
			if i < 20 {
				return 1000, 2000 + 3*float64(i) // it walks, and confirms
			}
			return 1000 + 3*s.rng.NormFloat64(), 2060 + 3*s.rng.NormFloat64()
		}
		for i := range 120 {
			e, n := place(i)
			s.feed(sweep("a", float64(2*i), s.polar("a", e, n, 1)))
			if known {
				d := s.position(e, n, 5, 1)
				d.HasClass, d.Class = true, detection.Classes{detection.Person: .9, detection.UnknownClass: .1}
				s.feed(sweep("d", float64(2*i)+.5, d))
			}
		}
		alive := false
		for tr := range s.tracker.Tracks() {
			alive = alive || tr.Status == track.Confirmed && !tr.First.After(at(4))
		}
		if alive != known {
			t.Errorf("known %v: the track of one that stands is alive: %v", known, alive)
		}
	}
}

// A walker stops and is no mover to any radar, for a quarter of a minute; a car that all who saw it see no more is gone. Radars of one mast
// are hidden from by one hedge, so they know less of it than those of two.
func TestTracker_whoCanStopIsWaitedFor(t *testing.T) {
	for _, tt := range []struct {
		name        string
		speed       float64
		mast        string  // of both radars
		late        bool    // of one radar nothing has come since
		least, most float64 // s from the last detection until it is lost
	}{
		{"a walker", 1.3, "", false, 10, 17},
		{"a walker, one mast", 1.3, "mast", false, 30, 50},
		{"a walker, one radar late", 1.3, "", true, 16, 40},
		{"a car", 14, "", false, 0, 8},
		{"a car, one mast", 14, "mast", false, 30, 50},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := radar("a", 0, -3000), radar("b", 1500, -2500)
			if tt.mast != "" {
				a.Group, b.Group = tt.mast, tt.mast
			}
			c := radar("c", -1500, -2500)
			ids := []string{"a", "b"}
			if tt.late {
				ids = append(ids, "c")
			}
			s := newScene(t, a, b, c)
			const seen = 60.
			for sec := 0.; sec < 150; sec++ {
				sweepOf := func(id string) detection.Scan {
					if sec > seen {
						return sweep(id, sec)
					}
					return sweep(id, sec, s.polar(id, tt.speed*sec, 0, 1))
				}
				if id := ids[int(sec)%len(ids)]; !tt.late || id != "b" || sec <= seen {
					s.feed(sweepOf(id))
				}
				if sec > 20 && len(s.live(track.Confirmed, track.Coasting)) == 0 {
					if quiet := sec - seen; quiet < tt.least || quiet > tt.most {
						t.Errorf("lost %.0f s after it was last seen, want %.0f to %.0f", quiet, tt.least, tt.most)
					}
					return
				}
			}
			t.Error("it is never lost")
		})
	}
}
