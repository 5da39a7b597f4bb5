package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNotify_triesTheReceiversAndPointsAtTheOneThatFails(t *testing.T) {
	t.Parallel()
	got := make(chan string, 10)
	phone := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- string(body)
	}))
	defer phone.Close()
	dir := t.TempDir()
	s := newSite(t, fmt.Sprintf(`notify:
  dir: %q
  routes:
    - {id: phone, webhook: {url: "%s/border", template: ntfy}}
    - {id: nobody, cot: {url: "tcp://127.0.0.1:1"}}`, dir, phone.URL))
	out, errs, code := cutline(t, "", "notify", "test", "phone", "--config", s.config)
	if code != 0 || !strings.HasPrefix(out, "ok    phone: the receiver has it") {
		t.Fatalf("exit code %d, %s%s", code, out, errs)
	}
	if first, second := <-got, <-got; !strings.Contains(first, "TEST of the route phone: nobody has crossed") ||
		!strings.Contains(second, "Ended") {
		t.Errorf("the phone has %s and %s", first, second)
	}
	out, errs, code = cutline(t, "", "notify", "test", "--config", s.config)
	if want := s.config + ":7:25: notify.routes[nobody].cot: connect to"; code != 1 ||
		!strings.Contains(out, "FAIL  nobody: "+want) || !strings.Contains(errs, "1 receiver") {
		t.Errorf("exit code %d, %s%s, want %s", code, out, errs, want)
	}
	_, errs, code = cutline(t, "", "notify", "test", "fax", "--config", s.config)
	if code != 2 || !strings.Contains(errs, `"fax" is no route`) {
		t.Errorf("exit code %d, %s", code, errs)
	}

	line := `{"time":"2026-11-24T08:00:00Z","route":"phone","reason":"no","event":{"type":"alert"}}` + "\n"
	if err := os.WriteFile(filepath.Join(dir, "phone.refused.jsonl"), []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs, code = cutline(t, "", "notify", "refused", "--config", s.config)
	if code != 0 || !strings.Contains(out, `"reason":"no"`) || strings.Count(out, "\n") != 1 {
		t.Errorf("exit code %d, %s%s", code, out, errs)
	}
}
