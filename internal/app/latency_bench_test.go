package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"cutline/internal/fusion"
	"cutline/internal/record"
	"cutline/internal/testenv"
	"cutline/internal/web/client"
)

// stride has the sensors take turns all over the field, so that there is always somebody to report: the message of another is what
// ends the wait in the reorder window. It has no divisor with drainSensors.
const stride = 37

// How many cross the line, and how long that takes: they start some 60 m before it, each at a time of its own.
const (
	latencyTargets = 120
	latencyLasts   = 50 * time.Second
)

// BenchmarkLatency plays people who cross the line to a daemon that runs, in real time, and takes the time from the publishing of
// the detection that decides a crossing (the newest in the alert's evidence: its time is the moment of its publishing) to
// the arrival of the new alert at a client of the API's stream and at an MQTT subscriber. fusion.reorder, for which every detection
// waits, is subtracted.
func BenchmarkLatency(b *testing.B) {
	if testing.Short() {
		b.Skip("takes two minutes")
	}
	b.Run("embedded", func(b *testing.B) {
		for b.Loop() {
			address := freeAddress(b)
			crossings(b, writeSite(b, "", address, nil), "tcp://"+address)
		}
	})
	b.Run("mosquitto", func(b *testing.B) {
		for b.Loop() {
			broker := testenv.Mosquitto(b, testenv.Broker{})
			crossings(b, writeSite(b, broker.URL(), "", nil), broker.URL())
		}
	})
}

// delays gathers what one way out has taken.
type delays struct {
	mu   sync.Mutex
	seen map[string]time.Duration // by alert
}

// add takes the alert's first arrival.
func (d *delays) add(a *record.AlertEvent, now time.Time) {
	if a.Kind != "crossing" || a.Change != "new" || len(a.Evidence) == 0 {
		return
	}
	newest := a.Evidence[0].Time
	for _, e := range a.Evidence {
		if e.Time.After(newest) {
			newest = e.Time
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.seen[a.ID]; !ok {
		d.seen[a.ID] = now.Sub(newest) - fusion.Defaults().Reorder
	}
}

// report gives the median and the 99th percentile.
func (d *delays) report(b *testing.B, who string) {
	b.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []time.Duration
	for _, v := range d.seen {
		all = append(all, v)
	}
	if len(all) < latencyTargets/2 {
		b.Fatalf("%d alerts of %d crossings reached %s", len(all), latencyTargets, who)
	}
	slices.Sort(all)
	ms := func(share float64) float64 {
		return float64(all[int(share*float64(len(all)-1)+.5)].Microseconds()) / 1e3
	}
	b.ReportMetric(ms(.5), who+"-p50-ms")
	b.ReportMetric(ms(.99), who+"-p99-ms")
	b.ReportMetric(float64(len(all)), who+"-alerts")
}

func crossings(b *testing.B, config, broker string) {
	b.Helper()
	daemon := startChild(b, asDaemon, config)
	sse, told := &delays{seen: map[string]time.Duration{}}, &delays{seen: map[string]time.Duration{}}
	ctx, cancel := context.WithCancel(b.Context())
	var follower sync.WaitGroup
	api, err := client.New(daemon.api)
	if err != nil {
		b.Fatal(err)
	}
	defer api.Close()
	follower.Go(func() {
		_ = api.Follow(ctx, client.From{Types: []record.Type{record.AlertType}}, func(m client.Message) error {
			sse.add(m.Event.Alert, time.Now())
			return nil
		})
	})
	subscriber := connected(b, broker, "subscriber")
	wait(b, subscriber.Subscribe("cutline/+/alerts/+", 1, func(_ mqtt.Client, m mqtt.Message) {
		now := time.Now()
		var e record.Event
		if json.Unmarshal(m.Payload(), &e) == nil && e.Alert != nil {
			told.add(e.Alert, now)
		}
	}))
	walk(b, broker)
	cancel()
	follower.Wait()
	subscriber.Disconnect(250)
	daemon.end()
	sse.report(b, "sse")
	told.report(b, "mqtt")
	b.ReportMetric(0, "ns/op") // it is the play's own length
}

// connected waits for the embedded broker, too, which lets nobody in before the daemon has subscribed.
func connected(b *testing.B, broker, name string) mqtt.Client {
	b.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(broker).SetClientID(name).SetOrderMatters(false))
		token := c.Connect()
		if token.WaitTimeout(10*time.Second) && token.Error() == nil {
			return c
		}
		if time.Now().After(deadline) {
			b.Fatalf("%s: %v", broker, token.Error())
		}
	}
}

// walk plays the field in real time. A detection's time is that of its publishing.
func walk(b *testing.B, broker string) {
	b.Helper()
	f := newField(drainSensors, latencyTargets)
	for k := range f.walkers { // north, over the line, 110 m apart
		f.walkers[k] = walker{e: halfWidth * (2*float64(k)/latencyTargets - 1), n: -55 - 30*f.rng.Float64(), vn: 3}
	}
	client := connected(b, broker, "field")
	defer client.Disconnect(250)
	var tokens []mqtt.Token
	start := time.Now()
	for sent, turn := 0, 0; time.Since(start) < latencyLasts; turn++ {
		i := turn * stride % len(f.sensors)
		time.Sleep(time.Until(start.Add(time.Duration(turn) * scanPeriod / time.Duration(len(f.sensors))))) // the field's own pace
		for k := range f.walkers {
			if now := time.Now().UTC(); f.sees(i, k, now.Sub(start)) {
				payload := f.message(k, sent, turn/len(f.sensors), now, now.Sub(start))
				tokens = append(tokens, client.Publish(fmt.Sprintf("border/emerson/%s/detections", f.sensors[i].id), 1, false, payload))
				sent++
			}
		}
	}
	for _, t := range tokens {
		wait(b, t)
	}
}
