package feed

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
	"pgregory.net/rapid"

	"cutline/internal/sensor"
)

func TestConfig_checkNamesEveryBadField(t *testing.T) {
	faults := func(c Config) (paths []string) {
		c.Check(func(path, _ string) { paths = append(paths, path) })
		return paths
	}
	good := Defaults()
	if got := faults(good); got != nil {
		t.Errorf("the defaults have faults: %v", got)
	}
	for _, u := range []string{"tcp://broker:1883", "mqtt://broker", "ssl://b:8883", "mqtts://b", "ws://b/mqtt", "wss://b:443/mqtt"} {
		good.URL = u
		if got := faults(good); got != nil {
			t.Errorf("%s has faults: %v", u, got)
		}
	}
	bad := Config{URL: "broker:1883", PasswordFile: "p", CertFile: "c", KeepAlive: 30, QueueMessages: 1}
	want := []string{"url", "client_id", "username", "key_file", "keep_alive", "connect_timeout", "max_backoff", "queue_messages", "queue_mib"}
	if got := faults(bad); !slices.Equal(got, want) {
		t.Errorf("faults %v, want %v", got, want)
	}
	plain := Defaults()
	plain.URL, plain.CAFile = "tcp://broker:1883", "ca.pem"
	if got := faults(plain); !slices.Equal(got, []string{"url"}) {
		t.Errorf("certificates without TLS: %v", got)
	}
}

func TestFilters_noneCoversAnother(t *testing.T) {
	got := filters([]sensor.Definition{
		{ID: "a", Sector: "s", Topic: "border/s/a/detections"},
		{ID: "b", Sector: "s", Topic: "border/+/b/detections", Status: "site/b"},
		{ID: "c", Sector: "s", Topic: "border/s/b/detections", Status: "border/s/#"},
		{ID: "d", Sector: "s", Topic: "border/s/a/detections", Status: "site/b"},
		{ID: "e", Sector: "s", Topic: "{site}/{sensor}/radar", Status: "border/s/e/status"},
	})
	if want := []string{"+/+/radar", "border/+/b/detections", "border/s/#", "site/b"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// matches is MQTT 3.1.1 §4.7 as it stands there.
func matches(filter, topic string) bool {
	f, t := strings.Split(filter, "/"), strings.Split(topic, "/")
	if strings.HasPrefix(topic, "$") && (f[0] == "#" || f[0] == "+") {
		return false
	}
	for i, level := range f {
		if level == "#" {
			return true
		}
		if i >= len(t) || (level != "+" && level != t[i]) {
			return false
		}
	}
	return len(f) == len(t)
}

func TestCovers_whatTheNarrowOneMatchesTheWideOneDoes(t *testing.T) {
	level := rapid.SampledFrom([]string{"a", "b", "+", "", "$x"})
	filter := rapid.Custom(func(t *rapid.T) string {
		levels := rapid.SliceOfN(level, 1, 4).Draw(t, "levels")
		if rapid.Bool().Draw(t, "open") {
			levels = append(levels, "#")
		}
		return strings.Join(levels, "/")
	})
	rapid.Check(t, func(t *rapid.T) {
		wide, narrow := filter.Draw(t, "wide"), filter.Draw(t, "narrow")
		topic := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "", "$x"}), 1, 5).Draw(t, "topic"), "/")
		if covers(wide, narrow) && matches(narrow, topic) && !matches(wide, topic) {
			t.Fatalf("%q covers %q, but not %q", wide, narrow, topic)
		}
		if !strings.ContainsAny(narrow, "+#") && covers(wide, narrow) != matches(wide, narrow) {
			t.Fatalf("%q and the topic %q", wide, narrow)
		}
	})
}

func TestReasonClass_isOneOfAFewWords(t *testing.T) {
	for path, want := range map[string]string{
		"": "payload", "time": "time", "position.lat": "position", "detections[3].position.lat": "position", "[0].class": "class",
		"detections": "detections", "detections[2]": "detections", "velocity.speed_mps": "velocity", "made.up": "other", "[7]": "other",
		"…[": "other", ".": "other",
	} {
		if got := reasonClass(path); got != want {
			t.Errorf("%q is %q, want %q", path, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		if got := reasonClass(rapid.String().Draw(t, "path")); got != "payload" && got != "other" && !reasonClasses[got] {
			t.Fatalf("class %q", got)
		}
	})
}

func TestQueue_keepsTheOrderAndItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const most, bytes = 8, 40
		q := newQueue(most, bytes)
		var model [][]byte
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				payload := make([]byte, rapid.IntRange(0, 60).Draw(t, "size"))
				held := 0
				for _, p := range model {
					held += len(p)
				}
				want := len(model) == 0 || (len(model) < most && held+len(payload) <= bytes)
				if got := q.try(message{payload: payload}); got != want {
					t.Fatalf("took it: %t, want %t", got, want)
				}
				if want {
					model = append(model, payload)
				}
			},
			"take": func(t *rapid.T) {
				buf := make([]message, rapid.IntRange(1, 5).Draw(t, "n"))
				n := q.move(buf)
				if n != min(len(buf), len(model)) {
					t.Fatalf("%d of %d", n, len(model))
				}
				for i := range n {
					if len(buf[i].payload) != len(model[i]) {
						t.Fatal("out of order")
					}
				}
				model = model[n:]
			},
		})
	})
}

func TestQueue_putGivesUpInTimeAndTakeWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(1, 100)
		never := make(chan struct{})
		began := time.Now()
		if !q.put(message{id: 1}, never, time.Minute) || q.put(message{id: 2}, never, time.Minute) {
			t.Fatal("the bound is one")
		}
		if waited := time.Since(began); waited != time.Minute {
			t.Errorf("it waited %v", waited)
		}
		went := make(chan bool)
		go func() { went <- q.put(message{id: 3}, never, time.Minute) }()
		time.Sleep(time.Second)
		if got := q.take(t.Context(), make([]message, 4)); len(got) != 1 || got[0].id != 1 {
			t.Errorf("took %v", got)
		}
		if !<-went {
			t.Error("there is room, and it was not taken")
		}
		stop := make(chan struct{})
		go func() { went <- q.put(message{id: 4}, stop, time.Minute) }()
		close(stop)
		if <-went {
			t.Error("taken after the stop")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if got := q.take(ctx, make([]message, 4)); len(got) != 1 || got[0].id != 3 {
			t.Errorf("at the end it gives what it holds: %v", got)
		}
		if got := q.take(ctx, make([]message, 4)); got != nil {
			t.Errorf("then nothing: %v", got)
		}
	})
}

func TestAcks_areWrittenInOrderToTheConnectionTheyBelongTo(t *testing.T) {
	a := newAcks()
	one, two := recorded(), recorded()
	var dones []func()
	for i := range 600 {
		on := one.session
		if i >= 300 {
			on = two.session
		}
		dones = append(dones, a.expect(&message{on: on, id: uint16(i), qos: 1}))
	}
	zero := a.expect(&message{on: one.session, qos: 0})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); a.run(ctx) }()
	for _, done := range dones {
		done()
	}
	if a.unacked() == 0 {
		t.Error("nothing is open, and one is not done")
	}
	zero()
	a.settle(t.Context())
	cancel()
	<-ended
	for k, r := range []*recordedConn{one, two} {
		stream := bytes.NewReader(r.sent.Bytes())
		for i := range 300 {
			p, err := packets.ReadPacket(stream)
			if err != nil {
				t.Fatal(err)
			}
			if ack, ok := p.(*packets.PubackPacket); !ok || int(ack.MessageID) != k*300+i {
				t.Fatalf("connection %d, packet %d: %v", k, i, p)
			}
		}
		if stream.Len() > 0 {
			t.Errorf("connection %d: %d bytes more", k, stream.Len())
		}
	}
}

// recordedConn notes what is written.
type recordedConn struct {
	net.Conn
	session *session
	sent    bytes.Buffer
	fail    error
}

func recorded() *recordedConn {
	r := &recordedConn{session: &session{}}
	r.session.conn.Store(newConn(r))
	return r
}

func (r *recordedConn) Write(p []byte) (int, error) {
	if r.fail != nil {
		return 0, r.fail
	}
	return r.sent.Write(p)
}
func (r *recordedConn) Close() error                     { return nil }
func (r *recordedConn) SetWriteDeadline(time.Time) error { return nil }
func (r *recordedConn) Read([]byte) (int, error)         { return 0, io.EOF }

func TestConn_aFailedWriteEndsItWithAnErrorThatPahoSees(t *testing.T) {
	r := recorded()
	r.fail = net.ErrClosed
	r.session.acknowledge([]byte{0x40, 2, 0, 1})
	select {
	case <-r.session.dead():
	default:
		t.Fatal("it lives on")
	}
	_, err := r.session.conn.Load().Read(make([]byte, 1))
	if err == nil || errors.Is(err, net.ErrClosed) || !strings.Contains(err.Error(), "write") {
		t.Errorf("paho reads %v", err)
	}
	r.session.acknowledge([]byte{0x40, 2, 0, 1}) // no harm
}

func TestConn_givesNothingOnceItHasEnded(t *testing.T) {
	here, there := net.Pipe()
	defer func() { _ = there.Close() }()
	c := newConn(here)
	go func() { _, _ = there.Write([]byte("abcdef")) }()
	if _, err := io.ReadFull(c, make([]byte, 2)); err != nil {
		t.Fatal(err)
	}
	c.end(errFull)
	if n, err := c.Read(make([]byte, 2)); n != 0 || err == nil || strings.Contains(err.Error(), net.ErrClosed.Error()) {
		t.Errorf("read %d, %v", n, err)
	}
	paho := newConn(here)
	_ = paho.Close()
	if _, err := paho.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("what paho closes, it must know as closed: %v", err)
	}
}

// TestPaho_letsGoOfAPayload holds what receive relies on: a payload is paho's no longer once the handler has it.
func TestPaho_letsGoOfAPayload(t *testing.T) {
	var stream bytes.Buffer
	for i := range byte(3) {
		p, ok := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
		if !ok {
			t.Fatal("no PUBLISH")
		}
		p.TopicName, p.Payload = "t", bytes.Repeat([]byte{'a' + i}, 100)
		if err := p.Write(&stream); err != nil {
			t.Fatal(err)
		}
	}
	var payloads [][]byte
	for range 3 {
		p, err := packets.ReadPacket(&stream)
		if err != nil {
			t.Fatal(err)
		}
		payloads = append(payloads, p.(*packets.PublishPacket).Payload)
	}
	for i, p := range payloads {
		if !bytes.Equal(p, bytes.Repeat([]byte{'a' + byte(i)}, 100)) {
			t.Errorf("payload %d was overwritten: %.10s", i, p)
		}
	}
}

func TestMemory_survivesATornFileAndAnotherSession(t *testing.T) {
	cfg := Defaults()
	cfg.StateDir, cfg.URL = t.TempDir(), "tcp://a"
	m := newMemory(cfg)
	load := func(m memory) []string {
		got, err := m.load()
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := load(m); got != nil {
		t.Errorf("nothing yet: %v", got)
	}
	for range 2 {
		if err := m.save([]string{"x", "y"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := load(m); !slices.Equal(got, []string{"x", "y"}) {
		t.Errorf("got %v", got)
	}
	cfg.ClientID = "another"
	if got := load(newMemory(cfg)); got != nil {
		t.Errorf("of another session: %v", got)
	}
	if err := os.WriteFile(m.path, []byte(`{"url":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := load(m); got != nil {
		t.Errorf("of a torn file: %v", got)
	}
	if got := load(memory{}); got != nil || (memory{}).save([]string{"x"}) != nil {
		t.Error("without a directory nothing is remembered, and nothing fails")
	}
}

func TestDial_endsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cfg := Defaults()
	for _, u := range []string{"tcp://192.0.2.1:1883", "ssl://192.0.2.1:8883"} {
		at, err := url.Parse(u)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cfg.dial(ctx, at); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", u, err)
		}
	}
	cfg.URL = "tcp://192.0.2.1:1883"
	if _, err := connect(ctx, cfg, false, func(*session, mqtt.Message) {}); err == nil {
		t.Error("connected to nowhere")
	}
}
