package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAdvice_whatItSaysIsARuleThatTheConfigurationTakes: a person pastes it, config check passes, and the same day then has what it named
// suppressed, and nothing else.
func TestAdvice_whatItSaysIsARuleThatTheConfigurationTakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	events := filepath.Join(dir, "events.jsonl")
	var lines strings.Builder
	for i := range 6 {
		fmt.Fprintf(&lines, `{"type":"alert","time":"2026-11-%02dT03:00:00Z","sector":"emerson","alert":{"id":"a%d","kind":"crossing",`+
			`"state":"resolved","priority":"low","class":"animal","verdict":"animal","time":"2026-11-%02dT03:00:00Z","lat":49.0004,"lon":-97.21,`+
			`"tracks":["t"]}}`+"\n", i+1, i, i+1)
	}
	if err := os.WriteFile(events, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs, code := cutline(t, "", "advice", events)
	if code != 0 || !strings.Contains(out, "# would have hidden 6 alerts, 2026-11-01 to 2026-11-06: 6 animal\n") {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	s := newSite(t, out)
	if out, errs, code := cutline(t, "", "config", "check", s.config); code != 0 {
		t.Errorf("the configuration does not take it: %s%s", out, errs)
	}
	if out, errs, code := cutline(t, "", "advice", "--least", "7", events); code != 0 || out != "" || !strings.Contains(errs, "no advice") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	for want, args := range map[string][]string{
		"1 or more": {"--days", "0"}, "give host:port": {"--daemon", "ftp://x"}, "no such file": {events + ".none"},
		"advice_test.go:1: no event": {"advice_test.go"},
	} {
		if _, errs, code := cutline(t, "", append([]string{"advice"}, args...)...); code == 0 || !strings.Contains(errs, want) {
			t.Errorf("%q: exit code %d: %s", args, code, errs)
		}
	}
}
