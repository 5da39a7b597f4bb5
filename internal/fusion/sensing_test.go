package fusion

import (
	"math"
	"slices"
	"testing"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/sensor"
	"cutline/internal/track"
)

func TestTracker_biasOfAMastDoesNotShrinkHoweverOftenItLooks(t *testing.T) {
	d := radar("a", 0, -5000)
	d.Error.AzimuthBias = .5
	s := newScene(t, d)
	for i := range 200 {
		s.feed(sweep("a", 2*float64(i), s.polar("a", 0, .5*float64(i), 1)))
	}
	s.flush(398)
	tr := s.one()
	want := square(5100 * .5 * math.Pi / 180)
	if tr.Bias.EE < .9*want || tr.Bias.EE > 1.1*want || tr.Bias.NN > .01*want {
		t.Errorf("bias %+v, want about %.0f m² east, across the line of sight, and none along it", tr.Bias, want)
	}
	if tr.Cov[0] > square(25) {
		t.Errorf("covariance %.0f m²: it holds the bias too", tr.Cov[0])
	}
}

func TestTracker_aSecondSensorSharesTheBias(t *testing.T) {
	a, b := radar("a", 0, -5000), radar("b", -5000, 0)
	a.Error.PositionBias, b.Error.PositionBias = 20, 20
	s := newScene(t, a, b)
	for i := range 100 {
		s.feed(sweep("a", 2*float64(i), s.position(0, 1.4*2*float64(i), 4, 1)))
		s.feed(sweep("b", 2*float64(i)+1, s.position(0, 1.4*(2*float64(i)+1), 4, 1)))
	}
	s.flush(199)
	tr := s.one()
	// Two independent biases of 20 m at equal shares: 400/2 = 200 m².
	if tr.Bias.EE < 190 || tr.Bias.EE > 260 {
		t.Errorf("bias %+v, want about 200 m²", tr.Bias)
	}
}

// A biased sensor's plots are in the gate of a track that another sensor made.
func TestTracker_biasWidensTheGate(t *testing.T) {
	for _, tc := range []struct {
		bias   geo.Metres
		tracks int
	}{{40, 1}, {0, 2}} {
		a, b := radar("a", 0, -5000), radar("b", -5000, 0)
		b.Error.PositionBias = tc.bias
		s := newScene(t, a, b)
		for i := range 40 {
			s.feed(sweep("a", 2*float64(i), s.position(0, 2.8*float64(i), 4, 1)))
			s.feed(sweep("b", 2*float64(i)+1, s.position(60, 1.4*(2*float64(i)+1), 4, 1)))
		}
		s.flush(80)
		if n := len(s.live(track.Confirmed)); n != tc.tracks {
			t.Errorf("bias σ %v m, sensors 60 m apart: %d tracks, want %d", tc.bias, n, tc.tracks)
		}
	}
}

func TestTracker_aBearingTightensAcrossItsLineOnly(t *testing.T) {
	s := newScene(t, radar("a", 0, -4000), of(sensor.Camera, radar("eye", 0, -2000)))
	for i := range 30 {
		s.feed(sweep("a", 2*float64(i), s.polar("a", 1.4*2*float64(i), 0, 1)))
	}
	s.flush(59)
	before := s.one()
	s.feed(sweep("eye", 60, s.bearing(84, 0, .05, 1)))
	s.flush(60)
	after := s.one()
	if after.Cov[0] > .3*before.Cov[0] || after.Cov[10] < .8*before.Cov[10] {
		t.Errorf("east %.1f → %.1f m², north %.1f → %.1f m²", before.Cov[0], after.Cov[0], before.Cov[10], after.Cov[10])
	}
	if len(after.Evidence) != 2 || after.Evidence[1].Sensor != "eye" {
		t.Errorf("evidence %+v", after.Evidence)
	}
}

func TestTracker_bearingsAloneStartNothing(t *testing.T) {
	s := newScene(t, of(sensor.Camera, radar("eye", 0, 0)))
	for i := range 50 {
		s.feed(sweep("eye", float64(i), s.bearing(100, 2000, .1, 1)))
	}
	s.flush(60)
	if len(s.shown) > 0 {
		t.Errorf("bearings alone made %s", ids(s.shown))
	}
}

func TestTracker_aBearingThatFitsTwoTracksMovesNeither(t *testing.T) {
	s := newScene(t, radar("a", 0, -4000), of(sensor.Camera, radar("eye", 0, -2000)))
	for i := range 30 {
		sec := 2 * float64(i)
		s.feed(sweep("a", sec, s.position(1.4*sec, 0, 4, 1), s.position(1.4*sec*1.5, 1000, 4, 1)))
	}
	s.feed(sweep("eye", 60, s.bearing(1.4*60, 0, .1, 0)))
	s.flush(60)
	for _, tr := range s.live(track.Confirmed) {
		if len(tr.Evidence) > 1 {
			t.Errorf("%s took the bearing", tr.ID)
		}
	}
}

// A target that walks through north of its radar must not jump by a turn.
func TestTracker_azimuthWrapsAtNorth(t *testing.T) {
	for _, north := range []float64{800, -800} { // at 0° and at ±180°
		s := newScene(t, radar("a", 0, 0))
		for i := range 60 {
			s.feed(sweep("a", 2*float64(i), s.polar("a", -80+1.4*2*float64(i), north, 1)))
		}
		s.flush(118)
		if tr := s.one(); tr.ID != s.nth(1) || distance(&tr, -80+1.4*118, north) > 20 {
			t.Errorf("north %v: %s", north, ids([]track.Track{tr}))
		}
	}
}

// 30 km east of the frame's origin true north is 0.31° off the frame's: 54 m at 10 km.
func TestTracker_azimuthsAreFromTheSensorsOwnNorth(t *testing.T) {
	s := newScene(t, radar("far", 30000, 0))
	for i := range 30 {
		s.feed(sweep("far", 2*float64(i), s.polar("far", 30000, 10000+1.4*2*float64(i), 0)))
	}
	s.flush(58)
	if tr := s.one(); distance(&tr, 30000, 10000+1.4*58) > 5 {
		t.Errorf("%.1f m off", distance(&tr, 30000, 10000+1.4*58))
	}
}

func TestTracker_rangeIsSlantFromADroneAboveTheGround(t *testing.T) {
	d := of(sensor.Drone, radar("uav", 0, 0))
	d.HasPose = false
	s := newScene(t, d)
	for i := range 20 {
		sec := float64(i)
		e := 2 * sec // of the drone
		pose := s.lla(e, 0)
		pose.Alt += 300
		from, to := s.frame.ENU(pose), s.frame.ENU(s.lla(300+1.4*sec, 200))
		line := to.Sub(from)
		scan := sweep("uav", sec, detection.Detection{
			Geometry: detection.Polar, Confidence: 1,
			Polar: detection.Coordinates{
				Range: math.Hypot(line.Range(), line.U), Azimuth: line.Bearing() - s.frame.Convergence(pose),
			},
			PolarError: detection.Coordinates{Range: 2, Azimuth: geo.Degrees(.5).Radians()},
		})
		scan.Platform, scan.HasPlatform = detection.Pose{LLA: pose}, true
		s.feed(scan)
	}
	s.flush(19)
	if tr := s.one(); distance(&tr, 300+1.4*19, 200) > 3 {
		t.Errorf("%.1f m off", distance(&tr, 300+1.4*19, 200))
	}
}

func TestTracker_rangeRateGivesTheSpeedAtOnce(t *testing.T) {
	s := newScene(t, radar("a", 0, -2000))
	d := s.polar("a", 0, 0, 0)
	d.Polar.RangeRate, d.Polar.HasRangeRate, d.PolarError.RangeRate = 12, true, .2
	s.feed(sweep("a", 0, d))
	s.flush(0)
	tr := s.live(track.Tentative)[0]
	if math.Abs(tr.State[3]-12) > .5 || tr.Cov[15] > .1 || tr.Cov[5] < 20 {
		t.Errorf("velocity (%.1f, %.1f), variances %.2f and %.2f", tr.State[1], tr.State[3], tr.Cov[5], tr.Cov[15])
	}
}

func trip(reach geo.Metres) sensor.Definition {
	d := of(sensor.Ground, radar("g", 0, 0))
	d.Coverage.Range = reach
	return d
}

func TestTracker_aTripIsAWitnessOfTheTrackThatIsThere(t *testing.T) {
	s := newScene(t, radar("a", 0, -3000), trip(40))
	for i := range 40 {
		sec := 2 * float64(i)
		s.feed(sweep("a", sec, s.polar("a", 0, -60+1.4*sec, 1)))
		if i == 20 {
			s.feed(detection.Scan{Sensor: "g", EventTime: at(sec + .5), Detections: []detection.Detection{{
				ID: "t-1", EventTime: at(sec + .5), Geometry: detection.Trip, Confidence: 1,
			}}})
		}
	}
	s.flush(79)
	tr := s.one()
	if len(tr.Evidence) != 2 || tr.Evidence[1].Sensor != "g" || tr.Evidence[1].Detection != "t-1" || tr.Evidence[1].LogLikelihood <= 0 {
		t.Errorf("evidence %+v", tr.Evidence)
	}
	for _, shown := range s.shown {
		if shown.First.Equal(at(40.5)) {
			t.Errorf("the trip began a track: %s", shown.ID)
		}
	}
}

func TestTracker_aTrippingStoneIsNotATarget(t *testing.T) {
	s := newScene(t, trip(40))
	for i := range 100 {
		s.feed(detection.Scan{Sensor: "g", EventTime: at(3 * float64(i)), Detections: []detection.Detection{{
			EventTime: at(3 * float64(i)), Geometry: detection.Trip, Confidence: 1,
		}}})
	}
	s.flush(300)
	if found := s.live(track.Confirmed, track.Coasting); len(found) > 0 {
		t.Errorf("confirmed: %s", ids(found))
	}
}

func TestTracker_manyReturnsOfOneTargetAreOneTrack(t *testing.T) {
	d := radar("lidar", 0, -200)
	d.ReturnsPerTarget = sensor.Many
	s := newScene(t, d)
	for i := range 60 {
		e := 2 * .5 * float64(i)
		s.feed(sweep("lidar", .5*float64(i), s.position(e-2, 0, .5, 1), s.position(e, 1, .5, 1), s.position(e+2, 0, .5, 1)))
	}
	s.flush(29.5)
	s.one()
	if n := len(s.live(track.Tentative)); n > 0 {
		t.Errorf("%d more began beside it", n)
	}
}

func TestTracker_patrolIsFriendlyAndStaysSoForAWhile(t *testing.T) {
	phone := sensor.Definition{ID: "phone", Group: "phone", Kind: sensor.Patrol}
	s := newScene(t, radar("a", 0, -3000), phone)
	for i := range 60 {
		sec := 2 * float64(i)
		s.feed(sweep("a", sec, s.position(0, 1.4*sec, 4, 1), s.position(800, 1.4*sec, 4, 1)))
		if i >= 20 && i < 30 && i%2 == 0 {
			scan := sweep("phone", sec+.5, s.position(0, 1.4*(sec+.5), 5, 1))
			scan.Sweep = false
			s.feed(scan)
		}
	}
	s.flush(119)
	found := s.live(track.Confirmed)
	if len(found) != 2 || !found[0].Friendly || found[1].Friendly {
		t.Fatalf("want the first of two friendly: %s %v", ids(found), found)
	}
	for i := 60; i < 260; i++ {
		sec := 2 * float64(i)
		s.feed(sweep("a", sec, s.position(0, 1.4*sec, 4, 1), s.position(800, 1.4*sec, 4, 1)))
	}
	s.flush(519)
	if found = s.live(track.Confirmed); len(found) != 2 || found[0].Friendly {
		t.Errorf("seven minutes after the last vote it is still friendly")
	}
}

// A patrol with a telephone walks north. At 100 s the telephone turns west or falls silent, while the body turns east or not.
func TestTracker_aFriendIsNoneWithoutItsEmitter(t *testing.T) {
	phone := sensor.Definition{ID: "phone", Group: "phone", Kind: sensor.Patrol}
	for _, tc := range []struct {
		about            string
		body, phone      float64 // m/s east from 100 s on
		dies, jumps      bool    // the telephone at 100 s; its place, once
		second           bool    // telephone, which stays
		friendly, parted bool    // 60 s later
	}{
		{about: "together", friendly: true},
		{about: "the telephone goes its own way", body: 1, phone: -1.2, parted: true},
		{about: "the telephone alone turns off", phone: -1.5, parted: true},
		{about: "the battery is empty", body: 1, dies: true, friendly: true},
		{about: "one bad fix", jumps: true, friendly: true},
		{about: "one of two telephones goes", body: 1, phone: -1.2, second: true, friendly: true},
	} {
		t.Run(tc.about, func(t *testing.T) {
			s := newScene(t, radar("a", 0, -3000), phone)
			report := func(sec, e, n float64, name string) {
				scan := sweep("phone", sec, s.position(e, n, 5, 1))
				scan.Sweep, scan.Detections[0].Track = false, name
				s.feed(scan)
			}
			for i := range 80 {
				sec := 2 * float64(i)
				late := max(0, sec-100)
				s.feed(sweep("a", sec, s.position(tc.body*late, 1.4*sec-.7*late, 4, 1)))
				if i%2 == 1 && !(tc.dies && late > 0) {
					jump := 0.0
					if tc.jumps && late == 10 {
						jump = 120
					}
					report(sec+.5, tc.phone*late+jump, 1.4*(sec+.5)-.7*late, "p1")
				}
				if tc.second && i%2 == 0 {
					report(sec+.6, tc.body*late, 1.4*(sec+.6)-.7*late, "p2")
				}
			}
			s.flush(159)
			var body track.Track
			for _, tr := range s.live(track.Confirmed) {
				if distance(&tr, tc.body*59, 1.4*159-.7*59) < 20 {
					body = tr
				}
			}
			if body.ID == "" || body.Friendly != tc.friendly || body.Parted != tc.parted {
				t.Errorf("the body's track %q is friendly %v, parted %v; want %v, %v", body.ID, body.Friendly, body.Parted, tc.friendly, tc.parted)
			}
		})
	}
}

func TestTracker_patrolAloneIsATrack(t *testing.T) {
	s := newScene(t, sensor.Definition{ID: "phone", Kind: sensor.Patrol})
	for i := range 10 {
		scan := sweep("phone", 5*float64(i), s.position(0, 1.4*5*float64(i), 5, 1))
		scan.Sweep = false
		s.feed(scan)
	}
	s.flush(46)
	if tr := s.one(); !tr.Friendly || tr.Evidence[0].Group != "phone" {
		t.Errorf("%+v", tr)
	}
}

func TestTracker_aSimulatedDetectionMarksItsTrack(t *testing.T) {
	s := newScene(t, radar("a", 0, 0))
	for i := range 10 {
		d := s.position(0, 2.8*float64(i), 3, 1)
		d.Simulated = i == 4
		s.feed(sweep("a", 2*float64(i), d))
	}
	s.flush(18)
	if !s.one().Simulated {
		t.Error("not marked")
	}
}

func TestTracker_classIsAProbabilityAndFollowsTheSensors(t *testing.T) {
	s := newScene(t, radar("a", 0, 0))
	for i := range 15 {
		d := s.position(0, 2.8*float64(i), 3, 1)
		d.HasClass = true
		d.Class[detection.Person], d.Class[detection.Animal], d.Class[detection.UnknownClass] = .6, .2, .2
		s.feed(sweep("a", 2*float64(i), d))
	}
	s.flush(28)
	tr := s.one()
	sum := 0.0
	for _, p := range tr.Class {
		sum += p
	}
	if best, p := tr.Class.Best(); best != detection.Person || p < .8 || math.Abs(sum-1) > 1e-9 {
		t.Errorf("%v %.3f, sum %v", best, p, sum)
	}
}

func TestTracker_whatGoesLikeACarIsNoPerson(t *testing.T) {
	s := newScene(t, radar("a", 0, 0))
	for i := range 30 {
		d := s.position(0, 40*float64(i), 3, 1)
		s.feed(sweep("a", 2*float64(i), d))
	}
	s.flush(58)
	tr := s.one()
	if tr.Class[detection.Person] > .2*tr.Class[detection.Vehicle] || tr.Class[detection.Animal] > .2*tr.Class[detection.Vehicle] {
		t.Errorf("at %.0f m/s: %v", tr.Speed(), tr.Class)
	}
}

// Two sensors that disagree by more than their errors make two tracks; they go together, so they become one.
func TestTracker_doubleTracksMergeAndKeepTheOlderID(t *testing.T) {
	s := newScene(t, radar("a", 0, -3000), radar("b", 3000, 0))
	for i := range 40 {
		sec := 2 * float64(i)
		off := 14.0 // a registration error that nobody has stated
		if i > 15 {
			off = 3
		}
		s.feed(sweep("a", sec, s.position(0, 1.4*sec, 3, .3)))
		s.feed(sweep("b", sec+1, s.position(off, 1.4*(sec+1), 3, .3)))
	}
	s.flush(79)
	tr := s.one()
	if tr.ID != s.nth(1) {
		t.Errorf("%s, lineage %v, want the older id", tr.ID, tr.Lineage)
	}
}

// turns has "a" and a second sensor follow a walker for eight minutes, the second turned by 3° from the third on: that is to be found.
func (s *scene) turns(second string, look func(e, n float64) detection.Detection) {
	s.t.Helper()
	for i := range 240 {
		sec := float64(2 * i)
		e, n := -400+1.4*sec, 500.0
		s.feed(sweep("a", sec, s.polar("a", e, n, .5)))
		d := look(e, n)
		if i > 80 {
			d.Polar.Azimuth += geo.Degrees(3).Radians()
		}
		s.feed(sweep(second, sec+1, d))
	}
	s.flush(480)
	g := s.tracker.Registration(1)
	if off := float64(geo.Radians(g.Azimuth).Degrees()); off < 2.5 || off > 3.5 {
		s.t.Errorf("%s is thought to be turned by %.2f°, want 3", second, off)
	}
}

// A storm turns a mast by 3° while two others watch: its returns are brought back to what they see, and its sensor is said to be off.
func TestTracker_findsAMastThatHasTurned(t *testing.T) {
	a, b := radar("a", -2000, 3000), radar("b", 2000, 3000)
	a.Error.AzimuthBias, b.Error.AzimuthBias = .1, .1
	s := newScene(t, a, b)
	s.turns("b", func(e, n float64) detection.Detection { return s.polar("b", e, n, .5) })
	if found := s.live(track.Confirmed); len(found) != 1 {
		t.Errorf("one target is %d tracks: %s", len(found), ids(found))
	}
}

// What two sensors disagree by is learnt, what they have in common stays as uncertain as it was.
func TestTracker_learnsWhatSensorsDisagreeBy(t *testing.T) {
	a, b := radar("a", -2000, 3000), radar("b", 2000, 3000)
	a.Error.AzimuthBias, b.Error.AzimuthBias = .3, .3
	s := newScene(t, a, b)
	for i := range 200 {
		sec := float64(2 * i)
		d := s.polar("b", -400+1.4*sec, 500, .5)
		d.Polar.Azimuth += geo.Degrees(.4).Radians()
		s.feed(sweep("a", sec, s.polar("a", -400+1.4*sec, 500, .5)))
		s.feed(sweep("b", sec+1, d))
	}
	ga, gb := s.tracker.Registration(0), s.tracker.Registration(1)
	if ga.Azimuth >= 0 && gb.Azimuth <= 0 {
		t.Errorf("a %.4f, b %.4f rad: nothing learnt of 0.007", ga.Azimuth, gb.Azimuth)
	}
	if prior := float64(geo.Degrees(.3).Radians()); gb.AzimuthSigma >= prior || gb.AzimuthSigma < .05*prior {
		t.Errorf("σ %.5f rad: of two sensors alone the common part can't be known", gb.AzimuthSigma)
	}
}

// Two walk one behind the other as a camera sees them: each of its bearings fits both and is given to none. It is no less in its place,
// and no sign that the mast has turned.
func TestTracker_whatIsLeftOutAsAmbiguousIsInItsPlace(t *testing.T) {
	r, eye := radar("r", 0, 0), of(sensor.Camera, radar("eye", 100, 0))
	r.Error.AzimuthBias, eye.Error.AzimuthBias = .1, .05
	s := newScene(t, r, eye)
	v := &s.tracker.states[1].Votes
	for i := range 60 {
		e := 100 + 1.2*float64(i)
		if i == 50 {
			v.add(100, 5)
		}
		s.feed(sweep("r", float64(i), s.polar("r", e, 1500, .5), s.polar("r", e+(e-100)*.1, 1650, .5)))
		if i > 20 {
			s.feed(sweep("eye", float64(i)+.5, s.bearing(e, 1500, .1, .5)))
		}
	}
	s.flush(61)
	if votes := slices.Max(v.Bins[:]); votes > 0 {
		t.Errorf("%.1f votes for another place, which ten looks in place speak against", votes)
	}
}

// What is surely known of two masts is wrong, as after lessons from one corner only: each holds a track of its own, which shares nothing
// and teaches nothing. They are one all the same, as the definitions say that masts may be that far off.
func TestTracker_doublesOfMastsThatAreThoughtToBeRightMerge(t *testing.T) {
	a, b := radar("a", -2000, 3000), radar("b", 2000, 3000)
	a.Error.Azimuth, b.Error.Azimuth = .2, .2
	a.Error.AzimuthBias, b.Error.AzimuthBias = .5, .5
	s := newScene(t, a, b)
	sure := slices.Clone(s.tracker.registry.P)
	for i := range sure {
		sure[i] *= 1e-4
	}
	var lineage int
	for i := range 90 {
		sec := float64(2 * i)
		for k, id := range []string{"a", "b"} {
			d := s.polar(id, -400+1.4*sec, 500, .5)
			d.Polar.Azimuth += geo.Degrees(float64(1-2*k) * .6).Radians()
			copy(s.tracker.registry.P, sure)
			clear(s.tracker.registry.X)
			s.feed(sweep(id, sec+float64(k), d))
		}
		for _, tr := range s.live(track.Confirmed) {
			lineage = max(lineage, len(tr.Lineage))
		}
	}
	if lineage == 0 {
		t.Errorf("no two were made one: %s", ids(s.live(track.Confirmed)))
	}
}

// An aircraft flies over at 780 m. Two radars that measure slant ranges see it beyond its place, each elsewhere: with the height
// that its transponder gives, it is one track, and where it is.
func TestTracker_whoFliesIsOneTrackWhereItIs(t *testing.T) {
	const height, speed = 780.0, 60.0
	a, b := radar("a", -1500, 0), radar("b", 1500, 300)
	own := radar("own", 0, 0)
	own.Kind, own.HasPose, own.Error = sensor.ADSB, false, sensor.Error{Position: 30}
	s := newScene(t, a, b, own)
	slant := func(id string, e, n float64) detection.Detection {
		d := s.polar(id, e, n, 1)
		d.Polar.Range = math.Hypot(d.Polar.Range, height)
		return d
	}
	var worst float64
	for i := range 100 {
		sec := float64(i)
		n := -3000 + speed*sec
		said := s.position(0, n, 30, 1)
		said.Position.Alt, said.HasAlt = ground.Alt+height, true
		s.feed(sweep("own", sec, said))
		n += .5 * speed
		id := []string{"a", "b"}[i%2]
		s.feed(sweep(id, sec+.5, slant(id, 0, n)))
		if found := s.live(track.Confirmed); len(found) > 0 && i > 20 {
			e, n := found[0].State[0], found[0].State[2]
			worst = max(worst, math.Hypot(e, n-(-3000+speed*found[0].EventTime.Sub(midnight).Seconds())))
		}
	}
	s.flush(101)
	if found := s.live(track.Tentative, track.Confirmed, track.Coasting); len(found) != 1 {
		t.Errorf("one aircraft is %d tracks: %s", len(found), ids(found))
	}
	if worst > 45 {
		t.Errorf("it is %.0f m beside its place at worst", worst)
	}
}

// Two trips of one sensor at one moment do not begin two tracks of one name.
func TestTracker_twoTripsAtOnceAreOneTrack(t *testing.T) {
	s := newScene(t, trip(40))
	at0 := at(0)
	trips := []detection.Detection{
		{ID: "t-1", EventTime: at0, Geometry: detection.Trip, Confidence: 1},
		{ID: "t-2", EventTime: at0, Geometry: detection.Trip, Confidence: 1},
	}
	s.feed(detection.Scan{Sensor: "g", EventTime: at0, Detections: trips})
	s.flush(1)
	if found := s.live(track.Tentative); len(found) != 1 {
		t.Errorf("%s", ids(found))
	}
}

// A camera whose range nobody has stated sees as far when it votes as when it looks.
func TestTracker_findsACameraThatHasTurnedWhoseRangeIsNotStated(t *testing.T) {
	eye := of(sensor.Camera, radar("eye", 2000, 3000))
	eye.Error.AzimuthBias, eye.Coverage.Range = .1, 0
	s := newScene(t, radar("a", -2000, 3000), eye)
	s.turns("eye", func(e, n float64) detection.Detection { return s.bearing(e, n, .1, .5) })
}

// A camera may be turned by as much as its definition says: its bearing finds the track that lies so far beside.
func TestTracker_biasWidensTheGateOfABearing(t *testing.T) {
	eye := of(sensor.Camera, radar("eye", 0, -11000))
	eye.Error.AzimuthBias = 2
	s := newScene(t, radar("a", 0, -4000), eye)
	for i := range 30 {
		s.feed(sweep("a", 2*float64(i), s.polar("a", 1.4*2*float64(i), 0, 1)))
	}
	d := s.bearing(84, 0, .1, 0)
	d.Polar.Azimuth += geo.Degrees(4.5).Radians()
	s.feed(sweep("eye", 60, d))
	s.flush(60)
	if tr := s.one(); len(tr.Evidence) != 2 {
		t.Errorf("a bearing 2.2 σ off is in no gate: evidence %+v", tr.Evidence)
	}
}
