package load

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// Times of a connection. A broker that owes acknowledgements and says nothing for silent is given up.
const (
	connectTimeout = 10 * time.Second
	writeTimeout   = 20 * time.Second
	silent         = 30 * time.Second
	buffer         = 64 << 10
)

// session is one connection to a broker, MQTT 3.1.1, that only publishes. It is clean: the broker keeps nothing of it, and what is
// sent again on the next one is a new message there. The writer belongs to one goroutine, the reader to another.
type session struct {
	conn net.Conn
	w    *bufio.Writer
	lost chan struct{} // closed when nothing can be read any more
	why  error         // holds once lost is closed
	done sync.WaitGroup
}

// dial connects and says who we are.
func dial(ctx context.Context, cfg *Config, client string) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	address, secure, err := brokerAddress(cfg.Broker)
	if err != nil {
		return nil, err
	}
	var conn net.Conn
	if secure {
		conn, err = new(tls.Dialer).DialContext(ctx, "tcp", address)
	} else {
		conn, err = new(net.Dialer).DialContext(ctx, "tcp", address)
	}
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // wakes a read that waits for CONNACK
	err = greet(conn, cfg, client)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return &session{conn: conn, w: bufio.NewWriterSize(timed{conn}, buffer), lost: make(chan struct{})}, nil
}

// greet sends CONNECT and reads CONNACK. No keep-alive (0, MQTT 3.1.1 §3.1.2.10): a broker that is silent is found out by what it
// does not acknowledge.
func greet(conn net.Conn, cfg *Config, client string) error {
	hello := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket) //nolint:forcetypeassert // it makes what it is asked for
	hello.ProtocolName, hello.ProtocolVersion = "MQTT", 4
	hello.CleanSession, hello.ClientIdentifier = true, client
	hello.UsernameFlag, hello.Username = cfg.Username != "", cfg.Username
	hello.PasswordFlag, hello.Password = cfg.Password != "", []byte(cfg.Password)
	if err := hello.Write(conn); err != nil {
		return err
	}
	answer, err := packets.ReadPacket(conn)
	if err != nil {
		return fmt.Errorf("no answer to CONNECT: %w", err)
	}
	ack, ok := answer.(*packets.ConnackPacket)
	if !ok {
		return fmt.Errorf("the answer to CONNECT is %s", answer)
	}
	if ack.ReturnCode != packets.Accepted {
		return fmt.Errorf("the broker refuses us: %s", packets.ConnackReturnCodes[ack.ReturnCode])
	}
	return nil
}

// timed is a connection whose writes do not hang: a peer that takes nothing is gone.
type timed struct{ net.Conn }

func (t timed) Write(p []byte) (int, error) {
	if err := t.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return t.Conn.Write(p)
}

// listen starts reading acknowledgements; acked gets each, on the reading goroutine, until lost is closed. owed says whether any is due.
func (s *session) listen(acked func(id uint16), owed func() bool) {
	s.done.Go(func() {
		s.why = s.read(acked, owed)
		close(s.lost)
	})
}

func (s *session) read(acked func(id uint16), owed func() bool) error {
	r := bufio.NewReaderSize(s.conn, buffer)
	owing := false // already at the last silence: what was sent just now is not late
	for {
		if r.Buffered() == 0 {
			if err := s.conn.SetReadDeadline(time.Now().Add(silent)); err != nil {
				return err
			}
		}
		head, err := r.Peek(4)
		var late net.Error
		switch {
		case errors.As(err, &late) && late.Timeout() && (!owing || !owed()):
			owing = owed()
			continue
		case errors.As(err, &late) && late.Timeout():
			return fmt.Errorf("the broker has acknowledged nothing for %v", silent)
		case err != nil:
			return err
		case head[0] != packets.Puback<<4 || head[1] != 2: // MQTT 3.1.1 §3.4: two bytes of identifier
			return fmt.Errorf("the broker sends %x to one who only publishes", head)
		}
		owing = false
		acked(binary.BigEndian.Uint16(head[2:]))
		if _, err := r.Discard(4); err != nil {
			return err
		}
	}
}

// close ends the connection, in good order if it still stands, and the reader with it.
func (s *session) close() {
	_, _ = s.w.Write([]byte{packets.Disconnect << 4, 0}) // if it fails, the connection is gone already
	_ = s.w.Flush()
	_ = s.conn.Close()
	s.done.Wait()
}

// appendPublish appends a PUBLISH packet (MQTT 3.1.1 §3.3). id is left out with QoS 0.
func appendPublish(b []byte, topic string, qos int, id uint16, payload []byte) []byte {
	rest := 2 + len(topic) + len(payload) + 2*qos
	b = append(b, packets.Publish<<4|byte(qos<<1)) //nolint:gosec // 0 or 1
	for ; rest >= 0x80; rest >>= 7 {
		b = append(b, byte(rest)|0x80) // seven bits at a time: §2.2.3
	}
	b = append(b, byte(rest))                                //nolint:gosec // below 128
	b = binary.BigEndian.AppendUint16(b, uint16(len(topic))) //nolint:gosec // our own, short
	b = append(b, topic...)
	if qos > 0 {
		b = binary.BigEndian.AppendUint16(b, id)
	}
	return append(b, payload...)
}
