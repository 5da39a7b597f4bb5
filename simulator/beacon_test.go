package simulator

import (
	"math"
	"slices"
	"testing"

	"cutline/internal/geo"
)

func TestBeacon_tellsEachCarrierAndNobodyElse(t *testing.T) {
	r := emptied(t, nil)
	r.put("boat", geo.ENU{E: 100}, geo.ENU{E: 3, N: 4})
	r.put("boat", geo.ENU{E: -900}, geo.ENU{N: 2})
	r.put("person", geo.ENU{}, geo.ENU{N: 1})
	r.targets[0].id, r.targets[1].id = "ferry-01", "ferry-02"
	spec := &sensorSpec{ID: "ais", Kind: "ais", Carrier: "ferry", Detection: 1, Error: errorSpec{Position: 8}}
	b := newBeacon(r, spec, stream(1, "test"))
	var errors []float64
	for k := range 500 {
		payload, _ := b.look(float64(k), nil)
		var m struct {
			Detections []struct {
				Track, Class string
				Position     struct{ Lat, Lon float64 }
				Velocity     struct {
					Speed float64 `json:"speed_mps"`
				}
			}
		}
		decodeInto(t, payload, &m)
		if len(m.Detections) != 2 || m.Detections[0].Track != "ferry-01" || m.Detections[1].Class != "boat" {
			t.Fatalf("%s", payload)
		}
		near(t, "speed", m.Detections[0].Velocity.Speed, 5, 0.01)
		p := r.plane(latLon{m.Detections[0].Position.Lat, m.Detections[0].Position.Lon})
		errors = append(errors, p.E-100-3*float64(k), p.N-4*float64(k))
	}
	mean, sigma := moments(errors)
	near(t, "mean error", mean, 0, 1)
	near(t, "σ of the error", sigma, 8, 0.6)
	r.targets = slices.Delete(r.targets, 0, 2)
	if payload, _ := newBeacon(r, spec, stream(1, "test")).look(1, nil); payload != nil {
		t.Errorf("nobody carries a transponder, and it says %s", payload)
	}
}

func TestCues_sendADroneAfterWhoComesNearAndBack(t *testing.T) {
	r := emptied(t, nil)
	spec := r.spec(t, "drone-01")
	spec.Aircraft.Cues = cueSpec{Within: 300, Reach: 3000, Dwell: 60 * second, Rest: 3600 * second}
	a := newAircraft(r, spec, stream(1, "test"))
	foot, _ := r.line.at(-97.18)
	r.put("person", geo.ENU{E: foot.E, N: foot.N - 150}, geo.ENU{N: 0.5})
	last, course, _ := a.pose(0)
	nearest, away, back := math.Inf(1), 0, 0
	for k := 1; k < 900; k++ {
		now := float64(k)
		a.seen = now - 1
		p, c, _ := a.pose(now)
		if d := p.Sub(last).Range(); d > spec.Aircraft.Speed+0.1 && a.errand.on {
			t.Fatalf("it jumps %v m in a second", d)
		}
		if d := math.Abs(float64(geo.WrapPi(geo.Radians(c - course)))); a.errand.on && d > spec.Aircraft.Speed/spec.Aircraft.TurnRadius+0.01 {
			t.Fatalf("it turns by %v rad in a second", d)
		}
		if a.errand.on {
			away++
			e, n := r.targets[0].walk.position(now)
			nearest = min(nearest, math.Hypot(p.E-e, p.N-n))
		} else if away > 0 {
			back++
		}
		last, course = p, c
	}
	if nearest > 700 || away < 60 || back < 100 {
		t.Errorf("%d s away, %v m from him at best, %d s back on its racetrack", away, nearest, back)
	}
}
