package journal_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"cutline/internal/journal"
	"cutline/internal/record"
)

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
