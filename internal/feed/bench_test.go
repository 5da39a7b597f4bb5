package feed

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/prometheus/client_golang/prometheus"

	"cutline/internal/journal"
	"cutline/internal/record"
	"cutline/internal/sensor"
	"cutline/internal/testenv"
)

// The benchmarks drain b.N queued QoS 1 messages of 335 bytes from 100 sensors out of a real broker: run them with -benchtime
// 200000x. cpu-µs/op is this process's share alone. Peer is paho as it comes, in the same run.

const benchSensors = 100

func benchTopic(n int) string { return fmt.Sprintf("border/emerson/s%03d/detections", n%benchSensors) }

// queued starts a broker that holds n messages for the session of the given client.
func queued(b *testing.B, client string, n int) *testenv.MQTT {
	b.Helper()
	broker := testenv.Mosquitto(b, testenv.Broker{Lines: []string{"persistence false"}})
	options := func(id string) *mqtt.ClientOptions {
		return mqtt.NewClientOptions().AddBroker(broker.URL()).SetClientID(id).SetProtocolVersion(4).
			SetCleanSession(false).SetStore(noStore{})
	}
	wait := func(t mqtt.Token) {
		b.Helper()
		if !t.WaitTimeout(time.Minute) || t.Error() != nil {
			b.Fatal(t.Error())
		}
	}
	absent := mqtt.NewClient(options(client))
	wait(absent.Connect())
	ask := map[string]byte{"border/emerson/+/detections": 1, "border/emerson/+/status": 1}
	wait(absent.SubscribeMultiple(ask, nil))
	absent.Disconnect(100)
	publisher := mqtt.NewClient(options("publisher"))
	wait(publisher.Connect())
	tokens := make([]mqtt.Token, 0, 1000)
	for i := range n {
		tokens = append(tokens, publisher.Publish(benchTopic(i), 1, false, benchPayload(i)))
		if len(tokens) == cap(tokens) || i == n-1 {
			for _, t := range tokens {
				wait(t)
			}
			tokens = tokens[:0]
		}
	}
	publisher.Disconnect(100)
	return broker
}

// benchPayload is a native message of 335 bytes.
func benchPayload(n int) string {
	p := `{"time":"2026-11-24T08:12:03.125Z","id":"` + strconv.Itoa(1000000+n) + `","position":{"lat":49.00031,"lon":-97.24122,` +
		`"alt_m":241.0,"alt_ref":"hae"},"error":{"east_m":4.0,"north_m":6.0,"corr":0.1},"velocity":{"east_mps":0.2,"north_mps":1.3},` +
		`"class":{"person":0.8,"vehicle":0.1,"animal":0.1},"confidence":0.9,"track":"local-17","snr_db":14.2`
	for len(p) < 334 {
		p += " "
	}
	return p + "}"
}

func BenchmarkReceive_feed(b *testing.B) {
	cfg := Defaults()
	broker := queued(b, cfg.ClientID, b.N)
	cfg.URL, cfg.StateDir = broker.URL(), b.TempDir()
	var sensors []sensor.Definition
	for i := range benchSensors {
		sensors = append(sensors, sensor.Definition{ID: fmt.Sprintf("s%03d", i), Sector: "emerson", Topic: benchTopic(i)})
	}
	all := sensor.Definition{ID: "any", Sector: "emerson", Topic: "border/emerson/+/detections"}
	all.Status = "border/emerson/+/status"
	sensors = append(sensors, all)
	j := &discard{want: int64(b.N), all: make(chan struct{})}
	f, err := New(cfg, sensors, claimAll{}, j, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error)
	measure(b, func() {
		go func() { ended <- f.Run(ctx) }()
		<-j.all
		f.acks.settle(ctx)
	})
	cancel()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
}

func BenchmarkReceive_peerPaho(b *testing.B) {
	broker := queued(b, "peer", b.N)
	var n atomic.Int64
	all := make(chan struct{})
	options := mqtt.NewClientOptions().AddBroker(broker.URL()).SetClientID("peer").SetCleanSession(false).
		SetDefaultPublishHandler(func(mqtt.Client, mqtt.Message) {
			if n.Add(1) == int64(b.N) {
				close(all)
			}
		})
	client := mqtt.NewClient(options)
	measure(b, func() {
		client.Connect().Wait()
		<-all
	})
	client.Disconnect(100)
}

// measure reports the rate and the processor time of what run does.
func measure(b *testing.B, run func()) {
	b.Helper()
	before := cpu(b)
	b.ResetTimer()
	run()
	b.StopTimer()
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}

func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// claimAll reads nothing: the benchmark is of the way, not of JSON.
type claimAll struct{}

func (claimAll) Normalize(received time.Time, topic string, payload []byte) (string, record.Input) {
	return "emerson", record.Input{Kind: record.Message, Received: received, Topic: topic, Raw: payload, Sensor: "s001"}
}

// discard is a journal that is done at once.
type discard struct {
	n, want int64
	all     chan struct{}
}

func (d *discard) Put(_ context.Context, e journal.Entry) error {
	e.Done()
	if d.n++; d.n == d.want {
		close(d.all)
	}
	return nil
}
