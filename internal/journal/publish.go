package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// requestWait is how long one answer of the server is waited for.
const requestWait = 5 * time.Second

// A first try to store waits for firstWait: the connection does not say which questions were lost when it broke. An fsync on a
// busy disk can take longer, so every try waits twice as long as the one before, up to mostWait.
const (
	firstWait = 2 * time.Second
	mostWait  = 16 * time.Second
)

// Back-off between two tries to store the same thing.
const (
	firstPause = 50 * time.Millisecond
	mostPause  = 2 * time.Second
)

// Codes of the server's errors (server/errors.json of nats-server v2.15.2).
const (
	codeStoreFailed    = 10077 // with the reason as its text: the cap, or the disk
	codeBatchDuplicate = 10201 // a batch with an id that is stored already
)

// Headers of an atomic batch (ADR-50 of nats-architecture-and-design): all its messages are stored, or none.
const (
	batchIDHeader     = "Nats-Batch-Id"
	batchSeqHeader    = "Nats-Batch-Sequence"
	batchCommitHeader = "Nats-Batch-Commit"
)

// errFull is the cap of a stream, or too little free disk.
var errFull = errors.New("no room")

// store writes messages to one stream as one, under an id of their own, and does not return before they are stored or ctx
// ends. After a try whose end is unknown it asks holds whether the first of them is there. It returns the last sequence, 0 if
// only holds knows.
func (j *Journal) store(
	ctx context.Context, h *health, messages []*nats.Msg, holds func(ctx context.Context, id string) (bool, error),
) (uint64, error) {
	for _, m := range messages {
		m.Header.Set(nats.MsgIdHdr, j.nextID())
	}
	id, pause, wait := messages[0].Header.Get(nats.MsgIdHdr), firstPause, firstWait
	near := j.recent[h.name]
	began := near.begin()
	for unknown := false; ; {
		err := j.room(h)
		var seq uint64
		if err == nil {
			seq, err = j.send(ctx, wait, messages)
		}
		if err == nil {
			h.well(j.log)
			near.stored(began, seq, messages)
			return seq, nil
		}
		unknown = unknown || !isRefusal(err)
		h.ill(j.log, err)
		j.meters.retried(h.name)
		if errors.Is(err, errFull) {
			j.wakeTrimmer()
		}
		if !sleep(ctx, pause) {
			near.stored(began, 0, nil)
			return 0, fmt.Errorf("store in %s: %w: %w", h.name, ctx.Err(), err)
		}
		pause, wait = min(2*pause, mostPause), min(2*wait, mostWait)
		if !unknown {
			continue
		}
		if there, err := holds(ctx, id); err == nil && there {
			h.well(j.log)
			near.stored(began, 0, nil)
			return 0, nil
		}
	}
}

// send tries once.
func (j *Journal) send(ctx context.Context, wait time.Duration, messages []*nats.Msg) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if n := len(messages); n > 1 {
		id := j.nextID()
		for i, m := range messages {
			m.Header.Set(batchIDHeader, id)
			m.Header.Set(batchSeqHeader, strconv.Itoa(i+1))
			if i == n-1 {
				m.Header.Set(batchCommitHeader, "1")
				break
			}
			if err := j.conn.PublishMsg(m); err != nil {
				return 0, err
			}
		}
	}
	answer, err := j.conn.RequestMsgWithContext(ctx, messages[len(messages)-1])
	if err != nil {
		return 0, err
	}
	return readAck(answer.Data)
}

// readAck reads the answer to a publish. That it is a duplicate is as good as stored: it is.
func readAck(data []byte) (uint64, error) {
	var ack struct {
		Seq   uint64              `json:"seq"`
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(data, &ack); err != nil {
		return 0, fmt.Errorf("the server's answer %q: %w", data, err)
	}
	switch e := ack.Error; {
	case e == nil:
		return ack.Seq, nil
	case e.ErrorCode == codeBatchDuplicate:
		return 0, nil
	case e.ErrorCode == codeStoreFailed && strings.Contains(e.Description, "maximum"):
		return 0, fmt.Errorf("%w: %w", errFull, e)
	default:
		return 0, e
	}
}

// isRefusal says that the server has certainly not stored what it was sent.
func isRefusal(err error) bool {
	var refused *jetstream.APIError
	return errors.As(err, &refused) || errors.Is(err, errFull)
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
