package journal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cutline/internal/broker"
	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/journal"
	"cutline/internal/record"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// rig is an embedded server with a journal on it, and Run running.
type rig struct {
	*journal.Journal
	broker *broker.Server
	cfg    journal.Config
	stop   func() error // ends Run, and returns what it returned
}

func settings(t testing.TB) journal.Config {
	cfg := journal.Defaults()
	cfg.Dir = t.TempDir()
	return cfg
}

func serve(t testing.TB, cfg journal.Config) *broker.Server {
	t.Helper()
	b := broker.Defaults()
	b.Listen, b.Dir = "", cfg.Dir
	s, err := broker.Start(t.Context(), b, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// open starts a server and a journal without Run.
func open(t testing.TB, cfg journal.Config) *rig {
	t.Helper()
	s := serve(t, cfg)
	j, err := journal.Open(t.Context(), s.Conn(), cfg, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	return &rig{Journal: j, broker: s, cfg: cfg, stop: func() error { return nil }}
}

func run(t testing.TB, cfg journal.Config) *rig {
	t.Helper()
	r := open(t, cfg)
	r.run(t)
	return r
}

func (r *rig) run(t testing.TB) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	r.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Errorf("run: %v", err)
		}
	})
}

// close ends everything, so that the same directory can be opened again.
func (r *rig) close(t testing.TB) {
	t.Helper()
	if err := r.stop(); err != nil {
		t.Errorf("run: %v", err)
	}
	r.broker.Close()
}

// message is the nth input of a sensor, with a payload of 335 bytes.
func message(n int) record.Input {
	at := noon.Add(time.Duration(n) * time.Millisecond)
	return record.Input{
		Kind: record.Message, Received: at, Sensor: "twr-01", Topic: "border/emerson/twr-01/detections",
		Raw: []byte(fmt.Sprintf("%-335d", n)),
		Scans: []detection.Scan{{Sensor: "twr-01", EventTime: at, Number: int64(n), HasNumber: true, Detections: []detection.Detection{{
			ID: "d", EventTime: at, Geometry: detection.Position, Position: geo.LLA{Lat: 49.00031, Lon: -97.24122, Alt: 241}, HasAlt: true,
			PositionError: detection.Covariance{EE: 16, NN: 36}, Confidence: .9,
		}}}},
	}
}

// number is what message was called with.
func number(in *record.Input) int {
	if len(in.Scans) == 0 {
		return -1
	}
	return int(in.Scans[0].Number)
}

func tick(n int) record.Input {
	return record.Input{Kind: record.Tick, Received: noon.Add(time.Duration(n) * time.Millisecond)}
}

// put stores messages [from, to) of a sector and waits until they are stored.
func (r *rig) put(t testing.TB, sector string, from, to int) {
	t.Helper()
	var stored sync.WaitGroup
	for n := from; n < to; n++ {
		stored.Add(1)
		if err := r.Put(limit(t), journal.Entry{Sector: sector, Input: message(n), Done: stored.Done}); err != nil {
			t.Fatal(err)
		}
	}
	stored.Wait()
}

// limit bounds everything that may hang.
func limit(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// until waits for a condition that something else brings about.
func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	ctx := limit(t)
	for !is() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited a minute until %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// highest of the heads, 0 if there is none.
func highest(heads journal.Heads) (seq uint64) {
	for _, head := range heads {
		seq = max(seq, head)
	}
	return seq
}

func trackEvent(n int) record.Event {
	return record.Event{
		Type: record.TrackType, Time: noon.Add(time.Duration(n) * time.Second), Sector: "emerson",
		Track: &record.TrackEvent{ID: fmt.Sprint("t", n), Status: "confirmed", Lat: 49, Lon: -97, Sensors: []string{"twr-01"}},
	}
}

func alertEvent(n int) record.Event {
	return record.Event{
		Type: record.AlertType, Time: noon.Add(time.Duration(n) * time.Second), Sector: "emerson",
		Alert: &record.AlertEvent{ID: fmt.Sprint("a", n), Kind: "crossing", Text: strings.Repeat("x", 200)},
	}
}

func TestMain(m *testing.M) {
	if child() {
		return
	}
	goleak.VerifyTestMain(m)
}

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) count(part string) int { return strings.Count(l.String(), part) }

func infoLast(t testing.TB, data []byte) uint64 {
	t.Helper()
	var info struct {
		State struct {
			Last uint64 `json:"last_seq"`
		} `json:"state"`
	}
	if err := json.Unmarshal(data, &info); err != nil {
		t.Fatal(err)
	}
	return info.State.Last
}
