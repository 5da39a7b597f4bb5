package notify

import (
	"fmt"
	"net/url"
	"time"
)

// Webhook is a receiver of HTTP requests. Each alert is one POST, which an answer of 2xx confirms.
type Webhook struct {
	URL          string        `mapstructure:"url"`           // http:// or https://; of ntfy with the topic behind it. A secret one: ${NAME}
	Template     Template      `mapstructure:"template"`      // what is sent: json, alertmanager, slack or ntfy
	SecretFile   string        `mapstructure:"secret_file"`   // signs each request by HMAC-SHA256, as standardwebhooks.com has it
	TokenFile    string        `mapstructure:"token_file"`    // is sent as Authorization: Bearer
	Username     string        `mapstructure:"username"`      // or basic authorization, with password_file
	PasswordFile string        `mapstructure:"password_file"` // read before each request
	CAFile       string        `mapstructure:"ca_file"`       // PEM; empty: whom the system trusts
	CertFile     string        `mapstructure:"cert_file"`     // PEM, of this client, with key_file
	KeyFile      string        `mapstructure:"key_file"`
	Timeout      time.Duration `mapstructure:"timeout"` // of one request
	GiveUp       time.Duration `mapstructure:"give_up"` // one alert that is answered with 500 for so long is put aside as refused
}

// Template is what a webhook's receiver understands.
type Template string

// JSONTemplate is our own: the event as it is everywhere else.
const (
	JSONTemplate         Template = "json"
	AlertmanagerTemplate Template = "alertmanager"
	SlackTemplate        Template = "slack"
	NtfyTemplate         Template = "ntfy"
)

// Templates lists them.
func Templates() []Template {
	return []Template{JSONTemplate, AlertmanagerTemplate, SlackTemplate, NtfyTemplate}
}

// forPeople says whether somebody reads each of them.
func (t Template) forPeople() bool { return t == SlackTemplate || t == NtfyTemplate }

func (w *Webhook) fill() {
	setDefault(&w.Template, JSONTemplate)
	setDefault(&w.Timeout, 10*time.Second)
	setDefault(&w.GiveUp, 10*time.Minute)
}

func (w *Webhook) check(fault func(path, what string)) {
	switch u, err := url.Parse(w.URL); {
	case w.URL == "":
		fault("url", "is missing: give http(s)://host/…")
	case err != nil || !webURL(w.URL):
		fault("url", "is no address of a web server: give http(s)://host/…")
	case u.User != nil:
		fault("url", "it holds a user: give username and password_file")
	case w.Template == NtfyTemplate && topicOf(u) == "":
		fault("url", "ntfy's topic is missing: give http(s)://host/topic")
	case u.Scheme == "http" && (w.CAFile != "" || w.CertFile != ""):
		fault("url", "has no TLS, and there are certificates: give https://")
	}
	if (w.CertFile == "") != (w.KeyFile == "") {
		fault("key_file", "cert_file and key_file go together: give both or neither")
	}
	if (w.Username == "") != (w.PasswordFile == "") {
		fault("password_file", "username and password_file go together: give both or neither")
	} else if w.Username != "" && w.TokenFile != "" {
		fault("token_file", "there are a username and a token: a request has one authorization, leave one of them out")
	}
	between(fault, "timeout", w.Timeout, 100*time.Millisecond, 5*time.Minute)
	between(fault, "give_up", w.GiveUp, time.Second, 30*24*time.Hour)
}

// webURL says whether a text is the address of a web server.
func webURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Hostname() != "" && (u.Scheme == "http" || u.Scheme == "https") && goodPort(u.Port())
}

// goodPort takes none too.
func goodPort(port string) bool {
	n := 0
	_, err := fmt.Sscanf(port, "%d", &n)
	return port == "" || err == nil && n > 0 && n < 65536
}
