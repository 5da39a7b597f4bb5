package notify

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Config of what goes out: the notify section of the YAML file.
type Config struct {
	Repeat time.Duration `mapstructure:"repeat"` // an unacknowledged alert is sent again this often, by MQTT and to maps
	Dir    string        `mapstructure:"dir"`    // where what a receiver refused for good is kept, a file for each route
	Link   string        `mapstructure:"link"`   // to an alert in the console, as people reach it; {id} stands for the alert's id
	MQTT   MQTT          `mapstructure:"mqtt"`
	Routes []Route       `mapstructure:"routes"` // to whom else, each independent of the others
}

// MQTT is the broker that alerts, tracks and sensors are published to.
type MQTT struct {
	Enabled      bool   `mapstructure:"enabled"`
	URL          string `mapstructure:"url"`       // tcp://, ssl://, ws:// or wss://; empty: the broker that the feed uses
	ClientID     string `mapstructure:"client_id"` // never the feed's: a broker ends the older of two clients of one name
	Username     string `mapstructure:"username"`
	PasswordFile string `mapstructure:"password_file"`
	Password     string `mapstructure:"-"`         // of the embedded broker, which makes one for its own process
	CAFile       string `mapstructure:"ca_file"`   // PEM; empty: the system's
	CertFile     string `mapstructure:"cert_file"` // PEM, of this client, with KeyFile
	KeyFile      string `mapstructure:"key_file"`

	Prefix        string        `mapstructure:"prefix"`         // first level of every topic
	ClearAfter    time.Duration `mapstructure:"clear_after"`    // how long the broker keeps the last word of an alert that has ended
	TrackInterval time.Duration `mapstructure:"track_interval"` // one track is sent at most this often
	Timeout       time.Duration `mapstructure:"timeout"`        // for a connection, and for the broker's answers to what was sent
}

// Defaults tell alerts again every 30 s (chosen: two reminders within the minute in which an operator should have acted), tracks once a
// second as the core itself writes them, the end of an alert for an hour, which is longer than a shift's handover.
func Defaults() Config {
	return Config{
		Repeat: 30 * time.Second, Dir: "data/notify",
		MQTT: MQTT{
			Enabled: true, ClientID: "cutline-notify", Prefix: "cutline",
			ClearAfter: time.Hour, TrackInterval: time.Second, Timeout: 10 * time.Second,
		},
	}
}

// Check reports every bad field.
func (c Config) Check(fault func(path, what string)) {
	between(fault, "repeat", c.Repeat, time.Second, time.Hour)
	if len(c.Routes) > 0 && c.Dir == "" {
		fault("dir", "is empty: give a directory for what a receiver refuses")
	}
	if c.Link != "" && (!webURL(c.Link) || !strings.Contains(c.Link, "{id}")) {
		fault("link", fmt.Sprintf("%q: give http(s)://host/… with {id} where the alert's id belongs", c.Link))
	}
	c.MQTT.check(fault)
	for i := range c.Routes {
		path := fmt.Sprintf("routes[%d]", i)
		c.Routes[i].check(func(at, what string) { fault(join(path, at), what) })
	}
}

func join(path, key string) string {
	if key == "" {
		return path
	}
	return path + "." + key
}

func (m MQTT) check(fault func(path, what string)) {
	if !m.Enabled {
		return
	}
	between(fault, "mqtt.clear_after", m.ClearAfter, time.Second, 30*24*time.Hour)
	between(fault, "mqtt.track_interval", m.TrackInterval, 100*time.Millisecond, time.Hour)
	between(fault, "mqtt.timeout", m.Timeout, 100*time.Millisecond, 5*time.Minute)
	if m.URL != "" {
		u, err := url.Parse(m.URL)
		if err != nil || u.Host == "" || !slices.Contains([]string{"tcp", "mqtt", "ssl", "tls", "mqtts", "ws", "wss"}, u.Scheme) {
			fault("mqtt.url", fmt.Sprintf("%q is no broker: give tcp://host:1883 or ssl://host:8883", m.URL))
		} else if u.User != nil {
			fault("mqtt.url", "it holds a user: give username and password_file")
		}
	}
	if m.ClientID == "" {
		fault("mqtt.client_id", "it is empty: give a name that no other client of the broker has")
	}
	if m.Prefix == "" || strings.ContainsAny(m.Prefix, "+#\x00") || strings.HasPrefix(m.Prefix, "/") || strings.HasSuffix(m.Prefix, "/") ||
		strings.HasPrefix(m.Prefix, "$") {
		fault("mqtt.prefix", fmt.Sprintf("%q cannot begin a topic: give a name such as cutline", m.Prefix))
	}
	if m.PasswordFile != "" && m.Username == "" {
		fault("mqtt.username", "it is empty, and there is a password_file: MQTT 3.1.1 has no password without a user")
	}
	if (m.CertFile == "") != (m.KeyFile == "") {
		fault("mqtt.key_file", "cert_file and key_file go together: give both or neither")
	}
}

func between(fault func(path, what string), path string, d, low, high time.Duration) {
	if d < low || d > high {
		fault(path, fmt.Sprintf("%v is outside [%v, %v]", d, low, high))
	}
}
