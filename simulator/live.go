package simulator

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// LiveConfig says where a Run is played in real time.
type LiveConfig struct {
	Broker   string // tcp://host:1883, or ssl://
	Username string
	Password string
	Sinks    Sinks
	Progress func(Progress) // after each message, on the playing goroutine; nil if nobody looks
}

// Progress of a Run that is played live.
type Progress struct {
	Sent   int       // messages handed to the broker
	Acked  int       // of them, acknowledged
	At     time.Time // of the last item
	Sensor string    // that sent it
}

// Bounds of what may be under way, and how long the end waits for the last acknowledgements.
const (
	maxInFlight    = 2048
	connectTimeout = 10 * time.Second
	drainTimeout   = 10 * time.Second
)

// Live plays the day against the wall clock and publishes it with QoS 1, from Options.Start on; which should be now. Each sensor
// has a connection of its own, whose will says that the sensor is offline. It ends with the day, or with ctx, and then has
// waited for the acknowledgements of all that it sent; an error says what was not acknowledged.
func (r *Run) Live(ctx context.Context, cfg LiveConfig) (Progress, error) {
	p := &publisher{cfg: cfg, clients: map[string]mqtt.Client{}, run: fmt.Sprintf("%x", time.Now().UnixNano()&0xffffff)}
	defer p.close()
	for _, d := range r.devices {
		if d.id == "" || p.clients[d.id] != nil {
			continue
		}
		if err := p.connect(ctx, d.id, "border/"+r.scenario.Sector.ID+"/"+d.id+"/status"); err != nil {
			return p.done, err
		}
	}
	err := r.play(ctx, p)
	return p.done, errors.Join(err, p.drain())
}

// play gives out the items when they are due, until the day or ctx ends.
func (r *Run) play(ctx context.Context, p *publisher) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for it, ok := r.Next(); ok; it, ok = r.Next() {
		timer.Reset(time.Until(it.At))
		select {
		case <-ctx.Done():
			return nil // an end that was asked for
		case <-timer.C:
		}
		if it.Truth == nil {
			if err := p.publish(ctx, &it); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return err
			}
		}
		if err := p.cfg.Sinks.take(&it); err != nil {
			return err
		}
	}
	return nil
}

// publisher holds the connections and what is under way on them.
type publisher struct {
	cfg     LiveConfig
	run     string // makes client ids unlike those of another run: a broker ends the older of two equals
	clients map[string]mqtt.Client
	flying  []flight // oldest first
	done    Progress
}

type flight struct {
	topic string
	token mqtt.Token
}

func (p *publisher) connect(ctx context.Context, sensor, status string) error {
	o := mqtt.NewClientOptions().AddBroker(p.cfg.Broker).SetClientID("sim-" + sensor + "-" + p.run)
	o.SetUsername(p.cfg.Username).SetPassword(p.cfg.Password)
	o.SetConnectTimeout(connectTimeout).SetAutoReconnect(true).SetMaxReconnectInterval(2 * time.Second)
	o.SetWill(status, `{"state":"offline"}`, 1, false)
	o.SetCustomOpenConnectionFn(func(u *url.URL, o mqtt.ClientOptions) (net.Conn, error) { return open(ctx, u, &o) })
	c := mqtt.NewClient(o)
	token := c.Connect()
	p.clients[sensor] = c
	select {
	case <-token.Done():
		if err := token.Error(); err != nil {
			return fmt.Errorf("connect %s to broker %s: %w", sensor, p.cfg.Broker, err)
		}
	case <-ctx.Done():
		return fmt.Errorf("connect %s to broker %s: %w", sensor, p.cfg.Broker, ctx.Err())
	}
	return nil
}

// open dials the broker. Reads go through a buffer, since the client reads an acknowledgement in four pieces: without it, half of the
// time of a fast day is spent in the kernel.
func open(ctx context.Context, u *url.URL, o *mqtt.ClientOptions) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: o.ConnectTimeout}
	var conn net.Conn
	var err error
	switch u.Scheme {
	case "tcp", "mqtt":
		conn, err = dialer.DialContext(ctx, "tcp", u.Host)
	case "ssl", "tls", "mqtts":
		conn, err = (&tls.Dialer{NetDialer: dialer, Config: o.TLSConfig}).DialContext(ctx, "tcp", u.Host)
	default:
		return nil, fmt.Errorf("broker %s: the scheme must be tcp or ssl", u)
	}
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	return bufferedConn{conn, bufio.NewReader(conn)}, nil
}

// bufferedConn is a connection that is read through a buffer.
type bufferedConn struct {
	net.Conn
	r *bufio.Reader
}

// Read is of net.Conn.
func (c bufferedConn) Read(p []byte) (int, error) {
	return c.r.Read(p) //nolint:wrapcheck // it stands in for the connection's own
}

// publish sends a message, after waiting for the oldest one if too many are under way.
func (p *publisher) publish(ctx context.Context, it *Item) error {
	for len(p.flying) > 0 {
		oldest := p.flying[0]
		if len(p.flying) < maxInFlight {
			select {
			case <-oldest.token.Done():
			default:
				return p.send(it)
			}
		}
		select {
		case <-oldest.token.Done():
		case <-ctx.Done():
			return ctx.Err()
		}
		p.flying = p.flying[1:]
		if err := oldest.token.Error(); err != nil {
			return fmt.Errorf("publish to %s: %w", oldest.topic, err)
		}
		p.done.Acked++
	}
	return p.send(it)
}

func (p *publisher) send(it *Item) error {
	token := p.clients[it.Sensor].Publish(it.Topic, 1, false, it.Payload)
	p.flying = append(p.flying, flight{it.Topic, token})
	p.done.Sent++
	p.done.At, p.done.Sensor = it.At, it.Sensor
	if p.cfg.Progress != nil {
		p.cfg.Progress(p.done)
	}
	return nil
}

// drain waits until all is acknowledged.
func (p *publisher) drain() error {
	deadline := time.NewTimer(drainTimeout)
	defer deadline.Stop()
	for i, f := range p.flying {
		select {
		case <-f.token.Done():
			if err := f.token.Error(); err != nil {
				return fmt.Errorf("publish to %s: %w", f.topic, err)
			}
			p.done.Acked++
		case <-deadline.C:
			return fmt.Errorf("the broker has not acknowledged %d of %d messages within %v", len(p.flying)-i, p.done.Sent, drainTimeout)
		}
	}
	p.flying = nil
	return nil
}

func (p *publisher) close() {
	for _, c := range p.clients {
		c.Disconnect(250)
	}
}
