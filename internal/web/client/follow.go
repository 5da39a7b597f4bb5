package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cutline/internal/record"
)

// From says where a stream begins and what of it is wanted.
type From struct {
	After  uint64 // carry on after this id; 0: what exists, then every change
	Types  []record.Type
	Sector string
	Lost   func(error) // told once per outage, before the first attempt to connect again; may be nil
}

// Message of a stream.
type Message struct {
	ID       uint64 // to carry on after; 0 for an event that is not the last of its message
	Event    *record.Event
	Existing bool // it was so before the stream began
}

// The pause before another attempt doubles between these.
const (
	firstPause = 200 * time.Millisecond
	lastPause  = 5 * time.Second
)

// Follow calls fn for every event until ctx ends, fn returns an error, or the daemon refuses the request. When the connection
// breaks it connects again and carries on: nothing is missed, and of the message in which it broke, events may come again. A daemon
// that cannot be reached at the first attempt is an error at once.
func (c *Client) Follow(ctx context.Context, from From, fn func(Message) error) error {
	f := &follower{c: c, from: from, fn: fn}
	pause := firstPause
	for {
		began := f.events
		err := f.connect(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end was asked for
		}
		var own *fnError
		var refused *Error
		switch {
		case errors.As(err, &own):
			return own.err
		case errors.As(err, &refused) && refused.Code < http.StatusInternalServerError:
			return refused
		case !f.connected:
			return err
		}
		if f.events > began {
			pause, f.said = firstPause, false
		}
		if !f.said && from.Lost != nil {
			from.Lost(err)
		}
		f.said = true
		select {
		case <-time.After(pause):
			pause = min(2*pause, lastPause)
		case <-ctx.Done():
			return nil
		}
	}
}

// follower is one Follow.
type follower struct {
	c         *Client
	from      From
	fn        func(Message) error
	connected bool // at least once
	said      bool // of this outage
	events    int
}

type fnError struct{ err error }

func (e *fnError) Error() string { return e.err.Error() }

// connect reads one connection's events. It never returns nil.
func (f *follower) connect(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var types []string
	for _, t := range f.from.Types {
		types = append(types, string(t))
	}
	q := values("types", strings.Join(types, ","), "sector", f.from.Sector)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.c.base+"/api/v1/stream?"+q.Encode(), nil)
	if err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	if f.from.After > 0 {
		req.Header.Set("Last-Event-ID", strconv.FormatUint(f.from.After, 10))
	}
	resp, err := f.c.http.Do(req)
	if err != nil {
		return fmt.Errorf("follow: %w: is the daemon running, and does it listen there (http.listen)", err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	f.connected = true      // it is there, even if it says that it is not ready yet
	if resp.StatusCode != http.StatusOK {
		return problem(resp)
	}
	silence := time.AfterFunc(f.c.idle, cancel) // a link that is gone without a word brings no heartbeat either
	defer silence.Stop()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 64<<20)
	existing := false
	var m message
	for lines.Scan() {
		silence.Reset(f.c.idle)
		line := lines.Text()
		existing = existing || line == ": existing"
		if line != "" {
			m.take(line)
			continue
		}
		if err := f.message(m, &existing); err != nil {
			return err
		}
		m = message{}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	return errors.New("follow: the daemon ended the stream")
}

// message hands one on.
func (f *follower) message(m message, existing *bool) error {
	switch {
	case m.event == "live":
		*existing = false
	case m.data != "":
		e := new(record.Event)
		if err := json.Unmarshal([]byte(m.data), e); err != nil {
			return fmt.Errorf("follow: event %q: %w", m.event, err)
		}
		if err := f.fn(Message{ID: m.id, Event: e, Existing: *existing}); err != nil {
			return &fnError{err}
		}
		f.events++
	}
	if m.id > 0 {
		f.from.After = m.id
	}
	return nil
}

// message as it is on the wire.
type message struct {
	event, data string
	id          uint64
}

// take one line of it (HTML standard, section 9.2.6).
func (m *message) take(line string) {
	field, value, _ := strings.Cut(line, ":")
	value = strings.TrimPrefix(value, " ")
	switch field {
	case "event":
		m.event = value
	case "data":
		m.data += value
	case "id":
		m.id, _ = strconv.ParseUint(value, 10, 64)
	}
}
