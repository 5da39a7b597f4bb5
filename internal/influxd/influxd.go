// Package influxd runs an InfluxDB 1.8 server as a child process: for the demo, which wants a real database on a machine with Go
// alone, and for the tests.
//
//	Find ─► binary ─ Start ─► Server (URL, CreateDatabase) ─ Stop ─► the same directory and port can be started again
//
// The server listens on loopback only, asks for no password, has Flux switched on and sends no usage reports. It is for one
// machine and for as long as its parent lives: a production database is somebody else's process. Start chooses no port: the
// kernel does, and the server's own log says which, so two starts at once never collide.
//
// The binary comes from `go install github.com/influxdata/influxdb/cmd/influxd@v1.8.10`. It speaks /api/v2/write and
// /api/v2/query; a bucket is "database/retention-policy" (autogen unless made otherwise). Start reading at Start.
package influxd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"text/template"
	"time"
)

// ErrNotFound says that there is no influxd on this machine, and how to get one.
var ErrNotFound = errors.New("no influxd: run `make bin/influxd`, or set CUTLINE_INFLUXD to one")

// readyIn bounds the wait for the first answer. A cold start takes 0.3 s on an idle core; a loaded test machine has taken 6 s.
const readyIn = 60 * time.Second

// stopIn is how long a server may take to flush its cache before it is killed.
const stopIn = 20 * time.Second

// Config of a server.
type Config struct {
	Binary string    // path of influxd, as Find gives it
	Dir    string    // where meta, data and wal live; made if missing, kept by Stop
	Addr   string    // host:port to listen on; empty: a free port of 127.0.0.1
	Log    io.Writer // what the server says, for the case that it does not start; may be nil
}

// Server is a running child.
type Server struct {
	addr string
	cmd  *exec.Cmd
	done chan struct{} // closed when the child has ended
	once sync.Once
}

// Find looks for the binary: $CUTLINE_INFLUXD, then bin/influxd below each of roots, then the PATH. ErrNotFound if it is nowhere.
func Find(roots ...string) (string, error) {
	if path := os.Getenv("CUTLINE_INFLUXD"); path != "" {
		if _, err := os.Stat(path); err != nil { //nolint:gosec // whoever sets the variable starts us as well
			return "", fmt.Errorf("CUTLINE_INFLUXD: %w", err)
		}
		return path, nil
	}
	for _, root := range roots {
		path := filepath.Join(root, "bin", "influxd")
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	if path, err := exec.LookPath("influxd"); err == nil {
		return path, nil
	}
	return "", ErrNotFound
}

// Start runs the server and returns when it answers. If ctx ends before that, the child is gone when Start returns; afterwards
// ctx has no hold on it.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	file, err := writeConfig(cfg)
	if err != nil {
		return nil, err
	}
	out := &listener{to: cfg.Log, addr: make(chan string, 1)}
	s := &Server{cmd: exec.Command(cfg.Binary, "-config", file), done: make(chan struct{})} //nolint:gosec // the path that Find found
	s.cmd.Stdout, s.cmd.Stderr = out, out
	s.cmd.Env = append(os.Environ(), "INFLUXDB_REPORTING_DISABLED=true")
	s.cmd.SysProcAttr = ownGroup()
	s.cmd.WaitDelay = time.Second // a grandchild that holds the pipe must not hold us
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start influxd: %w", err)
	}
	go func() {
		defer close(s.done)
		_ = s.cmd.Wait() // how it ended is in its log
	}()
	if err := s.ready(ctx, out.addr); err != nil {
		s.Kill()
		return nil, fmt.Errorf("start influxd: %w; it said:\n%s", err, out.tail())
	}
	return s, nil
}

// ready waits for the address in the log, then for the first answer to /ping.
func (s *Server) ready(ctx context.Context, addr <-chan string) error {
	ctx, cancel := context.WithTimeout(ctx, readyIn)
	defer cancel()
	select {
	case s.addr = <-addr:
	case <-s.done:
		return errors.New("it ended at once")
	case <-ctx.Done():
		return fmt.Errorf("it does not listen: %w", ctx.Err())
	}
	for {
		if err := s.ping(ctx); err == nil {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-s.done:
			return errors.New("it ended before it answered")
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", ctx.Err())
		}
	}
}

func (s *Server) ping(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+"/ping", nil)
	if err != nil {
		return err
	}
	return do(req)
}

// URL of the server, as in http://127.0.0.1:8086.
func (s *Server) URL() string { return "http://" + s.addr }

// Addr is its host:port: give it to the next Start to come back on the same one.
func (s *Server) Addr() string { return s.addr }

// Done is closed when the child has ended, by Stop or by itself.
func (s *Server) Done() <-chan struct{} { return s.done }

// CreateDatabase makes a database that need not exist yet on this server. Its bucket is name + "/autogen".
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	return CreateDatabase(ctx, s.URL(), "", name)
}

// CreateDatabase makes a database that need not exist yet on any InfluxDB 1.8. The token is "user:password", or empty where the
// server asks for none. InfluxDB 2.x has buckets of its own making and answers with an error.
func CreateDatabase(ctx context.Context, server, token, name string) error {
	query := url.Values{"q": {`CREATE DATABASE "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(server, "/")+"/query", strings.NewReader(query.Encode()))
	if err != nil {
		return fmt.Errorf("create database %q: %w", name, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if user, password, ok := strings.Cut(token, ":"); ok {
		req.SetBasicAuth(user, password)
	}
	if err := do(req); err != nil {
		return fmt.Errorf("create database %q: %w", name, err)
	}
	return nil
}

// Stop asks the child to end, so that it flushes what it holds, waits for it, and kills it if it will not. It may be called twice.
func (s *Server) Stop() error {
	s.once.Do(func() { _ = s.cmd.Process.Signal(syscall.SIGTERM) })
	select {
	case <-s.done:
		return nil
	case <-time.After(stopIn):
		s.Kill()
		return fmt.Errorf("influxd did not end within %v and was killed", stopIn)
	}
}

// Kill ends the child at once, as a power cut would.
func (s *Server) Kill() {
	s.once.Do(func() {})
	_ = s.cmd.Process.Kill()
	<-s.done
}

func do(req *http.Request) error {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no idle connection outlives the call
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // read below as far as it matters
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if resp.StatusCode/100 != 2 || bytes.Contains(text, []byte(`"error"`)) { // a failed query is a 200 with an error in it
		return fmt.Errorf("%s: %s", resp.Status, bytes.TrimSpace(text))
	}
	return nil
}

func writeConfig(cfg Config) (string, error) {
	if err := os.MkdirAll(cfg.Dir, 0o750); err != nil {
		return "", fmt.Errorf("influxd: %w", err)
	}
	addr := cfg.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return "", fmt.Errorf("influxd: %w", err)
	}
	var text bytes.Buffer
	if err := template.Must(template.New("").Parse(settings)).Execute(&text, map[string]string{"Dir": dir, "Addr": addr}); err != nil {
		return "", fmt.Errorf("influxd settings: %w", err)
	}
	file := filepath.Join(dir, "influxd.conf")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		return "", fmt.Errorf("influxd: %w", err)
	}
	return file, nil
}

// settings: the RPC port is chosen by the kernel as well (nobody asks it), the monitor's own measurements and the statements'
// log are off: they cost CPU and are not ours.
const settings = `reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
dir = {{printf "%q" (print .Dir "/meta")}}
[data]
dir = {{printf "%q" (print .Dir "/data")}}
wal-dir = {{printf "%q" (print .Dir "/wal")}}
index-version = "tsi1"
query-log-enabled = false
[monitor]
store-enabled = false
[http]
bind-address = {{printf "%q" .Addr}}
flux-enabled = true
log-enabled = false
suppress-write-log = true
[continuous_queries]
enabled = false
[subscriber]
enabled = false
[logging]
level = "info"
`
