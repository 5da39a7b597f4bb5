package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cutline/internal/record"
)

// Deps are what the server shows of the rest of the daemon. The functions are called at every request, by any goroutine.
type Deps struct {
	Health  func() []Component // the other components, in the order in which they are shown; may be nil
	Figures func() Figures     // may be nil
	Site    func() Site        // what is configured; may be nil
	Loaded  func() Reload      // which configuration is in effect; nil: that of the start

	Reload     func(context.Context) Reload             // reads the configuration again; nil: that is not possible
	Discover   func(context.Context) (Discovery, error) // listens on the broker until the context ends; nil: that is not possible
	Deliveries func(*record.Event) []Delivery           // how far an alert has come on each way out; may be nil
	Gatherer   prometheus.Gatherer                      // what /metrics shows; nil: nothing
	Register   prometheus.Registerer                    // where the server's own metrics go; nil: nowhere
	Log        *slog.Logger
}

// Server answers HTTP. It is made by Open, served by Run, and Close may follow at any time.
type Server struct {
	cfg     Config
	src     source
	old     archive
	deps    Deps
	log     *slog.Logger
	picture *picture
	metrics *metrics
	ln      net.Listener
	started time.Time
	streams atomic.Int64
	listens atomic.Bool   // somebody has Discover listen
	lookers chan struct{} // has one for each who looks into the past
	turns   turns
	stamped struct {
		sync.Mutex
		last time.Time
	}
}

func open(cfg Config, src source, old archive, deps Deps) (*Server, error) {
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	if deps.Gatherer == nil {
		deps.Gatherer = prometheus.NewRegistry()
	}
	s := &Server{
		cfg: cfg, src: src, old: old, deps: deps, log: deps.Log, started: time.Now().UTC(), lookers: make(chan struct{}, mostLookers),
	}
	s.picture = newPicture(cfg, s.started)
	var err error
	if s.metrics, err = newMetrics(deps.Register, s); err != nil {
		return nil, err
	}
	if s.ln, err = net.Listen("tcp", cfg.Listen); err != nil {
		return nil, fmt.Errorf("open http.listen: %w", err)
	}
	return s, nil
}

// Addr is where the server listens, with the port that it got.
func (s *Server) Addr() net.Addr { return s.ln.Addr() }

// Close frees the address of a server that does not run. It may be called again, and after Run.
func (s *Server) Close() error {
	if err := s.ln.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close http.listen: %w", err)
	}
	return nil
}

// grace is how long answers that are under way may take after the end was asked for. Streams end at once.
const grace = 5 * time.Second

// Run keeps the picture and answers until ctx ends. It returns when the last answer is out.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var owned sync.WaitGroup
	defer owned.Wait()
	owned.Go(func() { s.picture.follow(ctx, s.src, s.log) })
	owned.Go(func() { s.picture.remember(ctx, s.src) })

	srv := &http.Server{
		Handler:           s.handler(),
		BaseContext:       func(net.Listener) context.Context { return ctx }, // ends the streams and the waits when the end is asked for
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	owned.Go(func() { served <- srv.Serve(s.ln) })
	select {
	case err := <-served:
		cancel()
		return fmt.Errorf("serve http: %w", err)
	case <-ctx.Done():
	}
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer stop()
	if err := srv.Shutdown(end); err != nil {
		return errors.Join(fmt.Errorf("end http: %w", err), srv.Close())
	}
	return nil
}
