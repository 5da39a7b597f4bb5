package feed

import (
	"crypto/sha512"
	"encoding/base64"
	"io"
	"net"
	"sync"
	"testing"
)

// proxy stands between the feed and the broker, and can cut the line.
type proxy struct {
	l      net.Listener
	target string
	mu     sync.Mutex
	open   map[net.Conn]bool
	wg     sync.WaitGroup
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{l: l, target: target, open: map[net.Conn]bool{}}
	p.wg.Go(p.run)
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		p.wg.Wait()
	})
	return p
}

func (p *proxy) addr() string { return p.l.Addr().String() }

func (p *proxy) run() {
	for {
		in, err := p.l.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = in.Close()
			continue
		}
		p.mu.Lock()
		p.open[in], p.open[out] = true, true
		p.mu.Unlock()
		p.wg.Go(func() { _, _ = io.Copy(out, in); _ = out.Close(); _ = in.Close() })
		p.wg.Go(func() { _, _ = io.Copy(in, out); _ = out.Close(); _ = in.Close() })
	}
}

// cut closes what is open at this moment.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.Close()
		delete(p.open, c)
	}
}

// passwordLine makes a line of a Mosquitto password file, as mosquitto_passwd does.
func passwordLine(name, password string) string {
	salt := []byte("0123456789ab") // $6$: SHA-512 of password and salt, as mosquitto_passwd -H sha512 writes it
	sum := sha512.Sum512(append([]byte(password), salt...))
	return name + ":$6$" + base64.StdEncoding.EncodeToString(salt) + "$" + base64.StdEncoding.EncodeToString(sum[:]) + "\n"
}
