package influxd

import (
	"bytes"
	"io"
	"regexp"
	"sync"
)

// tailBytes of the log are kept for the message of a server that does not start.
const tailBytes = 8 << 10

// listening finds the address in the line `lvl=info msg="Listening on HTTP" … addr=127.0.0.1:35861 https=false`.
var listening = regexp.MustCompile(`msg="Listening on HTTP".* addr=(\S+)`)

// listener is where the child's output goes: on to the caller's writer, while it looks for the address.
type listener struct {
	to   io.Writer
	addr chan string // gets the address once

	mu    sync.Mutex // guards what follows: stdout and stderr are one writer, but tail is asked by another goroutine
	last  []byte
	found bool
}

func (l *listener) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = append(l.last, p...)
	if !l.found {
		// Complete lines only: half an address would be a wrong one.
		if m := listening.FindSubmatch(l.last[:bytes.LastIndexByte(l.last, '\n')+1]); m != nil {
			l.found = true
			l.addr <- string(m[1])
		}
	}
	if over := len(l.last) - tailBytes; over > 0 {
		l.last = append(l.last[:0], l.last[over:]...)
	}
	if l.to == nil {
		return len(p), nil
	}
	_, _ = l.to.Write(p) // a full log of ours must not stop the child
	return len(p), nil
}

func (l *listener) tail() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.last)
}
