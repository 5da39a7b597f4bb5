package notify

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"time"
)

// SAPIENT is a fusion node, or the middleware before one, that speaks BSI Flex 335 v2.0.
type SAPIENT struct {
	URL            string        `mapstructure:"url"`     // tcp://host:port, or tls://
	NodeID         string        `mapstructure:"node_id"` // UUID of version 4; left out: made of the name
	Name           string        `mapstructure:"name"`    // of this node, one of its own in the whole network
	CAFile         string        `mapstructure:"ca_file"` // PEM; who signed the server's certificate; empty: whom the system trusts
	CertFile       string        `mapstructure:"cert_file"`
	KeyFile        string        `mapstructure:"key_file"`
	TrackInterval  time.Duration `mapstructure:"track_interval"`  // one track is reported at most this often
	StatusInterval time.Duration `mapstructure:"status_interval"` // between two status reports
	Timeout        time.Duration `mapstructure:"timeout"`         // for a connection, and for the answer to the registration
}

func (s *SAPIENT) fill() {
	setDefault(&s.Name, "cutline")
	setDefault(&s.TrackInterval, time.Second)
	setDefault(&s.StatusInterval, 10*time.Second)
	setDefault(&s.Timeout, 10*time.Second)
}

// uuid4 is the form that the standard wants, in lower case.
const uuid4 = `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`

func (s *SAPIENT) check(fault func(path, what string)) {
	u, err := url.Parse(s.URL)
	switch {
	case s.URL == "":
		fault("url", "is missing: give tcp://host:port")
	case err != nil || u.Hostname() == "" || u.Port() == "" || !goodPort(u.Port()) || !slices.Contains([]string{"tcp", "tls"}, u.Scheme):
		fault("url", fmt.Sprintf("%q is no address: give tcp://host:port", s.URL))
	case u.Scheme == "tcp" && (s.CAFile != "" || s.CertFile != ""):
		fault("url", "has no TLS, and there are certificates: give tls://")
	}
	if s.NodeID != "" && !regexp.MustCompile(uuid4).MatchString(s.NodeID) {
		fault("node_id", fmt.Sprintf("%q is no UUID of version 4 in lower case: leave it out, and one is made of the name", s.NodeID))
	}
	if (s.CertFile == "") != (s.KeyFile == "") {
		fault("key_file", "cert_file and key_file go together: give both or neither")
	}
	between(fault, "track_interval", s.TrackInterval, 100*time.Millisecond, time.Hour)
	between(fault, "status_interval", s.StatusInterval, time.Second, time.Hour)
	between(fault, "timeout", s.Timeout, 100*time.Millisecond, 5*time.Minute)
}
