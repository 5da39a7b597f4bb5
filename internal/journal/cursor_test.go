package journal_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"cutline/internal/journal"
	"cutline/internal/record"
)

func (r *rig) inputCursor(t testing.TB, name string, kinds ...record.Kind) *journal.InputCursor {
	t.Helper()
	c, err := r.InputCursor(limit(t), name, kinds...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// batches stores n messages of INPUT with one input each.
func (r *rig) batches(t testing.TB, from, n int) {
	t.Helper()
	for i := from; i < from+n; i++ {
		r.put(t, "emerson", i, i+1)
	}
}

func next(t testing.TB, c *journal.InputCursor) journal.InputBatch {
	t.Helper()
	b, err := c.Next(limit(t))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestInputCursor_goesOnBehindWhatItAcknowledged(t *testing.T) {
	cfg := settings(t)
	r := run(t, cfg)
	r.batches(t, 0, 10)
	c := r.inputCursor(t, "influx")
	for want := uint64(1); want <= 6; want++ {
		if got := next(t, c); got.Seq != want || number(&got.Inputs[0]) != int(want-1) {
			t.Fatalf("batch %d with input %d, want %d", got.Seq, number(&got.Inputs[0]), want)
		}
	}
	if err := c.Ack(limit(t), 4); err != nil { // takes in 1 to 3
		t.Fatal(err)
	}
	if err := c.Ack(limit(t), 2); err != nil { // older: no step back
		t.Fatal(err)
	}
	c.Close()
	r.close(t)

	r = run(t, cfg)
	c = r.inputCursor(t, "influx")
	if got := next(t, c); got.Seq != 5 {
		t.Errorf("after a restart it goes on at %d, want 5", got.Seq)
	}
	if got := next(t, r.inputCursor(t, "other")); got.Seq != 1 {
		t.Errorf("a new cursor begins at %d, want 1", got.Seq)
	}
}

func TestInputCursor_isOpenOnce(t *testing.T) {
	r := run(t, settings(t))
	c := r.inputCursor(t, "influx")
	if _, err := r.InputCursor(t.Context(), "influx"); err == nil {
		t.Error("opened twice: each would acknowledge for the other")
	}
	c.Close()
	r.inputCursor(t, "influx")
	if _, err := r.PictureCursor(t.Context(), "a.b"); err == nil {
		t.Error("a name that is no token was taken")
	}
}

func TestInputCursor_givesTheKindsAskedForOnly(t *testing.T) {
	r := run(t, settings(t))
	for _, in := range []record.Input{message(1), tick(2), {Kind: record.Rejected, Received: noon}, message(3)} {
		if err := r.Put(t.Context(), journal.Entry{Sector: "emerson", Input: in}); err != nil {
			t.Fatal(err)
		}
	}
	c := r.inputCursor(t, "influx", record.Message, record.Rejected)
	var kinds []record.Kind
	for range 3 {
		kinds = append(kinds, next(t, c).Inputs[0].Kind)
	}
	if !slices.Equal(kinds, []record.Kind{record.Message, record.Rejected, record.Message}) {
		t.Errorf("got %v", kinds)
	}
}

// A reader that is away for long is forgotten by the server. It must not notice.
func TestInputCursor_goesOnWhenTheServerHasForgottenIt(t *testing.T) {
	r := run(t, settings(t))
	r.batches(t, 0, 20)
	c := r.inputCursor(t, "influx")
	js, err := jetstream.New(r.broker.Conn())
	if err != nil {
		t.Fatal(err)
	}
	for want := uint64(1); want <= 25; want++ {
		if want == 5 || want == 21 { // in the middle of the prefetch, and while it waits for more
			for name := range consumers(t, js) {
				if err = js.DeleteConsumer(t.Context(), "INPUT", name); err != nil {
					t.Fatal(err)
				}
			}
			if want == 21 {
				r.batches(t, 20, 5)
			}
		}
		if got := next(t, c); got.Seq != want {
			t.Fatalf("batch %d came where %d was due", got.Seq, want)
		}
	}
}

func consumers(t testing.TB, js jetstream.JetStream) map[string]bool {
	t.Helper()
	s, err := js.Stream(t.Context(), "INPUT")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	list := s.ConsumerNames(t.Context())
	for name := range list.Name() {
		names[name] = true
	}
	if list.Err() != nil {
		t.Fatal(list.Err())
	}
	return names
}

func TestInputCursor_nextEndsWithItsContextAndCanGoOn(t *testing.T) {
	r := run(t, settings(t))
	c := r.inputCursor(t, "influx")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	r.batches(t, 0, 1)
	if got := next(t, c); got.Seq != 1 {
		t.Errorf("batch %d", got.Seq)
	}
}

func TestStatus_tellsACursorsLag(t *testing.T) {
	r := run(t, settings(t))
	r.batches(t, 0, 12)
	c := r.inputCursor(t, "influx", record.Message)
	lag := func(want uint64) func() bool {
		return func() bool {
			st := r.Status()
			return len(st.Cursors) == 1 && st.Cursors[0].Lag == want && st.Cursors[0].Name == "influx"
		}
	}
	until(t, "12 messages are ahead", lag(12))
	next(t, c)
	got := next(t, c)
	until(t, "12 messages are not acknowledged", lag(12))
	if err := c.Ack(limit(t), got.Seq); err != nil {
		t.Fatal(err)
	}
	until(t, "10 messages are ahead", lag(10))
	for range 10 {
		got = next(t, c)
	}
	if err := c.Ack(limit(t), got.Seq); err != nil {
		t.Fatal(err)
	}
	if err := r.Put(t.Context(), journal.Entry{Sector: "emerson", Input: tick(1)}); err != nil { // is not meant for it
		t.Fatal(err)
	}
	until(t, "nothing is ahead", lag(0))
	if st := r.Status(); st.Streams[0].Name != "INPUT" || st.Streams[0].Last < 12 || st.Streams[0].Cap != 16e9 {
		t.Errorf("status %+v", st)
	}
}

func TestRetain_forgetsWhatIsNotNamed(t *testing.T) {
	cfg := settings(t)
	r := run(t, cfg)
	r.batches(t, 0, 3)
	for _, name := range []string{"influx", "old"} {
		c := r.inputCursor(t, name)
		b := next(t, c)
		if err := c.Ack(limit(t), b.Seq); err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	if _, _, err := r.LoadSnapshot(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	got, err := r.Retain(t.Context(), []string{"emerson"}, []string{"influx"})
	if err != nil || !slices.Equal(got, []string{"old", "gone"}) {
		t.Errorf("forgot %v, %v", got, err)
	}
	if b := next(t, r.inputCursor(t, "influx")); b.Seq != 2 {
		t.Errorf("the one that was named goes on at %d, want 2", b.Seq)
	}
	if b := next(t, r.inputCursor(t, "old")); b.Seq != 1 {
		t.Errorf("the forgotten one begins at %d, want 1", b.Seq)
	}
}
