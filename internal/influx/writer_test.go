package influx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	influxdb "github.com/influxdata/influxdb-client-go/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"cutline/internal/geo"
	"cutline/internal/journal"
	"cutline/internal/record"
	"cutline/internal/testenv"
)

// cursor is a journal's cursor in memory. next blocks when everything was given.
type cursor[T any] struct {
	items chan T
	mu    sync.Mutex
	acked uint64
	fail  int // so many times, Next fails
}

func newCursor[T any](items ...T) *cursor[T] {
	c := &cursor[T]{items: make(chan T, 10_000)}
	for _, item := range items {
		c.items <- item
	}
	return c
}

func (c *cursor[T]) Next(ctx context.Context) (item T, err error) {
	c.mu.Lock()
	if c.fail > 0 {
		c.fail--
		c.mu.Unlock()
		return item, errors.New("no such stream")
	}
	c.mu.Unlock()
	select {
	case item := <-c.items:
		return item, nil
	case <-ctx.Done():
		return item, ctx.Err()
	}
}

func (c *cursor[T]) Ack(_ context.Context, seq uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if seq <= c.acked {
		return fmt.Errorf("ack of %d after %d", seq, c.acked)
	}
	c.acked = seq
	return nil
}

func (c *cursor[T]) ackedSeq() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.acked
}

// batchOf makes the message seq of INPUT: n detections a millisecond apart. edit may change each.
func batchOf(seq uint64, n int, edit func(i int, in *record.Input)) journal.InputBatch {
	b := journal.InputBatch{Seq: seq, Sector: "emerson"}
	for i := range n {
		in := message()
		d := &in.Scans[0].Detections[0]
		d.EventTime = noon.Add(time.Duration(int(seq)*1000+i) * time.Millisecond)
		if edit != nil {
			edit(i, &in)
		}
		b.Inputs = append(b.Inputs, in)
	}
	return b
}

func pageOf(seq uint64) journal.Page {
	at := noon.Add(time.Duration(seq) * time.Second)
	return journal.Page{Seq: seq, Sector: "emerson", Type: record.TrackType, Events: []record.Event{
		{Type: record.TrackType, Time: at, Sector: "emerson", Track: &record.TrackEvent{ID: "T1", Status: "confirmed"}},
		{Type: record.AlertType, Time: at, Sector: "emerson", Alert: &record.AlertEvent{ID: "A1", Kind: "crossing"}},
	}}
}

// The journal's own cursors are what the writer takes.
var (
	_ inputs   = (*journal.InputCursor)(nil)
	_ pictures = (*journal.PictureCursor)(nil)
)

// started is a writer that runs until the test ends or stop is called.
type started struct {
	*Writer
	in   *cursor[journal.InputBatch]
	pic  *cursor[journal.Page]
	reg  *prometheus.Registry
	stop func()
}

func start(t *testing.T, cfg Config, in *cursor[journal.InputBatch], pic *cursor[journal.Page]) *started {
	t.Helper()
	reg := prometheus.NewRegistry()
	if cfg.Dir == "data" {
		cfg.Dir = t.TempDir()
	}
	w, err := New(cfg, map[string]geo.LLA{"twr-01": {Lat: 49, Lon: -97}}, slog.New(slog.NewTextHandler(t.Output(), nil)), reg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background()) // not the test's own, which ends before its clean-up
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx, in, pic) }()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return &started{Writer: w, in: in, pic: pic, reg: reg, stop: stop}
}

// settings for a server of the test: short times, so that the test is.
func settings(url, bucket string) Config {
	cfg := Defaults()
	cfg.URL, cfg.Org, cfg.Bucket, cfg.Dir = url, "ops", bucket, "data"
	cfg.FlushEvery, cfg.MaxBackoff = 50*time.Millisecond, 300*time.Millisecond
	return cfg
}

func server(t *testing.T) (*testenv.InfluxDB, Config) {
	t.Helper()
	db := testenv.Influx(t)
	cfg := settings(db.URL(), db.Bucket)
	if db.Org != "" {
		cfg.Org = db.Org
	}
	if db.Token != "" {
		cfg.TokenFile = filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(cfg.TokenFile, []byte(db.Token), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return db, cfg
}

// until waits for a condition that another goroutine brings about.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func counts(t *testing.T, cfg Config) map[string]int64 {
	t.Helper()
	n, err := CountPoints(t.Context(), cfg, noon.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWriter_everythingReachesTheServerOnceHoweverOftenItIsWritten(t *testing.T) {
	_, cfg := server(t)
	cfg.Gzip = "always"
	cfg.BatchPoints = 300 // several requests
	for run := range 2 {
		in, pic := newCursor[journal.InputBatch](), newCursor[journal.Page]()
		for seq := range uint64(10) {
			in.items <- batchOf(seq+1, 100, nil)
			pic.items <- pageOf(seq + 1)
		}
		in.items <- journal.InputBatch{Seq: 11, Inputs: []record.Input{{Kind: record.Message}}} // a status: nothing to write, but to ack
		w := start(t, cfg, in, pic)
		until(t, "all is acknowledged", func() bool { return in.ackedSeq() == 11 && pic.ackedSeq() == 10 })
		w.stop()
		if got := counts(t, cfg); got["detection"] != 1000 || got["track"] != 10 || got["alert"] != 10 || len(got) != 3 {
			t.Fatalf("run %d: the server holds %v", run, got)
		}
		if s := w.Status(); s.Points != 1020 || !s.Up || s.Behind != 0 || s.Parked != 0 {
			t.Errorf("run %d: status %+v", run, s)
		}
		if problems, err := testutil.GatherAndLint(w.reg); err != nil || len(problems) > 0 {
			t.Errorf("metrics: %v %v", problems, err)
		}
	}
}

func TestWriter_anOutageOfTheServerLosesNothing(t *testing.T) {
	db, cfg := server(t)
	in, pic := newCursor[journal.InputBatch](), newCursor[journal.Page]()
	w := start(t, cfg, in, pic)
	in.items <- batchOf(1, 50, nil)
	until(t, "the first is acknowledged", func() bool { return in.ackedSeq() == 1 })

	db.Stop()
	for seq := uint64(2); seq <= 40; seq++ { // more than the writer takes in hand
		in.items <- batchOf(seq, 50, nil)
	}
	pic.items <- pageOf(1)
	until(t, "the outage is known", func() bool { s := w.Status(); return !s.Up && s.LastError != "" && s.Behind > 0 })
	if got := in.ackedSeq(); got != 1 {
		t.Fatalf("acknowledged %d while the server was down", got)
	}
	db.Start()
	until(t, "the rest is acknowledged", func() bool { return in.ackedSeq() == 40 && pic.ackedSeq() == 1 })
	if s := w.Status(); !s.Up || s.Refused {
		t.Errorf("after the outage: %+v", s)
	}
	if got := counts(t, cfg); got["detection"] != 2000 || got["track"] != 1 {
		t.Errorf("the server holds %v", got)
	}
}

func TestWriter_aLineThatTheServerRefusesIsParkedAndTheRestGoesOn(t *testing.T) {
	_, cfg := server(t)
	// The field track is an integer here: from now on, a string in it is refused.
	first := start(t, cfg, newCursor[journal.InputBatch](), newCursor[journal.Page]())
	if a := first.post(t.Context(), []byte("detection,sector=emerson track=1i 1795521600000000000\n")); a.verdict != accepted {
		t.Fatal(a)
	}
	first.stop()

	bad := map[int]bool{0: true, 41: true, 42: true, 99: true}
	in := newCursor(batchOf(1, 100, func(i int, in *record.Input) {
		if !bad[i] {
			in.Scans[0].Detections[0].Track = ""
		}
	}))
	w := start(t, cfg, in, newCursor[journal.Page]())
	until(t, "it is acknowledged", func() bool { return in.ackedSeq() == 1 })
	w.stop()
	if got := counts(t, cfg)["detection"]; got != 96 {
		t.Errorf("the server holds %d detections, want 96", got)
	}
	s := w.Status()
	if s.Parked != 4 || !strings.Contains(s.LastError, "field type conflict") {
		t.Errorf("status %+v", s)
	}
	text, err := os.ReadFile(s.ParkedFile)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), `track="local-17"`); n != 4 || !strings.Contains(string(text), "field type conflict") {
		t.Errorf("%d lines are parked:\n%s", n, text)
	}
}

func TestWriter_textComesBackFromTheServerAsItWas(t *testing.T) {
	_, cfg := server(t)
	odd := []string{`a,b=c d`, `say "x"`, `back\slash\`, `\"`, `é☃`, `# no comment`, `a=b,c="d" 1`}
	var page journal.Page
	for i, s := range odd {
		page.Events = append(page.Events, record.Event{Type: record.RejectType, Time: noon, Sector: s, Reject: &record.RejectEvent{
			Sensor: s, Topic: s, Path: strconv.Itoa(i), Reason: s,
		}})
	}
	page.Seq = 1
	pic := newCursor(page)
	w := start(t, cfg, newCursor[journal.InputBatch](), pic)
	until(t, "it is acknowledged", func() bool { return pic.ackedSeq() == 1 })
	w.stop()
	if s := w.Status(); s.Parked > 0 {
		t.Fatalf("status %+v", s)
	}
	got := rows(t, cfg, `|> filter(fn: (r) => r._measurement == "reject")
		|> pivot(rowKey: ["_time", "sector", "sensor"], columnKey: ["_field"], valueColumn: "_value")`)
	if len(got) != len(odd) {
		t.Fatalf("%d rows of %d", len(got), len(odd))
	}
	for _, row := range got {
		i, err := strconv.Atoi(fmt.Sprint(row["path"]))
		if err != nil {
			t.Fatal(err)
		}
		tag := strings.ReplaceAll(odd[i], `\`, "_")
		if row["sector"] != tag || row["sensor"] != tag || row["topic"] != odd[i] || row["reason"] != odd[i] {
			t.Errorf("%q came back as %v", odd[i], row)
		}
	}
}

// rows asks the server by Flux.
func rows(t *testing.T, cfg Config, pipe string) []map[string]any {
	t.Helper()
	token, err := readToken(cfg.TokenFile)
	if err != nil {
		t.Fatal(err)
	}
	client := influxdb.NewClientWithOptions(cfg.URL, token, influxdb.DefaultOptions().SetApplicationName("test"))
	defer client.Close()
	flux := fmt.Sprintf("from(bucket: %q) |> range(start: 2026-01-01T00:00:00Z) %s", cfg.Bucket, pipe)
	result, err := client.QueryAPI(cfg.Org).Query(t.Context(), flux)
	if err != nil {
		t.Fatal(err)
	}
	defer result.Close() //nolint:errcheck // read to its end below
	var out []map[string]any
	for result.Next() {
		out = append(out, result.Record().Values())
	}
	if result.Err() != nil {
		t.Fatal(result.Err())
	}
	return out
}

// script is a server that answers as it is told, for what a real one can't be made to answer.
type script struct {
	mu       sync.Mutex
	answer   func(n int, lines int) (status int, header map[string]string, body string)
	n        int
	lines    int // taken with a 204
	tokens   []string
	inFlight int
	most     int
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	lines := strings.Count(string(text), "\n")
	s.mu.Lock()
	s.n++
	n := s.n
	s.inFlight++
	s.most = max(s.most, s.inFlight)
	s.tokens = append(s.tokens, r.Header.Get("Authorization"))
	s.mu.Unlock()
	status, header, body := s.answer(n, lines)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
	if status == http.StatusNoContent {
		s.lines += lines
	}
	for k, v := range header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func scripted(t *testing.T, answer func(n, lines int) (int, map[string]string, string)) (*script, Config) {
	t.Helper()
	s := &script{answer: answer}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, settings(server.URL, "border")
}

func TestWriter_splitsWhatIsTooLarge(t *testing.T) {
	s, cfg := scripted(t, func(_, lines int) (int, map[string]string, string) {
		if lines > 7 {
			return http.StatusRequestEntityTooLarge, nil, ""
		}
		return http.StatusNoContent, nil, ""
	})
	in := newCursor(batchOf(1, 100, nil))
	w := start(t, cfg, in, newCursor[journal.Page]())
	until(t, "it is acknowledged", func() bool { return in.ackedSeq() == 1 })
	w.stop()
	if s.lines != 100 || w.Status().Parked != 0 {
		t.Errorf("%d lines arrived, %d parked", s.lines, w.Status().Parked)
	}
}

func TestWriter_waitsAsLongAsTheServerAsks(t *testing.T) {
	var times []time.Time
	_, cfg := scripted(t, func(n, _ int) (int, map[string]string, string) {
		times = append(times, time.Now())
		if n == 1 {
			return http.StatusTooManyRequests, map[string]string{"Retry-After": "1"}, ""
		}
		return http.StatusNoContent, nil, ""
	})
	in := newCursor(batchOf(1, 1, nil))
	w := start(t, cfg, in, newCursor[journal.Page]())
	until(t, "it is acknowledged", func() bool { return in.ackedSeq() == 1 })
	w.stop()
	if len(times) != 2 || times[1].Sub(times[0]) < time.Second {
		t.Errorf("requests at %v", times)
	}
}

func TestWriter_doesNotTakeAProxysPageForAnAnswer(t *testing.T) {
	_, cfg := scripted(t, func(n, _ int) (int, map[string]string, string) {
		if n < 3 {
			return http.StatusOK, nil, "<html>please log in</html>"
		}
		return http.StatusNoContent, nil, ""
	})
	in := newCursor(batchOf(1, 1, nil))
	w := start(t, cfg, in, newCursor[journal.Page]())
	until(t, "the page is reported", func() bool { s := w.Status(); return s.Refused && strings.Contains(s.LastError, "please log in") })
	until(t, "it is acknowledged", func() bool { return in.ackedSeq() == 1 })
}

func TestWriter_takesANewTokenWithoutARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var s *script
	s, cfg := scripted(t, func(int, int) (int, map[string]string, string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.tokens[len(s.tokens)-1] != "Token new" {
			return http.StatusUnauthorized, nil, `{"code":"unauthorized"}`
		}
		return http.StatusNoContent, nil, ""
	})
	cfg.TokenFile = file
	in := newCursor(batchOf(1, 3, nil))
	w := start(t, cfg, in, newCursor[journal.Page]())
	until(t, "the refusal is reported", func() bool { s := w.Status(); return s.Refused && strings.Contains(s.LastError, "401") })
	if err := os.WriteFile(file, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	until(t, "it is acknowledged", func() bool { return in.ackedSeq() == 1 && w.Status().Up })
}

func TestWriter_neverGivesUpALineForAFaultOfTheRequest(t *testing.T) {
	s, cfg := scripted(t, func(n, _ int) (int, map[string]string, string) {
		if n < 4 {
			return http.StatusBadRequest, nil, `{"error":"invalid precision \"zz\" (use ns, us, ms or s)"}`
		}
		return http.StatusNoContent, nil, ""
	})
	in := newCursor(batchOf(1, 5, nil))
	w := start(t, cfg, in, newCursor[journal.Page]())
	until(t, "it is acknowledged", func() bool { return in.ackedSeq() == 1 })
	w.stop()
	if w.Status().Parked != 0 || s.lines != 5 {
		t.Errorf("%d parked, %d arrived", w.Status().Parked, s.lines)
	}
}

func TestWriter_parksAllAtOnceWhereTheServerDropsAll(t *testing.T) {
	s, cfg := scripted(t, func(int, int) (int, map[string]string, string) {
		return http.StatusUnprocessableEntity, nil, `{"message":"partial write: field type conflict: dropped=64"}`
	})
	in := newCursor(batchOf(1, 64, nil))
	w := start(t, cfg, in, newCursor[journal.Page]())
	until(t, "it is acknowledged", func() bool { return in.ackedSeq() == 1 })
	w.stop()
	if w.Status().Parked != 64 || s.n != 1 {
		t.Errorf("%d parked in %d requests", w.Status().Parked, s.n)
	}
}

func TestWriter_stopsSoonWhileTheServerIsAwayAndAcknowledgesNothing(t *testing.T) {
	_, cfg := scripted(t, func(int, int) (int, map[string]string, string) { return http.StatusServiceUnavailable, nil, "" })
	cfg.MaxBackoff = 10 * time.Second
	in, pic := newCursor[journal.InputBatch](), newCursor(pageOf(1))
	for seq := range uint64(100) {
		in.items <- batchOf(seq+1, 2, nil)
	}
	w := start(t, cfg, in, pic)
	until(t, "it is down", func() bool { return !w.Status().Up })
	began := time.Now()
	w.stop()
	if took := time.Since(began); took > grace/2 {
		t.Errorf("it took %v", took)
	}
	if in.ackedSeq() != 0 || pic.ackedSeq() != 0 {
		t.Errorf("acknowledged %d and %d", in.ackedSeq(), pic.ackedSeq())
	}
}

func TestWriter_writesWhatItHoldsWhenItStops(t *testing.T) {
	s, cfg := scripted(t, func(int, int) (int, map[string]string, string) { return http.StatusNoContent, nil, "" })
	cfg.FlushEvery = time.Hour
	in := newCursor(batchOf(1, 9, nil))
	w := start(t, cfg, in, newCursor[journal.Page]())
	until(t, "it is in hand", func() bool { return w.Status().Behind > 0 })
	w.stop()
	if s.lines != 9 || in.ackedSeq() != 1 {
		t.Errorf("%d lines arrived, acknowledged %d", s.lines, in.ackedSeq())
	}
}

func TestWriter_asksAFailingCursorAgain(t *testing.T) {
	_, cfg := scripted(t, func(int, int) (int, map[string]string, string) { return http.StatusNoContent, nil, "" })
	in := newCursor(batchOf(1, 9, nil))
	in.fail = 1
	start(t, cfg, in, newCursor[journal.Page]())
	until(t, "it is acknowledged", func() bool { return in.ackedSeq() == 1 })
}

func TestWriter_hasOneRequestUnderWay(t *testing.T) {
	s, cfg := scripted(t, func(int, int) (int, map[string]string, string) {
		time.Sleep(3 * time.Millisecond) // a slow server
		return http.StatusNoContent, nil, ""
	})
	cfg.BatchPoints = 1
	in, pic := newCursor[journal.InputBatch](), newCursor[journal.Page]()
	for seq := range uint64(30) {
		in.items <- batchOf(seq+1, 1, nil)
		pic.items <- pageOf(seq + 1)
	}
	w := start(t, cfg, in, pic)
	until(t, "all is acknowledged", func() bool { return in.ackedSeq() == 30 && pic.ackedSeq() == 30 })
	w.stop()
	if s.most != 1 {
		t.Errorf("%d requests at a time", s.most)
	}
}

func TestNew_wantsTheTokenFile(t *testing.T) {
	cfg := settings("http://127.0.0.1:1", "b")
	cfg.TokenFile = filepath.Join(t.TempDir(), "none")
	_, err := New(cfg, nil, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err == nil || !strings.Contains(err.Error(), "token_file") {
		t.Errorf("err = %v", err)
	}
}
