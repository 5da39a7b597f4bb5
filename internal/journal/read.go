package journal

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cutline/internal/record"
)

// How a reader asks. Eight messages are at most some 2 MB of inputs, and enough that the next is there when one is done with. A
// request lapses after a time and is made again; a server that says nothing for twice the heartbeat has forgotten the reader,
// or is gone, and the reader begins anew behind what it got last. The library holds twice the prefetch: eight messages, and all
// heartbeats of one request, must fit in while the reader is busy elsewhere.
const (
	prefetch      = 8
	requestLapses = 10 * time.Second
	heartbeat     = 3 * time.Second
	forgottenIn   = 5 * time.Minute // a reader that does not ask for so long is forgotten by the server, and begins anew
)

// tail reads the messages of one stream under some subjects, in order and without gaps. It is used by one goroutine.
type tail struct {
	j        *Journal
	stream   string
	subjects []string
	from     uint64    // the next sequence wanted
	since    time.Time // instead of from, until the first message
	messages jetstream.MessagesContext
	got      atomic.Uint64          // messages that the server's consumer has delivered to next
	name     atomic.Pointer[string] // of the server's consumer; nil without
	trouble  bool                   // stated
}

// next waits for the next message. It returns an error only when ctx ends or the connection is closed.
func (t *tail) next(ctx context.Context) (jetstream.Msg, uint64, error) {
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		m, seq, err := t.try(ctx)
		if err == nil {
			if t.trouble {
				t.trouble = false
				t.j.log.Info("reading the journal again", "stream", t.stream)
			}
			return m, seq, nil
		}
		if ctx.Err() != nil {
			return nil, 0, fmt.Errorf("read %s: %w", t.stream, ctx.Err())
		}
		t.stop()
		if t.j.conn.IsClosed() {
			return nil, 0, fmt.Errorf("read %s: %w", t.stream, nats.ErrConnectionClosed)
		}
		if !t.trouble && pause > firstPause { // once is routine: a reader that was idle for long has been forgotten
			t.trouble = true
			t.j.log.Warn("reading the journal is interrupted, trying again", "stream", t.stream, "error", err)
		}
		if !sleep(ctx, pause) {
			return nil, 0, fmt.Errorf("read %s: %w", t.stream, ctx.Err())
		}
	}
}

func (t *tail) try(ctx context.Context) (jetstream.Msg, uint64, error) {
	if t.messages == nil {
		if err := t.start(ctx); err != nil {
			return nil, 0, err
		}
	}
	m, err := t.messages.Next(jetstream.NextContext(ctx))
	if err != nil {
		return nil, 0, err
	}
	meta, err := m.Metadata()
	if err != nil {
		return nil, 0, err
	}
	if due := t.got.Add(1); meta.Sequence.Consumer != due { // something was lost on the way: begin anew behind what came before
		return nil, 0, fmt.Errorf("message %d came where %d was due", meta.Sequence.Consumer, due)
	}
	t.from, t.since = meta.Sequence.Stream+1, time.Time{}
	return m, meta.Sequence.Stream, nil
}

// start makes a consumer on the server that lives no longer than this reader and remembers nothing: position is kept here.
func (t *tail) start(ctx context.Context) error {
	cfg := jetstream.ConsumerConfig{
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: forgottenIn,
		FilterSubjects: t.subjects, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(t.from, 1),
	}
	if !t.since.IsZero() {
		cfg.DeliverPolicy, cfg.OptStartSeq, cfg.OptStartTime = jetstream.DeliverByStartTimePolicy, 0, &t.since
	}
	wait, cancel := context.WithTimeout(ctx, requestWait)
	defer cancel()
	c, err := t.j.js.CreateConsumer(wait, t.stream, cfg)
	if err != nil {
		return err
	}
	m, err := c.Messages(jetstream.PullMaxMessages(prefetch), jetstream.PullExpiry(requestLapses),
		jetstream.PullHeartbeat(heartbeat), jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return err
	}
	t.messages = m
	t.got.Store(0)
	t.name.Store(&c.CachedInfo().Name)
	return nil
}

// stop forgets the server's consumer. The next call of next makes another one.
func (t *tail) stop() {
	if t.messages == nil {
		return
	}
	t.messages.Stop()
	name := *t.name.Swap(nil)
	t.messages = nil
	if t.j.conn.IsConnected() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = t.j.js.DeleteConsumer(ctx, t.stream, name) // tidiness: it would be forgotten in five minutes
	}
}

// InputBatch is one message of INPUT.
type InputBatch struct {
	Seq    uint64 // of INPUT
	Sector string
	Inputs []record.Input // the caller's own; Input.Raw aliases the message
}

// InputReader reads what one sector is made of. It is used by one goroutine.
type InputReader struct{ tail *tail }

// ReadInput reads the inputs of a sector from a sequence of INPUT on. From then on nothing behind the sector's snapshot is
// removed.
func (j *Journal) ReadInput(ctx context.Context, sector string, from uint64) (*InputReader, error) {
	if err := checkToken("read input: sector", sector); err != nil {
		return nil, err
	}
	if err := j.needSector(ctx, sector); err != nil {
		return nil, fmt.Errorf("read input of %s: %w", sector, err)
	}
	s, err := j.js.Stream(ctx, inputStream)
	if err != nil {
		return nil, fmt.Errorf("read input of %s: %w", sector, err)
	}
	if first := s.CachedInfo().State.FirstSeq; from > 1 && first > from {
		j.log.Warn("input that a sector still needed is gone", "sector", sector, "from", from, "first", first)
	}
	return &InputReader{&tail{j: j, stream: inputStream, subjects: []string{"in." + sector + ".>"}, from: from}}, nil
}

// Next waits for the next batch. It returns an error when ctx ends or the connection is closed.
func (r *InputReader) Next(ctx context.Context) (InputBatch, error) {
	m, seq, err := r.tail.next(ctx)
	if err != nil {
		return InputBatch{}, err
	}
	return r.tail.j.inputBatch(m, seq), nil
}

// Close forgets the reader.
func (r *InputReader) Close() { r.tail.stop() }

// inputBatch decodes a message. What is damaged is stated and counted; what can be read of it goes on, since to stop at it for
// ever would lose all that comes after.
func (j *Journal) inputBatch(m jetstream.Msg, seq uint64) InputBatch {
	inputs, err := record.DecodeInputs(m.Data(), make([]record.Input, 0, len(m.Data())/512+1))
	if err != nil {
		j.damaged(inputStream, seq, err)
	}
	return InputBatch{Seq: seq, Sector: token(m.Subject(), 1), Inputs: inputs}
}

func (j *Journal) damaged(stream string, seq uint64, err error) {
	j.log.Error("a message of the journal is damaged", "stream", stream, "sequence", seq, "error", err)
	j.meters.damaged(stream)
}

// token is the nth word of a subject, counted from 0.
func token(subject string, n int) string {
	for range n {
		i := indexDot(subject)
		if i == len(subject) {
			return ""
		}
		subject = subject[i+1:]
	}
	return subject[:indexDot(subject)]
}

func indexDot(s string) int {
	for i := range len(s) {
		if s[i] == '.' {
			return i
		}
	}
	return len(s)
}
