package detection

// Class is what a target is.
type Class uint8

// The classes. UnknownClass carries the probability that a sensor gave to none of the others.
const (
	UnknownClass Class = iota
	Person
	Vehicle
	Animal
	Boat
	Aircraft
	Drone
	Clutter
	NumClasses = iota
)

var classNames = [NumClasses]string{ //nolint:gochecknoglobals // a fixed table
	"unknown", "person", "vehicle", "animal", "boat", "aircraft", "drone", "clutter",
}

func (c Class) String() string { return classNames[c] }

// ParseClass reads a class by its name; false for a word that is none.
func ParseClass(word string) (Class, bool) {
	for i, name := range classNames {
		if name == word {
			return Class(i), true
		}
	}
	return UnknownClass, false
}

// ClassNames lists the names in the order of the classes.
func ClassNames() []string { return classNames[:] }

// Classes is a probability for each class, indexed by Class.
type Classes [NumClasses]float64

// Best is the most probable class, and its probability. Of equals the first wins.
func (p *Classes) Best() (Class, float64) {
	best := UnknownClass
	for c := range Class(NumClasses) {
		if p[c] > p[best] {
			best = c
		}
	}
	return best, p[best]
}
