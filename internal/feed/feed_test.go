package feed

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"cutline/internal/journal"
	"cutline/internal/normalize"
	"cutline/internal/record"
	"cutline/internal/sensor"
	"cutline/internal/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// reader is a normalizer that knows the sensors by the third level of the topic.
type reader struct{ sensors []string }

func (r reader) Normalize(received time.Time, topic string, payload []byte) (string, record.Input) {
	in := record.Input{Kind: record.Message, Received: received, Topic: topic, Raw: payload}
	parts := strings.Split(topic, "/")
	if len(parts) < 3 || !slices.Contains(r.sensors, parts[2]) {
		return "", record.Input{}
	}
	in.Sensor = parts[2]
	if strings.HasPrefix(string(payload), "bad") {
		in.Kind = record.Rejected
		in.Rejects = []record.Reject{{Path: "detections[0].position.lat", Reason: "bad"}}
	}
	return parts[1], in
}

// The real ones are what the feed takes.
var (
	_ normalizer = (*normalize.Normalizer)(nil)
	_ putter     = (*journal.Journal)(nil)
)

// store is a journal in memory. hold keeps back Done, shut keeps back Put.
type store struct {
	mu      sync.Mutex
	entries []journal.Entry
	held    []func()
	hold    bool
	shut    chan struct{} // while it is open, Put waits; nil: it never does
	closed  bool
}

func (s *store) Put(ctx context.Context, e journal.Entry) error {
	s.mu.Lock()
	shut, closed := s.shut, s.closed
	s.mu.Unlock()
	if closed {
		return errors.New("the journal is closed")
	}
	if shut != nil {
		select {
		case <-shut:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = append(s.entries, e)
	if s.hold {
		s.held = append(s.held, e.Done)
	} else {
		e.Done()
	}
	return nil
}

// release lets the journal be on the disk: everything is done from now on.
func (s *store) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, done := range s.held {
		done()
	}
	s.held, s.hold = nil, false
}

func (s *store) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.entries)
}

// payloads that were put, in order.
func (s *store) payloads() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for i := range s.entries {
		out = append(out, string(s.entries[i].Input.Raw))
	}
	return out
}

// times is how often each payload was put.
func (s *store) times() map[string]int {
	got := map[string]int{}
	for _, p := range s.payloads() {
		got[p]++
	}
	return got
}

var twoSensors = []sensor.Definition{
	{ID: "twr-01", Sector: "emerson", Topic: "border/emerson/twr-01/detections"},
	{ID: "cam-01", Sector: "emerson", Topic: "border/emerson/cam-01/detections"},
}

const topic = "border/emerson/twr-01/detections"

func settings(t *testing.T, url string) Config {
	t.Helper()
	cfg := Defaults()
	cfg.URL, cfg.StateDir, cfg.MaxBackoff, cfg.KeepAlive = url, t.TempDir(), 500*time.Millisecond, 2*time.Second
	return cfg
}

type started struct {
	*Feed
	reg  *prometheus.Registry
	stop func() error
}

func start(t *testing.T, cfg Config, j *store, sensors ...sensor.Definition) *started {
	t.Helper()
	if len(sensors) == 0 {
		sensors = twoSensors
	}
	var ids []string
	for i := range sensors {
		ids = append(ids, sensors[i].ID)
	}
	reg := prometheus.NewRegistry()
	f, err := New(cfg, sensors, reader{ids}, j, slog.New(slog.NewTextHandler(t.Output(), nil)), reg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background()) // not the test's own, which ends before its clean-up
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	stop := sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = stop() })
	return &started{Feed: f, reg: reg, stop: stop}
}

// publisher sends numbered messages and waits for the broker's acknowledgement of each.
type publisher struct {
	t      *testing.T
	client mqtt.Client
}

func publish(t *testing.T, url string) *publisher {
	t.Helper()
	// The name is its own: two of one name would throw each other out, and send again.
	o := mqtt.NewClientOptions().AddBroker(url).SetClientID("publisher-" + rand.Text()).SetProtocolVersion(4)
	p := &publisher{t, mqtt.NewClient(o)}
	p.wait(p.client.Connect())
	t.Cleanup(func() { p.client.Disconnect(100) })
	return p
}

func (p *publisher) wait(token mqtt.Token) {
	p.t.Helper()
	if !token.WaitTimeout(20*time.Second) || token.Error() != nil {
		p.t.Fatalf("publisher: %v", token.Error())
	}
}

func (p *publisher) send(topic string, from, to int) {
	p.t.Helper()
	var tokens []mqtt.Token
	for n := from; n < to; n++ {
		tokens = append(tokens, p.client.Publish(topic, 1, false, fmt.Sprintf("m%05d", n)))
	}
	for _, token := range tokens {
		p.wait(token)
	}
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// wantAll fails unless the numbers from 0 to n are all in the journal; it returns how many came more than once.
func wantAll(t *testing.T, j *store, n int) (twice int) {
	t.Helper()
	got := j.times()
	for i := range n {
		switch times := got[fmt.Sprintf("m%05d", i)]; {
		case times == 0:
			t.Errorf("message %d is lost", i)
		case times > 1:
			twice++
		}
	}
	if len(got) != n {
		t.Errorf("%d different messages, want %d", len(got), n)
	}
	return twice
}

func connected(t *testing.T, f *started) {
	t.Helper()
	until(t, "it is connected", func() bool { return f.Status().Connected })
}

func TestFeed_messagesComeInOrderAndAreAcknowledgedOnlyWhenDone(t *testing.T) {
	t.Parallel()
	broker := testenv.Mosquitto(t, testenv.Broker{})
	j := &store{hold: true}
	cfg := settings(t, broker.URL())
	f := start(t, cfg, j)
	connected(t, f)
	publish(t, broker.URL()).send(topic, 0, 500)
	until(t, "all are in the journal", func() bool { return j.len() == 500 })
	if s := f.Status(); s.Unacked != 500 || s.Messages != 500 {
		t.Errorf("status %+v", s)
	}
	// The journal dies before it is done: the next daemon gets everything again.
	j.mu.Lock()
	j.closed = true
	j.mu.Unlock()
	f.acks.mu.Lock()
	f.acks.open = 0 // else the stop waits for what will never be done
	f.acks.mu.Unlock()
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}

	again := &store{}
	g := start(t, cfg, again)
	until(t, "all came again", func() bool { return again.len() == 500 })
	if got := again.payloads(); !slices.IsSorted(got) {
		t.Error("out of order")
	}
	wantAll(t, again, 500)
	until(t, "all are acknowledged", func() bool { return g.Status().Unacked == 0 })
	if err := g.stop(); err != nil {
		t.Fatal(err)
	}

	third := &store{}
	h := start(t, cfg, third)
	connected(t, h)
	publish(t, broker.URL()).send(topic, 500, 501)
	until(t, "the new one is there", func() bool { return third.len() > 0 })
	if got := third.payloads(); !slices.Equal(got, []string{"m00500"}) {
		t.Errorf("after everything was acknowledged, %d came again: %v", len(got)-1, got[0])
	}
	if problems, err := testutil.GatherAndLint(h.reg); err != nil || len(problems) > 0 {
		t.Errorf("metrics: %v %v", problems, err)
	}
}

func TestFeed_stopsOnlyWhenWhatItHoldsIsAcknowledged(t *testing.T) {
	t.Parallel()
	broker := testenv.Mosquitto(t, testenv.Broker{})
	j := &store{hold: true}
	cfg := settings(t, broker.URL())
	f := start(t, cfg, j)
	connected(t, f)
	publish(t, broker.URL()).send(topic, 0, 50)
	until(t, "all are in the journal", func() bool { return j.len() == 50 })
	stopped := make(chan error)
	go func() { stopped <- f.stop() }()
	select {
	case err := <-stopped:
		t.Fatalf("it did not wait for the journal: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	j.release()
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	again := &store{}
	g := start(t, cfg, again)
	connected(t, g)
	publish(t, broker.URL()).send(topic, 50, 51)
	until(t, "the new one is there", func() bool { return again.len() > 0 })
	if again.len() != 1 {
		t.Errorf("%d messages came again after a stop in good order", again.len()-1)
	}
}

func TestFeed_aLostConnectionLosesNoMessage(t *testing.T) {
	t.Parallel()
	broker := testenv.Mosquitto(t, testenv.Broker{})
	proxy := newProxy(t, broker.Addr())
	j := &store{}
	f := start(t, settings(t, "tcp://"+proxy.addr()), j)
	connected(t, f)
	const n = 4000
	p := publish(t, broker.URL())
	done := make(chan struct{})
	go func() { defer close(done); p.send(topic, 0, n) }()
	for cut := range 3 {
		until(t, "some are there", func() bool { return j.len() > n*(cut+1)/5 })
		proxy.cut()
	}
	<-done
	until(t, "all are there", func() bool { return len(j.times()) == n })
	t.Logf("%d came twice, %d connections", wantAll(t, j, n), f.Status().Connects)
	if f.Status().Connects < 2 {
		t.Error("no connection was cut")
	}
	until(t, "all are acknowledged", func() bool { return f.Status().Unacked == 0 })
}

func TestFeed_aRestartedBrokerLosesNoMessage(t *testing.T) {
	t.Parallel()
	broker := testenv.Mosquitto(t, testenv.Broker{})
	j := &store{}
	f := start(t, settings(t, broker.URL()), j)
	connected(t, f)
	publish(t, broker.URL()).send(topic, 0, 300)
	broker.Stop()
	until(t, "the loss is known", func() bool { s := f.Status(); return !s.Connected && s.LastError != "" })
	broker.Start()
	publish(t, broker.URL()).send(topic, 300, 600)
	until(t, "all are there", func() bool { return len(j.times()) == 600 })
	wantAll(t, j, 600)
	connected(t, f)
}

func TestFeed_waitsForABrokerThatIsNotThereYet(t *testing.T) {
	t.Parallel()
	broker := testenv.Mosquitto(t, testenv.Broker{})
	broker.Stop()
	j := &store{}
	f := start(t, settings(t, broker.URL()), j)
	until(t, "it is known", func() bool { return strings.Contains(f.Status().LastError, "connection refused") })
	broker.Start()
	connected(t, f)
	publish(t, broker.URL()).send(topic, 0, 1)
	until(t, "the message is there", func() bool { return j.len() == 1 })
}

func TestFeed_aJournalThatTakesNothingPushesBackAndLosesNothing(t *testing.T) {
	t.Parallel()
	broker := testenv.Mosquitto(t, testenv.Broker{})
	j := &store{shut: make(chan struct{})}
	cfg := settings(t, broker.URL())
	cfg.QueueMessages = 64
	f := start(t, cfg, j)
	connected(t, f)
	const n = 3000
	publish(t, broker.URL()).send(topic, 0, n)
	until(t, "the feed has given up", func() bool { s := f.Status(); return s.Full && !s.Connected })
	if s := f.Status(); s.Queued > 64 || s.LastError == "" {
		t.Errorf("status %+v", s)
	}
	close(j.shut)
	until(t, "all are there", func() bool { return len(j.times()) == n })
	t.Logf("%d came twice", wantAll(t, j, n))
	until(t, "it is connected and all is acknowledged", func() bool { s := f.Status(); return s.Connected && !s.Full && s.Unacked == 0 })
}

func TestFeed_aClosedJournalEndsIt(t *testing.T) {
	t.Parallel()
	broker := testenv.Mosquitto(t, testenv.Broker{})
	f := start(t, settings(t, broker.URL()), &store{closed: true})
	connected(t, f)
	publish(t, broker.URL()).send(topic, 0, 1)
	until(t, "it has ended", func() bool { return !f.Status().Connected || f.acks.unacked() > 0 })
	if err := f.stop(); err == nil || !strings.Contains(err.Error(), "the journal is closed") {
		t.Errorf("err = %v", err)
	}
}

func TestFeed_aTopicThatNobodyClaimsIsAReject(t *testing.T) {
	t.Parallel()
	broker := testenv.Mosquitto(t, testenv.Broker{})
	j := &store{}
	cfg := settings(t, broker.URL())
	cfg.DropRaw = true
	f := start(t, cfg, j, sensor.Definition{ID: "twr-01", Sector: "emerson", Topic: "border/emerson/#"})
	connected(t, f)
	p := publish(t, broker.URL())
	p.send("border/emerson/ghost/detections", 0, 2)
	p.wait(p.client.Publish(topic, 1, false, "bad"))
	p.wait(p.client.Publish(topic, 0, false, "good, and QoS 0"))
	until(t, "all are there", func() bool { return j.len() == 4 })
	ghost, bad, good := j.entries[1], j.entries[2], j.entries[3]
	if ghost.Sector != "emerson" || ghost.Input.Kind != record.Rejected || string(ghost.Input.Raw) != "m00001" ||
		ghost.Input.Topic != "border/emerson/ghost/detections" || ghost.Input.Received.IsZero() ||
		len(ghost.Input.Rejects) != 1 || !strings.Contains(ghost.Input.Rejects[0].Reason, "ghost") {
		t.Errorf("the ghost's: %+v", ghost)
	}
	if string(bad.Input.Raw) != "bad" {
		t.Error("a rejected payload is not kept")
	}
	if good.Input.Raw != nil {
		t.Error("an accepted payload is kept though it was not wanted")
	}
	if s := f.Status(); s.Unclaimed != 2 || s.Messages != 4 {
		t.Errorf("status %+v", s)
	}
	want := `# HELP cutline_normalize_rejects_total Payloads or parts of one that were refused, by the field that was wrong.
# TYPE cutline_normalize_rejects_total counter
cutline_normalize_rejects_total{reason="payload",sensor="twr-01"} 0
cutline_normalize_rejects_total{reason="position",sensor="twr-01"} 1
cutline_normalize_rejects_total{reason="topic",sensor="unclaimed"} 2
`
	if err := testutil.GatherAndCompare(f.reg, strings.NewReader(want), "cutline_normalize_rejects_total"); err != nil {
		t.Error(err)
	}
}

func TestFeed_undoesSubscriptionsThatAreNoLongerConfigured(t *testing.T) {
	t.Parallel()
	broker := testenv.Mosquitto(t, testenv.Broker{})
	cfg := settings(t, broker.URL())
	f := start(t, cfg, &store{})
	connected(t, f)
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	j := &store{}
	g := start(t, cfg, j, twoSensors[1])
	connected(t, g)
	p := publish(t, broker.URL())
	p.send(topic, 0, 1) // twr-01 is gone
	p.send(twoSensors[1].Topic, 1, 2)
	until(t, "the message is there", func() bool { return j.len() > 0 })
	if got := j.payloads(); !slices.Equal(got, []string{"m00001"}) {
		t.Errorf("got %v", got)
	}
	text, err := os.ReadFile(filepath.Join(cfg.StateDir, "subscriptions.json"))
	if err != nil || strings.Contains(string(text), "twr-01") {
		t.Errorf("remembered: %s %v", text, err)
	}
}

func TestFeed_takesANewPasswordWithoutARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	users := filepath.Join(dir, "users")
	if err := os.WriteFile(users, []byte(passwordLine("daemon", "secret")), 0o600); err != nil {
		t.Fatal(err)
	}
	broker := testenv.Mosquitto(t, testenv.Broker{Lines: []string{"allow_anonymous false", "password_file " + users}})
	cfg := settings(t, broker.URL())
	cfg.Username, cfg.PasswordFile = "daemon", filepath.Join(dir, "password")
	if err := os.WriteFile(cfg.PasswordFile, []byte("wrong\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := start(t, cfg, &store{})
	until(t, "the refusal is known", func() bool {
		return strings.Contains(f.Status().LastError, "the broker refuses us: not Authorized")
	})
	if err := os.WriteFile(cfg.PasswordFile, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	connected(t, f)
}

func TestFeed_saysWhichTopicsItDoesNotGetWithQoS1(t *testing.T) {
	t.Parallel()
	broker := testenv.Mosquitto(t, testenv.Broker{Lines: []string{"max_qos 0"}})
	f := start(t, settings(t, broker.URL()), &store{})
	connected(t, f)
	want := []string{twoSensors[1].Topic, "border/emerson/cam-01/status", topic, "border/emerson/twr-01/status"}
	if got := f.Status().Refused; !slices.Equal(got, want) {
		t.Errorf("refused %v, want %v", got, want)
	}
}

func TestFeed_aSecondClientOfTheSameNameIsNamedAsTheCause(t *testing.T) {
	t.Parallel()
	broker := testenv.Mosquitto(t, testenv.Broker{})
	cfg := settings(t, broker.URL())
	f := start(t, cfg, &store{})
	connected(t, f)
	other := start(t, settings(t, broker.URL()), &store{})
	until(t, "the cause is named", func() bool {
		return strings.Contains(f.Status().LastError+other.Status().LastError, `does another client call itself "cutline"?`)
	})
}

func TestNew_wantsASectorForWhatNobodyClaims(t *testing.T) {
	if _, err := New(Defaults(), nil, reader{}, &store{}, slog.New(slog.DiscardHandler), prometheus.NewRegistry()); err == nil {
		t.Error("no sensors and no sector is no fault")
	}
}
