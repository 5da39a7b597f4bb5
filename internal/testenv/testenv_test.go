package testenv

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// wait fails the test unless the token is done in time, without an error.
func wait(t *testing.T, what string, token mqtt.Token) {
	t.Helper()
	if !token.WaitTimeout(20 * time.Second) {
		t.Fatalf("%s: no answer", what)
	}
	if err := token.Error(); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func client(t *testing.T, m *MQTT, id string, handler mqtt.MessageHandler) mqtt.Client {
	t.Helper()
	o := mqtt.NewClientOptions().AddBroker(m.URL()).SetClientID(id).SetCleanSession(false).SetAutoReconnect(false)
	c := mqtt.NewClient(o.SetDefaultPublishHandler(handler))
	wait(t, "connect", c.Connect())
	return c
}

func TestMosquitto_keepsAnAbsentClientsMessages(t *testing.T) {
	for _, tc := range []struct {
		name   string
		broker Broker
		end    func(*MQTT)
	}{
		{"over a stop", Broker{}, (*MQTT).Stop},
		{"over a kill", Broker{Durable: true}, (*MQTT).Kill},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := Mosquitto(t, tc.broker)
			c := client(t, m, "absent", nil)
			wait(t, "subscribe", c.Subscribe("a/#", 1, nil))
			c.Disconnect(250)

			const sent = 1500 // more than the 1000 that Mosquitto queues by default
			pub := client(t, m, "publisher", nil)
			for range sent {
				wait(t, "publish", pub.Publish("a/b", 1, false, "x"))
				if tc.broker.Durable {
					break // one is enough, and a save per message is slow
				}
			}
			want := sent
			if tc.broker.Durable {
				want = 1
				waitSaved(t, m, "a/b")
			}
			pub.Disconnect(250)
			port := m.Addr()
			tc.end(m)
			m.Start()
			if m.Addr() != port {
				t.Fatalf("it came back at %s, was at %s", m.Addr(), port)
			}

			got := make(chan struct{}, sent)
			c = client(t, m, "absent", func(mqtt.Client, mqtt.Message) { got <- struct{}{} })
			defer c.Disconnect(250)
			for n := range want {
				select {
				case <-got:
				case <-time.After(20 * time.Second):
					t.Fatalf("%d of %d messages came", n, want)
				}
			}
		})
	}
}

// waitSaved returns when the broker's store holds the text: Mosquitto saves in its own time, and says nothing of it.
func waitSaved(t *testing.T, m *MQTT, text string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if store, _ := os.ReadFile(filepath.Join(m.dir, "mosquitto.db")); strings.Contains(string(store), text) {
			return
		}
	}
	t.Fatal("the store was never saved")
}

func TestMosquitto_takesTheTestsOwnLines(t *testing.T) {
	m := Mosquitto(t, Broker{Lines: []string{"allow_anonymous false"}})
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(m.URL()).SetClientID("nobody").SetProtocolVersion(4))
	token := c.Connect()
	token.WaitTimeout(20 * time.Second)
	if err := token.Error(); err == nil || !strings.Contains(strings.ToLower(err.Error()), "not authorized") {
		t.Fatalf("connect without a name: %v", err)
	}
}

func TestInflux_answersAndComesBack(t *testing.T) {
	i := Influx(t)
	url := i.URL()
	i.Stop()
	i.Stop() // twice is no fault
	i.Start()
	if i.URL() != url || i.Server() == nil {
		t.Fatalf("it came back at %s, was at %s", i.URL(), url)
	}
	if err := i.Server().CreateDatabase(t.Context(), "border"); err != nil {
		t.Fatal(err)
	}
}

func TestMissing_failsOnABuildMachineAndSkipsElsewhere(t *testing.T) {
	for ci, want := range map[string]string{"": "skip", "true": "fatal"} {
		t.Setenv("CI", ci)
		r := &recorder{TB: t}
		missing(r, "thing", "apt-get install thing")
		if r.did != want || !strings.Contains(r.text, "apt-get install thing") {
			t.Errorf("CI=%q: %s %q, want %s", ci, r.did, r.text, want)
		}
	}
}

// recorder notes how a test would have ended.
type recorder struct {
	testing.TB
	did, text string
}

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) { r.note("fatal", fmt.Sprintf(format, args...)) }

func (r *recorder) Skipf(format string, args ...any) { r.note("skip", fmt.Sprintf(format, args...)) }

// note keeps the first end only: the real ones do not return.
func (r *recorder) note(did, text string) {
	if r.did == "" {
		r.did, r.text = did, text
	}
}
