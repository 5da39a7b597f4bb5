package alert_test

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cutline/internal/alert"
	"cutline/internal/border"
	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/sensor"
	"cutline/internal/track"
)

var start = time.Date(2026, 11, 24, 8, 12, 3, 0, time.UTC)

func after(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }

func sensors() []sensor.Definition {
	at := func(id, group string, kind sensor.Kind, lat, lon geo.Degrees) sensor.Definition {
		return sensor.Definition{
			ID: id, Group: group, Kind: kind, Pose: sensor.Pose{Lat: lat, Lon: lon, Alt: 240}, HasPose: true, MaxSilence: 10 * time.Second,
		}
	}
	return []sensor.Definition{
		at("twr-01", "tower-01", sensor.Radar, 49.0, -97.25), at("twr-01c", "tower-01", sensor.Camera, 49.0, -97.25),
		at("twr-02", "tower-02", sensor.Radar, 49.01, -97.1),
		{ID: "drone-1", Group: "drone-1", Kind: sensor.Drone},
	}
}

func book() *alert.Book { return alert.New(alert.Defaults(), "emerson", sensors()) }

// seen is a confirmed track of a person with evidence of the sensors named.
func seen(names ...string) *track.Track {
	t := &track.Track{ID: "t-7", Root: "t-7", Status: track.Confirmed, Existence: .98}
	t.EventTime, t.Last = after(10), after(10)
	t.Class[detection.Person], t.Class[detection.UnknownClass] = .9, .1
	for _, name := range names {
		t.Evidence = append(t.Evidence, evidence(name, 10))
	}
	return t
}

func evidence(name string, s float64) track.Evidence {
	group := name
	for _, d := range sensors() {
		if d.ID == name {
			group = d.Group
		}
	}
	return track.Evidence{
		Sensor: name, Group: group, EventTime: after(s), Hits: 30, ResidualSigma: 1.2345, Detection: "d-1", LogLikelihood: 40,
	}
}

func crossing(ordinal int) *alert.Passed {
	return &alert.Passed{Crossing: border.Crossing{
		Ordinal: ordinal, Time: start, Position: geo.LLA{Lat: 49.0000312345, Lon: -97.2335}, Direction: "US>CA",
		Probability: .99, Before: .999, TimeSigma: 3210 * time.Millisecond, PlaceSigma: 4.44,
	}}
}

// raise crosses once, and gives the crossing and the alert.
func raise(t *testing.T, b *alert.Book, tr *track.Track, f *alert.Follow) (*record.CrossingEvent, *record.AlertEvent) {
	t.Helper()
	out := b.Cross(after(12), tr, f, crossing(1), nil)
	if len(out) != 2 || out[0].Crossing == nil || out[1].Alert == nil {
		t.Fatalf("a crossing gave %+v", out)
	}
	return out[0].Crossing, out[1].Alert
}

// only is the one alert event in out.
func only(t *testing.T, out []record.Event) *record.AlertEvent {
	t.Helper()
	if len(out) != 1 || out[0].Alert == nil {
		t.Fatalf("want one alert event, got %d: %+v", len(out), out)
	}
	return out[0].Alert
}

func TestCross_twoGroupsConfirm(t *testing.T) {
	var f alert.Follow
	c, a := raise(t, book(), seen("twr-01", "twr-02"), &f)
	if a.Level != "confirmed" || a.Change != "new" || a.State != "unacknowledged" || a.Priority != "high" || a.Class != "person" {
		t.Errorf("alert %+v", a)
	}
	if c.Level != a.Level || c.ID != a.ID || c.Confidence != a.Confidence || len(a.ID) != 16 {
		t.Errorf("crossing %+v of alert %s", c, a.ID)
	}
	if a.Lat != 49.0000312 || a.Evidence[0].ResidualSigma != 1.23 || c.TimeSigmaS != 3.21 || a.Count != 1 {
		t.Errorf("not rounded as agreed: %+v", a)
	}
	if !a.Time.Equal(start) || !a.Raised.Equal(after(12)) || !a.Updated.Equal(after(12)) {
		t.Errorf("times %v, %v, %v", a.Time, a.Raised, a.Updated)
	}
}

func TestCross_oneMastIsOneVoteHoweverManySensorsItBears(t *testing.T) {
	var f alert.Follow
	if _, a := raise(t, book(), seen("twr-01", "twr-01c"), &f); a.Level != "probable" {
		t.Errorf("a radar and a camera of one mast make it %s: %s", a.Level, a.Rule)
	}
}

func TestCross_theIDHangsOnSectorRootAndOrdinalAlone(t *testing.T) {
	id := func(sector, root string, ordinal int, names ...string) string {
		var f alert.Follow
		tr := seen(names...)
		tr.Root = root
		return alert.New(alert.Defaults(), sector, nil).Cross(after(1), tr, &f, crossing(ordinal), nil)[0].Crossing.ID
	}
	first := id("emerson", "t-7", 1, "twr-01")
	if first != id("emerson", "t-7", 1, "twr-02", "drone-1") {
		t.Error("the id changes with the evidence")
	}
	for _, other := range []string{id("emerson", "t-7", 2), id("emerson", "t-8", 1), id("gretna", "t-7", 1)} {
		if other == first {
			t.Errorf("%s is twice", first)
		}
	}
}

func TestTrack_oneGroupConfirmsWhenItHasBeenCertainForTenSeconds(t *testing.T) {
	b := book()
	var f alert.Follow
	tr := seen("twr-01")
	if _, a := raise(t, b, tr, &f); a.Level != "probable" || a.Priority != "medium" {
		t.Fatalf("at first %s, %s", a.Level, a.Priority)
	}
	tr.Existence = .995
	for s := 11.0; s <= 20; s++ {
		tr.EventTime = after(s)
		if out := b.Track(after(s+1), tr, &f, .999, nil); len(out) != 0 {
			t.Fatalf("after %v s of certainty: %+v", s-11, out[0].Alert)
		}
	}
	tr.EventTime = after(21.5)
	a := only(t, b.Track(after(22), tr, &f, .999, nil))
	if a.Level != "confirmed" || a.Change != "update" || a.Priority != "high" || !strings.Contains(a.Rule, "one group") {
		t.Errorf("got %+v", a)
	}
}

func TestTrack_aBreakInCertaintyStartsTheTenSecondsAgain(t *testing.T) {
	b := book()
	var f alert.Follow
	tr := seen("twr-01")
	raise(t, b, tr, &f)
	for s := 11.0; s <= 40; s++ {
		tr.EventTime, tr.Existence = after(s), .995
		if int(s)%8 == 0 {
			tr.Existence = .98
		}
		if out := b.Track(after(s), tr, &f, .999, nil); len(out) != 0 {
			t.Fatalf("after %v s: %s", s, out[0].Alert.Rule)
		}
	}
}

func TestTrack_aNewGroupIsAnUpdateHoweverLate(t *testing.T) {
	b := book()
	var f alert.Follow
	tr := seen("twr-01", "twr-02")
	_, first := raise(t, b, tr, &f)
	tr.Evidence = append(tr.Evidence, evidence("drone-1", 900))
	tr.EventTime = after(900)
	a := only(t, b.Track(after(901), tr, &f, 1, nil))
	if a.ID != first.ID || a.Level != "confirmed" || len(a.Evidence) != 3 || !strings.HasPrefix(a.Rule, "3 ") || !a.Updated.Equal(after(901)) {
		t.Errorf("got %+v", a)
	}
	if out := b.Track(after(902), tr, &f, 1, nil); len(out) != 0 {
		t.Errorf("told again: %+v", out[0].Alert)
	}
	if len(first.Evidence) != 2 {
		t.Error("an event that was handed out has changed")
	}
}

func TestTrack_nothingFalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := book()
		var f alert.Follow
		tr := seen("twr-01", "twr-02", "drone-1")
		level, confidence := 0, 0.0
		out := b.Cross(after(10), tr, &f, crossing(1), nil)[1:]
		for i := range 40 {
			for _, e := range out {
				if e.Alert.Change == "end" {
					t.Fatalf("ended: %s", e.Alert.Rule)
				}
				if r := slices.Index([]string{"inferred", "probable", "confirmed"}, e.Alert.Level); r < level {
					t.Fatalf("fell to %s", e.Alert.Level)
				} else {
					level = r
				}
				if e.Alert.Confidence < confidence || e.Alert.Confidence > 1 {
					t.Fatalf("confidence %v after %v", e.Alert.Confidence, confidence)
				}
				confidence = e.Alert.Confidence
			}
			tr.EventTime = after(float64(11 + i))
			tr.Existence = rapid.Float64Range(0, 1).Draw(t, "existence")
			for k := range tr.Evidence {
				tr.Evidence[k].LogLikelihood = rapid.Float64Range(-30, 30).Draw(t, "evidence")
			}
			out = b.Track(tr.EventTime, tr, &f, rapid.Float64Range(.97, 1).Draw(t, "after"), nil)
		}
	})
}

func TestTrack_evidenceFromLongBeforeTheCrossingDoesNotCount(t *testing.T) {
	var f alert.Follow
	tr := seen("twr-01", "twr-02")
	tr.Evidence[1].EventTime = after(-300)
	if _, a := raise(t, book(), tr, &f); a.Level != "probable" || len(a.Evidence) != 1 {
		t.Errorf("%s with %d sensors", a.Level, len(a.Evidence))
	}
}

func TestTrack_aClassChangeIsAnUpdateButTwoEqualOnesDoNotFlicker(t *testing.T) {
	b := book()
	var f alert.Follow
	tr := seen("twr-01", "twr-02")
	raise(t, b, tr, &f)
	for i := range 10 {
		tr.Class = detection.Classes{detection.Person: .5 + .04*float64(i%2), detection.Animal: .5 - .04*float64(i%2) + .001}
		if out := b.Track(after(20), tr, &f, 1, nil); len(out) != 0 {
			t.Fatalf("flickers to %s", out[0].Alert.Class)
		}
	}
	tr.Class = detection.Classes{detection.Animal: .97, detection.Person: .03}
	if a := only(t, b.Track(after(21), tr, &f, 1, nil)); a.Class != "animal" || a.Priority != "low" || a.Level != "confirmed" {
		t.Errorf("got %+v", a)
	}
}

func TestCross_aFriendlyTargetIsShownAndNotAlerted(t *testing.T) {
	b := book()
	var f alert.Follow
	tr := seen("twr-01", "twr-02")
	tr.Friendly = true
	out := b.Cross(after(12), tr, &f, crossing(1), nil)
	if len(out) != 1 || out[0].Crossing == nil || !out[0].Crossing.Friendly {
		t.Errorf("got %+v", out)
	}
	if out = b.Track(after(13), tr, &f, 1, nil); len(out) != 0 {
		t.Errorf("then %+v", out)
	}
}

func TestTrack_whoProvesFriendlyEndsTheAlert(t *testing.T) {
	b := book()
	var f alert.Follow
	tr := seen("twr-01", "twr-02")
	_, first := raise(t, b, tr, &f)
	tr.Friendly = true
	a := only(t, b.Track(after(30), tr, &f, 1, nil))
	if a.Change != "end" || a.State != "resolved" || !strings.Contains(a.Rule, "friendly") || b.Open(first.ID) {
		t.Errorf("got %+v", a)
	}
}

func TestCross_aGapStaysInferred(t *testing.T) {
	b := book()
	var f alert.Follow
	tr := seen("twr-01", "twr-02")
	c := crossing(1)
	c.Inferred, c.Gap = true, 42*time.Second
	a := b.Cross(after(12), tr, &f, c, nil)[1].Alert
	if a.Level != "inferred" || !strings.Contains(a.Rule, "42 s") || a.Priority != "medium" || !strings.Contains(a.Text, "must have crossed") {
		t.Errorf("got %+v", a)
	}
	tr.Evidence = append(tr.Evidence, evidence("drone-1", 20))
	if a = only(t, b.Track(after(20), tr, &f, 1, nil)); a.Level != "inferred" {
		t.Errorf("a look at the track on this side made it %s", a.Level)
	}
}

func ack(id, alertID string) *record.Command {
	return &record.Command{Name: "ack", Alert: alertID, By: "op-1", ID: id, Time: after(20)}
}

func TestCommand_acknowledgesOnce(t *testing.T) {
	b := book()
	var f alert.Follow
	_, first := raise(t, b, seen("twr-01", "twr-02"), &f)
	out, _, reason := b.Command(after(20), ack("c-1", first.ID), nil)
	if a := only(t, out); reason != "" || a.State != "acknowledged" || a.AckedBy != "op-1" || a.Change != "update" {
		t.Errorf("%q: %+v", reason, a)
	}
	for _, again := range []string{"c-1", "c-2"} {
		if out, _, reason = b.Command(after(21), ack(again, first.ID), nil); len(out) != 0 || reason != "" {
			t.Errorf("%s: %q, %+v", again, reason, out)
		}
	}
}

func TestCommand_saysWhatIsWrong(t *testing.T) {
	b := book()
	if out, path, reason := b.Command(after(1), ack("c-1", "beef"), nil); path != "alert" || reason == "" || len(out) != 0 {
		t.Errorf("%s: %s", path, reason)
	}
	if _, path, reason := b.Command(after(1), &record.Command{Name: "nuke", ID: "c-2"}, nil); path != "name" || reason == "" {
		t.Errorf("%s: %s", path, reason)
	}
	if _, _, reason := b.Command(after(1), ack("c-1", "beef"), nil); reason != "" {
		t.Errorf("the same command twice: %s", reason)
	}
}

func TestTrack_aTrackThatComesBackKeepsItsAlertOpen(t *testing.T) {
	b := book()
	var f alert.Follow
	tr := seen("twr-01", "twr-02")
	_, first := raise(t, b, tr, &f)
	tr.Status = track.Lost
	b.Track(after(60), tr, &f, 1, nil)
	tr.Status = track.Confirmed
	b.Track(after(120), tr, &f, 1, nil)
	if out := b.Tick(after(5000), nil); len(out) != 0 || !b.Open(first.ID) {
		t.Errorf("ended: %+v", out)
	}
}

func TestMerge_carriesTheAlertAndItsID(t *testing.T) {
	b := book()
	var f, old alert.Follow
	_, first := raise(t, b, seen("twr-01"), &f)
	survivor := seen("twr-01", "twr-02")
	survivor.ID, survivor.Root = "t-2", "t-2"
	a := only(t, b.Merge(after(30), survivor, &old, &f, "t-7", nil))
	if a.ID != first.ID || !slices.Equal(a.Tracks, []string{"t-7", "t-2"}) || len(f.Alerts) != 0 {
		t.Errorf("got %+v", a)
	}
	if a = only(t, b.Track(after(31), survivor, &old, 1, nil)); a.ID != first.ID || a.Level != "confirmed" {
		t.Errorf("then %+v", a)
	}
}

func TestMerge_twoAlertsForOneCrossingBecomeOne(t *testing.T) {
	b := book()
	var f, g alert.Follow
	_, first := raise(t, b, seen("twr-01"), &f)
	other := seen("twr-02")
	other.ID, other.Root = "t-9", "t-9"
	far := crossing(1)
	far.Position.Lon -= .001 // 73 m
	second := b.Cross(after(12), other, &g, far, nil)[1].Alert
	a := only(t, b.Merge(after(30), seen("twr-01"), &f, &g, "t-9", nil))
	if a.ID != second.ID || a.Change != "end" || !strings.Contains(a.Rule, "duplicate") || !b.Open(first.ID) {
		t.Errorf("got %+v", a)
	}
}

func TestMerge_afterAnAlertHasEndedIsNoFault(t *testing.T) {
	b := book()
	var f, g alert.Follow
	tr := seen("twr-01")
	raise(t, b, tr, &f)
	tr.Status = track.Lost
	b.Track(after(20), tr, &f, 1, nil)
	b.Tick(after(5000), nil)
	if out := b.Merge(after(5001), seen("twr-01"), &f, &g, "t-9", nil); len(out) != 0 {
		t.Errorf("got %+v", out)
	}
}

func TestText_isOneSentenceThatNamesWhoWhereWhenAndOnWhoseWord(t *testing.T) {
	const place = " US>CA 1.2 km east of twr-01 at 08:12:03Z; "
	for _, tc := range []struct {
		names []string
		want  string
	}{
		{[]string{"twr-01", "twr-02"}, "Person crossed" + place + "radar twr-01 and radar twr-02 agree (99 %)"},
		{[]string{"drone-1"}, "Person probably crossed" + place + "drone drone-1 alone (99 %)"},
		{[]string{"twr-01", "twr-01c"}, "Person probably crossed" + place + "radar twr-01 and camera twr-01c, of one group (99 %)"},
		{
			[]string{"twr-01", "twr-01c", "twr-02", "drone-1"},
			"Person crossed" + place + "radar twr-01, camera twr-01c and 2 more agree (99 %)",
		},
	} {
		var f alert.Follow
		if _, a := raise(t, book(), seen(tc.names...), &f); a.Text != tc.want {
			t.Errorf("got  %s\nwant %s", a.Text, tc.want)
		}
	}
	var f alert.Follow
	tr := seen("x")
	tr.Class = detection.Classes{detection.UnknownClass: 1}
	_, a := raise(t, alert.New(alert.Defaults(), "s", nil), tr, &f)
	if want := "Unknown target probably crossed US>CA at 49.00003, -97.23350 at"; !strings.HasPrefix(a.Text, want) {
		t.Errorf("got %s", a.Text)
	}
}

func TestBook_goesOnFromASnapshotAsIfItHadNotStopped(t *testing.T) {
	a, b := book(), book()
	var f alert.Follow
	tr := seen("twr-01")
	_, first := raise(t, a, tr, &f)
	var buf bytes.Buffer
	if err := gob.NewEncoder(&buf).Encode(a.State()); err != nil {
		t.Fatal(err)
	}
	var s alert.State
	if err := gob.NewDecoder(&buf).Decode(&s); err != nil {
		t.Fatal(err)
	}
	b.Restore(s)
	g := alert.Follow{CertainSince: f.CertainSince, Alerts: slices.Clone(f.Alerts)}
	tr.Evidence = append(tr.Evidence, evidence("twr-02", 15))
	x, y := a.Track(after(16), tr, &f, 1, nil), b.Track(after(16), tr, &g, 1, nil)
	if p, q := fmt.Sprintf("%+v", only(t, x)), fmt.Sprintf("%+v", only(t, y)); p != q || only(t, y).ID != first.ID {
		t.Errorf("\n%s\n%s", p, q)
	}
}

func TestConfig_checkReportsEveryBadField(t *testing.T) {
	var paths []string
	alert.Config{LeastVote: -1}.Check(func(path, _ string) { paths = append(paths, path) })
	if len(paths) != 16 {
		t.Errorf("the zero Config has the faults %v", paths)
	}
	alert.Defaults().Check(func(path, what string) { t.Errorf("a default is at fault: %s: %s", path, what) })
}

func BenchmarkBook_Track(b *testing.B) {
	bk := book()
	var f alert.Follow
	tr := seen("twr-01", "twr-02")
	bk.Cross(after(10), tr, &f, crossing(1), nil)
	b.ReportAllocs()
	for b.Loop() {
		bk.Track(after(20), tr, &f, 1, nil)
	}
}
