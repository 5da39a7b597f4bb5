package journal_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cutline/internal/record"
)

func TestSnapshot_theLastOneComesBackWhole(t *testing.T) {
	cfg := settings(t)
	r := open(t, cfg)
	if seq, state, err := r.LoadSnapshot(t.Context(), "emerson"); seq != 0 || state != nil || err != nil {
		t.Errorf("of none: %d, %v, %v", seq, state, err)
	}
	noise := rand.NewChaCha8([32]byte{1})
	for i, size := range []int{0, 100, 10 << 20, 512 << 10, 512<<10 + 1, 3 << 20, 7} { // bigger, smaller, to the byte of a chunk
		want := make([]byte, size)
		if _, err := noise.Read(want); err != nil {
			t.Fatal(err)
		}
		if err := r.SaveSnapshot(t.Context(), "emerson", uint64(i+1), want); err != nil {
			t.Fatal(err)
		}
		if err := r.SaveSnapshot(t.Context(), "other", 99, []byte("its own")); err != nil {
			t.Fatal(err)
		}
		seq, got, err := r.LoadSnapshot(t.Context(), "emerson")
		if err != nil || seq != uint64(i+1) || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: got %d bytes of %d, %v", size, len(got), seq, err)
		}
	}
	r.close(t)
	r = open(t, cfg)
	if seq, state, err := r.LoadSnapshot(t.Context(), "emerson"); seq != 7 || len(state) != 7 || err != nil {
		t.Errorf("after a restart: %d, %d bytes, %v", seq, len(state), err)
	}
}

func TestSnapshot_aDamagedOneIsAnError(t *testing.T) {
	r := open(t, settings(t))
	if err := r.SaveSnapshot(t.Context(), "emerson", 1, make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	m := nats.NewMsg("snap.emerson.1") // a chunk of another state
	m.Data = make([]byte, 1<<19-1)
	if _, err := r.broker.Conn().RequestMsg(m, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.LoadSnapshot(t.Context(), "emerson"); err == nil {
		t.Error("no error")
	}
}

// first is the oldest sequence of a stream.
func first(t testing.TB, r *rig, stream string) uint64 {
	t.Helper()
	js, err := jetstream.New(r.broker.Conn())
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().State.FirstSeq
}

func TestTrim_removesWhatIsOldAndReadByAllOnly(t *testing.T) {
	t.Parallel() // it waits for the trimmer's turns
	cfg := settings(t)
	cfg.MaxAge = time.Millisecond // all is old at once
	r := run(t, cfg)
	r.batches(t, 0, 10)
	for n := uint64(1); n <= 5; n++ {
		if err := r.AppendPicture(t.Context(), "emerson", n, []record.Event{trackEvent(1)}); err != nil {
			t.Fatal(err)
		}
	}
	slow, fast := r.inputCursor(t, "slow"), r.inputCursor(t, "fast")
	for range 10 {
		b := next(t, fast)
		if err := fast.Ack(limit(t), b.Seq); err != nil {
			t.Fatal(err)
		}
		if b.Seq <= 4 {
			next(t, slow)
			if err := slow.Ack(limit(t), b.Seq); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := r.SaveSnapshot(t.Context(), "emerson", 8, []byte("state")); err != nil {
		t.Fatal(err)
	}
	if err := r.AppendPicture(t.Context(), "emerson", 9, []record.Event{trackEvent(1)}); err != nil { // behind the snapshot
		t.Fatal(err)
	}
	until(t, "both streams are trimmed", func() bool { return first(t, r, "INPUT") > 1 && first(t, r, "PICTURE") > 1 })
	if f := first(t, r, "INPUT"); f != 5 {
		t.Errorf("INPUT begins at %d, want 5: the slow cursor has read up to 4", f)
	}
	if f := first(t, r, "PICTURE"); f != 6 {
		t.Errorf("PICTURE begins at %d, want 6: what came after the snapshot is needed to start again", f)
	}
	if err := slow.Ack(limit(t), 10); err != nil {
		t.Fatal(err)
	}
	until(t, "INPUT is trimmed to the snapshot", func() bool { return first(t, r, "INPUT") == 9 })

	// what was removed on purpose is no hole
	fast.Close()
	slow.Close()
	r.close(t)
	r = open(t, cfg)
	if rep, err := r.Audit(t.Context()); err != nil || !rep.OK() || len(rep.Holes) != 0 {
		t.Errorf("report %+v, %v", rep, err)
	}
}

func TestTrim_aCursorThatWaitsForOtherKindsHoldsNothingUp(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	cfg.MaxAge = time.Millisecond
	r := run(t, cfg)
	c := r.inputCursor(t, "commands", record.CommandGiven)
	ctx, cancel := context.WithCancel(t.Context())
	waiting := make(chan error, 1)
	go func() { _, err := c.Next(ctx); waiting <- err }()
	r.batches(t, 0, 5)
	until(t, "INPUT is trimmed", func() bool { return first(t, r, "INPUT") == 6 })
	cancel()
	if err := <-waiting; err == nil {
		t.Error("a message came to a cursor on commands")
	}
}

func TestTrim_withNobodyThatReadsRemovesNothing(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	cfg.MaxAge = time.Millisecond
	r := run(t, cfg)
	r.batches(t, 0, 5)
	trimmed := filepath.Join(cfg.Dir, "ledger.json")
	before, err := os.Stat(trimmed)
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the trimmer had its turn", func() bool {
		now, err := os.Stat(trimmed)
		return err == nil && now.ModTime().After(before.ModTime())
	})
	if f := first(t, r, "INPUT"); f != 1 {
		t.Errorf("INPUT begins at %d", f)
	}
}
