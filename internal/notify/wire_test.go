package notify

import (
	"io"
	"net"
	"sync"
	"testing"
)

// wire is a TCP connection to the broker that a test can damage.
type wire struct {
	ln net.Listener
	to string

	mu    sync.Mutex
	conns []net.Conn
	muted bool // what the broker says is swallowed
	wg    sync.WaitGroup
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{ln: ln, to: to}
	w.wg.Go(w.serve)
	t.Cleanup(func() { _ = ln.Close(); w.cut(); w.wg.Wait() })
	return w
}

func (w *wire) addr() string { return w.ln.Addr().String() }

func (w *wire) serve() {
	for {
		near, err := w.ln.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", w.to)
		if err != nil {
			_ = near.Close()
			continue
		}
		w.mu.Lock()
		w.conns = append(w.conns, near, far)
		w.mu.Unlock()
		w.wg.Go(func() { _, _ = io.Copy(far, near); _ = far.Close() })
		w.wg.Go(func() { _, _ = io.Copy(voice{w, near}, far); _ = near.Close() })
	}
}

// voice is the broker's, as the client hears it.
type voice struct {
	w    *wire
	conn net.Conn
}

func (v voice) Write(p []byte) (int, error) {
	v.w.mu.Lock()
	muted := v.w.muted
	v.w.mu.Unlock()
	if muted {
		return len(p), nil
	}
	return v.conn.Write(p)
}

func (w *wire) mute() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.muted = true
}

// cut ends all connections, and lets new ones speak.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // without a good-bye, as a lost link
		}
		_ = c.Close()
	}
	w.conns, w.muted = nil, false
}
