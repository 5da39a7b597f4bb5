package journal

import (
	"bytes"
	"sync"

	"github.com/nats-io/nats.go"
)

// How much of a stream's end is kept in memory.
const (
	recentMessages = 64
	recentBytes    = 8 << 20
	earlyMost      = 64 // messages whose turn has not come, before they are given up
)

// recent holds the newest messages of a stream that this process alone writes, for readers that keep up. Read from the server,
// each would cost a copy more, and worse: a server whose file blocks are read while they are written keeps each in memory for
// ten seconds, at full load some hundred megabytes.
//
// Every write tells it how it ended, so it knows where the stream ends, or that it does not know.
type recent struct {
	mu    sync.Mutex
	known bool                 // first + len(kept) is the stream's next sequence
	first uint64               // of kept
	kept  []*nats.Msg          // one after the other
	size  int                  // bytes of kept
	early map[uint64]*nats.Msg // stored behind a sequence whose writer has not yet said so
	lost  uint64               // how many writes ended and nobody knows how
	news  chan struct{}        // closed when something changes
}

// newRecent begins at the end of a stream.
func newRecent(last uint64) *recent {
	return &recent{known: true, first: last + 1, early: map[uint64]*nats.Msg{}, news: make(chan struct{})}
}

// begin is called before a write; what it returns goes with the write's end.
func (r *recent) begin() (lost uint64) {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost
}

// stored takes in messages that were stored as one, the last of them at seq; 0 if nobody knows where, or whether at all. After
// that the end of the stream is known again from a write that began later: one that began before may be in front of the lost one.
func (r *recent) stored(began, seq uint64, messages []*nats.Msg) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.tell()
	if seq == 0 || len(r.early) > earlyMost {
		r.lost++
		r.known, r.kept, r.size = false, nil, 0
		clear(r.early)
		return
	}
	if !r.known && began < r.lost {
		return
	}
	for i, m := range messages {
		at := seq - uint64(len(messages)) + uint64(i) + 1
		if !r.known {
			r.known, r.first = true, at
		}
		if at >= r.first+uint64(len(r.kept)) {
			r.early[at] = &nats.Msg{Subject: m.Subject, Header: m.Header, Data: bytes.Clone(m.Data)} // the writer uses its buffer again
		}
	}
	for {
		next := r.first + uint64(len(r.kept))
		m, ok := r.early[next]
		if !ok {
			break
		}
		delete(r.early, next)
		r.kept = append(r.kept, m)
		r.size += len(m.Data)
	}
	r.shrink()
}

func (r *recent) shrink() {
	n := 0
	for len(r.kept)-n > 1 && (len(r.kept)-n > recentMessages || r.size > recentBytes) {
		r.size -= len(r.kept[n].Data)
		n++
	}
	if n > 0 {
		r.kept = append([]*nats.Msg(nil), r.kept[n:]...) // else the array would keep what left it
		r.first += uint64(n)
	}
}

func (r *recent) tell() {
	close(r.news)
	r.news = make(chan struct{})
}

// at is the message at seq, or what is closed when it may have come; neither if seq is not in reach of what is kept.
func (r *recent) at(seq uint64) (*nats.Msg, <-chan struct{}) {
	if r == nil {
		return nil, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.first + uint64(len(r.kept))
	switch {
	case !r.known || seq < r.first || seq > next:
		return nil, nil
	case seq == next:
		return nil, r.news
	}
	return r.kept[seq-r.first], nil
}

// count is how many of the messages from seq on are under the subjects.
func (r *recent) count(seq uint64, subjects []string) (n uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, m := range r.kept {
		if r.first+uint64(i) >= seq && matches(subjects, m.Subject) {
			n++
		}
	}
	return n
}

// matches says whether a subject is under one of the patterns, of which '*' stands for a token and '>' for all the rest.
func matches(patterns []string, subject string) bool {
	for _, p := range patterns {
		if match(p, subject) {
			return true
		}
	}
	return false
}

func match(pattern, subject string) bool {
	for {
		p, s := indexDot(pattern), indexDot(subject)
		switch word := pattern[:p]; {
		case word == ">":
			return true
		case word != "*" && word != subject[:s]:
			return false
		case p == len(pattern) || s == len(subject):
			return p == len(pattern) && s == len(subject)
		}
		pattern, subject = pattern[p+1:], subject[s+1:]
	}
}
