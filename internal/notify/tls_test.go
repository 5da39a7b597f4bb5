package notify

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cutline/internal/testenv"
)

// authority signs certificates for a test.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	n    int64
}

func newAuthority(t *testing.T, name string) *authority {
	a := &authority{t: t, dir: t.TempDir()}
	a.cert, a.key = a.sign(name, true)
	return a
}

// sign makes <name>.pem and <name>.key in dir.
func (a *authority) sign(name string, ca bool) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	a.n++
	template := &x509.Certificate{
		SerialNumber: big.NewInt(a.n), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: ca, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	parent, signer := template, key
	if !ca {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
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

func (a *authority) write(file, kind string, der []byte) {
	a.t.Helper()
	if err := os.WriteFile(a.path(file), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *authority) path(file string) string { return filepath.Join(a.dir, file) }

func TestMQTT_bothSidesShowTheirCertificates(t *testing.T) {
	ca, other := newAuthority(t, "ca"), newAuthority(t, "other")
	ca.sign("broker", false)
	ca.sign("daemon", false)
	broker := testenv.Mosquitto(t, testenv.Broker{Lines: []string{
		"cafile " + ca.path("ca.pem"), "certfile " + ca.path("broker.pem"), "keyfile " + ca.path("broker.key"), "require_certificate true",
	}})
	good := testMQTT("ssl://" + broker.Addr())
	good.CAFile, good.CertFile, good.KeyFile = ca.path("ca.pem"), ca.path("daemon.pem"), ca.path("daemon.key")

	for name, c := range map[string]struct {
		change func(*MQTT)
		want   string // in the error; empty: it works
	}{
		"good":               {func(*MQTT) {}, ""},
		"no CA":              {func(c *MQTT) { c.CAFile = "" }, "unknown authority"},
		"another CA":         {func(c *MQTT) { c.CAFile = other.path("other.pem") }, "unknown authority"},
		"no certificate":     {func(c *MQTT) { c.CertFile, c.KeyFile = "", "" }, "ssl://"},
		"a CA without one":   {func(c *MQTT) { c.CAFile = ca.path("ca.key") }, "ca_file"},
		"a CA not there":     {func(c *MQTT) { c.CAFile = ca.path("nobody") }, "ca_file"},
		"a key of another":   {func(c *MQTT) { c.KeyFile = ca.path("broker.key") }, "key_file"},
		"TLS not asked for":  {func(c *MQTT) { c.URL = broker.URL() }, "tcp://"},
		"good after all was": {func(*MQTT) {}, ""},
	} {
		cfg := good
		c.change(&cfg)
		out := newMQTT(cfg)
		err := out.Deliver(t.Context(), nil)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if err := out.Close(); err != nil {
			t.Errorf("%s: close: %v", name, err)
		}
	}
}
