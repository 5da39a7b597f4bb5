package score_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"cutline/internal/record"
	"cutline/internal/score"
)

var start = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }

// A degree of latitude at 49° north, in metres, well enough for tests: places below are made by metres north of the line.
const metresPerDegree = 111205.0

func crossing(target string, seconds, north float64, direction string) record.Truth {
	return record.Truth{
		Type: "crossing", Time: at(seconds), Target: target, Class: "person", Lat: 49 + north/metresPerDegree, Lon: -97.2, Direction: direction,
	}
}

func alert(id string, seconds, north float64, direction string) record.AlertEvent {
	return record.AlertEvent{
		ID: id, Kind: "crossing", Change: "new", Time: at(seconds), Raised: at(seconds + 8), Lat: 49 + north/metresPerDegree, Lon: -97.2,
		Direction: direction, Count: 1,
	}
}

func TestCrossings_judgesEachAlertOnce(t *testing.T) {
	const in, out = "US>CA", "CA>US"
	friend := crossing("patrol", 300, 0, in)
	friend.Friendly = true
	couple := alert("a", 100, 0, in)
	couple.Count = 2
	later := alert("a", 104, 3, in)
	later.Raised, later.Change = at(140), "update"
	approach := alert("x", 100, 0, in)
	approach.Kind = "approach"
	truth := []record.Truth{crossing("one", 100, 0, in), crossing("two", 118, 35, in), crossing("three", 500, 0, out)}
	for name, c := range map[string]struct {
		truth  []record.Truth
		alerts []record.AlertEvent
		want   score.CrossingReport
	}{
		"nothing": {nil, nil, score.CrossingReport{Recall: 1, Precision: 1}},
		"all found": {
			truth,
			[]record.AlertEvent{alert("a", 101, 0, in), alert("b", 119, 35, in), alert("c", 500, 0, out)},
			score.CrossingReport{True: 3, Found: 3, Alerts: 3, Recall: 1, Precision: 1, Direction: 1},
		},
		"a dropped crossing": {
			truth,
			[]record.AlertEvent{alert("a", 101, 0, in), alert("c", 500, 0, out)},
			score.CrossingReport{True: 3, Found: 2, Alerts: 2, Recall: 2.0 / 3, Precision: 1, Direction: 1},
		},
		"a swapped direction": {
			truth[:1],
			[]record.AlertEvent{alert("a", 101, 0, out)},
			score.CrossingReport{True: 1, Found: 1, Alerts: 1, Recall: 1, Precision: 1, Direction: 0},
		},
		"a doubled alert": {
			truth[:1],
			[]record.AlertEvent{alert("a", 101, 0, in), alert("b", 99, 0, in)},
			score.CrossingReport{True: 1, Found: 1, Alerts: 2, Duplicates: 1, Recall: 1, Precision: .5, Direction: 1},
		},
		"a ghost": {
			truth[:1],
			[]record.AlertEvent{alert("a", 101, 0, in), alert("b", 300, 0, in)},
			score.CrossingReport{True: 1, Found: 1, Alerts: 2, False: 1, Recall: 1, Precision: .5, Direction: 1},
		},
		"too far in place": {
			truth[:1],
			[]record.AlertEvent{alert("a", 100, 151, in)},
			score.CrossingReport{True: 1, Alerts: 1, False: 1},
		},
		"too far in time": {
			truth[:1],
			[]record.AlertEvent{alert("a", 160.5, 0, in)},
			score.CrossingReport{True: 1, Alerts: 1, False: 1},
		},
		"a friend": {
			[]record.Truth{truth[0], friend},
			[]record.AlertEvent{alert("a", 100, 0, in), alert("b", 301, 0, in)},
			score.CrossingReport{True: 1, Found: 1, Alerts: 2, False: 1, Friendly: 1, Recall: 1, Precision: .5, Direction: 1},
		},
		"an update is no second alert": {
			truth[:1],
			[]record.AlertEvent{alert("a", 101, 0, in), later},
			score.CrossingReport{True: 1, Found: 1, Alerts: 1, Recall: 1, Precision: 1, Direction: 1},
		},
		"a count stands for companions": {
			truth[:2],
			[]record.AlertEvent{couple},
			score.CrossingReport{True: 2, Found: 2, Alerts: 1, Recall: 1, Precision: 1, Direction: 1},
		},
		"a count does not stand for others": {
			truth,
			[]record.AlertEvent{couple},
			score.CrossingReport{True: 3, Found: 2, Alerts: 1, Recall: 2.0 / 3, Precision: 1, Direction: 1},
		},
		"other kinds are not judged": {
			truth[:1],
			[]record.AlertEvent{approach},
			score.CrossingReport{True: 1, Precision: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := score.Crossings(c.truth, c.alerts, score.Defaults())
			same(t, "true", got.True, c.want.True)
			same(t, "found", got.Found, c.want.Found)
			same(t, "alerts", got.Alerts, c.want.Alerts)
			same(t, "false", got.False, c.want.False)
			same(t, "friendly", got.Friendly, c.want.Friendly)
			same(t, "duplicates", got.Duplicates, c.want.Duplicates)
			near(t, "recall", got.Recall, c.want.Recall, 1e-9)
			near(t, "precision", got.Precision, c.want.Precision, 1e-9)
			if got.Found > 0 {
				near(t, "direction", got.Direction, c.want.Direction, 1e-9)
			}
			same(t, "listed false", len(got.FalseAlerts), got.False)
			same(t, "listed missed", len(got.Missed), got.True-got.Found)
		})
	}
}

func TestCrossings_pairsSoThatMostAreFound(t *testing.T) {
	// Each alert is nearest to the first crossing: by nearest alone one would be double, and the second crossing missed.
	truth := []record.Truth{crossing("one", 100, 0, "A>B"), crossing("two", 140, 0, "A>B")}
	alerts := []record.AlertEvent{alert("a", 101, 0, "A>B"), alert("b", 102, 0, "A>B")}
	got := score.Crossings(truth, alerts, score.Defaults())
	if got.Found != 2 || got.Duplicates != 0 {
		t.Errorf("found %d, %d double: want 2 and 0", got.Found, got.Duplicates)
	}
}

func TestCrossings_measuresErrorsAndDelay(t *testing.T) {
	truth := []record.Truth{crossing("one", 100, 0, "A>B"), crossing("two", 400, 0, "A>B")}
	alerts := []record.AlertEvent{alert("a", 103, 30, "A>B"), alert("b", 396, -40, "A>B")}
	alerts[1].Raised = at(420)
	o := score.Defaults()
	o.LineKM = 15
	for _, second := range []float64{0, 3600} {
		truth = append(truth, record.Truth{Type: "target", Target: "one", Time: at(second)})
	}
	alerts = append(alerts, alert("ghost", 2000, 0, "A>B"))
	got := score.Crossings(truth, alerts, o)
	near(t, "place rms", got.PlaceRMS, math.Sqrt((30*30+40*40)/2.0), 0.1)
	near(t, "place p95", got.PlaceP95, 40, 0.1)
	near(t, "time rms", got.TimeRMS, math.Sqrt((9+16)/2.0), 1e-9)
	near(t, "time p95", got.TimeP95, 4, 1e-9)
	near(t, "delay median", got.DelayMedian, 11, 1e-9)
	near(t, "delay p95", got.DelayP95, 20, 1e-9)
	near(t, "false per km and day", *got.FalsePerKMDay, 24.0/15, 1e-9)
}

func TestCrossings_leavesOutWhatNobodyCouldHaveDecided(t *testing.T) {
	end := record.Truth{Type: "target", Target: "one", Time: at(600)}
	truth := []record.Truth{crossing("one", 100, 0, "A>B"), crossing("two", 590, 0, "A>B"), end}
	o := score.Defaults()
	o.Settle = 30 * time.Second
	if got := score.Crossings(truth, nil, o); got.True != 1 || got.Undecided != 1 {
		t.Errorf("%d true, %d undecided: want 1 and 1", got.True, got.Undecided)
	}
	found := []record.AlertEvent{alert("b", 590, 0, "A>B")}
	if got := score.Crossings(truth, found, o); got.True != 2 || got.Found != 1 || got.Undecided != 0 {
		t.Errorf("%d true, %d found, %d undecided: want 2, 1 and 0", got.True, got.Found, got.Undecided)
	}
	if got := score.Crossings(truth, nil, score.Defaults()); got.True != 2 {
		t.Errorf("%d true without a settling time: want 2", got.True)
	}
}

func TestReport_saysWhatWasMissed(t *testing.T) {
	text := score.Crossings([]record.Truth{crossing("walker-03", 100, 0, "US>CA")}, nil, score.Defaults()).String()
	for _, want := range []string{"0 of 1", "walker-03", "US>CA", "08:01:40"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
}

func TestReadTruth_namesBrokenLinesAndKeepsTheRest(t *testing.T) {
	r := score.NewRun(score.Defaults())
	err := r.ReadTruth(strings.NewReader(`{"type":"target","time":"2026-11-24T08:00:00Z","target":"a","lat":49,"lon":-97}

{"type":"target","time":"08:00","target":"a"}
{"type":"cross","time":"2026-11-24T08:00:00Z","target":"a"}
{"type":"crossing","time":"2026-11-24T08:00:01Z","target":"a"}
{"type":"target","time":"2026-11-24T08:00:00Z","target":"b","lat":49,"lon":-97,"members":[[49,-97],[490,-97]]}
`))
	got := r.Report()
	same(t, "broken", got.Broken.Truth, 3)
	same(t, "targets", got.Tracks.Targets, 1)
	same(t, "crossings", got.Crossings.True, 1)
	if !strings.Contains(got.String(), "3 lines of truth") {
		t.Errorf("the table does not say that lines were left out:\n%s", got)
	}
	if err == nil || !strings.Contains(err.Error(), "line 3:") || !strings.Contains(err.Error(), `line 4: type: "cross"`) ||
		!strings.Contains(err.Error(), "line 6: members[1]:") {
		t.Errorf("error %v: want lines 3, 4 and 6 named", err)
	}
}

func TestReadEvents_namesALineWithoutItsEvent(t *testing.T) {
	r := score.NewRun(score.Defaults())
	err := r.ReadEvents(strings.NewReader(`{"type":"alert","time":"2026-11-24T08:00:00Z","alert":{"id":"a","kind":"crossing"}}
{"type":"alert","time":"2026-11-24T08:00:00Z","track":{"id":"a"}}
`))
	same(t, "broken", r.Report().Broken.Events, 1)
	if err == nil || !strings.Contains(err.Error(), "line 2:") {
		t.Errorf("error %v: want line 2 named", err)
	}
	same(t, "alerts", r.Report().Crossings.Alerts, 1)
}

func FuzzReadEvents(f *testing.F) {
	f.Add(`{"type":"alert","time":"2026-11-24T08:00:00Z","alert":{"id":"a","kind":"crossing"}}`)
	f.Add(`{"type":"track","time":"2026-11-24T08:00:00Z","track":{"id":"a","status":"confirmed","lat":1e308}}` + "\n{}")
	f.Fuzz(func(_ *testing.T, text string) {
		r := score.NewRun(score.Defaults())
		r.AddTruth(&record.Truth{Type: "target", Time: start, Target: "a"})
		_ = r.ReadEvents(strings.NewReader(text))
		_ = r.Report().String()
	})
}

func same(t *testing.T, what string, got, want int) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %d, want %d", what, got, want)
	}
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance || math.IsNaN(got) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
