package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"sync"
	"time"

	"cutline/internal/notify/cot"
	"cutline/internal/record"
	"cutline/internal/secrets"
)

// tak shows alerts, tracks, sensors and the border on a map that speaks CoT.
//
// CoT has no acknowledgement. What is written to a connection that is open before and after counts as confirmed, and because a peer may
// still have lost it, all that stands is held here: it is written again with every new connection, and in time before it is stale. So
// the map comes right within seconds of any outage, and an alert stays until it is taken back.
type tak struct {
	cfg  CoT
	url  *url.URL
	site Site

	mu     sync.Mutex
	conn   net.Conn // nil: none
	wrote  time.Time
	border time.Time             // when the border was written last
	held   map[string]standing   // by uid
	tracks map[string]shownTrack // the newest events, by uid: an alert is shown after what it is about
}

// standing is an alert or a sensor on the map.
type standing struct {
	event *record.Event
	wrote time.Time
	until time.Time // it is forgotten then; zero: it stands
}

type shownTrack struct {
	event *cot.Event
	at    time.Time
}

const (
	borderStale  = 24 * time.Hour
	borderAgain  = 10 * time.Minute
	sensorStale  = 5 * time.Minute
	cancelFor    = 5 * time.Minute // so long the end of an alert is told to those who connect
	pingAfter    = 20 * time.Second
	tracksKept   = 10 * time.Minute
	longestReply = 1 << 20 // of what a server says that nobody here reads
)

func newTAK(cfg CoT, site Site) *tak {
	u, err := url.Parse(cfg.URL)
	if err != nil {
		u = new(url.URL) // the settings have been checked
	}
	return &tak{cfg: cfg, url: u, site: site, held: make(map[string]standing), tracks: make(map[string]shownTrack)}
}

// Deliver writes the items, after all that stands if the connection is new.
func (k *tak) Deliver(ctx context.Context, items []Item) error {
	if err := ctx.Err(); err != nil {
		return err //nolint:wrapcheck // the end was asked for
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(items) > 0 && items[0].Event.Track != nil {
		return k.deliverTracks(items)
	}
	now := time.Now()
	var page []cot.Event
	if k.conn != nil && k.listen() != nil {
		k.drop() // it has gone since the last time
	}
	if k.conn == nil {
		if err := k.connect(ctx); err != nil {
			return err
		}
		page = k.all(now)
	}
	for _, item := range items {
		page = append(page, k.put(item, now)...)
	}
	page = append(page, k.refresh(now)...)
	if err := k.write(page); err != nil {
		k.drop()
		return err
	}
	return nil
}

// deliverTracks writes to the connection that there is: the next position comes in a second anyway.
func (k *tak) deliverTracks(items []Item) error {
	now := time.Now()
	page := make([]cot.Event, len(items))
	for i, item := range items {
		page[i] = cot.Track(item.Event.Sector, item.Event.Track, now, k.cfg.TrackStale)
		k.tracks[page[i].UID] = shownTrack{&page[i], now}
	}
	for uid, t := range k.tracks { // without this the map grows by every track there ever was
		if now.Sub(t.at) > tracksKept {
			delete(k.tracks, uid)
		}
	}
	if k.conn == nil {
		return errAway
	}
	if err := k.write(page); err != nil {
		k.drop()
		return err
	}
	return nil
}

// all is what stands.
func (k *tak) all(now time.Time) []cot.Event {
	page := k.borders(now)
	for _, uid := range sorted(k.held) {
		page = append(page, k.render(k.held[uid].event, now)...)
		k.touch(uid, now)
	}
	return page
}

func (k *tak) touch(uid string, now time.Time) {
	s := k.held[uid]
	s.wrote = now
	k.held[uid] = s
}

func (k *tak) borders(now time.Time) []cot.Event {
	k.border = now
	if !slices.Contains(k.cfg.Show, ShowBorder) {
		return nil
	}
	var page []cot.Event
	for i, line := range k.site.Lines {
		page = append(page, cot.Border(fmt.Sprintf("border-%d", i+1), line, now, borderStale)...)
	}
	return page
}

// put takes an item among what stands, and gives it as it is to be written.
func (k *tak) put(item Item, now time.Time) []cot.Event {
	e := item.Event
	s := standing{event: e, wrote: now}
	var uid string
	switch {
	case e.Alert != nil:
		uid = cot.UID(e.Sector, e.Alert.ID)
		if !cot.Stands(e.Alert) {
			if item.Repeat && now.Sub(e.Alert.Updated) > cancelFor {
				return nil // it ended long before this daemon began
			}
			s.until = now.Add(cancelFor)
		}
	case e.Sensor != nil:
		uid = cot.UID(e.Sector, e.Sensor.ID)
	default:
		return nil
	}
	page := k.render(e, now)
	if len(page) > 0 {
		k.held[uid] = s
	}
	return page
}

// refresh is what would be stale soon, and a ping on a line that is quiet.
func (k *tak) refresh(now time.Time) []cot.Event {
	var page []cot.Event
	for _, uid := range sorted(k.held) {
		s := k.held[uid]
		life := sensorStale
		if s.event.Alert != nil {
			life = k.cfg.AlertStale
		}
		switch {
		case !s.until.IsZero() && now.After(s.until):
			delete(k.held, uid)
		case now.Sub(s.wrote) > life/3:
			page = append(page, k.render(s.event, now)...)
			k.touch(uid, now)
		}
	}
	if now.Sub(k.border) > borderAgain {
		page = append(page, k.borders(now)...)
	}
	if len(page) == 0 && now.Sub(k.wrote) > pingAfter && k.url.Scheme != "udp" {
		page = append(page, cot.Ping(now))
	}
	return page
}

// render gives an event as CoT; an alert behind what it is about, if that is not on the map by itself.
func (k *tak) render(e *record.Event, now time.Time) []cot.Event {
	if e.Sensor != nil {
		place, ok := k.site.Sensors[e.Sensor.ID]
		if !ok || !slices.Contains(k.cfg.Show, ShowSensors) {
			return nil
		}
		return []cot.Event{cot.Sensor(e.Sector, e.Sensor, place.At, place.Kind, now, sensorStale)}
	}
	about := k.subject(e, now)
	return []cot.Event{about, cot.Alert(e.Sector, e.Alert, cot.Of(&about), now, k.cfg.AlertStale)}
}

// subject of an alert: its track as it was last, else a mark of an unknown where the alert is; of a sensor's, the sensor.
func (k *tak) subject(e *record.Event, now time.Time) cot.Event {
	a := e.Alert
	for _, id := range a.Tracks {
		if t, ok := k.tracks[cot.UID(e.Sector, id)]; ok {
			return *t.event
		}
	}
	if place, ok := k.site.Sensors[a.Sensor]; ok && a.Sensor != "" {
		s := &record.SensorEvent{ID: a.Sensor, State: a.Kind}
		return cot.Sensor(e.Sector, s, place.At, place.Kind, now, sensorStale)
	}
	mark := record.TrackEvent{ID: a.ID, Lat: a.Lat, Lon: a.Lon, Class: map[string]float64{a.Class: a.Confidence}, Simulated: a.Simulated}
	if len(a.Tracks) > 0 {
		mark.ID = a.Tracks[0]
	}
	if a.Lat == 0 && a.Lon == 0 && len(k.site.Lines) > 0 && len(k.site.Lines[0]) > 0 {
		p := k.site.Lines[0][0] // it has no place of its own, and must be seen all the same
		mark.Lat, mark.Lon = float64(p.Lat), float64(p.Lon)
	}
	return cot.Track(e.Sector, &mark, now, k.cfg.AlertStale)
}

func (k *tak) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, k.cfg.Timeout)
	defer cancel()
	var err error
	switch k.url.Scheme {
	case "udp":
		dialer := net.Dialer{}
		if k.cfg.Interface != "" {
			from, err := sourceOf(k.cfg.Interface)
			if err != nil {
				return fmt.Errorf("cot.interface: %w", err)
			}
			dialer.LocalAddr = from
		}
		k.conn, err = dialer.DialContext(ctx, "udp4", k.url.Host)
	case "tls":
		t, err := secrets.TLS(k.cfg.CAFile, k.cfg.CertFile, k.cfg.KeyFile)
		if err != nil {
			return fmt.Errorf("cot.%w", err)
		}
		t.ServerName = k.cfg.ServerName
		if t.ServerName == "" {
			t.ServerName = k.url.Hostname()
		}
		conn, err := (&tls.Dialer{Config: t}).DialContext(ctx, "tcp", k.url.Host)
		if err != nil {
			return fmt.Errorf("connect to %s: %w", k.cfg.URL, err)
		}
		k.conn = conn // an interface that holds nil is not nil
	default:
		k.conn, err = new(net.Dialer).DialContext(ctx, "tcp", k.url.Host)
	}
	if err != nil {
		k.conn = nil
		return fmt.Errorf("connect to %s: %w", k.cfg.URL, err)
	}
	return nil
}

// write sends events and looks whether the far side is still there.
func (k *tak) write(page []cot.Event) error {
	if err := k.conn.SetWriteDeadline(time.Now().Add(k.cfg.Timeout)); err != nil {
		return fmt.Errorf("write to %s: %w", k.cfg.URL, err)
	}
	var text []byte
	for i := range page {
		var err error
		if text, err = page[i].Append(text); err != nil {
			return err //nolint:wrapcheck // it says whose event it is
		}
		if k.url.Scheme != "udp" && i < len(page)-1 && len(text) < 64<<10 {
			continue // a stream takes many at once, a datagram holds one
		}
		if _, err = k.conn.Write(text); err != nil {
			return fmt.Errorf("write to %s: %w", k.cfg.URL, err)
		}
		text = text[:0]
	}
	if len(page) > 0 {
		k.wrote = time.Now()
	}
	return k.listen()
}

// listen takes what the far side says, which nobody needs, and finds out whether it has closed.
func (k *tak) listen() error {
	if k.url.Scheme == "udp" {
		return nil
	}
	buf := make([]byte, 4<<10)
	for read := 0; read < longestReply; {
		if err := attend(k.conn, 0); err != nil {
			return fmt.Errorf("read from %s: %w", k.cfg.URL, err)
		}
		n, err := k.conn.Read(buf)
		read += n
		var late net.Error
		switch {
		case err == nil:
		case errors.As(err, &late) && late.Timeout():
			return nil
		case errors.Is(err, io.EOF):
			return fmt.Errorf("%s has closed the connection", k.cfg.URL)
		default:
			return fmt.Errorf("read from %s: %w", k.cfg.URL, err)
		}
	}
	return nil
}

func (k *tak) drop() {
	if k.conn != nil {
		_ = k.conn.Close()
		k.conn = nil
	}
}

// Close ends the connection. What is on the map fades by itself.
func (k *tak) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop()
	return nil
}
