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
	"strings"
	"time"
	"unicode/utf8"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// Bounds of an acknowledgement's body, in bytes and characters.
const (
	maxBody    = 16 << 10
	maxBy      = 100
	maxComment = 2000
)

// ackAlert puts the command into INPUT and waits until the picture shows what came of it, so that who reads back sees it. An alert
// that needs no acknowledgement any more is the answer as it is: asking twice changes nothing.
func (s *Server) ackAlert(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	body, code, err := readAck(w, r)
	if err != nil {
		fail(w, code, "%v", err)
		return
	}
	e := s.picture.alert(id)
	if e == nil {
		fail(w, http.StatusNotFound, "there is no alert %q", id)
		return
	}
	if acknowledged(e.Alert) {
		reply(w, http.StatusOK, e)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.cfg.AckTimeout)
	defer cancel()
	now := time.Now().UTC()
	err = s.src.Put(ctx, journal.Entry{Sector: e.Sector, Input: record.Input{
		Kind: record.CommandGiven, Received: now,
		Command: &record.Command{Name: "ack", Alert: id, By: body.By, Comment: body.Comment, ID: rand.Text(), Time: now},
	}})
	if err != nil {
		s.metrics.acks.WithLabelValues("refused").Inc()
		fail(w, http.StatusServiceUnavailable, "acknowledge %q: the journal takes nothing now: %v", id, err)
		return
	}
	e, ok := s.picture.wait(ctx, id, acknowledged)
	if !ok { // it is in the journal and takes effect when the correlator has read it
		s.metrics.acks.WithLabelValues("pending").Inc()
		reply(w, http.StatusAccepted, e)
		return
	}
	s.metrics.acks.WithLabelValues("done").Inc()
	reply(w, http.StatusOK, e)
}

func acknowledged(a *record.AlertEvent) bool { return a.State != "unacknowledged" }

// readAck reads the body, or says with which code it is refused.
func readAck(w http.ResponseWriter, r *http.Request) (Ack, int, error) {
	var a Ack
	// a form of another site can send text/plain, but not this type, without asking first
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return a, http.StatusUnsupportedMediaType, fmt.Errorf("content-type: %q: send application/json", r.Header.Get("Content-Type"))
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	err := d.Decode(&a)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the object")
		}
	}
	if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
		return a, http.StatusRequestEntityTooLarge, fmt.Errorf("the body is longer than %d bytes", maxBody)
	}
	if err != nil {
		return a, http.StatusBadRequest, fmt.Errorf(`read the body: %w: send {"by":"name","comment":"text"}`, err)
	}
	a.By, a.Comment = strings.TrimSpace(a.By), strings.TrimSpace(a.Comment)
	if n := utf8.RuneCountInString(a.By); n == 0 || n > maxBy {
		return a, http.StatusBadRequest, fmt.Errorf("by: %d characters: say who acknowledges, in 1 to %d", n, maxBy)
	}
	if n := utf8.RuneCountInString(a.Comment); n > maxComment {
		return a, http.StatusBadRequest, fmt.Errorf("comment: %d characters: at most %d", n, maxComment)
	}
	return a, http.StatusOK, nil
}
