package journal

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cutline/internal/record"
)

// How a reader asks. Eight messages are at most some 2 MB of inputs, which take ten times as long to step or to write as to ask
// for. A request lapses after a time and is made again; a server that says nothing for twice the heartbeat has forgotten the
// reader, or is gone, and the reader begins anew behind what it got last.
const (
	prefetch      = 8
	requestLapses = 30 * time.Second
	heartbeat     = 2 * time.Second
	forgottenIn   = 5 * time.Minute // a reader that does not ask for so long is forgotten by the server, and begins anew
)

// ask is the request for the next messages (ADR-13 of nats-architecture-and-design).
var ask = fmt.Appendf(nil, //nolint:gochecknoglobals // a fixed text
	`{"batch":%d,"expires":%d,"idle_heartbeat":%d}`, prefetch, requestLapses, heartbeat)

// tail reads the messages of one stream under some subjects, in order and without gaps. It is used by one goroutine.
//
// It asks by itself, one request after the other: the library's iterator overlaps requests and counts what they owe, in a
// channel that has no room for the server's notes between the messages, and then stands still until it misses a heartbeat.
type tail struct {
	j        *Journal
	stream   string
	subjects []string
	recent   *recent       // what is kept of the stream's end; nil reads the server only
	from     atomic.Uint64 // the next sequence wanted
	atEnd    atomic.Bool   // it reads recent: all before from was handed out, or was not meant for it
	handed   atomic.Uint64 // the last sequence handed out; set before from and got say so
	since    time.Time     // instead of from, until the first message
	inbox    *nats.Subscription
	owed     int                    // messages that the request under way may still bring
	got      atomic.Uint64          // messages that the server's consumer has delivered to next
	name     atomic.Pointer[string] // of the server's consumer; nil without
	trouble  bool                   // stated
}

// newTail reads a stream as it grows. It begins at a sequence, or at a time if that is not zero.
func (j *Journal) newTail(stream string, subjects []string, from uint64, since time.Time) *tail {
	t := &tail{j: j, stream: stream, subjects: subjects, recent: j.recent[stream], since: since}
	t.from.Store(max(from, 1))
	return t
}

// next waits for the next message. It returns an error only when ctx ends or the connection is closed.
func (t *tail) next(ctx context.Context) (*nats.Msg, uint64, error) {
	m, seq, near, err := t.nearby(ctx)
	if near || err != nil {
		return m, seq, err
	}
	return t.far(ctx)
}

// nearby reads from what is kept in memory, and waits there at the end of the stream. False: it has to be read from the server.
func (t *tail) nearby(ctx context.Context) (*nats.Msg, uint64, bool, error) {
	for t.since.IsZero() {
		from := t.from.Load()
		m, news := t.recent.at(from)
		if m == nil && news == nil {
			break
		}
		t.stop()
		t.atEnd.Store(true)
		if m == nil {
			select {
			case <-news:
			case <-ctx.Done():
				return nil, 0, false, fmt.Errorf("read %s: %w", t.stream, ctx.Err())
			}
			if t.j.conn.IsClosed() {
				return nil, 0, false, fmt.Errorf("read %s: %w", t.stream, nats.ErrConnectionClosed)
			}
			continue
		}
		wanted := matches(t.subjects, m.Subject)
		if wanted {
			t.handed.Store(from)
		}
		t.from.Store(from + 1)
		if wanted {
			return m, from, true, nil
		}
	}
	t.atEnd.Store(false)
	return nil, 0, false, nil
}

// far reads from the server, and tries again for as long as it takes.
func (t *tail) far(ctx context.Context) (*nats.Msg, uint64, error) {
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

func (t *tail) try(ctx context.Context) (*nats.Msg, uint64, error) {
	if t.inbox == nil {
		if err := t.start(ctx); err != nil {
			return nil, 0, err
		}
	}
	for {
		if t.owed == 0 {
			if err := t.j.conn.PublishRequest("$JS.API.CONSUMER.MSG.NEXT."+t.stream+"."+*t.name.Load(), t.inbox.Subject, ask); err != nil {
				return nil, 0, err
			}
			t.owed = prefetch
		}
		m, err := t.wait(ctx)
		if err != nil {
			return nil, 0, err
		}
		switch status := m.Header.Get("Status"); {
		case status == "100": // a heartbeat
		case status == "408": // the request has lapsed
			t.owed = 0
		case status != "" && len(m.Data) == 0:
			return nil, 0, fmt.Errorf("the server says %s %s", status, m.Header.Get("Description"))
		default:
			seq, err := t.take(m)
			return m, seq, err
		}
	}
}

// wait is for whatever the server sends next.
func (t *tail) wait(ctx context.Context) (*nats.Msg, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 2*heartbeat, errSilent)
	defer cancel()
	m, err := t.inbox.NextMsgWithContext(ctx)
	if err != nil && context.Cause(ctx) != nil {
		return nil, context.Cause(ctx)
	}
	return m, err
}

var errSilent = errors.New("the server has been silent for too long")

// take moves on behind a message. What was lost on the way shows in the consumer's own count.
func (t *tail) take(m *nats.Msg) (uint64, error) {
	meta, err := m.Metadata()
	if err != nil {
		return 0, err
	}
	t.owed--
	t.handed.Store(meta.Sequence.Stream)
	if due := t.got.Add(1); meta.Sequence.Consumer != due {
		return 0, fmt.Errorf("message %d came where %d was due", meta.Sequence.Consumer, due)
	}
	t.from.Store(meta.Sequence.Stream + 1)
	t.since = time.Time{}
	return meta.Sequence.Stream, nil
}

// start makes a consumer on the server that lives no longer than this reader and remembers nothing: position is kept here.
func (t *tail) start(ctx context.Context) error {
	cfg := jetstream.ConsumerConfig{
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: forgottenIn,
		FilterSubjects: t.subjects, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: t.from.Load(),
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
	inbox, err := t.j.conn.SubscribeSync(t.j.conn.NewInbox())
	if err != nil {
		return err
	}
	if err = inbox.SetPendingLimits(-1, -1); err != nil { // what is asked for is the limit
		return errors.Join(err, inbox.Unsubscribe())
	}
	t.inbox, t.owed = inbox, 0
	t.got.Store(0)
	t.name.Store(&c.CachedInfo().Name)
	return nil
}

// stop forgets the server's consumer. The next call of next makes another one.
func (t *tail) stop() {
	if t.inbox == nil {
		return
	}
	_ = t.inbox.Unsubscribe() // fails on a closed connection, with which it is gone as well
	name := *t.name.Swap(nil)
	t.inbox = nil
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
func (j *Journal) ReadInput(ctx context.Context, sector string, from uint64, beside ...string) (*InputReader, error) {
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
	subjects := []string{"in." + sector + ".>"}
	for _, other := range beside {
		subjects = append(subjects, "in."+other+"."+record.Message.String())
	}
	return &InputReader{j.newTail(inputStream, subjects, from, time.Time{})}, nil
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
func (j *Journal) inputBatch(m *nats.Msg, seq uint64) InputBatch {
	inputs, err := record.DecodeInputs(m.Data, make([]record.Input, 0, len(m.Data)/512+1))
	if err != nil {
		j.damaged(inputStream, seq, err)
	}
	return InputBatch{Seq: seq, Sector: token(m.Subject, 1), Inputs: inputs}
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
