package sector_test

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cutline/internal/detection"
	"cutline/internal/record"
	"cutline/internal/sector"
	"cutline/internal/sensor"
)

// busy is a scene with everything in it.
func busy() scene {
	return scene{
		Seconds: 240, Mute: "twr-02", Muted: [2]float64{60, 75}, Bad: 17,
		Targets: []target{
			{Class: "person", Speed: 1.4, Path: [][2]float64{{200, -130}, {230, 130}}},
			{Class: "person", Speed: 1.3, Path: [][2]float64{{-400, 140}, {-380, -120}}},
			{Class: "animal", Speed: 1, Path: [][2]float64{{600, -60}, {640, -5}, {800, -70}}},
			{Class: "vehicle", Speed: 7, Path: [][2]float64{{-900, -600}, {-850, 700}}},
			{Class: "person", Speed: 1.4, Phone: true, Path: [][2]float64{{0, -150}, {20, 120}}},
		},
	}
}

func TestStep_theSameInputsGiveTheSameBytes(t *testing.T) {
	s := busy()
	a, b := lines(t, s.run(t, 5)), lines(t, s.run(t, 5))
	if !bytes.Equal(a, b) {
		t.Error("two runs of one journal differ")
	}
	if len(a) < 1000 {
		t.Errorf("only %d bytes of events: nothing is compared", len(a))
	}
}

func TestRestore_stepsOnAsTheOneThatNeverStopped(t *testing.T) {
	s := busy()
	inputs := s.inputs(3)
	rapid.Check(t, func(t *rapid.T) {
		stop := rapid.IntRange(0, len(inputs)-1).Draw(t, "stop")
		until := min(len(inputs), stop+rapid.IntRange(1, 600).Draw(t, "more"))
		first := newSector(t, config())
		for _, in := range inputs[:stop] {
			first.Step(in, nil)
		}
		data, err := first.AppendSnapshot([]byte("head"))
		if err != nil {
			t.Fatal(err)
		}
		second := newSector(t, config())
		if err := second.Restore(data[len("head"):]); err != nil {
			t.Fatal(err)
		}
		for i, in := range inputs[stop:until] {
			a, b := lines(t, first.Step(in, nil)), lines(t, second.Step(in, nil))
			if !bytes.Equal(a, b) {
				t.Fatalf("input %d after the snapshot:\n%s\n%s", i, a, b)
			}
		}
	})
}

func TestRestore_refusesAnothersSnapshot(t *testing.T) {
	data, err := newSector(t, config()).AppendSnapshot(nil)
	if err != nil {
		t.Fatal(err)
	}
	other := config()
	other.ID = "gretna"
	if err := newSector(t, other).Restore(data); err == nil || !strings.Contains(err.Error(), "gretna") {
		t.Errorf("got %v", err)
	}
	if err := newSector(t, config()).Restore(data[:len(data)/2]); err == nil {
		t.Error("half a snapshot was taken")
	}
}

// told is what must not change when the order of arrival does: ids and times of crossings and alerts.
func told(events []record.Event) (out []string) {
	for _, e := range events {
		switch e.Type {
		case record.CrossingType:
			out = append(out, fmt.Sprint("crossing ", e.Crossing.ID, e.Crossing.Time, e.Crossing.Direction))
		case record.AlertType:
			if e.Alert.Kind == "crossing" {
				out = append(out, fmt.Sprint("alert ", e.Alert.ID, e.Alert.Change, e.Alert.Time, e.Alert.Level))
			}
		case record.TrackType, record.SensorType, record.CoverageType, record.RejectType:
		}
	}
	return out
}

func TestStep_shufflingWithinTheReorderWindowChangesNoCrossingAndNoAlert(t *testing.T) {
	s := busy()
	inputs := s.inputs(11)
	want := told(step(t, inputs))
	if len(want) < 6 {
		t.Fatalf("only %v to compare", want)
	}
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		late := slices.Clone(inputs)
		for i := range late {
			if late[i].Kind == record.Message {
				late[i].Received = late[i].Received.Add(time.Duration(r.Int64N(int64(config().Fusion.Reorder * 8 / 10))))
			}
		}
		slices.SortStableFunc(late, func(a, b record.Input) int { return a.Received.Compare(b.Received) })
		if got := told(step(t, late)); !slices.Equal(got, want) {
			t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

func step(t interface{ Fatal(...any) }, inputs []record.Input) (out []record.Event) {
	core := newSector(t, config())
	for _, in := range inputs {
		out = core.Step(in, out)
	}
	return out
}

func TestStep_rejectsBetweenChangeNoCrossingAndNoAlert(t *testing.T) {
	s := busy()
	bad := step(t, s.inputs(4))
	s.Bad = 0
	good := step(t, s.inputs(4))
	if a, b := told(bad), told(good); !slices.Equal(a, b) || len(a) == 0 {
		t.Errorf("with rejects\n%s\nwithout\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
	}
	if count(bad, record.RejectType) == 0 {
		t.Error("no reject is told")
	}
}

func TestStep_everyCrossingIsAlertedOnceForManySeeds(t *testing.T) {
	s := busy()
	s.Mute, s.Bad = "", 0
	missed, extra := 0, 0
	for seed := range uint64(20) {
		n := 0
		for _, e := range step(t, s.inputs(seed)) {
			if e.Type == record.AlertType && e.Alert.Change == "new" && e.Alert.Kind == "crossing" {
				n++
			}
		}
		missed += max(0, 3-n) // two walkers and a vehicle; not the animal, not the patrol
		extra += max(0, n-3)
	}
	if missed > 0 || extra > 0 {
		t.Errorf("of 60 crossings %d missed, %d alerts too many", missed, extra)
	}
}

func TestStep_timeNeverGoesBack(t *testing.T) {
	core := newSector(t, config())
	core.Step(record.Input{Kind: record.Tick, Received: after(100)}, nil)
	core.Step(record.Input{Kind: record.Tick, Received: after(20)}, nil)
	out := core.Step(message("twr-01", 19, nil), nil)
	if len(out) != 1 || !out[0].Time.Equal(after(100)) {
		t.Errorf("got %s", lines(t, out))
	}
}

// message is an empty sweep or a status.
func message(id string, s float64, status *detection.Status) record.Input {
	in := record.Input{Kind: record.Message, Received: after(s), Sensor: id, Topic: "border/emerson/" + id + "/detections", Status: status}
	if status == nil {
		in.Scans = []detection.Scan{{Sensor: id, EventTime: after(s - .05), Sweep: true}}
	}
	return in
}

// health steps through inputs and gives what is told of twr-01.
func health(t *testing.T, inputs ...record.Input) (out []*record.SensorEvent) {
	for _, e := range step(t, inputs) {
		if e.Type == record.SensorType && e.Sensor.ID == "twr-01" {
			out = append(out, e.Sensor)
		}
	}
	return out
}

func ticks(from, to float64) (out []record.Input) {
	for s := from; s < to; s += .2 {
		out = append(out, record.Input{Kind: record.Tick, Received: after(s)})
	}
	return out
}

func states(all []*record.SensorEvent) (out []string) {
	for _, e := range all {
		if len(out) == 0 || out[len(out)-1] != e.State {
			out = append(out, e.State)
		}
	}
	return out
}

func TestHealth_aWillIsOfflineAtOnceAndTheNextMessageIsOnline(t *testing.T) {
	got := health(t,
		message("twr-01", 1, nil), message("twr-01", 2, &detection.Status{State: detection.Offline}), message("twr-01", 9, nil))
	if s := states(got); !slices.Equal(s, []string{"online", "offline", "online"}) {
		t.Errorf("states %v", s)
	}
}

// Formats of others have messages that say no more than that the sensor is there, or how full its battery is.
func TestHealth_aSignOfLifeDoesNotMendASensor(t *testing.T) {
	ill := message("twr-01", 1, &detection.Status{State: detection.Degraded, Faults: []string{"fan"}, Tamper: true})
	alive := message("twr-01", 9, &detection.Status{Battery: 61, HasBattery: true})
	got := health(t, append(append(append([]record.Input{ill}, ticks(1.2, 9)...), alive), ticks(9.2, 15)...)...)
	last := got[len(got)-1]
	if last.State != "degraded" || !slices.Equal(last.Faults, []string{"fan", "tamper"}) || last.BatteryPct == nil || *last.BatteryPct != 61 {
		t.Errorf("after a sign of life: %+v", last)
	}
	well := message("twr-01", 13, &detection.Status{State: detection.Online})
	if got = health(t, ill, alive, well); got[len(got)-1].State != "online" || len(got[len(got)-1].Faults) != 0 {
		t.Errorf("after it said that it is well: %+v", got[len(got)-1])
	}
	gone := message("twr-01", 13, &detection.Status{State: detection.Offline})
	if s := states(health(t, ill, gone, message("twr-01", 14, &detection.Status{}))); s[len(s)-1] != "online" {
		t.Errorf("a sign of life after its will: %v", s)
	}
}

func TestHealth_aSensorThatComesAndGoesIsOneAlert(t *testing.T) {
	inputs := []record.Input{message("twr-01", 1, nil), message("twr-01", 2, &detection.Status{State: detection.Offline})}
	inputs = append(append(inputs, ticks(2.2, 30)...), message("twr-01", 30, nil))
	inputs = append(append(inputs, ticks(30.2, 50)...), message("twr-01", 50, nil))
	var got []string
	ids := map[string]bool{}
	for _, e := range step(t, inputs) {
		if e.Type == record.AlertType && e.Alert.Sensor == "twr-01" {
			got = append(got, e.Alert.Change)
			ids[e.Alert.ID] = true
		}
	}
	if len(ids) != 1 || got[0] != "new" || slices.Contains(got, "end") { // it comes and goes: one row, not one a minute
		t.Errorf("%v with %d ids", got, len(ids))
	}
}

func TestHealth_anHourWithoutTheDaemonIsNoSilence(t *testing.T) {
	got := health(t, message("twr-01", 1, nil),
		record.Input{Kind: record.Tick, Received: after(3600)}, record.Input{Kind: record.Tick, Received: after(3600.2)})
	if s := states(got); !slices.Equal(s, []string{"online"}) {
		t.Errorf("states %v", s)
	}
}

func TestHealth_tellsRateLatencyAndClockOffset(t *testing.T) {
	var inputs []record.Input
	for s := 1.0; s < 61; s += 2 {
		in := message("twr-01", s, nil)
		in.Scans[0].EventTime = in.Received.Add(-300 * time.Millisecond)
		if s == 41 {
			in.Scans[0].EventTime = in.Received.Add(-120 * time.Millisecond)
		}
		inputs = append(append(inputs, in), ticks(s+.2, s+2)...)
	}
	battery := 61.0
	inputs = append(inputs, message("twr-01", 61, &detection.Status{
		State: detection.Degraded, Battery: battery, HasBattery: true, Tamper: true, Faults: []string{"fan"},
	}))
	all := health(t, inputs...)
	got := all[len(all)-1]
	if got.State != "degraded" || got.RateHz < .45 || got.RateHz > .6 || got.LatencyMS < 280 || got.LatencyMS > 300 ||
		got.ClockOffsetMS != 120 || *got.BatteryPct != 61 || !slices.Equal(got.Faults, []string{"fan", "tamper"}) {
		t.Errorf("got %+v", got)
	}
	if n := len(all); n < 6 || n > 9 {
		t.Errorf("%d events in a minute, want one each 10 s and one for the change", n)
	}
}

func TestHealth_countsRejectsAndLateScans(t *testing.T) {
	late := message("twr-01", 8, nil)
	late.Scans[0].EventTime = after(1)
	late.Rejects = []record.Reject{{Path: "detections[0].time", Reason: "x"}, {Path: "detections[1].time", Reason: "x"}}
	inputs := append(append([]record.Input{message("twr-01", 2, nil)}, ticks(2.2, 8)...), late)
	got := health(t, append(append(inputs, ticks(8.2, 18)...), message("twr-01", 18.1, nil))...)
	if last := got[len(got)-1]; last.Rejects != 2 || last.Late != 1 {
		t.Errorf("got %+v", last)
	}
}

func TestReject_aPayloadOfFaultsDoesNotMakeGigabytes(t *testing.T) {
	in := record.Input{Kind: record.Rejected, Received: after(1), Sensor: "twr-01", Topic: "x", Raw: make([]byte, 1<<20)}
	in.Rejects = make([]record.Reject, 5000)
	size := len(lines(t, step(t, []record.Input{in})))
	if size > 2<<20 {
		t.Errorf("%d bytes of events of 1 MiB", size)
	}
	if n := count(step(t, []record.Input{in}), record.RejectType); n != 65 {
		t.Errorf("%d rejects", n)
	}
}

func TestCommand_forAnAlertThatIsNotOpenIsAReject(t *testing.T) {
	c := record.Command{Name: "ack", Alert: "beef", ID: "1"}
	out := step(t, []record.Input{{Kind: record.CommandGiven, Received: after(1), Command: &c}})
	if len(out) != 1 || out[0].Reject == nil || out[0].Reject.Path != "alert" || !strings.Contains(out[0].Reject.Reason, "beef") {
		t.Errorf("got %s", lines(t, out))
	}
}

func TestCommand_onATrackReachesIt(t *testing.T) {
	core := newSector(t, config())
	var last *record.TrackEvent
	command := func(name string, undo bool, id string) (told *record.TrackEvent, refused bool) {
		for _, in := range busy().inputs(2) {
			for _, e := range core.Step(in, nil) {
				if e.Track != nil && e.Track.Status == "confirmed" {
					last = e.Track
				}
			}
			if last != nil {
				break
			}
		}
		id = cmp.Or(id, last.ID)
		c := record.Command{Name: name, Track: id, Undo: undo}
		out := core.Step(record.Input{Kind: record.CommandGiven, Received: after(1e4), Command: &c}, nil)
		for _, e := range out {
			refused = refused || e.Reject != nil
			if e.Track != nil && e.Track.ID == id {
				told = e.Track
			}
		}
		return told, refused
	}
	if told, refused := command(record.Friendly, false, ""); refused || told == nil || !told.Friendly {
		t.Errorf("not told as a friend: %+v, refused %v", told, refused)
	}
	for _, name := range []string{record.Split, record.Friendly} {
		if _, refused := command(name, false, "nobody"); !refused {
			t.Errorf("%s of nobody is accepted", name)
		}
	}
}

func TestStep_eventsAreInTheOrderOfTheirTypes(t *testing.T) {
	core := newSector(t, config())
	for _, in := range busy().inputs(2) {
		at := -1
		for _, e := range core.Step(in, nil) {
			k := slices.Index(record.Types(), e.Type)
			if k < at {
				t.Fatalf("a %s event comes after one of type %s", e.Type, record.Types()[at])
			}
			at = k
		}
	}
}

func TestStep_aTrackIsToldOnceASecondAndWhenItsStatusChanges(t *testing.T) {
	last := map[string]record.Event{}
	n := 0
	for _, e := range step(t, busy().inputs(2)) {
		if e.Type != record.TrackType {
			continue
		}
		n++
		o, before := last[e.Track.ID]
		same := before && o.Track.Status == e.Track.Status && o.Track.Friendly == e.Track.Friendly
		if same && e.Time.Sub(o.Time) < time.Second {
			t.Fatalf("%s is told at %v and at %v", e.Track.ID, o.Time, e.Time)
		}
		last[e.Track.ID] = e
	}
	if n < 300 {
		t.Errorf("%d track events", n)
	}
}

func coverages(events []record.Event) (out []*record.CoverageEvent) {
	for _, e := range events {
		if e.Type == record.CoverageType {
			out = append(out, e.Coverage)
		}
	}
	return out
}

func TestCoverage_aSilentSensorLeavesAHole(t *testing.T) {
	s := scene{Seconds: 120, Mute: "twr-02", Muted: [2]float64{40, 80}}
	got := coverages(step(t, s.inputs(1)))
	if len(got) < 3 {
		t.Fatalf("%d coverage events", len(got))
	}
	whole, hole := got[len(got)-1], got[len(got)-2]
	if whole.WatchedFraction <= hole.WatchedFraction || hole.WatchedFraction < .5 {
		t.Errorf("watched %v with both, %v with one", whole.WatchedFraction, hole.WatchedFraction)
	}
	for i, c := range whole.Cells {
		if i > 0 && c.FromM != whole.Cells[i-1].ToM {
			t.Errorf("cells %d and %d do not meet", i-1, i)
		}
	}
	if n := len(whole.Cells); n < 3 || whole.Cells[n-1].ToM < 14e3 {
		t.Errorf("cells %+v", whole.Cells)
	}
}

func TestCoverage_followsADroneThatMoves(t *testing.T) {
	c := config()
	d := c.Sensors[0]
	d.ID, d.HasPose, d.Kind = "drone-1", false, "drone"
	d.Coverage.Range = 1500
	c.Sensors = append(c.Sensors[2:3:3], d)
	core := newSector(t, c)
	var out []record.Event
	for k := range 200 {
		s := float64(k)
		in := message("drone-1", s, nil)
		at := frame.Surface(-5000+30*s, 200, 300)
		in.Scans[0].Platform, in.Scans[0].HasPlatform = detection.Pose{LLA: at}, true
		out = core.Step(in, out)
	}
	got := coverages(out)
	if n := len(got); n < 3 || n > 6 {
		t.Fatalf("%d coverage events in 200 s", n)
	}
	a, b := got[0].Cells, got[len(got)-1].Cells
	if len(a) != 3 || len(b) != 3 || a[1].FromM == b[1].FromM || len(a[0].Sensors) != 0 || !slices.Equal(a[1].Sensors, []string{"drone-1"}) {
		t.Errorf("first %+v, last %+v", a, b)
	}
}

func TestCoverage_aGroundSensorDoesNotWatchAWholeCell(t *testing.T) {
	c := config()
	d := c.Sensors[0]
	d.ID, d.Kind, d.Coverage.Range = "gs-1", sensor.Ground, 60
	d.Pose.Lat, d.Pose.Lon = 49, -97.24
	c.Sensors = []sensor.Definition{d}
	core := newSector(t, c)
	var out []record.Event
	for k := range 20 {
		out = core.Step(message("gs-1", float64(k), nil), out)
	}
	got := coverages(out)
	if len(got) != 1 || len(got[0].Cells) != 1 || len(got[0].Cells[0].Sensors) != 0 {
		t.Fatalf("got %+v", got)
	}
	if metres := got[0].WatchedFraction * got[0].Cells[0].ToM; metres < 50 || metres > 160 {
		t.Errorf("%v m are watched: the sensor hears 60 m each way", metres)
	}
}

func TestNew_refusesASectorWithoutALine(t *testing.T) {
	c := config()
	c.Extent.South, c.Extent.North = 40, 40.1
	if _, err := sector.New(c); err == nil || !strings.Contains(err.Error(), "emerson") {
		t.Errorf("got %v", err)
	}
}

func TestExtent_checkFindsWhatCannotBe(t *testing.T) {
	for _, tc := range []struct {
		e    sector.Extent
		path string
	}{
		{sector.Extent{West: -97.5, South: 48.9, East: -97, North: 49.1}, "none"},
		{sector.Extent{West: -97, South: 48.9, East: -97.5, North: 49.1}, "east"},
		{sector.Extent{West: -97.5, South: 49.1, East: -97, North: 49.1}, "north"},
		{sector.Extent{West: -197, South: 48.9, East: -97, North: 49.1}, "west"},
		{sector.Extent{West: -98, South: 48.9, East: -97, North: 49.1}, ""},
	} {
		got := "none"
		tc.e.Check(func(path, _ string) { got = path })
		if got != tc.path {
			t.Errorf("%+v: fault at %q, want %q", tc.e, got, tc.path)
		}
	}
}

func BenchmarkStep(b *testing.B) {
	inputs := busy().inputs(1)
	b.ReportAllocs()
	for b.Loop() {
		core := newSector(b, config())
		var out []record.Event
		for _, in := range inputs {
			out = core.Step(in, out[:0])
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(inputs)), "ns/input")
}
