package sector

import (
	"bytes"
	"encoding/gob"
	"fmt"

	"cutline/internal/alert"
)

// The version of snapshots; one of another version is refused, and the sector is replayed from its beginning.
const snapshotVersion = 1

// snapshot is all state: what New makes of the configuration is not in it.
type snapshot struct {
	Version  int
	Sector   string
	Clock    clock
	Fusion   []byte
	Follows  []follow
	Alerts   alert.State
	Health   []health
	Coverage saved
}

// AppendSnapshot appends the whole state to dst.
func (s *Sector) AppendSnapshot(dst []byte) ([]byte, error) {
	state := snapshot{
		Version: snapshotVersion, Sector: s.cfg.ID, Clock: s.clock, Alerts: s.book.State(), Health: s.health, Coverage: s.coverage.saved,
	}
	var err error
	if state.Fusion, err = s.fusion.AppendSnapshot(nil); err != nil {
		return dst, fmt.Errorf("snapshot of sector %q: %w", s.cfg.ID, err)
	}
	for _, f := range s.follows {
		if f.ID != "" {
			state.Follows = append(state.Follows, *f)
		}
	}
	buf := bytes.NewBuffer(dst)
	if err := gob.NewEncoder(buf).Encode(&state); err != nil {
		return dst, fmt.Errorf("snapshot of sector %q: %w", s.cfg.ID, err)
	}
	return buf.Bytes(), nil
}

// Restore takes the state of a snapshot, of the same sector: it then steps on as the one that wrote it. A sensor that has been added to
// the configuration since begins anew, one that has gone is forgotten. After an error the sector must not be used.
func (s *Sector) Restore(data []byte) error {
	var state snapshot
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&state); err != nil {
		return fmt.Errorf("restore sector %q: %w", s.cfg.ID, err)
	}
	if state.Version != snapshotVersion || state.Sector != s.cfg.ID {
		return fmt.Errorf("restore sector %q: the snapshot is version %d of sector %q: must be version %d of this one",
			s.cfg.ID, state.Version, state.Sector, snapshotVersion)
	}
	if err := s.fusion.Restore(state.Fusion); err != nil {
		return fmt.Errorf("restore sector %q: %w", s.cfg.ID, err)
	}
	s.clock = state.Clock
	s.book.Restore(state.Alerts)
	s.coverage.saved = state.Coverage
	s.follows = s.follows[:0]
	clear(s.byTrack)
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
