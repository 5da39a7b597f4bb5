package simulator

import (
	"path/filepath"
	"testing"
	"time"

	"cutline/internal/config"
	"cutline/internal/normalize"
	"cutline/internal/record"
)

// The encoders here and the decoders there share no code: what both agree on is the contract.
func TestEveryMessageIsAcceptedByTheDaemon(t *testing.T) {
	s, err := Load("emerson")
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
	n, err := normalize.New(cfg.Sensors)
	if err != nil {
		t.Fatal(err)
	}
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
