package influx

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func faults(c Config) []string {
	var paths []string
	c.Check(func(path, _ string) { paths = append(paths, path) })
	return paths
}

func TestConfig_checkNamesEveryBadField(t *testing.T) {
	good := Defaults()
	if got := faults(good); got != nil {
		t.Errorf("no InfluxDB at all is a fault: %v", got)
	}
	good.URL, good.Bucket = "http://127.0.0.1:8086", "border"
	if got := faults(good); got != nil {
		t.Errorf("the defaults have faults: %v", got)
	}
	bad := Config{URL: "127.0.0.1:8086", Gzip: "on", BatchPoints: 0, FlushEvery: 10, Timeout: -1, MaxBackoff: time.Hour}
	want := []string{"url", "bucket", "gzip", "batch_points", "flush_every", "timeout", "max_backoff", "dir", "parked_max_mib"}
	if got := faults(bad); !slices.Equal(got, want) {
		t.Errorf("faults %v, want %v", got, want)
	}
}

func TestConfig_compressesUnlessTheServerIsHere(t *testing.T) {
	for _, tc := range []struct {
		url, gzip string
		want      bool
	}{
		{"http://127.0.0.1:8086", "auto", false},
		{"http://localhost:8086", "auto", false},
		{"http://[::1]:8086", "auto", false},
		{"http://10.0.0.7:8086", "auto", true},
		{"https://influx.example", "auto", true},
		{"http://127.0.0.1:8086", "always", true},
		{"https://influx.example", "never", false},
	} {
		if got := (Config{URL: tc.url, Gzip: tc.gzip}).compress(); got != tc.want {
			t.Errorf("%s, %s: %t", tc.url, tc.gzip, got)
		}
	}
}

func TestJudge_tellsLinesFromRequestsAndOutages(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name   string
		status int
		header http.Header
		body   string
		want   answer
	}{
		{"stored", 204, nil, "", answer{verdict: accepted}},
		{"a login page", 200, nil, "hello", answer{ours: true}},
		{
			"1.8: type conflict", 400,
			http.Header{"X-Influxdb-Error": {"partial write: field type conflict: x dropped=12"}},
			"",
			answer{verdict: refused, dropped: 12},
		},
		{"1.8: all in one request", 400, nil, `{"error":"field type conflict"}`, answer{verdict: refused}},
		{"1.8: syntax", 400, nil, `{"error":"unable to parse 'm v=xx 2': invalid boolean"}`, answer{verdict: refused}},
		{"2.7: unprocessable", 422, nil, `{"code":"unprocessable entity","message":"failure writing points"}`, answer{verdict: refused}},
		{"3: partial", 400, nil, `{"error":"partial write of line protocol occurred","data":[]}`, answer{verdict: refused}},
		{"precision", 400, nil, `{"error":"invalid precision"}`, answer{ours: true}},
		{"too large", 413, nil, "", answer{verdict: tooLarge}},
		{"no token", 401, nil, "", answer{ours: true}},
		{"no right", 403, nil, "", answer{ours: true}},
		{"no bucket", 404, nil, "", answer{ours: true}},
		{"busy", 429, http.Header{"Retry-After": {"7"}}, "", answer{wait: 7 * time.Second}},
		{"busy until", 503, http.Header{"Retry-After": {now.Add(9 * time.Second).Format(http.TimeFormat)}}, "", answer{wait: 9 * time.Second}},
		{"busy for a day", 503, http.Header{"Retry-After": {"86400"}}, "", answer{wait: retryAfterMax}},
		{"busy, and the date is past", 503, http.Header{"Retry-After": {now.Add(-time.Hour).Format(http.TimeFormat)}}, "", answer{}},
		{"busy, nonsense", 503, http.Header{"Retry-After": {"-1"}}, "", answer{}},
		{"broken", 500, nil, "", answer{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := judge(tc.status, tc.header, tc.body, now)
			if (got.why == "") != (got.verdict == accepted) {
				t.Errorf("why = %q", got.why)
			}
			got.why = ""
			if got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestPark_keepsTheFileWithinItsBound(t *testing.T) {
	p := park{path: filepath.Join(t.TempDir(), "new", "parked.lp"), max: 1000}
	line := strings.Repeat("x", 299) + "\n"
	for range 10 {
		if err := p.keep([]byte(line), "two\nlines", time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{p.path, p.path + ".old"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 1400 || !strings.HasPrefix(string(text), "# 1970-01-01T00:00:00Z two lines\nx") {
			t.Errorf("%s: %d bytes: %.50q", path, len(text), text)
		}
	}
	if err := (park{path: "/proc/none/parked.lp", max: 1}).keep([]byte(line), "", time.Unix(0, 0)); err == nil {
		t.Error("nowhere to park, and no error")
	}
}
