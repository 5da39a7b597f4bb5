package sector_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"cutline/internal/detection"
	"cutline/internal/record"
	"cutline/internal/sector"
)

// lateScene is a walker whom one tower sees alone, while the other says all the time that it sees nobody: its scans come in time, those
// of the first so much later.
func lateScene(late time.Duration) (sector.Config, []record.Input) {
	c := config()
	c.Sensors[1].Coverage.Range = 200
	s := scene{Seconds: 120, OneTower: true, Targets: []target{{Class: "person", Speed: 1.4, Path: [][2]float64{{-300, -80}, {-300, 90}}}}}
	all := s.inputs(1)
	for i := range all {
		if all[i].Sensor == "twr-01" {
			all[i].Received = all[i].Received.Add(late)
		}
	}
	for k := .5; k < s.Seconds; k += 2 {
		all = append(all, record.Input{
			Kind: record.Message, Received: after(k + .04), Sensor: "twr-02", Topic: "border/emerson/twr-02/detections", Raw: []byte(`{}`),
			Scans: []detection.Scan{{Sensor: "twr-02", EventTime: after(k), Sweep: true}},
		})
	}
	slices.SortStableFunc(all, func(a, b record.Input) int { return a.Received.Compare(b.Received) })
	return c, all
}

// A crossing that a late sensor alone sees is told once, where and when it was, as if the sensor were in time; so it is where the daemon
// is killed after every record.
func TestSector_aCrossingThatOnlyALateSensorSeesIsToldOnce(t *testing.T) {
	run := func(late time.Duration, killed bool) (told []record.CrossingEvent, alerts int, health *record.SensorEvent) {
		c, inputs := lateScene(late)
		core := newSector(t, c)
		var out []record.Event
		for _, in := range inputs {
			out = core.Step(in, out)
			if killed && in.Kind == record.Message {
				data, err := core.AppendSnapshot(nil)
				if err != nil {
					t.Fatal(err)
				}
				core = newSector(t, c)
				if err := core.Restore(data); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, e := range out {
			switch {
			case e.Type == record.CrossingType:
				told = append(told, *e.Crossing)
			case e.Type == record.AlertType && e.Alert.Kind == "crossing" && e.Alert.Change == "new":
				alerts++
			case e.Type == record.SensorType && e.Sensor.ID == "twr-01":
				health = e.Sensor
			}
		}
		return told, alerts, health
	}
	inTime, _, _ := run(0, false)
	if len(inTime) != 1 {
		t.Fatalf("%d crossings in time", len(inTime))
	}
	for _, late := range []time.Duration{3 * time.Second, 8 * time.Second, 20 * time.Second} {
		for _, killed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v killed %v", late, killed), func(t *testing.T) {
				told, alerts, health := run(late, killed)
				if len(told) != 1 || alerts != 1 {
					t.Fatalf("%d crossings, %d alerts", len(told), alerts)
				}
				if d := told[0].Time.Sub(inTime[0].Time).Abs(); d > time.Second || told[0].Direction != inTime[0].Direction {
					t.Errorf("%s at %v, in time %s at %v", told[0].Direction, told[0].Time, inTime[0].Direction, inTime[0].Time)
				}
				if health.LateUsed < 30 || health.Late > 12 {
					t.Errorf("%d late scans were used, %d were not", health.LateUsed, health.Late)
				}
			})
		}
	}
}
