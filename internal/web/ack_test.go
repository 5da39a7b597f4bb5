package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// acker is a journal whose correlator acknowledges when it is told to.
func acker(j *fakeJournal, apply bool) *[]journal.Entry {
	var got []journal.Entry
	j.put = func(_ context.Context, e journal.Entry) error {
		got = append(got, e)
		if apply {
			done := alertEvent(e.Input.Command.Alert, "acknowledged", "update", 9)
			done.Alert.AckedBy = e.Input.Command.By
			j.add(done)
		}
		return nil
	}
	return &got
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

func TestAck_isACommandInTheJournalAndReadBackAtOnce(t *testing.T) {
	j := newFake()
	j.add(alertEvent("a1", "unacknowledged", "new", 1))
	s, _ := running(t, testConfig(), j, Deps{})
	got := acker(j, true)
	w := post(t, s, "/api/v1/alerts/a1/ack", `{"by":" k.lee ","comment":"patrol sent"}`)
	var e record.Event
	err := json.Unmarshal(w.Body.Bytes(), &e)
	if err != nil || w.Code != http.StatusOK || e.Alert.State != "acknowledged" || e.Alert.AckedBy != "k.lee" {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	if len(*got) != 1 {
		t.Fatalf("%d commands, want 1", len(*got))
	}
	entry := (*got)[0]
	c := entry.Input.Command
	if entry.Sector != "emerson" || entry.Input.Kind != record.CommandGiven || c.Name != "ack" || c.Alert != "a1" || c.By != "k.lee" ||
		c.Comment != "patrol sent" || len(c.ID) < 20 || !c.Time.Equal(entry.Input.Received) || c.Time.Location() != time.UTC {
		t.Errorf("command %+v in %+v", c, entry)
	}
	if body := answered(s, http.MethodGet, "/api/v1/alerts/a1").Body.String(); !strings.Contains(body, `"acked_by":"k.lee"`) {
		t.Errorf("read back: %s", body)
	}
	if w := post(t, s, "/api/v1/alerts/a1/ack", `{"by":"other"}`); w.Code != http.StatusOK || len(*got) != 1 {
		t.Errorf("again: %d, %d commands in all", w.Code, len(*got))
	}
}

func TestAck_isAcceptedWhereThePictureDoesNotShowItYet(t *testing.T) {
	j := newFake()
	j.add(alertEvent("a1", "unacknowledged", "new", 1))
	cfg := testConfig()
	cfg.AckTimeout = 20 * time.Millisecond
	s, _ := running(t, cfg, j, Deps{})
	got := acker(j, false)
	if w := post(t, s, "/api/v1/alerts/a1/ack", `{"by":"k.lee"}`); w.Code != http.StatusAccepted || len(*got) != 1 {
		t.Errorf("%d, %d commands: %s", w.Code, len(*got), w.Body)
	}
	j.put = func(ctx context.Context, _ journal.Entry) error { <-ctx.Done(); return ctx.Err() } // the disk cap is reached
	if w := post(t, s, "/api/v1/alerts/a1/ack", `{"by":"k.lee"}`); w.Code != http.StatusServiceUnavailable {
		t.Errorf("a full journal: %d %s", w.Code, w.Body)
	}
	for outcome, want := range map[string]float64{"done": 0, "pending": 1, "refused": 1} {
		if got := testutil.ToFloat64(s.metrics.acks.WithLabelValues(outcome)); got != want {
			t.Errorf("%v acks counted %s, want %v", got, outcome, want)
		}
	}
}

func TestAck_refusesWhatItShould(t *testing.T) {
	j := newFake()
	j.add(alertEvent("a1", "unacknowledged", "new", 1))
	s, _ := running(t, testConfig(), j, Deps{})
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
		"unknown alert": {"/api/v1/alerts/nobody/ack", good, nil, http.StatusNotFound},
		"no body":       {"/api/v1/alerts/a1/ack", "", nil, http.StatusBadRequest},
		"no name":       {"/api/v1/alerts/a1/ack", `{"by":"  "}`, nil, http.StatusBadRequest},
		"long name":     {"/api/v1/alerts/a1/ack", fmt.Sprintf(`{"by":%q}`, strings.Repeat("x", maxBy+1)), nil, http.StatusBadRequest},
		"long comment": {
			"/api/v1/alerts/a1/ack", fmt.Sprintf(`{"by":"x","comment":%q}`, strings.Repeat("x", maxComment+1)), nil, http.StatusBadRequest,
		},
		"unknown field":     {"/api/v1/alerts/a1/ack", `{"by":"x","priority":"low"}`, nil, http.StatusBadRequest},
		"two objects":       {"/api/v1/alerts/a1/ack", good + good, nil, http.StatusBadRequest},
		"no object":         {"/api/v1/alerts/a1/ack", `[]`, nil, http.StatusBadRequest},
		"too long":          {"/api/v1/alerts/a1/ack", fmt.Sprintf(`{"by":%q}`, strings.Repeat("x", maxBody)), nil, 413},
		"a form's type":     {"/api/v1/alerts/a1/ack", good, []string{"Content-Type", "text/plain"}, http.StatusUnsupportedMediaType},
		"no type":           {"/api/v1/alerts/a1/ack", good, []string{"Content-Type", ""}, http.StatusUnsupportedMediaType},
		"another site":      {"/api/v1/alerts/a1/ack", good, []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		"a sibling site":    {"/api/v1/alerts/a1/ack", good, []string{"Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		"an old browser":    {"/api/v1/alerts/a1/ack", good, []string{"Origin", "https://evil.example.org"}, http.StatusForbidden},
		"a sandboxed frame": {"/api/v1/alerts/a1/ack", good, []string{"Origin", "null"}, http.StatusForbidden},
	} {
		w := post(t, s, c.target, c.body, c.header...)
		var p Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != c.code || p.Error == "" {
			t.Errorf("%s: %d %s, want %d", name, w.Code, w.Body, c.code)
		}
	}
	acker(j, true)
	own := []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://localhost", "Content-Type", "application/json; charset=utf-8"}
	if w := post(t, s, "/api/v1/alerts/a1/ack", good, own...); w.Code != http.StatusOK {
		t.Errorf("the console's own request: %d %s", w.Code, w.Body)
	}
}
