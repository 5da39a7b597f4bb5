package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"cutline/internal/record"
	"cutline/internal/testenv"
	"cutline/internal/web/client"
	"cutline/simulator"
)

// asCutline in the environment makes the test's own binary the program under test: a child that can be killed.
const asCutline = "CUTLINE_TEST_AS_CUTLINE"

func TestMain(m *testing.M) {
	if os.Getenv(asCutline) != "" {
		os.Exit(run())
	}
	os.Exit(m.Run())
}

// cutline runs the program with arguments and returns what it wrote.
func cutline(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCutline+"=1")
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// site is a configured daemon that can be started, killed and started again on the same data.
type site struct {
	t      *testing.T
	config string
	api    string
	cmd    *exec.Cmd
	log    *os.File
	args   []string // of run, beside --config
}

// newSite writes the configuration of the scenario emerson with settings of the test put in front.
func newSite(t *testing.T, settings string) *site {
	t.Helper()
	dir := t.TempDir()
	scenario, err := simulator.Load("emerson")
	if err != nil {
		t.Fatal(err)
	}
	if err := scenario.WriteConfig(dir); err != nil {
		t.Fatal(err)
	}
	return siteIn(t, dir, settings)
}

// patient makes scans wait for earlier ones for ten seconds. A busy machine holds messages up for longer than the usual second: what
// then comes out of order is late, other plots begin the tracks, and the alerts have other ids than those of the undisturbed day.
func (s *site) patient() {
	s.t.Helper()
	text, err := os.ReadFile(s.config)
	if err == nil {
		err = os.WriteFile(s.config, append(text, "\nfusion: {reorder: 10s}\n"...), 0o600)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// siteIn is for a configuration that somebody has written to dir, with settings of the test put in front.
func siteIn(t *testing.T, dir, settings string) *site {
	t.Helper()
	s := &site{t: t, config: filepath.Join(dir, "cutline.yaml"), api: freeAddress(t)}
	text, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "broker:") && !strings.HasPrefix(line, "journal:") && !strings.HasPrefix(line, "http:") {
			kept = append(kept, line)
		}
	}
	head := fmt.Sprintf("journal: {dir: %q}\nhttp: {listen: %q}\n%s\n", filepath.Join(dir, "journal"), s.api, settings)
	if err := os.WriteFile(s.config, []byte(head+strings.Join(kept, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	if s.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.kill()
		text, _ := os.ReadFile(s.log.Name())
		_ = s.log.Close()
		if t.Failed() {
			t.Logf("the daemon's log:\n%s", text)
		}
	})
	return s
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // nothing was written
	return l.Addr().String()
}

func (s *site) start() {
	s.t.Helper()
	s.cmd = exec.Command(os.Args[0], append([]string{"run", "--config", s.config}, s.args...)...)
	s.cmd.Env = append(os.Environ(), asCutline+"=1")
	s.cmd.Dir = filepath.Dir(s.config)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
}

// kill is kill -9.
func (s *site) kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

// end is an ordered end.
func (s *site) end() error {
	err := s.cmd.Process.Signal(syscall.SIGTERM)
	return errors.Join(err, s.cmd.Wait())
}

func (s *site) client() *client.Client {
	s.t.Helper()
	c, err := client.New(s.api)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.Close)
	return c
}

// eventually asks until ok, or fails the test with what was last said.
func eventually(t *testing.T, within time.Duration, what string, ok func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	var last error // the end of the time cuts the last try off, which says nothing
	for {
		err := ok(ctx)
		if err == nil {
			return
		}
		if last == nil || ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %v: %v", what, within, last)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// day is a simulated day as a capture, with the number of detections in it.
type day struct {
	lines      []record.Line
	truth      []record.Truth
	detections int
}

func simulate(t testing.TB, seed uint64, duration time.Duration) day {
	t.Helper()
	scenario, err := simulator.Load("emerson")
	if err != nil {
		t.Fatal(err)
	}
	run, err := simulator.New(scenario, simulator.Options{Seed: seed, Start: simulator.DefaultStart(), Duration: duration})
	if err != nil {
		t.Fatal(err)
	}
	var d day
	err = run.Write(simulator.Sinks{
		Capture: func(l record.Line) error {
			d.lines = append(d.lines, l)
			d.detections += detectionsIn(t, l)
			return nil
		},
		Truth: func(tr record.Truth) error { d.truth = append(d.truth, tr); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// detectionsIn counts the detections of a message in the three forms of the contract.
func detectionsIn(t testing.TB, l record.Line) int {
	t.Helper()
	if strings.HasSuffix(l.Topic, "/status") {
		return 0
	}
	var many []json.RawMessage
	if json.Unmarshal(l.Payload, &many) == nil {
		return len(many)
	}
	var sweep struct {
		Detections *[]json.RawMessage `json:"detections"`
	}
	if err := json.Unmarshal(l.Payload, &sweep); err != nil {
		t.Fatalf("%s: %v", l.Payload, err)
	}
	if sweep.Detections == nil {
		return 1
	}
	return len(*sweep.Detections)
}

// capture writes the day as a capture file.
func (d day) capture(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	write := simulator.Lines[record.Line](&b)
	for _, l := range d.lines {
		if err := write(l); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "capture.jsonl")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// publish sends the day with QoS 1, speed times as fast as it was, and returns when the broker has acknowledged all of it. What
// is under way when the connection breaks is sent again, in order.
func (d day) publish(t *testing.T, broker string, speed float64) {
	t.Helper()
	store := mqtt.NewOrderedMemoryStore()
	o := mqtt.NewClientOptions().AddBroker(broker).SetClientID("sensors").SetCleanSession(false).SetOrderMatters(false).
		SetStore(store).SetConnectRetry(true).SetConnectRetryInterval(100 * time.Millisecond).
		SetMaxReconnectInterval(200 * time.Millisecond)
	c := mqtt.NewClient(o)
	if token := c.Connect(); token.Wait() && token.Error() != nil {
		t.Fatal(token.Error())
	}
	defer c.Disconnect(250)
	began, first := time.Now(), d.lines[0].Received
	for _, l := range d.lines {
		time.Sleep(time.Until(began.Add(time.Duration(float64(l.Received.Sub(first)) / speed)))) // the day's own pace
		c.Publish(l.Topic, 1, false, []byte(l.Payload))
	}
	// Tokens prove nothing: one ends with an error when its write fails, though the message is sent again later, and without
	// one when it is taken up after a reconnect. What the broker has acknowledged is gone from the store.
	eventually(t, time.Minute, "the broker acknowledges all", func(context.Context) error {
		if n := len(store.All()); n > 0 {
			return fmt.Errorf("%d of %d messages are not acknowledged", n, len(d.lines))
		}
		return nil
	})
}

// crossingAlerts are the ids of the alerts of kind crossing.
func crossingAlerts(events []*record.Event) []string {
	ids := map[string]bool{}
	for _, e := range events {
		if e.Alert != nil && e.Alert.Kind == "crossing" {
			ids[e.Alert.ID] = true
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

// replayed is what the pure path makes of the day, with the site's configuration.
func (s *site) replayed(d day) []*record.Event {
	s.t.Helper()
	out, errs, code := cutline(s.t, "", "replay", "--config", s.config, d.capture(s.t))
	if code != 0 {
		s.t.Fatalf("replay: exit code %d: %s", code, errs)
	}
	return parse(s.t, out)
}

func parse(t *testing.T, lines string) (events []*record.Event) {
	t.Helper()
	for line := range strings.Lines(lines) {
		e := new(record.Event)
		if err := json.Unmarshal([]byte(line), e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		events = append(events, e)
	}
	return events
}

// TestDaemon_losesNothingAndDoublesNothing is the promise of the README, against real servers: the daemon is killed in
// mid-flow, twice; InfluxDB is away for a minute; Mosquitto is restarted.
func TestDaemon_losesNothingAndDoublesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("takes about 100 s")
	}
	broker, db := testenv.Mosquitto(t, testenv.Broker{}), testenv.Influx(t)
	s := newSite(t, fmt.Sprintf("mqtt: {url: %q, client_id: e2e}\ninflux: {url: %q, org: ops, bucket: %q}", broker.URL(), db.URL(), db.Bucket))
	s.patient()
	d := simulate(t, 11, 10*time.Minute)
	want := crossingAlerts(s.replayed(d))
	if len(want) < 5 {
		t.Fatalf("only %d crossings in the undisturbed run: nothing to compare", len(want))
	}

	s.start()
	c := s.client()
	subscribed(t, c)
	began, published := time.Now(), make(chan struct{})
	go func() { defer close(published); d.publish(t, broker.URL(), 8) }()
	for _, step := range []struct {
		at time.Duration
		do func()
	}{
		{5 * time.Second, db.Stop},
		{15 * time.Second, func() { s.kill(); s.start() }},
		{27 * time.Second, broker.Restart},
		{38 * time.Second, s.kill},
		{43 * time.Second, s.start},
		{65 * time.Second, db.Start},
	} {
		time.Sleep(time.Until(began.Add(step.at))) // the plan of what goes wrong when
		step.do()
	}
	<-published

	d.heldBy(t, db)
	s.raised(c, want)
	s.agreesWithItsJournal(c)
}

// onceEach reads the whole stream of alerts and sees to it that each was raised once.
func onceEach(t *testing.T, c *client.Client, ids []string) {
	t.Helper()
	raised := map[string]int{}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := c.Follow(ctx, client.From{After: 1, Types: []record.Type{record.AlertType}}, func(m client.Message) error {
		if m.Event.Alert.Change == "new" {
			raised[m.Event.Alert.ID]++
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if raised[id] != 1 {
			t.Errorf("alert %s was raised %d times", id, raised[id])
		}
	}
}

func subscribed(t *testing.T, c *client.Client) {
	t.Helper()
	eventually(t, 30*time.Second, "the daemon is ready", func(ctx context.Context) error {
		status, err := c.Status(ctx)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(status.Components, func(p client.Component) bool { return !p.OK }); i >= 0 {
			return fmt.Errorf("%s: %s", status.Components[i].Name, status.Components[i].Message)
		}
		return nil
	})
}
