package journal

import (
	"context"
	"slices"
	"time"
)

// Status of the journal, at most a second or two old while Run runs.
type Status struct {
	Streams []StreamStatus
	Cursors []CursorStatus
	Queue   int       // entries that wait for the committer
	Full    bool      // the cap is reached, or the disk nearly full: Put or AppendPicture waits
	Waiting time.Time // since when something could not be stored; zero: all is well
	// LastError is the last reason for which something could not be stored at once. It stays when all is well again.
	LastError string
	Audit     *Report // of Audit, nil before
}

// StreamStatus is what one stream holds.
type StreamStatus struct {
	Name        string
	Messages    uint64
	Bytes       uint64 // before compression
	Cap         uint64 // of Bytes
	First, Last uint64 // sequences; First > Last if it is empty
	FirstTime   time.Time
}

// CursorStatus is how far a durable cursor that is open has come.
type CursorStatus struct {
	Name   string
	Stream string
	Acked  uint64
	Lag    uint64 // messages not yet acknowledged
}

// Status tells how the journal is. It asks nobody.
func (j *Journal) Status() Status {
	st := Status{Queue: len(j.queue)}
	for _, h := range [...]*health{&j.input, &j.picture, &j.state} {
		full, since, last := h.state()
		st.Full = st.Full || full
		if !since.IsZero() && (st.Waiting.IsZero() || since.Before(st.Waiting)) {
			st.Waiting = since
		}
		if last != "" {
			st.LastError = last
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	st.Audit = j.report
	for _, name := range [...]string{inputStream, pictureStream} {
		st.Streams = append(st.Streams, j.streams[name])
	}
	for _, c := range j.cursors {
		c.mu.Lock()
		st.Cursors = append(st.Cursors, CursorStatus{Name: c.name, Stream: c.tail.stream, Acked: c.acked, Lag: c.lag})
		c.mu.Unlock()
	}
	slices.SortFunc(st.Cursors, func(a, b CursorStatus) int {
		if a.Stream+a.Name < b.Stream+b.Name {
			return -1
		}
		return 1
	})
	return st
}

// refresh asks the server how things are.
func (j *Journal) refresh(ctx context.Context) error {
	for _, name := range [...]string{inputStream, pictureStream} {
		s, err := j.js.Stream(ctx, name)
		if err != nil {
			return err
		}
		info := s.CachedInfo()
		st := StreamStatus{
			Name: name, Messages: info.State.Msgs, Bytes: info.State.Bytes, Cap: uint64(max(0, info.Config.MaxBytes)),
			First: info.State.FirstSeq, Last: info.State.LastSeq, FirstTime: info.State.FirstTime,
		}
		j.meters.stream(st)
		j.mu.Lock()
		j.streams[name] = st
		j.mu.Unlock()
	}
	j.mu.Lock()
	open := make([]*cursor, 0, len(j.cursors))
	for _, c := range j.cursors {
		open = append(open, c)
	}
	last := map[string]uint64{inputStream: j.streams[inputStream].Last, pictureStream: j.streams[pictureStream].Last}
	j.mu.Unlock()
	for _, c := range open {
		_, lag := c.place(ctx, last[c.tail.stream])
		c.mu.Lock()
		c.lag = lag
		c.mu.Unlock()
		j.meters.lag(c.name, c.tail.stream, lag)
	}
	for _, h := range [...]*health{&j.input, &j.picture, &j.state} {
		full, since, _ := h.state()
		j.meters.health(h.name, full, !since.IsZero())
	}
	return nil
}
