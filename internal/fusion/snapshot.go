package fusion

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"slices"
)

const snapshotVersion = 11

// snapshot is all state. Sensors are by id, since a new configuration numbers them anew.
type snapshot struct {
	Version int
	Sensors []string
	Now     savedBelief
	Entries []savedEntry
	Head    int // of Entries, the first that waits
	Clock   clock
	Horizon int64
	Apart   [][2]string
	Back    back
	Points  []savedPoint
}

type savedBelief struct {
	States  []siteState
	Biases  savedRegistry
	Next    int64
	Serial  uint64
	Tracks  []*target
	Ended   []*target
	Sights  []sight
	Threads uint64 // crossing.Serial
}

type savedPoint struct {
	At     int64
	Belief savedBelief
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

func (b *belief) save() savedBelief {
	return savedBelief{
		States: b.states, Biases: b.registry.save(), Next: b.next, Serial: b.serial, Tracks: b.tracks, Ended: b.ended,
		Sights: b.crossing.Sights[:b.crossing.N], Threads: b.crossing.Serial,
	}
}

// AppendSnapshot appends the whole state. It is called between steps.
func (t *Tracker) AppendSnapshot(dst []byte) ([]byte, error) {
	t.retire() // what is lost has been shown
	s := snapshot{
		Version: snapshotVersion, Now: t.save(), Head: t.queue.head - t.queue.held, Clock: t.clock, Horizon: t.horizon, Apart: t.apart,
		Back: t.back,
	}
	for i := range t.sites {
		s.Sensors = append(s.Sensors, t.sites[i].id)
	}
	for _, e := range t.queue.entries[t.queue.held:] {
		s.Entries = append(s.Entries, savedEntry{e.Time, e.Sensor, e.Number, e.Arrived, e.Look, e.Sweep, e.From, e.Plots})
	}
	for _, p := range t.back.points {
		s.Points = append(s.Points, savedPoint{p.At, p.save()})
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
	index, same := make([]int, len(s.Sensors)), len(s.Sensors) == len(t.sites)
	for i, id := range s.Sensors {
		index[i] = -1
		if k, known := t.byID[id]; known {
			index[i] = k
		}
		same = same && index[i] == i
	}
	t.queue, t.grid, t.free, t.touched, t.back, t.work = queue{}, newGrid(), nil, nil, back{}, work{}
	t.clock, t.horizon, t.apart, t.belief = s.Clock, s.Horizon, s.Apart, t.restored(&s.Now, index)
	if same {
		t.back = s.Back
		for i := range s.Points {
			t.back.points = append(t.back.points, &point{s.Points[i].At, t.restored(&s.Points[i].Belief, index)})
		}
	} else { // nobody knows what these sensors would have made of the scans of before
		s.Entries, s.Head = s.Entries[s.Head:], 0
	}
	t.queue.head = s.Head
	for _, e := range s.Entries {
		if k := index[e.Sensor]; k >= 0 {
			t.queue.entries = append(t.queue.entries, entry{key{e.Time, k, e.Number}, e.Arrived, e.Look, e.Sweep, e.From, e.Plots})
		}
	}
	slices.SortFunc(t.queue.entries, func(a, b entry) int { return a.compare(b.key) })
	t.reindex()
	for _, tr := range t.tracks {
		t.settle(tr)
	}
	return nil
}

// restored is a belief of a snapshot; index gives each of its sensors the number here, −1: none.
func (t *Tracker) restored(s *savedBelief, index []int) belief {
	b := belief{states: newStates(t.sites), registry: newRegistry(t.sites), next: s.Next, serial: s.Serial, tracks: s.Tracks, ended: s.Ended}
	for i, k := range index {
		if k >= 0 {
			b.states[k] = s.States[i]
		}
	}
	b.registry.restore(&s.Biases, index)
	b.crossing.Serial = s.Threads
	for _, o := range s.Sights {
		if o.I, o.J = index[o.I], index[o.J]; o.I >= 0 && o.J > o.I { // in another order it begins anew
			b.crossing.Sights[b.crossing.N] = o
			b.crossing.N++
		}
	}
	for _, tr := range slices.Concat(b.tracks, b.ended) {
		tr.renumber(index)
	}
	return b
}

// renumber brings the sensors' indexes to the new configuration, and drops the part of a sensor that is gone. A mast whose first sensor is
// another one now begins its view anew.
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
		if v.Mast = int32(index[v.Mast]); v.Mast >= 0 { //nolint:gosec // of sensors
			tr.Views[n] = v
			n++
		}
	}
	tr.Views = tr.Views[:n]
}

// check finds what would be out of range later: a snapshot that is not ours.
func (s *snapshot) check() error {
	known := func(i int) bool { return i >= 0 && i < len(s.Sensors) }
	for _, e := range s.Entries {
		if !known(e.Sensor) {
			return fmt.Errorf("a scan of sensor number %d of %d", e.Sensor, len(s.Sensors))
		}
	}
	if s.Head < 0 || s.Head > len(s.Entries) {
		return fmt.Errorf("%d of %d scans are processed", s.Head, len(s.Entries))
	}
	for i := range s.Points {
		if err := s.Points[i].Belief.check(len(s.Sensors)); err != nil {
			return err
		}
	}
	return s.Now.check(len(s.Sensors))
}

func (s *savedBelief) check(sensors int) error {
	if len(s.States) != sensors {
		return fmt.Errorf("%d sensors with %d states", sensors, len(s.States))
	}
	if !s.Biases.sound(sensors) {
		return errors.New("biases that are not those of the sensors")
	}
	if len(s.Sights) > sightsMost {
		return fmt.Errorf("%d crossings of bearings, and %d at most", len(s.Sights), sightsMost)
	}
	for _, o := range s.Sights {
		if o.I < 0 || o.I >= sensors || o.J < 0 || o.J >= sensors {
			return fmt.Errorf("a crossing of bearings of sensors number %d and %d of %d", o.I, o.J, sensors)
		}
		if s.States[o.I].Threads.find(o.A) == nil || s.States[o.J].Threads.find(o.B) == nil {
			return fmt.Errorf("a crossing of bearings %d and %d, which the sensors do not have", o.A, o.B)
		}
	}
	for _, tr := range slices.Concat(s.Tracks, s.Ended) {
		if tr == nil || len(tr.Sources) != len(tr.Evidence) {
			return errors.New("a track whose sources and evidence differ in number")
		}
		for i := range tr.Views {
			if n := int(tr.Views[i].Mast); n < 0 || n >= sensors {
				return fmt.Errorf("track %s: sensor number %d of %d", tr.ID, n, sensors)
			}
		}
		for i := range tr.Sources {
			if n := tr.Sources[i].Sensor; n < 0 || n >= sensors {
				return fmt.Errorf("track %s: sensor number %d of %d", tr.ID, n, sensors)
			}
		}
	}
	return nil
}
