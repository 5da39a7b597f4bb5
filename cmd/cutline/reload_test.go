package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"cutline/internal/testenv"
	"cutline/internal/web/client"
)

// lateRadar is a sensor that comes while the daemon runs.
const lateRadar = `sensors:
  - id: late-01
    sector: emerson
    kind: radar
    pose: {lat: 49.02, lon: -97.23, alt_m: 245}
    coverage: {range_m: 9000}
`

// radarFile is where the test puts the sensor: the site includes it.
func (s *site) radarFile() string {
	return filepath.Join(filepath.Dir(s.config), "sensors", "late-01.yaml")
}

// reloads is a site that includes a folder of sensors, on a broker.
func reloads(t *testing.T, broker *testenv.MQTT) *site {
	t.Helper()
	s := newSite(t, fmt.Sprintf("mqtt: {url: %q, client_id: %s, max_backoff: 1s}", broker.URL(), t.Name()))
	text, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "include:") {
		text = append([]byte("include: [sensors/*.yaml]\n"), text...)
	}
	if err := os.MkdirAll(filepath.Dir(s.radarFile()), 0o750); err != nil {
		t.Fatal(err)
	}
	s.write(filepath.Join(filepath.Dir(s.radarFile()), "keys.yaml"), "x-none: 0\n") // a pattern must match something
	s.write(s.config, string(text))
	return s
}

func (s *site) write(path, text string) {
	s.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) hangup() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		s.t.Fatal(err)
	}
}

// heard waits until the sensor has said something, which is sent until then.
func (s *site) heard(p mqtt.Client, id string) {
	s.t.Helper()
	eventually(s.t, 20*time.Second, id+" is heard", func(context.Context) error {
		payload := fmt.Sprintf(`{"time":%q,"detections":[]}`, time.Now().UTC().Format(time.RFC3339Nano))
		if token := p.Publish("border/emerson/"+id+"/detections", 1, false, payload); !token.WaitTimeout(20*time.Second) || token.Error() != nil {
			s.t.Fatal(token.Error())
		}
		return s.state(id, "online")
	})
}

func (s *site) state(id, want string) error {
	if _, text := s.get("/api/v1/sensors"); !strings.Contains(text, fmt.Sprintf(`"id":%q,"state":%q`, id, want)) {
		return fmt.Errorf("%s is not %s: %s", id, want, text)
	}
	return nil
}

// TestReload_aSensorComesAndGoesAndABadFileChangesNothing is a day of an engineer: a file more, a mistake in it, the file away again.
func TestReload_aSensorComesAndGoesAndABadFileChangesNothing(t *testing.T) {
	t.Parallel()
	broker := testenv.Mosquitto(t, testenv.Broker{})
	s := reloads(t, broker)
	s.start()
	c := s.client()
	subscribed(t, c)
	p := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(broker.URL()).SetClientID("engineer"))
	if token := p.Connect(); !token.WaitTimeout(20*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	defer p.Disconnect(100)

	s.heard(p, "twr-01")
	s.write(s.radarFile(), lateRadar)
	s.hangup()
	s.heard(p, "late-01")

	s.write(s.radarFile(), strings.Replace(lateRadar, "range_m: 9000", "range_m: far", 1))
	s.hangup()
	s.isIll(c, "configuration", "late-01.yaml:6:")
	s.says("the configuration is not taken", 2) // by the signal; perhaps by the change of the file, too
	s.heard(p, "late-01")                       // it goes on as it was
	eventually(t, 60*time.Second, "people are called", func(context.Context) error {
		if _, text := s.get("/api/v1/alerts"); !strings.Contains(text, `"kind":"configuration"`) {
			return errors.New("there is no alert of it")
		}
		return nil
	})

	if err := os.Remove(s.radarFile()); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "the sensor is gone without a signal", func(context.Context) error { return s.state("late-01", "offline") })
	eventually(t, 20*time.Second, "the configuration is well", func(ctx context.Context) error {
		status, err := c.Status(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(status.Components, func(c client.Component) bool { return c.Name == "configuration" && c.OK }) {
			return errors.New("it is not")
		}
		return nil
	})
	if n := s.logged("connected to the broker"); n != 1 {
		t.Errorf("%d connections to the broker: a reload must not cost one", n)
	}
}

// TestRun_startsWithTheLastGoodConfiguration is a tower that nobody can reach, with a bad file.
func TestRun_startsWithTheLastGoodConfiguration(t *testing.T) {
	t.Parallel()
	broker := testenv.Mosquitto(t, testenv.Broker{})
	s := reloads(t, broker)
	s.args = []string{"--last-known-good", filepath.Join(filepath.Dir(s.config), "kept", "good.json")}
	s.start()
	c := s.client()
	subscribed(t, c)
	s.kill()

	s.write(s.radarFile(), "sensors: [")
	s.start()
	s.isIll(c, "configuration", "late-01.yaml:1:")
	s.says("THE CONFIGURATION IS BAD", 1)

	s.write(s.radarFile(), lateRadar)
	eventually(t, 20*time.Second, "the mended file is taken", func(ctx context.Context) error {
		if n := s.logged(`the configuration is loaded anew`); n == 0 {
			return errors.New("it is not")
		}
		return ctx.Err()
	})
}
