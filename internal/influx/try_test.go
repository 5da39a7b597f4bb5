package influx

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The answers are those of InfluxDB 1.8 (200: it looks at nothing before the first point) and 2.7 to a write of no points.
func TestTry_saysWhetherTheServerTakesUs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		code int
		body string
		want string // in the error; empty for none
	}{
		"1.8":                  {200, "", ""},
		"2":                    {400, `{"code":"invalid","message":"writing requires points"}`, ""},
		"2, another mistake":   {400, `{"code":"invalid","message":"invalid precision"}`, "invalid precision"},
		"2, no such bucket":    {404, `{"code":"not found","message":"bucket \"x\" not found"}`, "not found"},
		"2, a wrong token":     {401, `{"code":"unauthorized","message":"unauthorized access"}`, "unauthorized"},
		"something else there": {502, "<html>", "502"},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if body, _ := io.ReadAll(r.Body); len(body) > 0 {
				t.Errorf("%s: %d bytes are written", name, len(body))
			}
			w.WriteHeader(tc.code)
			_, _ = io.WriteString(w, tc.body)
		}))
		cfg := settings(srv.URL, "border")
		cfg.Gzip = "never"
		err := Try(t.Context(), cfg)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
		srv.Close()
	}
	if err := Try(t.Context(), settings("http://127.0.0.1:1", "border")); err == nil {
		t.Error("nobody is there, and it is said that they take us")
	}
}
