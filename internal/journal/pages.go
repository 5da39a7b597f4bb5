package journal

import (
	"bytes"
	"errors"
	"slices"
	"sync"

	"cutline/internal/record"
)

// sharedMost is about how many bytes of PICTURE messages are kept decoded: the newest few, or tens of them while there is little in each.
const sharedMost = 1 << 20

// shared are the events of the messages of PICTURE that were decoded last. All outputs read the same messages within moments, and to
// decode one costs more than all else that is done with it, so it is done once for all of them.
type shared struct {
	mu    sync.Mutex
	order []*decoded // the oldest first
	size  int        // bytes of their messages
}

// decoded is one message's events. Nobody changes them.
type decoded struct {
	seq    uint64
	size   int
	once   sync.Once
	events []record.Event
	err    error
}

// events of the message with a sequence. Who comes second while the first still decodes waits for it.
func (s *shared) events(seq uint64, lines []byte) ([]record.Event, error) {
	d := s.find(seq, len(lines))
	d.once.Do(func() { d.events, d.err = decodeLines(lines) })
	return d.events, d.err
}

// find returns the place of a message, and makes it if there is none, for which the oldest make room.
func (s *shared) find(seq uint64, size int) *decoded {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range slices.Backward(s.order) { // what is asked for is near the end
		if d.seq == seq {
			return d
		}
	}
	d := &decoded{seq: seq, size: size}
	s.size += size
	gone := 0
	for s.size > sharedMost && gone < len(s.order) {
		s.size -= s.order[gone].size
		gone++
	}
	kept := copy(s.order, s.order[gone:])
	clear(s.order[kept:])
	s.order = append(s.order[:kept], d)
	return d
}

// decodeLines reads events, one a line. What is damaged is left out, and makes an error.
func decodeLines(lines []byte) (events []record.Event, err error) {
	events = make([]record.Event, 0, bytes.Count(lines, []byte{'\n'}))
	for len(lines) > 0 {
		line, rest, _ := bytes.Cut(lines, []byte{'\n'})
		e, bad := record.ParseEvent(line)
		if bad != nil {
			err = errors.Join(err, bad)
		} else {
			events = append(events, e)
		}
		lines = rest
	}
	return events, err
}
