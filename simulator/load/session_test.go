package load

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"pgregory.net/rapid"
)

func TestAppendPublish_isWhatPahoReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		topic := rapid.StringMatching(`[a-z0-9/-]{1,60}`).Draw(t, "topic")
		payload := rapid.SliceOfN(rapid.Byte(), 0, 20_000).Draw(t, "payload")
		qos := rapid.IntRange(0, 1).Draw(t, "qos")
		id := rapid.Uint16Range(1, maxWindow).Draw(t, "id")
		packet, err := packets.ReadPacket(bytes.NewReader(appendPublish(nil, topic, qos, id, payload)))
		if err != nil {
			t.Fatal(err)
		}
		p, ok := packet.(*packets.PublishPacket)
		if !ok || p.TopicName != topic || int(p.Qos) != qos || p.Retain || p.Dup ||
			!bytes.Equal(p.Payload, payload) || qos == 1 && p.MessageID != id {
			t.Fatalf("read as %v", packet)
		}
	})
}

// broker is one that misbehaves: serve has the connection after CONNACK, the n-th from 1 on.
func broker(t *testing.T, serve func(n int, conn net.Conn)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for n := 1; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := packets.ReadPacket(conn); err == nil {
				_ = packets.NewControlPacket(packets.Connack).Write(conn)
				serve(n, conn)
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-ended })
	return "tcp://" + l.Addr().String()
}

// take reads messages until DISCONNECT or n of them.
func take(conn net.Conn, n int) (all []*packets.PublishPacket) {
	for len(all) < n {
		packet, err := packets.ReadPacket(conn)
		p, ok := packet.(*packets.PublishPacket)
		if err != nil || !ok {
			break
		}
		all = append(all, p)
	}
	return all
}

func ack(conn net.Conn, ids ...uint16) {
	for _, id := range ids {
		p := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
		p.MessageID = id
		_ = p.Write(conn)
	}
}

func TestLink_sendsAgainWhatWasNotAcknowledgedBeforeAnythingNew(t *testing.T) {
	var first, second []*packets.PublishPacket
	url := broker(t, func(n int, conn net.Conn) {
		if n == 1 {
			first = take(conn, 10)
			ack(conn, first[7].MessageID, first[2].MessageID, first[2].MessageID, 999, 0) // out of order, twice, never sent
			_, _ = conn.Write([]byte{packets.Pingresp << 4, 0, packets.Pingresp << 4, 0}) // what nobody asked for: the connection breaks
			take(conn, 1000)
			return
		}
		for {
			p := take(conn, 1)
			if len(p) == 0 {
				return
			}
			second = append(second, p...)
			ack(conn, p[0].MessageID)
		}
	})
	cfg := small(url)
	cfg.Sensors, cfg.Connections, cfg.InFlight, cfg.Messages = 1, 1, 10, 25
	var ledger bytes.Buffer
	cfg.Ledger = &ledger
	p, err := Run(t.Context(), cfg)
	if err != nil || p.Sent != 25 || p.Acked != 25 || p.Reconnects != 1 || p.Resent < 8 {
		t.Fatalf("%v, %+v", err, p)
	}
	var ids []string
	for _, p := range second {
		id, _, _ := bytes.Cut(p.Payload[bytes.Index(p.Payload, []byte("load-000")):], []byte(`"`))
		ids = append(ids, string(id))
	}
	if !slices.IsSorted(ids) || ids[0] != "load-000-000000001" || ids[2] != "load-000-000000004" || ids[len(ids)-1] != "load-000-000000025" {
		t.Errorf("the second connection brought %v", ids)
	}
	if slices.Contains(ids, "load-000-000000003") || slices.Contains(ids, "load-000-000000008") {
		t.Errorf("what was acknowledged was sent again: %v", ids)
	}
	if r := report(t, ledger.Bytes(), nil); r.Acked != 25 || len(r.Sensors) != 1 || r.Sensors[0].Missing[0] != (Range{1, 25}) {
		t.Errorf("%+v", r)
	}
}

func TestDial_doesNotWaitForEverForAnAnswer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	began := time.Now()
	cfg := small("tcp://" + l.Addr().String())
	ctx, stop := contextWithTimeout(t, 200*time.Millisecond)
	defer stop()
	if _, err := dial(ctx, &cfg, "x"); err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

func TestDial_anAnswerThatIsNoneIsSaid(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = fmt.Fprint(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
			_ = conn.Close()
		}
	}()
	if _, err := Run(t.Context(), small("tcp://"+l.Addr().String())); err == nil {
		t.Error("a web server passed for a broker")
	}
}
