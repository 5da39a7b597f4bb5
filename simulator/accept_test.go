package simulator

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cutline/internal/config"
	"cutline/internal/normalize"
	"cutline/internal/record"
)

// daemon is what the daemon reads a scenario's messages with, by the configuration that is written for it.
func daemon(t *testing.T, name string) (cfg config.Config, n *normalize.Normalizer) {
	t.Helper()
	s, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := s.WriteConfig(dir); err != nil {
		t.Fatal(err)
	}
	cfg, faults, err := config.Load(filepath.Join(dir, "cutline.yaml"))
	if err != nil || len(faults) > 0 {
		t.Fatalf("the written configuration is refused: %v %v", err, faults)
	}
	if n, err = normalize.New(cfg.Sensors); err != nil {
		t.Fatal(err)
	}
	return cfg, n
}

// The encoders here and the decoders there share no code: what both agree on is the contract.
func TestEveryMessageIsAcceptedByTheDaemon(t *testing.T) {
	_, n := daemon(t, "emerson")
	for _, o := range []Options{{Seed: 1}, {Seed: 2, Duration: 4 * minute, Speed: 4}} {
		messages, _ := played(t, day(t, o, nil))
		detections := 0
		for _, l := range messages {
			sector, in := n.Normalize(l.Received, l.Topic, l.Bytes())
			if in.Kind != record.Message || len(in.Rejects) > 0 || sector != "emerson" {
				t.Fatalf("refused: %+v: %s", in.Rejects, l.Bytes())
			}
			for _, scan := range in.Scans {
				detections += len(scan.Detections)
				if delay := in.Received.Sub(scan.EventTime); delay <= 0 || delay > 10*time.Second {
					t.Errorf("event at %v, received at %v", scan.EventTime, in.Received)
				}
				for _, d := range scan.Detections {
					if !d.Simulated {
						t.Errorf("not marked: %s", l.Bytes())
					}
				}
			}
		}
		if detections < len(messages)/4 {
			t.Errorf("%d detections in %d messages", detections, len(messages))
		}
	}
}

// What a fault of the scenario has spoilt is refused for that fault's reason; all else is accepted.
func TestEveryScenarioIsAcceptedByTheDaemon(t *testing.T) {
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, n := daemon(t, name)
			o := Options{Seed: 1, Duration: 13 * minute} // degraded's receiver without a fix begins at 10 minutes
			if name == "perf" {
				o.Duration = 2 * time.Second
			}
			messages, _ := played(t, scenarioDay(t, name, o))
			accepted := 0
			for _, l := range messages {
				_, in := n.Normalize(l.Received, l.Topic, l.Bytes())
				if in.Kind == record.Message && len(in.Rejects) == 0 {
					accepted++
					continue
				}
				spoilt := !json.Valid(l.Bytes()) || strings.Contains(l.Topic, "/twr-03/") || bytes.Contains(l.Bytes(), []byte(`"lat":0,"lon":0`))
				if name != "degraded" || !spoilt {
					t.Fatalf("refused: %+v: %s", in.Rejects, l.Bytes())
				}
			}
			if len(cfg.Sectors) != 1 || accepted < len(messages)*97/100 || accepted == 0 {
				t.Errorf("%d of %d messages accepted", accepted, len(messages))
			}
			if name == "degraded" && accepted == len(messages) {
				t.Error("nothing is refused, although a link damages messages and a receiver has no fix")
			}
		})
	}
}
