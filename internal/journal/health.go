package journal

import (
	"errors"
	"log/slog"
	"sync"
	"time"
)

// health is how one kind of write fares. What is wrong is logged when it begins and when it ends, however often it is tried.
type health struct {
	name string

	mu    sync.Mutex
	since time.Time // of the first failure in a row; zero: all is well
	tries int
	full  bool
	last  string // the last error, kept when all is well again
}

func (h *health) ill(log *slog.Logger, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := h.since.IsZero()
	changed := !first && h.full != errors.Is(err, errFull)
	if first {
		h.since, h.tries = time.Now(), 0
	}
	h.tries++
	h.full, h.last = errors.Is(err, errFull), err.Error()
	switch {
	case (first || changed) && h.full:
		log.Error("the journal is full: nothing more is acknowledged until room is made", "stream", h.name, "error", err)
	case first || changed:
		log.Error("the journal does not store: nothing more is acknowledged meanwhile", "stream", h.name, "error", err)
	}
}

func (h *health) well(log *slog.Logger) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.since.IsZero() {
		return
	}
	log.Info("the journal stores again", "stream", h.name, "waited_ms", time.Since(h.since).Milliseconds(), "tries", h.tries)
	h.since, h.full = time.Time{}, false
}

func (h *health) state() (full bool, since time.Time, last string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.full, h.since, h.last
}
