package influx

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	influxdb "github.com/influxdata/influxdb-client-go/v2"
	"github.com/prometheus/client_golang/prometheus"

	"cutline/internal/geo"
	"cutline/internal/journal"
)

// grace is how long the last batch may take once the writer is told to stop.
const grace = 5 * time.Second

// inputs is the writer's cursor over INPUT; pictures, over PICTURE. Ack takes everything up to seq.
type inputs interface {
	Next(ctx context.Context) (journal.InputBatch, error)
	Ack(ctx context.Context, seq uint64) error
}

type pictures interface {
	Next(ctx context.Context) (journal.Page, error)
	Ack(ctx context.Context, seq uint64) error
}

// Writer writes records to one bucket.
type Writer struct {
	cfg      Config
	places   atomic.Pointer[map[string]geo.Frame] // of the sensors that stand still, by their id
	client   influxdb.Client
	http     *http.Client
	writeURL string
	gzip     bool
	park     park
	health   *health
	log      *slog.Logger

	turn   chan struct{} // holds one: the request under way
	packed bytes.Buffer  // its body if it is compressed; used by who has the turn
}

// New makes a writer. places are those of the sensors that stand still: a range and azimuth becomes a point on the map by them.
// Nothing is sent, and the server need not be there.
func New(cfg Config, places map[string]geo.LLA, log *slog.Logger, reg prometheus.Registerer) (*Writer, error) {
	if _, err := readToken(cfg.TokenFile); err != nil {
		return nil, err
	}
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("the default HTTP transport is not Go's own")
	}
	w := &Writer{
		cfg: cfg, log: log, gzip: cfg.compress(), park: newPark(cfg), turn: make(chan struct{}, 1),
		http: &http.Client{Timeout: cfg.Timeout, Transport: transport.Clone()}, health: newHealth(cfg, log, reg),
	}
	base := strings.TrimSuffix(cfg.URL, "/") + "/"
	w.client = influxdb.NewClientWithOptions(base, "", influxdb.DefaultOptions().SetHTTPClient(w.http).SetApplicationName("cutline"))
	query := url.Values{"org": {cfg.Org}, "bucket": {cfg.Bucket}, "precision": {"ns"}}
	w.writeURL = base + "api/v2/write?" + query.Encode()
	w.Place(places)
	return w, nil
}

// Place says where the sensors that stand still are now. What has not been written yet is reckoned from there.
func (w *Writer) Place(places map[string]geo.LLA) {
	all := frames(places)
	w.places.Store(&all)
}

// Run writes what the cursors give until ctx ends. Then it writes what it has in hand, if the server takes it at once, and
// returns nil: what was not acknowledged, the cursors give again. A cursor that fails is asked again, for ever.
func (w *Writer) Run(ctx context.Context, in inputs, pic pictures) error {
	detections, picture := newEncoder(nil), newEncoder(nil)
	var both sync.WaitGroup
	both.Go(func() {
		w.lane(ctx, "input", in.Ack, func(ctx context.Context, b *batch) (uint64, error) {
			from, err := in.Next(ctx)
			detections.places = *w.places.Load()
			for i := range from.Inputs {
				detections.input(b, from.Sector, &from.Inputs[i])
			}
			return from.Seq, err
		})
	})
	both.Go(func() {
		w.lane(ctx, "picture", pic.Ack, func(ctx context.Context, b *batch) (uint64, error) {
			from, err := pic.Next(ctx)
			for i := range from.Events {
				picture.event(b, &from.Events[i])
			}
			return from.Seq, err
		})
	})
	both.Wait()
	w.http.CloseIdleConnections()
	return nil
}

// chunk is the lines of one record of the journal.
type chunk struct {
	batch

	seq uint64
	at  time.Time // when it was read
}

// chunksAhead are read while a request is under way: enough for the next batch to be nearly there when it returns.
const chunksAhead = 8

// lane reads records by read, writes their lines in batches, and acknowledges them by ack.
func (w *Writer) lane(ctx context.Context, name string, ack func(context.Context, uint64) error,
	read func(context.Context, *batch) (uint64, error),
) {
	// Chunks go round between the reader and this goroutine: two more than wait in the channel, one at each end.
	full, free := make(chan *chunk, chunksAhead), make(chan *chunk, chunksAhead+2)
	for range chunksAhead + 2 {
		free <- new(chunk)
	}
	var reader sync.WaitGroup
	reader.Go(func() {
		defer close(full)
		w.read(ctx, name, read, full, free)
	})
	sending, cancel := outlive(ctx, grace)
	defer cancel()
	w.gather(ctx, sending, name, ack, full, free)
	for c := range full { // the rest of an unwritten end: the reader must not wait for us
		free <- c
	}
	reader.Wait()
}

// read fills chunks until ctx ends.
func (w *Writer) read(ctx context.Context, name string, read func(context.Context, *batch) (uint64, error),
	full chan<- *chunk, free <-chan *chunk,
) {
	failing := false
	c := <-free
	for {
		c.reset()
		seq, err := read(ctx, &c.batch)
		if err == nil {
			failing = false
			c.seq, c.at = seq, time.Now()
			full <- c
			c = <-free
			continue
		}
		if ctx.Err() != nil {
			return
		}
		if !failing {
			failing = true
			w.log.Error("cannot read the journal for influxdb; trying on", "stream", name, "error", err)
		}
		select {
		case <-time.After(readAgain):
		case <-ctx.Done():
			return
		}
	}
}

// readAgain is the pause after a cursor's failure.
const readAgain = time.Second

// gather makes batches of the chunks and writes them, until full is closed, or until ctx has ended and the server takes nothing.
func (w *Writer) gather(ctx, sending context.Context, name string, ack func(context.Context, uint64) error,
	full <-chan *chunk, free chan<- *chunk,
) {
	var b batch
	var seq uint64
	var due <-chan time.Time // nil: nothing is in hand
	for more := true; more; {
		var c *chunk
		select {
		case c, more = <-full:
		case <-due:
		}
		if c != nil {
			if due == nil {
				due = time.After(w.cfg.FlushEvery)
				w.health.waiting(name, c.at)
			}
			b.add(&c.batch)
			seq = c.seq
			free <- c
			if b.len() < w.cfg.BatchPoints {
				continue
			}
		}
		if due == nil {
			continue
		}
		if err := w.deliver(sending, ctx.Done(), &b); err != nil {
			w.log.Warn("influxdb has not taken the last points; they are written after the next start", "stream", name, "error", err)
			return
		}
		if err := ack(sending, seq); err != nil { // the next one takes this one with it; until then, a restart writes it twice
			w.log.Warn("cannot acknowledge what influxdb has", "stream", name, "error", err)
		}
		b.reset()
		due = nil
		w.health.waiting(name, time.Time{})
	}
}

// outlive gives a context that ends d after ctx does.
func outlive(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(d, cancel) })
	return longer, func() { stop(); cancel() }
}
