package correlate_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"cutline/internal/broker"
	"cutline/internal/correlate"
	"cutline/internal/journal"
	"cutline/internal/record"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		fmt.Fprintln(os.Stderr, live(context.Background(), dir))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// counter is a core whose every event tells of all inputs before it: a lost, doubled or reordered input changes every event from
// then on. It makes a track of each input, and every third time an alert.
type counter struct {
	n, hash uint64
	steps   *atomic.Int64
	heard   *atomic.Int64
	fault   string // of Restore
	nan     uint64 // the number of the event that can't be encoded
}

func (c *counter) Overhear(in record.Input, out []record.Event) []record.Event {
	c.heard.Add(1)
	return c.Step(in, out)
}

func (c *counter) Step(in record.Input, out []record.Event) []record.Event {
	c.n++
	h := fnv.New64a()
	_, _ = h.Write(binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, c.hash), uint64(in.Received.UnixNano())))
	c.hash = h.Sum64()
	if c.steps != nil {
		c.steps.Add(1)
	}
	id := fmt.Sprintf("%d-%x", c.n, c.hash)
	t := &record.TrackEvent{ID: id}
	if c.n == c.nan {
		t.Lat = math.NaN()
	}
	out = append(out, record.Event{Type: record.TrackType, Time: in.Received, Track: t})
	if c.n%3 == 0 {
		out = append(out, record.Event{Type: record.AlertType, Time: in.Received, Alert: &record.AlertEvent{ID: id}})
	}
	return out
}

func (c *counter) AppendSnapshot(dst []byte) ([]byte, error) {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(dst, c.n), c.hash), nil
}

func (c *counter) Restore(data []byte) error {
	if c.fault != "" {
		return errors.New(c.fault)
	}
	c.n, c.hash = binary.LittleEndian.Uint64(data), binary.LittleEndian.Uint64(data[8:])
	return nil
}

// rig is a server and a journal that run.
type rig struct {
	*journal.Journal
	close func()
}

func open(t testing.TB, dir string) *rig {
	t.Helper()
	r, err := begin(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	return r
}

func begin(ctx context.Context, dir string) (*rig, error) {
	cfg, b := journal.Defaults(), broker.Defaults()
	cfg.Dir, b.Dir, b.Listen = dir, dir, ""
	quiet := slog.New(slog.DiscardHandler)
	s, err := broker.Start(ctx, b, quiet)
	if err != nil {
		return nil, err
	}
	j, err := journal.Open(ctx, s.Conn(), cfg, quiet, nil)
	if err != nil {
		s.Close()
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { defer close(ended); ended <- j.Run(ctx) }()
	return &rig{Journal: j, close: sync.OnceFunc(func() {
		cancel()
		for range ended {
		}
		s.Close()
	})}, nil
}

// run starts a correlator; the returned function ends it and returns what Run returned.
func run(t testing.TB, c *correlate.Correlator) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = stop() })
	return stop
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func input(n int) record.Input {
	return record.Input{Kind: record.Message, Received: noon.Add(time.Duration(n) * time.Millisecond), Sensor: "s"}
}

func (r *rig) put(t testing.TB, sector string, from, to int) {
	t.Helper()
	var stored sync.WaitGroup
	for n := from; n < to; n++ {
		stored.Add(1)
		if err := r.Put(limit(t), journal.Entry{Sector: sector, Input: input(n), Done: stored.Done}); err != nil {
			t.Fatal(err)
		}
	}
	stored.Wait()
}

func limit(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

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

// still is a configuration without ticks to speak of, so that a test knows every input.
func still() correlate.Config {
	cfg := correlate.Defaults()
	cfg.TickEvery, cfg.SnapshotEvery = time.Hour, time.Hour
	return cfg
}

func one(id string, c *counter) []correlate.Sector {
	return []correlate.Sector{{ID: id, New: func() (correlate.Core, error) {
		fresh := *c
		return &fresh, nil
	}}}
}

func correlator(cfg correlate.Config, r *rig, sectors []correlate.Sector) *correlate.Correlator {
	return correlate.New(cfg, r.Journal, sectors, slog.New(slog.DiscardHandler), nil)
}

// want is what an undisturbed core makes of the sector's INPUT, up to its nth input: ids by type.
func (r *rig) want(t testing.TB, sector string, n int) map[record.Type][]string {
	t.Helper()
	in, err := r.ReadInput(limit(t), sector, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	core, ids := &counter{}, map[record.Type][]string{}
	for core.n < uint64(n) {
		batch, err := in.Next(limit(t))
		if err != nil {
			t.Fatal(err)
		}
		for i := range batch.Inputs {
			for _, e := range core.Step(batch.Inputs[i], nil) {
				ids[e.Type] = append(ids[e.Type], id(e))
			}
		}
	}
	return ids
}

func id(e record.Event) string {
	if e.Alert != nil {
		return e.Alert.ID
	}
	return e.Track.ID
}

// got is what PICTURE holds of the sector, once it holds the wanted number of tracks and alerts.
func (r *rig) got(t testing.TB, sector string, want map[record.Type][]string) map[record.Type][]string {
	t.Helper()
	f, err := r.FollowPicture(limit(t), journal.Follow{Sector: sector})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ids := map[record.Type][]string{}
	for len(ids[record.TrackType]) < len(want[record.TrackType]) || len(ids[record.AlertType]) < len(want[record.AlertType]) {
		p, err := f.Next(limit(t))
		if err != nil {
			t.Fatalf("after %d tracks of %d and %d alerts of %d: %v", len(ids[record.TrackType]), len(want[record.TrackType]),
				len(ids[record.AlertType]), len(want[record.AlertType]), err)
		}
		for _, e := range p.Events {
			ids[p.Type] = append(ids[p.Type], id(e))
		}
	}
	return ids
}

// same fails unless PICTURE holds exactly what an undisturbed run of n inputs makes.
func (r *rig) same(t testing.TB, sector string, n int) {
	t.Helper()
	want := r.want(t, sector, n)
	got := r.got(t, sector, want)
	for _, typ := range []record.Type{record.TrackType, record.AlertType} {
		if !slices.Equal(got[typ], want[typ]) {
			for i := range want[typ] {
				if i >= len(got[typ]) || got[typ][i] != want[typ][i] {
					t.Fatalf("%s %d is %q, want %q", typ, i, got[typ][min(i, len(got[typ])-1)], want[typ][i])
				}
			}
			t.Fatalf("%d events of type %s, want %d", len(got[typ]), typ, len(want[typ]))
		}
	}
}

func TestRun_everyInputIsSteppedOnceInEverySector(t *testing.T) {
	r := open(t, t.TempDir())
	sectors := append(one("a", &counter{}), one("b", &counter{})...)
	c := correlator(still(), r, sectors)
	stop := run(t, c)
	r.put(t, "a", 0, 3000)
	r.put(t, "b", 0, 700)
	r.put(t, "a", 3000, 3001)
	r.same(t, "a", 3001)
	r.same(t, "b", 700)
	if err := stop(); err != nil {
		t.Error(err)
	}
	st := c.Status()
	if len(st) != 2 || st[0].Sector != "a" || !st[0].Ready || st[0].Seq == 0 || !st[0].Received.Equal(input(3000).Received) {
		t.Errorf("status %+v", st)
	}
}

func TestRun_aSectorOverhearsTheDetectionsOfThoseBesideIt(t *testing.T) {
	dir := t.TempDir()
	var heard atomic.Int64
	for round := range 2 {
		r := open(t, dir)
		sectors := append(one("a", &counter{}), one("b", &counter{heard: &heard})...)
		sectors[1].Beside = []string{"a"}
		stop := run(t, correlator(still(), r, sectors))
		r.put(t, "a", round*300, (round+1)*300)
		want := r.want(t, "a", (round+1)*300) // b steps a's inputs, and has none of its own
		if got := r.got(t, "b", want); !slices.Equal(got[record.TrackType], want[record.TrackType]) {
			t.Errorf("%d tracks, want %d", len(got[record.TrackType]), len(want[record.TrackType]))
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		r.close()
	}
	if n := heard.Load(); n != 600 {
		t.Errorf("%d messages overheard, want 600: each once, over a restart too", n)
	}
}

func TestRun_goesOnFromItsSnapshotAfterAnEnd(t *testing.T) {
	dir := t.TempDir()
	var steps atomic.Int64
	for round := range 4 {
		r := open(t, dir)
		stop := run(t, correlator(still(), r, one("a", &counter{steps: &steps})))
		r.put(t, "a", round*500, (round+1)*500)
		r.same(t, "a", (round+1)*500)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		r.close()
	}
	if n := steps.Load(); n != 2000 {
		t.Errorf("%d steps for 2000 inputs: an end leaves a snapshot, nothing is stepped again", n)
	}
}

// Without a snapshot everything is stepped again, and nothing of it is told again.
func TestRun_tellsNothingTwiceWhenTheSnapshotIsLost(t *testing.T) {
	for name, c := range map[string]struct {
		lose  func(*testing.T, *rig)
		again counter
	}{
		"restore refuses it": {func(*testing.T, *rig) {}, counter{fault: "of another version"}},
		"it is gone": {func(t *testing.T, r *rig) {
			t.Helper()
			if err := r.SaveSnapshot(t.Context(), "a", 0, make([]byte, 16)); err != nil { // as if never moved on
				t.Fatal(err)
			}
		}, counter{}},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, t.TempDir())
			stop := run(t, correlator(still(), r, one("a", &counter{})))
			r.put(t, "a", 0, 1000)
			r.same(t, "a", 1000)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			c.lose(t, r)
			var steps atomic.Int64
			c.again.steps = &steps
			stop = run(t, correlator(still(), r, one("a", &c.again)))
			r.put(t, "a", 1000, 1200)
			r.same(t, "a", 1200)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			if n := steps.Load(); n != 1200 {
				t.Errorf("%d steps, want 1200: all again", n)
			}
		})
	}
}

// A crash can fall between the messages of two types.
func TestRun_tellsTheRestWhenOnlyTheFirstTypeWasStored(t *testing.T) {
	r := open(t, t.TempDir())
	r.put(t, "a", 0, 300)
	want := r.want(t, "a", 300)
	in, err := r.ReadInput(t.Context(), "a", 1)
	if err != nil {
		t.Fatal(err)
	}
	core := &counter{}
	for tracks := 0; tracks < 300; { // what a correlator stored that was killed before the alerts
		batch, err := in.Next(limit(t))
		if err != nil {
			t.Fatal(err)
		}
		var events []record.Event
		for i := range batch.Inputs {
			events = core.Step(batch.Inputs[i], events)
		}
		events = slices.DeleteFunc(events, func(e record.Event) bool { return e.Type == record.AlertType })
		tracks += len(events)
		if err = r.AppendPicture(t.Context(), "a", batch.Seq, events); err != nil {
			t.Fatal(err)
		}
	}
	in.Close()
	run(t, correlator(still(), r, one("a", &counter{})))
	if got := r.got(t, "a", want); !slices.Equal(got[record.TrackType], want[record.TrackType]) ||
		!slices.Equal(got[record.AlertType], want[record.AlertType]) {
		t.Errorf("%d tracks and %d alerts", len(got[record.TrackType]), len(got[record.AlertType]))
	}
}

func TestRun_anEventThatCanNotBeWrittenIsLeftOutAndTheRestGoesOn(t *testing.T) {
	r := open(t, t.TempDir())
	stop := run(t, correlator(still(), r, one("a", &counter{nan: 150})))
	r.put(t, "a", 0, 300)
	want := r.want(t, "a", 300)
	want[record.TrackType] = slices.Delete(want[record.TrackType], 149, 150)
	if got := r.got(t, "a", want); !slices.Equal(got[record.TrackType], want[record.TrackType]) ||
		!slices.Equal(got[record.AlertType], want[record.AlertType]) {
		t.Errorf("%d tracks, %d alerts", len(got[record.TrackType]), len(got[record.AlertType]))
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestRun_ticksEverySector(t *testing.T) {
	cfg := still()
	cfg.TickEvery = 10 * time.Millisecond
	r := open(t, t.TempDir())
	c := correlator(cfg, r, append(one("a", &counter{}), one("b", &counter{})...))
	run(t, c)
	for _, sector := range []string{"a", "b"} {
		in, err := r.ReadInput(t.Context(), sector, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		batch, err := in.Next(limit(t))
		if err != nil || batch.Inputs[0].Kind != record.Tick || time.Since(batch.Inputs[0].Received) > time.Minute {
			t.Errorf("sector %s: %+v, %v", sector, batch, err)
		}
	}
	until(t, "both sectors have stepped ticks", func() bool { return c.Status()[0].Seq > 0 && c.Status()[1].Seq > 0 })
}

func TestRun_savesASnapshotAfterSoManyMessages(t *testing.T) {
	cfg := still()
	cfg.SnapshotMessages = 3
	r := open(t, t.TempDir())
	c := correlator(cfg, r, one("a", &counter{}))
	run(t, c)
	for n := range 7 {
		r.put(t, "a", n, n+1)
	}
	until(t, "a snapshot is there", func() bool { return !c.Status()[0].Snapshot.IsZero() })
	seq, state, err := r.LoadSnapshot(t.Context(), "a")
	if err != nil || seq < 3 || len(state) != 16 {
		t.Errorf("snapshot of %d with %d bytes, %v", seq, len(state), err)
	}
}

func TestRun_endsWhenASectorCanNotBegin(t *testing.T) {
	r := open(t, t.TempDir())
	bad := correlate.Sector{ID: "b", New: func() (correlate.Core, error) { return nil, errors.New("no border") }}
	err := correlator(still(), r, append(one("a", &counter{}), bad)).Run(limit(t))
	if err == nil || !strings.Contains(err.Error(), "sector b: no border") {
		t.Errorf("error %v", err)
	}
}

func TestMetrics_areWellNamed(t *testing.T) {
	r := open(t, t.TempDir())
	reg := prometheus.NewPedanticRegistry()
	run(t, correlate.New(still(), r.Journal, one("a", &counter{}), slog.New(slog.DiscardHandler), reg))
	r.put(t, "a", 0, 10)
	r.same(t, "a", 10)
	problems, err := testutil.GatherAndLint(reg)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

func TestCheck_reportsEveryFault(t *testing.T) {
	var got []string
	note := func(path, _ string) { got = append(got, path) }
	correlate.Defaults().Check(note)
	if got != nil {
		t.Errorf("the defaults are at fault: %v", got)
	}
	correlate.Config{GroupWait: -1}.Check(note)
	if want := []string{"tick_every", "snapshot_every", "snapshot_messages", "group_events", "group_wait"}; !slices.Equal(got, want) {
		t.Errorf("faults at %v, want %v", got, want)
	}
}

// An append that a stop breaks off may be stored all the same: then its events must not be written once more as the last words.
func TestRun_stoppedAtAnyInstantTellsTheSameAlertsOnce(t *testing.T) {
	r := open(t, t.TempDir())
	dice := rand.New(rand.NewPCG(7, 1))
	n := 0
	for range 40 {
		stop := run(t, correlator(still(), r, one("a", &counter{})))
		for range 1 + dice.IntN(20) {
			in := input(n)
			if err := r.Put(limit(t), journal.Entry{Sector: "a", Input: in}); err != nil {
				t.Fatal(err)
			}
			n++
			time.Sleep(time.Duration(dice.IntN(700)) * time.Microsecond)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	}
	c := correlator(still(), r, one("a", &counter{}))
	run(t, c)
	until(t, "the last input is stepped", func() bool { return c.Status()[0].Received.Equal(input(n - 1).Received) })
	r.same(t, "a", n)
}

// childDir tells a re-executed test binary to be a daemon that is killed.
const childDir = "CUTLINE_TEST_CORRELATE_DIR"

// live puts inputs without end, and correlates them with many snapshots. It prints a dot per hundred inputs stored.
func live(ctx context.Context, dir string) error {
	r, err := begin(ctx, dir)
	if err != nil {
		return err
	}
	cfg := correlate.Defaults()
	cfg.TickEvery, cfg.SnapshotMessages = 10*time.Millisecond, 10
	failed := make(chan error, 1)
	go func() { failed <- correlator(cfg, r, one("a", &counter{})).Run(ctx) }()
	for n := 0; ; n++ {
		var done func()
		if n%100 == 0 {
			done = func() { _, _ = os.Stdout.WriteString(strconv.Itoa(n) + "\n") }
		}
		in := input(n)
		in.Received = time.Now().UTC()
		if err = r.Put(ctx, journal.Entry{Sector: "a", Input: in, Done: done}); err != nil {
			return err
		}
		select {
		case err = <-failed:
			return err
		default:
		}
	}
}

func TestRun_killedAtAnyInstantTellsTheSameAlertsOnce(t *testing.T) {
	dir, kills := t.TempDir(), 6
	if testing.Short() {
		kills = 2
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	for range kills {
		cmd := exec.Command(os.Args[0])
		cmd.Env, cmd.Stderr = append(os.Environ(), childDir+"="+dir), os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err = cmd.Start(); err != nil {
			t.Fatal(err)
		}
		most, moment, n := 1+dice.IntN(100), time.Duration(dice.IntN(5000))*time.Microsecond, 0
		for lines := bufio.NewScanner(out); lines.Scan(); n++ {
			if n == most {
				time.AfterFunc(moment, func() { _ = cmd.Process.Kill() })
			}
		}
		_ = cmd.Wait() // says that it was killed
		if n <= most {
			t.Fatal("the child ended by itself")
		}
	}
	r := open(t, dir)
	c := correlator(still(), r, one("a", &counter{}))
	stop := run(t, c)
	r.put(t, "a", 1e6, 1e6+1)
	until(t, "the last input is stepped", func() bool { return c.Status()[0].Received.Equal(input(1e6).Received) })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	_, state, err := r.LoadSnapshot(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	n := int(binary.LittleEndian.Uint64(state))
	t.Logf("%d inputs over %d kills", n, kills)
	r.same(t, "a", n)
}
