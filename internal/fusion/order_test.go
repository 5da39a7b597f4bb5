package fusion

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cutline/internal/detection"
	"cutline/internal/sensor"
	"cutline/internal/track"
)

// traffic is three sensors' looks at some walkers, a vehicle and clutter, in order of event time. The second sends tracks of its own.
func traffic(s *scene, looks int) []detection.Scan {
	var scans []detection.Scan
	for i := range looks {
		sec := .5 * float64(i)
		switch i % 4 {
		case 0:
			scan := sweep("a", sec, s.polar("a", 10, 1.4*sec, 1), s.polar("a", 90, 1.4*sec, 1), s.polar("a", -900+12*sec, 300, 1))
			scan.Number, scan.HasNumber = int64(i), true
			scans = append(scans, scan)
		case 1:
			scan := sweep("b", sec, s.position(10, 1.4*sec, 4, 1), s.position(90, 1.4*sec, 4, 1),
				s.position(-900+12*sec, 300, 4, 1), s.position(2000*s.rng.Float64(), -500, 4, 0))
			for k := range 3 {
				scan.Detections[k].Track = fmt.Sprint(k)
			}
			scans = append(scans, scan)
		case 2:
			scans = append(scans, sweep("eye", sec, s.bearing(10, 1.4*sec, .2, 1)))
		default:
			scans = append(scans, sweep("b", sec, s.position(-900+12*sec, 300, 4, 1)))
		}
	}
	return scans
}

// passed is a scene that has seen traffic in time and then been quiet until some second, and its scans.
func passed(t *testing.T, until float64, sensors ...sensor.Definition) (*scene, []detection.Scan) {
	s := newScene(t, sensors...)
	scans := traffic(s, 160)
	for _, scan := range scans {
		s.feed(scan)
	}
	s.flush(until)
	return s, scans
}

func trafficSensors() []sensor.Definition {
	b := radar("b", 1500, 800)
	b.Tracks = true
	return []sensor.Definition{radar("a", 0, -3000), b, of(sensor.Camera, radar("eye", -1500, 0))}
}

// story is everything that the steps have shown, in one text: two runs are equal if their stories are.
func story(s *scene) string {
	var b bytes.Buffer
	for _, tr := range s.shown {
		fmt.Fprintf(&b, "%+v\n", tr)
	}
	return b.String()
}

// An arrival is a scan with the time at which it comes.
type arrival struct {
	received time.Time
	scan     detection.Scan
}

func (s *scene) play(arrivals []arrival) (late int) {
	for _, a := range arrivals {
		if s.tracker.Add(a.received, a.scan) != InTime {
			late++
		}
		s.run(a.received)
	}
	return late
}

func TestTracker_orderOfArrivalAndDuplicatesWithinTheWindowChangeNothing(t *testing.T) {
	plain := newScene(t, trafficSensors()...)
	scans := traffic(plain, 160)
	var inOrder []arrival
	for _, scan := range scans {
		inOrder = append(inOrder, arrival{scan.EventTime, scan})
	}
	plain.play(inOrder)
	busy := len(plain.live(track.Confirmed)) >= 3
	plain.flush(100)
	want := story(plain)
	if !busy {
		t.Fatalf("this traffic makes too few tracks to tell runs apart: %s", ids(plain.live(track.Confirmed)))
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := newScene(t, trafficSensors()...)
		var mixed []arrival
		for _, scan := range scans {
			delay := func() time.Duration {
				return time.Duration(rapid.IntRange(0, 990).Draw(rt, "delay_ms")) * time.Millisecond
			}
			mixed = append(mixed, arrival{scan.EventTime.Add(delay()), scan})
			if rapid.IntRange(0, 9).Draw(rt, "again") == 0 {
				mixed = append(mixed, arrival{scan.EventTime.Add(delay()), scan})
			}
			if len(scan.Detections) > 1 && rapid.Bool().Draw(rt, "split") { // the same look in two messages
				a, b := scan, scan
				a.Detections, b.Detections = scan.Detections[1:], scan.Detections[:1]
				mixed[len(mixed)-1].scan = a
				mixed = append(mixed, arrival{scan.EventTime.Add(delay()), b})
				if len(mixed) > 2 && mixed[len(mixed)-3].scan.EventTime.Equal(scan.EventTime) {
					mixed[len(mixed)-3].scan = a
				}
			}
		}
		slices.SortStableFunc(mixed, func(a, b arrival) int { return a.received.Compare(b.received) })
		if late := s.play(mixed); late > 0 {
			rt.Fatalf("%d scans were late: the delays are within the window", late)
		}
		s.flush(100)
		if got := story(s); got != want {
			rt.Fatalf("the story differs:\n%s", firstDifference(got, want))
		}
	})
}

func firstDifference(got, want string) string {
	g, w := bytes.Split([]byte(got), []byte("\n")), bytes.Split([]byte(want), []byte("\n"))
	for i := range min(len(g), len(w)) {
		if !bytes.Equal(g[i], w[i]) {
			return fmt.Sprintf("line %d\n got %s\nwant %s", i, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

func TestTracker_aScanBeyondTheReachIsTooLateAndMovesNothing(t *testing.T) {
	with, without := newScene(t, trafficSensors()...), newScene(t, trafficSensors()...)
	scans := traffic(with, 200)
	for _, s := range []*scene{with, without} {
		for i, scan := range scans {
			s.feed(scan)
			if s == with && i%10 == 9 {
				age := 30.5 // of the first the reach is the window: nothing is kept for late scans yet
				if i < 10 {
					age = 1.6
				}
				old := sweep("b", float64(i)/2-age, s.position(10, 0, 4, 0))
				if s.tracker.Add(scan.EventTime, old) != TooLate {
					t.Errorf("a scan of %v at %v is not too late", old.EventTime, scan.EventTime)
				}
			}
		}
		s.flush(120)
	}
	if a, b := story(with), story(without); a != b {
		t.Errorf("late scans changed the picture: %s", firstDifference(a, b))
	}
}

func TestTracker_aScanOfAnUnknownSensorIsNothing(t *testing.T) {
	s := newScene(t, radar("a", 0, 0))
	if s.tracker.Add(at(0), sweep("stranger", 0, s.position(0, 0, 1, 0))) != InTime {
		t.Error("it is late, want: ignored")
	}
	s.flush(10)
	if len(s.shown) != 0 {
		t.Errorf("it made %s", ids(s.shown))
	}
}

func TestTracker_aDetectionTwiceInAScanCountsOnce(t *testing.T) {
	s := newScene(t, radar("a", 0, 0))
	d := s.position(100, 100, 3, 0)
	named := s.position(500, 100, 3, 0)
	named.ID = "n-1"
	moved := named
	moved.Position.Lat += 1e-3 // the same name: a correction, not a second target
	s.feed(sweep("a", 0, d, named))
	s.feed(sweep("a", 0, d, moved))
	s.flush(1)
	if n := len(s.live(track.Tentative)); n != 2 {
		t.Errorf("%d tracks, want 2: %s", n, ids(s.live(track.Tentative)))
	}
}

func TestTracker_aScanNumberGivesATrackOneReturn(t *testing.T) {
	s := newScene(t, radar("a", 0, 0))
	turning := func(sec float64, number int64, d detection.Detection) {
		scan := sweep("a", sec, d)
		scan.Sweep, scan.Number, scan.HasNumber = false, number, true
		s.feed(scan)
	}
	for i := range int64(20) { // an antenna that meets two people a tenth of a second apart
		sec := 2 * float64(i)
		turning(sec, i, s.position(0, 1.4*sec, 3, 1))
		turning(sec+.1, i, s.position(50, 1.4*sec, 3, 1))
	}
	s.flush(40)
	if n := len(s.live(track.Confirmed)); n != 2 {
		t.Errorf("%d tracks, want 2: %s", n, ids(s.live(track.Confirmed)))
	}
}

func TestTracker_returnsOfOneLookKeepTheirOwnTimes(t *testing.T) {
	s := newScene(t, radar("a", 0, 0))
	for i := range 15 {
		scan := sweep("a", 2*float64(i)+1, s.position(25*2*float64(i), 500, 3, 1))
		scan.Detections[0].EventTime = at(2 * float64(i)) // the antenna passed it a second before the sweep was complete
		s.feed(scan)
	}
	s.flush(28.5)
	tr := s.one()
	if !tr.Last.Equal(at(28)) {
		t.Errorf("last detection %v, want %v", tr.Last, at(28))
	}
	if tr.Existence < .99 {
		t.Errorf("existence %v: the sweep counted a miss of what it had detected", tr.Existence)
	}
}

func TestTracker_resumesFromASnapshotToTheBit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := newScene(t, trafficSensors()...)
		scans := traffic(a, 120)
		stop := rapid.IntRange(1, 110).Draw(rt, "stop")
		steps := rapid.IntRange(0, 4).Draw(rt, "steps") // also between two steps of one record
		for _, scan := range scans[:stop] {
			a.feed(scan)
		}
		a.tracker.Add(scans[stop].EventTime, scans[stop])
		for range steps {
			a.tracker.Step(scans[stop].EventTime)
		}
		data, err := a.tracker.AppendSnapshot([]byte("kept"))
		if err != nil {
			rt.Fatal(err)
		}
		data, kept := bytes.CutPrefix(data, []byte("kept"))
		if !kept {
			rt.Fatal("what was in dst is gone")
		}
		b := newScene(t, trafficSensors()...)
		if err := b.tracker.Restore(data); err != nil {
			rt.Fatal(err)
		}
		a.shown = nil
		for _, s := range []*scene{a, b} {
			s.run(scans[stop].EventTime)
			for _, scan := range scans[stop+1:] {
				s.feed(scan)
			}
			s.flush(80)
		}
		if got, want := story(b), story(a); got != want {
			rt.Fatalf("the restored one tells another story: %s", firstDifference(got, want))
		}
		x, _ := a.tracker.AppendSnapshot(nil)
		y, _ := b.tracker.AppendSnapshot(nil)
		if !bytes.Equal(x, y) {
			rt.Fatal("the states differ after the same records")
		}
	})
}

func TestTracker_restoreForgetsASensorThatIsGoneAndRefusesRubbish(t *testing.T) {
	a := newScene(t, trafficSensors()...)
	for _, scan := range traffic(a, 60) {
		a.feed(scan)
	}
	data, err := a.tracker.AppendSnapshot(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := newScene(t, trafficSensors()[1:]...)
	if err := b.tracker.Restore(data); err != nil {
		t.Fatal(err)
	}
	for tr := range b.tracker.Tracks() {
		for _, e := range tr.Evidence {
			if e.Sensor == "a" {
				t.Errorf("%s still has evidence of the sensor that is gone", tr.ID)
			}
		}
	}
	b.feed(sweep("b", 31, b.position(10, 43, 4, 0)))
	b.flush(40)
	before, _ := b.tracker.AppendSnapshot(nil)
	if err := b.tracker.Restore(data[:len(data)/2]); err == nil {
		t.Error("half a snapshot was restored")
	}
	if after, _ := b.tracker.AppendSnapshot(nil); !bytes.Equal(before, after) {
		t.Error("a refused snapshot changed the state")
	}
}

// A tentative track outlives the only sensor that saw it: another sensor's plot beside it stops nothing.
func TestTracker_aTentativeTrackOutlivesTheSensorThatBeganIt(t *testing.T) {
	a := newScene(t, radar("a", 0, 0), radar("b", 0, 0))
	a.feed(sweep("a", 0, a.position(100, 500, 4, 0)))
	a.flush(1)
	data, err := a.tracker.AppendSnapshot(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := newScene(t, radar("b", 0, 0))
	if err := b.tracker.Restore(data); err != nil {
		t.Fatal(err)
	}
	if found := b.live(track.Tentative); len(found) != 1 || len(found[0].Evidence) != 0 {
		t.Fatalf("restored: %s", ids(found))
	}
	b.feed(sweep("b", 1.5, b.position(101, 501, 4, 0)))
	b.flush(4)
	if found := b.live(track.Tentative); len(found) != 1 || len(found[0].Evidence) != 1 || found[0].Evidence[0].Sensor != "b" {
		t.Errorf("%s", ids(found))
	}
}

// Which of a scan's returns comes first says nothing of what the sensor sends.
func TestTracker_theOrderOfBearingsAndPlacesChangesNothing(t *testing.T) {
	var bears [2]bool
	for k := range bears {
		s := newScene(t, radar("a", 0, 0), of(sensor.Camera, radar("eye", 0, 0)))
		ds := []detection.Detection{s.bearing(10, 500, .1, 0), s.position(10, 500, 4, 0)}
		if k > 0 {
			ds[0], ds[1] = ds[1], ds[0]
		}
		s.feed(sweep("eye", 0, ds...))
		s.flush(1)
		bears[k] = s.tracker.states[1].Bears
	}
	if bears[0] != bears[1] {
		t.Error("a scan of a bearing and a place is another one when the place comes first")
	}
}
