package simulator

import (
	"context"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/goleak"

	"cutline/internal/record"
	"cutline/internal/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listen subscribes to all that sensors say, and gives what has come so far.
func listen(t *testing.T, url string) func() map[string]int {
	t.Helper()
	var mu sync.Mutex
	got := map[string]int{}
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(url).SetClientID("listener"))
	if token := c.Connect(); !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		t.Fatalf("connect: %v", token.Error())
	}
	t.Cleanup(func() { c.Disconnect(100) })
	token := c.Subscribe("border/#", 1, func(_ mqtt.Client, m mqtt.Message) {
		mu.Lock()
		defer mu.Unlock()
		got[m.Topic()+" "+string(m.Payload())]++
	})
	if !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		t.Fatalf("subscribe: %v", token.Error())
	}
	return func() map[string]int {
		mu.Lock()
		defer mu.Unlock()
		all := make(map[string]int, len(got))
		maps.Copy(all, got)
		return all
	}
}

func TestLive_publishesEverythingOnceAtItsTime(t *testing.T) {
	broker := testenv.Mosquitto(t, testenv.Broker{})
	heard := listen(t, broker.URL())
	r := day(t, Options{Seed: 1, Start: time.Now(), Duration: 20 * time.Second, Speed: 10}, nil)
	var captured []record.Line
	truth := 0
	p, err := r.Live(t.Context(), LiveConfig{Broker: broker.URL(), Sinks: Sinks{
		Capture: func(l record.Line) error {
			if early := time.Until(l.Received); early > 0 {
				t.Errorf("published %v before its receipt", early)
			}
			captured = append(captured, l)
			return nil
		},
		Truth: func(record.Truth) error { truth++; return nil },
	}})
	if err != nil {
		t.Fatal(err)
	}
	if p.Sent != len(captured) || p.Acked != p.Sent || p.Sent < 50 || truth == 0 {
		t.Errorf("%d sent, %d acknowledged, %d captured, %d lines of truth", p.Sent, p.Acked, len(captured), truth)
	}
	deadline := time.After(10 * time.Second)
	for len(heard()) < len(captured) {
		select {
		case <-deadline:
			t.Fatalf("heard %d of %d", len(heard()), len(captured))
		case <-time.After(10 * time.Millisecond):
		}
	}
	all := heard()
	for _, l := range captured {
		if n := all[l.Topic+" "+string(l.Bytes())]; n != 1 {
			t.Errorf("heard %d times: %s %s", n, l.Topic, l.Bytes())
		}
	}
	for m := range all {
		if strings.Contains(m, `"offline"`) {
			t.Errorf("a sensor that ended in good order is reported offline: %s", m)
		}
	}
}

func TestLive_endsWithItsContext(t *testing.T) {
	broker := testenv.Mosquitto(t, testenv.Broker{})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r := day(t, Options{Seed: 1, Start: time.Now()}, nil)
	p, err := r.Live(ctx, LiveConfig{Broker: broker.URL(), Progress: func(p Progress) {
		if p.Sent == 20 {
			stop()
		}
	}})
	if err != nil || p.Sent != 20 || p.Acked != 20 {
		t.Errorf("%v, %d sent, %d acknowledged: want 20 of each", err, p.Sent, p.Acked)
	}
}

func TestLive_saysThatThereIsNoBroker(t *testing.T) {
	r := day(t, Options{Seed: 1, Start: time.Now()}, nil)
	_, err := r.Live(t.Context(), LiveConfig{Broker: "tcp://127.0.0.1:1"})
	if err == nil || !strings.Contains(err.Error(), "tcp://127.0.0.1:1") {
		t.Errorf("got %v, want an error that names the broker", err)
	}
}

// Ten thousand targets against a real broker, which takes its share of the same cores: goal 30,000 messages/s.
func BenchmarkLive_perf(b *testing.B) {
	broker := testenv.Mosquitto(b, testenv.Broker{})
	b.ReportAllocs()
	sent := 0
	for b.Loop() {
		// A day that began an hour ago is behind all the time, and so is played as fast as it goes.
		r := scenarioDay(b, "perf", Options{Seed: 1, Duration: 10 * time.Second})
		r.clock.start = time.Now().Add(-time.Hour)
		p, err := r.Live(b.Context(), LiveConfig{Broker: broker.URL()})
		if err != nil || p.Acked != p.Sent {
			b.Fatalf("%v: %d of %d acknowledged", err, p.Acked, p.Sent)
		}
		sent += p.Sent
	}
	b.ReportMetric(float64(sent)/b.Elapsed().Seconds(), "messages/s")
}
