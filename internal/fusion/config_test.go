package fusion

import (
	"math"
	"slices"
	"testing"
)

func TestConfig_checkNamesEveryBadField(t *testing.T) {
	c := Defaults()
	c.Reorder = -1
	c.ConfirmExistence = 1
	c.ConfirmHits = 0
	c.Noise[1] = math.NaN()
	c.DeleteExistence = 0
	c.TentativeExistence = .4
	c.MaxSpeed = 0
	var got []string
	c.Check(func(path, _ string) { got = append(got, path) })
	want := []string{"reorder", "confirm_existence", "confirm_hits", "delete_existence", "tentative_existence", "noise[1]", "max_speed"}
	if !slices.Equal(got, want) {
		t.Errorf("faults at %v, want %v", got, want)
	}
	Defaults().Check(func(path, what string) { t.Errorf("the default of %s is a fault: %s", path, what) })
}
