package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"cutline/internal/web/console"
)

// route is one operation. The OpenAPI document has the same ones.
type route struct {
	method, path string
	handle       http.HandlerFunc
}

func (s *Server) routes() []route {
	metrics := promhttp.HandlerFor(s.deps.Gatherer, promhttp.HandlerOpts{})
	page := console.Handler()
	all := []route{
		{http.MethodGet, "/{$}", page.ServeHTTP},
		{http.MethodGet, "/assets/{file}", page.ServeHTTP},
		{http.MethodGet, "/licences.txt", page.ServeHTTP},
		{http.MethodGet, "/healthz", healthz},
		{http.MethodGet, "/readyz", s.readyz},
		{http.MethodGet, "/metrics", metrics.ServeHTTP},
		{http.MethodGet, "/api/v1/openapi.json", file("application/json", openAPIJSON)},
		{http.MethodGet, "/api/v1/status", s.status},
		{http.MethodGet, "/api/v1/site", s.getSite},
		{http.MethodGet, basemapPath, s.getBasemap},
		{http.MethodGet, "/api/v1/picture", s.loaded(s.getPicture)},
		{http.MethodGet, "/api/v1/stream", s.loaded(s.stream)},
		{http.MethodGet, "/api/v1/alerts", s.loaded(s.getAlerts)},
		{http.MethodGet, "/api/v1/alerts/{id}", s.loaded(s.getAlert)},
		{http.MethodGet, "/api/v1/sensors", s.loaded(s.getSensors)},
		{http.MethodGet, "/api/v1/coverage", s.loaded(s.getCoverage)},
		{http.MethodGet, "/api/v1/rejects", s.loaded(s.getRejects)},
		{http.MethodGet, "/api/v1/alerts/{id}/incident", s.looking(s.incident)},
		{http.MethodGet, "/api/v1/alerts/{id}/delivery", s.loaded(s.getDelivery)},
		{http.MethodGet, "/api/v1/kpi", s.loaded(s.getKPI)},
		{http.MethodGet, "/api/v1/report", s.looking(s.report)},
		{http.MethodGet, "/api/v1/reload", s.getReload},
		{http.MethodPost, "/api/v1/reload", s.postReload},
		{http.MethodGet, "/api/v1/discover", s.getDiscovery},
		{http.MethodGet, "/api/v1/sensors/{id}", s.looking(s.getSensor)},
		{http.MethodGet, "/api/v1/history", s.looking(s.history)},
		{http.MethodGet, "/api/v1/tracks/{id}", s.loaded(s.getTrack)},
	}
	for _, a := range actions() {
		path := "/api/v1/alerts/{id}/"
		if a.track {
			path = "/api/v1/tracks/{id}/"
		}
		all = append(all, route{http.MethodPost, path + a.name, s.loaded(s.command(a))})
	}
	return all
}

// handler puts the routes behind the checks that every request passes.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	methods := make(map[string][]string)
	for _, r := range s.routes() {
		mux.HandleFunc(r.method+" "+r.path, r.handle)
		methods[r.path] = append(methods[r.path], r.method)
	}
	for path, allowed := range methods { // the mux's own 405 is no JSON
		if slices.Contains(allowed, http.MethodGet) {
			allowed = append(allowed, http.MethodHead)
		}
		allow := strings.Join(allowed, ", ")
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", allow)
			fail(w, http.StatusMethodNotAllowed, "%s is not for %s: use %s", r.Method, r.URL.Path, allow)
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, http.StatusNotFound, "there is no %s: see /api/v1/openapi.json", r.URL.Path)
	})

	crossSite := http.NewCrossOriginProtection() // refuses by Sec-Fetch-Site, or by Origin against Host where a browser sends no such header
	crossSite.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fail(w, http.StatusForbidden, "the request comes from another site's page: only this server's own pages may change anything")
	}))
	return s.guard(crossSite.Handler(mux))
}

// guard sets the headers of every answer and refuses requests for a host that is not ours.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "+
			"connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !s.ours(r.Host) {
			fail(w, http.StatusMisdirectedRequest, "host %q is not known here: add it to http.hosts", r.Host)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ours says whether host, as a client named it, can be this server: an address, a name without a dot, or a configured one. Without
// it a page of any site could have its own name resolve to this machine and read the API as "same origin" (DNS rebinding).
func (s *Server) ours(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if net.ParseIP(host) != nil || !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") {
		return true
	}
	return slices.ContainsFunc(s.cfg.Hosts, func(h string) bool { return strings.EqualFold(h, host) })
}

// loaded answers 503 until the picture is complete: half of one would look like a quiet border.
func (s *Server) loaded(handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, ok := s.picture.position(); !ok {
			w.Header().Set("Retry-After", "1")
			fail(w, http.StatusServiceUnavailable, "%s", s.picture.component().Message+": ask again in a second")
			return
		}
		handle(w, r)
	}
}

// reply sends v as JSON.
func reply(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false) // "US>CA" stays readable, as in the events
	_ = enc.Encode(v)        // a client that has gone is no fault of ours
}

// refuse sends a fault.
func refuse(w http.ResponseWriter, err error) {
	f := new(fault)
	if !errors.As(err, &f) {
		f = &fault{code: http.StatusInternalServerError, what: err.Error()}
	}
	if f.alert != nil {
		w.Header().Set("ETag", etag(f.alert))
	}
	reply(w, f.code, Problem{Error: f.Error(), Field: f.field, Alert: f.alert})
}

// fail sends an error for people.
func fail(w http.ResponseWriter, code int, format string, args ...any) {
	reply(w, code, Problem{Error: fmt.Sprintf(format, args...)})
}
