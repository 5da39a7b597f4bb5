// Package testenv starts the real servers that tests talk to: Mosquitto and InfluxDB, as children on free loopback ports.
//
//	Mosquitto(t, Broker{}) ─► *MQTT  (URL, Stop, Kill, Start)
//	Influx(t)              ─► *InfluxDB (URL, Org, Bucket, Token, Stop, Start)
//
// Each function returns when its server answers, and ends it in t.Cleanup, by its own process id. Stop and Start bring the same
// server back: same port, same data. What a server said goes to the test's log if the test fails. A server that is not
// installed skips the test and says how to install it; where CI is set, it fails the test instead, so that a build machine
// without it is not green. Only tests import this package.
package testenv

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// missing skips the test for want of a server, or fails it on a build machine.
func missing(t testing.TB, what, install string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("no %s on a build machine: %s", what, install)
	}
	t.Skipf("no %s: %s", what, install)
}

// root of the module: the nearest directory above the test's that holds a go.mod.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test's directory")
		}
		dir = up
	}
}

// freePort asks the kernel for a port nobody listens on. Another process may take it before the server does, so who uses it must
// be ready to try again with another.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // a TCP listener has one
}

// output keeps what a child says, and shows it if the test fails.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// outputMax bounds what is kept: a broker that logs every packet must not fill the memory.
const outputMax = 256 << 10

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.buf.Len() > outputMax {
		o.buf.Next(o.buf.Len() / 2)
	}
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func (o *output) showOnFailure(t testing.TB, name string) {
	t.Helper()
	if t.Failed() {
		t.Logf("%s said:\n%s", name, o)
	}
}
