package fusion

import (
	"testing"

	"cutline/internal/detection"
	"cutline/internal/sensor"
	"cutline/internal/track"
)

// Three walk together for two minutes, then one goes off to the side.
func TestTracker_companionsAreOneTrackWithACountUntilTheyPart(t *testing.T) {
	s := newScene(t, radar("a", 0, -2000))
	for i := range 120 {
		sec := float64(2 * i)
		off := max(0, 1.2*(sec-120))
		s.feed(sweep("a", sec, s.position(0, 1.4*sec, 3, 1), s.position(8, 1.4*sec, 3, 1), s.position(-8-off, 1.4*sec, 3, 1)))
		if i == 59 {
			s.flush(sec)
			if found := s.live(track.Confirmed); len(found) != 1 || found[0].Count != 3 {
				t.Fatalf("while they go together: %d tracks, want one of three: %+v", len(found), found)
			}
		}
	}
	s.flush(240)
	found := s.live(track.Confirmed)
	if len(found) != 2 {
		t.Fatalf("when they have parted: %d tracks, want two: %s", len(found), ids(found))
	}
	if found[0].Count+found[1].Count != 3 {
		t.Errorf("%d and %d of three", found[0].Count, found[1].Count)
	}
}

// What can not be told apart begins no track of its own, but is counted.
func TestTracker_returnsOfOneCellAreOneTrackWithACount(t *testing.T) {
	s := newScene(t, radar("a", 0, -2000))
	for i := range 60 {
		sec := float64(2 * i)
		s.feed(sweep("a", sec, s.position(0, 1.4*sec, 8, 1), s.position(2, 1.4*sec, 8, 1)))
	}
	s.flush(118)
	found := s.live(track.Confirmed)
	if len(found) != 1 || found[0].Count != 2 {
		t.Errorf("want one track of two: %+v", found)
	}
}

func TestTracker_bearingsOfOneLookCountCompanions(t *testing.T) {
	s := newScene(t, radar("a", 0, -2000), of("camera", radar("eye", 0, -1500)))
	for i := range 60 {
		sec := float64(2 * i)
		s.feed(sweep("a", sec, s.position(0, 1.4*sec, 4, 1)))
		var marks []detection.Detection
		for k := range 4 {
			marks = append(marks, s.bearing(2*float64(k)-3, 1.4*sec, .1, .2))
		}
		s.feed(sweep("eye", sec+.5, marks...))
	}
	s.flush(118)
	found := s.live(track.Confirmed)
	if len(found) != 1 || found[0].Count != 4 {
		t.Errorf("want one track of four: %+v", found)
	}
}

// A lidar or a near radar sees bow and stern of a ship: rigid, so one track that is not two. Two boats that then part are two.
func TestTracker_theEndsOfAHullAreOneTrack(t *testing.T) {
	many := radar("a", 0, -2000)
	many.ReturnsPerTarget = sensor.Many
	s := newScene(t, many)
	for i := range 90 {
		sec := float64(i)
		aside := max(0, 2*(sec-45))
		s.feed(sweep("a", sec, s.position(0, 2*sec, 2, 1), s.position(aside, 2*sec-22, 2, 1)))
		if i == 44 {
			s.flush(sec)
			if tr := s.one(); tr.Count != 1 {
				t.Errorf("a hull counts as %d", tr.Count)
			}
		}
	}
	s.flush(89)
	if found := s.live(track.Confirmed); len(found) != 2 {
		t.Errorf("when they have parted: %d tracks, want two: %s", len(found), ids(found))
	}
}
