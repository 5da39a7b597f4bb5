package notify

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"cutline/internal/broker"
	"cutline/internal/journal"
	"cutline/internal/record"
	"cutline/internal/testenv"
)

// The whole way: PICTURE in a real journal, Mosquitto killed and restarted in the middle, and the daemon's part ended and begun
// again. Every change of every alert arrives, in order.
func TestNotifier_losesNothingOnTheWayFromTheJournalToTheBroker(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	own := broker.Defaults()
	own.Listen, own.Dir, own.SyncEvery = "", t.TempDir(), time.Minute
	srv, err := broker.Start(t.Context(), own, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	settings := journal.Defaults()
	settings.Dir = t.TempDir()
	j, err := journal.Open(t.Context(), srv.Conn(), settings, quiet, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- j.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("journal: %v", err)
		}
	})

	mosquitto := testenv.Mosquitto(t, testenv.Broker{})
	w := watch(t, mosquitto.URL())
	cfg := Defaults()
	cfg.MQTT = testMQTT(mosquitto.URL())
	begin := func() (*Notifier, func()) {
		ways, err := Open(cfg, j, Deps{})
		if err != nil {
			t.Fatal(err)
		}
		n := ways.all[0]
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- ways.Run(ctx) }()
		return n, func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("run: %v", err)
			}
		}
	}
	n, end := begin()

	seq := uint64(0)
	add := func(events ...record.Event) {
		seq++
		if err := j.AppendPicture(t.Context(), "emerson", seq, events); err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	for i := range 120 {
		id := fmt.Sprintf("a%03d", i)
		add(alertEvent(id, "unacknowledged", "new"), trackEvent("t1", "confirmed"))
		add(alertEvent(id, "acknowledged", "update"))
		want = append(want, id)
		switch i {
		case 30:
			eventually(t, "the first alerts", func() bool { return n.Status().Delivered > 0 })
			mosquitto.Kill()
		case 60:
			eventually(t, "the outage in the status", func() bool { return !n.Status().Connected })
			mosquitto.Start()
			w = watch(t, mosquitto.URL()) // the killed broker has forgotten the old one's session
		case 90:
			end()
			n, end = begin()
		}
	}
	defer func() { end() }()
	last := "cutline/emerson/alerts/" + want[len(want)-1]
	eventually(t, "the last alert", func() bool { _, n := w.last(last); return n >= 2 })
	late := watch(t, mosquitto.URL())
	var got []string
	defer func() {
		if t.Failed() {
			t.Errorf("a late subscriber sees %d alerts: %q", len(got), got)
		}
	}()
	eventually(t, "every alert at a late subscriber", func() bool {
		got = nil
		for _, m := range late.all() {
			if id, ok := strings.CutPrefix(m.topic, "cutline/emerson/alerts/"); ok {
				got = append(got, id)
			}
		}
		slices.Sort(got)
		got = slices.Compact(got)
		return slices.Equal(got, want)
	})
	eventually(t, "a track", func() bool {
		add(trackEvent("t1", "confirmed"))
		_, n := w.last("cutline/emerson/tracks/t1")
		return n > 0
	})
	if s := n.Status(); s.Open != 0 || !s.Connected {
		t.Errorf("status %+v", s)
	}
}
