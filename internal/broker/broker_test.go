package broker_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"
	"golang.org/x/crypto/bcrypt"

	"cutline/internal/broker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func config(t *testing.T) broker.Config {
	cfg := broker.Defaults()
	cfg.Listen, cfg.Dir = "127.0.0.1:0", t.TempDir()
	return cfg
}

func start(t *testing.T, cfg broker.Config) *broker.Server {
	t.Helper()
	s, err := broker.Start(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func options(s *broker.Server, id, user, password string) *mqtt.ClientOptions {
	return mqtt.NewClientOptions().AddBroker(s.MQTTURL()).SetClientID(id).SetUsername(user).SetPassword(password).
		SetCleanSession(false).SetAutoReconnect(false).SetConnectTimeout(20 * time.Second)
}

func connect(t *testing.T, o *mqtt.ClientOptions) mqtt.Client {
	t.Helper()
	c := mqtt.NewClient(o)
	if tok := c.Connect(); tok.Wait() && tok.Error() != nil {
		t.Fatal(tok.Error())
	}
	t.Cleanup(func() { c.Disconnect(100) })
	return c
}

func wait(t *testing.T, tok mqtt.Token) {
	t.Helper()
	if !tok.WaitTimeout(20*time.Second) || tok.Error() != nil {
		t.Fatalf("mqtt: %v", tok.Error())
	}
}

func TestStart_carriesQoS1OverARestart(t *testing.T) {
	cfg := config(t)
	s := start(t, cfg)
	listener := connect(t, options(s, "feed", "", ""))
	wait(t, listener.Subscribe("border/+/+/detections", 1, func(mqtt.Client, mqtt.Message) {}))
	listener.Disconnect(100)
	wait(t, connect(t, options(s, "twr-01", "", "")).Publish("border/emerson/twr-01/detections", 1, false, "kept"))
	s.Close()

	s = start(t, cfg)
	got := make(chan string, 1)
	connect(t, options(s, "feed", "", "").SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
		got <- m.Topic() + " " + string(m.Payload())
	}))
	select {
	case m := <-got:
		if m != "border/emerson/twr-01/detections kept" {
			t.Errorf("got %q", m)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("an acknowledged message for a persistent session was lost over the restart")
	}
}

// What the feed had not acknowledged when it died must come again soon, and in no half minute, as the server would have it: later
// messages of the same sensors are not held back for it.
func TestStart_sendsAgainSoonWhatWasNotAcknowledged(t *testing.T) {
	cfg := config(t)
	s := start(t, cfg)
	got := make(chan string, 10)
	feed := func() mqtt.Client {
		return connect(t, options(s, "feed", "", "").SetAutoAckDisabled(true).SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
			got <- string(m.Payload())
		}))
	}
	expect := func(when string) {
		select {
		case <-got:
		case <-time.After(10 * time.Second):
			t.Fatalf("%s, the message did not come within 10 s", when)
		}
	}
	wait(t, feed().Subscribe("border/+/+/detections", 1, nil))
	wait(t, connect(t, options(s, "twr-01", "", "")).Publish("border/emerson/twr-01/detections", 1, false, "once"))
	expect("at first")
	expect("not acknowledged")
	s.Close()
	s = start(t, cfg)
	feed()
	expect("after a restart")
}

// A session has a bound on what its subscriptions may have under way together; the feed has two for each sensor.
func TestStart_takesTheSubscriptionsOfManySensors(t *testing.T) {
	s := start(t, config(t))
	c := connect(t, options(s, "feed", "", ""))
	for from := 0; from < 200; from += 50 {
		ask := map[string]byte{}
		for i := from; i < from+50; i++ {
			ask[fmt.Sprintf("border/emerson/gs-%03d/detections", i)] = 1
		}
		tok := c.SubscribeMultiple(ask, nil)
		wait(t, tok)
		for filter, code := range tok.(*mqtt.SubscribeToken).Result() {
			if code != 1 {
				t.Fatalf("%s: the listener answers %#x", filter, code)
			}
		}
	}
}

func TestGate_noTopicReachesTheJournalsSubjects(t *testing.T) {
	s := start(t, config(t))
	js, err := jetstream.New(s.Conn())
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "INPUT", Subjects: []string{"in.>"}})
	if err != nil {
		t.Fatal(err)
	}
	wait(t, connect(t, options(s, "rogue", "", "")).Publish("in/emerson/detections", 1, false, "forged"))
	if err = s.Conn().Publish("in.emerson.detections", []byte("ours")); err != nil {
		t.Fatal(err)
	}
	m, err := stream.GetMsg(t.Context(), 1)
	for errors.Is(err, jetstream.ErrMsgNotFound) { // a plain publish is stored soon after
		m, err = stream.GetMsg(t.Context(), 1)
	}
	if err != nil || string(m.Data) != "ours" {
		t.Errorf("the journal holds %v, %v", m, err)
	}
}

func TestGate_holdsSensorsUntilAdmitted(t *testing.T) {
	cfg := config(t)
	cfg.HoldSensors = true
	s := start(t, cfg)
	sensor := mqtt.NewClient(options(s, "twr-01", "", ""))
	pending := sensor.Connect()
	defer sensor.Disconnect(100)
	user, password := s.MQTTUser()
	feed := connect(t, options(s, "feed", user, password)) // is not held
	wait(t, feed.Subscribe("border/#", 1, nil))
	select {
	case <-pending.Done():
		t.Fatalf("a sensor was in before the feed had subscribed: %v", pending.Error())
	default:
	}
	s.Admit()
	wait(t, pending)
}

func TestClose_doesNotWaitForHeldSensors(t *testing.T) {
	cfg := config(t)
	cfg.HoldSensors = true
	s := start(t, cfg)
	sensor := mqtt.NewClient(options(s, "twr-01", "", ""))
	pending := sensor.Connect()
	s.Close()
	s.Close() // twice is harmless
	if pending.Wait(); pending.Error() == nil {
		t.Error("connected to a server that was closed")
	}
}

func TestGate_usersFile(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("b"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	cfg := config(t)
	cfg.UsersFile = filepath.Join(t.TempDir(), "users")
	if err = os.WriteFile(cfg.UsersFile, []byte("# sensors\n\nplain:a:with:colons\nhashed:"+string(hash)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, cfg)
	for _, c := range []struct {
		user, password string
		in             bool
	}{
		{"plain", "a:with:colons", true},
		{"hashed", "b", true},
		{"plain", "wrong", false},
		{"hashed", string(hash), false},
		{"stranger", "", false},
		{"", "", false},
		{"cutline-feed", "guess", false},
		{"cutline-journal", "", false},
	} {
		client := mqtt.NewClient(options(s, "c", c.user, c.password))
		tok := client.Connect()
		if !tok.WaitTimeout(20 * time.Second) {
			t.Fatalf("%s: no answer", c.user)
		}
		if in := tok.Error() == nil; in != c.in {
			t.Errorf("%q %q: connected %v, want %v (%v)", c.user, c.password, in, c.in, tok.Error())
		}
		client.Disconnect(0)
	}
}

func TestStart_tls(t *testing.T) {
	cfg := config(t)
	cfg.CertFile, cfg.KeyFile = selfSigned(t)
	s := start(t, cfg)
	pool := x509.NewCertPool()
	raw, err := os.ReadFile(cfg.CertFile)
	if err != nil || !pool.AppendCertsFromPEM(raw) {
		t.Fatal(err)
	}
	if !strings.HasPrefix(s.MQTTURL(), "ssl://") {
		t.Errorf("URL %q does not say that it wants TLS", s.MQTTURL())
	}
	connect(t, options(s, "c", "", "").SetTLSConfig(&tls.Config{RootCAs: pool}))
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.MQTTURL(), "ssl://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err = conn.Write([]byte{0x10, 0x0e, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 2, 'a', 'b'}); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	var b [4]byte
	if n, err := conn.Read(b[:]); err == nil && b[0] == 0x20 {
		t.Errorf("a CONNECT without TLS was answered by % x", b[:n])
	}
}

func TestStart_saysWhatIsWrong(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	file := filepath.Join(t.TempDir(), "file")
	write := func(text string) string {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for want, set := range map[string]func(*broker.Config){
		"address already in use":                         func(c *broker.Config) { c.Listen = taken.Addr().String() },
		"users_file: " + file + ":2: want name:password": func(c *broker.Config) { c.UsersFile = write("a:b\nc\n") },
		"the name \"a\" is taken":                        func(c *broker.Config) { c.UsersFile = write("a:b\na:c\n") },
		"the name \"cutline-feed\" is taken":             func(c *broker.Config) { c.UsersFile = write("cutline-feed:b\n") },
		"names nobody":                                   func(c *broker.Config) { c.UsersFile = write("# none\n") },
		"no such file":                                   func(c *broker.Config) { c.UsersFile = "/nowhere" },
		"cert_file: ":                                    func(c *broker.Config) { c.CertFile, c.KeyFile = "/nowhere", "/nowhere" },
	} {
		cfg := config(t)
		set(&cfg)
		s, err := broker.Start(t.Context(), cfg, slog.New(slog.DiscardHandler))
		if err == nil {
			s.Close()
			t.Errorf("no error, want %q", want)
			continue
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q, want %q in it", err, want)
		}
	}
}

func TestStart_withoutAListener(t *testing.T) {
	cfg := config(t)
	cfg.Listen = ""
	s := start(t, cfg)
	if s.MQTTURL() != "" {
		t.Errorf("URL %q without a listener", s.MQTTURL())
	}
	if err := s.Conn().FlushWithContext(deadline(t)); err != nil {
		t.Error(err)
	}
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestCheck_reportsEveryFault(t *testing.T) {
	var got []string
	note := func(path, _ string) { got = append(got, path) }
	broker.Defaults().Check(note)
	if got != nil {
		t.Errorf("the defaults are at fault: %v", got)
	}
	broker.Config{Listen: "1883", CertFile: "a", MaxPayload: 10}.Check(note)
	broker.Config{ClientCA: "a", MaxPayload: 1 << 20, MaxMemory: 1}.Check(note)
	if want := []string{"listen", "cert_file", "max_payload", "max_memory", "client_ca_file"}; !slices.Equal(got, want) {
		t.Errorf("faults at %v, want %v", got, want)
	}
}

// selfSigned writes a certificate for 127.0.0.1.
func selfSigned(t *testing.T) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err = os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
