package web

import "net/http"

// healthz says that the process answers; nothing else: a broker that is away is no reason to start the daemon again.
func healthz(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, map[string]string{"status": "alive"})
}

func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	now := s.ready()
	code := http.StatusOK
	if !now.Ready {
		code = http.StatusServiceUnavailable
	}
	reply(w, code, now)
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request) {
	out := Status{Readiness: s.ready(), Started: s.started, Streams: s.streams.Load()}
	if s.deps.Figures != nil {
		out.Figures = s.deps.Figures()
	}
	if out.Versions == nil { // an object without members, not null
		out.Versions = map[string]string{}
	}
	if out.Rates == nil {
		out.Rates = map[string]float64{}
	}
	if out.Lags == nil {
		out.Lags = map[string]uint64{}
	}
	out.Seq, _ = s.picture.position()
	reply(w, http.StatusOK, out)
}

// ready joins the daemon's components with the picture's own.
func (s *Server) ready() Readiness {
	var out Readiness
	if s.deps.Health != nil {
		out.Components = append(out.Components, s.deps.Health()...)
	}
	out.Components = append(out.Components, s.picture.component())
	out.Ready = true
	for _, c := range out.Components {
		out.Ready = out.Ready && c.OK
	}
	return out
}
