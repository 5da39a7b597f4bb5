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
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"cutline/internal/journal"
	"cutline/internal/record"
)

func TestConfig_everyBadFieldIsSaid(t *testing.T) {
	var got []string
	fault := func(path, what string) { got = append(got, path+": "+what) }
	Defaults().Check(fault)
	if len(got) > 0 {
		t.Errorf("the defaults: %q", got)
	}
	Config{Listen: "8080", Hosts: []string{"http://a"}, Heartbeat: time.Nanosecond}.Check(fault)
	var paths []string
	for _, f := range got {
		path, _, _ := strings.Cut(f, ":")
		paths = append(paths, path)
	}
	want := []string{
		"listen", "hosts[0]", "heartbeat", "write_timeout", "ack_timeout", "track_age", "max_streams", "keep_ended", "keep_rejects",
	}
	if !slices.Equal(paths, want) {
		t.Errorf("faults at %q, want %q", paths, want)
	}
}

func TestConfig_remoteMustBeSaid(t *testing.T) {
	for listen, local := range map[string]bool{
		"127.0.0.1:8080": true, "localhost:80": true, "[::1]:8080": true, "127.9.9.9:1": true,
		":8080": false, "0.0.0.0:8080": false, "[::]:8080": false, "10.0.0.5:8080": false, "tower:8080": false,
	} {
		for _, allow := range []bool{false, true} {
			cfg := Defaults()
			cfg.Listen, cfg.AllowRemote = listen, allow
			faults := 0
			cfg.Check(func(string, string) { faults++ })
			if ok := faults == 0; ok != (local || allow) {
				t.Errorf("listen %q, allow_remote %v: accepted %v", listen, allow, ok)
			}
		}
	}
}

func TestServer_everyAnswerHasTheSecurityHeaders(t *testing.T) {
	s, _ := running(t, testConfig(), newFake(), Deps{})
	for _, target := range []string{"/", "/style.css", "/nothing", "/metrics", "/healthz", "/api/v1/picture", "/api/v1/alerts/x"} {
		h := answered(s, http.MethodGet, target).Header()
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: content-security-policy %q", target, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: headers %v", target, h)
		}
		if h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: other sites may read it", target)
		}
		if h.Get("Content-Type") == "" {
			t.Errorf("%s: no content type", target)
		}
	}
}

func TestServer_theWrongMethodAndPathAreSaidInJSON(t *testing.T) {
	s, _ := running(t, testConfig(), newFake(), Deps{})
	for _, c := range []struct {
		method, target string
		code           int
		allow          string
	}{
		{http.MethodPost, "/api/v1/picture", http.StatusMethodNotAllowed, "GET, HEAD"},
		{http.MethodDelete, "/api/v1/alerts/a1", http.StatusMethodNotAllowed, "GET, HEAD"},
		{http.MethodGet, "/api/v1/alerts/a1/ack", http.StatusMethodNotAllowed, "POST"},
		{http.MethodPost, "/", http.StatusMethodNotAllowed, "GET, HEAD"},
		{http.MethodGet, "/api/v2/picture", http.StatusNotFound, ""},
		{http.MethodGet, "/api/v1/alerts/nobody", http.StatusNotFound, ""},
		{http.MethodGet, "/api/v1/alerts?stat=x", http.StatusBadRequest, ""},
		{http.MethodGet, "/api/v1/alerts?limit=0", http.StatusBadRequest, ""},
		{http.MethodGet, "/api/v1/rejects?limit=many", http.StatusBadRequest, ""},
		{http.MethodGet, "/api/v1/picture?sector=emerson", http.StatusBadRequest, ""},
	} {
		w := answered(s, c.method, c.target)
		var p Problem
		err := json.Unmarshal(w.Body.Bytes(), &p)
		if w.Code != c.code || err != nil || p.Error == "" || w.Header().Get("Allow") != c.allow {
			t.Errorf("%s %s: %d, allow %q, body %q", c.method, c.target, w.Code, w.Header().Get("Allow"), w.Body)
		}
	}
}

func TestServer_knowsItsOwnNamesAlone(t *testing.T) {
	cfg := testConfig()
	cfg.Hosts = []string{"Cutline.example.org"}
	s, _ := running(t, cfg, newFake(), Deps{})
	for host, ours := range map[string]bool{
		"localhost:8080": true, "127.0.0.1:8080": true, "[::1]:8080": true, "10.1.2.3": true, "tower-7:8080": true,
		"cutline.example.org": true, "cutline.example.org:443": true,
		"evil.example.org": false, "127.0.0.1.evil.example.org:8080": false, "example.org": false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/picture", nil)
		r.Host = host
		w := httptest.NewRecorder()
		s.handler().ServeHTTP(w, r)
		if got := w.Code == http.StatusOK; got != ours {
			t.Errorf("host %q: %d %s", host, w.Code, w.Body)
		}
	}
}

func TestServer_listsAreFilteredAndBounded(t *testing.T) {
	j := newFake()
	silent := alertEvent("a2", "acknowledged", "update", 2)
	silent.Alert.Kind = "sensor_silent"
	elsewhere := alertEvent("a3", "unacknowledged", "new", 3)
	elsewhere.Sector = "roseau"
	j.add(alertEvent("a1", "unacknowledged", "new", 1), silent, alertEvent("a4", "resolved", "end", 4))
	j.add(elsewhere)
	j.add(rejectEvent("twr-01", 1), rejectEvent("cam-01", 2), rejectEvent("twr-01", 3))
	s, _ := running(t, testConfig(), j, Deps{})
	for target, want := range map[string]string{
		"/api/v1/alerts":                                "a4 a3 a2 a1",
		"/api/v1/alerts?limit=2":                        "a4 a3",
		"/api/v1/alerts?state=unacknowledged":           "a3 a1",
		"/api/v1/alerts?state=acknowledged,resolved":    "a4 a2",
		"/api/v1/alerts?state=resolved&state=nothing":   "a4",
		"/api/v1/alerts?kind=sensor_silent":             "a2",
		"/api/v1/alerts?sector=roseau":                  "a3",
		"/api/v1/alerts?kind=crossing&sector=emerson":   "a4 a1",
		"/api/v1/rejects":                               "no. 3 no. 2 no. 1",
		"/api/v1/rejects?sensor=twr-01&limit=1":         "no. 3",
		"/api/v1/rejects?sensor=twr-01&sector=emerson":  "no. 3 no. 1",
		"/api/v1/rejects?sensor=twr-01&sector=nowhere":  "",
		"/api/v1/alerts?state=unacknowledged&limit=100": "a3 a1",
	} {
		w := answered(s, http.MethodGet, target)
		var got struct{ Alerts, Rejects []*record.Event }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v: %s", target, err, w.Body)
		}
		if have := strings.Join(ids(append(got.Alerts, got.Rejects...)), " "); have != want {
			t.Errorf("%s: %q, want %q", target, have, want)
		}
	}
}

func TestServer_readyIsSaidPartByPart(t *testing.T) {
	parts := []Component{{Name: "broker", OK: true, Since: at(0)}, {Name: "influx", OK: true, Since: at(0)}}
	j := newFake()
	s, _ := running(t, testConfig(), j, Deps{
		Health:  func() []Component { return parts },
		Figures: func() Figures { return Figures{Lags: map[string]uint64{"influx": 7}} },
	})
	if w := answered(s, http.MethodGet, "/readyz"); w.Code != http.StatusOK {
		t.Fatalf("all is well: %d %s", w.Code, w.Body)
	}
	parts = []Component{parts[0], {Name: "influx", Since: at(9), Message: "connection refused"}}
	w := answered(s, http.MethodGet, "/readyz")
	var got Readiness
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if w.Code != http.StatusServiceUnavailable || got.Ready || len(got.Components) != 3 || got.Components[1] != parts[1] {
		t.Errorf("influx is away: %d %s", w.Code, w.Body)
	}
	if w := answered(s, http.MethodGet, "/api/v1/status"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"influx":7`) {
		t.Errorf("status: %d %s", w.Code, w.Body)
	}
	if w := answered(s, http.MethodGet, "/healthz"); w.Code != http.StatusOK {
		t.Errorf("health has nothing to do with influx: %d", w.Code)
	}
}

func TestServer_answersNothingOfHalfAPicture(t *testing.T) {
	j := newFake()
	j.fail(errDown)
	s, err := open(testConfig(), j, Deps{}) // not running: nothing is read yet
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // a test's server
	for _, target := range []string{"/api/v1/picture", "/api/v1/stream", "/api/v1/alerts", "/api/v1/alerts/x", "/api/v1/sensors", "/readyz"} {
		if w := answered(s, http.MethodGet, target); w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	for _, target := range []string{"/", "/healthz", "/api/v1/status"} {
		if w := answered(s, http.MethodGet, target); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

func TestServer_itsMetricsAreWellNamedAndThereFromTheStart(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	s, _ := running(t, testConfig(), newFake(), Deps{Register: reg, Gatherer: reg})
	if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	body := answered(s, http.MethodGet, "/metrics").Body.String()
	for _, want := range []string{`cutline_web_acks_total{outcome="done"} 0`, "cutline_web_streams 0", "cutline_web_streams_cut_total 0"} {
		if !strings.Contains(body, want) {
			t.Errorf("/metrics lacks %q:\n%s", want, body)
		}
	}
}

func TestServer_anAddressInUseIsSaid(t *testing.T) {
	s, _ := running(t, testConfig(), newFake(), Deps{})
	cfg := testConfig()
	cfg.Listen = s.Addr().String()
	if second, err := open(cfg, newFake(), Deps{}); err == nil || !strings.Contains(err.Error(), "http.listen") {
		t.Errorf("a second server at %s: %v, %v", cfg.Listen, second, err)
	}
}

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
