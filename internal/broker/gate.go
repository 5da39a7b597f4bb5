package broker

import (
	"bufio"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats-server/v2/server"
	"golang.org/x/crypto/bcrypt"
)

// gate decides who may connect, and to which account.
type gate struct {
	secret string            // of this process's own two users
	users  map[string]string // name to password; nil: anybody may connect by MQTT
	server atomic.Pointer[server.Server]

	admit, closing       chan struct{}
	admitOnce, closeOnce sync.Once
}

func newGate(cfg Config) (*gate, error) {
	g := &gate{secret: secret(), admit: make(chan struct{}), closing: make(chan struct{})}
	if !cfg.HoldSensors {
		g.open()
	}
	if cfg.UsersFile == "" {
		return g, nil
	}
	var err error
	g.users, err = readUsers(cfg.UsersFile)
	return g, err
}

func (g *gate) open() { g.admitOnce.Do(func() { close(g.admit) }) }
func (g *gate) shut() { g.closeOnce.Do(func() { close(g.closing) }) }

// Check implements server.Authentication. It runs on the client's own goroutine, after its timer for authentication was stopped,
// so a client that is held here holds nobody else.
func (g *gate) Check(c server.ClientAuthentication) bool {
	opts := c.GetOpts()
	name, password := opts.Username, opts.Password
	switch name {
	case journalUser:
		return g.isOurs(password) && g.register(c, name, journalAccount)
	case feedUser:
		return g.isOurs(password) && g.register(c, name, mqttAccount)
	}
	if !g.knows(name, password) {
		return false
	}
	select {
	case <-g.admit:
	case <-g.closing:
		return false
	}
	return g.register(c, name, mqttAccount)
}

func (g *gate) isOurs(password string) bool {
	return subtle.ConstantTimeCompare([]byte(password), []byte(g.secret)) == 1
}

func (g *gate) knows(name, password string) bool {
	if g.users == nil {
		return true
	}
	want, ok := g.users[name]
	if strings.HasPrefix(want, "$2") {
		return bcrypt.CompareHashAndPassword([]byte(want), []byte(password)) == nil
	}
	return ok && subtle.ConstantTimeCompare([]byte(password), []byte(want)) == 1
}

func (g *gate) register(c server.ClientAuthentication, name, account string) bool {
	ns := g.server.Load()
	if ns == nil {
		return false
	}
	acc, err := ns.LookupAccount(account)
	if err != nil {
		return false
	}
	c.RegisterUser(&server.User{Username: name, Account: acc})
	return true
}

// readUsers reads lines of name:password. Empty lines and those that begin with # are skipped.
func readUsers(path string) (map[string]string, error) {
	f, err := os.Open(path) //nolint:gosec // the file that the configuration names
	if err != nil {
		return nil, fmt.Errorf("users_file: %w", err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	users := map[string]string{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, password, ok := strings.Cut(line, ":")
		if !ok || name == "" || password == "" {
			return nil, fmt.Errorf("users_file: %s:%d: want name:password", path, n)
		}
		if _, twice := users[name]; twice || name == journalUser || name == feedUser {
			return nil, fmt.Errorf("users_file: %s:%d: the name %q is taken", path, n, name)
		}
		users[name] = password
	}
	if len(users) == 0 && lines.Err() == nil {
		return nil, fmt.Errorf("users_file: %s names nobody: leave users_file out to let all connect", path)
	}
	return users, lines.Err()
}

// listenerTLS is nil without a certificate.
func listenerTLS(cfg Config) (*tls.Config, error) {
	if cfg.CertFile == "" {
		return nil, nil //nolint:nilnil // no TLS is a setting, not a fault
	}
	cert, err := tls.LoadX509KeyPair(cfg.CertFile, cfg.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("cert_file: %w", err)
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}}
	if cfg.ClientCA == "" {
		return c, nil
	}
	pem, err := os.ReadFile(cfg.ClientCA)
	if err != nil {
		return nil, fmt.Errorf("client_ca_file: %w", err)
	}
	c.ClientCAs, c.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
	if !c.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("client_ca_file: %s: %w", cfg.ClientCA, errNoCertificate)
	}
	return c, nil
}

var errNoCertificate = errors.New("holds no certificate in PEM form")
