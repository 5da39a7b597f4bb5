package feed

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"cutline/internal/secrets"
)

// readBuffer below paho: it reads a packet in four pieces, each a system call without it.
const readBuffer = 64 << 10

// writeTimeout of one write. A peer that takes nothing would else hold the ping that is to find it out.
const writeTimeout = 20 * time.Second

// conn is the connection as paho sees it: buffered on the way in, and with an end that can be waited for.
//
// Acknowledgements are written here as well, in runs, beside what paho writes: paho takes each of its own through three goroutines
// and a system call. The bytes are the same, and paho keeps no account of what it received with QoS 1.
type conn struct {
	net.Conn

	in      *bufio.Reader
	writing sync.Mutex // one writer at a time: the web socket wants it so

	ended atomic.Bool
	dead  chan struct{} // closed when the connection has ended, for whatever reason
	err   error         // why; holds once dead is closed
	once  sync.Once
}

func newConn(c net.Conn) *conn {
	return &conn{Conn: c, in: bufio.NewReaderSize(c, readBuffer), dead: make(chan struct{})}
}

// Read gives nothing once the connection has ended, though the buffer may hold more: what is not acknowledged comes again.
func (c *conn) Read(p []byte) (int, error) {
	if c.ended.Load() {
		return 0, c.why()
	}
	n, err := c.in.Read(p)
	if errors.Is(err, io.EOF) {
		c.end(errors.New("the broker closed it"))
		return n, c.why()
	}
	if err != nil {
		c.end(fmt.Errorf("read: %w", err))
		return n, c.why()
	}
	return n, nil
}

// Write sends a whole packet, or several. A failed write ends the connection: a part of a packet may be gone.
func (c *conn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		c.end(fmt.Errorf("write: %w", err))
		return 0, c.why()
	}
	n, err := c.Conn.Write(p)
	if err != nil {
		c.end(fmt.Errorf("write: %w", err))
		return n, c.why()
	}
	return n, nil
}

// Close is paho's way to end it, after a DISCONNECT or when a ping has no answer.
func (c *conn) Close() error {
	c.end(errGivenUp)
	return nil
}

// errGivenUp is the end by paho.
var errGivenUp = errors.New("given up by our side: no answer to a ping, or a disconnect")

// end closes the connection for the reason given; only the first counts.
func (c *conn) end(why error) {
	c.once.Do(func() {
		c.err = why
		c.ended.Store(true)
		close(c.dead)
		_ = c.Conn.Close()
	})
}

// why is the error for paho. It swallows net.ErrClosed, which it takes for its own doing, so a connection that we end must not
// have that text: paho would go on believing in it.
func (c *conn) why() error {
	<-c.dead
	if errors.Is(c.err, errGivenUp) {
		return net.ErrClosed
	}
	return errors.New("connection ended: " + c.err.Error()) //nolint:err113 // its text must stand alone
}

// dial opens the connection to the broker at u.
func (c Config) dial(ctx context.Context, u *url.URL) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.ConnectTimeout)
	defer cancel()
	scheme := schemes[u.Scheme]
	var secure *tls.Config
	if scheme.tls {
		var err error
		if secure, err = secrets.TLS(c.CAFile, c.CertFile, c.KeyFile); err != nil {
			return nil, err
		}
	}
	switch {
	case scheme.web:
		bare := *u
		bare.User = nil // the name and password go into CONNECT
		return mqtt.NewWebsocket(bare.String(), secure, c.ConnectTimeout, nil, nil)
	case scheme.tls:
		dialer := tls.Dialer{Config: secure}
		return dialer.DialContext(ctx, "tcp", u.Host)
	default:
		return new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	}
}
