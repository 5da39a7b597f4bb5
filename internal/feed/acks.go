package feed

import (
	"context"
	"sync"
)

// acks gathers the messages that the journal has, and writes their PUBACKs in runs, in order. The journal's committer calls done
// and must not wait for a network.
type acks struct {
	mu      sync.Mutex
	pending []ack
	open    int // given to the journal and not acknowledged
	wake    chan struct{}
	idle    chan struct{} // holds one: open has become 0
}

// ack of one message: the connection that brought it, since an identifier means something else on another one.
type ack struct {
	on *session
	id uint16
}

func newAcks() *acks { return &acks{wake: make(chan struct{}, 1), idle: make(chan struct{}, 1)} }

// expect counts a message in and returns what the journal is to call.
func (a *acks) expect(m *message) (done func()) {
	a.mu.Lock()
	a.open++
	a.mu.Unlock()
	on, id, qos := m.on, m.id, m.qos
	return func() { a.done(ack{on, id}, qos) }
}

func (a *acks) done(k ack, qos byte) {
	a.mu.Lock()
	if qos > 0 {
		a.pending = append(a.pending, k)
	} else { // has no acknowledgement
		a.open--
	}
	a.mu.Unlock()
	signal(a.wake)
}

// run writes until ctx ends. A connection that has ended takes nothing: the broker sends those messages again.
func (a *acks) run(ctx context.Context) {
	var spare []ack
	var packets []byte
	for {
		select {
		case <-a.wake:
		case <-ctx.Done():
			return
		}
		a.mu.Lock()
		run := a.pending
		a.pending = spare[:0]
		a.mu.Unlock()
		for from := 0; from < len(run); {
			to := from + 1
			for to < len(run) && run[to].on == run[from].on {
				to++
			}
			packets = appendPubacks(packets[:0], run[from:to])
			run[from].on.acknowledge(packets)
			from = to
		}
		a.mu.Lock()
		a.open -= len(run)
		quiet := a.open == 0
		a.mu.Unlock()
		if quiet {
			signal(a.idle)
		}
		spare = run
	}
}

// appendPubacks writes the packets (MQTT 3.1.1 §3.4: type 4, two bytes follow, the identifier).
func appendPubacks(dst []byte, run []ack) []byte {
	for _, k := range run {
		dst = append(dst, 0x40, 2, byte(k.id>>8), byte(k.id)) //nolint:gosec // the two halves
	}
	return dst
}

// settle waits until nothing is open, or ctx ends.
func (a *acks) settle(ctx context.Context) {
	for {
		a.mu.Lock()
		quiet := a.open == 0
		a.mu.Unlock()
		if quiet {
			return
		}
		select {
		case <-a.idle:
		case <-ctx.Done():
			return
		}
	}
}

func (a *acks) unacked() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.open
}
