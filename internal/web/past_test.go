package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/journal"
	"cutline/internal/record"
)

// morning is the query of the period of the tests' events.
const morning = "?from=2026-11-24T07:59:00Z&to=2026-11-24T08:10:00Z"

func testSite() Site {
	return Site{
		Name: "emerson", Version: "v1", Sectors: []SiteSector{}, Border: Collect(), Zones: Collect(),
		Sensors: []SiteSensor{
			{ID: "twr-01", Sector: "emerson", Group: "tower-01", Kind: "radar", Pose: &SitePose{Lat: 49.01, Lon: -97.2}},
			{ID: "cam-01", Sector: "emerson", Group: "tower-02", Kind: "camera", Pose: &SitePose{Lat: 49, Lon: -97.3}},
		},
	}
}

// someInputs are four looks around the alert at 49, -97.2: on it, far from it, along it and elsewhere.
func someInputs() []journal.InputBatch {
	south := detection.Coordinates{Range: 1112, Azimuth: math.Pi}
	look := func(sensor string, d detection.Detection, more ...record.Reject) record.Input {
		return record.Input{
			Kind: record.Message, Received: at(2), Sensor: sensor, Topic: "border/emerson/" + sensor + "/detections", Raw: []byte(`{"id":1}`),
			Scans: []detection.Scan{{Sensor: sensor, EventTime: at(1), Detections: []detection.Detection{d}}}, Rejects: more,
		}
	}
	return []journal.InputBatch{{Seq: 1, Sector: "emerson", Inputs: []record.Input{
		look("twr-01", detection.Detection{ID: "on it", EventTime: at(1), Geometry: detection.Polar, Polar: south}),
		look("twr-01", detection.Detection{ID: "far", EventTime: at(1), Geometry: detection.Position, Position: geo.LLA{Lat: 49.1, Lon: -97.2}}),
		look("cam-01", detection.Detection{ID: "along", Geometry: detection.Bearing, Polar: detection.Coordinates{Azimuth: math.Pi / 2}}),
		look("cam-01", detection.Detection{ID: "elsewhere", Geometry: detection.Bearing}, record.Reject{Path: "[1].time", Reason: "none"}),
		look("twr-01", detection.Detection{ID: "d1", EventTime: at(1), Geometry: detection.Trip}), // is evidence
	}}}
}

func histories(t *testing.T, s *Server, query string) []string {
	t.Helper()
	w := answered(s, http.MethodGet, "/api/v1/history"+query)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", query, w.Code, w.Body)
	}
	return told(t, w.Body.Bytes())
}

// told is what lines of events say, in short.
func told(t *testing.T, body []byte) (out []string) {
	t.Helper()
	for line := range bytes.Lines(body) {
		var e record.Event
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		out = append(out, fmt.Sprintf("%s@%d", e.Type, int(e.Time.Sub(at(0)).Seconds())))
	}
	return out
}

func TestHistory_isInTheOrderOfTimesAndOfThePeriodAlone(t *testing.T) {
	j := newFake()
	for i := 10; i < 70; i += 10 {
		j.add(trackEvent("t1", "confirmed", i))
	}
	late := crossingEvent(35)
	j.add(late) // decided later
	elsewhere := trackEvent("t9", "confirmed", 15)
	elsewhere.Sector = "roseau"
	j.add(elsewhere)
	s, _ := running(t, testConfig(), j, Deps{})
	for query, want := range map[string]string{
		"?from=2026-11-24T08:00:20Z&to=2026-11-24T08:00:40Z":                                "track@20 track@30 crossing@35 track@40",
		"?from=2026-11-24T08:00:20%2B00:00&to=2026-11-24T08:00:40.5Z&type=crossing":         "crossing@35",
		"?from=2026-11-24T08:00:00Z&to=2026-11-24T08:00:20Z":                                "track@10 track@15 track@20",
		"?from=2026-11-24T08:00:00Z&to=2026-11-24T08:00:20Z&sector=emerson":                 "track@10 track@20",
		"?from=2026-11-24T08:00:00Z&to=2026-11-24T08:05:00Z&every_s=25&sector=emerson":      "track@10 crossing@35 track@40",
		"?from=2026-11-24T09:00:00Z&to=2026-11-24T10:00:00Z":                                "",
		"?from=2026-11-24T08:00:00Z&to=2026-11-24T08:05:00Z&type=alert,coverage,sensor":     "",
		"?from=2026-11-24T08:00:35Z&to=2026-11-24T08:00:35Z&type=track&type=crossing,alert": "crossing@35",
	} {
		if got := strings.Join(histories(t, s, query), " "); got != want {
			t.Errorf("%s\n got %s\nwant %s", query, got, want)
		}
	}
}

func TestHistory_whatIsTooLongSaysWhereTheRestBegins(t *testing.T) {
	j := newFake()
	var want []string
	for i := range 700 {
		e := trackEvent(fmt.Sprint("t", i), "confirmed", 0)
		e.Time = at(0).Add(time.Duration(i) * time.Millisecond)
		j.add(e)
		want = append(want, e.Track.ID)
	}
	cfg := testConfig()
	cfg.HistoryBytes = 1
	s, _ := running(t, cfg, j, Deps{})
	var seen []string
	parts := 0
	for from := "2026-11-24T08:00:00Z"; from != ""; parts++ {
		w := answered(s, http.MethodGet, "/api/v1/history?to=2026-11-24T08:01:00Z&from="+from)
		from = ""
		for line := range bytes.Lines(w.Body.Bytes()) {
			var e record.Event
			if err := json.Unmarshal(line, &e); err != nil {
				t.Fatal(err)
			}
			if e.Type == "more" {
				from = e.Time.Format(time.RFC3339Nano)
			} else if !slices.Contains(seen, e.Track.ID) {
				seen = append(seen, e.Track.ID)
			}
		}
	}
	if !slices.Equal(seen, want) || parts < 3 {
		t.Errorf("%d of %d in %d parts", len(seen), len(want), parts)
	}
}

func TestHistory_isCompressedForWhoTakesIt(t *testing.T) {
	j := newFake()
	j.add(trackEvent("t1", "confirmed", 1))
	s, _ := running(t, testConfig(), j, Deps{})
	r := httptest.NewRequest(http.MethodGet, "http://localhost/api/v1/history"+morning, nil)
	r.Header.Set("Accept-Encoding", "br, gzip")
	w := httptest.NewRecorder()
	s.handler().ServeHTTP(w, r)
	if w.Header().Get("Content-Encoding") != "gzip" {
		t.Fatalf("%v", w.Header())
	}
	unzip, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(unzip)
	if err != nil || !slices.Equal(told(t, body), []string{"track@1"}) {
		t.Errorf("%s: %v", body, err)
	}
}

func TestHistory_refusesWhatItShould(t *testing.T) {
	j := newFake()
	s, _ := running(t, testConfig(), j, Deps{})
	const to = "&to=2026-11-24T08:00:40Z"
	for query, field := range map[string]string{
		"":                                "from",
		"?from=now":                       "from",
		"?from=2026-11-24T08:00:20Z":      "to",
		"?from=2026-11-24T08:00:41Z" + to: "to",
		"?from=2026-11-22T08:00:00Z" + to: "to",
		"?from=2026-11-24T08:00:20Z&type=tracks" + to:      "type",
		"?from=2026-11-24T08:00:20Z&every_s=0" + to:        "every_s",
		"?from=2026-11-24T08:00:20Z&every_s=NaN" + to:      "every_s",
		"?from=2026-11-24T08:00:20Z&sector=a.b" + to:       "sector",
		"?from=2026-11-24T08:00:20Z&sensor=twr-01" + to:    "sensor",
		"?from=2026-11-24T08:00:20Z&from=2026-11-24T" + to: "",
	} {
		w := answered(s, http.MethodGet, "/api/v1/history"+query)
		var p Problem
		err := json.Unmarshal(w.Body.Bytes(), &p)
		if field == "" {
			continue // the first one counts
		}
		if err != nil || w.Code != http.StatusBadRequest || p.Field != field {
			t.Errorf("%s: %d %s, want a fault at %q", query, w.Code, w.Body, field)
		}
	}
	j.fail(errDown)
	if w := answered(s, http.MethodGet, "/api/v1/history"+morning); w.Code != http.StatusServiceUnavailable {
		t.Errorf("the journal is away: %d %s", w.Code, w.Body)
	}
}

func TestLooking_isForAFewAtOnce(t *testing.T) {
	cfg := testConfig()
	cfg.AckTimeout = 10 * time.Millisecond
	s, _ := running(t, cfg, newFake(), Deps{})
	for range mostLookers {
		s.lookers <- struct{}{}
	}
	w := answered(s, http.MethodGet, "/api/v1/history"+morning)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	<-s.lookers
	if w := answered(s, http.MethodGet, "/api/v1/history"+morning); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestIncident_isWhatLiesAroundTheAlert(t *testing.T) {
	j := newFake()
	merged := trackEvent("t1", "confirmed", 30)
	merged.Track.Lineage = []string{"t0"}
	far := crossingEvent(50)
	far.Crossing.ID = "c2"
	j.add(alertEvent("a1", "unacknowledged", "new", 1))
	j.add(trackEvent("t0", "tentative", 0), trackEvent("t1", "confirmed", 1), trackEvent("other", "confirmed", 1), merged)
	j.add(trackEvent("t1", "confirmed", 130)) // more than two minutes later
	j.add(crossingEvent(1), far)
	j.inputs = someInputs()
	s, _ := running(t, testConfig(), j, Deps{Site: testSite})
	w := answered(s, http.MethodGet, "/api/v1/alerts/a1/incident")
	var got Incident
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	var tracks, plots []string
	for _, e := range got.Tracks {
		tracks = append(tracks, e.Track.ID)
	}
	for _, p := range got.Detections {
		plots = append(plots, p.ID)
	}
	if !slices.Equal(tracks, []string{"t0", "t1", "t1"}) || got.Crossing == nil || got.Crossing.Crossing.ID != "c1" {
		t.Errorf("tracks %q, crossing %+v", tracks, got.Crossing)
	}
	if !slices.Equal(plots, []string{"on it", "along", "d1"}) || got.More {
		t.Errorf("detections %q", plots)
	}
	first := got.Detections[0]
	if first.Group != "tower-01" || first.From == nil || first.From.Lat != 49.01 ||
		math.Abs(*first.Lat-49) > 1e-4 || *first.AzimuthDeg != 180 {
		t.Errorf("plot %+v", first)
	}
	if w := answered(s, http.MethodGet, "/api/v1/alerts/nobody/incident"); w.Code != http.StatusNotFound {
		t.Errorf("no alert: %d", w.Code)
	}
}

func TestSensor_saysWhatItSentLast(t *testing.T) {
	j := newFake()
	j.add(sensorEvent("twr-01", "online"))
	for i := range 12 {
		in := someInputs()[0]
		in.Seq = uint64(i) + 1
		for k := range in.Inputs {
			in.Inputs[k].Received = time.Now().Add(-time.Second)
		}
		in.Inputs[3].Raw = []byte{0xff, byte(i)}
		j.inputs = append(j.inputs, in)
	}
	s, _ := running(t, testConfig(), j, Deps{Site: testSite})
	for id, n := range map[string]int{"twr-01": newestSent, "cam-01": newestSent} {
		w := answered(s, http.MethodGet, "/api/v1/sensors/"+id)
		var got SensorDetail
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Definition.ID != id || len(got.Last) != n {
			t.Fatalf("%s: %d messages, %v: %s", id, len(got.Last), err, w.Body)
		}
		if (got.Sensor != nil) != (id == "twr-01") {
			t.Errorf("%s: event %+v", id, got.Sensor)
		}
		newest := got.Last[0]
		if id == "cam-01" && (newest.PayloadBase64[1] != 11 || newest.Rejects[0].Path != "[1].time" || newest.Payload != nil) {
			t.Errorf("%s: newest %+v", id, newest)
		}
	}
	if w := answered(s, http.MethodGet, "/api/v1/sensors/nobody"); w.Code != http.StatusNotFound {
		t.Errorf("no sensor: %d", w.Code)
	}
}

func TestReport_saysWhatAShiftHandsOver(t *testing.T) {
	j := newFake()
	judged := alertEvent("a1", "resolved", "end", 40)
	judged.Alert.Verdict = "animal"
	j.add(alertEvent("a1", "unacknowledged", "new", 1), alertEvent("a2", "unacknowledged", "new", 2), judged)
	for i, state := range []string{"online", "silent", "silent", "degraded", "online", "offline"} {
		e := sensorEvent("twr-01", state)
		e.Time = at(i * 10)
		j.add(e)
	}
	worse := coverageEvent(30)
	worse.Coverage.WatchedFraction = .5
	worse.Coverage.Cells = []record.Cell{{FromM: 0, ToM: 50, Sensors: []string{"x"}}, {FromM: 50, ToM: 100}}
	j.add(coverageEvent(5), worse)
	s, _ := running(t, testConfig(), j, Deps{Site: testSite})
	w := answered(s, http.MethodGet, "/api/v1/report"+morning)
	var got Report
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	if len(got.Alerts) != 2 || got.Alerts[0].Alert.State != "resolved" || len(got.Open) != 1 || got.Open[0].Alert.ID != "a2" {
		t.Errorf("alerts %+v, open %+v", got.Alerts, got.Open)
	}
	if !slices.Equal(got.Verdicts, []Verdict{{"animal", 1}}) || got.Site != "emerson" || got.KPI.Standing != 1 {
		t.Errorf("%+v", got)
	}
	c := got.Coverage[0]
	if len(got.Coverage) != 1 || c.Least != .5 || c.Most != .8 || len(c.Holes) != 1 || c.Holes[0].FromM != 50 {
		t.Errorf("coverage %+v", got.Coverage)
	}
	a := got.Away
	if len(a) != 3 || a[0].State != "silent" || !a[0].To.Equal(at(30)) || a[1].State != "degraded" || !a[1].To.Equal(at(40)) ||
		a[2].To != nil {
		t.Errorf("away %+v", a)
	}
}
