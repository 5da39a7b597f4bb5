package sector

import (
	"bytes"
	"encoding/gob"
	"fmt"

	"cutline/internal/alert"
)

// The version of snapshots; one of another version is refused, and the sector is replayed from its beginning.
const snapshotVersion = 2

// snapshot is all state, and the configuration that it was reached with.
type snapshot struct {
	Version  int
	Sector   string
	Settings []byte
	Clock    clock
	Fusion   []byte
	Follows  []follow
	Alerts   alert.State
	Health   []health
	Coverage saved
}

// AppendSnapshot appends the whole state to dst.
func (s *Sector) AppendSnapshot(dst []byte) ([]byte, error) {
	state, err := s.state()
	if err != nil {
		return dst, err
	}
	buf := bytes.NewBuffer(dst)
	if err := gob.NewEncoder(buf).Encode(&state); err != nil {
		return dst, fmt.Errorf("snapshot of sector %q: %w", s.cfg.ID, err)
	}
	return buf.Bytes(), nil
}

// state gives the memory. It shares slices with the sector: use it before the next step.
func (s *Sector) state() (snapshot, error) {
	state := snapshot{
		Version: snapshotVersion, Sector: s.cfg.ID, Settings: s.settings, Clock: s.clock, Alerts: s.book.State(), Health: s.health,
		Coverage: s.coverage.saved,
	}
	var err error
	if state.Fusion, err = s.fusion.AppendSnapshot(nil); err != nil {
		return state, fmt.Errorf("snapshot of sector %q: %w", s.cfg.ID, err)
	}
	for _, f := range s.follows {
		if f.ID != "" {
			state.Follows = append(state.Follows, *f)
		}
	}
	return state, nil
}

// Restore takes the state of a snapshot, of the same sector: it then steps on as the one that wrote it, with the configuration that
// that one had, until a record says otherwise. After an error the sector is what it was.
func (s *Sector) Restore(data []byte) error {
	var state snapshot
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&state); err != nil {
		return fmt.Errorf("restore sector %q: %w", s.cfg.ID, err)
	}
	if state.Version != snapshotVersion || state.Sector != s.cfg.ID {
		return fmt.Errorf("restore sector %q: the snapshot is version %d of sector %q: must be version %d of this one",
			s.cfg.ID, state.Version, state.Sector, snapshotVersion)
	}
	next, err := parse(state.Settings)
	if err == nil {
		err = s.same(&next.cfg)
	}
	if err == nil {
		err = next.take(&state)
	}
	if err != nil {
		return fmt.Errorf("restore sector %q: %w", s.cfg.ID, err)
	}
	*s = *next
	return nil
}

// take puts the state into a sector that has none. A sensor that is new begins anew.
func (s *Sector) take(state *snapshot) error {
	if err := s.fusion.Restore(state.Fusion); err != nil {
		return err
	}
	s.fresh = false
	s.clock = state.Clock
	s.book.Restore(state.Alerts)
	s.coverage.saved = state.Coverage
	for i := range state.Follows {
		f := &state.Follows[i]
		s.follows = append(s.follows, f)
		s.byTrack[f.ID] = f
	}
	for _, h := range state.Health {
		if i, known := s.byID[h.ID]; known {
			s.health[i] = h
		}
	}
	return nil
}
