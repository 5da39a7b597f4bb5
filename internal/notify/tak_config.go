package notify

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"time"
)

// CoT is a map that speaks Cursor on Target: a TAK server, ATAK on the same network, or any other.
type CoT struct {
	URL        string  `mapstructure:"url"`         // tls://host:8089, tcp://host:8087, or udp://239.2.3.1:6969 for all on the network
	Show       []Shown `mapstructure:"show"`        // beside alerts: tracks, sensors, border; left out: all
	ServerName string  `mapstructure:"server_name"` // in the server's certificate, if it is not that of the URL
	CAFile     string  `mapstructure:"ca_file"`     // PEM; who signed the server's certificate; empty: whom the system trusts
	CertFile   string  `mapstructure:"cert_file"`   // PEM, of this client, with key_file: a TAK server wants one
	KeyFile    string  `mapstructure:"key_file"`
	Interface  string  `mapstructure:"interface"` // of the machine, that multicast goes out by; empty: as the system routes it

	TrackInterval time.Duration `mapstructure:"track_interval"` // one track is sent at most this often
	TrackStale    time.Duration `mapstructure:"track_stale"`    // a track that is no more heard of fades after so long
	AlertStale    time.Duration `mapstructure:"alert_stale"`    // so does an alert; while it stands it is sent again in time
	Timeout       time.Duration `mapstructure:"timeout"`        // for a connection, and for what is written to it
}

// Shown is what a map shows beside alerts.
type Shown string

// The things that a map may show.
const (
	ShowTracks  Shown = "tracks"
	ShowSensors Shown = "sensors"
	ShowBorder  Shown = "border"
)

// AllShown lists them.
func AllShown() []Shown { return []Shown{ShowTracks, ShowSensors, ShowBorder} }

func (c *CoT) fill() {
	if c.Show == nil {
		c.Show = AllShown()
	}
	setDefault(&c.TrackInterval, time.Second)
	setDefault(&c.TrackStale, 30*time.Second)
	setDefault(&c.AlertStale, 2*time.Minute)
	setDefault(&c.Timeout, 10*time.Second)
}

func (c *CoT) check(fault func(path, what string)) {
	u, err := url.Parse(c.URL)
	switch {
	case c.URL == "":
		fault("url", "is missing: give tls://host:8089, tcp://host:8087 or udp://239.2.3.1:6969")
	case err != nil || u.Hostname() == "" || u.Port() == "" || !goodPort(u.Port()) ||
		!slices.Contains([]string{"tcp", "tls", "udp"}, u.Scheme):
		fault("url", fmt.Sprintf("%q is no address: give tls://host:8089, tcp://host:8087 or udp://239.2.3.1:6969", c.URL))
	case u.Path != "" || u.RawQuery != "" || u.User != nil:
		fault("url", "there is more in it than a host and a port")
	case u.Scheme != "tls" && (c.CAFile != "" || c.CertFile != "" || c.ServerName != ""):
		fault("url", "has no TLS, and there are certificates: give tls://")
	case u.Scheme != "udp" && c.Interface != "":
		fault("interface", "is for udp:// alone: leave it out")
	}
	if c.Interface != "" {
		if _, err := sourceOf(c.Interface); err != nil {
			fault("interface", err.Error())
		}
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		fault("key_file", "cert_file and key_file go together: give both or neither")
	}
	between(fault, "track_interval", c.TrackInterval, 100*time.Millisecond, time.Hour)
	between(fault, "track_stale", c.TrackStale, time.Second, 24*time.Hour)
	between(fault, "alert_stale", c.AlertStale, 10*time.Second, 24*time.Hour)
	between(fault, "timeout", c.Timeout, 100*time.Millisecond, 5*time.Minute)
}

// sourceOf is the IPv4 address of an interface. Datagrams to a group that come from it go out by it.
func sourceOf(name string) (*net.UDPAddr, error) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("%q is no interface of this machine", name)
	}
	addrs, err := i.Addrs()
	if err != nil {
		return nil, fmt.Errorf("read the addresses of %s: %w", name, err)
	}
	for _, a := range addrs {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil {
			return &net.UDPAddr{IP: ip.IP}, nil
		}
	}
	return nil, fmt.Errorf("%s has no IPv4 address", name)
}
