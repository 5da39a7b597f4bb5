package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cutline/internal/record"
	"cutline/internal/web/client"
)

// TestAnswer_anAlertIsDealtWithFromATerminal lets a daemon raise an alert and does to it all that a person can. Two others who follow
// see each step.
func TestAnswer_anAlertIsDealtWithFromATerminal(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	broker := freeAddress(t)
	s := newSite(t, fmt.Sprintf("broker: {listen: %q}", broker))
	s.start()
	c := s.client()
	subscribed(t, c)
	published := make(chan struct{})
	go func() { defer close(published); simulate(t, 11, 4*time.Minute).publish(t, "tcp://"+broker, 12) }()
	var alert *record.Event
	eventually(t, time.Minute, "a crossing is told", func(ctx context.Context) error {
		all, err := c.Alerts(ctx, client.Filter{Kind: "crossing"})
		if err == nil && len(all) == 0 {
			return errors.New("there is none")
		}
		if err == nil {
			alert = all[len(all)-1]
		}
		return err
	})
	<-published
	id := alert.Alert.ID
	seen := [2]chan *record.AlertEvent{s.follow(id), s.follow(id)}
	for _, step := range []struct {
		args  []string
		shown func(*record.AlertEvent) bool
	}{
		{[]string{"ack", id, "--comment", "patrol sent"}, func(a *record.AlertEvent) bool { return a.AckedBy == "k.lee" }},
		{[]string{"assign", id, "unit 7"}, func(a *record.AlertEvent) bool { return a.Owner == "unit 7" }},
		{[]string{"comment", id, "two people"}, func(a *record.AlertEvent) bool { return len(a.Comments) == 2 }},
		{[]string{"shelve", id, "--for", "1h", "--reason", "fog"}, func(a *record.AlertEvent) bool { return a.Shelf != nil }},
		{[]string{"unshelve", id}, func(a *record.AlertEvent) bool { return a.Shelf == nil }},
		{[]string{"resolve", id, "--as", "crossing"}, func(a *record.AlertEvent) bool { return a.Verdict == "crossing" && a.Change == "end" }},
	} {
		out, errs, code := cutline(t, "", append(step.args, "--by", "k.lee", "--daemon", s.api)...)
		if code != 0 || !strings.Contains(out, id) {
			t.Fatalf("cutline %q: exit code %d: %s%s", step.args, code, out, errs)
		}
		for i := range seen {
			for !step.shown(next(t, seen[i])) { // what happens by itself may come between
			}
		}
	}
	_, errs, code := cutline(t, "", "shelve", id, "--for", "1h", "--reason", "fog", "--daemon", s.api)
	if code != 1 || !strings.Contains(errs, id) {
		t.Errorf("what has ended is shelved: exit code %d: %s", code, errs)
	}
	s.tellsOfThePast(alert)
}

// follow hands on what a client of its own sees of an alert.
func (s *site) follow(id string) chan *record.AlertEvent {
	c, out := s.client(), make(chan *record.AlertEvent, 1000)
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		done <- c.Follow(ctx, client.From{Types: []record.Type{record.AlertType}}, func(m client.Message) error {
			if m.Event.Alert.ID == id {
				out <- m.Event.Alert
			}
			return nil
		})
	}()
	s.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("follow: %v", err)
		}
	})
	return out
}

func next[T any](t *testing.T, from chan T) (one T) {
	t.Helper()
	select {
	case one = <-from:
	case <-time.After(20 * time.Second):
		t.Fatal("nothing more comes")
	}
	return one
}

// tellsOfThePast asks for all that lies around an alert.
func (s *site) tellsOfThePast(alert *record.Event) {
	s.t.Helper()
	var incident struct {
		Crossing   *record.Event
		Tracks     []*record.Event
		Detections []struct{ Sensor, Geometry string }
	}
	s.asked("/api/v1/alerts/"+alert.Alert.ID+"/incident", &incident)
	if incident.Crossing == nil || len(incident.Tracks) < 10 || len(incident.Detections) < 10 {
		s.t.Errorf("crossing %+v, %d tracks, %d detections", incident.Crossing, len(incident.Tracks), len(incident.Detections))
	}
	var report struct {
		Alerts   []*record.Event
		Verdicts []struct{ Verdict string }
	}
	from, to := time.Now().Add(-time.Hour), time.Now().Add(time.Minute)
	q := url.Values{"from": {from.UTC().Format(time.RFC3339)}, "to": {to.UTC().Format(time.RFC3339)}}
	s.asked("/api/v1/report?"+q.Encode(), &report)
	if len(report.Alerts) == 0 || len(report.Verdicts) != 1 || report.Verdicts[0].Verdict != "crossing" {
		s.t.Errorf("report %+v", report)
	}
	var sensor struct{ Last []struct{ Topic string } }
	s.asked("/api/v1/sensors/"+alert.Alert.Evidence[0].Sensor, &sensor)
	if len(sensor.Last) != 10 || sensor.Last[0].Topic == "" {
		s.t.Errorf("sensor %+v", sensor)
	}
}

func (s *site) asked(path string, into any) {
	s.t.Helper()
	code, body := s.get(path)
	if err := json.Unmarshal([]byte(body), into); err != nil || code != http.StatusOK {
		s.t.Fatalf("%s: %d %.300s, %v", path, code, body, err)
	}
}
