package config

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cutline/internal/geo"
	"cutline/internal/sensor"
)

func TestShared_whatManySensorsShareIsWrittenOnce(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, "testdata/shared/cutline.yaml")
	by := map[string]sensor.Definition{}
	for _, d := range c.Sensors {
		by[d.ID] = d
	}
	for _, tc := range []struct {
		id, topic, group string
		pose             geo.LLA
		reach            geo.Metres
		silence          time.Duration
		steps            int
	}{
		{"gs-01", "site/{sensor}/trip", "seismic-west", geo.LLA{Lat: 49.0007, Lon: -97.25, Alt: 213}, 70, 2 * time.Hour, 0},
		{"gs-02", "site/{sensor}/trip", "seismic-west", geo.LLA{Lat: 49.0007, Lon: -97.24, Alt: 215}, 40, 30 * time.Minute, 0},
		{"twr-01", "site/{sensor}/radar", "twr-01", geo.LLA{Lat: 49.012, Lon: -97.24, Alt: 241}, 12000, 10 * time.Second, 3},
		{"twr-02", "site/twr-02/own", "twr-02", geo.LLA{Lat: 49.013, Lon: -97.3, Alt: 241}, 9000, 10 * time.Second, 0},
		{"p1", "phones/{sensor}", "p1", geo.LLA{}, 10e3, 5 * time.Minute, 0},
		{"p2", "phones/{sensor}", "p2", geo.LLA{}, 10e3, 5 * time.Minute, 0},
	} {
		d, there := by[tc.id]
		if !there {
			t.Errorf("there is no %s", tc.id)
			continue
		}
		if d.Topic != tc.topic || d.Group != tc.group || d.Pose.LLA() != tc.pose || d.Coverage.Range != tc.reach || d.MaxSilence != tc.silence ||
			len(d.Mapping) != tc.steps {
			t.Errorf("%s is %+v", tc.id, d)
		}
	}
	if len(c.Sensors) != 6 {
		t.Errorf("%d sensors, want 6", len(c.Sensors))
	}
	if step := by["twr-01"].Mapping[1]; step.Place != "cutline.yaml:20" {
		t.Errorf("a step that is shared stands at %s", step.Place)
	}
}

// Whoever reads an effective value must find the line to change.
func TestShared_eachValueKeepsThePlaceWhereItIsWritten(t *testing.T) {
	t.Parallel()
	text := mustLoad(t, "testdata/shared/cutline.yaml").Effective()
	_, text, _ = strings.Cut(text, "id: gs-02")
	text, _, _ = strings.Cut(text, "- id:")
	for key, place := range map[string]string{
		"group: seismic-west": "shared/cutline.yaml:10", "kind: ground": "many.yaml:6", "lat: 49.0007": "many.yaml:5",
		"range_m: 40": "many.yaml:5", "sector: emerson": "shared/cutline.yaml:9", "detection_probability: 0.9": "default",
	} {
		_, line, _ := strings.Cut(text, key)
		line, _, _ = strings.Cut(line, "\n")
		if !strings.HasSuffix(line, place) {
			t.Errorf("%s comes from %q, want %s", key, line, place)
		}
	}
}

// One mistake in what a hundred sensors share is one fault.
func TestShared_aMistakeIsToldOnce(t *testing.T) {
	t.Parallel()
	_, faults, err := Load(filepath.Join("testdata/faults/what_is_shared_is_wrong", "cutline.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	told := map[Position]int{}
	for _, f := range faults {
		if told[f.Position]++; told[f.Position] > 1 {
			t.Errorf("told again: %v", f)
		}
	}
	if len(faults) != 14 {
		t.Errorf("%d faults, want 14", len(faults))
	}
}
