package screen

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"cutline/internal/record"
)

func crossing() *record.AlertEvent {
	at := time.Date(2026, 11, 24, 8, 12, 3, 0, time.UTC)
	return &record.AlertEvent{
		ID: "a81f", Kind: "crossing", State: "unacknowledged", Level: "confirmed", Priority: "high", Change: "new", Time: at,
		Lat: 49.00031, Lon: -97.24122, Direction: "US>CA", Count: 1, Class: "person", Confidence: .943,
		Evidence: []record.Evidence{{Sensor: "twr-01"}, {Sensor: "cam-01"}}, Text: "A person crossed.",
	}
}

func TestAlert_saysWhatWhereWhoAndHowSure(t *testing.T) {
	got := Plain.Alert(crossing())
	want := "08:12:03Z  ALERT   high      A person crossed.\n" +
		"           US>CA at 49.00031, -97.24122 · confirmed 94 % · twr-01 cam-01 · unacknowledged · id a81f"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAlert_aSensorsAlertHasNoPlace(t *testing.T) {
	a := &record.AlertEvent{ID: "5e", Kind: "sensor_silent", State: "unacknowledged", Priority: "low", Change: "end", Text: "twr-01 is back."}
	if got := Plain.Alert(a); strings.Contains(got, "0.00000") || !strings.Contains(got, "end") {
		t.Errorf("got\n%s", got)
	}
}

func TestStyle_coloursSayNothingThatWordsDoNot(t *testing.T) {
	escapes := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for _, change := range []string{"new", "update", "end"} {
		for _, priority := range []string{"critical", "high", "medium", "low"} {
			a := crossing()
			a.Change, a.Priority = change, priority
			coloured := ANSI.Alert(a)
			if coloured == Plain.Alert(a) {
				t.Errorf("%s %s: no colour", change, priority)
			}
			if got := escapes.ReplaceAllString(coloured, ""); got != Plain.Alert(a) {
				t.Errorf("without colours it is\n%s\nnot\n%s", got, Plain.Alert(a))
			}
		}
	}
}

func TestReject_keepsControlCharactersOffTheTerminal(t *testing.T) {
	payload := []byte("{\"a\":\x1b[2J\u009b\r\n" + strings.Repeat("x", 200))
	r := &record.RejectEvent{Topic: "t", Path: "position.lat", Reason: "99 is outside", Payload: payload}
	got := Plain.Reject(r)
	if strings.ContainsAny(got, "\x1b\r\u009b") || strings.Count(got, "\n") != 1 {
		t.Errorf("control characters in %q", got)
	}
	for _, want := range []string{"position.lat: 99 is outside", fmt.Sprintf("(%d bytes)", len(payload)), "no sensor"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %q, want %q in it", got, want)
		}
	}
}

func TestListed_saysTheDayAndTheState(t *testing.T) {
	a := crossing()
	a.State, a.AckedBy, a.Change, a.Simulated, a.Confidence = "acknowledged", "root", "update", true, .9999
	got := Plain.Listed(a)
	want := "2026-11-24 08:12:03Z  acknowledged    high      A person crossed.\n                      " +
		"SIMULATED · US>CA at 49.00031, -97.24122 · confirmed 99 % · twr-01 cam-01 · by root · id a81f"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFit_cutsALineToTheTerminal(t *testing.T) {
	for _, tc := range []struct {
		columns int
		want    string
	}{{0, "tracks · alerts"}, {15, "tracks · alerts"}, {9, "tracks ·…"}, {1, "…"}} {
		if got := Fit("tracks · alerts", tc.columns); got != tc.want {
			t.Errorf("%d columns: %q, want %q", tc.columns, got, tc.want)
		}
	}
}
