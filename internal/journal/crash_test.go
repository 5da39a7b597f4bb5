package journal_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"cutline/internal/broker"
	"cutline/internal/journal"
	"cutline/internal/record"
)

// The variables by which a test binary learns that it is a child to be killed.
const (
	childDir  = "CUTLINE_TEST_JOURNAL_DIR"
	childBase = "CUTLINE_TEST_JOURNAL_BASE"
)

// perChild is how many numbers one child may use.
const perChild = 1_000_000

// child is what a re-executed test binary does instead of testing: it puts numbered inputs of two sectors, with ticks in
// between, reads them as a correlator and an output do, and prints each number once it is stored.
func child() bool {
	dir := os.Getenv(childDir)
	if dir == "" {
		return false
	}
	base, err := strconv.Atoi(os.Getenv(childBase))
	if err == nil {
		err = write(context.Background(), dir, base)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
	return true
}

func write(ctx context.Context, dir string, base int) error {
	cfg, b := journal.Defaults(), broker.Defaults()
	cfg.Dir, b.Dir, b.Listen = dir, dir, ""
	s, err := broker.Start(ctx, b, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	j, err := journal.Open(ctx, s.Conn(), cfg, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return err
	}
	go func() { _ = j.Run(ctx) }()
	c, err := j.InputCursor(ctx, "output")
	if err != nil {
		return err
	}
	go follow(ctx, j, c)
	for n := base; ; n++ {
		sector := []string{"a", "b"}[n%2]
		line := fmt.Sprintln(n)
		done := func() { _, _ = os.Stdout.WriteString(line) } // the parent is there
		if err = j.Put(ctx, journal.Entry{Sector: sector, Input: message(n), Done: done}); err != nil {
			return err
		}
		if n%50 == 0 {
			if err = j.Put(ctx, journal.Entry{Sector: sector, Input: tick(n)}); err != nil {
				return err
			}
		}
	}
}

// follow acknowledges, and writes PICTURE and snapshots, so that a kill meets those as well.
func follow(ctx context.Context, j *journal.Journal, c *journal.InputCursor) {
	heads, err := j.PictureHeads(ctx, "a")
	if err != nil {
		return
	}
	head := highest(heads)
	for {
		batch, err := c.Next(ctx)
		if err != nil {
			return
		}
		if batch.Seq > head {
			err = j.AppendPicture(ctx, "a", batch.Seq, []record.Event{trackEvent(int(batch.Seq)), alertEvent(int(batch.Seq))})
		}
		if err == nil && batch.Seq%7 == 0 {
			err = j.SaveSnapshot(ctx, "a", batch.Seq, make([]byte, 700<<10))
		}
		if err == nil {
			err = c.Ack(ctx, batch.Seq)
		}
		if err != nil {
			return
		}
	}
}

func TestJournal_killedAtAnyInstantLosesNothingThatWasStored(t *testing.T) {
	t.Parallel()
	dir, kills := t.TempDir(), 6
	if testing.Short() {
		kills = 2
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	acked := map[int]bool{}
	for k := range kills {
		for _, n := range killOne(t, dir, k*perChild, 1+dice.IntN(20_000), time.Duration(dice.IntN(3000))*time.Microsecond) {
			acked[n] = true
		}
	}
	t.Logf("%d acknowledged over %d kills", len(acked), kills)

	cfg := journal.Defaults()
	cfg.Dir = dir
	r := run(t, cfg)
	if rep, err := r.Audit(limit(t)); err != nil || !rep.OK() {
		t.Errorf("the journal is not whole: %+v, %v", rep, err)
	}
	seen := map[int]bool{}
	for i, sector := range []string{"a", "b"} {
		const end = 1 << 40
		r.put(t, sector, end+i, end+i+1) // marks the end of what there is to read
		checkOrder(t, r, sector, end+i, seen)
	}
	for n := range acked {
		if !seen[n] {
			t.Errorf("input %d was acknowledged and is gone", n)
		}
	}
	checkPicture(t, r)
}

// killOne runs a child until it has stored a number of inputs and a moment more, kills it, and returns what it has stored.
func killOne(t *testing.T, dir string, base, most int, moment time.Duration) (acked []int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, childBase+"="+strconv.Itoa(base))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err = cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			continue // torn by the kill
		}
		acked = append(acked, n)
		if len(acked) == most {
			time.AfterFunc(moment, func() { _ = cmd.Process.Kill() })
		}
	}
	_ = cmd.Wait() // says that it was killed
	if len(acked) < most {
		t.Fatalf("the child ended by itself after %d inputs", len(acked))
	}
	return acked
}

// checkOrder reads a sector up to an input, and fails unless every child's numbers rise and none comes twice.
func checkOrder(t *testing.T, r *rig, sector string, end int, seen map[int]bool) {
	t.Helper()
	in, err := r.ReadInput(limit(t), sector, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for last := -1; ; {
		batch, err := in.Next(limit(t))
		if err != nil {
			t.Fatal(err)
		}
		for i := range batch.Inputs {
			n := number(&batch.Inputs[i])
			if n == end {
				return
			}
			if n < 0 {
				continue // a tick
			}
			if n <= last || seen[n] {
				t.Fatalf("input %d of sector %s came after %d", n, sector, last)
			}
			last, seen[n] = n, true
		}
	}
}

// checkPicture fails if two messages of a type tell of the same input.
func checkPicture(t *testing.T, r *rig) {
	t.Helper()
	_, end, err := r.PictureSpan(t.Context())
	if err != nil || end == 0 {
		t.Fatalf("PICTURE ends at %d, %v", end, err)
	}
	f, err := r.FollowPicture(t.Context(), journal.Follow{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	heads := map[record.Type]uint64{}
	for seq := uint64(0); seq < end; {
		p, err := f.Next(limit(t))
		if err != nil {
			t.Fatal(err)
		}
		if p.InputSeq <= heads[p.Type] {
			t.Fatalf("%s of input %d came after those of %d", p.Type, p.InputSeq, heads[p.Type])
		}
		heads[p.Type], seq = p.InputSeq, p.Seq
	}
}
