package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cutline/internal/testenv"
	"cutline/internal/web/client"
)

// siteBetween is a site with a broker and a database outside, which it tries often: nobody wants to wait for a test.
func siteBetween(t *testing.T, broker *testenv.MQTT, db *testenv.InfluxDB) *site {
	t.Helper()
	return newSite(t, fmt.Sprintf("mqtt: {url: %q, client_id: %s, max_backoff: 1s}\ninflux: {url: %q, org: ops, bucket: %q, max_backoff: 1s}",
		broker.URL(), t.Name(), db.URL(), db.Bucket))
}

// reconfigure changes a line of the site's configuration, which must be there.
func (s *site) reconfigure(line, to string) {
	s.t.Helper()
	text, err := os.ReadFile(s.config)
	if err != nil {
		s.t.Fatal(err)
	}
	if !strings.Contains(string(text), line) {
		s.t.Fatalf("the configuration has no %q", line)
	}
	if err := os.WriteFile(s.config, []byte(strings.Replace(string(text), line, to, 1)), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// logged counts the lines of the daemon's log that hold the text.
func (s *site) logged(text string) int {
	s.t.Helper()
	log, err := os.ReadFile(s.log.Name())
	if err != nil {
		s.t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(log)) {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// says waits until the daemon's log holds the text, and demands that it holds it at most so many times: what status tells may be
// there a moment before its line is.
func (s *site) says(text string, most int) {
	s.t.Helper()
	eventually(s.t, 20*time.Second, "the log says "+text, func(context.Context) error {
		if s.logged(text) == 0 {
			return errors.New("it does not")
		}
		return nil
	})
	if n := s.logged(text); n > most {
		s.t.Errorf("%q is logged %d times, want at most %d", text, n, most)
	}
}

// isIll waits until the daemon says of a component that something is wrong, in words that hold want: in status and in /readyz.
func (s *site) isIll(c *client.Client, component, want string) {
	s.t.Helper()
	eventually(s.t, 20*time.Second, "status tells of "+component, func(ctx context.Context) error {
		status, err := c.Status(ctx)
		if err != nil {
			return err
		}
		for _, p := range status.Components {
			if p.Name != component {
				continue
			}
			if p.OK || !strings.Contains(p.Message, want) {
				return fmt.Errorf("ok %v: %s", p.OK, p.Message)
			}
			return nil
		}
		return errors.New("no such component")
	})
	if code, body := s.get("/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, want) {
		s.t.Errorf("/readyz: %d %s", code, body)
	}
	if out, _, code := cutline(s.t, "", "status", "--daemon", s.api); code != 1 || !strings.Contains(out, "BAD   "+component) {
		s.t.Errorf("cutline status: exit code %d\n%s", code, out)
	}
}

func (s *site) get(path string) (code int, body string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.api+path, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // it is only read
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// metric waits for a line of /metrics.
func (s *site) metric(line string) {
	s.t.Helper()
	eventually(s.t, 10*time.Second, line, func(context.Context) error {
		if _, text := s.get("/metrics"); !strings.Contains(text, "\n"+line+"\n") {
			return errors.New("is not there")
		}
		return nil
	})
}

// TestDaemon_startsWhileItsServersAreAway starts the daemon alone; then the broker and the database come.
func TestDaemon_startsWhileItsServersAreAway(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes about 20 s")
	}
	broker, db := testenv.Mosquitto(t, testenv.Broker{}), testenv.Influx(t)
	s := siteBetween(t, broker, db)
	broker.Stop()
	db.Stop()
	d := simulate(t, 6, time.Minute)
	s.start()
	c := s.client()
	s.isIll(c, "feed", broker.URL()+" is away")
	s.isIll(c, "notify mqtt", "")
	s.metric("cutline_feed_connected 0")
	s.says("no connection to the broker", 1)
	s.says("the output is away", 1)

	broker.Start()
	eventually(t, 20*time.Second, "the feed is there", func(ctx context.Context) error {
		status, err := c.Status(ctx)
		if err == nil && !status.Components[0].OK {
			err = errors.New(status.Components[0].Message)
		}
		return err
	})
	s.metric("cutline_feed_connected 1")
	d.publish(t, broker.URL(), 10)
	s.isIll(c, "influx", db.URL()+" is away, the oldest record waits")
	s.metric("cutline_influx_up 0")

	db.Start()
	d.heldBy(t, db)
	subscribed(t, c)
	s.metric("cutline_influx_up 1")
	for _, once := range []string{
		"no connection to the broker", "the output is away", "influxdb takes no points", "influxdb takes points again",
	} {
		s.says(once, 1)
	}
}

// TestDaemon_aFullDiskHoldsBackAndLosesNothing fills the disk of the journal while sensors send, and makes room again.
func TestDaemon_aFullDiskHoldsBackAndLosesNothing(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes about 20 s")
	}
	disk := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=96m"); err != nil {
		t.Skipf("needs a disk of its own, and may not mount one: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	broker, db := testenv.Mosquitto(t, testenv.Broker{}), testenv.Influx(t)
	s := siteBetween(t, broker, db)
	s.reconfigure(fmt.Sprintf("journal: {dir: %q}", filepath.Join(filepath.Dir(s.config), "journal")),
		fmt.Sprintf("journal: {dir: %q, min_free: 32MB}", filepath.Join(disk, "journal")))
	s.patient()
	d := simulate(t, 6, 90*time.Second)
	want := crossingAlerts(s.replayed(d))
	s.start()
	c := s.client()
	subscribed(t, c)
	published := make(chan struct{})
	go func() { defer close(published); d.publish(t, broker.URL(), 10) }()
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 70<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	s.isIll(c, "journal", "is full, and nothing is acknowledged until room is made")
	<-published                      // to Mosquitto, which holds it
	s.says("the journal is full", 2) // once for each stream

	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	d.heldBy(t, db)
	s.raised(c, want)
	subscribed(t, c)
}

// TestDaemon_aHoleInTheJournalIsSaid takes a file away from the journal of a daemon that is not running.
func TestDaemon_aHoleInTheJournalIsSaid(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes about 15 s")
	}
	broker, db := testenv.Mosquitto(t, testenv.Broker{}), testenv.Influx(t)
	s := siteBetween(t, broker, db)
	first := simulate(t, 6, time.Minute)
	second := first
	half := len(first.lines) / 2
	first.lines, second.lines = first.lines[:half], second.lines[half:]
	first.detections, second.detections = 0, 0
	for _, l := range first.lines {
		first.detections += detectionsIn(t, l)
	}
	s.start()
	c := s.client()
	subscribed(t, c)
	first.publish(t, broker.URL(), 20)
	first.heldBy(t, db)
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	s.cmd = nil
	blocks, err := filepath.Glob(filepath.Join(filepath.Dir(s.config), "journal", "jetstream", "JOURNAL", "streams", "INPUT", "msgs", "*.blk"))
	if err != nil || len(blocks) == 0 {
		t.Fatalf("no blocks of INPUT: %v", err)
	}
	if err := os.Remove(blocks[0]); err != nil {
		t.Fatal(err)
	}

	s.start()
	s.isIll(c, "journal audit", "messages are missing (holes: 1)")
	s.says("the journal has a hole", 1)
	second.publish(t, broker.URL(), 20)
	first.lines, first.detections = append(first.lines, second.lines...), 0
	for _, l := range first.lines {
		first.detections += detectionsIn(t, l)
	}
	first.heldBy(t, db)
}
