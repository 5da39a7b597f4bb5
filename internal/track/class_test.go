package track_test

import (
	"testing"

	"cutline/internal/detection"
	"cutline/internal/track"
)

func TestTrack_namesItsMostProbableClass(t *testing.T) {
	tr := track.Track{Class: detection.Classes{detection.UnknownClass: .2, detection.Animal: .7, detection.Person: .1}}
	if name, p := tr.BestClass(); name != "animal" || p != .7 {
		t.Errorf("got %s, %v", name, p)
	}
	if p := tr.ClassProbability("person"); p != .1 {
		t.Errorf("person is %v", p)
	}
	if p := tr.ClassProbability("ghost"); p != 0 {
		t.Errorf("a ghost is %v", p)
	}
}
