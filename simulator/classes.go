package simulator

import "math/rand/v2"

// classes are what a sensor makes of a body, percent for each of classNames; they sum to 100.
type classes [6]int

func classNames() [6]string {
	return [6]string{"person", "vehicle", "animal", "boat", "aircraft", "drone"}
}

// confused is what each class is mostly taken for: at range a deer is a person on all fours, and a boat is a car on the water.
func confused(i int) int { return [6]int{2, 3, 0, 1, 5, 4}[i] }

// classify gives a sensor's opinion of a body, right with the given probability, with about that confidence.
func classify(rnd *rand.Rand, class string, right float64) classes {
	said := 0
	for i, name := range classNames() {
		if name == class {
			said = i
		}
	}
	if rnd.Float64() > right {
		said = confused(said)
	}
	var c classes
	c[said] = int(100 * min(0.97, max(0.4, right+0.08*rnd.NormFloat64())))
	other := confused(said)
	c[other] = (100 - c[said]) * 3 / 4
	rest := (other + 1) % 3 // a third class that is no boat
	if rest == said || rest == other {
		rest = (rest + 1) % 3
	}
	c[rest] += 100 - c[said] - c[other]
	return c
}
