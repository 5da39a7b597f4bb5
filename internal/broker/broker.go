// Package broker runs a NATS server inside the process: the journal's JetStream, and an MQTT listener for sites that have no
// broker of their own.
//
//	sensors ─ MQTT 3.1.1 ─► account MQTT          (topics of sensors; $MQTT_ streams of its own)
//	journal ─ in process ─► account JOURNAL       (INPUT, PICTURE, …), reached by Server.Conn only
//
// The two accounts share nothing: what a sensor publishes can never land in the journal's streams, whatever its topic. There is
// no NATS port. The server is ready when Start returns and gone, with everything on disk, when Close returns.
//
// What to know of the MQTT listener: it speaks 3.1.1, not 5. It has no shared subscriptions. A '.' in a topic becomes "//" inside,
// and a space is refused, so sensor and sector ids must have neither. PUBACK follows the store in its own stream, which keeps a
// message only for persistent sessions that exist already: a message that comes before the first subscription of the feed is
// acknowledged and gone. Hence HoldSensors: sensors wait in their CONNECT until the feed has subscribed and Admit is called.
// With SyncEvery 0 the listener takes about 3,500 messages/s, since every single one is fsynced.
package broker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// The accounts, and the users that the process itself is inside them.
const (
	journalAccount = "JOURNAL"
	mqttAccount    = "MQTT"
	journalUser    = "cutline-journal"
	feedUser       = "cutline-feed"
)

// accounts is the part of the server's settings that has no field in its options.
const accounts = `accounts { ` + journalAccount + ` { jetstream: enabled }, ` + mqttAccount + ` { jetstream: enabled } }`

// What the MQTT listener keeps under way. A subscription keeps the values that it was made with.
//
// comesAgain: what was sent and not acknowledged is sent again after this time, and not when its session comes back, as other
// brokers do. After a kill it is what the feed had under way, and it should not come later than what the sensors held meanwhile.
//
// underWay is of one subscription. The server refuses those that would take a session above 65,535 (mqttMaxAckTotalLimit in its
// mqtt.go), and the feed has two for each sensor: its own 1,024 would end at 31 sensors, ours ends at 1,023. At a group commit of
// 5 ms it lets one sensor send more than the whole listener takes.
const (
	comesAgain = 2 * time.Second
	underWay   = 32
)

// readyWithin bounds the start: recovery of the streams is part of it, and a big journal takes its time.
const readyWithin = 2 * time.Minute

// Server is the running server and the in-process connection of the journal.
type Server struct {
	nats  *server.Server
	conn  *nats.Conn
	gate  *gate
	mqtt  string // URL of the listener, empty without
	close sync.Once
}

// Start runs the server and waits until it is ready. What it says is logged: notices at debug, faults as they are.
func Start(ctx context.Context, cfg Config, log *slog.Logger) (*Server, error) {
	g, err := newGate(cfg)
	if err != nil {
		return nil, fmt.Errorf("start broker: %w", err)
	}
	opts, err := options(cfg, g)
	if err != nil {
		return nil, fmt.Errorf("start broker: %w", err)
	}
	ns, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("start broker: %w", err)
	}
	voice := &voice{log: log}
	ns.SetLoggerV2(voice, false, false, false)
	g.server.Store(ns)
	s := &Server{nats: ns, gate: g}
	ns.Start()
	if err = s.ready(ctx, voice); err == nil {
		err = s.connect()
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("start broker: %w", err)
	}
	if cfg.Listen != "" {
		s.mqtt = mqttURL(cfg, opts)
	}
	return s, nil
}

func options(cfg Config, g *gate) (*server.Options, error) {
	opts := &server.Options{}
	if err := opts.ProcessConfigString(accounts); err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	opts.ServerName = "cutline"
	opts.DontListen, opts.NoSigs, opts.NoLog = true, true, true
	opts.CustomClientAuthentication = g
	opts.MaxPayload = int32(cfg.MaxPayload)      //nolint:gosec // Check bounds it
	opts.MaxPending = 4 * int64(opts.MaxPayload) // of one slow reader, before it is cut off
	opts.JetStream, opts.StoreDir = true, cfg.Dir
	opts.JetStreamMaxMemory = cfg.MaxMemory
	opts.JetStreamMaxStore = 1 << 50 // the journal's caps rule; the server would refuse a cap above three quarters of the free disk
	opts.SyncAlways, opts.SyncInterval = cfg.SyncEvery == 0, cfg.SyncEvery
	if cfg.Listen == "" {
		return opts, nil
	}
	host, port, err := freeAddress(cfg.Listen)
	if err != nil {
		return nil, err
	}
	opts.MQTT.Host, opts.MQTT.Port = host, port
	opts.MQTT.AckWait, opts.MQTT.MaxAckPending = comesAgain, underWay
	opts.MQTT.TLSConfig, err = listenerTLS(cfg)
	opts.MQTT.TLSTimeout = 5
	return opts, err
}

// freeAddress tries to listen, since the server itself reports a port in use as a fatal line in the log.
func freeAddress(listen string) (host string, port int, err error) {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return "", 0, fmt.Errorf("mqtt listener: %w", err)
	}
	defer l.Close() //nolint:errcheck // nothing was written
	host, word, err := net.SplitHostPort(listen)
	if err != nil {
		return "", 0, fmt.Errorf("mqtt listener: %w", err)
	}
	if word == "0" || word == "" {
		return host, -1, nil // the server's word for a free one
	}
	return host, l.Addr().(*net.TCPAddr).Port, nil
}

func (s *Server) ready(ctx context.Context, v *voice) error {
	for start := time.Now(); time.Since(start) < readyWithin; {
		if s.nats.ReadyForConnections(100 * time.Millisecond) {
			return nil
		}
		if why := v.fatal.Load(); why != nil {
			return errors.New(*why)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return fmt.Errorf("not ready within %v", readyWithin)
}

func (s *Server) connect() (err error) {
	s.conn, err = nats.Connect("", nats.InProcessServer(s.nats), nats.Name("cutline"), nats.MaxReconnects(-1),
		nats.UserInfo(journalUser, s.gate.secret), nats.ReconnectBufSize(-1), nats.NoCallbacksAfterClientClose())
	return err
}

func mqttURL(cfg Config, opts *server.Options) string {
	scheme := "tcp"
	if cfg.CertFile != "" {
		scheme = "ssl"
	}
	host := opts.MQTT.Host
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(opts.MQTT.Port))
}

// Conn is the connection of this process to the account that holds the journal. It lives until Close.
func (s *Server) Conn() *nats.Conn { return s.conn }

// MQTTURL is where the listener can be reached from this machine, as paho writes it; empty without a listener.
func (s *Server) MQTTURL() string { return s.mqtt }

// MQTTUser is the name and the password by which this process itself connects to the listener. They are new at every start.
func (s *Server) MQTTUser() (user, password string) { return feedUser, s.gate.secret }

// Admit lets the MQTT clients in that HoldSensors has kept waiting, and all that come later.
func (s *Server) Admit() { s.gate.open() }

// Close ends the connection and the server, and waits until all is on disk. Stop the journal first. It may be called twice.
func (s *Server) Close() {
	s.close.Do(func() {
		if s.conn != nil {
			s.conn.Close()
		}
		s.gate.shut()
		s.nats.Shutdown()
		s.nats.WaitForShutdown()
	})
}

func secret() string { return rand.Text() }
