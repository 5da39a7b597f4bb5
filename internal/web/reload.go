package web

import (
	"net/http"
	"time"
)

// Reload says which configuration is in effect, and what was wrong with the one that was read last.
type Reload struct {
	LoadedAt time.Time     `json:"loaded_at"` // of the one in effect
	Faults   []ConfigFault `json:"faults"`    // of a newer one, which therefore is not
	Restart  []string      `json:"restart"`   // sections that have changed and hold from the next start on
}

// ConfigFault is one thing that is wrong in the configuration.
type ConfigFault struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Path   string `json:"path"`
	What   string `json:"what"`
}

func (s *Server) getReload(w http.ResponseWriter, r *http.Request) {
	if _, ok := query(w, r); !ok {
		return
	}
	now := Reload{LoadedAt: s.started}
	if s.deps.Loaded != nil {
		now = s.deps.Loaded()
	}
	s.loadedAs(w, http.StatusOK, now)
}

// postReload reads the configuration again. One with faults changes nothing.
func (s *Server) postReload(w http.ResponseWriter, r *http.Request) {
	if _, ok := query(w, r); !ok {
		return
	}
	if s.deps.Reload == nil {
		fail(w, http.StatusNotImplemented, "this daemon reads its configuration at the start alone")
		return
	}
	now := s.deps.Reload(r.Context())
	code := http.StatusOK
	if len(now.Faults) > 0 {
		code = http.StatusUnprocessableEntity
	}
	s.loadedAs(w, code, now)
}

func (s *Server) loadedAs(w http.ResponseWriter, code int, now Reload) {
	if now.Faults == nil {
		now.Faults = []ConfigFault{}
	}
	if now.Restart == nil {
		now.Restart = []string{}
	}
	reply(w, code, now)
}
