package fusion

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/sensor"
	"cutline/internal/track"
)

// A motion turns a scene about the frame's origin, counter-clockwise, and moves it.
type motion struct{ turn, east, north float64 }

func (m motion) place(e, n float64) (float64, float64) {
	sin, cos := math.Sincos(m.turn)
	return m.east + cos*e - sin*n, m.north + sin*e + cos*n
}

// moved is a sensor somewhere else, and what it measures of the scene that went with it.
func (m motion) sensor(s *scene, d sensor.Definition) sensor.Definition {
	from := s.frame.ENU(d.Pose.LLA())
	p := s.lla(m.place(from.E, from.N))
	d.Pose.Lat, d.Pose.Lon, d.Pose.Alt = p.Lat, p.Lon, p.Alt
	return d
}

func (m motion) scan(s *scene, scan detection.Scan, was, is *sensor.Definition) detection.Scan {
	scan.Detections = slices.Clone(scan.Detections)
	for i := range scan.Detections {
		d := &scan.Detections[i]
		at := s.frame.ENU(d.Position)
		d.Position = s.lla(m.place(at.E, at.N))
		d.Polar.Azimuth += s.frame.Convergence(was.Pose.LLA()) - s.frame.Convergence(is.Pose.LLA()) - geo.Radians(m.turn)
	}
	return scan
}

func (s *scene) inOrder() []track.Track {
	found := s.live(track.Confirmed, track.Coasting)
	slices.SortFunc(found, func(a, b track.Track) int { return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.Hits, b.Hits)) })
	return found
}

// Nothing in the tracker knows where east is: a border that runs another way is watched alike. Only what is not confirmed may differ:
// the map of false returns is made of squares.
func TestTracker_aTurnedSceneMakesTurnedTracks(t *testing.T) {
	plain, scans := passed(t, 82, trafficSensors()...)
	want := plain.inOrder()
	if len(want) < 3 {
		t.Fatalf("too few tracks to tell anything: %s", ids(want))
	}
	rapid.Check(t, func(rt *rapid.T) {
		m := motion{
			rapid.Float64Range(-math.Pi, math.Pi).Draw(rt, "turn"),
			rapid.Float64Range(-3000, 3000).Draw(rt, "east"), rapid.Float64Range(-3000, 3000).Draw(rt, "north"),
		}
		sensors := trafficSensors()
		for i := range sensors {
			sensors[i] = m.sensor(plain, sensors[i])
		}
		s := newScene(t, sensors...)
		for _, scan := range scans {
			s.feed(m.scan(s, scan, plain.def(scan.Sensor), s.def(scan.Sensor)))
		}
		s.flush(82)
		got := s.inOrder()
		if len(got) != len(want) {
			rt.Fatalf("%d tracks, unturned %d:\n%s\n%s", len(got), len(want), ids(got), ids(want))
		}
		for i := range want {
			a, b := &got[i], &want[i]
			e, n := m.place(b.State[0], b.State[2])
			if off := distance(a, e, n); off > .2 { // the ellipsoid is not quite the same there
				rt.Errorf("track %d is %.2f m off its turned place", i, off)
			}
			if a.Status != b.Status || math.Abs(a.Existence-b.Existence) > .03 {
				rt.Errorf("track %d: %v, r %.3f; unturned %v, %.3f", i, a.Status, a.Existence, b.Status, b.Existence)
			}
			// What does not turn with the axes: the area of the position's ellipse.
			area := func(tr *track.Track) float64 { return tr.Cov[0]*tr.Cov[10] - tr.Cov[2]*tr.Cov[2] }
			if r := area(a) / area(b); r < .98 || r > 1.02 {
				rt.Errorf("track %d: its position's ellipse is %.3f of the unturned one's", i, r)
			}
		}
	})
}

func TestTracker_theOrderOfAScansReturnsChangesNothing(t *testing.T) {
	sensors := trafficSensors()
	sensors[1].ReturnsPerTarget = sensor.Many
	plain, scans := passed(t, 100, sensors...)
	want := story(plain)
	rapid.Check(t, func(rt *rapid.T) {
		s := newScene(t, sensors...)
		for _, scan := range scans {
			scan.Detections = rapid.Permutation(scan.Detections).Draw(rt, "detections")
			s.feed(scan)
		}
		s.flush(100)
		if got := story(s); got != want {
			rt.Fatalf("the story differs:\n%s", firstDifference(got, want))
		}
	})
}

// followed runs some walkers past the sensors and gives the position's root mean square error, m, and the share of looks at which
// exactly one confirmed track was there.
func followed(t *testing.T, sensors ...sensor.Definition) (rms, held float64) {
	total, n, looks := 0.0, 0, 0
	for seed := range uint64(25) {
		s := newScene(t, sensors...)
		noise := map[string]*rand.Rand{} // a sensor sees the same, whoever looks beside it
		for _, d := range sensors {
			noise[d.ID] = rand.New(rand.NewPCG(seed, uint64(d.ID[0])))
		}
		walk := rand.New(rand.NewPCG(seed, 5))
		x := vec{0, 1, 0, 1.2}
		for i := range 90 {
			sec := 2 * float64(i)
			for k, d := range []string{"a", "b"} {
				if !slices.ContainsFunc(sensors, func(o sensor.Definition) bool { return o.ID == d }) {
					continue
				}
				s.rng = noise[d]
				scan := sweep(d, sec+.1*float64(k))
				if s.rng.Float64() < .85 {
					p := s.polar(d, x[0]+.1*float64(k)*x[1], x[2]+.1*float64(k)*x[3], 1)
					p.EventTime = scan.EventTime
					scan.Detections = append(scan.Detections, p)
				}
				s.feed(scan)
			}
			s.flush(sec + .1)
			if i > 20 {
				looks++
				if found := s.live(track.Confirmed, track.Coasting); len(found) == 1 {
					total += square(distance(&found[0], x[0]+.1*x[1], x[2]+.1*x[3]))
					n++
				}
			}
			step(&x, 2, .02, walk)
		}
	}
	return math.Sqrt(total / float64(n)), float64(n) / float64(looks)
}

// A second sensor may be worse, and turned by more than it says that it could be: the track is never worse for it.
func TestTracker_twoSensorsAreNoWorseThanOne(t *testing.T) {
	good := radar("a", 0, -2500)
	coarse := radar("b", 2500, 600)
	coarse.Error = sensor.Error{Range: 20, Azimuth: 1.5}
	biased := radar("b", 2500, 600)
	biased.Error.AzimuthBias = .5
	for name, second := range map[string]sensor.Definition{"as good": radar("b", 2500, 600), "coarse": coarse, "may be turned": biased} {
		t.Run(name, func(t *testing.T) {
			rmsA, heldA := followed(t, good)
			rmsB, heldB := followed(t, second)
			rms, held := followed(t, good, second)
			t.Logf("a %.2f m %.3f, b %.2f m %.3f, both %.2f m %.3f", rmsA, heldA, rmsB, heldB, rms, held)
			if best := min(rmsA, rmsB); rms > 1.05*best {
				t.Errorf("both together are %.2f m off, the better alone %.2f m", rms, best)
			}
			if best := max(heldA, heldB); held < best-.01 {
				t.Errorf("both together hold %.3f of the looks, the better alone %.3f", held, best)
			}
		})
	}
}

// Whatever a sensor sends, the tracker comes back, and no number in a track is none.
func nonsense(t *testing.T) func(rt *rapid.T) {
	return func(rt *rapid.T) {
		s := newScene(t, trafficSensors()...)
		number := rapid.OneOf(rapid.Float64(), rapid.Float64Range(-100, 100),
			rapid.SampledFrom([]float64{0, math.NaN(), math.Inf(1), -1, 1e18}))
		draw := func() float64 { return number.Draw(rt, "number") }
		angle := func() geo.Radians { return geo.Radians(draw()) }
		now, sec := 0.0, 0.0
		for i := range rapid.IntRange(1, 20).Draw(rt, "scans") {
			sec++
			now++
			if rapid.IntRange(0, 9).Draw(rt, "jump") == 0 { // a sensor's clock, or ours: hours, both ways
				sec += rapid.Float64Range(-1e4, 1e4).Draw(rt, "by")
				now += max(rapid.Float64Range(-1e4, 1e4).Draw(rt, "ours by"), -now)
			}
			id := rapid.SampledFrom([]string{"a", "b", "eye"}).Draw(rt, "sensor")
			d := s.position(0, 1.4*float64(i), 4, 1)
			d.Geometry = detection.Geometry(rapid.IntRange(0, 5).Draw(rt, "geometry"))
			d.Polar = detection.Coordinates{Range: draw(), Azimuth: angle(), RangeRate: draw(), Elevation: angle()}
			d.Polar.HasRangeRate, d.Polar.HasElevation = rapid.Bool().Draw(rt, "rate"), rapid.Bool().Draw(rt, "elevation")
			d.PolarError = detection.Coordinates{Range: draw(), Azimuth: angle(), RangeRate: draw()}
			if rapid.Bool().Draw(rt, "wild") {
				d.Position.Lat, d.Position.Alt, d.HasAlt = geo.Degrees(draw()), geo.Metres(draw()), true
				d.PositionError = detection.Covariance{EE: draw(), EN: draw(), NN: draw()}
				d.Velocity, d.HasVelocity = detection.Velocity{East: draw(), North: draw()}, true
			}
			scan := sweep(id, sec, d, s.position(50, 1.4*float64(i), 4, 1))
			if rapid.IntRange(0, 59).Draw(rt, "flood") == 0 { // a thousand returns in one scan, of which many are at one place
				for range 1000 {
					at := s.position(1e3*s.rng.NormFloat64(), math.Floor(3*s.rng.Float64()), 0, 0)
					at.EventTime = scan.EventTime
					scan.Detections = append(scan.Detections, at)
				}
			}
			if rapid.Bool().Draw(rt, "view") {
				scan.HasView, scan.View = true, detection.FieldOfView{Azimuth: angle(), Width: angle(), Range: draw()}
			}
			s.tracker.Add(at(now), scan)
			s.run(at(now))
		}
		for range 350 { // quiet, until all has coasted and gone
			now += .2
			s.run(at(now))
		}
		for _, tr := range s.shown {
			sum := tr.Existence + tr.Bias.EE + tr.Bias.EN + tr.Bias.NN + float64(tr.Alt)
			for _, v := range tr.State {
				sum += v
			}
			for _, v := range tr.Cov {
				sum += v
			}
			for _, v := range tr.Class {
				sum += v
			}
			if math.IsNaN(sum) || math.IsInf(sum, 0) {
				rt.Fatalf("a number that is none: %+v", tr)
			}
		}
		if _, err := s.tracker.AppendSnapshot(nil); err != nil {
			rt.Fatal(err)
		}
	}
}

func TestTracker_nonsenseNeitherStopsItNorGetsIn(t *testing.T) {
	rapid.Check(t, nonsense(t))
}

func FuzzTracker(f *testing.F) {
	f.Add([]byte("a thousand returns, no variance, an hour ago"))
	f.Fuzz(func(t *testing.T, data []byte) { rapid.MakeFuzz(nonsense(t))(t, data) })
}
