package influxd

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// binary finds influxd as testenv does, which imports this package.
func binary(t *testing.T) string {
	t.Helper()
	path, err := Find(filepath.Join("..", ".."))
	if errors.Is(err, ErrNotFound) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestServer_comesBackOnItsPortWithItsData(t *testing.T) {
	cfg := Config{Binary: binary(t), Dir: t.TempDir()}
	s, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CreateDatabase(t.Context(), `odd "name"`); err != nil {
		t.Error(err)
	}
	if err := s.CreateDatabase(t.Context(), `odd "name"`); err != nil {
		t.Errorf("a second time: %v", err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Errorf("a second Stop: %v", err)
	}
	if err := s.ping(t.Context()); err == nil {
		t.Fatal("it answers after Stop")
	}

	cfg.Addr = s.Addr()
	again, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Kill()
	if again.URL() != s.URL() {
		t.Errorf("it came back at %s, was at %s", again.URL(), s.URL())
	}
	if got := get(t, again.URL()+"/query?q=SHOW+DATABASES"); !strings.Contains(got, `odd \"name\"`) {
		t.Errorf("the database is gone: %s", got)
	}
}

func TestServer_doneIsClosedWhenTheChildEnds(t *testing.T) {
	s, err := Start(t.Context(), Config{Binary: binary(t), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	s.Kill()
	select {
	case <-s.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("Done is open after Kill")
	}
}

func TestStart_saysWhatTheChildSaid(t *testing.T) {
	for _, tc := range []struct{ name, script, want string }{
		{"it ends at once", "echo cannot open the shard >&2; exit 1", "cannot open the shard"},
		{"a line without its end is no address", `printf 'msg="Listening on HTTP" addr=127.0.0.1:1'; exit 1`, "it ended at once"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "influxd")
			if err := os.WriteFile(path, []byte("#!/bin/sh\n"+tc.script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			_, err := Start(t.Context(), Config{Binary: path, Dir: t.TempDir()})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("err = %v, want one with %q", err, tc.want)
			}
		})
	}
}

func TestStart_leavesNoChildWhenItsContextEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "influxd")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexec sleep 600\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Start(ctx, Config{Binary: path, Dir: t.TempDir()}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("err = %v", err)
	}
}

func TestFind_takesTheOneThatIsNamed(t *testing.T) {
	root := t.TempDir()
	in := filepath.Join(root, "bin", "influxd")
	if err := os.MkdirAll(filepath.Dir(in), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", "")
	t.Setenv("CUTLINE_INFLUXD", "")
	if got, err := Find(t.TempDir(), root); got != in || err != nil {
		t.Errorf("below a root: %q, %v", got, err)
	}
	if _, err := Find(t.TempDir()); !errors.Is(err, ErrNotFound) {
		t.Errorf("nowhere: %v", err)
	}
	t.Setenv("CUTLINE_INFLUXD", "/nowhere/influxd")
	if _, err := Find(root); err == nil || errors.Is(err, ErrNotFound) {
		t.Errorf("a named one that is not there must be an error of its own, is %v", err)
	}
}

func get(t *testing.T, target string) string {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(target)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
