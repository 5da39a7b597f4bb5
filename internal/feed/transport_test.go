package feed

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/gorilla/websocket"

	"cutline/internal/broker"
	"cutline/internal/testenv"
)

// embedded starts the broker of our own process.
func embedded(t *testing.T, cfg broker.Config) *broker.Server {
	t.Helper()
	s, err := broker.Start(t.Context(), cfg, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestFeed_theEmbeddedBrokerKeepsWhatWasNotAcknowledged(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the broker sends again after some seconds, not when the session comes back")
	}
	own := broker.Defaults()
	own.Listen, own.Dir, own.HoldSensors, own.SyncEvery = "127.0.0.1:0", t.TempDir(), true, time.Second
	b := embedded(t, own)
	cfg := settings(t, b.MQTTURL())
	cfg.Username, cfg.Password = b.MQTTUser()
	j := &store{}
	f := start(t, cfg, j)
	select {
	case <-f.Subscribed():
		b.Admit()
	case <-time.After(30 * time.Second):
		t.Fatal("it never subscribed")
	}
	publish(t, b.MQTTURL()).send(topic, 0, 300)
	until(t, "all are in the journal", func() bool { return len(j.times()) >= 300 })
	until(t, "all are acknowledged", func() bool { return f.Status().Unacked == 0 })
	j.mu.Lock()
	j.hold = true // never done, from here on
	j.mu.Unlock()
	publish(t, b.MQTTURL()).send(topic, 300, 400)
	until(t, "a part of the rest is there", func() bool { return len(j.times()) > 300 })
	f.acks.mu.Lock()
	f.acks.open = 0
	f.acks.mu.Unlock()
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	again := &store{}
	g := start(t, cfg, again)
	rest := func() (n int) {
		for p := range again.times() {
			if p >= "m00300" {
				n++
			}
		}
		return n
	}
	until(t, "the rest came", func() bool { return rest() == 100 })
	until(t, "all are acknowledged", func() bool { return g.Status().Unacked == 0 })
	// One that was acknowledged may come again, if the broker had just sent it once more; all of them would mean that no
	// acknowledgement arrives.
	if n := len(again.times()) - rest(); n > 150 {
		t.Errorf("%d of 300 came again though they were acknowledged", n)
	}
}

// authority signs certificates for the test.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, dir: t.TempDir()}
	a.cert, a.key = a.issue("ca", nil)
	return a
}

// issue writes name.pem and name.key; without a parent it signs itself.
func (a *authority) issue(name string, parent *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: parent == nil, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	signer := a.key
	if parent == nil {
		parent, signer = form, key
	}
	der, err := x509.CreateCertificate(rand.Reader, form, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(name+".pem", "CERTIFICATE", der)
	a.write(name+".key", "EC PRIVATE KEY", secret)
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

func (a *authority) write(name, kind string, der []byte) {
	a.t.Helper()
	if err := os.WriteFile(a.path(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *authority) path(name string) string { return filepath.Join(a.dir, name) }

func TestFeed_speaksTLSWithACertificateOfItsOwn(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.issue("broker", a.cert)
	a.issue("daemon", a.cert)
	m := testenv.Mosquitto(t, testenv.Broker{Lines: []string{
		"cafile " + a.path("ca.pem"), "certfile " + a.path("broker.pem"), "keyfile " + a.path("broker.key"), "require_certificate true",
	}})
	cfg := settings(t, "ssl://"+m.Addr())
	cfg.CAFile = a.path("ca.pem")

	f := start(t, cfg, &store{})
	until(t, "the broker misses our certificate", func() bool { return f.Status().LastError != "" })
	_ = f.stop()

	cfg.CertFile, cfg.KeyFile = a.path("daemon.pem"), a.path("daemon.key")
	j := &store{}
	g := start(t, cfg, j)
	connected(t, g)
	pair, err := tls.LoadX509KeyPair(cfg.CertFile, cfg.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	o := mqtt.NewClientOptions().AddBroker(cfg.URL).SetClientID("publisher").SetProtocolVersion(4)
	p := &publisher{t, mqtt.NewClient(o.SetTLSConfig(&tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}))}
	p.wait(p.client.Connect())
	defer p.client.Disconnect(100)
	p.send(topic, 0, 100)
	until(t, "all are there", func() bool { return j.len() == 100 })
	wantAll(t, j, 100)
}

func TestFeed_doesNotTrustAStranger(t *testing.T) {
	t.Parallel()
	a, stranger := newAuthority(t), newAuthority(t)
	stranger.issue("broker", stranger.cert)
	m := testenv.Mosquitto(t, testenv.Broker{Lines: []string{
		"certfile " + stranger.path("broker.pem"), "keyfile " + stranger.path("broker.key"),
	}})
	cfg := settings(t, "mqtts://"+m.Addr())
	for name, file := range map[string]string{"another authority": a.path("ca.pem"), "the system's": ""} {
		cfg.CAFile = file
		f := start(t, cfg, &store{})
		until(t, "it is refused", func() bool { return strings.Contains(f.Status().LastError, "certificate") })
		if f.Status().Connects > 0 {
			t.Errorf("%s: connected", name)
		}
		_ = f.stop()
	}
}

func TestFeed_speaksThroughAWebSocket(t *testing.T) {
	t.Parallel()
	m := testenv.Mosquitto(t, testenv.Broker{})
	server := httptest.NewServer(bridge{m.Addr()})
	t.Cleanup(server.Close)
	url := strings.Replace(server.URL, "http", "ws", 1) + "/mqtt"
	j := &store{}
	f := start(t, settings(t, url), j)
	connected(t, f)
	publish(t, url).send(topic, 0, 200)
	until(t, "all are there and acknowledged", func() bool { return j.len() == 200 && f.Status().Unacked == 0 })
	wantAll(t, j, 200)
}

// bridge carries MQTT from a web socket to a broker: Debian's Mosquitto cannot bind one to loopback.
type bridge struct{ target string }

func (b bridge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{Subprotocols: []string{"mqtt"}}
	web, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = web.Close() }()
	out, err := net.Dial("tcp", b.target)
	if err != nil {
		return
	}
	var back sync.WaitGroup
	defer back.Wait()
	defer func() { _ = out.Close() }()
	back.Go(func() {
		defer func() { _ = web.Close() }()
		for buf := make([]byte, 4096); ; {
			n, err := out.Read(buf)
			if err != nil || web.WriteMessage(websocket.BinaryMessage, buf[:n]) != nil {
				return
			}
		}
	})
	for {
		_, text, err := web.ReadMessage()
		if err != nil {
			return
		}
		if _, err := out.Write(text); err != nil {
			return
		}
	}
}
