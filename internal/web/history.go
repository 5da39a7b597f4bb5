package web

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cutline/internal/record"
)

// history streams the events of a period, one a line, in the order of their times. What is longer than http.history_bytes is cut
// short, and its last line says where the rest begins.
func (s *Server) history(w http.ResponseWriter, r *http.Request) {
	p, every, err := s.asksFor(r)
	if err != nil {
		refuse(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/x-ndjson")
	h.Set("X-Accel-Buffering", "no")
	h.Set("Vary", "Accept-Encoding")
	if r.Method == http.MethodHead {
		return
	}
	out := s.newLines(w, r)
	thin := thinner{every: every, last: map[key]*record.Event{}}
	at := p.from
	err = s.walk(r.Context(), p, func(m moment) error {
		if !thin.passes(m.Event) {
			return nil
		}
		at = m.Time
		if out.bytes > s.cfg.HistoryBytes {
			return errors.Join(out.write(more(at)), errEnough)
		}
		return out.line(m.line)
	})
	if err != nil && !out.begun { // nothing has gone out: it can still be said properly
		h.Del("Content-Encoding")
		fail(w, http.StatusServiceUnavailable, "the journal cannot be read now: %v", err)
		return
	}
	if err != nil {
		err = errors.Join(err, out.write(more(at))) // a part must not be taken for the whole
	}
	if err = errors.Join(err, out.close()); err != nil {
		s.log.Debug("a history ended early", "remote", r.RemoteAddr, "error", err)
	}
}

// asksFor reads the query of a history.
func (s *Server) asksFor(r *http.Request) (p past, every time.Duration, err error) {
	q, err := parameters(r, "from", "to", "type", "sector", "every_s")
	if err != nil {
		return p, 0, err
	}
	if p.from, p.to, err = period(q, s.cfg.HistorySpan); err != nil {
		return p, 0, err
	}
	if p.types, err = typesOf(q, "type"); err != nil {
		return p, 0, err
	}
	p.sector = q.Get("sector")
	if strings.ContainsAny(p.sector, ".*> ") {
		return p, 0, wrong("sector", "%q is no id of a sector", p.sector)
	}
	if q.Has("every_s") {
		seconds, err := strconv.ParseFloat(q.Get("every_s"), 64)
		if err != nil || !(seconds > 0 && seconds <= 3600) {
			return p, 0, wrong("every_s", "%q: give seconds, above 0 and at most 3600", q.Get("every_s"))
		}
		every = time.Duration(seconds * float64(time.Second))
	}
	return p, every, nil
}

// thinner lets a track say something once in so long, and whenever its status changes.
type thinner struct {
	every time.Duration
	last  map[key]*record.Event
}

func (t *thinner) passes(e *record.Event) bool {
	if t.every == 0 || e.Track == nil {
		return true
	}
	k := key{e.Sector, e.Track.ID}
	last := t.last[k]
	if last != nil && last.Track.Status == e.Track.Status && e.Time.Sub(last.Time) < t.every {
		return false
	}
	t.last[k] = e
	if e.Track.Status == "lost" {
		delete(t.last, k)
	}
	return true
}

// lines writes NDJSON, compressed if the client takes that. Each write has the time limit of a stream's.
type lines struct {
	w       io.Writer // the answer, or what compresses into it
	zip     *gzip.Writer
	rc      *http.ResponseController
	timeout time.Duration
	buf     []byte
	bytes   int64 // of lines, before they are compressed
	begun   bool  // something went out
}

func (s *Server) newLines(w http.ResponseWriter, r *http.Request) *lines {
	out := &lines{w: w, rc: http.NewResponseController(w), timeout: s.cfg.WriteTimeout}
	_ = out.rc.SetReadDeadline(time.Time{}) // as for a stream
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		out.zip, _ = gzip.NewWriterLevel(w, gzip.BestSpeed) // fails for an unknown level only
		out.w = out.zip
	}
	return out
}

func (l *lines) line(line []byte) error {
	l.buf = append(append(l.buf, line...), '\n')
	if len(l.buf) < maxWrite {
		return nil
	}
	return l.write(nil)
}

// write what was gathered, and one line more.
func (l *lines) write(last []byte) error {
	l.buf = append(l.buf, last...)
	l.bytes += int64(len(l.buf))
	if err := l.rc.SetWriteDeadline(time.Now().Add(l.timeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("bound a write: %w", err)
	}
	l.begun = true
	_, err := l.w.Write(l.buf)
	l.buf = l.buf[:0]
	if err == nil && l.zip != nil {
		err = l.zip.Flush()
	}
	if err == nil {
		err = l.rc.Flush()
	}
	if err != nil {
		return fmt.Errorf("write a history: %w", err)
	}
	return nil
}

func (l *lines) close() error {
	err := l.write(nil)
	if err == nil && l.zip != nil {
		err = l.zip.Close()
	}
	return err
}
