package broker

import (
	"net"
	"time"
)

// Config of the embedded server. The empty Listen means no MQTT listener: JetStream alone.
type Config struct {
	Listen      string        `mapstructure:"listen"`         // host:port of the MQTT listener; port 0 takes a free one
	CertFile    string        `mapstructure:"cert_file"`      // with KeyFile: TLS 1.2 or later instead of plain TCP
	KeyFile     string        `mapstructure:"key_file"`       //
	ClientCA    string        `mapstructure:"client_ca_file"` // a client must show a certificate of this authority
	UsersFile   string        `mapstructure:"users_file"`     // lines of name:password, plain or bcrypt; without it all may connect
	MaxPayload  int           `mapstructure:"max_payload"`    // bytes of the largest message
	MaxMemory   int64         `mapstructure:"max_memory"`     // bytes that streams kept in memory may take; ours are all files
	Dir         string        `mapstructure:"-"`              // where JetStream stores: the journal's directory
	SyncEvery   time.Duration `mapstructure:"-"`              // fsync at least so often; 0 fsyncs before every acknowledgement
	HoldSensors bool          `mapstructure:"-"`              // MQTT clients wait in their CONNECT until Admit
}

// Defaults listens on loopback only: who opens it to a network should first give it users or TLS.
//
// MaxPayload is the 8 MiB above which the NATS server itself warns (server/const.go, MAX_PAYLOAD_MAX_SIZE).
func Defaults() Config {
	return Config{Listen: "127.0.0.1:1883", MaxPayload: 8 << 20, MaxMemory: 64 << 20}
}

// leastPayload is what the journal's own messages need.
const leastPayload = 1 << 20

// Check reports every bad field by its path.
func (c Config) Check(fault func(path, what string)) {
	if c.Listen != "" {
		if _, _, err := net.SplitHostPort(c.Listen); err != nil {
			fault("listen", "want host:port, as in 127.0.0.1:1883: "+err.Error())
		}
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		fault("cert_file", "cert_file and key_file go together: give both, or none")
	}
	if c.ClientCA != "" && c.CertFile == "" {
		fault("client_ca_file", "needs cert_file and key_file: without TLS no client shows a certificate")
	}
	if c.MaxPayload < leastPayload || c.MaxPayload > 64<<20 {
		fault("max_payload", "want from 1 MiB to 64 MiB")
	}
	if c.MaxMemory <= 0 {
		fault("max_memory", "want more than 0 bytes")
	}
}
