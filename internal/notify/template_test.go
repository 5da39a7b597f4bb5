package notify

import (
	"bytes"
	"encoding/json"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"cutline/internal/golden"
	"cutline/internal/record"
)

// told is an alert through its life, at fixed times.
func told() map[string]Item {
	at := time.Date(2026, 11, 24, 8, 12, 3, 125e6, time.UTC)
	acked := at.Add(time.Minute)
	alert := record.AlertEvent{
		ID: "a93f2", Kind: "crossing", State: "unacknowledged", Level: "probable", Priority: "high", Change: "new", Revision: 1,
		Time: at, Raised: at.Add(time.Second), Updated: at.Add(time.Second), Lat: 49.00031, Lon: -97.24122, Direction: "US>CA", Count: 2,
		Class: "person", Confidence: .93, Tracks: []string{"T417"}, Rule: "one group", Text: "2 persons crossed US>CA <here> & now",
		TextFR: "2 personnes ont franchi US>CA", Simulated: true,
	}
	item := func(change func(*record.AlertEvent)) Item {
		a := alert
		if change != nil {
			change(&a)
		}
		return Item{Event: &record.Event{Type: record.AlertType, Time: at, Sector: "emerson", Alert: &a}}
	}
	again := item(nil)
	again.Repeat, again.Due = true, at.Add(5*time.Minute)
	return map[string]Item{
		"new":   item(nil),
		"again": again,
		"risen": item(func(a *record.AlertEvent) {
			a.Change, a.Level, a.Priority, a.Revision, a.Updated = "update", "confirmed", "critical", 2, at.Add(9*time.Second)
		}),
		"acknowledged": item(func(a *record.AlertEvent) {
			a.Change, a.State, a.Revision, a.AckedBy, a.AckedAt, a.Updated = "update", "acknowledged", 3, "Ana", &acked, acked
			a.Comments = []record.Remark{{By: "Ana", Time: acked, Text: "patrol 2 is on its way"}}
		}),
		"ended": item(func(a *record.AlertEvent) {
			a.Change, a.State, a.Revision, a.Verdict, a.ResolvedBy, a.Updated = "end", "resolved", 4, "crossing", "Ana", at.Add(time.Hour)
		}),
	}
}

func TestTemplates_areWhatTheirReceiversRead(t *testing.T) {
	for _, tmpl := range Templates() {
		u, err := url.Parse("https://receiver.example/base/topic")
		if err != nil {
			t.Fatal(err)
		}
		for _, language := range []Language{English, French} {
			encode := tmpl.of(&Route{ID: "phone", Language: language}, u, "https://console.example/#/alerts/{id}")
			var out bytes.Buffer
			items := told()
			for _, what := range sorted(items) {
				to, body, err := encode(items[what])
				if err != nil {
					t.Fatal(err)
				}
				out.WriteString("--- " + what + ": POST " + to + "\n")
				if err := json.Indent(&out, body, "", "  "); err != nil {
					t.Fatal(err)
				}
				out.WriteString("\n")
			}
			if language == French && !tmpl.forPeople() {
				continue
			}
			golden.Check(t, filepath.Join("testdata", "templates", string(tmpl)+"."+string(language)+".txt"), out.Bytes())
		}
	}
}
