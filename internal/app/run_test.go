package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/goleak"

	"cutline/internal/config"
	"cutline/internal/correlate"
	"cutline/internal/replay"
	"cutline/internal/testenv"
	"cutline/simulator"
)

// configured is the configuration of the scenario emerson, with everything of the daemon in a directory of the test.
func configured(t *testing.T) config.Config {
	t.Helper()
	dir := t.TempDir()
	scenario, err := simulator.Load("emerson")
	if err != nil {
		t.Fatal(err)
	}
	if err := scenario.WriteConfig(dir); err != nil {
		t.Fatal(err)
	}
	cfg, faults, err := config.Load(filepath.Join(dir, "cutline.yaml"))
	if err != nil || len(faults) > 0 {
		t.Fatal(faults, err)
	}
	cfg.MQTT.URL, cfg.MQTT.StateDir, cfg.Broker.Listen = "", dir, "127.0.0.1:0"
	cfg.Journal.Dir, cfg.HTTP.Listen, cfg.Influx = filepath.Join(dir, "journal"), "127.0.0.1:0", nil
	return cfg
}

// leaksNothing is to be deferred first: it looks when all else has ended.
func leaksNothing(t *testing.T) func() {
	t.Helper()
	before := goleak.IgnoreCurrent()
	return func() {
		http.DefaultClient.CloseIdleConnections()
		goleak.VerifyNone(t, before)
	}
}

// running starts the daemon and returns where it is, and how to end it.
func running(t *testing.T, cfg config.Config) (at Endpoints, end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan Endpoints, 1), make(chan error, 1)
	go func() {
		ended <- Run(ctx, cfg, slog.New(slog.DiscardHandler), Options{Ready: func(e Endpoints) { ready <- e }})
	}()
	end = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("Run does not end")
		}
	})
	t.Cleanup(end)
	select {
	case at = <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	return at, end
}

func eventually(t *testing.T, what string, ok func() error) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; {
		err := ok()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: %v", what, err)
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func isReady(t *testing.T, at Endpoints) {
	t.Helper()
	eventually(t, "the daemon is ready", func() error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at.HTTP+"/readyz", http.NoBody)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close() //nolint:errcheck // it is only read
		if res.StatusCode != http.StatusOK {
			return errors.New(res.Status)
		}
		return nil
	})
}

func publish(t *testing.T, broker, topic, payload string) {
	t.Helper()
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(broker).SetClientID("twr-01").SetAutoReconnect(false))
	if token := c.Connect(); token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	defer c.Disconnect(100)
	if token := c.Publish(topic, 1, false, payload); !token.WaitTimeout(20*time.Second) || token.Error() != nil {
		t.Fatalf("publish: %v", token.Error())
	}
}

func TestRun_endsInOrderAndLeavesNothingBehind(t *testing.T) {
	if testing.Short() {
		t.Skip("starts brokers")
	}
	for name, broker := range map[string]func(*config.Config){
		"the broker inside":  func(*config.Config) {},
		"one of the outside": func(cfg *config.Config) { cfg.MQTT.URL = testenv.Mosquitto(t, testenv.Broker{}).URL() },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := configured(t)
			broker(&cfg)
			defer leaksNothing(t)()
			for range 2 { // the second start finds the journal of the first
				at, end := running(t, cfg)
				isReady(t, at)
				publish(t, at.MQTT, "border/emerson/twr-01/detections", `{"time":"2026-11-24T08:00:00Z","position":{"lat":49.01,"lon":-97.2}}`)
				end()
			}
		})
	}
}

// sink is written by Record and read by the test.
type sink struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func TestRecord_writesWhatTheFeedsBringBesideTheDaemon(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a broker")
	}
	cfg := configured(t)
	defer leaksNothing(t)()
	at, end := running(t, cfg)
	isReady(t, at)
	cfg.Broker.Listen = strings.TrimPrefix(at.MQTT, "tcp://")
	ctx, cancel := context.WithCancel(t.Context())
	out, ended := new(sink), make(chan error, 1)
	go func() { ended <- Record(ctx, cfg, out, slog.New(slog.DiscardHandler)) }()
	payloads := []string{`{"time":"2026-11-24T08:00:00Z","position":{"lat":49.01,"lon":-97.2}}`, `nonsense`}
	eventually(t, "the capture holds both", func() error { // it may not have subscribed yet
		for _, p := range payloads {
			publish(t, at.MQTT, "border/emerson/twr-01/detections", p)
		}
		if text := out.String(); !strings.Contains(text, `"payload":`+payloads[0]) || !strings.Contains(text, `"payload_base64":"bm9uc2Vuc2U="`) {
			return fmt.Errorf("it holds %q", text)
		}
		return nil
	})
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	var events bytes.Buffer
	recorded := []*replay.Capture{replay.NewCapture("recorded", strings.NewReader(out.String()))}
	if err := Replay(cfg, recorded, &events); err != nil || !strings.Contains(events.String(), `"type":"reject"`) {
		t.Errorf("its replay: %v\n%s", err, events.String())
	}
	end()
}

func TestRun_saysWhatCannotBeOpened(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a broker")
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close() //nolint:errcheck // nothing was written
	for want, change := range map[string]func(*config.Config){
		"open http.listen": func(cfg *config.Config) { cfg.HTTP.Listen = taken.Addr().String() },
		"mqtt listener":    func(cfg *config.Config) { cfg.Broker.Listen = taken.Addr().String() },
		"users_file":       func(cfg *config.Config) { cfg.Broker.UsersFile = "/nowhere" },
	} {
		t.Run(want, func(t *testing.T) {
			cfg := configured(t)
			change(&cfg)
			defer leaksNothing(t)()
			err := Run(t.Context(), cfg, slog.New(slog.DiscardHandler), Options{Ready: func(Endpoints) { t.Error("it says that it is ready") }})
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		})
	}
}

func TestSectorHealth_aSectorThatIsBehindSaysSo(t *testing.T) {
	began := time.Now()
	for _, tc := range []struct {
		status correlate.Status
		ok     bool
		want   string
	}{
		{correlate.Status{Sector: "emerson"}, false, "loads its snapshot"},
		{correlate.Status{Sector: "emerson", Ready: true, Seq: 7, Behind: 20 * time.Millisecond}, true, "at input 7, stepped 20 ms after"},
		{correlate.Status{Sector: "emerson", Ready: true, Seq: 7, Behind: time.Hour}, false, "catches up: at input 7, of 1h0m0s ago"},
	} {
		c := sectorHealth(tc.status, began)
		if c.Name != "sector emerson" || c.OK != tc.ok || !strings.Contains(c.Message, tc.want) {
			t.Errorf("%+v: got %+v", tc.status, c)
		}
	}
}
