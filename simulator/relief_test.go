package simulator

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"cutline/internal/geo"
)

func TestRelief_hasItsSigmaAndItsLength(t *testing.T) {
	if r := newRelief(1, reliefSpec{}); r.at(100, 200) != 0 {
		t.Error("flat ground rises")
	}
	var heights, steps []float64
	for seed := range uint64(400) {
		r := newRelief(seed, reliefSpec{Sigma: 2, Length: 80})
		heights = append(heights, r.at(500, -300))
		steps = append(steps, r.at(510, -300)-r.at(500, -300))
	}
	_, sigma := moments(heights)
	_, slope := moments(steps)
	near(t, "sigma of the height", sigma, 2, .2)
	near(t, "sigma of the slope over 10 m", slope/10, 2./80, .004)
}

// A camera that is said to send elevations measures the feet where they stand, on ground that is not flat; one that is not sends none.
func TestCamera_tellsTheElevationOfFeet(t *testing.T) {
	for _, level := range []float64{0, .05} {
		r := emptied(t, func(s *Scenario) { s.Relief = reliefSpec{Sigma: 5} })
		spec := r.spec(t, "cam-01")
		spec.Camera.Level = level
		camera := newCamera(r, spec, stream(1, "test"))
		at := geo.ENU{E: camera.mast.enu.E, N: camera.mast.enu.N - 1500}
		r.put("person", at, geo.ENU{N: 1e-6})
		var w weatherSpec
		for len(camera.marks) == 0 {
			bodies := camera.mast.near(1)
			camera.cue = 0
			camera.follow(bodies)
			camera.detect(&bodies[0], 1, &w)
		}
		up := r.scenario.Ground + r.relief.at(at.E, at.N) - spec.Pose.Alt
		near(t, "elevation", camera.marks[0].level, math.Atan(up/1500-1500/(2*6371e3)), 1e-4)
		tells := bytes.Contains(camera.encode(1, 1, nil), []byte(`"elevation_deg"`))
		var text bytes.Buffer
		spec.config(&text, r.scenario)
		ground := fmt.Sprintf("ground_m: %v, ground_sigma_m: 5", r.scenario.Ground)
		if written := bytes.Contains(text.Bytes(), []byte(ground)); tells != (level > 0) || written != tells {
			t.Errorf("with elevation_deg %v it sends elevations: %t, and its settings say where the ground is: %t", level, tells, written)
		}
	}
}
