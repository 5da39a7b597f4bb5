package config

import (
	"fmt"
	"testing"

	"cutline/internal/geo"
	"cutline/internal/sector"
	"cutline/internal/sensor"
)

func TestGuestsOf_areTheSensorsBesideThatReach(t *testing.T) {
	t.Parallel()
	at := func(id, of string, lon geo.Degrees, reach geo.Metres) sensor.Definition {
		return sensor.Definition{
			ID: id, Sector: of, HasPose: true, Pose: sensor.Pose{Lat: 49, Lon: lon}, Coverage: sensor.Coverage{Range: reach},
		}
	}
	c := Config{
		Sectors: []Sector{
			{"west", sector.Extent{West: -97.4, South: 48.9, East: -97.2, North: 49.1}},
			{"east", sector.Extent{West: -97.2, South: 48.9, East: -97, North: 49.1}},
			{"far", sector.Extent{West: -96.9, South: 48.9, East: -96.7, North: 49.1}},
		},
		Sensors: []sensor.Definition{
			at("radar", "west", -97.35, 12e3), at("pir", "west", -97.35, 60), at("near", "west", -97.21, 60),
			{ID: "drone", Sector: "west"},
			at("own", "east", -97.15, 5e3), at("long", "far", -96.85, 40e3),
		},
	}
	for i, want := range []string{"[own]", "[radar near drone]", "[]"} {
		ids := []string{}
		for _, d := range c.GuestsOf(c.Sectors[i]) {
			ids = append(ids, d.ID)
		}
		if fmt.Sprint(ids) != want {
			t.Errorf("guests of %s: %v, want %s", c.Sectors[i].ID, ids, want)
		}
	}
}
