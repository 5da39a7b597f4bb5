package web

import (
	"fmt"
	"net"
	"strings"
	"time"
)

// Config of the HTTP server: the http section of the YAML file.
type Config struct {
	Listen      string   `mapstructure:"listen"`       // host:port; port 0 takes a free one
	AllowRemote bool     `mapstructure:"allow_remote"` // must be said before Listen may be anything but loopback: there are no accounts
	Hosts       []string `mapstructure:"hosts"`        // host names, beside addresses and dotless names, under which the server is reached

	Name        string `mapstructure:"name"`         // of the site, for people; the first sector's id if it is empty
	Simulated   bool   `mapstructure:"simulated"`    // the feeds are simulated, and the console says so
	BasemapFile string `mapstructure:"basemap_file"` // a .pmtiles file for the console's map; without it there are border and coasts alone

	Heartbeat    time.Duration `mapstructure:"heartbeat"`     // a quiet stream says this often that it is alive
	WriteTimeout time.Duration `mapstructure:"write_timeout"` // a client that takes nothing for this long is cut off
	AckTimeout   time.Duration `mapstructure:"ack_timeout"`   // how long an acknowledgement waits until the picture shows it
	MaxStreams   int           `mapstructure:"max_streams"`   // at once; each has a reader of the journal

	HistorySpan  time.Duration `mapstructure:"history_span"`  // the longest period of one request for the past
	HistoryBytes int64         `mapstructure:"history_bytes"` // about the longest answer to it, uncompressed; the rest is asked for again

	KeepEnded   int           `mapstructure:"keep_ended"`   // ended alerts that are still shown
	KeepRejects int           `mapstructure:"keep_rejects"` // the newest rejects that are shown
	TrackAge    time.Duration `mapstructure:"track_age"`    // a track that says nothing for longer, by its sector's event time, is forgotten
}

// Defaults listen on loopback alone. The heartbeat of 15 s is what the HTML standard advises for server-sent events behind proxies
// (section 9.2.7, "every 15 seconds or so"); the other figures are chosen: a console never needs more, and a stuck one costs no more.
func Defaults() Config {
	return Config{
		Listen:       "127.0.0.1:8080",
		Heartbeat:    15 * time.Second,
		WriteTimeout: 10 * time.Second,
		AckTimeout:   3 * time.Second,
		MaxStreams:   512,
		HistorySpan:  24 * time.Hour,
		HistoryBytes: 64_000_000,
		KeepEnded:    1000,
		KeepRejects:  1000,
		TrackAge:     10 * time.Minute,
	}
}

// Check reports every bad field.
func (c Config) Check(fault func(path, what string)) {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		fault("listen", fmt.Sprintf("%q is no address to listen on: give host:port, as in 127.0.0.1:8080", c.Listen))
	} else if !loopback(host) && !c.AllowRemote {
		fault("listen", fmt.Sprintf("%q is reachable from other machines, and there are no accounts yet: "+
			"give 127.0.0.1 or say allow_remote: true", c.Listen))
	}
	for i, h := range c.Hosts {
		if h == "" || strings.ContainsAny(h, ":/* ") {
			fault(fmt.Sprintf("hosts[%d]", i), fmt.Sprintf("%q is no host name: give it without scheme, port or wildcard", h))
		}
	}
	if c.BasemapFile != "" {
		if err := checkBasemap(c.BasemapFile); err != nil {
			fault("basemap_file", err.Error())
		}
	}
	c.checkBounds(fault)
}

// checkBounds reports every number that is out of its range.
func (c Config) checkBounds(fault func(path, what string)) {
	for _, d := range []struct {
		path      string
		value     time.Duration
		low, high time.Duration
	}{
		{"heartbeat", c.Heartbeat, time.Second, 5 * time.Minute},
		{"write_timeout", c.WriteTimeout, time.Second, 5 * time.Minute},
		{"ack_timeout", c.AckTimeout, 100 * time.Millisecond, time.Minute},
		{"history_span", c.HistorySpan, time.Minute, 31 * 24 * time.Hour},
		{"track_age", c.TrackAge, time.Second, 24 * time.Hour},
	} {
		if d.value < d.low || d.value > d.high {
			fault(d.path, fmt.Sprintf("%v is outside [%v, %v]", d.value, d.low, d.high))
		}
	}
	for _, n := range []struct {
		path        string
		value, high int
	}{
		{"max_streams", c.MaxStreams, 10_000},
		{"history_bytes", int(c.HistoryBytes), 10_000_000_000},
		{"keep_ended", c.KeepEnded, 1_000_000},
		{"keep_rejects", c.KeepRejects, 1_000_000},
	} {
		if n.value < 1 || n.value > n.high {
			fault(n.path, fmt.Sprintf("%d is outside [1, %d]", n.value, n.high))
		}
	}
}

// loopback says whether only this machine reaches host. The empty host is every interface.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
