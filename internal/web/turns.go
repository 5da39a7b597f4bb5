package web

import (
	"context"
	"sync"
)

// subject is what a command is about. Tracks are named within their sector.
type subject struct {
	track      bool
	sector, id string // no sector: the only one that has it
}

// turns lets one command at a time act on each subject. The zero value is ready.
type turns struct {
	mu    sync.Mutex
	taken map[subject]chan struct{} // closed when the turn is over
}

// enter waits for the turn; false if ctx ends first. The caller leaves when it is done.
func (t *turns) enter(ctx context.Context, s subject) (leave func(), ok bool) {
	s.sector = "" // one turn for both ways to name it
	for {
		t.mu.Lock()
		over, busy := t.taken[s]
		if !busy {
			if t.taken == nil {
				t.taken = make(map[subject]chan struct{})
			}
			mine := make(chan struct{})
			t.taken[s] = mine
			t.mu.Unlock()
			return func() {
				t.mu.Lock()
				defer t.mu.Unlock()
				delete(t.taken, s)
				close(mine)
			}, true
		}
		t.mu.Unlock()
		select {
		case <-over:
		case <-ctx.Done():
			return nil, false
		}
	}
}
