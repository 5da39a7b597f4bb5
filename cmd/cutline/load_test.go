package main

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"cutline/internal/testenv"
	simload "cutline/simulator/load"
)

// TestDaemon_storesEveryAcknowledgedDetectionOfALoad: numbered detections at full tilt, the daemon killed twice in mid-flow, and
// the ledger says that none is missing.
func TestDaemon_storesEveryAcknowledgedDetectionOfALoad(t *testing.T) {
	if testing.Short() {
		t.Skip("takes about 20 s")
	}
	broker, db := testenv.Mosquitto(t, testenv.Broker{}), testenv.Influx(t)
	cfg := simload.Defaults()
	cfg.Broker, cfg.Sensors, cfg.Rate, cfg.Duration = broker.URL(), 40, 4000, 12*time.Second
	dir := t.TempDir()
	if err := simload.WriteConfig(dir, cfg); err != nil {
		t.Fatal(err)
	}
	s := siteIn(t, dir, fmt.Sprintf("influx: {url: %q, org: ops, bucket: %q}", db.URL(), db.Bucket))
	s.start()
	subscribed(t, s.client())

	var text bytes.Buffer
	cfg.Ledger = &text
	ended := make(chan error, 1)
	go func() { _, err := simload.Run(t.Context(), cfg); ended <- err }()
	began := time.Now()
	for _, at := range []time.Duration{3 * time.Second, 7 * time.Second} {
		time.Sleep(time.Until(began.Add(at))) // the plan of what goes wrong when
		s.kill()
		s.start()
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	ledger, err := simload.ReadLedger(&text)
	if err != nil {
		t.Fatal(err)
	}
	if ledger.Acked() < 40_000 || ledger.Acked() != ledger.Sent() {
		t.Errorf("%d sent, %d acknowledged: want about 48000 of both", ledger.Sent(), ledger.Acked())
	}
	where := simload.Influx{URL: db.URL(), Org: db.Org, Bucket: db.Bucket, Token: db.Token}
	eventually(t, time.Minute, "all acknowledged detections are in InfluxDB", func(ctx context.Context) error {
		tally := ledger.NewTally()
		if err := where.Read(ctx, ledger, tally.Take); err != nil {
			return err
		}
		r := tally.Report()
		if !r.OK() || r.Unexpected != 0 || r.Duplicates != 0 {
			return fmt.Errorf("\n%s", r.String())
		}
		return nil
	})
	if err := s.end(); err != nil {
		t.Errorf("an ordered end: %v", err)
	}
	s.cmd = nil
}
