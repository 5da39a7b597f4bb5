package notify

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"cutline/internal/record"
	"cutline/internal/secrets"
)

// options of one connection. The files are read each time, so that a new certificate or password needs no restart.
func (m *mqttOutput) options() (*paho.ClientOptions, error) {
	o := paho.NewClientOptions().
		AddBroker(m.cfg.URL).
		SetClientID(m.cfg.ClientID).
		SetProtocolVersion(4). // MQTT 3.1.1; paho would try 3.1 as well, and report the error of that
		SetCleanSession(true). // we only publish, and keep what matters ourselves
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetConnectTimeout(m.cfg.Timeout).
		SetWriteTimeout(m.cfg.Timeout).
		SetKeepAlive(10*time.Second). // the broker says "offline" for us after one and a half of it (§3.1.2.10)
		SetPingTimeout(5*time.Second).
		SetBinaryWill(m.statusTopic(), []byte(offline), 1, true)
	if m.cfg.Username != "" {
		o.SetUsername(m.cfg.Username).SetPassword(m.cfg.Password)
	}
	if m.cfg.PasswordFile != "" {
		secret, err := secrets.Text("password_file", m.cfg.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("notify.mqtt.%w", err)
		}
		o.SetPassword(secret)
	}
	t, err := secrets.TLS(m.cfg.CAFile, m.cfg.CertFile, m.cfg.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("notify.mqtt.%w", err)
	}
	return o.SetTLSConfig(t), nil
}

func (m *mqttOutput) statusTopic() string { return m.cfg.Prefix + "/status" }

// encode an event: the JSON that it has in files and on the stream; an alert's change stands outside too, so that a subscriber
// can choose by it without looking into the alert.
func (m *mqttOutput) encode(e *record.Event) (topic string, payload []byte, err error) {
	out := struct {
		*record.Event
		Change string `json:"change,omitempty"`
	}{Event: e}
	var kind, id string
	switch {
	case e.Alert != nil:
		kind, id, out.Change = "alerts", e.Alert.ID, e.Alert.Change
	case e.Track != nil:
		kind, id = "tracks", e.Track.ID
	case e.Sensor != nil:
		kind, id = "sensors", e.Sensor.ID
	default:
		return "", nil, fmt.Errorf("encode %s event: it has no topic", e.Type)
	}
	if payload, err = json.Marshal(out); err != nil {
		return "", nil, fmt.Errorf("encode %s event: %w", e.Type, err)
	}
	return strings.Join([]string{m.cfg.Prefix, level(e.Sector), kind, level(id)}, "/"), payload, nil
}

// level makes a name one topic level: a slash would begin another, and wildcards may not be published to (MQTT 3.1.1 §4.7.1).
func level(name string) string {
	if name == "" {
		return "_"
	}
	return strings.Map(func(r rune) rune {
		if r == '/' || r == '+' || r == '#' || r <= ' ' || r == 0x7f {
			return '_'
		}
		return r
	}, name)
}
