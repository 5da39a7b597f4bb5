package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cutline/internal/detection"
	"cutline/internal/record"
)

// commitMost is how many entries one commit takes at most: above, a commit's latency grows and its cost per entry no longer falls.
const commitMost = 256

// messageMost is about how many bytes of inputs go into one INPUT message. It bounds what a reader holds of its prefetch.
const messageMost = 256 << 10

// lastCommits bounds the time that the last commits may take once Run is to end.
const lastCommits = 5 * time.Second

// Entry is one input on its way into the journal.
type Entry struct {
	Sector string
	Input  record.Input // its slices belong to the journal until Done
	Done   func()       // called once it is stored, in the order of Put; may be nil; must not block
}

// Put hands e to the committer. It blocks while the committer is behind, the cap is reached or the server away, and returns an
// error only if the sector is no token, ctx ends, or Run is over: then e is not stored and Done not called.
func (j *Journal) Put(ctx context.Context, e Entry) error {
	if err := checkToken("put input: sector", e.Sector); err != nil {
		return err
	}
	j.putting.RLock()
	defer j.putting.RUnlock()
	select {
	case <-j.stopping:
		return ErrClosed
	default:
	}
	select {
	case j.queue <- e:
		return nil
	default:
	}
	defer j.meters.blockedSince(time.Now())
	select {
	case j.queue <- e:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("put input: %w", ctx.Err())
	case <-j.stopping:
		return ErrClosed
	}
}

// Run commits and trims until ctx ends. Then it commits what was Put, and returns; entries that could not be committed even then
// make an error, and their Done is not called. It is called once.
func (j *Journal) Run(ctx context.Context) error {
	tasks, stopTasks := context.WithCancel(context.WithoutCancel(ctx))
	var group sync.WaitGroup
	group.Go(func() { j.keep(tasks) })
	err := j.commitAll(ctx)
	stopTasks()
	group.Wait()
	return err
}

// commitAll is the committer. The commits that were under way when ctx ended, and all that is queued, get some more seconds.
func (j *Journal) commitAll(ctx context.Context) error {
	last, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(lastCommits, cancel) })
	defer stop()
	c := committer{journal: j}
	for ctx.Err() == nil {
		select {
		case e := <-j.queue:
			c.gather(ctx, e)
			if err := c.commit(last); err != nil {
				j.close()
				return err
			}
		case <-ctx.Done():
		}
	}
	j.close()
	for {
		select {
		case e := <-j.queue:
			c.gather(ctx, e) // ctx has ended: it takes what is there
			if err := c.commit(last); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// close makes Put refuse. When it returns no Put is on its way into the queue.
func (j *Journal) close() {
	j.stopOnce.Do(func() { close(j.stopping) })
	j.putting.Lock()
	defer j.putting.Unlock()
}

// committer is the state of the one goroutine that writes INPUT. Its buffers serve every commit.
type committer struct {
	journal *Journal
	batch   []Entry
	groups  []group
	open    map[string]int // by sector: the group that its next input may join
	free    [][]record.Input
	buffer  []byte
	timer   *time.Timer
}

// group is what becomes one message.
type group struct {
	sector string
	kind   record.Kind
	inputs []record.Input
	size   int
}

// gather fills the batch, for at most commit_wait after first.
func (c *committer) gather(ctx context.Context, first Entry) {
	j := c.journal
	c.batch = append(c.batch[:0], first)
	if c.timer == nil {
		c.timer = time.NewTimer(j.cfg.CommitWait)
	} else {
		c.timer.Reset(j.cfg.CommitWait)
	}
	defer c.timer.Stop()
	for len(c.batch) < commitMost {
		select {
		case e := <-j.queue: // the common case under load, without the cost of watching three things
			c.batch = append(c.batch, e)
			continue
		default:
		}
		if ctx.Err() != nil {
			return
		}
		select {
		case e := <-j.queue:
			c.batch = append(c.batch, e)
		case <-c.timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// commit stores the batch and calls what waits for it.
func (c *committer) commit(ctx context.Context) error {
	j, start := c.journal, time.Now()
	c.arrange()
	if err := j.storeInput(ctx, c.encode()); err != nil {
		return fmt.Errorf("commit %d inputs: %w", len(c.batch), err)
	}
	j.meters.committed(len(c.batch), time.Since(start)) // before Done, so that who knows of a stored entry finds it counted
	for i := range c.batch {
		if done := c.batch[i].Done; done != nil {
			done()
		}
	}
	clear(c.batch) // payloads and callbacks are free now, not at the next commit
	return nil
}

// arrange sorts the batch into groups of one sector and kind each. The inputs of a sector keep their order: when its kind
// changes, its next group begins. Sectors do not mind each other, so their turns do not cut groups short.
func (c *committer) arrange() {
	for _, g := range c.groups {
		clear(g.inputs)
		c.free = append(c.free, g.inputs[:0])
	}
	c.groups = c.groups[:0]
	if c.open == nil {
		c.open = map[string]int{}
	}
	clear(c.open)
	for i := range c.batch {
		sector, in := c.batch[i].Sector, c.fit(&c.batch[i].Input)
		size := weigh(&in)
		at, ok := c.open[sector]
		if !ok || c.groups[at].kind != in.Kind || c.groups[at].size+size > messageMost {
			at = len(c.groups)
			c.open[sector] = at
			c.groups = append(c.groups, group{sector: sector, kind: in.Kind, inputs: c.take()})
		}
		c.groups[at].inputs = append(c.groups[at].inputs, in)
		c.groups[at].size += size
	}
}

func (c *committer) take() []record.Input {
	if n := len(c.free); n > 0 {
		list := c.free[n-1]
		c.free = c.free[:n-1]
		return list
	}
	return make([]record.Input, 0, 16)
}

// fit is the input as it is stored: without its payload where that is not kept, and as a reject if it is beyond what the server
// takes. To refuse it in Put would make the broker send it again and again.
func (c *committer) fit(in *record.Input) record.Input {
	out := *in
	if !c.journal.cfg.KeepRaw && in.Kind == record.Message && len(in.Rejects) == 0 {
		out.Raw = nil // a reject's payload stays: it is the evidence
	}
	most := int(c.journal.conn.MaxPayload()) - headerRoom
	if size := weigh(&out); size > most {
		out.Kind, out.Scans, out.Status = record.Rejected, nil, nil
		out.Raw = in.Raw[:min(len(in.Raw), most/4)]
		out.Rejects = []record.Reject{{Reason: fmt.Sprintf("message of %d bytes is beyond the journal's %d: send smaller ones", size, most)}}
	}
	return out
}

// headerRoom is what a message needs beside its data.
const headerRoom = 4 << 10

// weigh is an upper bound of an input's stored size (record's codec: numbers take eight bytes, all else what it is and two).
func weigh(in *record.Input) int {
	size := 256 + len(in.Raw) + len(in.Sensor) + len(in.Topic)
	for i := range in.Scans {
		s := &in.Scans[i]
		size += 112 + len(s.Sensor)
		for k := range s.Detections {
			size += weighDetection(&s.Detections[k])
		}
	}
	for _, r := range in.Rejects {
		size += 8 + len(r.Path) + len(r.Reason)
	}
	if in.Status != nil {
		for _, f := range in.Status.Faults {
			size += 4 + len(f)
		}
	}
	if c := in.Command; c != nil {
		size += len(c.Name) + len(c.Alert) + len(c.By) + len(c.Comment) + len(c.ID) +
			len(c.Track) + len(c.Other) + len(c.Owner) + len(c.Verdict)
	}
	return size
}

func weighDetection(d *detection.Detection) int {
	size := 256 + len(d.ID) + len(d.Track)
	for _, m := range d.Media {
		size += 4 + len(m)
	}
	return size
}

// encode makes the messages. They share one buffer, which nothing keeps after the commit: publishing copies.
func (c *committer) encode() []*nats.Msg {
	c.buffer = c.buffer[:0]
	ends := make([]int, len(c.groups))
	for i := range c.groups {
		c.buffer = record.AppendInputs(c.buffer, c.groups[i].inputs)
		ends[i] = len(c.buffer)
	}
	messages, from := make([]*nats.Msg, len(c.groups)), 0
	for i, g := range c.groups {
		m := nats.NewMsg("in." + g.sector + "." + g.kind.String())
		m.Data = c.buffer[from:ends[i]:ends[i]]
		messages[i], from = m, ends[i]
	}
	return messages
}

// oneByOne is how many messages are stored one after the other, at an fsync each. For more an atomic batch is cheaper: one
// fsync, and 2.5 ms of processor for the store that the server stages it in.
const oneByOne = 8

// storeInput writes the messages of one commit, in order.
func (j *Journal) storeInput(ctx context.Context, messages []*nats.Msg) error {
	step := 1
	if len(messages) > oneByOne {
		step = len(messages)
	}
	for part := range slices.Chunk(messages, step) {
		seq, err := j.store(ctx, &j.input, part, j.inputHolds)
		if err != nil {
			return err
		}
		j.mu.Lock()
		j.lastInput = max(j.lastInput, seq)
		j.mu.Unlock()
	}
	return nil
}

// inputHolds looks for a message by its id among those that came after the last one that is known to be stored. The server does
// so by itself, but for two minutes only.
func (j *Journal) inputHolds(ctx context.Context, id string) (bool, error) {
	s, err := j.js.Stream(ctx, inputStream)
	if err != nil {
		return false, err
	}
	j.mu.Lock()
	from := j.lastInput + 1
	j.mu.Unlock()
	for seq := max(from, s.CachedInfo().State.FirstSeq); seq <= s.CachedInfo().State.LastSeq; seq++ {
		m, err := s.GetMsg(ctx, seq)
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
		case err != nil:
			return false, err
		case m.Header.Get(nats.MsgIdHdr) == id:
			return true, nil
		}
	}
	return false, nil
}
