package simulator

import (
	"testing"

	"cutline/internal/record"
)

// TestTruth_saysWhomASensorCouldSee: on the open prairie of Emerson both radars look at the whole line; in the forest woods
// hide parts of it; a sensor that is dead sees nothing.
func TestTruth_saysWhomASensorCouldSee(t *testing.T) {
	count := func(s *Scenario) (covered, all int, watched float64) {
		r, err := New(s, Options{Seed: 1, Start: DefaultStart()})
		if err != nil {
			t.Fatal(err)
		}
		rows := 0.0
		if err := r.Write(Sinks{Truth: func(l record.Truth) error {
			if l.Type != "crossing" {
				rows++
				if l.Covered != nil && *l.Covered {
					watched++
				}
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
		return covered, all, watched / rows
	}
	load := func(name string) *Scenario {
		s, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if covered, all, watched := count(load("emerson")); all < 10 || covered != all || watched < .9 || watched > .99 {
		t.Errorf("emerson: %d of %d covered, want all; %.3f of the time, want all but the first ten seconds", covered, all, watched)
	}
	if covered, all, watched := count(load("forest")); covered == all || covered == 0 || watched < .05 || watched > .5 {
		t.Errorf("forest: %d of %d covered, %.3f of the time, want some", covered, all, watched)
	}
	dead := load("emerson")
	for i := range dead.Sensors {
		dead.Sensors[i].Faults = []faultSpec{{Kind: "dead", At: durationSpan{0, 1e9}}}
	}
	if covered, all, watched := count(dead); covered != 0 || all < 10 || watched != 0 {
		t.Errorf("dead sensors: %d of %d covered, %.3f of the time, want none", covered, all, watched)
	}
}
