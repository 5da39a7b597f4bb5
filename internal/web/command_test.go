package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// fakeCore does to alerts and tracks what commands say, as the daemon's core does.
type fakeCore struct {
	mu     sync.Mutex
	j      *fakeJournal
	alert  record.AlertEvent
	track  record.TrackEvent
	given  []record.Command
	refuse *record.RejectEvent // instead
}

// core answers the commands of a server on j.
func core(j *fakeJournal) *fakeCore {
	c := &fakeCore{j: j, alert: *alertEvent("a1", "unacknowledged", "new", 1).Alert, track: *trackEvent("t1", "confirmed", 1).Track}
	c.alert.Revision, c.track.Lineage = 1, []string{"t0"}
	c.tell()
	t := trackEvent("t1", "confirmed", 1)
	t.Track.Lineage = c.track.Lineage
	j.add(t)
	j.put = c.put
	return c
}

func (c *fakeCore) tell() {
	a := c.alert
	j := alertEvent(a.ID, a.State, a.Change, 1)
	j.Alert = &a
	c.j.add(j)
}

func (c *fakeCore) put(_ context.Context, e journal.Entry) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	cmd := e.Input.Command
	c.given = append(c.given, *cmd)
	if c.refuse != nil {
		no := *c.refuse
		no.Topic, no.Received = record.CommandGiven.String(), e.Input.Received
		c.j.add(record.Event{Type: record.RejectType, Time: e.Input.Received, Sector: e.Sector, Reject: &no})
		return nil
	}
	if cmd.Track != "" {
		c.track.Friendly = cmd.Name == record.Friendly && !cmd.Undo
		if cmd.Name == record.Split {
			c.track.Lineage = nil
		}
		now := c.track
		c.j.add(record.Event{Type: record.TrackType, Time: at(9), Sector: e.Sector, Track: &now})
		return nil
	}
	switch cmd.Name {
	case record.Ack:
		if cmd.Comment != "" {
			c.alert.Comments = append(slices.Clip(c.alert.Comments), record.Remark{By: cmd.By, Text: cmd.Comment})
		}
		c.alert.State, c.alert.AckedBy = "acknowledged", cmd.By
	case record.Shelve:
		c.alert.State, c.alert.Shelf = "shelved", &record.Shelf{By: cmd.By, Until: cmd.Time.Add(cmd.For), Reason: cmd.Comment}
	case record.Unshelve:
		c.alert.State, c.alert.Shelf = "unacknowledged", nil
	case record.Assign:
		c.alert.Owner = cmd.Owner
	case record.Comment:
		c.alert.Comments = append(slices.Clip(c.alert.Comments), record.Remark{By: cmd.By, Text: cmd.Comment})
	case record.Resolve:
		c.alert.State, c.alert.Change, c.alert.Verdict, c.alert.ResolvedBy = "resolved", "end", cmd.Verdict, cmd.By
	}
	c.alert.Revision++
	c.tell()
	return nil
}

func (c *fakeCore) commands() []record.Command {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.given
}

func post(t *testing.T, s *Server, target, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost"+target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.handler().ServeHTTP(w, r)
	return w
}

func TestCommand_eachIsInTheJournalAndReadBackAtOnce(t *testing.T) {
	for _, c := range []struct {
		target, body string
		want         record.Command
		shown        string
	}{
		{"alerts/a1/ack", `{"by":" k.lee ","comment":"patrol sent"}`, record.Command{Name: "ack", Comment: "patrol sent"}, `"acked_by":"k.lee"`},
		{
			"alerts/a1/shelve", `{"by":"k.lee","for_s":90.5,"reason":"road works"}`,
			record.Command{Name: "shelve", Comment: "road works", For: 90500 * time.Millisecond},
			`"reason":"road works"`,
		},
		{"alerts/a1/assign", `{"by":"k.lee","owner":"unit 7"}`, record.Command{Name: "assign", Owner: "unit 7"}, `"owner":"unit 7"`},
		{"alerts/a1/comment", `{"by":"k.lee","comment":"two <b>deer</b>"}`, record.Command{Name: "comment", Comment: "two <b>deer</b>"}, "deer"},
		{"alerts/a1/resolve", `{"by":"k.lee","verdict":"animal"}`, record.Command{Name: "resolve", Verdict: "animal"}, `"verdict":"animal"`},
		{"tracks/t1/split", `{"by":"k.lee","other":"t0"}`, record.Command{Name: "split", Other: "t0"}, `"lineage":null`},
		{"tracks/t1/split?sector=emerson", `{"by":"k.lee"}`, record.Command{Name: "split"}, `"lineage":null`},
		{"tracks/t1/friendly", `{"by":"k.lee"}`, record.Command{Name: "friendly"}, `"friendly":true`},
	} {
		j := newFake()
		f := core(j)
		s, _ := running(t, testConfig(), j, Deps{})
		w := post(t, s, "/api/v1/"+c.target, c.body)
		var e record.Event
		if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || w.Code != http.StatusOK || !strings.Contains(w.Body.String(), c.shown) {
			t.Errorf("%s: %d %s: %v", c.target, w.Code, w.Body, err)
		}
		if e.Alert != nil && w.Header().Get("ETag") != `"2"` {
			t.Errorf("%s: etag %s", c.target, w.Header().Get("ETag"))
		}
		given := f.commands()
		if len(given) != 1 {
			t.Fatalf("%s: %d commands", c.target, len(given))
		}
		got := given[0]
		if len(got.ID) < 20 || got.Time.IsZero() || got.Time.Location() != time.UTC || got.By != "k.lee" || got.Alert+got.Track == "" {
			t.Errorf("%s: %+v", c.target, got)
		}
		got.ID, got.Time, got.By, got.Alert, got.Track = "", time.Time{}, "", "", ""
		if got != c.want {
			t.Errorf("%s: command %+v, want %+v", c.target, got, c.want)
		}
		read, _, _ := strings.Cut(c.target, "?")
		if body := answered(s, http.MethodGet, "/api/v1/"+read[:9]).Body.String(); !strings.Contains(body, c.shown) {
			t.Errorf("%s: read back %s", c.target, body)
		}
	}
}

func TestCommand_whatIsSoAlreadyIsNone(t *testing.T) {
	j := newFake()
	f := core(j)
	s, _ := running(t, testConfig(), j, Deps{})
	for _, c := range [][2]string{
		{"alerts/a1/unshelve", `{"by":"k.lee"}`},
		{"tracks/t1/friendly", `{"by":"k.lee","undo":true}`},
		{"alerts/a1/ack", `{"by":"k.lee"}`},
		{"alerts/a1/ack", `{"by":"other"}`},
	} {
		if w := post(t, s, "/api/v1/"+c[0], c[1]); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", c[0], w.Code, w.Body)
		}
	}
	if given := f.commands(); len(given) != 1 || given[0].By != "k.lee" {
		t.Errorf("%+v: want one acknowledgement, the first", given)
	}
	w := post(t, s, "/api/v1/alerts/a1/ack", `{"by":"other","comment":"I saw it too"}`)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "I saw it too") {
		t.Errorf("again, with a word to it: %d %s", w.Code, w.Body)
	}
}

// Two people look at the same revision and act at once: one wins, and the other is told by whom and how.
func TestCommand_ofTwoAtOnceOneWins(t *testing.T) {
	j := newFake()
	f := core(j)
	s, _ := running(t, testConfig(), j, Deps{})
	var wait sync.WaitGroup
	var answers [2]*httptest.ResponseRecorder
	for i, by := range []string{"k.lee", "m.roy"} {
		wait.Go(func() {
			answers[i] = post(t, s, "/api/v1/alerts/a1/ack", fmt.Sprintf(`{"by":%q}`, by), "If-Match", `"1"`)
		})
	}
	wait.Wait()
	if answers[0].Code == http.StatusConflict {
		answers[0], answers[1] = answers[1], answers[0]
	}
	if answers[0].Code != http.StatusOK || answers[1].Code != http.StatusConflict || len(f.commands()) != 1 {
		t.Fatalf("%d and %d, %d commands", answers[0].Code, answers[1].Code, len(f.commands()))
	}
	var p Problem
	err := json.Unmarshal(answers[1].Body.Bytes(), &p)
	winner := f.commands()[0].By
	if err != nil || p.Alert == nil || p.Alert.Alert.AckedBy != winner || !strings.Contains(p.Error, winner) || p.Field != "If-Match" {
		t.Errorf("the loser is told %s: %v", answers[1].Body, err)
	}
	if w := post(t, s, "/api/v1/alerts/a1/comment", `{"by":"m.roy","comment":"I see"}`, "If-Match", `"2"`); w.Code != http.StatusOK {
		t.Errorf("with the revision of the answer: %d %s", w.Code, w.Body)
	}
}

func TestCommand_theCoresRefusalIsTheAnswer(t *testing.T) {
	for path, want := range map[string]struct {
		code  int
		field string
	}{
		"alert":   {http.StatusConflict, "alert"},
		"state":   {http.StatusConflict, "state"},
		"for":     {http.StatusUnprocessableEntity, "for_s"},
		"comment": {http.StatusUnprocessableEntity, "reason"},
	} {
		j := newFake()
		f := core(j)
		s, _ := running(t, testConfig(), j, Deps{})
		f.refuse = &record.RejectEvent{Path: path, Reason: "not now"}
		w := post(t, s, "/api/v1/alerts/a1/shelve", `{"by":"k.lee","for_s":60,"reason":"rain"}`)
		var p Problem
		err := json.Unmarshal(w.Body.Bytes(), &p)
		if err != nil || w.Code != want.code || p.Field != want.field || p.Error != want.field+": not now" ||
			(p.Alert != nil) != (want.code == http.StatusConflict) {
			t.Errorf("%s: %d %s: %v", path, w.Code, w.Body, err)
		}
		if got := testutil.ToFloat64(s.metrics.commands.WithLabelValues("shelve", "refused")); got != 1 {
			t.Errorf("%s: %v counted", path, got)
		}
	}
}

func TestCommand_isAcceptedWhereThePictureDoesNotShowItYet(t *testing.T) {
	j := newFake()
	core(j)
	cfg := testConfig()
	cfg.AckTimeout = 20 * time.Millisecond
	s, _ := running(t, cfg, j, Deps{})
	j.put = func(context.Context, journal.Entry) error { return nil }
	w := post(t, s, "/api/v1/alerts/a1/ack", `{"by":"k.lee"}`)
	if w.Code != http.StatusAccepted || !strings.Contains(w.Body.String(), `"a1"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	j.put = func(ctx context.Context, _ journal.Entry) error { <-ctx.Done(); return ctx.Err() } // the disk cap is reached
	if w := post(t, s, "/api/v1/alerts/a1/ack", `{"by":"k.lee"}`); w.Code != http.StatusServiceUnavailable {
		t.Errorf("a full journal: %d %s", w.Code, w.Body)
	}
	for outcome, want := range map[string]float64{"done": 0, "pending": 1, "failed": 1} {
		if got := testutil.ToFloat64(s.metrics.commands.WithLabelValues("ack", outcome)); got != want {
			t.Errorf("%v acks counted %s, want %v", got, outcome, want)
		}
	}
}

func TestCommand_aWrongFieldIsNamed(t *testing.T) {
	j := newFake()
	core(j)
	s, _ := running(t, testConfig(), j, Deps{})
	j.put = func(context.Context, journal.Entry) error {
		t.Error("a refused request reached the journal")
		return errors.New("no")
	}
	long := strings.Repeat("x", maxComment+1)
	for _, c := range []struct{ target, body, field string }{
		{"alerts/a1/ack", `{}`, "by"},
		{"alerts/a1/ack", `{"by":"  "}`, "by"},
		{"alerts/a1/ack", `{"by":7}`, "by"},
		{"alerts/a1/ack", `{"by":null}`, "by"},
		{"alerts/a1/ack", fmt.Sprintf(`{"by":%q}`, long[:maxBy+1]), "by"},
		{"alerts/a1/ack", fmt.Sprintf(`{"by":"x","comment":%q}`, long), "comment"},
		{"alerts/a1/ack", `{"by":"x","priority":"low"}`, "priority"},
		{"alerts/a1/ack", `{"by":"x","owner":"y"}`, "owner"},
		{"alerts/a1/shelve", `{"by":"x","reason":"rain"}`, "for_s"},
		{"alerts/a1/shelve", `{"by":"x","reason":"rain","for_s":"1h"}`, "for_s"},
		{"alerts/a1/shelve", `{"by":"x","reason":"rain","for_s":28801}`, "for_s"},
		{"alerts/a1/shelve", `{"by":"x","reason":"rain","for_s":-1}`, "for_s"},
		{"alerts/a1/shelve", `{"by":"x","for_s":60}`, "reason"},
		{"alerts/a1/shelve", `{"by":"x","for_s":60,"reason":" "}`, "reason"},
		{"alerts/a1/assign", `{"by":"x"}`, "owner"},
		{"alerts/a1/comment", `{"by":"x"}`, "comment"},
		{"alerts/a1/resolve", `{"by":"x"}`, "verdict"},
		{"alerts/a1/resolve", `{"by":"x","verdict":"nothing"}`, "verdict"},
		{"tracks/t1/friendly", `{"by":"x","undo":"yes"}`, "undo"},
		{"tracks/t1/split", fmt.Sprintf(`{"by":"x","other":%q}`, long[:maxID+1]), "other"},
		{"tracks/t1/split?sektor=emerson", `{"by":"x"}`, "sektor"},
	} {
		w := post(t, s, "/api/v1/"+c.target, c.body)
		var p Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusBadRequest || p.Field != c.field {
			t.Errorf("%s %.80s: %d %s, want a fault at %q", c.target, c.body, w.Code, w.Body, c.field)
		}
	}
}

func TestCommand_refusesWhatItShould(t *testing.T) {
	j := newFake()
	core(j)
	s, _ := running(t, testConfig(), j, Deps{})
	take := j.put
	j.put = func(context.Context, journal.Entry) error {
		t.Error("a refused request reached the journal")
		return errors.New("no")
	}
	const good = `{"by":"k.lee"}`
	for name, c := range map[string]struct {
		target, body string
		header       []string
		code         int
	}{
		"unknown alert":     {"alerts/nobody/ack", good, nil, http.StatusNotFound},
		"of another sector": {"alerts/a1/ack?sector=roseau", good, nil, http.StatusNotFound},
		"unknown track":     {"tracks/a1/friendly", good, nil, http.StatusNotFound},
		"no body":           {"alerts/a1/ack", "", nil, http.StatusBadRequest},
		"two objects":       {"alerts/a1/ack", good + good, nil, http.StatusBadRequest},
		"no object":         {"alerts/a1/ack", `[]`, nil, http.StatusBadRequest},
		"too long":          {"alerts/a1/ack", fmt.Sprintf(`{"by":%q}`, strings.Repeat("x", maxBody)), nil, 413},
		"stale":             {"alerts/a1/ack", good, []string{"If-Match", `"7"`}, http.StatusConflict},
		"no revision":       {"alerts/a1/ack", good, []string{"If-Match", "new"}, http.StatusBadRequest},
		"a form's type":     {"alerts/a1/ack", good, []string{"Content-Type", "text/plain"}, http.StatusUnsupportedMediaType},
		"no type":           {"alerts/a1/ack", good, []string{"Content-Type", ""}, http.StatusUnsupportedMediaType},
		"another site":      {"alerts/a1/ack", good, []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		"a sibling site":    {"alerts/a1/ack", good, []string{"Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		"an old browser":    {"alerts/a1/ack", good, []string{"Origin", "https://evil.example.org"}, http.StatusForbidden},
		"a sandboxed frame": {"alerts/a1/ack", good, []string{"Origin", "null"}, http.StatusForbidden},
	} {
		w := post(t, s, "/api/v1/"+c.target, c.body, c.header...)
		var p Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != c.code || p.Error == "" {
			t.Errorf("%s: %d %s, want %d", name, w.Code, w.Body, c.code)
		}
	}
	j.put = take
	own := []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://localhost", "Content-Type", "application/json; charset=utf-8"}
	if w := post(t, s, "/api/v1/alerts/a1/ack", good, own...); w.Code != http.StatusOK {
		t.Errorf("the console's own request: %d %s", w.Code, w.Body)
	}
}

func TestTracks_ofTwoSectorsAreToldApart(t *testing.T) {
	j := newFake()
	there := trackEvent("t1", "confirmed", 1)
	there.Sector = "roseau"
	j.add(trackEvent("t1", "confirmed", 1), there)
	s, _ := running(t, testConfig(), j, Deps{})
	for target, code := range map[string]int{
		"t1": http.StatusBadRequest, "t1?sector=roseau": http.StatusOK, "t1?sector=nowhere": http.StatusNotFound, "t2": http.StatusNotFound,
	} {
		if w := answered(s, http.MethodGet, "/api/v1/tracks/"+target); w.Code != code {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

func TestStamp_neverTheSameTwice(t *testing.T) {
	s := &Server{}
	for last, i := s.stamp(), 0; i < 1000; i++ {
		now := s.stamp()
		if !now.After(last) {
			t.Fatalf("%v after %v", now, last)
		}
		last = now
	}
}
