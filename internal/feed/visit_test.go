package feed

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"cutline/internal/broker"
	"cutline/internal/testenv"
)

func TestVisit_hearsAndPublishesBesideTheDaemon(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func() string{
		"mosquitto": func() string { return testenv.Mosquitto(t, testenv.Broker{}).URL() },
		"our own": func() string {
			own := broker.Defaults()
			own.Listen, own.Dir, own.SyncEvery = "127.0.0.1:0", t.TempDir(), time.Second
			return embedded(t, own).MQTTURL()
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := settings(t, url())
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var mu sync.Mutex
			heard := map[string]bool{}
			done := make(chan error, 1)
			go func() {
				done <- Overhear(ctx, cfg, "#", func(received time.Time, topic string, payload []byte) {
					mu.Lock()
					defer mu.Unlock()
					heard[topic+" "+string(payload)] = !received.IsZero()
				})
			}()
			var sent []Sent
			for i := range 5 {
				sent = append(sent, Sent{Topic: fmt.Sprintf("acme/radar/%d", i), Payload: []byte("x")})
			}
			until(t, "all are heard", func() bool { // the first may be sent before we listen
				if n, err := Publish(ctx, cfg, sent); err != nil || n != len(sent) {
					t.Fatalf("%d taken, %v", n, err)
				}
				mu.Lock()
				defer mu.Unlock()
				return heard["acme/radar/0 x"] && heard["acme/radar/4 x"]
			})
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestVisit_saysThatThereIsNoBroker(t *testing.T) {
	t.Parallel()
	cfg := settings(t, "tcp://127.0.0.1:1")
	if err := Overhear(t.Context(), cfg, "#", func(time.Time, string, []byte) {}); err == nil {
		t.Error("it listens to nothing")
	}
	if _, err := Publish(t.Context(), cfg, []Sent{{Topic: "a"}}); err == nil {
		t.Error("it publishes to nothing")
	}
}
