package feed

import (
	"context"
	"sync"
	"time"
)

// message is one PUBLISH on its way to the journal.
type message struct {
	received time.Time
	topic    string
	payload  []byte
	on       *session
	id       uint16 // of the packet, for its acknowledgement
	qos      byte
}

// queue holds messages between paho's goroutine and the worker: a ring, bounded by number and by bytes. Both sides go through it
// in runs, so that a busy feed wakes the worker once for many.
type queue struct {
	mu    sync.Mutex
	ring  []message
	first int
	count int
	bytes int
	max   int // bytes

	wake chan struct{} // holds one: there is something
	room chan struct{} // holds one: there is less
}

func newQueue(messages, bytes int) *queue {
	return &queue{ring: make([]message, messages), max: bytes, wake: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// put appends m, and waits for room for at most the given time, or until stop is closed. False: it was not taken.
func (q *queue) put(m message, stop <-chan struct{}, wait time.Duration) bool {
	if q.try(m) {
		return true
	}
	limit := time.NewTimer(wait)
	defer limit.Stop()
	for {
		select {
		case <-q.room:
			if q.try(m) {
				return true
			}
		case <-stop:
			return false
		case <-limit.C:
			return q.try(m)
		}
	}
}

func (q *queue) try(m message) bool {
	q.mu.Lock()
	// One message always fits into an empty queue, however large it is: it would never get through else.
	ok := q.count < len(q.ring) && (q.count == 0 || q.bytes+len(m.payload) <= q.max)
	if ok {
		q.ring[(q.first+q.count)%len(q.ring)] = m
		q.count++
		q.bytes += len(m.payload)
	}
	q.mu.Unlock()
	if ok {
		signal(q.wake)
	}
	return ok
}

// take moves messages into buf, in order, and waits for the first. Nil once ctx has ended and the queue is empty.
func (q *queue) take(ctx context.Context, buf []message) []message {
	for {
		if n := q.move(buf); n > 0 {
			signal(q.room)
			return buf[:n]
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
			if n := q.move(buf); n > 0 {
				return buf[:n]
			}
			return nil
		}
	}
}

func (q *queue) move(buf []message) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(buf), q.count)
	for i := range n {
		at := &q.ring[q.first]
		buf[i] = *at
		*at = message{} // the ring must not hold on to a payload
		q.bytes -= len(buf[i].payload)
		q.first = (q.first + 1) % len(q.ring)
	}
	q.count -= n
	return n
}

// depth is how much waits, in messages and bytes.
func (q *queue) depth() (messages, bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count, q.bytes
}

// belowHalf waits until the queue is at most half full, or ctx ends.
func (q *queue) belowHalf(ctx context.Context) {
	for ctx.Err() == nil {
		if n, bytes := q.depth(); n <= len(q.ring)/2 && bytes <= q.max/2 {
			return
		}
		select {
		case <-q.room:
		case <-ctx.Done():
		}
	}
}

// signal wakes who waits on c, now or later. Two signals are as good as one.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
