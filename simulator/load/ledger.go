package load

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// The ledger is JSON lines: a head, runs of one sensor's sequences as they were sent and as they were acknowledged, and an end.
// A sensor's sent runs follow each other without a gap, so a line that is missing shows.
//
//	{"type":"load","version":1,"time":"…","prefix":"load","sensors":100,"qos":1}
//	{"type":"sent","sensor":3,"from":1,"to":20,"time":"…","until":"…"}
//	{"type":"acked","sensor":3,"from":1,"to":20,"time":"…","until":"…"}
//	{"type":"end","time":"…","sent":2000,"acked":2000}
type line struct {
	Type string    `json:"type"`
	Time time.Time `json:"time"` // of a run: when its first was sent, or acknowledged

	Version int    `json:"version,omitempty"` // of the head
	Prefix  string `json:"prefix,omitempty"`
	Sensors int    `json:"sensors,omitempty"`
	QoS     *int   `json:"qos,omitempty"`

	Sensor *int       `json:"sensor,omitempty"` // of a run
	From   uint64     `json:"from,omitempty"`
	To     uint64     `json:"to,omitempty"`
	Until  *time.Time `json:"until,omitempty"` // when its last was

	Sent  *int64 `json:"sent,omitempty"` // of the end
	Acked *int64 `json:"acked,omitempty"`
}

const ledgerVersion = 1

// book writes the ledger. It is safe for concurrent use.
type book struct {
	mu      sync.Mutex
	w       *bufio.Writer
	enc     *json.Encoder
	err     error // the first one; nothing is written after it
	sensors []entry
}

// entry is what is to be written of one sensor.
type entry struct{ sent, acked run }

// run of sequences, and when the first and the last of them were; empty if to is 0.
type run struct {
	from, to    uint64
	first, last time.Time
}

// newBook begins the ledger; with a nil writer it keeps none.
func newBook(w io.Writer, cfg *Config, now time.Time) *book {
	b := &book{sensors: make([]entry, cfg.Sensors)}
	if w != nil {
		b.w = bufio.NewWriterSize(w, 1<<16)
		b.enc = json.NewEncoder(b.w)
	}
	b.write(&line{Type: "load", Version: ledgerVersion, Time: now, Prefix: Prefix, Sensors: cfg.Sensors, QoS: &cfg.QoS})
	return b
}

// write takes one line; mu is held, or nobody else knows b yet.
func (b *book) write(l *line) {
	if b.enc == nil || b.err != nil {
		return
	}
	l.Time = l.Time.UTC()
	if err := b.enc.Encode(l); err != nil {
		b.err = fmt.Errorf("write ledger: %w", err)
	}
}

func (b *book) writeRun(kind string, sensor int, r *run) {
	if r.to == 0 {
		return
	}
	until := r.last.UTC()
	b.write(&line{Type: kind, Time: r.first, Sensor: &sensor, From: r.from, To: r.to, Until: &until})
	*r = run{}
}

// sent notes that a sensor's next message is about to go out.
func (b *book) sent(sensor int, seq uint64, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sensors[sensor].sent.take(seq, at)
}

// acked notes a PUBACK. They may come in any order, after a connection has broken.
func (b *book) acked(sensor int, seq uint64, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := &b.sensors[sensor]
	if e.acked.to != 0 && e.acked.to+1 != seq {
		b.writeRun("sent", sensor, &e.sent) // first: nobody reads of an answer before the question
		b.writeRun("acked", sensor, &e.acked)
	}
	e.acked.take(seq, at)
}

func (r *run) take(seq uint64, at time.Time) {
	if r.to == 0 {
		r.from, r.first = seq, at
	}
	r.to, r.last = seq, at
}

// flush writes what has gathered.
func (b *book) flush() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.sensors {
		b.writeRun("sent", i, &b.sensors[i].sent)
		b.writeRun("acked", i, &b.sensors[i].acked)
	}
	if b.w != nil && b.err == nil {
		if err := b.w.Flush(); err != nil {
			b.err = fmt.Errorf("write ledger: %w", err)
		}
	}
	return b.err
}

// end writes the last line.
func (b *book) end(now time.Time, sent, acked int64) error {
	if err := b.flush(); err != nil {
		return err
	}
	b.mu.Lock()
	b.write(&line{Type: "end", Time: now, Sent: &sent, Acked: &acked})
	b.mu.Unlock()
	return b.flush()
}

// fault is what went wrong with the file, if anything did.
func (b *book) fault() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}
