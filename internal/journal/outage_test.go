package journal_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"cutline/internal/journal"
)

// An outside is a NATS server of its own behind a wire that can be cut.
type outside struct {
	opts  *server.Options
	mu    sync.Mutex
	nats  *server.Server
	conns []net.Conn
}

func (o *outside) start(t *testing.T) {
	t.Helper()
	opts := *o.opts
	s, err := server.NewServer(&opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the server is not ready")
	}
	o.nats = s
	if o.opts.Port == -1 { // the same one after a restart
		o.opts.Port = s.Addr().(*net.TCPAddr).Port
	}
}

func (o *outside) stop() {
	o.nats.Shutdown()
	o.nats.WaitForShutdown()
}

// wire listens for the journal and passes on to the server.
func (o *outside) wire(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(o.opts.Port)))
			if err != nil {
				_ = near.Close()
				continue
			}
			o.mu.Lock()
			o.conns = append(o.conns, near, far)
			o.mu.Unlock()
			all.Go(func() { _, _ = io.Copy(near, far); _ = near.Close(); _ = far.Close() })
			all.Go(func() { _, _ = io.Copy(far, near); _ = near.Close(); _ = far.Close() })
		}
	})
	t.Cleanup(func() { _ = l.Close(); o.cut(); all.Wait() })
	return "nats://" + l.Addr().String()
}

// cut breaks every connection: what was under way in it, answers as well, is gone.
func (o *outside) cut() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range o.conns {
		_ = c.Close()
	}
	o.conns = nil
}

func TestJournal_aServerThatGoesAndComesLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	o := &outside{opts: &server.Options{
		Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), SyncAlways: true, NoSigs: true, NoLog: true,
	}}
	o.start(t)
	defer func() { o.stop() }()
	url := o.wire(t)
	conn, err := journal.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	cfg := settings(t)
	cfg.URL = url
	var log lines
	j, err := journal.Open(t.Context(), conn, cfg, slog.New(slog.NewTextHandler(&log, nil)), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Journal: j, cfg: cfg}
	r.run(t)

	const all = 30_000
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var putter sync.WaitGroup
	defer putter.Wait()
	putter.Go(func() {
		for n := 0; n < all && ctx.Err() == nil; n++ {
			e := journal.Entry{Sector: "emerson", Input: message(n)}
			if n%100 == 99 {
				e.Input = tick(n) // makes commits of several messages
			}
			if err := r.Put(ctx, e); err != nil {
				t.Error(err)
			}
			if n%3000 == 1500 {
				o.cut()
			}
			if n == all/2 {
				o.stop()
				o.start(t)
			}
		}
	})
	in, err := r.ReadInput(t.Context(), "emerson", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for next := 0; next < all; {
		batch, err := in.Next(limit(t))
		if err != nil {
			t.Fatal(err)
		}
		for i := range batch.Inputs {
			if got, want := batch.Inputs[i].Received, message(next).Received; !got.Equal(want) {
				t.Fatalf("input of %v came where that of %v was due", got, want)
			}
			next++
		}
	}
	if log.count("does not store") == 0 || log.count("does not store") != log.count("stores again") {
		t.Errorf("said %d times that it does not store, %d times that it does again", log.count("does not store"), log.count("stores again"))
	}
	cancel()
}
