package sector_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/sector"
	"cutline/internal/sensor"
)

// changes steps a sector through inputs and gives the changes of its alerts in short.
func changes(t *testing.T, c sector.Config, inputs ...record.Input) (out []string) {
	t.Helper()
	core := newSector(t, c)
	for _, in := range inputs {
		for _, e := range core.Step(in, nil) {
			if a := e.Alert; a != nil {
				out = append(out, fmt.Sprint(a.Kind, " ", a.Change, " ", a.State, " ", a.Priority, " ", a.Count))
			}
		}
	}
	return out
}

func TestSystem_aDeadTowerOfThreeSensorsIsOneAlert(t *testing.T) {
	c := config()
	for i, id := range []string{"cam-01", "cam-02"} {
		d := c.Sensors[0]
		d.ID, d.Kind, d.MaxSilence = id, sensor.Camera, time.Duration(20+10*i)*time.Second
		c.Sensors = append(c.Sensors, d)
	}
	inputs := []record.Input{message("twr-01", 1, nil), message("cam-01", 1, nil), message("cam-02", 1, nil)}
	for s := 2.0; s < 60; s += 2 {
		inputs = append(append(inputs, message("twr-02", s, nil)), ticks(s+.2, s+2)...)
	}
	got := changes(t, c, inputs...)
	first, last := "sensor_silent new unacknowledged medium 1", "sensor_silent update unacknowledged high 3"
	if len(got) < 3 || got[0] != first || got[len(got)-1] != last {
		t.Errorf("got %q", got)
	}
}

func TestSystem_tamperIsToldAtOnce(t *testing.T) {
	got := changes(t, config(), message("twr-01", 1, nil),
		message("twr-01", 2, &detection.Status{State: detection.Online, Tamper: true}), message("twr-01", 3, nil),
		message("twr-01", 4, &detection.Status{State: detection.Online}))
	want := []string{"sensor_tamper new unacknowledged high 1", "sensor_tamper update returned high 1"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestSystem_aClockAheadIsAnAlertAndALateLinkIsNone(t *testing.T) {
	for ahead, want := range map[float64]int{1.5: 2, .5: 0, -30: 0} {
		var inputs []record.Input
		for s := 1.0; s < 140; s++ {
			in := message("twr-01", s, nil)
			in.Scans[0].EventTime = in.Received.Add(time.Duration(ahead * float64(time.Second)))
			if s > 60 {
				in.Scans[0].EventTime = in.Received
			}
			inputs = append(inputs, message("twr-02", s, nil), in)
		}
		if got := changes(t, config(), inputs...); len(got) != want || want > 0 && !strings.HasPrefix(got[0], "clock_skew new") {
			t.Errorf("%v s ahead: %q", ahead, got)
		}
	}
}

func TestSystem_aViewThatTurnsAwayForLongLeavesAGap(t *testing.T) {
	c := config()
	c.Sensors = c.Sensors[:1]
	look := func(s float64, width geo.Degrees) record.Input {
		in := message("twr-01", s, nil)
		in.Scans[0].HasView, in.Scans[0].View = true, detection.FieldOfView{Azimuth: 0, Width: width.Radians()}
		return in
	}
	var inputs []record.Input
	for s := 1.0; s < 400; s++ {
		width := geo.Degrees(360)
		if s > 100 && s < 140 || s > 200 && s < 330 {
			width = 40 // to the north, away from the line
		}
		inputs = append(inputs, look(s, width))
	}
	got := changes(t, c, inputs...)
	if !slices.Equal(got, []string{"coverage_gap new unacknowledged medium 1", "coverage_gap update returned medium 1"}) {
		t.Errorf("got %q", got)
	}
}

func TestSystem_thePartsOfTheDaemonReportByRecords(t *testing.T) {
	say := func(s float64, part, what string, well bool) record.Input {
		return record.Input{Kind: record.CommandGiven, Received: after(s), Command: &record.Command{
			Name: record.Report, Other: part, By: "cutline", Comment: what, Undo: well,
		}}
	}
	got := changes(t, config(), say(1, "influx", "", true), say(2, "influx", "refused", false), say(3, "influx", "refused", false),
		say(4, "journal", "12 messages are missing", false), say(5, "influx", "", true), say(6, "kitchen", "on fire", false))
	want := []string{
		"influx new unacknowledged high 1", "journal new unacknowledged high 1", "influx update returned high 1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
