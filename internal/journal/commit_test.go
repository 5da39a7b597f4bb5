package journal_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// readAll reads the first n inputs of a sector.
func (r *rig) readAll(t testing.TB, n int) []record.Input {
	t.Helper()
	return r.readFrom(t, "emerson", 1, n)
}

func TestPut_everySectorKeepsItsOrderAndDoneComesInTheOrderOfPut(t *testing.T) {
	r := run(t, settings(t))
	sectors := []string{"a", "b", "c"}
	rapid.Check(t, func(rt *rapid.T) {
		type put struct {
			sector string
			n      int
			tick   bool
		}
		puts := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) put {
			return put{rapid.SampledFrom(sectors).Draw(rt, "sector"), rapid.IntRange(0, 1e6).Draw(rt, "n"), rapid.Bool().Draw(rt, "tick")}
		}), 1, 600).Draw(rt, "puts")
		before := r.last(t)
		var mu sync.Mutex
		var done []int
		var stored sync.WaitGroup
		for i, p := range puts {
			e := journal.Entry{Sector: p.sector, Input: message(p.n)}
			if p.tick {
				e.Input = tick(p.n)
			}
			stored.Add(1)
			e.Done = func() {
				mu.Lock()
				defer mu.Unlock()
				done = append(done, i)
				stored.Done()
			}
			if err := r.Put(limit(t), e); err != nil {
				rt.Fatal(err)
			}
		}
		stored.Wait()
		if !slices.IsSorted(done) || len(done) != len(puts) {
			rt.Fatalf("done in the order %v", done)
		}
		for _, sector := range sectors {
			var want, got []int64
			for _, p := range puts {
				if p.sector == sector {
					want = append(want, message(p.n).Received.UnixNano())
				}
			}
			for _, in := range r.readFrom(t, sector, before+1, len(want)) {
				got = append(got, in.Received.UnixNano())
			}
			if !slices.Equal(got, want) {
				rt.Fatalf("sector %s: got %v, want %v", sector, got, want)
			}
		}
	})
}

func (r *rig) last(t testing.TB) uint64 {
	t.Helper()
	c, err := r.broker.Conn().Request("$JS.API.STREAM.INFO.INPUT", nil, 10e9)
	if err != nil {
		t.Fatal(err)
	}
	return infoLast(t, c.Data)
}

func (r *rig) readFrom(t testing.TB, sector string, from uint64, n int) (all []record.Input) {
	t.Helper()
	in, err := r.ReadInput(limit(t), sector, from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for len(all) < n {
		batch, err := in.Next(limit(t))
		if err != nil {
			t.Fatalf("after %d inputs of %d: %v", len(all), n, err)
		}
		if batch.Sector != sector {
			t.Errorf("a batch of %q came to the reader of %q", batch.Sector, sector)
		}
		all = append(all, batch.Inputs...)
	}
	return all
}

func TestPut_groupsManyInputsIntoOneMessage(t *testing.T) {
	r := run(t, settings(t))
	r.put(t, "emerson", 0, 2560)
	if got := r.last(t); got > 200 {
		t.Errorf("%d messages for 2560 inputs: the fsync of each would be the limit", got)
	}
}

func TestPut_refusesASectorThatIsNoToken(t *testing.T) {
	r := run(t, settings(t))
	for _, sector := range []string{"", "a.b", "*", "a>", "a b"} {
		if err := r.Put(t.Context(), journal.Entry{Sector: sector, Input: tick(1)}); err == nil {
			t.Errorf("%q was taken", sector)
		}
	}
}

func TestRun_commitsWhatWasPutBeforeItEnds(t *testing.T) {
	r := run(t, settings(t))
	var done sync.WaitGroup
	for n := range 500 {
		done.Add(1)
		if err := r.Put(limit(t), journal.Entry{Sector: "emerson", Input: message(n), Done: done.Done}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	done.Wait()
	if err := r.Put(t.Context(), journal.Entry{Sector: "emerson", Input: message(1)}); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("after the end Put says %v, want ErrClosed", err)
	}
	if got := r.readAll(t, 500); len(got) != 500 {
		t.Errorf("%d inputs, want 500", len(got))
	}
}

func TestPut_takenMeansCommittedAlsoAtTheVeryEnd(t *testing.T) {
	r := run(t, settings(t))
	var putters sync.WaitGroup
	var mu sync.Mutex
	taken, done := 0, 0
	for range 8 {
		putters.Go(func() {
			for {
				err := r.Put(context.Background(), journal.Entry{Sector: "emerson", Input: tick(1), Done: func() { mu.Lock(); done++; mu.Unlock() }})
				if err != nil {
					return
				}
				mu.Lock()
				taken++
				mu.Unlock()
			}
		})
	}
	until(t, "some are stored", func() bool { mu.Lock(); defer mu.Unlock(); return done > 1000 })
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	putters.Wait()
	if taken != done {
		t.Errorf("Put took %d, Done was called %d times", taken, done)
	}
}

func TestPut_endsWithItsContextWhileItWaits(t *testing.T) {
	r := open(t, settings(t)) // nobody commits
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var err error
	for n := 0; err == nil; n++ {
		if n == 512 { // the queue is full: the next one waits
			cancel()
		}
		err = r.Put(ctx, journal.Entry{Sector: "emerson", Input: tick(n)})
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestPut_whatIsBeyondTheServersLimitBecomesAReject(t *testing.T) {
	r := run(t, settings(t))
	big := message(1)
	big.Raw = bytes.Repeat([]byte("x"), 9<<20)
	if err := r.Put(t.Context(), journal.Entry{Sector: "emerson", Input: big}); err != nil {
		t.Fatal(err)
	}
	r.put(t, "emerson", 2, 3)
	got := r.readAll(t, 2)
	if got[0].Kind != record.Rejected || len(got[0].Rejects) != 1 || !strings.Contains(got[0].Rejects[0].Reason, "beyond the journal's") {
		t.Errorf("got kind %v, rejects %v", got[0].Kind, got[0].Rejects)
	}
	if got[0].Topic != big.Topic || len(got[0].Raw) == 0 || got[1].Kind != record.Message {
		t.Errorf("the reject is of topic %q with %d bytes, then comes %v", got[0].Topic, len(got[0].Raw), got[1].Kind)
	}
}

func TestPut_withoutKeepRawOnlyRejectsKeepTheirPayload(t *testing.T) {
	cfg := settings(t)
	cfg.KeepRaw = false
	r := run(t, cfg)
	bad := record.Input{Kind: record.Rejected, Received: noon, Topic: "t", Raw: []byte("{"), Rejects: []record.Reject{{Reason: "no JSON"}}}
	half := message(2)
	half.Rejects = bad.Rejects
	for _, in := range []record.Input{message(1), bad, half} {
		if err := r.Put(t.Context(), journal.Entry{Sector: "emerson", Input: in}); err != nil {
			t.Fatal(err)
		}
	}
	got := r.readAll(t, 3)
	if len(got[0].Raw) != 0 || string(got[1].Raw) != "{" || len(got[2].Raw) == 0 {
		t.Errorf("payloads of %d, %d, %d bytes", len(got[0].Raw), len(got[1].Raw), len(got[2].Raw))
	}
}

// TestPut_atTheCap is the promise for a disk that is full: nothing is dropped, it is said once, and it goes on when there is room.
func TestPut_atTheCapWaitsUntilWhatWasReadIsRemoved(t *testing.T) {
	cfg := settings(t)
	cfg.MaxBytes, cfg.MaxAge = 2_500_000, 0 // INPUT gets 2 MB
	s := serve(t, cfg)
	var log lines
	j, err := journal.Open(t.Context(), s.Conn(), cfg, slog.New(slog.NewTextHandler(&log, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Journal: j, broker: s, cfg: cfg}
	r.run(t)
	c, err := r.InputCursor(t.Context(), "influx")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const all = 8000 // some 4 MB
	var mu sync.Mutex
	stored := 0
	var putter sync.WaitGroup
	putter.Go(func() {
		for n := range all {
			done := func() { mu.Lock(); stored++; mu.Unlock() }
			if err := r.Put(limit(t), journal.Entry{Sector: "emerson", Input: message(n), Done: done}); err != nil {
				t.Error(err)
				return
			}
		}
	})
	defer putter.Wait()
	until(t, "the journal is full", func() bool { return r.Status().Full })
	if st := r.Status(); st.Waiting.IsZero() || !strings.Contains(st.LastError, "maximum bytes exceeded") {
		t.Errorf("status %+v", st)
	}
	if n := log.count("journal is full"); n != 1 {
		t.Errorf("it was said %d times, want once:\n%s", n, log.String())
	}
	for next := 0; next < all; {
		batch, err := c.Next(limit(t))
		if err != nil {
			t.Fatal(err)
		}
		for i := range batch.Inputs {
			if number(&batch.Inputs[i]) != next {
				t.Fatalf("input %d came where %d was due", number(&batch.Inputs[i]), next)
			}
			next++
		}
		if err = c.Ack(limit(t), batch.Seq); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "all is stored and nobody waits", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return stored == all && !r.Status().Full && r.Status().Waiting.IsZero()
	})
	if log.count("stores again") == 0 {
		t.Error("that it goes on was not said")
	}
}

func TestPut_waitsWhileTheDiskHasLessThanMinFree(t *testing.T) {
	t.Parallel() // the end waits for the last commits
	cfg := settings(t)
	cfg.MinFree = 1 << 60
	r := open(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	e := journal.Entry{Sector: "emerson", Input: tick(1), Done: func() { t.Error("stored on a full disk") }}
	if err := r.Put(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	until(t, "the journal is full", func() bool { return r.Status().Full })
	if st := r.Status(); !strings.Contains(st.LastError, "min_free") {
		t.Errorf("last error %q", st.LastError)
	}
	cancel()
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "commit 1 inputs") {
		t.Errorf("Run says %v: it was to say that an input is not stored", err)
	}
}
