package web

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// command handles one action. It puts a command into INPUT and waits until the picture shows what came of it, so that who reads back
// sees it, or until the core has refused it. Commands to the same alert take turns: of two people who act on the same revision, the
// second is told what the first has done.
func (s *Server) command(a action) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		e, code, err := s.act(w, r, &a)
		if err != nil {
			refuse(w, err)
			return
		}
		if e.Alert != nil {
			w.Header().Set("ETag", etag(e))
		}
		reply(w, code, e)
	}
}

func (s *Server) act(w http.ResponseWriter, r *http.Request, a *action) (*record.Event, int, error) {
	q, err := parameters(r, "sector")
	if err != nil {
		return nil, 0, err
	}
	to := subject{track: a.track, id: r.PathValue("id"), sector: q.Get("sector")}
	c := &record.Command{Name: a.name, ID: rand.Text()}
	if err = readCommand(w, r, a, c); err != nil {
		return nil, 0, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.cfg.AckTimeout)
	defer cancel()
	leave, ok := s.turns.enter(ctx, to)
	if !ok {
		return nil, 0, &fault{code: http.StatusServiceUnavailable, what: "others act on it, and the daemon does not answer them: ask again"}
	}
	defer leave()
	before, err := s.picture.subject(to)
	if err != nil {
		return nil, 0, err
	}
	if err = s.unchanged(r, before); err != nil {
		return nil, 0, err
	}
	if a.again && a.shown(before, before, c) && (a.track || c.Comment == "") {
		return before, http.StatusOK, nil
	}
	return s.give(ctx, a, before, c)
}

// give hands the command to the core, and waits for what comes of it.
func (s *Server) give(ctx context.Context, a *action, before *record.Event, c *record.Command) (*record.Event, int, error) {
	to := subjectOf(before)
	if a.track {
		c.Track = to.id
	} else {
		c.Alert = to.id
	}
	c.Time = s.stamp()
	err := s.src.Put(ctx, journal.Entry{Sector: before.Sector, Input: record.Input{Kind: record.CommandGiven, Received: c.Time, Command: c}})
	if err != nil {
		s.metrics.commands.WithLabelValues(a.name, "failed").Inc()
		return nil, 0, &fault{code: http.StatusServiceUnavailable, what: fmt.Sprintf("the journal takes nothing now: %v", err)}
	}
	now, refusal := before, (*record.RejectEvent)(nil)
	done := s.picture.await(ctx, func(p *picture) bool {
		if e := p.find(to); e != nil {
			now = e
		}
		refusal = p.refusal(before.Sector, c.Time)
		return refusal != nil || a.done(before, now, c)
	})
	switch {
	case refusal != nil:
		s.metrics.commands.WithLabelValues(a.name, "refused").Inc()
		return nil, 0, a.refused(refusal, now)
	case !done: // it is in the journal and takes effect when the correlator has read it
		s.metrics.commands.WithLabelValues(a.name, "pending").Inc()
		return now, http.StatusAccepted, nil
	}
	s.metrics.commands.WithLabelValues(a.name, "done").Inc()
	return now, http.StatusOK, nil
}

// refused says why the core did nothing: because of what the alert or the track is by now, or of a field of the command.
func (a *action) refused(r *record.RejectEvent, now *record.Event) error {
	f := &fault{code: http.StatusUnprocessableEntity, field: a.fieldOf(r.Path), what: r.Reason}
	if r.Path == "" || r.Path == "alert" || r.Path == "track" || r.Path == "state" {
		f.code = http.StatusConflict
		if now.Alert != nil {
			f.alert = now
		}
	}
	return f
}

// unchanged holds If-Match against the alert's revision: the header is the lock of who has looked before acting.
func (s *Server) unchanged(r *http.Request, e *record.Event) error {
	want := r.Header.Get("If-Match")
	if want == "" || want == "*" || e.Alert == nil {
		return nil
	}
	n, err := strconv.Atoi(strings.Trim(strings.TrimPrefix(want, "W/"), `"`))
	if err != nil {
		return wrong("If-Match", `%s is no revision: send the alert's, as in "3"`, want)
	}
	if n == e.Alert.Revision {
		return nil
	}
	return &fault{
		code: http.StatusConflict, field: "If-Match", alert: e,
		what: fmt.Sprintf("the alert is at revision %d by now, not %d: %s", e.Alert.Revision, n, standing(e.Alert)),
	}
}

// standing says in a few words how an alert stands, and by whom.
func standing(a *record.AlertEvent) string {
	switch {
	case a.ResolvedBy != "":
		return fmt.Sprintf("%s resolved it as %s", a.ResolvedBy, a.Verdict)
	case a.Shelf != nil:
		return fmt.Sprintf("%s shelved it until %s", a.Shelf.By, a.Shelf.Until.UTC().Format(time.RFC3339))
	case a.AckedBy != "":
		return fmt.Sprintf("it is %s, by %s", a.State, a.AckedBy)
	}
	return "it is " + a.State
}

func etag(e *record.Event) string { return fmt.Sprintf(`"%d"`, e.Alert.Revision) }

// stamp is the time now, and later than any before: the core's refusal is told by it.
func (s *Server) stamp() time.Time {
	s.stamped.Lock()
	defer s.stamped.Unlock()
	now := time.Now().UTC().Round(0)
	if !now.After(s.stamped.last) {
		now = s.stamped.last.Add(1)
	}
	s.stamped.last = now
	return now
}

// readCommand reads the body into c, or says why it is refused.
func readCommand(w http.ResponseWriter, r *http.Request, a *action, c *record.Command) error {
	// a form of another site can send text/plain, but not this type, without asking first
	kind := r.Header.Get("Content-Type")
	if name, _, err := mime.ParseMediaType(kind); err != nil || name != "application/json" {
		return &fault{code: http.StatusUnsupportedMediaType, field: "Content-Type", what: fmt.Sprintf("%q: send application/json", kind)}
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	var body map[string]json.RawMessage
	err := d.Decode(&body)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the object")
		}
	}
	if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
		return &fault{code: http.StatusRequestEntityTooLarge, what: fmt.Sprintf("the body is longer than %d bytes", maxBody)}
	}
	if err != nil {
		what := fmt.Sprintf("read the body: %v: send an object with by, %s", err, list(a.fields))
		return &fault{code: http.StatusBadRequest, what: what}
	}
	return a.take(body, c)
}
