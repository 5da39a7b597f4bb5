package web

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cutline/internal/journal"
	"cutline/internal/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeJournal is PICTURE in memory, with faults at will.
type fakeJournal struct {
	mu    sync.Mutex
	pages []journal.Page
	times []time.Time // when each came
	grown chan struct{}
	down  error
	first uint64 // what is older is said to be gone

	inputs []journal.InputBatch

	put func(context.Context, journal.Entry) error // unset: a test that puts nothing
}

func newFake() *fakeJournal { return &fakeJournal{grown: make(chan struct{})} }

// add appends one message; events of one type.
func (j *fakeJournal) add(events ...record.Event) { j.addAt(time.Now(), events...) }

func (j *fakeJournal) addAt(at time.Time, events ...record.Event) uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	seq := uint64(len(j.pages)) + 1
	page := journal.Page{Seq: seq, Sector: events[0].Sector, Type: events[0].Type, Events: events}
	if seq%2 == 0 { // as it is stored; a page of which a part is damaged has fewer events than lines
		for i := range events {
			page.Lines, _ = events[i].AppendJSON(page.Lines)
		}
	}
	j.pages = append(j.pages, page)
	j.times = append(j.times, at)
	close(j.grown)
	j.grown = make(chan struct{})
	return seq
}

// fail makes every call return err from now on, also those that wait; nil ends it.
func (j *fakeJournal) fail(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.down = err
	close(j.grown)
	j.grown = make(chan struct{})
}

func (j *fakeJournal) Put(ctx context.Context, e journal.Entry) error { return j.put(ctx, e) }

func (j *fakeJournal) Span(_ context.Context, types ...record.Type) (first, last uint64, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, p := range slices.Backward(j.pages) {
		if len(types) == 0 || slices.Contains(types, p.Type) {
			return j.first, p.Seq, j.down
		}
	}
	return j.first, 0, j.down
}

func (j *fakeJournal) Follow(_ context.Context, f journal.Follow) (reader, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.down != nil {
		return nil, j.down
	}
	return &fakeReader{j: j, f: f, next: int(max(f.From, 1)) - 1}, nil
}

func (j *fakeJournal) Past(ctx context.Context, f journal.Follow) (reader, error) {
	f.Since = time.Time{} // everything here was stored when the test ran, whatever the time of its events
	return j.Follow(ctx, f)
}

func (j *fakeJournal) LastInput(context.Context, string) (uint64, error) {
	return uint64(len(j.inputs)), j.down
}

func (j *fakeJournal) PastInput(_ context.Context, f journal.Follow) (inputReader, error) {
	return &fakeInputs{j.inputs, f}, j.down
}

// fakeInputs reads what a test said that INPUT holds.
type fakeInputs struct {
	left []journal.InputBatch
	f    journal.Follow
}

func (r *fakeInputs) Close() {}

func (r *fakeInputs) Next(ctx context.Context) (journal.InputBatch, error) {
	for len(r.left) > 0 {
		b := r.left[0]
		r.left = r.left[1:]
		if b.Sector == r.f.Sector && !b.Inputs[0].Received.Before(r.f.Since) {
			return b, nil
		}
	}
	<-ctx.Done()
	return journal.InputBatch{}, ctx.Err()
}

type fakeReader struct {
	j    *fakeJournal
	f    journal.Follow
	next int
}

func (r *fakeReader) Close() {}

func (r *fakeReader) Next(ctx context.Context) (journal.Page, error) {
	for {
		r.j.mu.Lock()
		grown, down := r.j.grown, r.j.down
		for ; down == nil && r.next < len(r.j.pages); r.next++ {
			p, at := r.j.pages[r.next], r.j.times[r.next]
			if r.wants(p, at) {
				r.next++
				r.j.mu.Unlock()
				p.Events = slices.Clone(p.Events)
				return p, nil
			}
		}
		r.j.mu.Unlock()
		if down != nil {
			return journal.Page{}, down
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return journal.Page{}, ctx.Err()
		}
	}
}

func (r *fakeReader) wants(p journal.Page, at time.Time) bool {
	return (len(r.f.Types) == 0 || slices.Contains(r.f.Types, p.Type)) &&
		(r.f.Sector == "" || r.f.Sector == p.Sector) && !at.Before(r.f.Since)
}

var errDown = errors.New("the journal is down")

// at is the n-th second of the test's morning.
func at(n int) time.Time { return time.Date(2026, 11, 24, 8, 0, n, 0, time.UTC) }

func alertEvent(id, state, change string, n int) record.Event {
	return record.Event{Type: record.AlertType, Time: at(n), Sector: "emerson", Alert: &record.AlertEvent{
		ID: id, Kind: "crossing", State: state, Level: "confirmed", Priority: "high", Change: change, Time: at(n), Raised: at(n), Updated: at(n),
		Lat: 49, Lon: -97.2, Direction: "US>CA", Count: 1, Class: "person", Confidence: .97, Tracks: []string{"t1"},
		Evidence: []record.Evidence{{Sensor: "twr-01", Group: "tower-01", Time: at(n), ResidualSigma: .4, Detection: "d1"}},
		Rule:     "two groups", Text: "person crossed US>CA",
	}}
}

func trackEvent(id, status string, n int) record.Event {
	alt := 240.5
	return record.Event{Type: record.TrackType, Time: at(n), Sector: "emerson", Track: &record.TrackEvent{
		ID: id, Status: status, Lat: 49, Lon: -97.2, AltM: &alt, SpeedMPS: 1.2, CourseDeg: 10, Cov: record.Cov{EE: 4, NN: 4}, Existence: .99,
		Class: map[string]float64{"person": 1}, Sensors: []string{"twr-01"}, Groups: []string{"tower-01"},
	}}
}

func sensorEvent(id, state string) record.Event {
	battery := 80.0
	return record.Event{Type: record.SensorType, Time: at(1), Sector: "emerson", Sensor: &record.SensorEvent{
		ID: id, State: state, RateHz: .5, LatencyMS: 20, BatteryPct: &battery, Faults: []string{"fan"},
	}}
}

func coverageEvent(n int) record.Event {
	return record.Event{Type: record.CoverageType, Time: at(n), Sector: "emerson", Coverage: &record.CoverageEvent{
		WatchedFraction: .8, Cells: []record.Cell{{FromM: 0, ToM: 100, Sensors: []string{"twr-01"}}},
	}}
}

func crossingEvent(n int) record.Event {
	return record.Event{Type: record.CrossingType, Time: at(n), Sector: "emerson", Crossing: &record.CrossingEvent{
		ID: "c1", Track: "t1", Time: at(n), Lat: 49, Lon: -97.2, Direction: "US>CA", Level: "probable", Confidence: .9,
		Groups: []string{"tower-01"},
	}}
}

func rejectEvent(sensor string, n int) record.Event {
	return record.Event{Type: record.RejectType, Time: at(n), Sector: "emerson", Reject: &record.RejectEvent{
		Topic: "border/emerson/" + sensor + "/detections", Sensor: sensor, Path: "time", Reason: fmt.Sprintf("no. %d", n),
		Received: at(n), Payload: []byte("{"),
	}}
}

func testConfig() Config {
	cfg := Defaults()
	cfg.Listen = "127.0.0.1:0"
	return cfg
}

// running is a server whose picture follows j; its handler is served by httptest as Run would serve it.
func running(t *testing.T, cfg Config, j *fakeJournal, deps Deps) (*Server, string) {
	t.Helper()
	s, err := open(cfg, j, j, deps)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	eventually(t, "the picture to be loaded", func() bool { _, ok := s.picture.position(); return ok })
	return s, "http://" + s.Addr().String()
}

// eventually waits for a condition that another goroutine brings about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// answered asks the handler without a network.
func answered(s *Server, method, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.handler().ServeHTTP(w, httptest.NewRequest(method, "http://localhost"+target, nil))
	return w
}
