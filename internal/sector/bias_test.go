package sector_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"cutline/internal/geo"
	"cutline/internal/record"
)

// turned gives what two towers make of three walkers over ten minutes; after from s the second one's azimuths are wrong by as much.
func turned(by geo.Degrees, from float64) (inputs []record.Input) {
	s := scene{Seconds: 600, Targets: []target{
		{Class: "person", Speed: 1.4, Path: [][2]float64{{-1500, -700}, {-500, -700}}},
		{Class: "person", Speed: 1.3, Path: [][2]float64{{1200, -900}, {100, -800}}},
		{Class: "person", Speed: 1.2, Path: [][2]float64{{300, 900}, {1500, 700}}},
	}}
	inputs = s.inputs(7)
	for i := range inputs {
		if in := &inputs[i]; in.Sensor == "twr-02" && in.Received.After(after(from)) {
			for k := range in.Scans[0].Detections {
				in.Scans[0].Detections[k].Polar.Azimuth += by.Radians()
			}
		}
	}
	return inputs
}

func TestBias_aMastThatAStormTurnsIsAnAlertAndInItsSensorsEvents(t *testing.T) {
	c := config()
	for i := range 2 {
		c.Sensors[i].Error.AzimuthBias = .2
	}
	for _, test := range []struct {
		about  string
		by     geo.Degrees
		alerts []string
	}{
		{"as it stands", 0, nil},
		{"within what its definition says", .2, nil},
		{"turned", 3, []string{"new unacknowledged medium"}},
		{"turned the other way", -3, []string{"new unacknowledged medium"}},
	} {
		t.Run(test.about, func(t *testing.T) {
			core := newSector(t, c)
			var got []string
			told := map[string]record.Bias{}
			for _, in := range turned(test.by, 200) {
				for _, e := range core.Step(in, nil) {
					if a := e.Alert; a != nil && a.Kind == "sensor_bias" {
						got = append(got, a.Change+" "+a.State+" "+a.Priority)
						if a.Sensor != "twr-02" {
							t.Errorf("alert of %s, want twr-02: %s", a.Sensor, a.Text)
						}
					}
					if e.Sensor != nil {
						told[e.Sensor.ID] = e.Sensor.Bias
					}
				}
			}
			if !slices.Equal(got, test.alerts) {
				t.Errorf("alerts %q, want %q", got, test.alerts)
			}
			between := told["twr-02"].AzimuthDeg - told["twr-01"].AzimuthDeg
			if off := float64(test.by); math.Abs(between-off) > .15+.1*math.Abs(off) {
				t.Errorf("the two are said to differ by %.2f°, want %.2f", between, off)
			}
		})
	}
}

// A tower whose clock is wrong by more than half a second is an alarm, once the quads that others see too have told it for sure.
func TestBias_aClockThatIsOffIsAnAlertAndInItsSensorsEvents(t *testing.T) {
	c := config()
	for i := range 2 {
		c.Sensors[i].Error.AzimuthBias, c.Sensors[i].Error.ClockBias = .1, 500*time.Millisecond
	}
	c.Sensors[0].Error.ClockBias = 0 // it has a receiver of satellites' time
	s := scene{Seconds: 600}
	for _, north := range []float64{-900, 700} {
		way := target{Class: "vehicle", Speed: 14}
		for i := range 6 {
			way.Path = append(way.Path, [2]float64{-1500 + 3000*float64(i%2), north})
		}
		s.Targets = append(s.Targets, way)
	}
	for _, test := range []struct {
		behind float64
		alerts []string
	}{
		{0, nil}, {1.2, []string{"new"}}, {-.8, []string{"new"}},
	} {
		core := newSector(t, c)
		var got []string
		var told record.Bias
		for _, in := range s.inputs(5) {
			if in.Sensor == "twr-02" && len(in.Scans) > 0 {
				off := time.Duration(test.behind * float64(time.Second))
				in.Scans[0].EventTime = in.Scans[0].EventTime.Add(-off)
				for k := range in.Scans[0].Detections {
					d := &in.Scans[0].Detections[k]
					d.EventTime = d.EventTime.Add(-off)
				}
			}
			for _, e := range core.Step(in, nil) {
				if a := e.Alert; a != nil && a.Kind == "sensor_bias" && a.Change != "update" {
					got = append(got, a.Change)
					if a.Sensor != "twr-02" || !strings.Contains(a.Text, "its clock") {
						t.Errorf("alert of %s: %s", a.Sensor, a.Text)
					}
				}
				if e.Sensor != nil && e.Sensor.ID == "twr-02" {
					told = e.Sensor.Bias
				}
			}
		}
		if !slices.Equal(got, test.alerts) {
			t.Errorf("a clock %.1f s behind: alerts %q, want %q", test.behind, got, test.alerts)
		}
		if math.Abs(told.ClockS-test.behind) > .25 {
			t.Errorf("a clock %.1f s behind is said to be %.2f s", test.behind, told.ClockS)
		}
	}
}
