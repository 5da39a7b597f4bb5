package app

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"time"

	"cutline/internal/config"
	"cutline/internal/feed"
	"cutline/internal/influx"
	"cutline/internal/notify"
)

// Connection is what came of trying a server.
type Connection struct {
	Name string `json:"name"` // the section that names it
	At   string `json:"at"`   // its address
	OK   bool   `json:"ok"`
	What string `json:"what"` // what was tried, or why it failed
}

func (c Connection) String() string {
	word := "ok  "
	if !c.OK {
		word = "FAIL"
	}
	return fmt.Sprintf("%s  %-14s %s: %s", word, c.Name, c.At, c.What)
}

// connectIn bounds one try.
const connectIn = 10 * time.Second

// Connect tries the servers that a configuration names, one after the other, as the daemon would use them. Nothing is left behind, and
// nobody is told anything: of what only sends, the connection alone is tried.
func Connect(ctx context.Context, cfg config.Config) []Connection {
	all := []Connection{}
	try := func(name, at, what string, do func(context.Context) error) {
		ctx, cancel := context.WithTimeout(ctx, connectIn)
		defer cancel()
		c := Connection{Name: name, At: at, OK: true, What: what}
		if err := do(ctx); err != nil {
			c.OK, c.What = false, err.Error()
		}
		all = append(all, c)
	}
	if !cfg.Embedded() {
		try("mqtt", bare(cfg.MQTT.URL), "it takes us, and gives us the topics of all sensors", func(ctx context.Context) error {
			return feed.Try(ctx, cfg.MQTT, cfg.Sensors)
		})
	}
	if cfg.Influx != nil {
		try("influx", bare(cfg.Influx.URL), "it takes points for "+cfg.Influx.Bucket, func(ctx context.Context) error {
			return influx.Try(ctx, *cfg.Influx)
		})
	}
	if out := cfg.Notify.MQTT; out.Enabled && out.URL != "" {
		try("notify.mqtt", bare(out.URL), "it takes us", func(ctx context.Context) error {
			return feed.Try(ctx, asFeed(cfg.MQTT, out), nil)
		})
	}
	for _, r := range cfg.Notify.Routes {
		if network, address := receiver(r); address != "" {
			try("notify "+r.ID, address, "it answers; nothing was sent", func(ctx context.Context) error { return dial(ctx, network, address) })
		}
	}
	return all
}

// asFeed is the connection of the notifier, for who knows the feed's.
func asFeed(c feed.Config, out notify.MQTT) feed.Config {
	c.URL, c.ClientID, c.Username, c.PasswordFile, c.Password = out.URL, out.ClientID, out.Username, out.PasswordFile, out.Password
	c.CAFile, c.CertFile, c.KeyFile = out.CAFile, out.CertFile, out.KeyFile
	return c
}

// receiver is where a route sends to; empty for one that is sent to nobody in particular.
func receiver(r notify.Route) (network, address string) {
	switch {
	case r.Webhook != nil:
		return "tcp", hostPort(r.Webhook.URL)
	case r.Email != nil:
		return "tcp", r.Email.Server
	case r.CoT != nil:
		if u, err := url.Parse(r.CoT.URL); err == nil && u.Scheme != "udp" {
			return "tcp", u.Host
		}
	case r.SAPIENT != nil:
		if u, err := url.Parse(r.SAPIENT.URL); err == nil {
			return "tcp", u.Host
		}
	}
	return "", ""
}

// hostPort of a URL, with the port of its scheme if it names none.
func hostPort(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func dial(ctx context.Context, network, address string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// bare is a URL without who asks.
func bare(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "?"
	}
	u.User = nil
	return u.Redacted()
}
