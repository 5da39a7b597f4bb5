package cot_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cutline/internal/geo"
	"cutline/internal/golden"
	"cutline/internal/notify/cot"
	"cutline/internal/record"
)

func at() time.Time {
	return time.Date(2026, 11, 24, 8, 12, 3, 125e6, time.FixedZone("local", -6*3600))
}

func walker() *record.TrackEvent {
	alt := 241.04
	return &record.TrackEvent{
		ID: "T417", Status: "confirmed", Lat: 49.000312345678, Lon: -97.24122, AltM: &alt, SpeedMPS: 1.4, CourseDeg: 351.3,
		Cov: record.Cov{EE: 16, NN: 64}, Existence: .99, Class: map[string]float64{"person": .8, "animal": .15, "vehicle": .05},
		Sensors: []string{"twr-01", "ugs-07"}, Groups: []string{"tower-01", "ugs-07"},
	}
}

func crossing() *record.AlertEvent {
	return &record.AlertEvent{
		ID: "93f2", Kind: "crossing", State: "unacknowledged", Level: "confirmed", Priority: "high", Change: "new", Lat: 49, Lon: -97.24122,
		Direction: "US>CA", Count: 2, Class: "person", Tracks: []string{"T417"},
		Text: `2 people crossed US>CA; radar "twr-01" & ugs-07 agree <96 %>`,
	}
}

func write(t testing.TB, e cot.Event) []byte {
	t.Helper()
	b, err := e.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEvents_areThoseOfTheFile(t *testing.T) {
	t.Parallel()
	lost, friend, standing := walker(), walker(), walker()
	lost.Status, lost.AltM, lost.SpeedMPS = "lost", nil, -0.001
	friend.Friendly, friend.Class, friend.Simulated = true, map[string]float64{"drone": .9}, true
	standing.CourseDeg, standing.Class, standing.Sensors = 359.97, nil, nil
	ended, shelved, silent := crossing(), crossing(), crossing()
	ended.Change, ended.State, ended.Verdict, ended.AckedBy = "end", "resolved", "crossing", "Ann O'Dowd"
	shelved.State = "shelved"
	silent.Kind, silent.Tracks, silent.Direction, silent.Text = "sensor_silent", nil, "", "Radar twr-01 is silent"
	of, sensor := cot.Track("emerson", walker(), at(), time.Minute), cot.Sensor("emerson",
		&record.SensorEvent{ID: "twr-01", State: "degraded", Faults: []string{"hot", "dim"}}, geo.LLA{Lat: 49.012, Lon: -97.24, Alt: 241},
		"radar", at(), time.Minute)
	events := []cot.Event{
		of, cot.Track("emerson", lost, at(), time.Minute), cot.Track("emerson", friend, at(), time.Minute),
		cot.Track("emerson", standing, at(), time.Minute), sensor,
		cot.Sensor("emerson", &record.SensorEvent{ID: "ugs-07", State: "online"}, geo.LLA{Lat: 49, Lon: -97}, "ground", at(), time.Minute),
		cot.Alert("emerson", crossing(), cot.Of(&of), at(), 2*time.Minute), cot.Alert("emerson", ended, cot.Of(&of), at(), 2*time.Minute),
		cot.Alert("emerson", shelved, cot.Of(&of), at(), 2*time.Minute), cot.Alert("emerson", silent, cot.Of(&sensor), at(), 2*time.Minute),
		cot.Ping(at()),
	}
	events = append(events, cot.Border("49th parallel", []geo.LLA{{Lat: 49, Lon: -97.5}, {Lat: 49, Lon: -97}}, at(), time.Hour)...)
	var all []byte
	for _, e := range events {
		b := write(t, e)
		for _, fault := range faults(b) {
			t.Errorf("%s\n%s", fault, b)
		}
		all = append(append(all, b...), "\n\n"...)
	}
	golden.Check(t, "testdata/events.xml", all)
}

// TestEvents_whateverTheNamesAreReceiversTakeThem: what a sensor, a track or a person is called comes from outside.
func TestEvents_whateverTheNamesAreReceiversTakeThem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		name, number := rapid.String().Filter(func(s string) bool { return s != "" }), rapid.Float64Range(-1e6, 1e6)
		track := walker()
		track.ID, track.Status, track.CourseDeg = name.Draw(r, "track"), name.Draw(r, "status"), number.Draw(r, "course")
		track.SpeedMPS, track.Cov.EN = number.Draw(r, "speed"), number.Draw(r, "cov")
		track.Class = map[string]float64{name.Draw(r, "class"): rapid.Float64Range(0, 1).Draw(r, "p")}
		a := crossing()
		a.ID, a.State, a.Priority, a.Text = name.Draw(r, "alert"), name.Draw(r, "state"), name.Draw(r, "priority"), name.Draw(r, "text")
		a.Direction, a.AckedBy, a.Change = name.Draw(r, "direction"), name.Draw(r, "by"), rapid.StringMatching("new|end").Draw(r, "change")
		sector := name.Draw(r, "sector")
		of := cot.Track(sector, track, at(), time.Minute)
		for _, e := range []cot.Event{of, cot.Alert(sector, a, cot.Of(&of), at(), time.Minute)} {
			b, err := e.Append(nil)
			if err != nil {
				r.Fatal(err)
			}
			if all := faults(b); len(all) > 0 {
				r.Fatalf("%v\n%s", all, b)
			}
		}
	})
}

func TestTrack_itsRadiusIsItsWorstDirection(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		cov  record.Cov
		want string
	}{
		{record.Cov{EE: 16, NN: 64}, `ce="8"`},
		{record.Cov{EE: 40, EN: 24, NN: 40}, `ce="8"`}, // the same, turned by 45°
		{record.Cov{}, `ce="0"`},
		{record.Cov{EE: math.NaN()}, `ce="9999999"`},
		{record.Cov{EE: 1e20}, `ce="9999999"`},
	} {
		tr := walker()
		tr.Cov = tc.cov
		if b := write(t, cot.Track("s", tr, at(), time.Minute)); !bytes.Contains(b, []byte(tc.want)) {
			t.Errorf("%+v: not %s in %s", tc.cov, tc.want, b)
		}
	}
}

func TestTrackType_isUnknownUntilAPersonSaysFriend(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		class    map[string]float64
		friendly bool
		want     string
	}{
		{nil, false, "a-u-G"},
		{map[string]float64{"person": .99}, false, "a-u-G"},
		{map[string]float64{"person": .99}, true, "a-f-G"},
		{map[string]float64{"vehicle": .5, "animal": .5}, false, "a-u-G"},
		{map[string]float64{"vehicle": .51}, false, "a-u-G-E-V"},
		{map[string]float64{"boat": .9}, true, "a-f-S"},
		{map[string]float64{"aircraft": .9}, false, "a-u-A"},
		{map[string]float64{"drone": .9}, true, "a-f-A-M-H-Q"},
	} {
		if got := cot.TrackType(&record.TrackEvent{Class: tc.class, Friendly: tc.friendly}); got != tc.want {
			t.Errorf("%v, friendly %v: %s, want %s", tc.class, tc.friendly, got, tc.want)
		}
	}
}

func TestStands_whatHasEndedOrIsOutOfSightDoesNot(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]bool{
		"unacknowledged": true, "acknowledged": true, "returned": true, "shelved": false, "suppressed": false, "out_of_service": false,
	} {
		if got := cot.Stands(&record.AlertEvent{Change: "update", State: state}); got != want {
			t.Errorf("%s: %v", state, got)
		}
	}
	if cot.Stands(&record.AlertEvent{Change: "end", State: "unacknowledged"}) {
		t.Error("what has ended stands")
	}
}

func TestBorder_isCutIntoPiecesThatMeet(t *testing.T) {
	t.Parallel()
	line := make([]geo.LLA, 250)
	for i := range line {
		line[i] = geo.LLA{Lat: 49, Lon: geo.Degrees(-97 + float64(i)/1e3)}
	}
	pieces := cot.Border("line", line, at(), time.Hour)
	last, vertices, uids := "", 0, map[string]bool{}
	for _, p := range pieces {
		b := write(t, p)
		if len(b) > 16<<10 {
			t.Errorf("%d bytes in one datagram", len(b))
		}
		root, err := parse(b)
		if err != nil {
			t.Fatal(err)
		}
		links := root.first("detail").all("link")
		if first := links[0].attrs["point"]; last != "" && first != last {
			t.Errorf("a gap between %s and %s", last, first)
		}
		last, vertices, uids[root.attrs["uid"]] = links[len(links)-1].attrs["point"], vertices+len(links), true
	}
	if want := len(line) + len(pieces) - 1; vertices != want || len(uids) != len(pieces) || !strings.HasPrefix(last, "49.0000000,-96.751") {
		t.Errorf("%d vertices, want %d; %d names for %d pieces; the end is %s", vertices, want, len(uids), len(pieces), last)
	}
	for n := range 2 {
		if got := cot.Border("line", line[:n], at(), time.Hour); len(got) != 0 {
			t.Errorf("%d points are no line: %v", n, got)
		}
	}
}
