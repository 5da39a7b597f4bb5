package fusion

import (
	"math"
	"testing"

	"cutline/internal/detection"
)

// A track that joins another one brings what its sensors have said of it, and not what every track begins with: else each one that joins
// would speak for unknown, against the camera that has seen the target all the time.
func TestTarget_heedsWhatWasToldAndNotWhatAllBeginWith(t *testing.T) {
	person := detection.Classes{detection.Person: .7, detection.Animal: .3}
	var seen, told target
	seen.Class, told.Class = startClass(), startClass()
	for range 3 {
		seen.classify(&person, 1)
	}
	before, stranger := seen.Class, startClass()
	seen.heed(&stranger, 1)
	for i := range before {
		if math.Abs(seen.Class[i]-before[i]) > 1e-9 {
			t.Errorf("one of whom nothing was told has moved %v from %.3f to %.3f", detection.Class(i), before[i], seen.Class[i])
		}
	}
	told.heed(&seen.Class, 1)
	for i := range told.Class {
		if math.Abs(told.Class[i]-seen.Class[i]) > 1e-9 {
			t.Errorf("%v is %.3f for one who takes over all that was told, want %.3f", detection.Class(i), told.Class[i], seen.Class[i])
		}
	}
	half := target{}
	half.Class = startClass()
	half.heed(&seen.Class, .5)
	if p := half.Class[detection.Person]; p <= stranger[detection.Person] || p >= seen.Class[detection.Person] {
		t.Errorf("half a word makes it a person with %.3f, want more than %.3f and less than %.3f", p, stranger[detection.Person],
			seen.Class[detection.Person])
	}
}
