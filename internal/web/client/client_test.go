package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cutline/internal/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func serve(t *testing.T, handle http.HandlerFunc) *Client {
	t.Helper()
	srv := httptest.NewServer(handle)
	t.Cleanup(srv.Close)
	c, err := New(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// say writes an answer of the daemon.
func say(w http.ResponseWriter, parts ...string) { _, _ = io.WriteString(w, strings.Join(parts, "")) }

func TestNew_takesAnAddressOrAURL(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080", "http://tower:80/": "http://tower:80",
		"https://cutline.example.org": "https://cutline.example.org",
		"":                            "", "ftp://x": "", "http://x/api": "", "a b": "", "http://%zz": "",
	} {
		c, err := New(address)
		if (err == nil) != (want != "") || err == nil && c.base != want {
			t.Errorf("%q: %+v, %v, want %q", address, c, err, want)
		}
	}
}

func TestClient_asksWhatItIsAskedFor(t *testing.T) {
	var asked string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.URL.String()
		switch {
		case strings.HasSuffix(r.URL.Path, "/alerts"):
			say(w, `{"seq":1,"alerts":[{"type":"alert","sector":"emerson","alert":{"id":"a1"}}]}`)
		case strings.HasSuffix(r.URL.Path, "/rejects"):
			say(w, `{"seq":1,"rejects":[{"type":"reject","reject":{"reason":"bad"}}]}`)
		case strings.HasSuffix(r.URL.Path, "/status"):
			say(w, `{"ready":true,"components":[{"name":"journal","ok":true}],"lags":{"influx":3}}`)
		default:
			say(w, `{"type":"alert","alert":{"id":"a 1"}}`)
		}
	})
	ctx := t.Context()
	alerts, err := c.Alerts(ctx, Filter{State: "unacknowledged", Sector: "emerson", Limit: 5})
	const want = "GET /api/v1/alerts?limit=5&sector=emerson&state=unacknowledged"
	if err != nil || len(alerts) != 1 || alerts[0].Alert.ID != "a1" || asked != want {
		t.Errorf("%s: %v, %v", asked, alerts, err)
	}
	rejects, err := c.Rejects(ctx, "", 0)
	if err != nil || len(rejects) != 1 || rejects[0].Reject.Reason != "bad" || asked != "GET /api/v1/rejects" {
		t.Errorf("%s: %v, %v", asked, rejects, err)
	}
	status, err := c.Status(ctx)
	if err != nil || !status.Ready || status.Components[0].Name != "journal" || status.Lags["influx"] != 3 {
		t.Errorf("%s: %+v, %v", asked, status, err)
	}
	if e, err := c.Alert(ctx, "a 1/x"); err != nil || e.Alert.ID != "a 1" || asked != "GET /api/v1/alerts/a%201%2Fx" {
		t.Errorf("%s: %v, %v", asked, e, err)
	}
}

func TestClient_acknowledges(t *testing.T) {
	code := http.StatusOK
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/api/v1/alerts/a1/ack" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		w.WriteHeader(code)
		if code >= 400 {
			say(w, `{"error":"there is no alert \"a1\""}`)
			return
		}
		say(w, `{"type":"alert","alert":{"id":"a1","state":"acknowledged"}}`)
	})
	if e, shown, err := c.Do(t.Context(), "a1", Act{Name: "ack", By: "k.lee"}); err != nil || !shown || e.Alert.State != "acknowledged" {
		t.Errorf("%v %v %v", e, shown, err)
	}
	code = http.StatusAccepted
	if _, shown, err := c.Do(t.Context(), "a1", Act{Name: "ack", By: "k.lee"}); err != nil || shown {
		t.Errorf("%v %v", shown, err)
	}
	code = http.StatusNotFound
	var refused *Error
	_, _, err := c.Do(t.Context(), "a1", Act{Name: "ack", By: "k.lee"})
	if !errors.As(err, &refused) || refused.Code != code || err.Error() != `there is no alert "a1"` {
		t.Errorf("%v", err)
	}
}

func TestClient_sendsTheFieldsOfAnActionAlone(t *testing.T) {
	var target, body string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		target, body = r.URL.Path, string(sent)
		say(w, `{"type":"alert","alert":{"id":"a1"}}`)
	})
	for want, a := range map[string]Act{
		`{"by":"k","for_s":90,"reason":"rain"}`:         {Name: "shelve", By: "k", Seconds: 90, Reason: "rain"},
		`{"by":"k","owner":""}`:                         {Name: "assign", By: "k", Owner: new("")},
		`{"by":"k","comment":"two","verdict":"animal"}`: {Name: "resolve", By: "k", Verdict: "animal", Comment: "two"},
	} {
		if _, _, err := c.Do(t.Context(), "a1", a); err != nil || body != want || target != "/api/v1/alerts/a1/"+a.Name {
			t.Errorf("%s %s, want %s: %v", target, body, want, err)
		}
	}
}

func TestClient_aDaemonThatIsNotThereIsSaid(t *testing.T) {
	c, err := New("127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Status(t.Context()); err == nil || !strings.Contains(err.Error(), "http.listen") {
		t.Errorf("status: %v", err)
	}
	fn := func(Message) error { return nil }
	if err := c.Follow(t.Context(), From{}, fn); err == nil || !strings.Contains(err.Error(), "http.listen") {
		t.Errorf("follow: %v", err)
	}
	other := serve(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusBadGateway) })
	if _, err := other.Status(t.Context()); err == nil || !strings.Contains(err.Error(), "502") {
		t.Errorf("another server: %v", err)
	}
}

const (
	existing = ": existing\n\nevent: alert\ndata: {\"type\":\"alert\",\"alert\":{\"id\":\"a1\"}}\n\nevent: live\nid: 7\ndata: {\"seq\":7}\n\n"
	changes  = ": heartbeat\n\nevent: alert\ndata: {\"type\":\"alert\",\"alert\":{\"id\":\"a2\"}}\n\n" +
		"event: alert\nid: 8\ndata: {\"type\":\"alert\",\"alert\":{\"id\":\"a3\"}}\n\n"
	cutOff = "event: alert\ndata: {\"type\":\"alert\",\"alert\":{\"id\":\"a4\"}}\n\nevent: al"
	rest   = "event: alert\ndata: {\"type\":\"alert\",\"alert\":{\"id\":\"a4\"}}\n\n" +
		"event: alert\nid: 9\ndata: {\"type\":\"alert\",\"alert\":{\"id\":\"a5\"}}\n\n"
)

func TestFollow_carriesOnWhereItWasCutOff(t *testing.T) {
	var asked []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("Last-Event-ID"))
		switch len(asked) {
		case 1:
			say(w, "retry: 1000\n\n", existing, changes, cutOff)
		case 2:
			http.Error(w, `{"error":"the journal is being read"}`, http.StatusServiceUnavailable)
		default:
			say(w, rest)
		}
	})
	var got []string
	lost := 0
	enough := errors.New("enough")
	err := c.Follow(t.Context(), From{Types: []record.Type{record.AlertType}, Lost: func(error) { lost++ }}, func(m Message) error {
		got = append(got, fmt.Sprintf("%s %d %v", m.Event.Alert.ID, m.ID, m.Existing))
		if m.ID == 9 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Fatalf("%v", err)
	}
	want := "[a1 0 true a2 0 false a3 8 false a4 0 false a4 0 false a5 9 false]"
	if fmt.Sprint(got) != want {
		t.Errorf("saw\n%v, want\n%s", got, want)
	}
	if fmt.Sprint(asked) != "[ 8 8]" || lost != 1 {
		t.Errorf("asked after %q, told of %d outages, want 1", asked, lost)
	}
}

func TestFollow_aRefusalEndsIt(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		say(w, `{"error":"types: there is no \"alerts\""}`)
	})
	var refused *Error
	err := c.Follow(t.Context(), From{Types: []record.Type{"alerts"}}, func(Message) error { return nil })
	if !errors.As(err, &refused) || refused.Code != http.StatusBadRequest {
		t.Errorf("%v", err)
	}
}

func TestFollow_endsWithItsContext(t *testing.T) {
	began := make(chan struct{})
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		say(w, existing)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- c.Follow(ctx, From{}, func(Message) error { close(began); return nil })
	}()
	<-began
	cancel()
	if err := <-done; err != nil {
		t.Errorf("%v", err)
	}
}

func TestFollow_aSilentLinkIsGivenUp(t *testing.T) {
	var asked atomic.Int32
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 {
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			return
		}
		say(w, changes)
	})
	c.idle = 50 * time.Millisecond
	enough := errors.New("enough")
	if err := c.Follow(t.Context(), From{}, func(Message) error { return enough }); !errors.Is(err, enough) || asked.Load() != 2 {
		t.Errorf("%v after %d connections, want the second one's event", err, asked.Load())
	}
}
