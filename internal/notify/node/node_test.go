package node_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"cutline/internal/golden"
	"cutline/internal/normalize"
	"cutline/internal/notify/node"
	"cutline/internal/record"
	"cutline/internal/sapient"
	"cutline/internal/sensor"
)

func at() time.Time { return time.Date(2026, 11, 24, 8, 12, 3, 125e6, time.UTC) }

func walker() *record.TrackEvent {
	alt := 241.0
	return &record.TrackEvent{
		ID: "T417", Status: "confirmed", Lat: 49.00031, Lon: -97.24122, AltM: &alt, SpeedMPS: 2, CourseDeg: 30,
		Cov: record.Cov{EE: 9, NN: 16}, Existence: .97, Class: map[string]float64{"person": .75, "drone": .125, "clutter": .125},
		Friendly: true, Simulated: true, Count: 3,
	}
}

func crossing() *record.AlertEvent {
	return &record.AlertEvent{
		ID: "93f2", Kind: "crossing", State: "unacknowledged", Level: "confirmed", Priority: "critical", Change: "new",
		Time: at().Add(-time.Minute), Raised: at(), Lat: 49, Lon: -97.24122, Direction: "US>CA", Count: 2, Confidence: .96,
		Tracks: []string{"T417", "T418"},
	}
}

// judge holds messages to the rules of the standard, as our own reader of it knows them: it refuses what the public harness refuses.
func judge(t testing.TB) func(*sapient.SapientMessage) []record.Reject {
	t.Helper()
	n, err := normalize.New([]sensor.Definition{{
		ID: "peer", Sector: "s", Group: "peer", Kind: sensor.Radar, Topic: "peer", Status: "peer/status", Format: normalize.Sapient,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return func(m *sapient.SapientMessage) []record.Reject {
		wire, err := sapient.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		_, in := n.Normalize(at(), "peer", wire)
		return in.Rejects
	}
}

type sent struct {
	name string
	m    *sapient.SapientMessage
}

func messages() []sent {
	n := node.New("", "cutline-emerson")
	silent := crossing()
	silent.Kind, silent.Tracks, silent.Direction, silent.Lat, silent.Lon, silent.Priority = "sensor_silent", nil, "", 0, 0, "medium"
	task := &sapient.Task{TaskId: new(sapient.ULID(at(), "a task of theirs"))}
	return []sent{
		{"registration", n.Registration(at(), 10*time.Second)},
		{"status", n.Status(at(), nil, false)},
		{"status-fault", n.Status(at(), []string{"twr-01 silent"}, true)},
		{"goodbye", n.Goodbye(at())},
		{"detection", n.Detection("emerson", walker(), at())},
		{"alert", n.Alert("emerson", crossing(), "2 people crossed", at())},
		{"alert-system", n.Alert("emerson", silent, "twr-01 is silent", at())},
		{"task-refused", n.TaskAnswer(at(), task, false)},
		{"task-taken", n.TaskAnswer(at(), task, true)},
	}
}

// text is a message as JSON. The library's own spaces are random.
func text(t testing.TB, m *sapient.SapientMessage) []byte {
	t.Helper()
	b, err := protojson.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		t.Fatal(err)
	}
	return append(out.Bytes(), '\n')
}

func TestMessages_areThoseOfTheFilesAndTheStandardTakesThem(t *testing.T) {
	t.Parallel()
	refused := judge(t)
	for _, s := range messages() {
		golden.Check(t, filepath.Join("testdata", s.name+".json"), text(t, s.m))
		if r := refused(s.m); len(r) > 0 {
			t.Errorf("%s: %+v", s.name, r)
		}
	}
	bad := proto.Clone(messages()[0].m).(*sapient.SapientMessage) //nolint:forcetypeassert // it was one
	bad.GetRegistration().IcdVersion = new("BSI Flex 335 v1.0")
	if r := refused(bad); len(r) != 1 {
		t.Errorf("the judge takes a wrong version: %+v", r)
	}
}

// TestMessages_sayNothingThatTheHarnessDoesNotKnow holds the fields of our messages against the public harness's full ones, where they lie
// beside the checkout: its names are the standard's, whatever our own description of the messages says.
func TestMessages_sayNothingThatTheHarnessDoesNotKnow(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../../shared/fixtures/sapient/True/*.json")
	if err != nil || len(files) == 0 {
		t.Skip("no such messages beside this checkout")
	}
	known := map[string]bool{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := new(sapient.SapientMessage)
		if err := protojson.Unmarshal(b, m); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		fields(t, text(t, m), known)
	}
	ours := map[string]bool{}
	for _, s := range messages() {
		fields(t, text(t, s.m), ours)
	}
	for path := range ours {
		if !known[path] && path != "alert.location" && !alsoOf(path, known) {
			t.Errorf("%s is in no message of the harness", path)
		}
	}
}

// alsoOf: an alert may have a location as a detection has, though the harness's has a range and a bearing; the status of a node in order
// is that of one with faults.
func alsoOf(path string, known map[string]bool) bool {
	for from, to := range map[string]string{
		"alert.location.": "detectionReport.location.", "statusReport.status": "", "detectionReport.id": "",
		"detectionReport.objectInfo": "detectionReport.trackInfo",
	} {
		if rest, ok := bytes.CutPrefix([]byte(path), []byte(from)); ok && (to == "" || known[to+string(rest)]) {
			return true
		}
	}
	return false
}

func fields(t testing.TB, b []byte, into map[string]bool) {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	var walk func(string, any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, inner := range v {
				into[(path + "." + name)[1:]] = true
				walk(path+"."+name, inner)
			}
		case []any:
			for _, inner := range v {
				walk(path, inner)
			}
		}
	}
	walk("", v)
}

func TestIDs_areTheSameForTheSameThing(t *testing.T) {
	t.Parallel()
	a, b := node.New("", "one"), node.New("", "two")
	if a != node.New("", "one") || a == b {
		t.Error("a node's id is made of its name")
	}
	first, later := crossing(), crossing()
	later.Revision, later.State, later.Updated = 7, "acknowledged", at().Add(time.Hour)
	id := node.AlertID("emerson", first)
	if id != node.AlertID("emerson", later) || id == node.AlertID("river", first) {
		t.Error("an alert keeps its id, and it is of its sector")
	}
	if ulid := regexp.MustCompile(`^[0-7][0-9A-HJKMNP-TV-Z]{25}$`); !ulid.MatchString(id) || !ulid.MatchString(node.ObjectID("s", "T1")) {
		t.Errorf("%s is no ULID", id)
	}
	if track := node.ObjectID("s", "T1"); track != node.ObjectID("s", "T1") || track == node.ObjectID("s", "T2") {
		t.Error("a track keeps its id, and no other has it")
	}
}

func TestAlert_typeAndStatusAreTheStandards(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name                      string
		change                    func(*record.AlertEvent)
		kind, status, priority    string
		ranking                   float32
		withPlace, withDetections bool
	}{
		{"a new one", func(*record.AlertEvent) {}, "CRITICAL", "ACTIVE", "HIGH", 1, true, true},
		{"high", func(a *record.AlertEvent) { a.Priority = "high" }, "WARNING", "ACTIVE", "HIGH", 2. / 3, true, true},
		{"low", func(a *record.AlertEvent) { a.Priority = "low" }, "INFORMATION", "ACTIVE", "LOW", 0, true, true},
		{"acknowledged", func(a *record.AlertEvent) { a.State = "acknowledged" }, "CRITICAL", "ACKNOWLEDGE", "HIGH", 1, true, true},
		{"shelved", func(a *record.AlertEvent) { a.State = "shelved" }, "CRITICAL", "IGNORE", "HIGH", 1, true, true},
		{"out of service", func(a *record.AlertEvent) { a.State = "out_of_service" }, "CRITICAL", "IGNORE", "HIGH", 1, true, true},
		{"ended", func(a *record.AlertEvent) { a.Change, a.State = "end", "resolved" }, "CRITICAL", "CLEAR", "HIGH", 1, true, true},
		{
			"false", func(a *record.AlertEvent) { a.Change, a.State, a.Verdict = "end", "resolved", "false" },
			"CRITICAL", "REJECT", "HIGH", 1, true, true,
		},
		{
			"of the system", func(a *record.AlertEvent) { a.Tracks, a.Direction, a.Lat, a.Lon, a.Priority = nil, "", 0, 0, "medium" },
			"ERROR", "ACTIVE", "MEDIUM", 1. / 3, false, false,
		},
	} {
		a := crossing()
		tc.change(a)
		got := node.New("", "n").Alert("emerson", a, "text", at()).GetAlert()
		if got.GetAlertType().String() != "ALERT_TYPE_"+tc.kind || got.GetStatus().String() != "ALERT_STATUS_"+tc.status ||
			got.GetPriority().String() != "DISCRETE_PRIORITY_"+tc.priority || got.GetRanking() != tc.ranking ||
			(got.GetLocation() != nil) != tc.withPlace || (len(got.GetAssociatedDetection()) == 2) != tc.withDetections {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}

func TestDetection_speedIsEastAndNorth(t *testing.T) {
	t.Parallel()
	for course, want := range map[float64][2]float64{0: {0, 2}, 90: {2, 0}, 180: {0, -2}, 270: {-2, 0}, 30: {1, math.Sqrt(3)}} {
		tr := walker()
		tr.CourseDeg = course
		v := node.New("", "n").Detection("s", tr, at()).GetDetectionReport().GetEnuVelocity()
		if math.Hypot(v.GetEastRate()-want[0], v.GetNorthRate()-want[1]) > 1e-9 {
			t.Errorf("%v°: %v", course, v)
		}
	}
}

// TestMessages_whateverTheNamesAreTheStandardTakesThem: what a track or a sector is called comes from outside.
func TestMessages_whateverTheNamesAreTheStandardTakesThem(t *testing.T) {
	t.Parallel()
	refused := judge(t)
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.StringN(1, 20, -1)
		tr, a := walker(), crossing()
		tr.ID, tr.Status, tr.Existence = name.Draw(r, "track"), name.Draw(r, "status"), rapid.Float64().Draw(r, "existence")
		tr.Class = map[string]float64{name.Draw(r, "class"): rapid.Float64().Draw(r, "p")}
		a.ID, a.Priority, a.State = name.Draw(r, "alert"), name.Draw(r, "priority"), name.Draw(r, "state")
		a.Confidence, a.Tracks = rapid.Float64().Draw(r, "confidence"), []string{tr.ID}
		n, sector := node.New("", name.Draw(r, "node")), name.Draw(r, "sector")
		for _, m := range []*sapient.SapientMessage{n.Detection(sector, tr, at()), n.Alert(sector, a, name.Draw(r, "text"), at())} {
			if all := refused(m); len(all) > 0 {
				r.Fatalf("%+v", all)
			}
		}
	})
}
