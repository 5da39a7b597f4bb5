package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// A ledger is a small file beside the streams that says what they must hold. The server repairs a damaged stream by leaving out
// what it can't read, and does not say so in a way that outlives the log; compared with the ledger it shows.
type ledger struct {
	Streams map[string]account `json:"streams"`
	Holes   []Hole             `json:"holes,omitempty"` // reported before
}

// account of one stream.
type account struct {
	Last    uint64 `json:"last"`    // sequence that was stored for certain
	Trimmed uint64 `json:"trimmed"` // sequence up to which we have removed
}

const ledgerFile = "ledger.json"

func (j *Journal) hasLedger() bool { return j.cfg.Dir != "" && !j.cfg.ReadOnly }

// openLedger reads what an earlier process left, and begins the ledger of this one. An unreadable ledger is no reason not to
// start: what it guards is whole or not without it.
func (j *Journal) openLedger() error {
	if j.cfg.Dir == "" {
		return nil
	}
	raw, err := os.ReadFile(filepath.Join(j.cfg.Dir, ledgerFile))
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return fmt.Errorf("ledger: %w", err)
	default:
		if err = json.Unmarshal(raw, &j.began); err != nil {
			j.log.Warn("the journal's ledger is unreadable and begins anew", "error", err)
		}
	}
	return nil
}

// writeLedger brings the ledger up to what refresh has seen.
func (j *Journal) writeLedger() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.writeLedgerLocked()
}

func (j *Journal) writeLedgerLocked() error {
	if !j.hasLedger() {
		return nil
	}
	for name, a := range j.ledger.Streams {
		a.Last = max(a.Last, j.streams[name].Last)
		j.ledger.Streams[name] = a
	}
	data, err := json.Marshal(j.ledger)
	if err != nil {
		return err
	}
	if err = replaceFile(filepath.Join(j.cfg.Dir, ledgerFile), data); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// noteTrim says in the ledger that a stream is about to be removed up to a sequence.
func (j *Journal) noteTrim(stream string, upTo uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if a, ok := j.ledger.Streams[stream]; ok {
		a.Trimmed = max(a.Trimmed, upTo)
		j.ledger.Streams[stream] = a
	}
	return j.writeLedgerLocked()
}

// endLedger writes it a last time.
func (j *Journal) endLedger(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, requestWait)
	defer cancel()
	if err := errors.Join(j.refresh(ctx), j.writeLedger()); err != nil {
		j.log.Warn("the journal's ledger is some seconds old", "error", err)
	}
}

// replaceFile puts data in the place of a file so that after a loss of power there is the old or the new one, never a part.
func replaceFile(path string, data []byte) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name())
		}
	}()
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err = os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close()) // else the new name itself may not be on the disk
}
