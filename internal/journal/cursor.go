package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cutline/internal/record"
)

// A mark says how far somebody who must not miss anything has come. Marks are the last messages of the subjects
// cur.<stream>.<name> of durable cursors and cur.sector.<sector> of snapshots.
type mark struct {
	Input   uint64 `json:"input,omitempty"`   // INPUT is done with up to here
	Picture uint64 `json:"picture,omitempty"` // PICTURE is done with up to here
}

func markSubject(what, name string) string { return "cur." + what + "." + name }

// sectorMark is the mark of a sector's snapshot: its input is read up to Input, and PICTURE up to Picture holds only what inputs
// up to there caused.
func sectorMark(sector string) string { return markSubject("sector", sector) }

// loadMark is the mark under a subject; false if there is none.
func (j *Journal) loadMark(ctx context.Context, subject string) (mark, bool, error) {
	var m mark
	s, err := j.js.Stream(ctx, cursorStream)
	if err != nil {
		return m, false, err
	}
	raw, err := s.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return m, false, nil
	}
	if err != nil {
		return m, false, err
	}
	if err = json.Unmarshal(raw.Data, &m); err != nil {
		return m, false, fmt.Errorf("mark %s: %w", subject, err)
	}
	return m, true, nil
}

// saveMark returns once the mark is stored, or ctx ends. A mark that is stored twice is the same mark.
func (j *Journal) saveMark(ctx context.Context, subject string, m mark) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	msg := nats.NewMsg(subject)
	msg.Data = data
	_, err = j.store(ctx, &j.state, []*nats.Msg{msg}, func(context.Context, string) (bool, error) { return false, nil })
	return err
}

// needSector sees to it that a sector has a mark: what has none does not keep its input from being removed.
func (j *Journal) needSector(ctx context.Context, sector string) error {
	if j.cfg.ReadOnly {
		return nil
	}
	_, ok, err := j.loadMark(ctx, sectorMark(sector))
	if err != nil || ok {
		return err
	}
	return j.saveMark(ctx, sectorMark(sector), mark{})
}

// Retain forgets the cursors and the sectors that are not named: those of an earlier configuration, which else keep everything
// from being removed for ever. It returns the names of what it forgot.
func (j *Journal) Retain(ctx context.Context, sectors, cursors []string) (forgotten []string, err error) {
	subjects, err := j.marks(ctx)
	if err != nil {
		return nil, fmt.Errorf("retain cursors: %w", err)
	}
	s, err := j.js.Stream(ctx, cursorStream)
	if err != nil {
		return nil, fmt.Errorf("retain cursors: %w", err)
	}
	for _, subject := range subjects {
		names := cursors
		if token(subject, 1) == "sector" {
			names = sectors
		}
		if name := token(subject, 2); !slices.Contains(names, name) {
			if err = s.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
				return forgotten, fmt.Errorf("retain cursors: forget %s: %w", name, err)
			}
			forgotten = append(forgotten, name)
		}
	}
	return forgotten, nil
}

// marks lists the subjects of all marks, sorted.
func (j *Journal) marks(ctx context.Context) ([]string, error) {
	s, err := j.js.Stream(ctx, cursorStream)
	if err != nil {
		return nil, err
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter("cur.>"))
	if err != nil {
		return nil, err
	}
	var subjects []string
	for subject := range info.State.Subjects {
		subjects = append(subjects, subject)
	}
	slices.Sort(subjects)
	return subjects, nil
}

// cursor is the common part of the two kinds of durable cursors. One goroutine reads, another may acknowledge.
type cursor struct {
	tail    *tail
	name    string
	subject string // of its mark

	mu    sync.Mutex
	acked uint64
	given []uint64 // handed out and not acknowledged, in order
	last  uint64   // of given, kept when it is acknowledged
	lag   uint64   // at the last refresh
}

func (j *Journal) openCursor(ctx context.Context, stream, name string, subjects []string) (*cursor, error) {
	if err := checkToken("cursor", name); err != nil {
		return nil, err
	}
	c := &cursor{name: name, subject: markSubject(markWord(stream), name)}
	m, ok, err := j.loadMark(ctx, c.subject)
	if err == nil && !ok { // a new one: what the stream holds now is kept for it from here on
		err = j.saveMark(ctx, c.subject, m)
	}
	if err != nil {
		return nil, fmt.Errorf("cursor %s: %w", name, err)
	}
	c.acked = max(m.Input, m.Picture)
	c.tail = j.newTail(stream, subjects, c.acked+1, time.Time{})
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.cursors[c.subject] != nil {
		return nil, fmt.Errorf("cursor %s: is open already", name)
	}
	j.cursors[c.subject] = c
	return c, nil
}

func (c *cursor) next(ctx context.Context) (*nats.Msg, uint64, error) {
	m, seq, err := c.tail.next(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("cursor %s: %w", c.name, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.given, c.last = append(c.given, seq), seq
	return m, seq, nil
}

func (c *cursor) ack(ctx context.Context, seq uint64) error {
	c.mu.Lock()
	old := seq <= c.acked
	c.mu.Unlock()
	if old {
		return nil
	}
	m := mark{Input: seq}
	if c.tail.stream == pictureStream {
		m = mark{Picture: seq}
	}
	if err := c.tail.j.saveMark(ctx, c.subject, m); err != nil {
		return fmt.Errorf("cursor %s: ack %d: %w", c.name, seq, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.acked = max(c.acked, seq)
	n := 0
	for n < len(c.given) && c.given[n] <= seq {
		n++
	}
	c.given = slices.Delete(c.given, 0, n)
	return nil
}

func (c *cursor) close() {
	j := c.tail.j
	j.mu.Lock()
	if j.cursors[c.subject] == c {
		delete(j.cursors, c.subject)
	}
	j.mu.Unlock()
	c.tail.stop()
}

// place is how far the cursor has come, and how many messages it still has before it. last must be the stream's last sequence
// from before the call: a cursor that was given and acknowledged all that is meant for it has come as far as that, however long
// ago the last such message was.
func (c *cursor) place(ctx context.Context, last uint64) (passed, lag uint64) {
	t := c.tail
	atEnd, from, got, name := t.atEnd.Load(), t.from.Load(), t.got.Load(), t.name.Load()
	handed := t.handed.Load() // after from and got
	c.mu.Lock()
	acked, given, between := c.acked, uint64(len(c.given)), handed > c.last
	c.mu.Unlock()
	switch {
	case atEnd:
		lag, last = given+t.recent.count(from, t.subjects), min(last, from-1)
	case name == nil:
		return acked, last - min(acked, last)
	default:
		ahead, err := t.ahead(ctx, *name, got)
		if err != nil { // the server has forgotten it, or is away
			return acked, last - min(acked, last)
		}
		lag = given + ahead
	}
	if between { // a message is on its way from the tail to the caller, and in neither count
		lag++
	}
	if lag > 0 {
		return acked, lag
	}
	return max(acked, last), 0
}

// ahead is how many messages the server has for a reader that has taken got of them.
func (t *tail) ahead(ctx context.Context, name string, got uint64) (uint64, error) {
	consumer, err := t.j.js.Consumer(ctx, t.stream, name)
	if err != nil {
		return 0, err
	}
	info := consumer.CachedInfo()
	return info.NumPending + info.Delivered.Consumer - min(got, info.Delivered.Consumer), nil
}

// InputCursor reads INPUT for somebody who must not miss anything.
type InputCursor struct{ cursor *cursor }

// InputCursor opens the durable cursor of a name on the given kinds of inputs of all sectors; on all kinds if none is given. A
// new one begins with the oldest input there is.
func (j *Journal) InputCursor(ctx context.Context, name string, kinds ...record.Kind) (*InputCursor, error) {
	subjects := []string{"in.>"}
	if len(kinds) > 0 {
		subjects = nil
		for _, k := range kinds {
			subjects = append(subjects, "in.*."+k.String())
		}
	}
	c, err := j.openCursor(ctx, inputStream, name, subjects)
	if err != nil {
		return nil, err
	}
	return &InputCursor{c}, nil
}

// Next waits for the batch after the last one it returned; the first is the one after the last acknowledged.
func (c *InputCursor) Next(ctx context.Context) (InputBatch, error) {
	m, seq, err := c.cursor.next(ctx)
	if err != nil {
		return InputBatch{}, err
	}
	return c.cursor.tail.j.inputBatch(m, seq), nil
}

// Ack says that all batches up to seq are done with. It returns once that is stored, or when ctx ends.
func (c *InputCursor) Ack(ctx context.Context, seq uint64) error { return c.cursor.ack(ctx, seq) }

// Close forgets the reader; the cursor keeps its place.
func (c *InputCursor) Close() { c.cursor.close() }

// PictureCursor reads PICTURE for somebody who must not miss anything.
type PictureCursor struct{ cursor *cursor }

// PictureCursor opens the durable cursor of a name on the given types of events of all sectors; on all types if none is given.
// A new one begins with the oldest event there is.
func (j *Journal) PictureCursor(ctx context.Context, name string, types ...record.Type) (*PictureCursor, error) {
	c, err := j.openCursor(ctx, pictureStream, name, pictureSubjects("*", types))
	if err != nil {
		return nil, err
	}
	return &PictureCursor{c}, nil
}

// Next waits for the page after the last one it returned; the first is the one after the last acknowledged.
func (c *PictureCursor) Next(ctx context.Context) (Page, error) {
	m, seq, err := c.cursor.next(ctx)
	if err != nil {
		return Page{}, err
	}
	return c.cursor.tail.j.page(m, seq, c.cursor.tail.j.shared.events), nil
}

// Ack says that all pages up to seq are done with. It returns once that is stored, or when ctx ends.
func (c *PictureCursor) Ack(ctx context.Context, seq uint64) error { return c.cursor.ack(ctx, seq) }

// Place is the page up to which all is acknowledged; 0 for a cursor that never acknowledged anything.
func (c *PictureCursor) Place() uint64 {
	c.cursor.mu.Lock()
	defer c.cursor.mu.Unlock()
	return c.cursor.acked
}

// Close forgets the reader; the cursor keeps its place.
func (c *PictureCursor) Close() { c.cursor.close() }

// markWord is a stream's word in the subjects of its cursors' marks.
func markWord(stream string) string { return strings.ToLower(stream) }
