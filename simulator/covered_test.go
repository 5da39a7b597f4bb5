package simulator

import (
	"testing"

	"cutline/internal/record"
)

// TestTruth_saysWhichCrossingsASensorCouldSee: on the open prairie of Emerson both radars look at the whole line; in the forest woods
// hide parts of it; a sensor that is dead sees nothing.
func TestTruth_saysWhichCrossingsASensorCouldSee(t *testing.T) {
	count := func(s *Scenario) (covered, all int) {
		r, err := New(s, Options{Seed: 1, Start: DefaultStart()})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Write(Sinks{Truth: func(l record.Truth) error {
			if l.Type != "crossing" {
				return nil
			}
			if l.Covered == nil || l.Intent == "" {
				t.Errorf("crossing of %s says neither whether it is covered nor what it is about: %+v", l.Target, l)
				return nil
			}
			all++
			if *l.Covered {
				covered++
			}
			return nil
		}}); err != nil {
			t.Fatal(err)
		}
		return covered, all
	}
	load := func(name string) *Scenario {
		s, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if covered, all := count(load("emerson")); all < 10 || covered != all {
		t.Errorf("emerson: %d of %d covered, want all", covered, all)
	}
	if covered, all := count(load("forest")); covered == all || covered == 0 {
		t.Errorf("forest: %d of %d covered, want some", covered, all)
	}
	dead := load("emerson")
	for i := range dead.Sensors {
		dead.Sensors[i].Faults = []faultSpec{{Kind: "dead", At: durationSpan{0, 1e9}}}
	}
	if covered, all := count(dead); covered != 0 || all < 10 {
		t.Errorf("dead sensors: %d of %d covered, want none", covered, all)
	}
}
