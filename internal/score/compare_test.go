package score_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/score"
)

// changes of two reports by the figure's name.
func changes(a, b score.Report) map[string]score.Change {
	out := map[string]score.Change{}
	for _, c := range score.Compare(a, b) {
		out[c.Figure] = c
	}
	return out
}

func TestCompare_tellsNoiseFromADifference(t *testing.T) {
	truth, alerts, o := aDay()
	of := func(alerts []record.AlertEvent) score.Report {
		return score.Report{Crossings: score.Crossings(truth, alerts, o)}
	}
	whole := of(alerts)
	for name, c := range map[string]struct {
		b       score.Report
		figure  string
		verdict string
	}{
		"itself":               {of(alerts), "crossing recall", "same"},
		"one missed of ten":    {of(alerts[1:]), "crossing recall", "noise"},
		"eight missed of ten":  {of(alerts[8:]), "crossing recall", "worse"},
		"one ghost":            {of(append(alerts[:10:10], alert("g", 300, 0, "A>B"))), "false alerts", "noise"},
		"median delay, itself": {of(alerts), "delay, median s", "same"},
	} {
		if got := changes(whole, c.b)[c.figure]; got.Verdict != c.verdict {
			t.Errorf("%s: %+v, want %s", name, got, c.verdict)
		}
	}
	if got := changes(of(alerts[8:]), whole)["crossing recall"]; got.Verdict != "better" || got.Test != "McNemar, exact" {
		t.Errorf("the other way round: %+v", got)
	}
	late := append([]record.AlertEvent{}, alerts...)
	for i := range late {
		late[i].Raised = at(600*float64(i+1) + 20 + float64(i))
	}
	if got := changes(whole, of(late))["delay, median s"]; got.Verdict != "worse" {
		t.Errorf("all alerts later: %+v", got)
	}
	if text := score.Table(score.Compare(whole, of(alerts[8:]))); !strings.Contains(text, "worse") {
		t.Errorf("the table does not say worse:\n%s", text)
	}
}

func TestPool_sumsWhatIsCountedAndAveragesTheRest(t *testing.T) {
	truth, alerts, o := aDay()
	full, half := score.Crossings(truth, alerts, o), score.Crossings(truth, alerts[5:], o)
	tracks := walkers(2, 100)
	seen := score.Tracks(tracks, tracked(tracks, nil), score.Defaults())
	unseen := score.Tracks(tracks, nil, score.Defaults())
	got := score.Pool([]score.Report{{Crossings: full, Tracks: seen}, {Crossings: half, Tracks: unseen}})
	c := got.Crossings
	if c.True != 20 || c.Found != 15 || c.Recall != .75 || len(c.Missed) != 5 || c.Hours != 4 || c.People.Of != 20 {
		t.Errorf("pooled crossings:\n%s", c)
	}
	near(t, "delay", c.DelayMedian, 8, 1e-9)
	near(t, "completeness", got.Tracks.Completeness, .5, 1e-9)
	near(t, "its standard error", got.Tracks.StandardErrors["completeness"], .5, 1e-9)
	alone := score.Report{Crossings: full, Tracks: seen}
	if one := score.Pool([]score.Report{alone}); one.String() != alone.String() {
		t.Errorf("one report pooled differs:\n%s", one)
	}
}

// drawn is a day with defects, and its map.
func drawn(t *testing.T) string {
	t.Helper()
	truth, alerts, o := aDay()
	paths := walkers(3, 60)
	run := score.NewRun(o)
	for _, l := range append(truth, paths...) {
		run.AddTruth(&l)
	}
	for _, a := range append(alerts[1:], alert("ghost<", 300, 40, "A>B")) {
		run.AddEvent(&record.Event{Type: record.AlertType, Alert: &a})
	}
	for _, e := range tracked(paths, nil) {
		run.AddEvent(&e)
	}
	return string(run.Plot(score.Place{
		Sides: [2]string{"North", "South"},
		Lines: [][]geo.LLA{{{Lat: 49, Lon: -97.3}, {Lat: 49, Lon: -97.1}}},
		Views: []score.View{{Sensor: "twr-01", Kind: "radar", Lat: 49.01, Lon: -97.2, Reach: 3000, From: 90, Width: 180}},
	}))
}

func TestPlot_showsWhatWentWrong(t *testing.T) {
	svg := drawn(t)
	for _, want := range []string{
		"9 of 10 crossings found, 1 false alerts", "missed: w0 A&gt;B", "false alert: nobody near", "twr-01", "North", "South", "ghost&lt;",
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("the map does not show %q", want)
		}
	}
	if svg != drawn(t) {
		t.Error("the same run gives another map")
	}
	dec := xml.NewDecoder(bytes.NewReader([]byte(svg)))
	for {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the map is no XML: %v", err)
		}
	}
}

func TestPlot_ofNothingIsStillAMap(t *testing.T) {
	if svg := string(score.NewRun(score.Defaults()).Plot(score.Place{})); !strings.HasSuffix(svg, "</svg>\n") || strings.Contains(svg, "NaN") {
		t.Errorf("got %s", svg)
	}
}

func TestHTML_holdsTheMapAndTheFigures(t *testing.T) {
	truth, alerts, o := aDay()
	r := score.Report{Crossings: score.Crossings(truth, alerts, o)}
	page := string(r.HTML("a <day>", []byte("<svg/>")))
	for _, want := range []string{"a &lt;day&gt;", "<svg/>", "crossing recall", "GOSPA"} {
		if !strings.Contains(strings.ToLower(page), strings.ToLower(want)) {
			t.Errorf("the page does not hold %q", want)
		}
	}
}

func TestTracks_NEESIsOneWhereTheCovarianceIsHonest(t *testing.T) {
	truth := walkers(1, 400)
	for name, c := range map[string]struct{ north, variance, want float64 }{
		"one sigma off in one axis": {3, 9, .5},
		"twice that":                {6, 9, 2},
		"too small a covariance":    {3, 1, 4.5},
	} {
		events := tracked(truth, func(e *record.Event, _ int) bool {
			e.Track.Lat += c.north / metresPerDegree
			e.Track.Cov = record.Cov{EE: c.variance, NN: c.variance}
			return true
		})
		near(t, name, score.Tracks(truth, events, score.Defaults()).NEES, c.want, .02)
	}
	if got := score.Tracks(truth, tracked(truth, nil), score.Defaults()); got.NEESLooks != 0 {
		t.Errorf("%d looks without a covariance", got.NEESLooks)
	}
}

// A pair walks 8 m apart, east and west of the middle: each of them is 4 m from a track of the middle.
func TestTracks_NEESOfAGroupIsOfItsMiddleAndBesideItOfItsMembers(t *testing.T) {
	metre := 1 / (metresPerDegree * math.Cos(49*math.Pi/180))
	pair := walkers(1, 400)
	for i := range pair {
		w := &pair[i]
		w.Size, w.Members = 2, []record.Spot{{w.Lat, w.Lon - 4*metre}, {w.Lat, w.Lon + 4*metre}}
	}
	events := func(off float64) []record.Event {
		return tracked(pair, func(e *record.Event, _ int) bool {
			e.Track.Lon += off * metre
			e.Track.Cov = record.Cov{EE: 16, NN: 9}
			return true
		})
	}
	for name, c := range map[string]struct{ east, middle, members float64 }{
		"on the middle":     {0, 0, .5},
		"on one of the two": {4, .5, 1}, // (0 + 64/16)/2 over two axes
	} {
		got := score.Tracks(pair, events(c.east), score.Defaults())
		near(t, name, got.NEES, c.middle, .02)
		near(t, name+", members", got.NEESOfAny, c.members, .02)
	}
	for i := range pair {
		pair[i].Members = nil // a truth file without members
	}
	got := score.Tracks(pair, events(4), score.Defaults())
	near(t, "without members", got.NEESOfAny, got.NEES, 0)
}

// Two walk 30 m apart, and the track of the first goes on with the second: CLEAR-MOT keeps it the first's, within reach as he is.
func TestTracks_NEESIsAgainstTheTargetThatATrackFollows(t *testing.T) {
	metre := 1 / (metresPerDegree * math.Cos(49*math.Pi/180))
	truth, lon := walkers(2, 200), 0.0
	for i := range truth {
		if truth[i].Target == "w0" {
			lon = truth[i].Lon
		} else {
			truth[i].Lon = lon + 30*metre
		}
	}
	events := tracked(truth, func(e *record.Event, second int) bool {
		first := e.Track.ID == "tw0"
		e.Track.ID, e.Track.Cov = "t", record.Cov{EE: 9, NN: 9}
		return first == (second < 100)
	})
	if got := score.Tracks(truth, events, score.Defaults()); got.NEES > .01 || got.NEESLooks < 195 {
		t.Errorf("NEES %.2f of %d looks of a track that is on one or the other all the time", got.NEES, got.NEESLooks)
	}
}

func TestTracks_classesAreSIAPsIDs(t *testing.T) {
	truth := walkers(1, 60)
	says := func(id, class string) []record.Event {
		return tracked(truth, func(e *record.Event, _ int) bool {
			e.Track.ID = id
			if class != "" {
				e.Track.Class = map[string]float64{class: .7, "clutter": .3}
			}
			return true
		})
	}
	for name, c := range map[string]struct {
		events             []record.Event
		named, right, both float64
	}{
		"right":           {says("a", "person"), 1, 1, 0},
		"wrong":           {says("a", "animal"), 1, 0, 0},
		"nothing said":    {says("a", ""), 0, 0, 0},
		"right and wrong": {append(says("a", "person"), says("b", "animal")...), 1, 0, 1},
		"right, and none": {append(says("a", "person"), says("b", "")...), 1, 1, 0},
	} {
		got := score.Tracks(truth, c.events, score.Defaults())
		if got.IDCompleteness != c.named || got.IDCorrectness != c.right || got.IDAmbiguity != c.both {
			t.Errorf("%s: named %v, right %v, both %v", name, got.IDCompleteness, got.IDCorrectness, got.IDAmbiguity)
		}
	}
}
