package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"cutline/internal/broker"
	"cutline/internal/record"
	"cutline/internal/testenv"
)

// watcher subscribes to everything below cutline.
type watcher struct {
	mu   sync.Mutex
	msgs []seen
}

type seen struct {
	topic, payload string
	retained       bool
}

func watch(t *testing.T, url string) *watcher {
	t.Helper()
	w := new(watcher)
	c := paho.NewClient(paho.NewClientOptions().AddBroker(url).SetClientID(fmt.Sprint("watcher-", time.Now().UnixNano())).
		SetConnectRetry(true).SetConnectRetryInterval(20 * time.Millisecond).SetMaxReconnectInterval(100 * time.Millisecond).
		SetOnConnectHandler(func(c paho.Client) { c.Subscribe("cutline/#", 1, w.take) }))
	token := c.Connect()
	if !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		t.Fatalf("watcher: %v", token.Error())
	}
	t.Cleanup(func() { c.Disconnect(100) })
	return w
}

func (w *watcher) take(_ paho.Client, m paho.Message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.msgs = append(w.msgs, seen{m.Topic(), string(m.Payload()), m.Retained()})
}

func (w *watcher) all() []seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.msgs)
}

// last payload of a topic, and how many there were.
func (w *watcher) last(topic string) (payload string, n int) {
	for _, m := range w.all() {
		if m.topic == topic {
			payload = m.payload
			n++
		}
	}
	return payload, n
}

func testMQTT(url string) MQTT {
	cfg := Defaults().MQTT
	cfg.URL, cfg.Timeout = url, 5*time.Second
	return cfg
}

// mqttFar is Mosquitto with a subscriber.
type mqttFar struct {
	broker *testenv.MQTT
	*watcher
}

func (f mqttFar) leave()    { f.broker.Stop() }
func (f mqttFar) comeBack() { f.broker.Start() }

func (f mqttFar) received() []string {
	var out []string
	for _, m := range f.all() {
		var e record.Event
		if json.Unmarshal([]byte(m.payload), &e) == nil && e.Alert != nil && !m.retained {
			out = append(out, name(&e))
		}
	}
	return out
}

func TestMQTT_keepsTheContractOfAnOutput(t *testing.T) {
	broker := testenv.Mosquitto(t, testenv.Broker{})
	far := mqttFar{broker, watch(t, broker.URL())}
	out := newMQTT(testMQTT(broker.URL()))
	testOutput(t, out, far)
	if err := out.Close(); err != nil {
		t.Error(err)
	}
}

// started runs a Notifier against a broker, at a test's pace.
func started(t *testing.T, src picture, cfg Config) (*Notifier, context.CancelFunc) {
	t.Helper()
	n, err := newNotifier("mqtt", cfg.mqttPlan(), src, newMQTT(cfg.MQTT), Deps{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("run: %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return n, stop
}

func TestMQTT_aLateSubscriberSeesWhatIsOpen(t *testing.T) {
	broker := testenv.Mosquitto(t, testenv.Broker{})
	cfg := Defaults()
	cfg.MQTT = testMQTT(broker.URL())
	src := newFake()
	_, stop := started(t, src, cfg)
	src.add(alertEvent("a1", "unacknowledged", "new"))
	src.add(sensorEvent("degraded"))
	src.add(alertEvent("a1", "unacknowledged", "update"))
	eventually(t, "the cursor at the end", func() bool { return src.ackedTo() == 3 })

	late := watch(t, broker.URL())
	eventually(t, "three retained messages", func() bool { return len(late.all()) >= 3 })
	for _, m := range late.all() {
		if !m.retained {
			t.Errorf("%s came anew", m.topic)
		}
	}
	if payload, n := late.last("cutline/status"); payload != "online" || n != 1 {
		t.Errorf("status %q, %d times", payload, n)
	}
	payload, n := late.last("cutline/emerson/alerts/a1")
	var got struct {
		record.Event
		Change string
	}
	if err := json.Unmarshal([]byte(payload), &got); err != nil || n != 1 {
		t.Fatalf("%d times, %q: %v", n, payload, err)
	}
	if got.Change != "update" || got.Alert.Change != "update" || got.Alert.ID != "a1" || got.Sector != "emerson" || got.Type != "alert" {
		t.Errorf("alert %s", payload)
	}
	if payload, _ := late.last("cutline/emerson/sensors/twr-01"); !strings.Contains(payload, `"state":"degraded"`) {
		t.Errorf("sensor %q", payload)
	}
	stop()
	eventually(t, "the word offline", func() bool { payload, _ := late.last("cutline/status"); return payload == "offline" })
}

func TestMQTT_repeatsUntilAcknowledgedAndClearsAfterTheEnd(t *testing.T) {
	broker := testenv.Mosquitto(t, testenv.Broker{})
	cfg := Defaults()
	cfg.MQTT = testMQTT(broker.URL())
	cfg.Repeat, cfg.MQTT.ClearAfter = 50*time.Millisecond, 300*time.Millisecond // below what Check allows: the loop looks once a second
	w := watch(t, broker.URL())
	src := newFake()
	started(t, src, cfg)
	const topic = "cutline/emerson/alerts/a1"
	src.add(alertEvent("a1", "unacknowledged", "new"))
	eventually(t, "two repeats", func() bool { _, n := w.last(topic); return n >= 3 })
	src.add(alertEvent("a1", "acknowledged", "update"))
	says := func(word string) func() bool {
		return func() bool { p, _ := w.last(topic); return strings.Contains(p, word) }
	}
	eventually(t, "the acknowledgement", says(`"state":"acknowledged"`))
	src.add(alertEvent("a1", "resolved", "end"))
	eventually(t, "the end", says(`"change":"end"`))
	eventually(t, "its clearing", func() bool { p, _ := w.last(topic); return p == "" })
	var words []string
	for _, m := range w.all() {
		if m.topic == topic {
			var e record.Event
			_ = json.Unmarshal([]byte(m.payload), &e)
			word := ""
			if e.Alert != nil {
				word = e.Alert.State
			}
			words = append(words, word)
		}
	}
	if got := strings.Join(slices.Compact(words), " "); got != "unacknowledged acknowledged resolved " {
		t.Errorf("told %q", got)
	}
	late := watch(t, broker.URL())
	eventually(t, "the status", func() bool { _, n := late.last("cutline/status"); return n == 1 })
	if p, n := late.last(topic); n != 0 {
		t.Errorf("the broker still holds %q", p)
	}
}

// A broker that crashes without having saved anything is given back all that it should hold.
func TestMQTT_aBrokerThatLostItsStoreIsGivenItAgain(t *testing.T) {
	broker := testenv.Mosquitto(t, testenv.Broker{Lines: []string{"persistence false", "autosave_interval 0"}})
	cfg := Defaults()
	cfg.MQTT = testMQTT(broker.URL())
	src := newFake()
	n, _ := started(t, src, cfg)
	src.add(alertEvent("open", "unacknowledged", "new"), alertEvent("acked", "acknowledged", "update"))
	src.add(sensorEvent("silent"))
	eventually(t, "the cursor at the end", func() bool { return src.ackedTo() == 2 })

	broker.Kill()
	src.add(alertEvent("while-away", "unacknowledged", "new"))
	eventually(t, "the outage in the status", func() bool { s := n.Status(); return !s.Connected && s.LastError != "" })
	if src.ackedTo() != 2 {
		t.Errorf("the cursor is at %d", src.ackedTo())
	}
	broker.Start()
	eventually(t, "the cursor at the end", func() bool { return src.ackedTo() == 3 })
	late := watch(t, broker.URL())
	eventually(t, "all that is retained", func() bool { return len(late.all()) >= 5 })
	var topics []string
	for _, m := range late.all() {
		topics = append(topics, m.topic)
	}
	slices.Sort(topics)
	want := []string{
		"cutline/emerson/alerts/acked", "cutline/emerson/alerts/open", "cutline/emerson/alerts/while-away",
		"cutline/emerson/sensors/twr-01", "cutline/status",
	}
	if !slices.Equal(topics, want) {
		t.Errorf("retained %q, want %q", topics, want)
	}
	if s := n.Status(); !s.Connected {
		t.Errorf("status %+v", s)
	}
}

func TestMQTT_theBrokerSaysOfflineForADaemonThatIsGone(t *testing.T) {
	broker := testenv.Mosquitto(t, testenv.Broker{})
	w := watch(t, broker.URL())
	wire := newWire(t, broker.Addr())
	out := newMQTT(testMQTT("tcp://" + wire.addr()))
	if err := out.Deliver(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the word online", func() bool { p, _ := w.last("cutline/status"); return p == "online" })
	wire.cut()
	eventually(t, "the will", func() bool { p, _ := w.last("cutline/status"); return p == "offline" })
	eventually(t, "the word online again", func() bool { // through a new connection, once it has noticed
		if err := out.Deliver(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		p, _ := w.last("cutline/status")
		return p == "online"
	})
	if err := out.Close(); err != nil {
		t.Error(err)
	}
}

// The broker takes the messages, and the connection ends before its acknowledgements come: that is no delivery.
func TestMQTT_whatWasNotAcknowledgedWasNotDelivered(t *testing.T) {
	broker := testenv.Mosquitto(t, testenv.Broker{})
	wire := newWire(t, broker.Addr())
	cfg := testMQTT("tcp://" + wire.addr())
	out := newMQTT(cfg)
	if err := out.Deliver(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	wire.mute()
	e := alertEvent("a1", "unacknowledged", "new")
	failed := make(chan error, 1)
	go func() { failed <- out.Deliver(t.Context(), []Item{{Event: &e}}) }()
	w := watch(t, broker.URL())
	eventually(t, "the alert at the broker", func() bool { _, n := w.last("cutline/emerson/alerts/a1"); return n > 0 })
	wire.cut()
	if err := <-failed; err == nil {
		t.Error("delivered, and nothing had acknowledged it")
	}
	if err := out.Deliver(t.Context(), []Item{{Event: &e}}); err != nil {
		t.Errorf("again: %v", err)
	}
	if err := out.Close(); err != nil {
		t.Error(err)
	}
}

func TestMQTT_aTopicIsOneLevelPerName(t *testing.T) {
	m := newMQTT(Defaults().MQTT)
	for id, want := range map[string]string{
		"a1": "cutline/emerson/alerts/a1", "a/b+c#d e\x00": "cutline/emerson/alerts/a_b_c_d_e_", "": "cutline/emerson/alerts/_",
		"ü.1": "cutline/emerson/alerts/ü.1",
	} {
		e := alertEvent(id, "unacknowledged", "new")
		if topic, _, err := m.encode(&e); err != nil || topic != want {
			t.Errorf("id %q: topic %q, %v, want %q", id, topic, err, want)
		}
	}
	if _, _, err := m.encode(&record.Event{Type: record.RejectType, Reject: &record.RejectEvent{}}); err == nil {
		t.Error("a reject has a topic")
	}
}

func TestMQTT_aPasswordIsReadFromItsFileAndAWrongOneIsSaid(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	users := filepath.Join(dir, "users")
	// the file of mosquitto_passwd for cutline:s3cret may not be made here without the tool: an empty file refuses everybody
	if err := os.WriteFile(users, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	broker := testenv.Mosquitto(t, testenv.Broker{Lines: []string{"allow_anonymous false", "password_file " + users}})
	cfg := testMQTT(broker.URL())
	cfg.Username, cfg.PasswordFile = "cutline", secret
	out := newMQTT(cfg)
	if err := out.Deliver(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "password_file") {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := out.Deliver(t.Context(), nil)
	if err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("a wrong password: %v", err)
	}
	o, err := out.options()
	if err != nil || o.Password != "s3cret" {
		t.Errorf("password %q: %v", o.Password, err)
	}
}

// embedded is the broker of the process itself, with a subscriber.
type embedded struct {
	mqttFar
	t   *testing.T
	cfg broker.Config
	srv *broker.Server
}

func (e *embedded) leave() { e.srv.Close() }

func (e *embedded) comeBack() {
	e.t.Helper()
	srv, err := broker.Start(e.t.Context(), e.cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		e.t.Fatal(err)
	}
	e.srv = srv
}

func TestMQTT_keepsTheContractWithTheEmbeddedBroker(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := broker.Defaults()
	cfg.Listen, cfg.Dir, cfg.SyncEvery = free.Addr().String(), t.TempDir(), time.Minute
	_ = free.Close() // it must have the same port after it was away
	far := &embedded{t: t, cfg: cfg}
	far.comeBack()
	t.Cleanup(func() { far.srv.Close() })
	far.watcher = watch(t, far.srv.MQTTURL())
	out := newMQTT(testMQTT(far.srv.MQTTURL()))
	testOutput(t, out, far)
	if err := out.Close(); err != nil {
		t.Error(err)
	}
}
