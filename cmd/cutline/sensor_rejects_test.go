package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cutline/internal/feed"
	"cutline/internal/record"
	"cutline/internal/testenv"
)

// TestRejects_whatTheMendedMappingReadsIsPublishedAgain has stored rejects at a daemon, and a configuration that can read some of them.
func TestRejects_whatTheMendedMappingReadsIsPublishedAgain(t *testing.T) {
	t.Parallel()
	broker := testenv.Mosquitto(t, testenv.Broker{})
	dir, config := strangeSite(t)
	mended := fmt.Sprintf("mqtt: {url: %q}\nsensors:\n  - id: sr-07\n    sector: emerson\n    kind: radar\n    topic: acme/radar/7\n"+
		"    pose: {lat: 49.02, lon: -97.286, alt_m: 245}\n    coverage: {range_m: 9000}\n    format: json\n    mapping:\n"+
		"      - {to: time, expr: 'ts ?? nil', unit: epoch_ms}\n      - {to: position.lat, from: lat}\n      - {to: position.lon, from: lon}\n"+
		"  - {id: rid, sector: emerson, kind: drone, topic: rid, format: remoteid}\n", broker.URL())
	if err := os.WriteFile(filepath.Join(dir, "new.yaml"), []byte(mended), 0o600); err != nil {
		t.Fatal(err)
	}
	good := `{"ts":1795507923125,"lat":49.001,"lon":-97.24}`
	daemon := daemonWith(t,
		reject(4, "acme/radar/7", `{"ts":1795507923125,"lat":149,"lon":-97.24}`), reject(5, "acme/radar/7", good), reject(5, "acme/radar/7", ""),
		reject(6, "rid", `{"Basic ID":{"id":"X"},"Location/Vector Message":{"latitude":49.001,"longitude":-97.24}}`),
		reject(7, "nobody/has", `{}`))
	dry, errs, code := cutline(t, "", "rejects", "--replay", "--dry-run", "--config", config, "--daemon", daemon)
	if code != 0 || !strings.Contains(errs, "4 payloads, of which 1 would be sent again") {
		t.Fatalf("exit code %d: %s%s", code, dry, errs)
	}
	for _, want := range []string{"is read now: 1 detection", "refused still: lat: mapping[1]", "would count as of now", "no sensor claims"} {
		if !strings.Contains(dry, want) {
			t.Errorf("nothing of %q in\n%s", want, dry)
		}
	}
	heard := overhear(t, broker.URL())
	deadline := time.Now().Add(20 * time.Second)
	for !heard.has("acme/radar/7 " + good) {
		_, errs, code := cutline(t, "", "rejects", "--replay", "--config", config, "--daemon", daemon)
		if code != 0 || time.Now().After(deadline) {
			t.Fatalf("exit code %d: %s", code, errs)
		}
	}
	if heard.has("rid") || heard.has("nobody") || heard.has("149") {
		t.Errorf("what must not be sent was: %v", heard.all)
	}
}

func reject(second int, topic, payload string) *record.RejectEvent {
	at := time.Date(2026, 11, 24, 8, 12, second, 0, time.UTC)
	return &record.RejectEvent{Topic: topic, Sensor: "x", Reason: "was wrong", Received: at, Payload: []byte(payload)}
}

// daemonWith answers as a daemon does that has those rejects, the newest first.
func daemonWith(t *testing.T, rejects ...*record.RejectEvent) (address string) {
	t.Helper()
	answer := struct {
		Seq     uint64            `json:"seq"`
		Rejects []json.RawMessage `json:"rejects"`
	}{}
	for _, r := range rejects {
		e := record.Event{Type: record.RejectType, Reject: r, Time: r.Received, Sector: "emerson"}
		line, err := e.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		answer.Rejects = append([]json.RawMessage{line}, answer.Rejects...)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// listener is what was heard on a broker.
type listener struct {
	mu  sync.Mutex
	all []string
}

func (l *listener) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(strings.Join(l.all, "\n"), text)
}

func overhear(t *testing.T, url string) *listener {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	l := &listener{}
	cfg := feed.Defaults()
	cfg.URL = url
	done := make(chan error, 1)
	go func() {
		done <- feed.Overhear(ctx, cfg, "#", func(_ time.Time, topic string, payload []byte) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.all = append(l.all, topic+" "+string(payload))
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l
}
