package fusion

import (
	"testing"

	"cutline/internal/track"
)

// joined is one walker whom two sensors see beside each other at first, so that two tracks have become one.
func joined(t *testing.T) *scene {
	s := newScene(t, radar("a", 0, -3000), radar("b", 3000, 0))
	for i := range 40 {
		s.beside(i, map[bool]float64{true: 3, false: 14}[i > 15])
	}
	s.flush(79)
	if tr := s.one(); len(tr.Lineage) != 1 {
		t.Fatalf("no two tracks became one: %v", tr.Lineage)
	}
	return s
}

// beside is round i of a walker, whom b sees so many metres beside where a does.
func (s *scene) beside(i int, off float64) {
	sec := 2 * float64(i)
	s.feed(sweep("a", sec, s.position(0, 1.4*sec, 3, .3)))
	s.feed(sweep("b", sec+1, s.position(off, 1.4*(sec+1), 3, .3)))
}

func TestSplit_takesBackWhatWasJoined(t *testing.T) {
	s := joined(t)
	before := s.one()
	if reason := s.tracker.Split(before.ID, ""); reason != "" {
		t.Fatal(reason)
	}
	s.run(at(80))
	for i := 40; i < 80; i++ {
		s.beside(i, 3)
	}
	s.flush(160)
	for _, tr := range s.live(track.Confirmed, track.Coasting) {
		if len(tr.Lineage) != 0 {
			t.Errorf("they were joined again: %s has %v", tr.ID, tr.Lineage)
		}
	}
	seen := map[string]bool{}
	for _, tr := range s.shown {
		if tr.EventTime.After(at(78)) {
			seen[tr.ID] = true
		}
	}
	if !seen[before.ID] || !seen[before.Lineage[0]] {
		t.Errorf("shown since: %v, want %s and %s", seen, before.ID, before.Lineage[0])
	}
	if reason := s.tracker.Split(before.Lineage[0], ""); reason == "" {
		t.Error("nothing is left to take back, and it says nothing")
	}
}

func TestSplit_twoAreNeverOneAgainNotEvenAfterARestart(t *testing.T) {
	s := newScene(t, radar("a", 0, -2000), radar("b", 2000, 0))
	walk := func(from, to int) { // what two sensors see comes together and stays
		for i := from; i < to; i++ {
			s.beside(i, max(6, 60-2*float64(i)))
		}
	}
	walk(0, 15)
	found := s.live(track.Confirmed)
	if len(found) != 2 {
		t.Fatalf("want two: %s", ids(found))
	}
	if reason := s.tracker.Split(found[0].ID, found[1].ID); reason != "" {
		t.Fatal(reason)
	}
	data, err := s.tracker.AppendSnapshot(nil)
	if err != nil {
		t.Fatal(err)
	}
	again := newScene(t, s.sensors...)
	if err := again.tracker.Restore(data); err != nil {
		t.Fatal(err)
	}
	s.tracker = again.tracker
	walk(15, 60)
	for _, tr := range s.live(track.Confirmed, track.Coasting) {
		if len(tr.Lineage) > 0 {
			t.Errorf("%s has taken up %v", tr.ID, tr.Lineage)
		}
	}
}

func TestSplit_saysWhyNothingCameOfIt(t *testing.T) {
	s := joined(t)
	id := s.one().ID
	for _, pair := range [][2]string{{"nobody", ""}, {id, "nobody"}, {id, id}} {
		if s.tracker.Split(pair[0], pair[1]) == "" {
			t.Errorf("%q is accepted", pair)
		}
	}
}

func TestFriendly_lastsUntilItIsTakenBack(t *testing.T) {
	s := joined(t)
	id := s.one().ID
	more := func(from, to int) track.Track {
		for i := from; i < to; i++ {
			s.beside(i, 3)
		}
		s.flush(float64(2*to - 1))
		return s.one()
	}
	if reason := s.tracker.Friendly(id, false); reason != "" {
		t.Fatal(reason)
	}
	if !more(40, 160).Friendly {
		t.Error("forgotten after four minutes")
	}
	if reason := s.tracker.Friendly(id, true); reason != "" {
		t.Fatal(reason)
	}
	if more(160, 170).Friendly {
		t.Error("still friendly after it was taken back")
	}
	if s.tracker.Friendly("nobody", false) == "" {
		t.Error("nobody is made a friend, and it says nothing")
	}
}
