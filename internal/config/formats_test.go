package config

import (
	"slices"
	"testing"

	"cutline/internal/normalize"
	"cutline/internal/sensor"
)

// TestFormats_theExamplesLoad reads configs/formats.yaml with all that it includes: an entry to copy for each format of devices.
func TestFormats_theExamplesLoad(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, "../../configs/formats.yaml")
	if _, err := normalize.New(c.Sensors); err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{normalize.Native: true} // every other example is one
	for _, s := range c.Sensors {
		shown[s.Format] = true
	}
	for _, format := range normalize.Formats() {
		if !shown[format] {
			t.Errorf("configs/sensors/formats has no sensor of %s", format)
		}
	}
	if i := slices.IndexFunc(c.Sensors, func(s sensor.Definition) bool { return s.ID == "cam-south" }); i < 0 ||
		c.Sensors[i].Camera.Name != "twr05_south" || c.Sensors[i].Camera.Width != 1280 {
		t.Errorf("cam-south has lost its camera: %+v", c.Sensors)
	}
}
