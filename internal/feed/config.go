package feed

import (
	"net/url"
	"strings"
	"time"

	"cutline/internal/secrets"
)

// Config of the subscription.
type Config struct {
	URL          string `mapstructure:"url"`           // tcp://host:1883, ssl://host:8883, ws://host/path, wss://host/path
	ClientID     string `mapstructure:"client_id"`     // names the session at the broker: one running daemon per name
	Username     string `mapstructure:"username"`      // empty: none
	PasswordFile string `mapstructure:"password_file"` // a file with the password; read before each connection

	CAFile   string `mapstructure:"ca_file"`   // who may have signed the broker's certificate; empty: whom the system trusts
	CertFile string `mapstructure:"cert_file"` // our own certificate, if the broker wants one
	KeyFile  string `mapstructure:"key_file"`  // and its key

	KeepAlive      time.Duration `mapstructure:"keep_alive"`      // the broker gives us up after 1.5 of it
	ConnectTimeout time.Duration `mapstructure:"connect_timeout"` // of one try, with its TLS and MQTT handshake
	MaxBackoff     time.Duration `mapstructure:"max_backoff"`     // between tries while the broker is away
	QueueMessages  int           `mapstructure:"queue_messages"`  // received and not yet in the journal: no more than this many
	QueueMiB       int           `mapstructure:"queue_mib"`       // nor more than this much
	StateDir       string        `mapstructure:"state_dir"`       // remembers the subscriptions; empty: old ones are not undone

	// Set by who builds the feed, from other sections of the configuration.
	Password       string `mapstructure:"-"` // of the embedded broker, instead of PasswordFile
	FallbackSector string `mapstructure:"-"` // takes the rejects of topics that no sensor claims; empty: the first sensor's
	DropRaw        bool   `mapstructure:"-"` // journal.keep_raw is off: the payload of what was accepted whole is not kept
}

// Defaults has the keep-alive that MQTT clients have. Ten seconds of back-off at most: sensors' data wait at the broker meanwhile.
// 8,192 messages are 0.2 s of the full rate, and with their overhead 6 MB.
func Defaults() Config {
	return Config{
		ClientID: "cutline", KeepAlive: 30 * time.Second, ConnectTimeout: 10 * time.Second, MaxBackoff: 10 * time.Second,
		QueueMessages: 8192, QueueMiB: 16, StateDir: "data",
	}
}

// Check reports each setting that cannot work. An empty URL is no fault: it stands for the embedded broker.
func (c Config) Check(fault func(path, what string)) {
	if c.URL != "" {
		u, err := url.Parse(c.URL)
		if err != nil || u.Host == "" || !schemes[u.Scheme].known {
			fault("url", "want tcp://, ssl://, ws:// or wss://, then host:port")
		} else if !schemes[u.Scheme].tls && (c.CAFile != "" || c.CertFile != "") {
			fault("url", "has no TLS, and there are certificates: want ssl:// or wss://")
		}
	}
	if c.ClientID == "" || len(c.ClientID) > 65535 || strings.ContainsRune(c.ClientID, 0) {
		fault("client_id", "want a name that no other client of the broker has: the session is kept under it")
	}
	if c.PasswordFile != "" && c.Username == "" {
		fault("username", "want one: MQTT has no password without a name")
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		fault("key_file", "cert_file and key_file go together")
	}
	within := func(path string, d, low, high time.Duration) {
		if d < low || d > high {
			fault(path, "want "+low.String()+" to "+high.String())
		}
	}
	within("keep_alive", c.KeepAlive, 2*time.Second, 10*time.Minute)
	within("connect_timeout", c.ConnectTimeout, 100*time.Millisecond, time.Minute)
	within("max_backoff", c.MaxBackoff, 100*time.Millisecond, 10*time.Minute)
	if c.QueueMessages < 16 || c.QueueMessages > 1<<20 {
		fault("queue_messages", "want 16 to 1048576")
	}
	if c.QueueMiB < 1 || c.QueueMiB > 4096 {
		fault("queue_mib", "want 1 to 4096")
	}
}

// schemes of a broker's URL, as paho has them.
var schemes = map[string]struct{ known, tls, web bool }{ //nolint:gochecknoglobals // a fixed table
	"tcp": {known: true}, "mqtt": {known: true}, "ws": {known: true, web: true},
	"ssl": {known: true, tls: true}, "tls": {known: true, tls: true}, "mqtts": {known: true, tls: true},
	"wss": {known: true, tls: true, web: true},
}

// password is read anew for each connection: one that is replaced is taken without a restart.
func (c Config) password() (string, error) {
	if c.PasswordFile == "" {
		return c.Password, nil
	}
	return secrets.Text("password_file", c.PasswordFile)
}
