package detection

import "testing"

func TestClass_namesReadBack(t *testing.T) {
	if len(ClassNames()) != NumClasses {
		t.Fatalf("%d names for %d classes", len(ClassNames()), NumClasses)
	}
	for c := range Class(NumClasses) {
		if got, ok := ParseClass(c.String()); !ok || got != c {
			t.Errorf("%v reads back as %v, %v", c, got, ok)
		}
	}
	for _, word := range []string{"", "Person", "people"} {
		if got, ok := ParseClass(word); ok {
			t.Errorf("%q is read as %v", word, got)
		}
	}
}

func TestClasses_bestIsTheFirstOfTheLargest(t *testing.T) {
	var p Classes
	p[Animal], p[Drone], p[Person] = .4, .4, .2
	if c, v := p.Best(); c != Animal || v != .4 {
		t.Errorf("best is %v with %v, want animal with 0.4", c, v)
	}
}

func TestState_silentIsNotForASensorToSay(t *testing.T) {
	for _, s := range []State{Online, Degraded, Offline} {
		if got, ok := ParseState(s.String()); !ok || got != s {
			t.Errorf("%v reads back as %v, %v", s, got, ok)
		}
	}
	for _, word := range []string{Silent.String(), UnknownState.String(), "ok"} {
		if got, ok := ParseState(word); ok {
			t.Errorf("%q is read as %v", word, got)
		}
	}
}

func TestGeometry_namesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for g := NoGeometry; g <= Trip; g++ {
		if seen[g.String()] {
			t.Errorf("%d is called %q, as another", g, g)
		}
		seen[g.String()] = true
	}
}
