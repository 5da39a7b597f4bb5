package journal

import (
	"fmt"
	"time"
)

// roomEvery is how long a look at the disk holds. At 100 MB/s less than half of the least min_free is written meanwhile.
const roomEvery = time.Second

// room refuses to write while the disk has less than min_free. The server does not recover from a disk that is full: it would
// store nothing more until it is started again. Cursors and snapshots go on, as they are what lets old data be removed.
func (j *Journal) room(h *health) error {
	if j.cfg.URL != "" || j.cfg.Dir == "" || j.cfg.MinFree == 0 || h == &j.state {
		return nil
	}
	now := time.Now()
	j.mu.Lock()
	defer j.mu.Unlock()
	if now.Sub(j.looked) >= roomEvery {
		free, err := freeBytes(j.cfg.Dir)
		if err != nil {
			return fmt.Errorf("look at the disk of %s: %w", j.cfg.Dir, err)
		}
		j.looked, j.free = now, free
	}
	if j.free < j.cfg.MinFree {
		return fmt.Errorf("%w: %d MB are free on the disk of %s, min_free is %v", errFull, j.free/1e6, j.cfg.Dir, j.cfg.MinFree)
	}
	return nil
}
