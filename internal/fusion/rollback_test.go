package fusion

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/sensor"
	"cutline/internal/track"
)

// crowdSensors are two radars and two cameras, the second of which looks down where no radar does.
func crowdSensors() []sensor.Definition {
	far := of(sensor.Camera, radar("far", 1500, -20000))
	far.Pose.Alt += 40
	far.Coverage.Ground, far.Coverage.GroundSigma = ground.Alt, 1
	return append(trafficSensors(), of(sensor.Camera, radar("ear", -1500, -20000)), far)
}

// crowd is 80 s of walkers and a vehicle, seen by two radars and a camera, one who is seen by a radar alone, and one by two cameras alone:
// each detection has a name of its own. Late is the sensor that will be late.
func crowd(s *scene, seed uint64, late string) (scans []detection.Scan) {
	s.rng = rand.New(rand.NewPCG(seed, 7))
	n := 0
	add := func(scan detection.Scan) {
		for i := range scan.Detections {
			n++
			scan.Detections[i].ID = fmt.Sprintf("d%d", n)
		}
		scans = append(scans, scan)
	}
	ray := func(id string, e, n float64) detection.Detection {
		d := s.polar(id, e, n, 0)
		d.Geometry = detection.Bearing
		sigma := geo.Degrees(.1).Radians()
		d.Polar = detection.Coordinates{Azimuth: d.Polar.Azimuth + geo.Radians(s.rng.NormFloat64())*sigma}
		d.PolarError = detection.Coordinates{Azimuth: sigma}
		if height := float64(s.def(id).Pose.Alt - ground.Alt); height > 1 {
			from := s.frame.ENU(s.def(id).Pose.LLA())
			d.Polar.Elevation = geo.Radians(dipOf(height, math.Hypot(e-from.E, n-from.N)) + float64(sigma)*s.rng.NormFloat64())
			d.Polar.HasElevation, d.PolarError.Elevation, d.PolarError.HasElevation = true, sigma, true
		}
		return d
	}
	// One speaks, and the late one 2 s after it, of a time before: it is then known to be late.
	if late == "a" {
		add(detection.Scan{Sensor: "b", EventTime: at(-4)})
	} else {
		add(detection.Scan{Sensor: "a", EventTime: at(-4)})
	}
	add(detection.Scan{Sensor: late, EventTime: at(-6)})
	for i := range 160 {
		sec := .5 * float64(i)
		there := func(id string, ds ...detection.Detection) {
			ds = slices.DeleteFunc(ds, func(detection.Detection) bool { return s.rng.Float64() > .9 })
			if id < "c" && s.rng.Float64() < .3 {
				ds = append(ds, s.position(1500*s.rng.Float64(), 1500*s.rng.Float64(), 6, 0))
			}
			add(sweep(id, sec, ds...))
		}
		switch i % 4 {
		case 0:
			there("a", s.polar("a", 10, 1.4*sec, 1), s.polar("a", 60-.7*sec, 1.4*sec, 1), s.polar("a", -900+12*sec, 300, 1))
		case 2:
			there("b", s.polar("b", 10, 1.4*sec, 1), s.polar("b", 60-.7*sec, 1.4*sec, 1), s.polar("b", 2500, 1.4*sec, 1),
				s.polar("b", -900+12*sec, 300, 1))
		case 1:
			there("eye", s.bearing(10, 1.4*sec, .2, 1))
			there("ear", ray("ear", -300, -19000+1.4*sec))
		case 3:
			there("far", ray("far", -300, -19000+1.4*sec))
		}
	}
	return scans
}

// delayed are the scans in the order in which they come when those of one sensor take so long.
func delayed(scans []detection.Scan, id string, delay func() time.Duration) (all []arrival) {
	for _, scan := range scans {
		scan.Detections = slices.Clone(scan.Detections)
		a := arrival{scan.EventTime, scan}
		if scan.Sensor == id {
			a.received = a.received.Add(delay())
		}
		all = append(all, a)
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return a.received.Compare(b.received) })
	return all
}

// nameless is the belief but for its ids.
func nameless(t testing.TB, tr *Tracker) []byte {
	t.Helper()
	tr.retire()
	b := tr.save()
	for _, list := range []*[]*target{&b.Tracks, &b.Ended} {
		*list = slices.Clone(*list)
		for i, tr := range *list {
			c := &target{}
			c.copy(tr)
			c.ID, c.Root, c.Joined, c.Leader, c.Coasts = "", "", "", "", false
			c.Lineage = make([]string, len(c.Lineage))
			(*list)[i] = c
		}
	}
	var out bytes.Buffer
	if err := gob.NewEncoder(&out).Encode(b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// newest are the newest plots of the confirmed tracks, each with the track's id.
func newest(t *Tracker) map[mark]string {
	held := map[mark]string{}
	for _, tr := range t.tracks {
		if tr.Proven && tr.Status != track.Lost {
			held[mark{tr.Seen, tr.Said}] = tr.ID
		}
	}
	return held
}

// watcher follows what the steps show, as a sector does.
type watcher struct {
	last   map[string]time.Time
	status map[string]track.Status
}

func (w *watcher) see(t interface{ Errorf(string, ...any) }, shown []*track.Track) {
	for _, tr := range shown {
		// What has become of a track at the last beat may be of a time before its last detection, which is another's now.
		if tr.Last.Before(w.last[tr.ID].Add(-time.Second)) && tr.Last.Equal(tr.EventTime) && tr.Status != track.Lost {
			t.Errorf("%s is shown with a detection of %v after one of %v", tr.ID, tr.Last, w.last[tr.ID])
		}
		w.last[tr.ID], w.status[tr.ID] = tr.Last, tr.Status
	}
}

// step steps once. Whoever holds the newest plot of a confirmed track that is no more must have its id, or keep his own.
func (w *watcher) step(t interface{ Errorf(string, ...any) }, tr *Tracker, now time.Time) bool {
	var held map[mark]string
	var before []string
	replayed := tr.back.Up
	if tr.back.Revised != 0 { // else there is nothing to replay
		held = newest(tr)
		for k := range tr.Tracks() {
			before = append(before, k.ID)
		}
	}
	shown, ok := tr.Step(now)
	w.see(t, shown)
	if tr.back.Up == replayed {
		return ok
	}
	for _, k := range tr.tracks {
		was, mine := held[mark{k.Seen, k.Said}], slices.Contains(before, k.ID)
		if was != "" && k.Status != track.Lost && !mine && tr.live(was) == nil && !slices.Contains(k.Lineage, was) {
			t.Errorf("at %v: %s %v holds the newest plot of %s", now, k.ID, k.Lineage, was)
		}
	}
	return ok
}

// agree says whether what was shown is what is.
func (w *watcher) agree(t interface{ Errorf(string, ...any) }, s *scene) {
	for tr := range s.tracker.Tracks() {
		if was := w.status[tr.ID]; was != tr.Status && (was != track.Confirmed || !s.tracker.live(tr.ID).Coasts) {
			t.Errorf("%s is %v, and was last shown as %v", tr.ID, tr.Status, w.status[tr.ID])
		}
		delete(w.status, tr.ID)
	}
	for id, status := range w.status {
		if status != track.Lost {
			t.Errorf("%s was last shown as %v, and is no more", id, status)
		}
	}
}

// playWatched plays to the 82nd second. Before the step of an arrival that restart names, the daemon is killed.
func (s *scene) playWatched(t rapid.TB, arrivals []arrival, restart func(i int) bool) *watcher {
	w := &watcher{map[string]time.Time{}, map[string]track.Status{}}
	step := func(now time.Time) {
		for w.step(t, s.tracker, now) {
		}
	}
	for i, a := range arrivals {
		s.tracker.Add(a.received, a.scan)
		if restart(i) {
			data, err := s.tracker.AppendSnapshot(nil)
			if err != nil {
				t.Fatal(err)
			}
			s.tracker = newScene(s.t, s.sensors...).tracker
			if err := s.tracker.Restore(data); err != nil {
				t.Fatal(err)
			}
		}
		step(a.received)
	}
	for now := s.tracker.clock.Now; s.tracker.horizon < at(82).UnixNano(); {
		left := at(82).Add(s.tracker.cfg.Reorder).UnixNano() - s.tracker.clock.Event
		now += min(max(left, beat/20), beat/5) // less than a beat beyond the end: the window may be longer than Config.Reorder
		step(time.Unix(0, now))
	}
	return w
}

func never(int) bool { return false }

// The tracks in the end are those of the same scans in time, to the bit but for their ids: however late one sensor is, and shuffled, and
// doubled, and whether or not the daemon is killed meanwhile. Nobody who was shown changes his id.
func TestRollback_lateScansOfOneSensorGiveTheTracksThatTheyWouldHaveGivenInTime(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64Range(1, 1e6).Draw(rt, "seed")
		slow := rapid.SampledFrom([]string{"a", "b", "eye", "ear"}).Draw(rt, "sensor")
		inTime := newScene(t, crowdSensors()...)
		scans := crowd(inTime, seed, slow)
		ordered := slices.Clone(scans)
		slices.SortStableFunc(ordered, func(a, b detection.Scan) int { return a.EventTime.Compare(b.EventTime) })
		inTime.playWatched(rt, delayed(ordered, "", nil), never)
		want := nameless(t, inTime.tracker)

		rng := rand.New(rand.NewPCG(seed, 8))
		even := time.Duration(rapid.IntRange(2000, 25000).Draw(rt, "late_ms")) * time.Millisecond
		shuffled := rapid.Bool().Draw(rt, "shuffled")
		first := true
		delay := func() time.Duration {
			switch {
			case first:
				first = false
				return 2 * time.Second
			case shuffled:
				return 2*time.Second + time.Duration(rng.Int64N(23e9))
			}
			return even
		}
		arrivals := delayed(scans, slow, delay)
		if shuffled {
			twice := slices.DeleteFunc(slices.Clone(arrivals), func(a arrival) bool {
				return a.scan.Sensor != slow || a.scan.EventTime.Before(at(0)) || rng.IntN(4) > 0
			})
			arrivals = append(arrivals, twice...)
			slices.SortStableFunc(arrivals, func(a, b arrival) int { return a.received.Compare(b.received) })
		}
		killed := rapid.IntRange(0, len(arrivals)).Draw(rt, "killed")
		late := newScene(t, crowdSensors()...)
		w := late.playWatched(rt, arrivals, func(i int) bool { return i == killed })
		if got := nameless(t, late.tracker); !bytes.Equal(got, want) {
			rt.Errorf("late: %s\nin time: %s", ids(late.live(track.Tentative, track.Confirmed, track.Coasting)),
				ids(inTime.live(track.Tentative, track.Confirmed, track.Coasting)))
		}
		w.agree(rt, late)
	})
}

// An earlier beginning turns up for a track, and another one for the same id again: who gives way gets a new id each time, and not
// the same one twice.
func TestRollback_whoGivesWayTwiceGetsTwoIDs(t *testing.T) {
	s := newScene(t, crowdSensors()...)
	late := 2 * time.Second
	arrivals := delayed(crowd(s, 6, "b"), "b", func() time.Duration {
		was := late
		late = 14501 * time.Millisecond
		return was
	})
	w := s.playWatched(t, arrivals, func(i int) bool { return i == 0 })
	w.agree(t, s)
}

// Who was shown as lost, and in a replay is lost earlier, is not found again by what is from before he was seen last.
func TestRollback_whoHasEndedIsNotShownWithWhatIsEarlier(t *testing.T) {
	s := newScene(t, crowdSensors()...)
	first := true
	arrivals := delayed(crowd(s, 8, "a"), "a", func() time.Duration {
		if first {
			first = false
			return 2 * time.Second
		}
		return 18501 * time.Millisecond
	})
	s.playWatched(t, arrivals, never).agree(t, s)
	ids := map[string]bool{}
	for _, g := range s.tracker.back.Buried {
		if ids[g.ID] {
			t.Errorf("%s is remembered twice", g.ID)
		}
		ids[g.ID] = true
	}
}

// However much comes late, the tracker processes nine times what it was given at most; work.scan counts.
func TestRollback_workIsBounded(t *testing.T) {
	for _, tc := range []struct { // of fewer than half of the scans: where more are late, all wait
		about   string
		every   float64 // s, between two late scans
		behind  func(rng *rand.Rand) float64
		atLeast uint32 // per cent, of what was given
	}{
		{"25 s behind", .8, func(*rand.Rand) float64 { return 25 }, 150},
		{"anywhere in 30 s", .8, func(rng *rand.Rand) float64 { return 30 * rng.Float64() }, 150},
		{"just behind the window", .8, func(*rand.Rand) float64 { return 2.6 }, 120},
		{"a clock that is off by minutes", .1, func(*rand.Rand) float64 { return 300 }, 0},
		{"a clock that jumps", .5, func(rng *rand.Rand) float64 { return 600 * (rng.Float64() - .5) }, 20},
	} {
		t.Run(tc.about, func(t *testing.T) {
			s := newScene(t, crowdSensors()...)
			rng := rand.New(rand.NewPCG(1, 2))
			given, next := uint32(0), 0.0
			for _, scan := range crowd(s, 1, "b") {
				if scan.Sensor == "b" {
					continue
				}
				now := scan.EventTime
				for ; !at(next).After(now); next += tc.every {
					s.tracker.Add(now, sweep("b", next-tc.behind(rng), s.position(10, 1.4*next, 6, 1)))
					given++
				}
				s.tracker.Add(now, scan)
				given++
				s.run(now)
			}
			done := s.tracker.work.scan
			if done > 9*given || done*100 < tc.atLeast*given {
				t.Errorf("%d scans were processed, of %d", done, given)
			}
			if tc.atLeast == 0 && len(s.tracker.back.points) > 0 {
				t.Error("states are kept for nothing")
			}
		})
	}
}

// When no scan has come late for long, nothing is kept, and a snapshot is as small as before.
func TestRollback_forgetsWhereNothingComesLateAnyMore(t *testing.T) {
	s := newScene(t, radar("a", 0, -3000), radar("b", 1500, 800))
	var late []int
	for i := range 900 {
		sec := float64(i)
		s.feed(sweep("a", sec, s.position(0, 1.4*sec, 3, .3)))
		if i > 10 && i < 60 && s.tracker.Add(at(sec), sweep("b", sec-5, s.position(0, 1.4*(sec-5), 3, .3))) == Late {
			late = append(late, i)
		}
		s.run(at(sec))
		if i == 60 && len(s.tracker.back.points) == 0 || i == 899 && len(s.tracker.back.points) > 0 {
			t.Errorf("at %d s %d states are kept", i, len(s.tracker.back.points))
		}
		if n := len(s.tracker.back.points); n > 14 {
			t.Fatalf("%d states are kept", n)
		}
	}
	if len(late) < 40 {
		t.Errorf("late scans were used at %v only", late)
	}
	if n := len(s.tracker.queue.entries) - s.tracker.queue.held; n > 5 {
		t.Errorf("%d scans are kept", n)
	}
}

// What an operator has said between is said again where it was said.
func TestRollback_keepsCorrections(t *testing.T) {
	s := newScene(t, radar("a", 0, -3000), radar("b", 1500, 800))
	walk := func(from, to int) {
		for i := from; i < to; i++ {
			sec := float64(i)
			s.feed(sweep("a", sec, s.position(0, 1.4*sec, 3, .3), s.position(400, 1.4*sec, 3, .3)))
			s.tracker.Add(at(sec), sweep("b", sec-6, s.position(0, 1.4*(sec-6), 3, .3), s.position(400, 1.4*(sec-6), 3, .3)))
			s.run(at(sec))
		}
	}
	walk(0, 30)
	found := s.live(track.Confirmed)
	if len(found) != 2 {
		t.Fatalf("want two: %s", ids(found))
	}
	for _, reason := range []string{s.tracker.Friendly(found[0].ID, false), s.tracker.Split(found[0].ID, found[1].ID)} {
		if reason != "" {
			t.Fatal(reason)
		}
	}
	up := s.tracker.back.Up
	walk(30, 34)
	if s.tracker.back.Up == up {
		t.Fatal("no replay since: this test would pass without testing")
	}
	if tr := s.tracker.live(found[0].ID); tr == nil || !tr.Friendly || !tr.Marked {
		t.Errorf("%s is friendly no more", found[0].ID)
	}
	if n := len(s.tracker.apart); n != 1 {
		t.Errorf("%d pairs are apart, want 1", n)
	}
}

// An operator's word of just before a step that goes back is shown, also of a track that nobody sees at the time.
func TestRollback_showsTheCorrectionOfJustBefore(t *testing.T) {
	s := newScene(t, radar("a", 0, -3000), radar("b", 1500, 800))
	for i := range 30 {
		sec := float64(i)
		s.feed(sweep("a", sec, s.position(0, 1.4*sec, 3, .3)))
		s.tracker.Add(at(sec), sweep("b", sec-6, s.position(0, 1.4*(sec-6), 3, .3)))
		s.run(at(sec))
	}
	id := s.one().ID
	s.feed(sweep("a", 33))
	s.tracker.Add(at(33), sweep("b", 27))
	up, want := s.tracker.back.Up, false
	for now := 33.1; s.tracker.back.Up == up; now += .1 {
		if now > 40 {
			t.Fatal("no replay: this test would pass without testing")
		}
		want = !want
		if reason := s.tracker.Friendly(id, !want); reason != "" {
			t.Fatal(reason)
		}
		s.shown = nil
		s.run(at(now))
	}
	if !slices.ContainsFunc(s.shown, func(tr track.Track) bool { return tr.ID == id && tr.Friendly == want }) {
		t.Errorf("it is not shown that friendly is %v", want)
	}
}

// What comes late has its turn in order, by a replay, also if nothing that is later has been seen yet, but beats have been.
func TestRollback_aLateScanIsNotTheNext(t *testing.T) {
	s := newScene(t, radar("a", 0, -3000), radar("b", 1500, 800))
	walker := func(id string, sec float64) detection.Scan { return sweep(id, sec, s.position(0, 1.4*sec, 3, .3)) }
	for i := range 20 {
		sec := 2 * float64(i)
		s.feed(walker("a", sec))
		s.tracker.Add(at(sec), walker("b", sec-3))
		s.run(at(sec))
	}
	s.feed(walker("a", 44)) // beats until 43
	s.tracker.Add(at(44.1), walker("b", 41.2))
	s.run(at(44.1)) // goes back for it
	scans, up := s.tracker.work.scan, s.tracker.back.Up
	if s.tracker.Add(at(44.2), walker("b", 42.5)) != Late {
		t.Fatal("it is not late")
	}
	s.run(at(44.2))
	if s.tracker.back.Up != up {
		t.Fatal("a replay at once: this test would pass without testing")
	}
	if n := s.tracker.work.scan - scans; n > 0 {
		t.Errorf("%d scans were processed after a beat that is later", n)
	}
	for now := 44.3; now < 46 && s.tracker.back.Up == up; now += .1 {
		s.run(at(now))
	}
	if tr := s.one(); tr.Last != at(42.5) {
		t.Errorf("the newest detection is of %v, want %v", tr.Last, at(42.5))
	}
}

// Where the reach gets shorter since too much is kept, what is late and within it is used all the same.
func TestRollback_aShorterReachLosesNothingWithinIt(t *testing.T) {
	s := newScene(t, radar("a", 0, -3000), radar("b", 1500, 800))
	for i := range 60 {
		s.feed(sweep("a", float64(i)))
		s.tracker.Add(at(float64(i)), sweep("b", float64(i)-5))
		s.run(at(float64(i)))
	}
	tr := s.tracker
	b := &tr.back
	tr.queue.entries[tr.queue.held].Plots = make([]plot, mostHeld)
	for _, late := range []int64{b.oldest() + 1, tr.horizon - beat} {
		b.Revised = 0
		tr.revise(late)
		tr.tidy()
		if len(b.points) == 0 || b.Revised != max(late, b.oldest()) {
			t.Errorf("back to %d for a scan of %d, where the oldest of %d states is of %d", b.Revised, late, len(b.points), b.oldest())
		}
	}
	tr.queue.entries[tr.queue.head-1].Plots = make([]plot, mostHeld)
	if tr.tidy(); len(b.points) > 0 || b.Revised != 0 {
		t.Errorf("%d states are kept, back to %d", len(b.points), b.Revised)
	}
}

// A link that is away for the first time, and then brings all that was kept at once, costs the scans of the first periods without it. Where
// all come in time, nothing is ever kept.
func TestRollback_aLinkThatWasAwayBringsItsScans(t *testing.T) {
	a, b := radar("a", 0, -3000), radar("b", 1500, 800)
	a.ScanPeriod, b.ScanPeriod = 2*time.Second, 2*time.Second
	for _, away := range []float64{0, 8, 20} {
		t.Run(fmt.Sprint(away), func(t *testing.T) {
			s := newScene(t, a, b)
			var kept []detection.Scan
			used, lost := 0, 0
			for i := range 60 {
				sec := 2 * float64(i)
				s.feed(sweep("a", sec, s.position(0, 1.4*sec, 3, .3)))
				scan := sweep("b", sec+1, s.position(0, 1.4*(sec+1), 3, .3), s.position(900, 1.4*(sec+1), 3, .3))
				if away == 0 && s.tracker.back.Until != 0 {
					t.Fatalf("at %v s late scans are expected", sec)
				}
				if kept = append(kept, scan); sec+1 >= 60 && sec+1 < 60+away {
					s.run(scan.EventTime)
					continue
				}
				for _, k := range kept {
					switch s.tracker.Add(scan.EventTime, k) {
					case Late:
						used++
					case TooLate:
						lost++
					case InTime:
					}
				}
				kept = nil
				s.run(scan.EventTime)
			}
			if n := int(away / 2); lost > 4 || used+lost < n-1 || used+lost > n+1 {
				t.Errorf("%d scans were used and %d lost of %d", used, lost, n)
			}
		})
	}
}

// Whatever comes, whenever, and whatever operators say between: what was shown is what is, and a tracker that goes on from a snapshot is
// the one that never stopped, to the bit.
func TestRollback_nonsenseLeavesWhatWasShownTrueAndSnapshotsWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := newScene(t, trafficSensors()...), newScene(t, trafficSensors()...)
		w := [2]*watcher{{map[string]time.Time{}, map[string]track.Status{}}, {map[string]time.Time{}, map[string]track.Status{}}}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 9))
		a.rng = rng
		steps := func(now float64) {
			for k, s := range []*scene{a, b} {
				for {
					shown, ok := s.tracker.Step(at(now))
					if !ok {
						break
					}
					w[k].see(rt, shown)
				}
			}
		}
		kills, words := rapid.IntRange(20, 90).Draw(rt, "kills"), rapid.IntRange(1, 40).Draw(rt, "words")
		now := 0.0
		for i := range rapid.IntRange(50, 200).Draw(rt, "scans") {
			now += .4 * rng.Float64()
			event := now
			switch rng.IntN(12) {
			case 0:
				event -= 40 * rng.Float64()
			case 1:
				event += 5 * (rng.Float64() - .5)
			case 2:
				now += 3 * rng.Float64()
			}
			id := []string{"a", "b", "eye"}[rng.IntN(3)]
			d := []detection.Detection{
				a.position(10, 1.4*event, 4, 1), a.position(60, 40-1.4*event, 4, 1), a.position(200*rng.Float64(), 200*rng.Float64(), 4, 1),
			}
			if id == "eye" {
				d = []detection.Detection{a.bearing(10, 1.4*event, .2, 1)}
			}
			scan := sweep(id, event, d[:rng.IntN(len(d)+1)]...)
			if i%kills == kills-1 {
				data, err := b.tracker.AppendSnapshot(nil)
				if err != nil {
					rt.Fatal(err)
				}
				b.tracker = newScene(t, b.sensors...).tracker
				if err := b.tracker.Restore(data); err != nil {
					rt.Fatal(err)
				}
			}
			var ids []string
			for tr := range a.tracker.Tracks() {
				ids = append(ids, tr.ID)
			}
			pick := func() string { return ids[rng.IntN(len(ids))] }
			word := func(*Tracker) {}
			if i%words == 0 && len(ids) > 0 {
				id, other, undo := pick(), pick(), rng.IntN(2) == 0
				if rng.IntN(3) == 0 {
					other = "" // take back what was joined
				}
				word = func(t *Tracker) { t.Split(id, other) }
				if rng.IntN(2) == 0 {
					word = func(t *Tracker) { t.Friendly(id, undo) }
				}
			}
			for _, s := range []*scene{a, b} {
				s.tracker.Add(at(now), scan)
				word(s.tracker)
			}
			steps(now)
		}
		steps(now + 15) // the last word is shown with what comes next
		x, _ := a.tracker.AppendSnapshot(nil)
		y, _ := b.tracker.AppendSnapshot(nil)
		if !bytes.Equal(x, y) {
			rt.Error("the one that was killed is another")
		}
		w[0].agree(rt, a)
		w[1].agree(rt, b)
	})
}
