package web

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// Discovery is what was heard on the broker of publishers that no sensor claims.
type Discovery struct {
	Claimed    int    `json:"claimed"`    // messages that sensors claim
	Publishers int    `json:"publishers"` // that no sensor claims
	Overlooked int    `json:"overlooked"` // messages of further publishers, which were too many
	YAML       string `json:"yaml"`       // a file of sensors for them, with the reasons; what a person must measure is marked MEASURE
}

const (
	listenFor = 20 * time.Second
	listenMax = 60 * time.Second
)

// getDiscovery listens for a while, and answers then. One may listen at a time: it takes all that the broker has.
func (s *Server) getDiscovery(w http.ResponseWriter, r *http.Request) {
	q, ok := query(w, r, "for_s")
	if !ok {
		return
	}
	hear := listenFor
	if q.Has("for_s") {
		seconds, err := strconv.ParseFloat(q.Get("for_s"), 64)
		if err != nil || !(seconds > 0 && seconds <= listenMax.Seconds()) {
			refuse(w, wrong("for_s", "%q: give seconds, above 0 and at most %.0f", q.Get("for_s"), listenMax.Seconds()))
			return
		}
		hear = time.Duration(seconds * float64(time.Second))
	}
	if s.deps.Discover == nil {
		fail(w, http.StatusNotImplemented, "this daemon has no broker to listen on")
		return
	}
	if !s.listens.CompareAndSwap(false, true) {
		w.Header().Set("Retry-After", "10")
		fail(w, http.StatusServiceUnavailable, "somebody listens already: ask again in a while")
		return
	}
	defer s.listens.Store(false)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(hear + s.cfg.WriteTimeout)) // the server's own is shorter
	ctx, cancel := context.WithTimeout(r.Context(), hear)
	defer cancel()
	found, err := s.deps.Discover(ctx)
	if err != nil {
		fail(w, http.StatusServiceUnavailable, "%v", err)
		return
	}
	reply(w, http.StatusOK, found)
}
