package sector_test

import (
	"math"
	"testing"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/sensor"
)

// Two cameras, no radar: who crosses is told once, and where.
func TestSector_aCrossingThatOnlyTwoCamerasSeeIsToldOnce(t *testing.T) {
	s := scene{Seconds: 180, Targets: []target{{Class: "person", Speed: 1.4, Path: [][2]float64{{-500, -120}, {-480, 150}}}}}
	c := config()
	c.Sensors = c.Sensors[:2]
	for i := range c.Sensors {
		c.Sensors[i].Kind, c.Sensors[i].DetectionProbability = sensor.Camera, .8
	}
	for seed := range uint64(10) {
		core := newSector(t, c)
		var events []record.Event
		for _, in := range s.inputs(seed) {
			if in.Sensor == "phone" {
				continue
			}
			for i := range in.Scans {
				for j := range in.Scans[i].Detections {
					d := &in.Scans[i].Detections[j]
					d.Geometry, d.Polar.Range, d.PolarError.Range = detection.Bearing, 0, 0
				}
			}
			events = core.Step(in, events)
		}
		told := 0
		for _, e := range events {
			if e.Type != record.CrossingType {
				continue
			}
			told++
			place := frame.ENU(geo.LLA{Lat: geo.Degrees(e.Crossing.Lat), Lon: geo.Degrees(e.Crossing.Lon), Alt: 240})
			if off := math.Abs(place.E - s.crossings()[0][1]); off > 20 || e.Crossing.Direction != "US>CA" || len(e.Crossing.Groups) != 2 {
				t.Errorf("seed %d: told %.0f m off, %s, by %v", seed, off, e.Crossing.Direction, e.Crossing.Groups)
			}
		}
		if told != 1 || len(open(events)) != 1 {
			t.Errorf("seed %d: told %d times, %d alerts are open", seed, told, len(open(events)))
		}
	}
}
