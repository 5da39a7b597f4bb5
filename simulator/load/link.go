package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Pauses between attempts to connect again, and how far a schedule may fall behind before what was missed is given up: a load
// that could not be kept must not come as a flood afterwards.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 2 * time.Second
	maxBehind  = time.Second
)

// errLost says that the connection is gone; the next one goes on.
var errLost = errors.New("connection lost")

// link publishes for some of the sensors, over one connection at a time.
type link struct {
	cfg     *Config
	client  string
	book    *book
	sensors []*source
	rate    float64 // messages per second; 0: as fast as possible
	left    int     // messages that may still be sent; below 0: no limit

	turn    int // of sensors
	counts  *counts
	free    chan uint16 // packet identifiers that are not in use
	payload []byte
	packet  []byte // with QoS 0, where none has to be kept

	mu      sync.Mutex
	flights []flight // by identifier − 1
	order   uint64
}

// counts of all links together.
type counts struct {
	sent, acked, resent, reconnects atomic.Int64
}

// flight is a message that the broker has not acknowledged.
type flight struct {
	sensor int
	seq    uint64
	order  uint64 // of sending; 0: none is under way
	packet []byte
}

func newLink(cfg *Config, client string, b *book, c *counts) *link {
	l := &link{cfg: cfg, client: client, book: b, counts: c, left: -1}
	l.free = make(chan uint16, cfg.InFlight)
	for id := range cfg.InFlight {
		l.free <- uint16(id + 1)
	}
	l.flights = make([]flight, cfg.InFlight)
	return l
}

// run publishes until ctx ends or enough is sent, and then waits for the last acknowledgements, until life ends. It connects
// again as often as the connection breaks. That the first attempt fails is an error: a wrong address is no outage.
func (l *link) run(ctx, life context.Context) error {
	s, err := dial(ctx, l.cfg, l.client)
	if err != nil {
		return fmt.Errorf("connect to broker %s: %w", l.cfg.Broker, err)
	}
	for {
		err := l.serve(ctx, life, s)
		s.close()
		if !errors.Is(err, errLost) {
			return err
		}
		l.counts.reconnects.Add(1)
		if s, err = l.again(life); err != nil {
			return l.unacknowledged()
		}
	}
}

// again connects until it succeeds; the error is that of life's end.
func (l *link) again(life context.Context) (*session, error) {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		s, err := dial(life, l.cfg, l.client)
		if err == nil {
			return s, nil
		}
		select {
		case <-life.Done():
			return nil, err
		case <-time.After(pause):
		}
	}
}

// serve uses one connection: what was under way on the last one, then new messages, then the wait for the rest.
func (l *link) serve(ctx, life context.Context, s *session) error {
	s.listen(l.acknowledged, l.owed)
	if err := l.resend(s); err != nil {
		return errLost
	}
	if err := l.publish(ctx, s); err != nil {
		return err
	}
	if s.w.Flush() != nil {
		return errLost
	}
	taken := make([]uint16, 0, cap(l.free))
	defer func() {
		for _, id := range taken {
			l.free <- id
		}
	}()
	for len(taken) < cap(l.free) {
		select {
		case id := <-l.free:
			taken = append(taken, id)
		case <-s.lost:
			return errLost
		case <-life.Done():
			return l.unacknowledged()
		}
	}
	return nil
}

func (l *link) unacknowledged() error {
	return fmt.Errorf("the broker has not acknowledged %d messages within %v", len(l.flying()), drainTimeout)
}

// publish lets the sensors look by turns, until ctx ends or enough is sent.
func (l *link) publish(ctx context.Context, s *session) error {
	began, sent := time.Now(), 0
	for l.left != 0 && ctx.Err() == nil {
		if l.rate > 0 {
			due := began.Add(time.Duration(float64(sent) / l.rate * float64(time.Second)))
			if behind := time.Since(due); behind > maxBehind {
				began = began.Add(behind)
			} else if ok, err := l.pause(ctx, s, -behind); !ok {
				return err
			}
		}
		sensor := l.sensors[l.turn]
		l.turn = (l.turn + 1) % len(l.sensors)
		n, err := l.scan(ctx, s, sensor)
		if err != nil {
			return err
		}
		sent += n
	}
	return nil
}

// pause waits until the next scan is due; ok is false if there will be none on this connection.
func (l *link) pause(ctx context.Context, s *session, d time.Duration) (ok bool, err error) {
	if d <= 0 {
		return true, nil
	}
	if s.w.Flush() != nil {
		return false, errLost
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true, nil
	case <-s.lost:
		return false, errLost
	case <-ctx.Done():
		return false, nil
	}
}

// scan publishes one look of a sensor. It may end early with ctx.
func (l *link) scan(ctx context.Context, s *session, sensor *source) (sent int, err error) {
	if err := l.book.fault(); err != nil {
		return 0, err // what is sent and not written down proves nothing
	}
	sensor.look(time.Now())
	for l.left != 0 && ctx.Err() == nil {
		var id uint16
		if l.cfg.QoS > 0 {
			if id, err = l.identifier(ctx, s); id == 0 {
				return sent, err
			}
		}
		payload, ok := sensor.message(l.payload[:0])
		l.payload = payload
		if !ok {
			if id != 0 {
				l.free <- id
			}
			return sent, nil
		}
		if l.left > 0 {
			l.left--
		}
		sent++
		l.counts.sent.Add(1)
		if err := l.send(s, sensor, id); err != nil {
			return sent, errLost
		}
	}
	return sent, nil
}

// identifier waits for a packet identifier: the window. It is 0 if ctx ended first.
func (l *link) identifier(ctx context.Context, s *session) (uint16, error) {
	select {
	case id := <-l.free:
		return id, nil
	default:
	}
	if s.w.Flush() != nil {
		return 0, errLost
	}
	select {
	case id := <-l.free:
		return id, nil
	case <-s.lost:
		return 0, errLost
	case <-ctx.Done():
		return 0, nil
	}
}

// send takes the payload into the books, then writes it: what a broken connection swallows is sent again.
func (l *link) send(s *session, sensor *source, id uint16) error {
	l.book.sent(sensor.number, sensor.seq, time.Now())
	if id == 0 {
		l.packet = appendPublish(l.packet[:0], sensor.topic, 0, 0, l.payload)
		_, err := s.w.Write(l.packet)
		return err
	}
	l.mu.Lock()
	l.order++
	f := &l.flights[id-1]
	f.sensor, f.seq, f.order = sensor.number, sensor.seq, l.order
	f.packet = appendPublish(f.packet[:0], sensor.topic, l.cfg.QoS, id, l.payload)
	packet := f.packet // its identifier is free only after it was written, so nobody touches it now
	l.mu.Unlock()
	_, err := s.w.Write(packet)
	return err
}

// acknowledged takes a PUBACK. One for an identifier that is not under way says nothing.
func (l *link) acknowledged(id uint16) {
	if id == 0 || int(id) > len(l.flights) {
		return
	}
	l.mu.Lock()
	f := &l.flights[id-1]
	sensor, seq, known := f.sensor, f.seq, f.order != 0
	f.order = 0
	l.mu.Unlock()
	if !known {
		return
	}
	l.book.acked(sensor, seq, time.Now())
	l.counts.acked.Add(1)
	l.free <- id
}

func (l *link) owed() bool { return len(l.flying()) > 0 }

// flying lists the identifiers that are under way, in the order of sending.
func (l *link) flying() []uint16 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var ids []uint16
	for i := range l.flights {
		if l.flights[i].order != 0 {
			ids = append(ids, uint16(i+1))
		}
	}
	slices.SortFunc(ids, func(a, b uint16) int { return int(l.flights[a-1].order) - int(l.flights[b-1].order) }) //nolint:gosec // counts
	return ids
}

// resend writes what the last connection left unacknowledged, oldest first.
func (l *link) resend(s *session) error {
	for _, id := range l.flying() {
		l.counts.resent.Add(1)
		if _, err := s.w.Write(l.flights[id-1].packet); err != nil {
			return err
		}
	}
	return s.w.Flush()
}
