package notify

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cutline/internal/journal"
	"cutline/internal/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakePicture is PICTURE in memory, with one durable cursor.
type fakePicture struct {
	mu    sync.Mutex
	pages []journal.Page
	grown chan struct{}
	acked uint64
	down  error
}

func newFake() *fakePicture { return &fakePicture{grown: make(chan struct{})} }

func (p *fakePicture) add(events ...record.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pages = append(p.pages, journal.Page{
		Seq: uint64(len(p.pages)) + 1, Sector: events[0].Sector, Type: events[0].Type, Events: events,
	})
	close(p.grown)
	p.grown = make(chan struct{})
}

func (p *fakePicture) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = err
	close(p.grown)
	p.grown = make(chan struct{})
}

func (p *fakePicture) ackedTo() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.acked
}

func (p *fakePicture) Cursor(_ context.Context, _ string, types ...record.Type) (cursor, uint64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &fakeReader{p: p, types: types, next: p.acked + 1}, p.acked, p.down
}

func (p *fakePicture) Follow(_ context.Context, f journal.Follow) (reader, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &fakeReader{p: p, types: f.Types, next: max(f.From, 1)}, p.down
}

func (p *fakePicture) Span(_ context.Context, types ...record.Type) (first, last uint64, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, page := range slices.Backward(p.pages) {
		if len(types) == 0 || slices.Contains(types, page.Type) {
			return 1, page.Seq, p.down
		}
	}
	return 1, 0, p.down
}

type fakeReader struct {
	p     *fakePicture
	types []record.Type
	next  uint64
}

func (r *fakeReader) Close() {}

func (r *fakeReader) Ack(_ context.Context, seq uint64) error {
	r.p.mu.Lock()
	defer r.p.mu.Unlock()
	if r.p.down == nil {
		r.p.acked = seq
	}
	return r.p.down
}

func (r *fakeReader) Next(ctx context.Context) (journal.Page, error) {
	for {
		r.p.mu.Lock()
		grown, down := r.p.grown, r.p.down
		for ; down == nil && r.next <= uint64(len(r.p.pages)); r.next++ {
			if page := r.p.pages[r.next-1]; slices.Contains(r.types, page.Type) {
				r.next++
				r.p.mu.Unlock()
				page.Events = slices.Clone(page.Events)
				return page, nil
			}
		}
		r.p.mu.Unlock()
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

// fakeOutput notes what it was given.
type fakeOutput struct {
	mu   sync.Mutex
	got  []string // "alert a1 new", with an asterisk for a repeat
	away error
}

func (o *fakeOutput) Deliver(_ context.Context, items []Item) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.away != nil {
		return o.away
	}
	for _, item := range items {
		word := name(item.Event)
		if item.Repeat {
			word += "*"
		}
		o.got = append(o.got, word)
	}
	return nil
}

func (o *fakeOutput) setAway(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.away = err
}

// take what came since the last call.
func (o *fakeOutput) take() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	got := o.got
	o.got = nil
	return got
}

var errFar = errors.New("the far side is away")

func alertEvent(id, state, change string) record.Event {
	now := time.Now().UTC()
	return record.Event{Type: record.AlertType, Time: now, Sector: "emerson", Alert: &record.AlertEvent{
		ID: id, Kind: "crossing", State: state, Level: "confirmed", Priority: "high", Change: change, Revision: 1,
		Time: now, Raised: now, Updated: now,
		Lat: 49, Lon: -97.2, Direction: "US>CA", Count: 1, Class: "person", Confidence: .97, Tracks: []string{"t1"}, Text: "person crossed US>CA",
	}}
}

func sensorEvent(state string) record.Event {
	now := time.Now().UTC()
	return record.Event{Type: record.SensorType, Time: now, Sector: "emerson", Sensor: &record.SensorEvent{ID: "twr-01", State: state}}
}

func trackEvent(id, status string) record.Event {
	return record.Event{Type: record.TrackType, Time: time.Now().UTC(), Sector: "emerson", Track: &record.TrackEvent{
		ID: id, Status: status, Lat: 49, Lon: -97.2,
	}}
}

// eventually waits for a condition that another process or goroutine brings about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// listenAt takes an address, which a server had before it left: a stranger's connection may have its port for a while.
func listenAt(t *testing.T, addr string) (ln net.Listener) {
	t.Helper()
	eventually(t, "the address "+addr, func() bool {
		var err error
		ln, err = net.Listen("tcp", addr)
		return err == nil
	})
	return ln
}
