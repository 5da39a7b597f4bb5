package fusion

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"slices"
)

const snapshotVersion = 7

// snapshot is all state. Sensors are by id, since a new configuration numbers them anew.
type snapshot struct {
	Version int
	Sensors []string
	States  []siteState
	Biases  savedRegistry
	Waiting []savedEntry
	Clock   clock
	Horizon int64
	Next    int64
	Serial  uint64
	Tracks  []*target
	Ended   []*target
	Apart   [][2]string
	Sights  []sight
	Threads uint64 // crossing.Serial
}

type savedEntry struct {
	Time    int64
	Sensor  int
	Number  int64
	Arrived int64
	Look    look
	Sweep   bool
	From    int64
	Plots   []plot
}

// AppendSnapshot appends the whole state. It is called between steps.
func (t *Tracker) AppendSnapshot(dst []byte) ([]byte, error) {
	t.retire() // what is lost has been shown
	s := snapshot{
		Version: snapshotVersion, States: t.states, Biases: t.registry.save(), Clock: t.clock, Horizon: t.horizon, Next: t.next, Serial: t.serial,
		Tracks: t.tracks, Ended: t.ended, Apart: t.apart, Sights: t.crossing.Sights[:t.crossing.N], Threads: t.crossing.Serial,
	}
	for i := range t.sites {
		s.Sensors = append(s.Sensors, t.sites[i].id)
	}
	for _, e := range t.queue.waiting[t.queue.head:] {
		s.Waiting = append(s.Waiting, savedEntry{e.Time, e.Sensor, e.Number, e.Arrived, e.Look, e.Sweep, e.From, e.Plots})
	}
	buf := bytes.NewBuffer(dst)
	if err := gob.NewEncoder(buf).Encode(&s); err != nil {
		return dst, fmt.Errorf("encode the tracker's state: %w", err)
	}
	return buf.Bytes(), nil
}

// Restore replaces the state with a snapshot's; t then steps on as the tracker that wrote it. Sensors that are no longer defined are
// forgotten. After an error t is unchanged.
func (t *Tracker) Restore(data []byte) error {
	var s snapshot
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&s); err != nil {
		return fmt.Errorf("decode the tracker's state: %w", err)
	}
	if s.Version != snapshotVersion {
		return fmt.Errorf("decode the tracker's state: version %d, this program knows %d", s.Version, snapshotVersion)
	}
	if err := s.check(); err != nil {
		return fmt.Errorf("decode the tracker's state: %w", err)
	}
	index := make([]int, len(s.Sensors))
	for i, id := range s.Sensors {
		index[i] = -1
		if k, known := t.byID[id]; known {
			index[i] = k
			t.states[k] = s.States[i]
		}
	}
	t.registry.restore(&s.Biases, index)
	t.queue, t.grid, t.free, t.touched = queue{}, newGrid(), nil, nil
	for _, e := range s.Waiting {
		if k := index[e.Sensor]; k >= 0 {
			t.queue.waiting = append(t.queue.waiting, entry{key{e.Time, k, e.Number}, e.Arrived, e.Look, e.Sweep, e.From, e.Plots})
		}
	}
	slices.SortFunc(t.queue.waiting, func(a, b entry) int { return a.compare(b.key) })
	t.clock, t.horizon, t.next, t.serial, t.tracks, t.ended = s.Clock, s.Horizon, s.Next, s.Serial, s.Tracks, s.Ended
	t.apart = s.Apart
	t.crossing = triangulation{Serial: s.Threads}
	for _, o := range s.Sights {
		if o.I, o.J = index[o.I], index[o.J]; o.I >= 0 && o.J > o.I { // in another order it begins anew
			t.crossing.Sights[t.crossing.N] = o
			t.crossing.N++
		}
	}
	t.work = work{}
	for _, tr := range slices.Concat(t.tracks, t.ended) {
		tr.renumber(index)
	}
	t.reindex()
	for _, tr := range t.tracks {
		t.settle(tr)
	}
	return nil
}

// renumber brings the sensors' indexes to the new configuration, and drops the part of a sensor that is gone.
func (tr *target) renumber(index []int) {
	n := 0
	for i := range tr.Sources {
		s := tr.Sources[i]
		if s.Sensor = index[s.Sensor]; s.Sensor >= 0 {
			tr.Sources[n], tr.Evidence[n] = s, tr.Evidence[i]
			n++
		}
	}
	tr.Sources, tr.Evidence = tr.Sources[:n], tr.Evidence[:n]
	n = 0
	for _, v := range tr.Views {
		if v.Sensor = int32(index[v.Sensor]); v.Sensor >= 0 { //nolint:gosec // of sensors
			tr.Views[n] = v
			n++
		}
	}
	tr.Views = tr.Views[:n]
}

// check finds what would be out of range later: a snapshot that is not ours.
func (s *snapshot) check() error {
	if len(s.States) != len(s.Sensors) {
		return fmt.Errorf("%d sensors with %d states", len(s.Sensors), len(s.States))
	}
	if !s.Biases.sound(len(s.Sensors)) {
		return errors.New("biases that are not those of the sensors")
	}
	known := func(i int) bool { return i >= 0 && i < len(s.Sensors) }
	for _, e := range s.Waiting {
		if !known(e.Sensor) {
			return fmt.Errorf("a scan of sensor number %d of %d", e.Sensor, len(s.Sensors))
		}
	}
	if len(s.Sights) > sightsMost {
		return fmt.Errorf("%d crossings of bearings, and %d at most", len(s.Sights), sightsMost)
	}
	for _, o := range s.Sights {
		if !known(o.I) || !known(o.J) {
			return fmt.Errorf("a crossing of bearings of sensors number %d and %d of %d", o.I, o.J, len(s.Sensors))
		}
	}
	for _, tr := range slices.Concat(s.Tracks, s.Ended) {
		if tr == nil || len(tr.Sources) != len(tr.Evidence) {
			return errors.New("a track whose sources and evidence differ in number")
		}
		for i := range tr.Views {
			if !known(int(tr.Views[i].Sensor)) {
				return fmt.Errorf("track %s: sensor number %d of %d", tr.ID, tr.Views[i].Sensor, len(s.Sensors))
			}
		}
		for i := range tr.Sources {
			if !known(tr.Sources[i].Sensor) {
				return fmt.Errorf("track %s: sensor number %d of %d", tr.ID, tr.Sources[i].Sensor, len(s.Sensors))
			}
		}
	}
	return nil
}
