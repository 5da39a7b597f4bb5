package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cutline/internal/record"
)

// receiver is an HTTP server that fails on purpose.
type receiver struct {
	t    *testing.T
	mu   sync.Mutex
	got  []posted
	fail func(n int, body string) (code int, header http.Header) // of the n-th request; code 0: it is taken
	n    int

	addr string
	srv  *httptest.Server
}

type posted struct {
	path, body string
	header     http.Header
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{t: t, addr: "127.0.0.1:0"}
	r.comeBack()
	t.Cleanup(func() { r.srv.Close() })
	return r
}

func (r *receiver) comeBack() {
	r.t.Helper()
	r.srv = httptest.NewUnstartedServer(r)
	ln := listenAt(r.t, r.addr)
	_ = r.srv.Listener.Close()
	r.srv.Listener, r.addr = ln, ln.Addr().String()
	r.srv.Start()
}

func (r *receiver) leave() { r.srv.CloseClientConnections(); r.srv.Close() }

func (r *receiver) url() string { return "http://" + r.addr }

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	if r.fail != nil {
		if code, header := r.fail(r.n, string(body)); code != 0 {
			maps.Copy(w.Header(), header)
			w.WriteHeader(code)
			_, _ = io.WriteString(w, "no,\nthank you")
			return
		}
	}
	r.got = append(r.got, posted{req.Method + " " + req.URL.Path, string(body), req.Header})
}

func (r *receiver) all() []posted {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

func (r *receiver) received() []string {
	var out []string
	for _, p := range r.all() {
		var e record.Event
		if json.Unmarshal([]byte(p.body), &e) == nil && e.Alert != nil {
			out = append(out, name(&e))
		}
	}
	return out
}

// hookTo makes the webhook of a route, after the defaults are filled in.
func hookTo(url string, change func(*Route)) *webhook {
	cfg := Config{Repeat: 30 * time.Second, Routes: []Route{{ID: "phone", Webhook: &Webhook{URL: url, Timeout: 5 * time.Second}}}}
	if change != nil {
		change(&cfg.Routes[0])
	}
	cfg.Fill()
	return newWebhook(&cfg.Routes[0], "https://console.example/#/alerts/{id}")
}

func TestWebhook_keepsTheContractOfAnOutput(t *testing.T) {
	far := newReceiver(t)
	out := hookTo(far.url(), nil)
	testOutput(t, out, far)
}

func TestWebhook_signsWhatItSendsAndNamesItOnce(t *testing.T) {
	far := newReceiver(t)
	secret := filepath.Join(t.TempDir(), "secret")
	raw := []byte("0123456789abcdef")
	if err := os.WriteFile(secret, []byte("whsec_"+base64.StdEncoding.EncodeToString(raw)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := hookTo(far.url()+"/hook", func(r *Route) { r.Webhook.SecretFile, r.Webhook.TokenFile = secret, secret })
	e := alertEvent("a1", "unacknowledged", "new")
	e.Alert.Revision = 3
	due := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	items := []Item{{Event: &e}, {Event: &e}, {Event: &e, Repeat: true, Due: due}}
	if err := out.Deliver(t.Context(), items); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, p := range far.all() {
		if p.path != "POST /hook" || p.header.Get("Content-Type") != "application/json" ||
			!strings.HasPrefix(p.header.Get("Authorization"), "Bearer whsec_") {
			t.Errorf("%s %v", p.path, p.header)
		}
		mac := hmac.New(sha256.New, raw)
		mac.Write([]byte(p.header.Get("Webhook-Id") + "." + p.header.Get("Webhook-Timestamp") + "." + p.body))
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); p.header.Get("Webhook-Signature") != want {
			t.Errorf("signature %q, want %q", p.header.Get("Webhook-Signature"), want)
		}
		keys = append(keys, p.header.Get("Idempotency-Key"))
	}
	if got := strings.Join(keys, " "); got != "a1.3 a1.3 a1.3.again.20261124T080000.000Z" {
		t.Errorf("keys %q: two tries are one, a reminder is another", got)
	}
	if err := os.Remove(secret); err != nil {
		t.Fatal(err)
	}
	if err := out.Deliver(t.Context(), items); err == nil || !strings.Contains(err.Error(), "webhook.token_file") || len(far.all()) != 3 {
		t.Errorf("without its secret: %v", err)
	}
}

// What is answered how decides what becomes of the alert: taken, tried again, or put aside.
func TestWebhook_anAnswerSaysWhetherToTryAgain(t *testing.T) {
	for code, refused := range map[int]bool{
		200: false, 202: false, 204: false, 301: true, 302: true, 400: true, 401: false, 403: false, 404: false, 408: false, 410: true,
		413: true, 422: true, 425: false, 429: false, 500: false, 501: false, 502: false, 503: false, 504: false,
	} {
		far := newReceiver(t)
		far.fail = func(int, string) (int, http.Header) {
			if code < 300 {
				return 0, nil
			}
			return code, http.Header{"Retry-After": {"7"}, "Location": {"/elsewhere"}}
		}
		out := hookTo(far.url(), nil)
		e := alertEvent("a1", "unacknowledged", "new")
		err := out.Deliver(t.Context(), []Item{{Event: &e}})
		h, _ := err.(*halt) //nolint:errorlint // it is a halt itself
		if (err == nil) != (code < 300) || h != nil && h.refused != refused {
			t.Errorf("%d: %v, refused %v", code, err, h != nil && h.refused)
		}
		if (code == 429 || code == 503) && h.wait != 7*time.Second {
			t.Errorf("%d: waits %v, and 7 s were asked for", code, h.wait)
		}
		if h != nil && !strings.Contains(err.Error(), "no, thank you") {
			t.Errorf("%d: %v does not say what the receiver said", code, err)
		}
		far.srv.Close()
	}
}

// An alert that crashes its receiver is put aside in the end, and those behind it go on.
func TestWebhook_theSame500ForTooLongIsARefusal(t *testing.T) {
	far := newReceiver(t)
	far.fail = func(_ int, body string) (int, http.Header) {
		if strings.Contains(body, `"poison"`) {
			return 500, nil
		}
		return 0, nil
	}
	out := hookTo(far.url(), func(r *Route) { r.Webhook.GiveUp = time.Nanosecond })
	first, poison, last := alertEvent("a1", "unacknowledged", "new"), alertEvent("poison", "unacknowledged", "new"),
		alertEvent("a3", "unacknowledged", "new")
	src := newFake()
	p := plan{repeat: time.Hour, lastPause: 300 * time.Millisecond}
	n, err := newNotifier("phone", p, src, out, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	n.refused = newPark(t.TempDir(), "phone")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	}()
	src.add(first, poison, last)
	eventually(t, "the alert behind the poison", func() bool { return slices.Contains(far.received(), "alert a3 new") })
	eventually(t, "the cursor at the end", func() bool { return src.ackedTo() == 1 })
	if got := strings.Join(far.received(), ", "); got != "alert a1 new, alert a3 new" {
		t.Errorf("received %q: nothing twice, nothing lost", got)
	}
	held, err := n.refused.list()
	if err != nil || len(held) != 1 || held[0].Event.Alert.ID != "poison" ||
		!strings.Contains(held[0].Reason, "500") || held[0].Route != "phone" {
		t.Errorf("refused: %+v, %v", held, err)
	}
	if s := n.Status(); !s.Connected || s.Refused != 1 || s.Delivered != 2 {
		t.Errorf("status %+v", s)
	}
	for id, want := range map[string]string{"a1": "delivered", "poison": "refused", "a3": "delivered", "never": "waiting"} {
		e := alertEvent(id, "unacknowledged", "new")
		if d := n.delivery(&e); d.State != want || d.Route != "phone" {
			t.Errorf("%s: %+v, want %s", id, d, want)
		}
	}
}

func TestWebhook_noSecretOfTheAddressIsInAnError(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	_ = ln.Close()
	out := hookTo("http://"+addr+"/services/T0/B0/s3cret", nil)
	e := alertEvent("a1", "unacknowledged", "new")
	for _, items := range [][]Item{{{Event: &e}}, nil} {
		err := out.Deliver(t.Context(), items)
		if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), addr) {
			t.Errorf("%d items: %v", len(items), err)
		}
	}
}
