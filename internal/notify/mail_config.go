package notify

import (
	"fmt"
	"net"
	"net/mail"
	"time"
)

// Email is a mail for each alert, by an SMTP server that takes it.
type Email struct {
	Server       string        `mapstructure:"server"`        // host:port: 587 for starttls, 465 for tls, 25 for none
	Security     Security      `mapstructure:"security"`      // starttls, tls from the start, or none
	From         string        `mapstructure:"from"`          // an address, as in "Cutline <cutline@ops.example>"
	To           []string      `mapstructure:"to"`            // addresses
	Username     string        `mapstructure:"username"`      // empty: the server asks for none
	PasswordFile string        `mapstructure:"password_file"` // read before each mail
	CAFile       string        `mapstructure:"ca_file"`       // PEM; who signed the server's certificate; empty: whom the system trusts
	Timeout      time.Duration `mapstructure:"timeout"`       // of the whole of one delivery
}

// Security of an SMTP connection.
type Security string

// The kinds of security.
const (
	StartTLS Security = "starttls" // plain, then TLS: a server that offers none is refused
	FullTLS  Security = "tls"
	NoTLS    Security = "none"
)

// Securities lists them.
func Securities() []Security { return []Security{StartTLS, FullTLS, NoTLS} }

func (e *Email) fill() {
	setDefault(&e.Security, StartTLS)
	setDefault(&e.Timeout, 30*time.Second)
}

func (e *Email) check(fault func(path, what string)) {
	host, port, err := net.SplitHostPort(e.Server)
	if err != nil || host == "" || port == "" || !goodPort(port) {
		fault("server", fmt.Sprintf("%q is no server: give host:port, as in smtp.ops.example:587", e.Server))
	}
	if _, err := mail.ParseAddress(e.From); err != nil {
		fault("from", fmt.Sprintf(`%q is no address: give one as in "Cutline <cutline@ops.example>"`, e.From))
	}
	if len(e.To) == 0 {
		fault("to", "there is nobody in it: give at least one address")
	}
	for i, to := range e.To {
		if _, err := mail.ParseAddress(to); err != nil {
			fault(fmt.Sprintf("to[%d]", i), fmt.Sprintf("%q is no address: give one as in duty@ops.example", to))
		}
	}
	if (e.Username == "") != (e.PasswordFile == "") {
		fault("password_file", "username and password_file go together: give both or neither")
	} else if e.Username != "" && e.Security == NoTLS && !loopback(host) {
		fault("security", "a password would go over the network for all to read: give starttls or tls")
	}
	if e.Security == NoTLS && e.CAFile != "" {
		fault("ca_file", "there is no TLS: leave it out, or give security starttls or tls")
	}
	between(fault, "timeout", e.Timeout, time.Second, 5*time.Minute)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
