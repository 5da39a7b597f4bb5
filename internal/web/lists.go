package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cutline/internal/record"
)

func (s *Server) getPicture(w http.ResponseWriter, r *http.Request) {
	if _, ok := query(w, r); ok {
		reply(w, http.StatusOK, s.picture.now())
	}
}

func (s *Server) getSensors(w http.ResponseWriter, r *http.Request) {
	if _, ok := query(w, r); ok {
		now := s.picture.now()
		reply(w, http.StatusOK, Sensors{now.Seq, now.Sensors})
	}
}

func (s *Server) getCoverage(w http.ResponseWriter, r *http.Request) {
	if _, ok := query(w, r); ok {
		now := s.picture.now()
		reply(w, http.StatusOK, Coverage{now.Seq, now.Coverage})
	}
}

func (s *Server) getAlerts(w http.ResponseWriter, r *http.Request) {
	q, ok := query(w, r, "state", "kind", "sector", "limit")
	if !ok {
		return
	}
	limit, err := limitOf(q)
	if err != nil {
		refuse(w, err)
		return
	}
	state, kind, sector := words(q, "state"), words(q, "kind"), words(q, "sector")
	for _, word := range state {
		if !slices.Contains(states, word) {
			refuse(w, wrong("state", "there is no %q: there are %s", word, list(states)))
			return
		}
	}
	seq, alerts := s.picture.allAlerts()
	alerts = slices.DeleteFunc(alerts, func(e *record.Event) bool {
		return !state.has(e.Alert.State) || !kind.has(e.Alert.Kind) || !sector.has(e.Sector)
	})
	reply(w, http.StatusOK, Alerts{seq, alerts[:min(limit, len(alerts))]})
}

func (s *Server) getAlert(w http.ResponseWriter, r *http.Request) {
	e, err := s.picture.subject(subject{id: r.PathValue("id")})
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("ETag", etag(e))
	reply(w, http.StatusOK, e)
}

func (s *Server) getTrack(w http.ResponseWriter, r *http.Request) {
	q, ok := query(w, r, "sector")
	if !ok {
		return
	}
	e, err := s.picture.subject(subject{track: true, id: r.PathValue("id"), sector: q.Get("sector")})
	if err != nil {
		refuse(w, err)
		return
	}
	reply(w, http.StatusOK, e)
}

func (s *Server) getRejects(w http.ResponseWriter, r *http.Request) {
	q, ok := query(w, r, "sensor", "sector", "limit")
	if !ok {
		return
	}
	limit, err := limitOf(q)
	if err != nil {
		refuse(w, err)
		return
	}
	sensor, sector := words(q, "sensor"), words(q, "sector")
	seq, rejects := s.picture.newestRejects()
	rejects = slices.DeleteFunc(rejects, func(e *record.Event) bool {
		return !sensor.has(e.Reject.Sensor) || !sector.has(e.Sector)
	})
	reply(w, http.StatusOK, Rejects{seq, rejects[:min(limit, len(rejects))]})
}

// query reads the parameters, of which the allowed ones alone may be there: a misspelt filter must not show everything.
func query(w http.ResponseWriter, r *http.Request, allowed ...string) (url.Values, bool) {
	q, err := parameters(r, allowed...)
	if err != nil {
		refuse(w, err)
	}
	return q, err == nil
}

func parameters(r *http.Request, allowed ...string) (url.Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, &fault{code: http.StatusBadRequest, what: fmt.Sprintf("read the query: %v", err)}
	}
	for name := range q {
		if !slices.Contains(allowed, name) {
			return nil, wrong(name, "there is no such parameter: there are %s", list(allowed))
		}
	}
	return q, nil
}

// states of an alert, in their order.
var states = []string{ //nolint:gochecknoglobals // a fixed table
	"unacknowledged", "acknowledged", "returned", "shelved", "suppressed", "out_of_service", "resolved",
}

// list writes words for people.
func list[T ~string](words []T) string {
	if len(words) == 0 {
		return "none"
	}
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

// maxLimit bounds a list; it is the default too.
const maxLimit = 10_000

func limitOf(q url.Values) (int, error) {
	if !q.Has("limit") {
		return maxLimit, nil
	}
	n, err := strconv.Atoi(q.Get("limit"))
	if err != nil || n < 1 || n > maxLimit {
		return 0, wrong("limit", "%q is not a number in [1, %d]", q.Get("limit"), maxLimit)
	}
	return n, nil
}

// set of the words that a filter lets pass; the empty one lets all pass.
type set []string

func (s set) has(word string) bool { return len(s) == 0 || slices.Contains(s, word) }

// words of a parameter: given once with commas, or several times.
func words(q url.Values, name string) set {
	var out set
	for _, v := range q[name] {
		for word := range strings.SplitSeq(v, ",") {
			if word != "" {
				out = append(out, word)
			}
		}
	}
	return out
}
