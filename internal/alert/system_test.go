package alert_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cutline/internal/alert"
	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/track"
)

func mast(out ...int) alert.Mast {
	m := alert.Mast{Group: "tower-01", Sensors: 2}
	for _, i := range out {
		m.Out = append(m.Out, alert.Outage{Sensor: &sensors()[i], Since: after(float64(i))})
	}
	return m
}

func TestRaise_aDeadTowerIsOneAlertThatGrows(t *testing.T) {
	b := book()
	first := only(t, b.Raise(after(11), alert.Silence(mast(0)), nil))
	if first.Kind != "sensor_silent" || first.Sensor != "twr-01" || first.Priority != "medium" || first.Count != 1 ||
		first.Text != "Radar twr-01 has been silent since 08:12:03Z: it sees nothing of what it watches" {
		t.Errorf("got %+v", first)
	}
	if out := b.Raise(after(12), alert.Silence(mast(0)), nil); len(out) != 0 {
		t.Error("told twice")
	}
	a := only(t, b.Raise(after(13), alert.Silence(mast(0, 1)), nil))
	if a.ID != first.ID || a.Count != 2 || a.Priority != "high" || a.Change != "update" ||
		a.Text != "Tower-01 is dead since 08:12:03Z: none of its 2 sensors is heard" {
		t.Errorf("got %+v", a)
	}
	m := mast(0)
	m.Hole = 1234
	if c := alert.Silence(m); c.Priority != "high" || !strings.HasSuffix(c.Text, "; 1.2 km of the line is watched by nobody") ||
		!strings.HasSuffix(c.TextFR, " ; personne ne surveille 1,2 km de la ligne") {
		t.Errorf("got %+v", c)
	}
}

func TestClear_whatComesAndGoesIsOneAlertUntilItStaysAway(t *testing.T) {
	b := book()
	first := only(t, b.Raise(after(0), alert.Silence(mast(0)), nil))
	if a := only(t, b.Clear(after(10), alert.SensorSilent, "tower-01", nil)); a.State != "returned" ||
		a.Rule != "all of its sensors are heard" || a.RuleFR == "" || !strings.HasSuffix(a.Text, "; over since 08:12:13Z") {
		t.Errorf("got %+v", a)
	}
	if out := b.Clear(after(11), alert.SensorSilent, "tower-01", nil); len(out) != 0 {
		t.Error("cleared twice")
	}
	if a := only(t, b.Raise(after(100), alert.Silence(mast(0)), nil)); a.ID != first.ID || a.State != "unacknowledged" ||
		strings.Contains(a.Text, "over") {
		t.Errorf("got %+v", a)
	}
	b.Clear(after(200), alert.SensorSilent, "tower-01", nil)
	if out := b.Tick(after(499), nil); len(out) != 0 {
		t.Error("ended early")
	}
	if a := only(t, b.Tick(after(500), nil)); a.Change != "end" || a.Rule != "it has been over for 5 min, and nobody acknowledged it" {
		t.Errorf("got %+v", a)
	}
	if again := only(t, b.Raise(after(600), alert.Silence(mast(0)), nil)); again.ID == first.ID || again.Change != "new" {
		t.Error("the next outage has the same id")
	}
}

func TestClear_endsWhatIsAcknowledgedAndANewCauseAsksAgain(t *testing.T) {
	b := book()
	a := only(t, b.Raise(after(0), alert.Silence(mast(0)), nil))
	do(t, b, 1, record.Command{Name: record.Ack, Alert: a.ID})
	if a = only(t, b.Clear(after(10), alert.SensorSilent, "tower-01", nil)); a.Change != "end" {
		t.Errorf("got %+v", a)
	}
	a = only(t, b.Raise(after(20), alert.Silence(mast(0)), nil))
	do(t, b, 21, record.Command{Name: record.Assign, Alert: a.ID, Owner: "field"})
	do(t, b, 22, record.Command{Name: record.Ack, Alert: a.ID})
	if a = only(t, b.Clear(after(30), alert.SensorSilent, "tower-01", nil)); a.Change != "update" || a.State != "acknowledged" {
		t.Errorf("somebody sees to it, and it is %+v", a)
	}
	if a = only(t, b.Raise(after(40), alert.Silence(mast(0)), nil)); a.State != "unacknowledged" || a.AckedAt != nil {
		t.Errorf("got %+v", a)
	}
}

func TestConditions_saySomethingInBothLanguages(t *testing.T) {
	s := &sensors()[1]
	for _, c := range []alert.Condition{
		alert.Silence(mast(0)), alert.Silence(mast(0, 1)), alert.Silence(alert.Mast{Group: "tower-01", Sensors: 6, Out: mast(0, 1).Out}),
		alert.Silence(alert.Mast{Group: "g", Sensors: 1, Out: []alert.Outage{{Sensor: s, Since: start, Offline: true}}}),
		alert.Tamper(s, start), alert.Skewed(s, start, -3*time.Second, time.Second), alert.Skewed(s, start, 3*time.Second, time.Second),
		alert.Misaligned(s, start, alert.Bias{Azimuth: 1.5, Range: 12, Place: 3, Behind: -.8}), alert.Gap(start, 100, 900, 800),
		alert.Trouble(alert.Influx, start, "away"),
	} {
		if c.Text == "" || c.TextFR == "" || c.Text == c.TextFR || c.Rule == "" || c.RuleFR == "" ||
			c.RuleFR == c.Rule || strings.Contains(c.Text+c.TextFR, "%!") {
			t.Errorf("%s: %q, %q, %q", c.Kind, c.Text, c.TextFR, c.Rule)
		}
	}
	if c := alert.Skewed(s, start, -1500*time.Millisecond, time.Second); c.TextFR !=
		"L'horloge de caméra twr-01c est 1,5 s en avance : ses détections peuvent ne pas être associées à celles des autres" {
		t.Errorf("got %q", c.TextFR)
	}
}

func TestDismiss_endsAllThatIsToldOfASensorThatIsGone(t *testing.T) {
	b := book()
	s := &sensors()[0]
	b.Raise(after(0), alert.Tamper(s, start), b.Raise(after(0), alert.Silence(mast(0)), nil))
	if out := b.Dismiss(after(1), "twr-01", "tower-01", nil); len(out) != 1 || out[0].Alert.Kind != "sensor_tamper" {
		t.Errorf("while another sensor of the mast is out: %v", lines(t, out))
	}
	b.Clear(after(2), alert.SensorSilent, "tower-01", nil)
	if a := only(t, b.Dismiss(after(2), "twr-01", "tower-01", nil)); a.Change != "end" || a.Kind != "sensor_silent" {
		t.Errorf("got %+v", a)
	}
}

// flood raises crossings of single sensors a second apart, 1 km from each other.
func flood(b *alert.Book, n int) (out []record.Event, follows []alert.Follow, tracks []*track.Track) {
	follows = make([]alert.Follow, n)
	for i := range n {
		tr := seen("twr-01")
		tr.ID = fmt.Sprintf("f-%d", i)
		tr.Root = tr.ID
		c := crossing(1)
		c.Position.Lon += geo.Degrees(.01 * float64(i))
		out = b.Cross(after(12+float64(i)), tr, &follows[i], c, out)
		tracks = append(tracks, tr)
	}
	return out, follows, tracks
}

// rows are the last words of all alerts, in the order in which they were raised.
func rows(out []record.Event) (all []*record.AlertEvent) {
	at := map[string]int{}
	for _, e := range out {
		if e.Alert == nil {
			continue
		}
		if i, known := at[e.Alert.ID]; known {
			all[i] = e.Alert
			continue
		}
		at[e.Alert.ID] = len(all)
		all = append(all, e.Alert)
	}
	return all
}

func TestFlood_foldsEqualOnesAndDropsNothing(t *testing.T) {
	b := book()
	out, _, _ := flood(b, 25)
	all := rows(out)
	if len(all) != 26 {
		t.Fatalf("%d alerts: want 25 crossings and the flood", len(all))
	}
	hidden := 0
	for _, a := range all {
		if a.State == "suppressed" {
			hidden++
			if a.FoldedInto != all[0].ID {
				t.Errorf("%s stands behind %s", a.ID, a.FoldedInto)
			}
		}
	}
	if all[0].Folded != 15 || hidden != 15 {
		t.Errorf("%d are hidden behind a row of %d", hidden, all[0].Folded)
	}
	for _, a := range all {
		if a.Kind == "alarm_flood" && (a.Priority != "high" || a.State != "unacknowledged") {
			t.Errorf("got %+v", a)
		}
	}
}

func TestFlood_doesNotFoldWhatIsHigh(t *testing.T) {
	b := book()
	out, follows, tracks := flood(b, 25)
	tr := tracks[20]
	tr.Evidence = append(tr.Evidence, evidence("twr-02", 40))
	out = b.Track(after(41), tr, &follows[20], 1, out)
	all := rows(out)
	risen := 0
	for _, a := range all {
		if a.Priority == "high" && a.Kind == "crossing" {
			risen++
			if a.State != "unacknowledged" || a.FoldedInto != "" || a.Tracks[0] != "f-20" {
				t.Errorf("got %+v", a)
			}
		}
	}
	if risen != 1 || all[0].Folded != 14 {
		t.Errorf("%d have risen, %d stand behind the row", risen, all[0].Folded)
	}
}

func TestFlood_aRowIsDealtWithAsOne(t *testing.T) {
	b := book()
	out, _, _ := flood(b, 25)
	c := record.Command{Name: record.Ack, Alert: rows(out)[0].ID, By: "op"}
	acked, _, _ := b.Command(after(100), &c, nil)
	if len(acked) != 16 || acked[0].Alert.AckedBy != "op" || acked[0].Alert.State != "suppressed" || acked[15].Alert.State != "acknowledged" {
		t.Errorf("%d events", len(acked))
	}
	c = record.Command{Name: record.Resolve, Alert: c.Alert, By: "op", Verdict: "weather"}
	if done, _, _ := b.Command(after(101), &c, nil); len(done) != 16 || done[15].Alert.Verdict != "weather" || b.Open(c.Alert) {
		t.Errorf("%d events", len(done))
	}
}

func TestFlood_whenARowEndsTheNextOneTakesItsPlace(t *testing.T) {
	b := book()
	out, follows, tracks := flood(b, 13)
	first := rows(out)[0]
	tracks[0].Friendly = true
	out = b.Track(after(40), tracks[0], &follows[0], 1, out)
	n := 0
	for _, a := range rows(out) {
		switch {
		case a.ID == first.ID && a.Change != "end":
			t.Error("the row has not ended")
		case a.Folded == 2 && a.State == "unacknowledged" && a.FoldedInto == "":
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d rows took its place", n)
	}
}

func TestFlood_endsWhenItIsCalmAgain(t *testing.T) {
	b := book()
	out, _, _ := flood(b, 12)
	if !b.Stands(alert.AlarmFlood, "") {
		t.Fatalf("no flood of %d alerts", len(rows(out)))
	}
	b.Tick(after(12+300), nil)
	if !b.Stands(alert.AlarmFlood, "") {
		t.Error("calm after five minutes")
	}
	out = b.Tick(after(12+620), nil)
	if b.Stands(alert.AlarmFlood, "") || len(out) != 1 || out[0].Alert.State != "returned" {
		t.Errorf("got %v", lines(t, out))
	}
}

func TestAgainst_saysWhatSpeaksAgainstACrossing(t *testing.T) {
	against := func(change func(tr *track.Track), gap time.Duration) string {
		tr := seen("twr-01", "twr-02")
		tr.Class = detection.Classes{detection.Person: .95, detection.UnknownClass: .05}
		change(tr)
		c := crossing(1)
		c.Gap, c.Inferred = gap, gap > 0
		return strings.Join(book().Cross(after(12), tr, new(alert.Follow), c, nil)[1].Alert.Against, "; ")
	}
	for want, change := range map[string]func(tr *track.Track){
		"": func(*track.Track) {},
		"only tower-01 has seen it: no independent sensor agrees": func(tr *track.Track) { tr.Evidence = tr.Evidence[:1] },
		"only tower-01 has seen it: no independent sensor agrees; tower-02 should have seen it, and has not": func(tr *track.Track) {
			tr.Evidence[1].LogLikelihood = -3
		},
		"twr-02 fits badly: 4.2 σ off":                   func(tr *track.Track) { tr.Evidence[1].ResidualSigma = 4.2 },
		"it may be an animal (30 %)":                     func(tr *track.Track) { tr.Class[detection.Animal] = .3 },
		"it may be nothing: there is a target with 80 %": func(tr *track.Track) { tr.Existence = .8 },
		"no sensor's evidence is beyond doubt":           func(tr *track.Track) { tr.Evidence = nil },
	} {
		if got := against(change, 0); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := against(func(*track.Track) {}, 42*time.Second); got != "nobody looked for 42 s while it crossed" {
		t.Errorf("got %q", got)
	}
}

func TestText_saysTheSameInFrench(t *testing.T) {
	for want, level := range map[string][]string{
		"Une personne a franchi la ligne US>CA à 1,2 km à l'est de twr-01 à 08:12:03Z ; radar twr-01 et radar twr-02 concordent (99 %)": {
			"twr-01", "twr-02",
		},
		"Une personne a probablement franchi la ligne US>CA à 1,2 km à l'est de twr-01 à 08:12:03Z ; drone drone-1 seul (99 %)": {"drone-1"},
	} {
		var f alert.Follow
		if _, a := raise(t, book(), seen(level...), &f); a.TextFR != want {
			t.Errorf("got  %s\nwant %s", a.TextFR, want)
		}
	}
}
