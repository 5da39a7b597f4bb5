package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"cutline/internal/record"
)

func TestConfig_everyBadFieldIsSaid(t *testing.T) {
	var got []string
	fault := func(path, what string) { got = append(got, path+": "+what) }
	Defaults().Check(fault)
	if len(got) > 0 {
		t.Errorf("the defaults: %q", got)
	}
	Config{Listen: "8080", Hosts: []string{"http://a"}, Heartbeat: time.Nanosecond, BasemapFile: "nowhere.pmtiles"}.Check(fault)
	var paths []string
	for _, f := range got {
		path, _, _ := strings.Cut(f, ":")
		paths = append(paths, path)
	}
	want := []string{
		"listen", "hosts[0]", "basemap_file", "heartbeat", "write_timeout", "ack_timeout", "history_span", "track_age", "max_streams",
		"history_bytes", "keep_ended", "keep_rejects",
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
	for _, target := range []string{"/", "/licences.txt", "/nothing", "/metrics", "/healthz", "/api/v1/picture", "/api/v1/alerts/x"} {
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
		{http.MethodGet, "/api/v1/alerts?state=open", http.StatusBadRequest, ""},
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
		"/api/v1/alerts?state=resolved&state=":          "a4",
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
	s, err := open(testConfig(), j, j, Deps{}) // not running: nothing is read yet
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
	for _, want := range []string{
		`cutline_web_commands_total{command="ack",outcome="done"} 0`, "cutline_web_streams 0",
		"cutline_web_streams_cut_total 0",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("/metrics lacks %q:\n%s", want, body)
		}
	}
}

func TestServer_anAddressInUseIsSaid(t *testing.T) {
	s, _ := running(t, testConfig(), newFake(), Deps{})
	cfg := testConfig()
	cfg.Listen = s.Addr().String()
	if second, err := open(cfg, newFake(), newFake(), Deps{}); err == nil || !strings.Contains(err.Error(), "http.listen") {
		t.Errorf("a second server at %s: %v, %v", cfg.Listen, second, err)
	}
}
