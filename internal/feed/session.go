package feed

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
)

// session is one connection to the broker, from dial to end. paho's own reconnecting is off: it sleeps without an end in sight,
// has no jitter, and a new client per connection makes it certain that nothing of the old one is left.
type session struct {
	client  mqtt.Client
	conn    atomic.Pointer[conn] // set by dial, before the first packet
	receive func(*session, mqtt.Message)
	resumed bool // the broker has kept the session of last time
}

// errFull ends a connection whose messages find no room.
var errFull = errors.New("the queue is full: the journal takes nothing")

// disconnectIn is how long the broker may take to answer a DISCONNECT, and paho to end what it runs.
const disconnectIn = time.Second

// connect opens a session, which the broker forgets at its end if it is a visit; receive is called for each message, which may be before
// connect returns.
func connect(ctx context.Context, cfg Config, visit bool, receive func(*session, mqtt.Message)) (*session, error) {
	password, err := cfg.password()
	if err != nil {
		return nil, err
	}
	s := &session{receive: receive}
	options := mqtt.NewClientOptions().AddBroker(cfg.URL).SetClientID(cfg.ClientID).SetProtocolVersion(4).
		SetCleanSession(visit).SetAutoAckDisabled(true).SetOrderMatters(true).SetStore(noStore{}).
		SetAutoReconnect(false).SetConnectRetry(false).SetConnectTimeout(cfg.ConnectTimeout).
		// Twice a blocked handler's time: the answer to a ping stands in line behind the message that waits for room.
		SetKeepAlive(cfg.KeepAlive).SetPingTimeout(cfg.KeepAlive).
		// Before connecting: a kept session sends at once, and a message without a handler would never be acknowledged.
		SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { s.receive(s, m) })
	if cfg.Username != "" { // else paho takes those of the URL
		options.SetUsername(cfg.Username).SetPassword(password)
	}
	options.SetCustomOpenConnectionFn(func(u *url.URL, _ mqtt.ClientOptions) (net.Conn, error) {
		raw, err := cfg.dial(ctx, u)
		if err != nil {
			return nil, err
		}
		c := newConn(raw)
		s.conn.Store(c)
		if err := ctx.Err(); err != nil { // it ended before there was a connection to end
			c.end(err)
		}
		return c, nil
	})
	s.client = mqtt.NewClient(options)
	token := s.client.Connect()
	release := context.AfterFunc(ctx, func() { // the handshake waits for the broker, not for us
		if c := s.conn.Load(); c != nil {
			c.end(ctx.Err())
		}
	})
	<-token.Done() // bounded: dial and handshake have their time-outs
	release()
	if err := token.Error(); err != nil {
		if c := s.conn.Load(); c != nil {
			c.end(err)
		}
		return nil, plain(err)
	}
	if t, ok := token.(*mqtt.ConnectToken); ok {
		s.resumed = t.SessionPresent()
	}
	return s, nil
}

// plain takes paho's "network Error : " off what went wrong.
func plain(err error) error {
	if errors.Is(err, packets.ErrorNetworkError) {
		return errors.New(strings.TrimPrefix(err.Error(), packets.ErrorNetworkError.Error()+" : ")) //nolint:err113 // the same, in fewer words
	}
	return fmt.Errorf("the broker refuses us: %w", err)
}

// dead is closed when the connection has ended.
func (s *session) dead() <-chan struct{} { return s.conn.Load().dead }

// end gives the connection up.
func (s *session) end(why error) { s.conn.Load().end(why) }

// close takes the session down and returns why the connection ended. The broker keeps the session for the next one.
//
// It waits for the broker to close: then the broker has read every acknowledgement. If we closed first, the next daemon's connection
// could overtake them, and they would be thrown away with the old one.
func (s *session) close() error {
	c := s.conn.Load()
	if !c.ended.Load() {
		_, _ = c.Write([]byte{0xE0, 0}) // DISCONNECT (MQTT 3.1.1 §3.14)
		select {
		case <-c.dead:
		case <-time.After(disconnectIn):
		}
	}
	s.client.Disconnect(uint(disconnectIn / time.Millisecond))
	c.end(errGivenUp)
	return c.err
}

// acknowledge writes packets, unless the connection has ended.
func (s *session) acknowledge(packets []byte) {
	if c := s.conn.Load(); !c.ended.Load() {
		_, _ = c.Write(packets) // a failure ends the connection, which its owner sees
	}
}

// wait returns when the token is done, with its error, or the time or the connection is over.
func (s *session) wait(ctx context.Context, what string, token mqtt.Token) error {
	limit := time.NewTimer(answerIn)
	defer limit.Stop()
	select {
	case <-token.Done():
		if err := token.Error(); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	case <-s.dead():
		return fmt.Errorf("%s: %w", what, s.conn.Load().err)
	case <-limit.C:
		return fmt.Errorf("%s: the broker does not answer within %v", what, answerIn)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// answerIn bounds the wait for a SUBACK. It may stand behind a whole in-flight window of messages that come again.
const answerIn = time.Minute

// noStore is paho's memory of packets under way, without a memory: we publish nothing, and what we receive is in the queue until
// the journal has it. paho's own would keep a second copy under a key that it prints for each message.
type noStore struct{}

func (noStore) Open()                             {}
func (noStore) Put(string, packets.ControlPacket) {}
func (noStore) Get(string) packets.ControlPacket  { return nil }
func (noStore) All() []string                     { return nil }
func (noStore) Del(string)                        {}
func (noStore) Close()                            {}
func (noStore) Reset()                            {}
