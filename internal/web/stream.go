package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"time"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// stream sends server-sent events (HTML standard, section 9.2): a comment "existing", what exists, a message "live", then every
// change. With a last event id it carries on after it from the journal instead.
//
// One PICTURE message can hold several events, and its sequence is the id of the last of them alone: who is cut off between two of
// them gets the whole message again, never a part. The client's own pace is that of its journal reader, so a slow one holds
// nothing in memory; one that takes nothing within the write timeout is cut off and can resume.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	f, after, resume, err := wanted(r)
	if err != nil {
		refuse(w, err)
		return
	}
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream")
		return
	}
	if s.streams.Add(1) > int64(s.cfg.MaxStreams) {
		s.streams.Add(-1)
		w.Header().Set("Retry-After", "10")
		fail(w, http.StatusServiceUnavailable, "there are %d streams, as many as http.max_streams allows", s.cfg.MaxStreams)
		return
	}
	defer s.streams.Add(-1)
	if resume {
		resume, err = s.continues(r.Context(), after)
	}
	var now Picture
	if !resume {
		now = s.picture.now()
		after = now.Seq
	}
	f.From = after + 1
	var changes reader
	if err == nil {
		changes, err = s.src.Follow(r.Context(), f)
	}
	if err != nil {
		fail(w, http.StatusServiceUnavailable, "the journal cannot be read now: %v", err)
		return
	}
	defer changes.Close()

	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	out := &sse{w: w, rc: http.NewResponseController(w), timeout: s.cfg.WriteTimeout}
	_ = out.rc.SetReadDeadline(time.Time{}) // the server's own would end the stream: it is for requests that come slowly
	out.buf = append(out.buf, "retry: 1000\n\n"...)
	if !resume {
		err = out.existing(now, f)
	}
	if err == nil {
		err = s.changes(r.Context(), out, changes)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) { // the request's context cannot tell: a failed write ends it too
		s.metrics.cut.Inc()
	}
	s.log.Debug("a stream ended", "remote", r.RemoteAddr, "error", err)
}

// changes sends the pages as they come, until the client, the journal or the server ends.
func (s *Server) changes(ctx context.Context, out *sse, changes reader) error {
	if err := out.flush(); err != nil {
		return err
	}
	for {
		page, err := next(ctx, changes, s.cfg.Heartbeat)
		switch {
		case errors.Is(err, errQuiet):
			out.buf = append(out.buf, ": heartbeat\n\n"...)
		case err != nil:
			return err
		default:
			out.page(page)
		}
		if err := out.flush(); err != nil {
			return err
		}
	}
}

// wanted reads which events a client wants, and after which one it carries on.
func wanted(r *http.Request) (f journal.Follow, after uint64, resume bool, err error) {
	q, err := parameters(r, "types", "sector", "last_event_id")
	if err != nil {
		return f, 0, false, err
	}
	if f.Types, err = typesOf(q, "types"); err != nil {
		return f, 0, false, err
	}
	f.Sector = q.Get("sector")
	last := r.Header.Get("Last-Event-ID") // a browser's reconnect: it is newer than the address that the page first asked for
	if last == "" {
		last = q.Get("last_event_id")
	}
	if last == "" {
		return f, 0, false, nil
	}
	if after, err = strconv.ParseUint(last, 10, 63); err != nil {
		return f, 0, false, wrong("last_event_id", "%q is no sequence: give the id of a message of this stream", last)
	}
	return f, after, true, nil
}

// typesOf reads the names of events' types.
func typesOf(q url.Values, name string) (types []record.Type, err error) {
	for _, word := range words(q, name) {
		if !slices.Contains(record.Types(), record.Type(word)) {
			return nil, wrong(name, "there is no %q: there are %s", word, list(record.Types()))
		}
		types = append(types, record.Type(word))
	}
	return types, nil
}

// continues says whether the journal can carry on after a sequence. What followed it may have been removed, and one beyond the
// journal's end belongs to another journal: such a client is told what exists, as a new one is.
func (s *Server) continues(ctx context.Context, after uint64) (bool, error) {
	first, last, err := s.src.Span(ctx)
	if err != nil {
		return false, fmt.Errorf("ask for the head of picture: %w", err)
	}
	return first <= after+1 && after <= last, nil
}

// sse writes the wire format. What it gathers in buf goes out at flush.
type sse struct {
	w       http.ResponseWriter
	rc      *http.ResponseController
	timeout time.Duration
	buf     []byte
}

// existing is the current picture, without ids: only the message at its end makes it something to resume from.
func (o *sse) existing(now Picture, f journal.Follow) error {
	o.buf = append(o.buf, ": existing\n\n"...)
	for _, list := range [][]*record.Event{now.Sensors, now.Coverage, now.Tracks, now.Alerts} {
		for _, e := range list {
			if (f.Sector == "" || f.Sector == e.Sector) && (len(f.Types) == 0 || slices.Contains(f.Types, e.Type)) {
				o.event(e, 0)
			}
			if len(o.buf) < maxWrite {
				continue
			}
			if err := o.flush(); err != nil { // in parts: the time limit is one of standing still, not of a slow link
				return err
			}
		}
	}
	o.buf = fmt.Appendf(o.buf, "event: live\nid: %d\ndata: {\"seq\":%d}\n\n", now.Seq, now.Seq)
	return nil
}

// maxWrite is about how much of a large picture goes out at once, in bytes.
const maxWrite = 64 << 10

func (o *sse) page(page journal.Page) {
	lines := page.Lines
	stored := bytes.Count(lines, []byte{'\n'}) == len(page.Events) // else one of them is damaged
	for i := range page.Events {
		var id uint64
		if i == len(page.Events)-1 {
			id = page.Seq
		}
		if !stored {
			o.event(&page.Events[i], id)
			continue
		}
		var line []byte
		line, lines, _ = bytes.Cut(lines, []byte{'\n'})
		o.data(page.Type, id, line)
	}
}

func (o *sse) event(e *record.Event, id uint64) {
	if data, err := json.Marshal(e); err == nil { // it was JSON in the journal
		o.data(e.Type, id, data)
	}
}

// data appends one event; id 0 is none. Its JSON holds no line feed, so one data line is enough.
func (o *sse) data(typ record.Type, id uint64, data []byte) {
	o.buf = fmt.Appendf(o.buf, "event: %s\n", typ)
	if id > 0 {
		o.buf = fmt.Appendf(o.buf, "id: %d\n", id)
	}
	o.buf = append(append(append(o.buf, "data: "...), data...), "\n\n"...)
}

// flush sends what was gathered. It blocks while the client is slow, and no longer than the write timeout.
func (o *sse) flush() error {
	if err := o.rc.SetWriteDeadline(time.Now().Add(o.timeout)); err != nil {
		return fmt.Errorf("bound a write: %w", err)
	}
	if _, err := o.w.Write(o.buf); err != nil {
		return fmt.Errorf("write to a stream: %w", err)
	}
	o.buf = o.buf[:0]
	if err := o.rc.Flush(); err != nil {
		return fmt.Errorf("write to a stream: %w", err)
	}
	return nil
}
