package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cutline/internal/record"
)

// Report says whether the journal is whole.
type Report struct {
	Holes    []Hole   // what should be there and is not
	Damaged  []Damage // what is there and does not decode
	Messages uint64   // that were read and checked, of both streams
	Bytes    uint64   // of them
	All      bool     // that was all there is; else the newest part, of audit_bytes
	Took     time.Duration
}

// Hole is a range of sequences of a stream that is gone without our having removed it.
type Hole struct {
	Stream string `json:"stream"`
	From   uint64 `json:"from"`
	To     uint64 `json:"to"`
	Known  bool   `json:"-"` // an earlier start has reported it
}

// Messages is the hole's size. A message of INPUT holds up to 256 inputs.
func (h Hole) Messages() uint64 { return h.To - h.From + 1 }

// Damage is a message that does not decode in full.
type Damage struct {
	Stream string
	Seq    uint64
	Reason string
}

// OK says that nothing new is wrong.
func (r *Report) OK() bool {
	return len(r.Damaged) == 0 && !slices.ContainsFunc(r.Holes, func(h Hole) bool { return !h.Known })
}

// lostSector is in the subject of the messages that stand for those a stream has lost at its end.
const lostSector = "_lost"

// fillMost bounds them. A tail of more than that is another stream, put there by hand.
const fillMost = 100_000

// compare looks for holes in both streams, and begins the ledger of this process. It costs no reading of messages.
func (j *Journal) compare(ctx context.Context) error {
	report := &Report{}
	accounts := map[string]account{}
	for _, name := range [...]string{inputStream, pictureStream} {
		s, err := j.js.Stream(ctx, name)
		if err != nil {
			return err
		}
		info, err := s.Info(ctx, jetstream.WithDeletedDetails(true))
		if err != nil {
			return err
		}
		holes, a, err := j.holes(ctx, name, info.State)
		if err != nil {
			return err
		}
		report.Holes, accounts[name] = append(report.Holes, holes...), a
	}
	report.know(j.began.Holes)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.report = report
	j.ledger = ledger{Streams: accounts}
	for _, h := range report.Holes {
		h.Known = false // as it is written
		j.ledger.Holes = append(j.ledger.Holes, h)
	}
	return j.writeLedgerLocked()
}

// holes finds what a stream lacks at its front, in the middle and at its end. A lost end is filled with messages that say so:
// else new ones would take the old sequences, and whoever has read the old ones would skip the new.
func (j *Journal) holes(ctx context.Context, stream string, state jetstream.StreamState) ([]Hole, account, error) {
	var holes []Hole
	a, known := j.began.Streams[stream]
	front := state.FirstSeq - min(1, state.FirstSeq) // a stream that never held anything begins at 0
	if known && front > a.Trimmed && front <= a.Last {
		holes = append(holes, Hole{Stream: stream, From: a.Trimmed + 1, To: front})
	}
	slices.Sort(state.Deleted)
	for _, seq := range state.Deleted {
		if seq == 0 { // of an empty stream
			continue
		}
		if n := len(holes) - 1; n >= 0 && holes[n].To == seq-1 {
			holes[n].To = seq
			continue
		}
		holes = append(holes, Hole{Stream: stream, From: seq, To: seq})
	}
	want, err := j.furthest(ctx, stream)
	if err != nil {
		return nil, a, err
	}
	if want = max(want, a.Last); want > state.LastSeq {
		holes = append(holes, Hole{Stream: stream, From: state.LastSeq + 1, To: want})
		if err = j.fill(ctx, stream, want-state.LastSeq); err != nil {
			return nil, a, err
		}
	}
	return holes, account{Last: max(want, state.LastSeq), Trimmed: front}, nil
}

// furthest is the highest sequence of a stream that any mark speaks of.
func (j *Journal) furthest(ctx context.Context, stream string) (seq uint64, err error) {
	if j.cfg.ReadOnly {
		return 0, nil
	}
	subjects, err := j.marks(ctx)
	for _, subject := range subjects {
		m, _, err := j.loadMark(ctx, subject)
		if err != nil {
			return 0, err
		}
		if stream == pictureStream {
			m.Input = m.Picture
		}
		seq = max(seq, m.Input)
	}
	return seq, err
}

// fill appends n messages without content.
func (j *Journal) fill(ctx context.Context, stream string, n uint64) error {
	if n > fillMost || j.cfg.ReadOnly {
		j.log.Error("a stream lacks so much at its end that it must be another one", "stream", stream, "messages", n)
		return nil
	}
	for n > 0 {
		messages := make([]*nats.Msg, min(n, batchMost))
		for i := range messages {
			m := nats.NewMsg("in." + lostSector + "." + record.Rejected.String())
			m.Data = record.AppendInputs(nil, nil)
			if stream == pictureStream {
				m = nats.NewMsg(pictureSubject(lostSector, record.RejectType))
				m.Header.Set(inputSeqHeader, "0")
			}
			messages[i] = m
		}
		n -= uint64(len(messages))
		if _, err := j.store(ctx, &j.state, messages, func(context.Context, string) (bool, error) { return false, nil }); err != nil {
			return err
		}
	}
	return nil
}

// Audit reads the newest part of both streams, audit_bytes of it, checks every record's CRC, and reports what Open has found
// missing together with what it finds itself.
func (j *Journal) Audit(ctx context.Context) (Report, error) {
	start := time.Now()
	j.mu.Lock()
	report := *j.report
	j.mu.Unlock()
	report.Holes, report.Damaged = slices.Clone(report.Holes), nil
	report.Messages, report.Bytes, report.All = 0, 0, true
	for _, stream := range [...]string{inputStream, pictureStream} {
		if err := j.scan(ctx, stream, &report); err != nil {
			return Report{}, fmt.Errorf("audit %s: %w", stream, err)
		}
	}
	report.know(j.began.Holes)
	report.Took = time.Since(start)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.report = &report
	for _, h := range report.Holes {
		if h.Known = false; !slices.Contains(j.ledger.Holes, h) {
			j.ledger.Holes = append(j.ledger.Holes, h)
		}
	}
	return report, j.writeLedgerLocked()
}

// scan reads one stream's end and notes what is missing between its messages and what does not decode.
func (j *Journal) scan(ctx context.Context, stream string, r *Report) error {
	s, err := j.js.Stream(ctx, stream)
	if err != nil {
		return err
	}
	state := s.CachedInfo().State
	if state.Msgs == 0 {
		return nil
	}
	from := state.FirstSeq
	if mean := state.Bytes/state.Msgs + 1; uint64(j.cfg.AuditBytes)/mean < state.Msgs { //nolint:gosec // Check: not negative
		r.All = false
		from = max(from, state.LastSeq-uint64(j.cfg.AuditBytes)/mean) //nolint:gosec // the same
	}
	t := &tail{j: j, stream: stream} // of the server alone: it is the disk that is looked at
	t.from.Store(from)
	defer t.stop()
	for due := from; due <= state.LastSeq; {
		m, seq, err := t.within(ctx)
		if err != nil && ctx.Err() == nil { // the end has vanished while it was read
			seq = state.LastSeq + 1
		} else if err != nil {
			return err
		}
		if seq > due {
			r.note(Hole{Stream: stream, From: due, To: seq - 1})
		}
		due = seq + 1
		if err == nil {
			r.check(stream, seq, m.Data)
		}
	}
	return nil
}

// within waits for the next message for long enough that a server which is merely slow, or has to be asked again, answers.
func (t *tail) within(ctx context.Context) (*nats.Msg, uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*requestWait)
	defer cancel()
	return t.next(ctx)
}

// note adds a hole, unless it is in one that is there.
func (r *Report) note(h Hole) {
	for _, o := range r.Holes {
		if o.Stream == h.Stream && o.From <= h.From && h.To <= o.To {
			return
		}
	}
	r.Holes = append(r.Holes, h)
}

// know marks the holes that an earlier start has reported.
func (r *Report) know(before []Hole) {
	for i := range r.Holes {
		h := r.Holes[i]
		h.Known = false // as it was written
		r.Holes[i].Known = slices.Contains(before, h)
	}
}

// check decodes one message.
func (r *Report) check(stream string, seq uint64, data []byte) {
	r.Messages++
	r.Bytes += uint64(len(data))
	var err error
	if stream == inputStream {
		_, err = record.DecodeInputs(data, nil)
	} else if n := len(data); n > 0 && (data[0] != '{' || data[n-1] != '\n') {
		err = errors.New("these are no lines of JSON")
	}
	if err != nil {
		r.Damaged = append(r.Damaged, Damage{Stream: stream, Seq: seq, Reason: err.Error()})
	}
}
