package fusion

import (
	"math"

	"cutline/internal/detection"
)

const (
	classTemper = .5 // one sensor's looks repeat its mistakes
	classFloor  = .02
	strangers   = .5 // of a new track's class: unknown; the rest is even
)

func startClass() (c detection.Classes) {
	for i := range c {
		c[i] = (1 - strangers) / (detection.NumClasses - 1)
	}
	c[detection.UnknownClass] = strangers
	return c
}

// classify takes a sensor's class vector into the track's by Bayes' rule. What the sensor gives to unknown speaks for every class
// alike; no class is ruled out by one look.
func (tr *target) classify(seen *detection.Classes, weight float64) {
	const even = 1.0 / (detection.NumClasses - 1)
	sum := 0.0
	for _, p := range seen {
		sum += p
	}
	if !(sum > .5 && sum < 1.5) { // no distribution, or no number
		return
	}
	for i := range tr.Class {
		like := even
		if detection.Class(i) != detection.UnknownClass {
			like = seen[i] + seen[detection.UnknownClass]*even
		}
		tr.Class[i] *= math.Pow(classFloor+(1-classFloor)*like, classTemper*weight)
	}
	tr.normaliseClass()
}

// heed takes in what was told of another track that proves to be this one, to a power of weight: without what both began with, or each
// that joins would speak for unknown.
func (tr *target) heed(told *detection.Classes, weight float64) {
	begun := startClass()
	for i := range tr.Class {
		tr.Class[i] *= math.Pow(told[i]/begun[i], weight)
	}
	tr.normaliseClass()
}

// Above these speeds, m/s, a class is doubtful: a runner, a galloping deer, a boat or drone of the border's kind.
func fastest() [detection.NumClasses]float64 {
	return [detection.NumClasses]float64{
		detection.UnknownClass: math.Inf(1), detection.Person: 4, detection.Vehicle: 50, detection.Animal: 14,
		detection.Boat: 25, detection.Aircraft: math.Inf(1), detection.Drone: 30, detection.Clutter: 1.5,
	}
}

// paceClass lowers the classes that do not go that fast, by a fifth for each second in which the speed is surely above.
func (tr *target) paceClass(seconds float64) {
	slow := tr.Speed() - 2*math.Sqrt(tr.Cov[5]+tr.Cov[15])
	if slow <= 0 {
		return
	}
	change := false
	for i, limit := range fastest() {
		if slow > limit {
			tr.Class[i] *= math.Pow(.8, min(seconds, 5))
			change = true
		}
	}
	if change {
		tr.normaliseClass()
	}
}

func (tr *target) normaliseClass() {
	sum := 0.0
	for i := range tr.Class {
		tr.Class[i] = max(tr.Class[i], 1e-6) // so that no class is lost for good
		sum += tr.Class[i]
	}
	for i := range tr.Class {
		tr.Class[i] /= sum
	}
}
