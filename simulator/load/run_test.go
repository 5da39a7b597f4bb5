package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/goleak"

	"cutline/internal/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// subscriber hears all that is published, over restarts of the broker, and counts the ids.
type subscriber struct {
	mu  sync.Mutex
	ids map[string]int
	bad string // a payload with another sensor's id than its topic's
}

func subscribe(t *testing.T, url string) *subscriber {
	t.Helper()
	s := &subscriber{ids: map[string]int{}}
	o := mqtt.NewClientOptions().AddBroker(url).SetClientID("subscriber").SetCleanSession(false).
		SetMaxReconnectInterval(200 * time.Millisecond).SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { s.take(m) })
	c := mqtt.NewClient(o)
	if token := c.Connect(); !token.WaitTimeout(20*time.Second) || token.Error() != nil {
		t.Fatalf("connect: %v", token.Error())
	}
	t.Cleanup(func() { c.Disconnect(100) })
	if token := c.Subscribe("border/load/#", 1, nil); !token.WaitTimeout(20*time.Second) || token.Error() != nil {
		t.Fatalf("subscribe: %v", token.Error())
	}
	return s
}

func (s *subscriber) take(m mqtt.Message) {
	_, rest, _ := strings.Cut(string(m.Payload()), `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids[id]++
	if !strings.HasPrefix(id, strings.Split(m.Topic(), "/")[2]+"-") {
		s.bad = m.Topic() + " " + id
	}
}

// heard waits until n different ids have come, and gives all.
func (s *subscriber) heard(t *testing.T, n int) map[string]int {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		s.mu.Lock()
		all := maps.Clone(s.ids)
		bad := s.bad
		s.mu.Unlock()
		if bad != "" {
			t.Fatalf("a sensor's topic brought another's detection: %s", bad)
		}
		if len(all) >= n {
			return all
		}
		select {
		case <-deadline:
			t.Fatalf("%d ids came, want %d", len(all), n)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// small is a load for a test.
func small(url string) Config {
	cfg := Defaults()
	cfg.Broker, cfg.Sensors, cfg.Connections, cfg.Rate, cfg.Duration = url, 7, 3, 0, 0
	return cfg
}

// report compares a ledger's text with what a subscriber heard.
func report(t *testing.T, ledger []byte, heard map[string]int) Report {
	t.Helper()
	l, err := ReadLedger(bytes.NewReader(ledger))
	if err != nil {
		t.Fatalf("%v in\n%.2000s", err, ledger)
	}
	tally := l.NewTally()
	for id, n := range heard {
		for range n {
			tally.Take(id, "")
		}
	}
	return tally.Report()
}

func TestRun_theLedgerIsWhatASubscriberReceives(t *testing.T) {
	broker := testenv.Mosquitto(t, testenv.Broker{})
	s := subscribe(t, broker.URL())
	var ledger bytes.Buffer
	cfg := small(broker.URL())
	cfg.Messages, cfg.Ledger = 5003, &ledger
	p, err := Run(t.Context(), cfg)
	if err != nil || p.Sent != 5003 || p.Acked != 5003 || p.Reconnects != 0 {
		t.Fatalf("%v, %+v", err, p)
	}
	r := report(t, ledger.Bytes(), s.heard(t, 5003))
	want := Report{Complete: true, Sent: 5003, Acked: 5003, Arrived: 5003}
	if fmt.Sprint(r) != fmt.Sprint(want) {
		t.Errorf("got %+v", r)
	}
}

func TestRun_aRestartOfTheBrokerLosesNothingThatWasAcknowledged(t *testing.T) {
	broker := testenv.Mosquitto(t, testenv.Broker{})
	s := subscribe(t, broker.URL())
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var ledger bytes.Buffer
	cfg := small(broker.URL())
	cfg.Rate, cfg.Ledger = 6000, &ledger
	restarts, next := 0, int64(2000)
	cfg.Progress = func(p Progress) {
		switch {
		case p.Final || p.Sent < next || p.Reconnects < int64(restarts*cfg.Connections):
		case restarts == 2:
			stop()
		default:
			restarts++
			next = p.Sent + 2000
			broker.Restart()
		}
	}
	p, err := Run(ctx, cfg)
	if err != nil || p.Acked != p.Sent || restarts != 2 || p.Reconnects < 6 {
		t.Fatalf("%v, %+v after %d restarts", err, p, restarts)
	}
	if r := report(t, ledger.Bytes(), s.heard(t, int(p.Sent))); !r.OK() || r.Arrived != p.Sent || r.Unexpected != 0 {
		t.Errorf("%s", r.String())
	}
}

func TestRun_keepsTheRateAndEndsWithItsDuration(t *testing.T) {
	broker := testenv.Mosquitto(t, testenv.Broker{})
	cfg := small(broker.URL())
	cfg.Rate, cfg.Duration = 1000, 2*time.Second
	p, err := Run(t.Context(), cfg)
	// A scan more or less of each sensor; less on a busy machine.
	if err != nil || p.Sent < 1200 || p.Sent > 2400 || p.Elapsed < 2*time.Second {
		t.Errorf("%v, %+v: want about 2000 messages in 2 s", err, p)
	}
}

func TestRun_endsWithItsContextAndAccountsForAll(t *testing.T) {
	broker := testenv.Mosquitto(t, testenv.Broker{})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var ledger bytes.Buffer
	cfg := small(broker.URL())
	cfg.Ledger = &ledger
	cfg.Progress = func(Progress) { stop() }
	p, err := Run(ctx, cfg)
	if err != nil || p.Sent == 0 || p.Acked != p.Sent {
		t.Fatalf("%v, %+v", err, p)
	}
	if r := report(t, ledger.Bytes(), nil); r.Missing != p.Acked || !r.Complete {
		t.Errorf("%s", r.String())
	}
}

func TestRun_withQoS0NothingIsAcknowledged(t *testing.T) {
	broker := testenv.Mosquitto(t, testenv.Broker{})
	s := subscribe(t, broker.URL())
	var ledger bytes.Buffer
	cfg := small(broker.URL())
	cfg.QoS, cfg.Messages, cfg.Ledger = 0, 300, &ledger
	if p, err := Run(t.Context(), cfg); err != nil || p.Sent != 300 || p.Acked != 0 {
		t.Fatalf("%v, %+v", err, p)
	}
	r := report(t, ledger.Bytes(), s.heard(t, 300))
	if r.Acked != 0 || r.UnackedArrived != 300 || !strings.Contains(r.String(), "nothing is proven") {
		t.Errorf("%s", r.String())
	}
}

func TestRun_saysWhyItCannotBegin(t *testing.T) {
	closed := testenv.Mosquitto(t, testenv.Broker{Lines: []string{"allow_anonymous false"}})
	for url, want := range map[string]string{
		"tcp://127.0.0.1:1": "tcp://127.0.0.1:1",
		closed.URL():        "refuses us",
		"http://127.0.0.1":  "scheme http",
		"":                  "broker: is missing",
	} {
		if _, err := Run(t.Context(), small(url)); err == nil || !strings.Contains(strings.ToLower(err.Error()), want) {
			t.Errorf("%q: got %v, want %q", url, err, want)
		}
	}
}

// full is a disk that takes a little.
type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(p), nil
}

func TestRun_endsWhenTheLedgerCannotBeWritten(t *testing.T) {
	broker := testenv.Mosquitto(t, testenv.Broker{})
	cfg := small(broker.URL())
	cfg.Rate, cfg.Ledger = 1000, &full{left: 20_000} // about a second of it; there is no other end
	if _, err := Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("got %v", err)
	}
}

func TestConfig_everyWrongSettingIsNamed(t *testing.T) {
	cfg := Config{
		Broker: "amqp://x", Sensors: 10_000, Targets: -1, Rate: -1, Duration: -1, Messages: -1, QoS: 2, Connections: 0, InFlight: 65536,
	}
	var got []string
	cfg.Check(func(path, _ string) { got = append(got, path) })
	if want := "broker sensors targets rate duration messages qos connections in-flight"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	Defaults().Check(func(path, what string) { t.Errorf("a default is wrong: %s: %s", path, what) })
}

func TestBrokerAddress_knowsTheUsualForms(t *testing.T) {
	for in, want := range map[string]string{
		"tcp://h:1": "h:1 false", "mqtt://h": "h:1883 false", "ssl://h": "h:8883 true", "mqtts://h:5": "h:5 true",
		"tcp://[::1]:1883": "[::1]:1883 false", "tcp://[::1]": "[::1]:1883 false",
	} {
		address, secure, err := brokerAddress(in)
		if got := fmt.Sprint(address, " ", secure); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"", "h:1883", "tcp://", "ws://h", "127.0.0.1:1883"} {
		if _, _, err := brokerAddress(in); err == nil {
			t.Errorf("%q was taken", in)
		}
	}
}

func contextWithTimeout(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}
