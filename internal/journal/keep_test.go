package journal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"cutline/internal/journal"
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

func TestAudit_aWholeJournalIsWhole(t *testing.T) {
	cfg := settings(t)
	r := run(t, cfg)
	r.batches(t, 0, 20)
	if err := r.AppendPicture(t.Context(), "emerson", 1, []record.Event{trackEvent(1)}); err != nil {
		t.Fatal(err)
	}
	r.close(t)
	r = open(t, cfg)
	rep, err := r.Audit(t.Context())
	if err != nil || !rep.OK() || !rep.All || rep.Messages != 21 || len(rep.Holes) != 0 {
		t.Errorf("report %+v, %v", rep, err)
	}
	if st := r.Status(); st.Audit == nil || st.Audit.Messages != 21 {
		t.Errorf("the status does not tell of it: %+v", st.Audit)
	}
}

func TestAudit_readsNoMoreThanItIsTold(t *testing.T) {
	cfg := settings(t)
	cfg.AuditBytes = 5000
	r := run(t, cfg)
	r.batches(t, 0, 100)
	rep, err := r.Audit(t.Context())
	if err != nil || rep.All || rep.Messages < 5 || rep.Messages > 20 {
		t.Errorf("report %+v, %v", rep, err)
	}
}

// block is the file of INPUT's only block.
func block(t testing.TB, cfg journal.Config) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cfg.Dir, "jetstream", "JOURNAL", "streams", "INPUT", "msgs", "*.blk"))
	if err != nil || len(files) == 0 {
		t.Fatalf("blocks %v, %v", files, err)
	}
	return files[0]
}

func TestAudit_aFlippedByteIsFound(t *testing.T) {
	for name, forget := range map[string]bool{"with the server's index": false, "without it": true} {
		t.Run(name, func(t *testing.T) {
			cfg := settings(t)
			r := run(t, cfg)
			r.batches(t, 0, 30)
			r.close(t)
			path := block(t, cfg)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			data[len(data)/2] ^= 0x40
			if err = os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if forget {
				if err = os.Remove(filepath.Join(filepath.Dir(path), "index.db")); err != nil {
					t.Fatal(err)
				}
			}
			r = open(t, cfg)
			rep, err := r.Audit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if rep.OK() || len(rep.Holes)+len(rep.Damaged) == 0 {
				t.Fatalf("report %+v", rep)
			}
			t.Logf("holes %v, damaged %v", rep.Holes, rep.Damaged)
			if st := r.Status(); st.Audit.OK() {
				t.Error("the status says that all is well")
			}
			r.close(t)
			r = run(t, cfg)
			again, err := r.Audit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range again.Holes {
				if !h.Known {
					t.Errorf("the hole %+v is reported as new a second time", h)
				}
			}
			// and it goes on: new inputs are read after the hole
			before := r.last(t)
			r.put(t, "emerson", 1000, 1001)
			got := r.readFrom(t, "emerson", before+1, 1)
			if number(&got[0]) != 1000 {
				t.Errorf("input %d, want 1000", number(&got[0]))
			}
		})
	}
}

func TestAudit_aLostTailIsFoundAndItsSequencesAreNotUsedAgain(t *testing.T) {
	cfg := settings(t)
	r := run(t, cfg)
	r.batches(t, 0, 30)
	c := r.inputCursor(t, "influx")
	var last uint64
	for range 30 {
		last = next(t, c).Seq
	}
	if err := c.Ack(limit(t), last); err != nil {
		t.Fatal(err)
	}
	c.Close()
	r.close(t)
	path := block(t, cfg)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err = os.Truncate(path, info.Size()/2); err != nil {
		t.Fatal(err)
	}
	if err = os.Remove(filepath.Join(filepath.Dir(path), "index.db")); err != nil {
		t.Fatal(err)
	}
	r = run(t, cfg)
	rep, err := r.Audit(t.Context())
	if err != nil || rep.OK() || len(rep.Holes) != 1 || rep.Holes[0].To != 30 || rep.Holes[0].Messages() < 10 {
		t.Fatalf("report %+v, %v", rep, err)
	}
	r.put(t, "emerson", 500, 501)
	c = r.inputCursor(t, "influx")
	if got := next(t, c); got.Seq != 31 || number(&got.Inputs[0]) != 500 {
		t.Errorf("the cursor that had read all goes on at %d, want 31", got.Seq)
	}
}

func TestAudit_aLostFrontIsFound(t *testing.T) {
	cfg := settings(t)
	r := run(t, cfg)
	r.batches(t, 0, 10)
	r.close(t)
	r = open(t, cfg)
	js, err := jetstream.New(r.broker.Conn())
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), "INPUT")
	if err != nil {
		t.Fatal(err)
	}
	if err = s.Purge(t.Context(), jetstream.WithPurgeSequence(4)); err != nil { // by a stranger
		t.Fatal(err)
	}
	r.close(t)
	r = open(t, cfg)
	rep, err := r.Audit(t.Context())
	if want := (journal.Hole{Stream: "INPUT", From: 1, To: 3}); err != nil || !slices.Contains(rep.Holes, want) {
		t.Errorf("report %+v, %v; want the hole %+v", rep, err, want)
	}
}

func TestOpen_readOnlyReadsARecordedJournalAndMakesNone(t *testing.T) {
	cfg := settings(t)
	r := run(t, cfg)
	r.batches(t, 0, 5)
	r.close(t)
	before, err := os.ReadFile(filepath.Join(cfg.Dir, "ledger.json"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.ReadOnly = true
	r = open(t, cfg)
	if got := r.readAll(t, 5); number(&got[4]) != 4 {
		t.Errorf("got %d inputs", len(got))
	}
	after, err := os.ReadFile(filepath.Join(cfg.Dir, "ledger.json"))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the ledger was written: %v", err)
	}
	cfg.Dir = t.TempDir()
	if _, err = journal.Open(t.Context(), serve(t, cfg).Conn(), cfg, slog.New(slog.DiscardHandler), nil); err == nil {
		t.Error("an empty directory was taken for a recorded journal")
	}
}

func TestOpen_anUnreadableLedgerIsNoReasonNotToStart(t *testing.T) {
	cfg := settings(t)
	if err := os.WriteFile(filepath.Join(cfg.Dir, "ledger.json"), []byte("{torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := open(t, cfg)
	if rep, err := r.Audit(t.Context()); err != nil || !rep.OK() {
		t.Errorf("report %+v, %v", rep, err)
	}
	raw, err := os.ReadFile(filepath.Join(cfg.Dir, "ledger.json"))
	if err != nil || !json.Valid(raw) {
		t.Errorf("the ledger is %q, %v", raw, err)
	}
}

func TestMetrics_areWellNamedAndCount(t *testing.T) {
	cfg := settings(t)
	s := serve(t, cfg)
	reg := prometheus.NewPedanticRegistry()
	j, err := journal.Open(t.Context(), s.Conn(), cfg, slog.New(slog.DiscardHandler), reg)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Journal: j, broker: s, cfg: cfg}
	r.run(t)
	r.put(t, "emerson", 0, 100)
	problems, err := testutil.GatherAndLint(reg)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "cutline_journal_inputs_total" && f.GetMetric()[0].GetCounter().GetValue() == 100 {
			return
		}
	}
	t.Error("cutline_journal_inputs_total is not 100")
}
