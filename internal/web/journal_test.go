package web_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"cutline/internal/broker"
	"cutline/internal/journal"
	"cutline/internal/record"
	"cutline/internal/web"
	"cutline/internal/web/client"
)

// realJournal runs one in a server of its own until the test ends.
func realJournal(t testing.TB) *journal.Journal {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	cfg := broker.Defaults()
	cfg.Listen, cfg.Dir, cfg.SyncEvery = "", t.TempDir(), time.Minute
	srv, err := broker.Start(t.Context(), cfg, quiet)
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
	runs(t, "journal", j.Run)
	return j
}

// runs a component until the test ends, or stop is called.
func runs(t testing.TB, name string, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := run(ctx); err != nil && ctx.Err() == nil {
			t.Errorf("%s: %v", name, err)
		}
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

// correlator does for these tests what the daemon's does for alerts: a command in, the changed alert out.
func correlator(t *testing.T, j *journal.Journal) {
	t.Helper()
	in, err := j.InputCursor(t.Context(), "test", record.CommandGiven)
	if err != nil {
		t.Fatal(err)
	}
	runs(t, "correlator", func(ctx context.Context) error {
		defer in.Close()
		for {
			batch, err := in.Next(ctx)
			if err != nil {
				return err
			}
			for _, input := range batch.Inputs {
				e := alert(input.Command.Alert, "acknowledged")
				e.Alert.AckedBy = input.Command.By
				if err := j.AppendPicture(ctx, batch.Sector, batch.Seq, []record.Event{e}); err != nil {
					return err
				}
			}
		}
	})
}

func alert(id, state string) record.Event {
	now := time.Now().UTC()
	return record.Event{Type: record.AlertType, Time: now, Sector: "emerson", Alert: &record.AlertEvent{
		ID: id, Kind: "crossing", State: state, Change: "update", Time: now, Raised: now, Updated: now,
	}}
}

func served(t testing.TB, j *journal.Journal, listen string) (address string, stop func()) {
	t.Helper()
	cfg := web.Defaults()
	cfg.Listen = listen
	s, err := web.Open(cfg, j, web.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	return s.Addr().String(), runs(t, "web", s.Run)
}

func connected(t *testing.T, address string) *client.Client {
	t.Helper()
	c, err := client.New(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// ask until the daemon has read its picture.
func ask[T any](t *testing.T, what func() (T, error)) T {
	t.Helper()
	for {
		got, err := what()
		var refused *client.Error
		if errors.As(err, &refused) && refused.Code == 503 && t.Context().Err() == nil {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
}

func TestJournal_anAcknowledgementGoesRound(t *testing.T) {
	j := realJournal(t)
	if err := j.AppendPicture(t.Context(), "emerson", 1, []record.Event{alert("a1", "unacknowledged")}); err != nil {
		t.Fatal(err)
	}
	correlator(t, j)
	address, _ := served(t, j, "127.0.0.1:0")
	c := connected(t, address)
	open := ask(t, func() ([]*record.Event, error) { return c.Alerts(t.Context(), client.Filter{State: "unacknowledged"}) })
	if len(open) != 1 || open[0].Alert.ID != "a1" {
		t.Fatalf("open alerts %v", open)
	}
	e, shown, err := c.Do(t.Context(), "a1", client.Act{Name: "ack", By: "k.lee", Comment: "patrol sent"})
	if err != nil || !shown || e.Alert.State != "acknowledged" || e.Alert.AckedBy != "k.lee" {
		t.Fatalf("%+v %v %v", e, shown, err)
	}
	if e, err := c.Alert(t.Context(), "a1"); err != nil || e.Alert.State != "acknowledged" {
		t.Errorf("read back %+v, %v", e, err)
	}
	status, err := c.Status(t.Context())
	if err != nil || !status.Ready || status.Seq != 2 {
		t.Errorf("status %+v, %v", status, err)
	}
}

// The server ends and comes back in the middle of a stream, twice. The client sees every alert, in order.
func TestJournal_aFollowerMissesNothingWhenTheServerRestarts(t *testing.T) {
	j := realJournal(t)
	address, stop := served(t, j, "127.0.0.1:0")
	c := connected(t, address)
	if err := j.AppendPicture(t.Context(), "emerson", 1, []record.Event{alert("first", "unacknowledged")}); err != nil {
		t.Fatal(err)
	}
	const n = 300
	var want, got []string
	for i := range n {
		want = append(want, fmt.Sprintf("a%03d", i))
	}
	runs(t, "writer", func(ctx context.Context) error {
		for i := 0; i < n; i += 3 {
			events := []record.Event{alert(want[i], "unacknowledged"), alert(want[i+1], "unacknowledged"), alert(want[i+2], "unacknowledged")}
			if err := j.AppendPicture(ctx, "emerson", uint64(i)+2, events); err != nil {
				return err
			}
		}
		return nil
	})
	enough := errors.New("enough")
	ask(t, func() ([]*record.Event, error) { return c.Alerts(t.Context(), client.Filter{}) })
	err := c.Follow(t.Context(), client.From{After: 1, Types: []record.Type{record.AlertType}}, func(m client.Message) error {
		if id := m.Event.Alert.ID; !slices.Contains(got, id) {
			got = append(got, id)
		}
		switch len(got) {
		case n / 3, 2 * n / 3:
			stop()
			_, stop = served(t, j, address)
		case n:
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("saw %d: %q", len(got), got)
	}
}
