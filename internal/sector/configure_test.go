package sector_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/sector"
	"cutline/internal/sensor"
)

// settings is the record that makes a sector what c says, received at s seconds.
func settings(t interface{ Fatal(...any) }, c sector.Config, s float64) record.Input {
	raw, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return record.Input{Kind: record.Configured, Received: after(s), Raw: raw}
}

// with puts a record into inputs, by its time.
func with(inputs []record.Input, in record.Input) []record.Input {
	i, _ := slices.BinarySearchFunc(inputs, in, func(a, b record.Input) int { return a.Received.Compare(b.Received) })
	return slices.Insert(slices.Clone(inputs), i, in)
}

// without is the configuration that lacks a sensor.
func without(id string) sector.Config {
	c := config()
	c.Sensors = slices.DeleteFunc(c.Sensors, func(d sensor.Definition) bool { return d.ID == id })
	return c
}

func TestConfigured_theSameSettingsChangeNothing(t *testing.T) {
	s := busy()
	inputs := s.inputs(4)
	plain, told := newSector(t, config()), newSector(t, config())
	for _, in := range inputs {
		a := lines(t, plain.Step(record.Input{Kind: record.Configured, Received: in.Received}, plain.Step(in, nil)))
		b := lines(t, told.Step(settings(t, config(), in.Received.Sub(start).Seconds()), told.Step(in, nil)))
		if !bytes.Equal(a, b) {
			t.Fatalf("at %v:\n%s\n%s", in.Received, a, b)
		}
	}
}

// A sensor that comes or goes leaves the tracks of the others what they were, and the alerts open.
func TestConfigured_tracksAndAlertsGoOnWhenASensorComesOrGoes(t *testing.T) {
	s := busy()
	added := config()
	added.Sensors = append(added.Sensors, sensor.Definition{
		ID: "late", Sector: "emerson", Group: "late", Kind: sensor.Radar, HasPose: true,
		Pose:     sensor.Pose{Lat: 49.03, Lon: -97.3, Alt: 900}, // a height that would move the plane
		Coverage: sensor.Coverage{Range: 10}, Error: sensor.Error{Range: 4, Azimuth: .2, Position: 5},
		DetectionProbability: .9, ClutterPerScan: .5, ReturnsPerTarget: sensor.One,
	})
	inputs := s.inputs(4)
	middle := float64(int(s.Seconds / 2))
	plain, told := newSector(t, config()), newSector(t, config())
	var a, b []record.Event
	for _, in := range with(inputs, record.Input{Kind: record.Configured, Received: after(middle)}) {
		a = plain.Step(in, a)
	}
	for _, in := range with(inputs, settings(t, added, middle)) {
		b = told.Step(in, b)
	}
	moved := func(all []record.Event) []byte {
		return lines(t, slices.DeleteFunc(slices.Clone(all), func(e record.Event) bool {
			return e.Type == record.CoverageType || e.Type == record.SensorType && e.Sensor.ID == "late"
		}))
	}
	if x, y := moved(a), moved(b); !bytes.Equal(x, y) {
		t.Errorf("a new sensor that sees nothing changed what the others say: %d and %d bytes", len(x), len(y))
	}
}

func TestConfigured_aSensorThatGoesSaysSoAndItsAlertEnds(t *testing.T) {
	s := newSector(t, config())
	var events []record.Event
	for k := 0.0; k < 30; k += .2 { // nobody says anything
		events = s.Step(record.Input{Kind: record.Tick, Received: after(k)}, events)
	}
	if silent := alerts(events, "new"); len(silent) != 1 {
		t.Fatalf("%d alerts of a silent radar, want 1", len(silent))
	}
	events = s.Step(settings(t, without("twr-02"), 30), nil)
	if ended := alerts(events, "end"); len(ended) != 1 {
		t.Errorf("its alert goes on: %s", lines(t, events))
	}
	if !slices.ContainsFunc(events, func(e record.Event) bool {
		return e.Type == record.SensorType && e.Sensor.ID == "twr-02" && e.Sensor.State == "offline" &&
			slices.Equal(e.Sensor.Faults, []string{"no longer configured"})
	}) {
		t.Errorf("nobody is told that it is gone: %s", lines(t, events))
	}
}

// alerts of a silent radar.
func alerts(events []record.Event, change string) (all []*record.AlertEvent) {
	for _, e := range events {
		if e.Type == record.AlertType && e.Alert.Sensor == "twr-02" && e.Alert.Change == change {
			all = append(all, e.Alert)
		}
	}
	return all
}

// A start with another file must not change what the records between the snapshot and the start led to.
func TestRestore_keepsTheSettingsOfTheSnapshotUntilARecordSaysOtherwise(t *testing.T) {
	s := busy()
	inputs := with(s.inputs(3), settings(t, without("twr-02"), 20))
	inputs = with(inputs, settings(t, config(), 40))
	whole := newSector(t, config())
	for i, in := range inputs {
		stopped := newSector(t, without("phone")) // what the file says at the start
		data, err := whole.AppendSnapshot(nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := stopped.Restore(data); err != nil {
			t.Fatal(err)
		}
		a, b := lines(t, whole.Step(in, nil)), lines(t, stopped.Step(in, nil))
		if !bytes.Equal(a, b) {
			t.Fatalf("input %d:\n%s\n%s", i, a, b)
		}
		if i > 400 {
			return
		}
	}
}

func TestConfigured_whatCannotBeIsARejectAndChangesNothing(t *testing.T) {
	elsewhere, other := config(), config()
	elsewhere.Extent.West -= .1
	other.ID = "gretna"
	twice := config()
	twice.Sensors = append(twice.Sensors, twice.Sensors[0])
	for name, raw := range map[string][]byte{
		"another extent": settings(t, elsewhere, 0).Raw, "of sector": settings(t, other, 0).Raw,
		"defined twice": settings(t, twice, 0).Raw, "decode": []byte("{"),
	} {
		s := newSector(t, config())
		before, err := s.AppendSnapshot(nil)
		if err != nil {
			t.Fatal(err)
		}
		in := record.Input{Kind: record.Configured, Received: after(1), Raw: raw}
		events := s.Step(in, nil)
		if len(events) != 1 || events[0].Type != record.RejectType || !strings.Contains(events[0].Reject.Reason, name) {
			t.Errorf("%s: %s", name, lines(t, events))
		}
		same := newSector(t, config())
		if err := same.Restore(before); err != nil {
			t.Fatal(err)
		}
		same.Step(record.Input{Kind: record.Configured, Received: after(1)}, nil)
		a, errA := s.AppendSnapshot(nil)
		b, errB := same.AppendSnapshot(nil)
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: the state changed (%v, %v)", name, errA, errB)
		}
	}
}

// What is encoded and read again must be the same settings: else a start would be a change.
func TestEncode_isStable(t *testing.T) {
	c := config()
	c.Border.Lines[0].Points = append(c.Border.Lines[0].Points, c.Border.Lines[0].Points[2])
	c.Border.Lines[0].Points[1].Lat = geo.Degrees(49.0000123456789)
	first, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	s := newSector(t, c)
	if events := s.Step(record.Input{Kind: record.Configured, Received: after(0), Raw: first}, nil); len(events) != 0 {
		t.Errorf("its own settings changed a sector: %s", lines(t, events))
	}
	if len(first) > 8<<10 {
		t.Errorf("%d bytes for three sensors", len(first))
	}
}
