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
	for ahead, want := range map[float64]int{1.5: 2, .5: 0, -3: 0} {
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

func TestSystem_aClockBehindIsSteadyAndASlowLinkIsNot(t *testing.T) {
	for name, tc := range map[string]struct {
		late func(s float64) float64
		want int
	}{
		"half a minute":           {func(float64) float64 { return 30 }, 1},
		"a link that fills up":    {func(s float64) float64 { return 10 + s/20 }, 0},
		"a stall now and then":    {func(s float64) float64 { return 30 * float64(int(s)/15%2) }, 0},
		"a satellite in between":  {func(float64) float64 { return 3 }, 0},
		"for less than a minute":  {func(s float64) float64 { return max(0, 30-s) }, 0},
		"behind, and jitters":     {func(s float64) float64 { return 30 + float64(int(s)%7)/2 }, 1},
		"behind, and right again": {func(s float64) float64 { return map[bool]float64{true: 30, false: 0}[s < 90] }, 2},
	} {
		var inputs []record.Input
		for s := 1.0; s < 170; s++ {
			in := message("twr-01", s, nil)
			in.Scans[0].EventTime = in.Received.Add(-time.Duration(tc.late(s) * float64(time.Second)))
			inputs = append(inputs, message("twr-02", s, nil), in)
		}
		if got := changes(t, config(), inputs...); len(got) != tc.want || tc.want > 0 && !strings.HasPrefix(got[0], "clock_skew new") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestSystem_aSensorOutOfServiceCallsNobodyUntilItIsBack(t *testing.T) {
	c, off := config(), config()
	off.Sensors[0].OutOfService = "the mast is painted"
	settings := func(s float64, c sector.Config) record.Input {
		data, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return record.Input{Kind: record.Configured, Received: after(s), Raw: data}
	}
	inputs := []record.Input{message("twr-01", 1, nil), message("twr-01", 2, &detection.Status{State: detection.Online, Tamper: true})}
	for s := 3.0; s < 30; s++ {
		inputs = append(inputs, message("twr-02", s, nil))
	}
	inputs = append(inputs, settings(30, off), message("twr-02", 31, nil), settings(40, c))
	inputs = append(inputs, message("twr-02", 41, nil), message("twr-01", 42, nil))
	got := changes(t, c, inputs...)
	want := []string{
		"sensor_tamper new unacknowledged high 1", "sensor_silent new unacknowledged medium 1",
		"sensor_silent update unacknowledged high 1",                                                 // it leaves a hole
		"sensor_tamper update out_of_service high 1", "sensor_silent update out_of_service medium 1", // and is not expected to watch anything
		"sensor_tamper update unacknowledged high 1", "sensor_silent update unacknowledged high 1",
		"sensor_silent update returned high 1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestSystem_whatASensorOutOfServiceSeesIsNotUsed(t *testing.T) {
	c := config()
	c.Sensors[0].OutOfService = "somebody tests it"
	core := newSector(t, c)
	heard, seen := false, 0
	for s := 1.0; s < 30; s++ {
		in := message("twr-01", s, nil)
		in.Scans[0].Detections = []detection.Detection{{
			EventTime: in.Scans[0].EventTime, Geometry: detection.Position, Position: geo.LLA{Lat: 49, Lon: -97.2},
			PositionError: detection.Covariance{EE: 9, NN: 9},
		}}
		for _, e := range core.Step(in, nil) {
			if e.Track != nil {
				seen++
			}
			heard = heard || e.Sensor != nil && slices.Contains(e.Sensor.Faults, "out of service: somebody tests it")
			if e.Coverage != nil && e.Coverage.WatchedFraction > 0 && !slices.ContainsFunc(e.Coverage.Cells, func(c record.Cell) bool {
				return slices.Contains(c.Sensors, "twr-02")
			}) {
				t.Errorf("it watches: %+v", e.Coverage)
			}
		}
	}
	if !heard || seen > 0 {
		t.Errorf("its health is told: %v; %d tracks", heard, seen)
	}
}
