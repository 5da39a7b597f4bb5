package fusion

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cutline/internal/detection"
)

// Everything that was kept during an outage comes at once, in its old order: the same tracks.
func TestTracker_aBacklogMakesTheTracksThatItWouldHaveMadeInTime(t *testing.T) {
	inTime, scans := passed(t, 100, trafficSensors()...)
	want := story(inTime)
	rapid.Check(t, func(rt *rapid.T) {
		s := newScene(t, trafficSensors()...)
		down := rapid.IntRange(0, len(scans)-1).Draw(rt, "down_from")
		up := rapid.IntRange(down, len(scans)-1).Draw(rt, "up_from")
		outage := scans[up].EventTime.Add(time.Duration(rapid.IntRange(0, 3600).Draw(rt, "outage_s")) * time.Second)
		late := s.play(arrivals(scans[:down], 0))
		s.run(outage) // the first tick after the outage comes before what was kept
		for i, scan := range scans[down:] {
			received := outage.Add(time.Duration(i) * time.Millisecond) // a broker gives what it kept as fast as it can
			if i > up-down {
				received = outage.Add(scan.EventTime.Sub(scans[up].EventTime))
			}
			late += s.play([]arrival{{received, scan}})
		}
		if late > 0 {
			rt.Fatalf("%d scans were late", late)
		}
		s.flush(100)
		if got := story(s); got != want {
			rt.Fatalf("the story differs: %s", firstDifference(got, want))
		}
	})
}

func TestTracker_theSpeedOfReceiptChangesNothing(t *testing.T) {
	plain, hurried := newScene(t, trafficSensors()...), newScene(t, trafficSensors()...)
	scans := traffic(plain, 160)
	plain.play(arrivals(scans, 0))
	var fast []arrival
	for _, a := range arrivals(scans, 0) {
		fast = append(fast, arrival{midnight.Add(time.Hour + a.received.Sub(midnight)/20), a.scan})
	}
	hurried.play(fast)
	plain.flush(100)
	hurried.flush(100)
	if a, b := story(plain), story(hurried); a != b {
		t.Errorf("a day at twenty times its speed differs: %s", firstDifference(a, b))
	}
}

func TestTracker_aClockAheadMakesNobodyElseLate(t *testing.T) {
	s := newScene(t, trafficSensors()...)
	scans := traffic(s, 160)
	ahead := arrivals(scans, 300*time.Millisecond)
	for i := range ahead {
		if scan := &ahead[i].scan; scan.Sensor == "eye" {
			scan.EventTime = scan.EventTime.Add(1900 * time.Millisecond)
			for j := range scan.Detections {
				scan.Detections[j].EventTime = scan.EventTime
			}
		}
	}
	if late := s.play(ahead); late > 0 {
		t.Errorf("%d scans are late by one sensor's clock", late)
	}
}

func TestTracker_aLoneScanWaitsNoLongerThanTheWindow(t *testing.T) {
	s := newScene(t, radar("a", 0, -3000))
	s.tracker.Add(at(0.3), sweep("a", 0, s.polar("a", 10, 0, 0)))
	s.run(at(1.2))
	if n := len(slices.Collect(s.tracker.Tracks())); n != 0 {
		t.Fatalf("%d tracks before the scan's time was over", n)
	}
	s.run(at(1.31))
	if n := len(slices.Collect(s.tracker.Tracks())); n != 1 {
		t.Errorf("%d tracks a second after it came, want 1", n)
	}
}

func TestTracker_aQuietWorldGoesOnAfterAWhile(t *testing.T) {
	s := newScene(t, radar("a", 0, -3000))
	for i := range 30 {
		sec := float64(2 * i)
		s.feed(sweep("a", sec, s.position(0, 1.4*sec, 2, 1)))
	}
	idle := s.tracker.cfg.Idle.Seconds()
	for sec := 58.0; sec < 58+idle; sec += .2 {
		s.run(at(sec))
	}
	if got := s.one(); got.EventTime.After(at(60)) {
		t.Errorf("the track is at %v while nothing has come: want it to wait", got.EventTime)
	}
	for sec := 58 + idle; sec < 58+idle+300; sec += .2 {
		s.run(at(sec))
	}
	if n := len(slices.Collect(s.tracker.Tracks())); n != 0 {
		t.Errorf("%d tracks five minutes after the last scan", n)
	}
}

// arrivals come in order of event time, delayed.
func arrivals(scans []detection.Scan, delay time.Duration) []arrival {
	var all []arrival
	for _, scan := range scans {
		scan.Detections = slices.Clone(scan.Detections)
		all = append(all, arrival{scan.EventTime.Add(delay), scan})
	}
	return all
}
