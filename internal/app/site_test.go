package app

import (
	"encoding/json"
	"testing"

	"cutline/internal/config"
)

func TestSite_isTheConfigurationAsAMapShowsIt(t *testing.T) {
	cfg, faults, err := config.Load("../../configs/cutline.yaml")
	if err != nil || len(faults) > 0 {
		t.Fatal(err, faults)
	}
	got := site(cfg)
	if got.Name != cfg.Sectors[0].ID || len(got.Sectors) != len(cfg.Sectors) || len(got.Sensors) != len(cfg.Sensors) ||
		len(got.Border.Features) == 0 {
		t.Fatalf("%+v", got)
	}
	for i, s := range got.Sensors {
		if d := cfg.Sensors[i]; s.ID != d.ID || (s.Pose != nil) != d.HasPose || (s.Coverage != nil) != (d.Coverage.Range > 0) {
			t.Errorf("sensor %+v of %+v", s, d)
		}
	}
	line := got.Border.Features[0]
	points, ok := line.Geometry.Coordinates.([][2]float64)
	if !ok || line.Properties["left"] != cfg.Border.Sides[0] || points[0][0] > -90 || points[0][1] < 40 {
		t.Errorf("border %+v: longitude comes first", line)
	}
	if _, err := json.Marshal(got); err != nil {
		t.Error(err)
	}
}
