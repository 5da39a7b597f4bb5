// Package journal is the durable middle of the daemon: two streams in NATS JetStream, what came in and what was made of it.
//
//	Put ─► group commit ─► INPUT   in.<sector>.detections|rejects|commands|ticks|settings    ReadInput, InputCursor ─►
//	AppendPicture ───────► PICTURE pic.<sector>.tracks|crossings|alerts|…           FollowPicture, PictureCursor ─►
//
// Durable when: Entry.Done is called, and AppendPicture, Ack or SaveSnapshot return nil, after the server has fsynced (with sync
// always). Order: the inputs of one sector are stored in the order of Put; readers get them in the order of the stream. Exactly
// once: a publish whose answer was lost is repeated under the same id, and looked for first if that took long; AppendPicture
// stores all events of a type or none, with the INPUT sequence that caused them, so that a correlator that starts again knows
// what is already there.
//
// Nothing is dropped. At the cap, with the disk nearly full or the server away, Put and AppendPicture wait, Status says so and
// the log says it once. What is removed is old enough, or near the cap, and has been read by every durable cursor and is behind
// every sector's snapshot: see trim.go.
//
// A cursor is a number in a stream of its own, not a JetStream consumer that counts deliveries: a reader that acknowledges
// nothing for hours causes no redelivery, and after a restart it goes on behind what it acknowledged last.
//
// Sectors, cursors and so on are tokens of NATS subjects: no '.', '*', '>' or white space. Start at commit.go, the way in, and
// read.go, the way out.
package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
	"github.com/prometheus/client_golang/prometheus"
)

// ErrClosed is what Put returns once Run is over.
var ErrClosed = errors.New("the journal is closed")

// The streams.
const (
	inputStream    = "INPUT"
	pictureStream  = "PICTURE"
	cursorStream   = "CURSORS"
	snapshotStream = "SNAPSHOTS"
)

// inputShare of max_bytes is INPUT's, the rest PICTURE's: a payload with its detections takes 500 bytes, and the events that
// follow from it some tens.
const inputShare = 0.8

// queueDepth is how many entries wait for the committer: two commits, so that one fills while the other is on its way.
const queueDepth = 2 * commitMost

// Journal of the daemon. Its methods may be called from any goroutine.
type Journal struct {
	cfg    Config
	conn   *nats.Conn
	js     jetstream.JetStream
	log    *slog.Logger
	meters *meters
	prefix string // of message ids: new for every Journal
	number atomic.Uint64

	putting  sync.RWMutex  // held for reading by Put while it may still send
	stopping chan struct{} // closed when Run begins to end
	stopOnce sync.Once
	queue    chan Entry
	trimNow  chan struct{}

	shared shared // the pages that were decoded last

	input, picture, state health // of the writes to INPUT, PICTURE, and the other two

	recent map[string]*recent // by stream; nil where others may write as well

	mu        sync.Mutex
	cursors   map[string]*cursor // open ones, by the subject of their mark
	streams   map[string]StreamStatus
	report    *Report
	ledger    ledger    // as written last
	began     ledger    // as found at Open
	lastInput uint64    // the last sequence that the committer knows of
	looked    time.Time // when free was read
	free      Bytes     // on the disk of Dir
}

// Dial connects to an outside NATS server, as the in-process connection of an embedded one does.
func Dial(url string) (*nats.Conn, error) {
	conn, err := nats.Connect(url, nats.Name("cutline"), nats.MaxReconnects(-1), nats.ReconnectBufSize(-1),
		nats.ReconnectWait(500*time.Millisecond), nats.RetryOnFailedConnect(true))
	if err != nil {
		return nil, fmt.Errorf("connect to the journal's server: %w", err)
	}
	return conn, nil
}

// Open makes the streams, or brings them to the settings, on a connection that the caller closes after the journal. A nil
// registry is fine.
func Open(ctx context.Context, conn *nats.Conn, cfg Config, log *slog.Logger, reg prometheus.Registerer) (*Journal, error) {
	js, err := jetstream.New(conn, jetstream.WithDefaultTimeout(requestWait))
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	conn.SetErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { // else the library prints
		log.Warn("journal connection", "error", err)
	})
	j := &Journal{
		cfg: cfg, conn: conn, js: js, log: log, prefix: nuid.Next(),
		stopping: make(chan struct{}), queue: make(chan Entry, queueDepth), trimNow: make(chan struct{}, 1),
		cursors: map[string]*cursor{}, streams: map[string]StreamStatus{},
	}
	j.input.name, j.picture.name, j.state.name = inputStream, pictureStream, cursorStream
	j.meters = newMeters(reg, func() float64 { return float64(len(j.queue)) })
	if err = j.makeStreams(ctx); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	if err = j.refresh(ctx); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j.lastInput = j.streams[inputStream].Last
	if err = j.openLedger(); err == nil {
		err = j.compare(ctx)
	}
	if err == nil && cfg.URL == "" && !cfg.ReadOnly {
		err = j.keepRecent(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	return j, nil
}

// keepRecent begins to keep the ends of the streams in memory, for an embedded server that nobody else can write to.
func (j *Journal) keepRecent(ctx context.Context) error {
	if err := j.refresh(ctx); err != nil {
		return err
	}
	j.recent = map[string]*recent{}
	for _, name := range [...]string{inputStream, pictureStream} {
		j.recent[name] = newRecent(j.streams[name].Last)
	}
	return nil
}

func (j *Journal) makeStreams(ctx context.Context) error {
	if j.cfg.ReadOnly {
		if _, err := j.js.Stream(ctx, inputStream); err != nil {
			return fmt.Errorf("this is no recorded journal: %w", err)
		}
		return nil
	}
	whole := float64(j.cfg.MaxBytes)
	for _, s := range []jetstream.StreamConfig{
		{Name: inputStream, Subjects: []string{"in.>"}, MaxBytes: int64(whole * inputShare)},
		{Name: pictureStream, Subjects: []string{"pic.>"}, MaxBytes: int64(whole * (1 - inputShare))},
		{Name: cursorStream, Subjects: []string{"cur.>"}, MaxMsgsPerSubject: 1},
		{Name: snapshotStream, Subjects: []string{"snap.>"}, MaxMsgsPerSubject: 1},
	} {
		s.Storage, s.Replicas, s.Compression, s.AllowAtomicPublish = jetstream.FileStorage, j.cfg.Replicas, jetstream.S2Compression, true
		if s.MaxMsgsPerSubject == 0 {
			s.Discard = jetstream.DiscardNew // never the old, which somebody may not have read
		}
		if _, err := j.js.CreateOrUpdateStream(ctx, s); err != nil {
			return fmt.Errorf("stream %s: %w", s.Name, err)
		}
	}
	return nil
}

func (j *Journal) nextID() string {
	return fmt.Sprintf("%s-%d", j.prefix, j.number.Add(1))
}

// checkToken refuses what would make another subject of it.
func checkToken(what, word string) error {
	if word == "" || strings.ContainsAny(word, ".*> \t\r\n") {
		return fmt.Errorf("%s %q: want a word without '.', '*', '>' and spaces", what, word)
	}
	return nil
}
