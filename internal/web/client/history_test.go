package client

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cutline/internal/record"
)

func TestHistory_asksDayByDayAndGoesOnWhereItWasCut(t *testing.T) {
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	var asked []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		asked = append(asked, q.Get("from")+" "+q.Get("to")+" "+q.Get("type"))
		say(w, `{"type":"alert","time":"`+q.Get("from")+`","sector":"s","alert":{"id":"a"}}`, "\n")
		if len(asked) == 1 {
			say(w, `{"type":"more","time":"2026-11-01T06:00:00Z"}`, "\n")
		}
	})
	var got []string
	err := c.History(t.Context(), from, from.Add(30*time.Hour+500*time.Millisecond), func(e *record.Event) error {
		got = append(got, e.Alert.ID+" "+e.Time.Format("02 15h"))
		return nil
	}, record.AlertType, record.TrackType)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{
		"2026-11-01T00:00:00Z 2026-11-02T00:00:00Z alert,track", "2026-11-01T06:00:00Z 2026-11-02T06:00:00Z alert,track",
		"2026-11-02T06:00:00Z 2026-11-02T06:00:00.5Z alert,track",
	}; !slices.Equal(asked, want) {
		t.Errorf("asked %q", asked)
	}
	if want := []string{"a 01 00h", "a 01 06h", "a 02 06h"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestHistory_saysWhatIsWrong(t *testing.T) {
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for body, want := range map[string]string{
		`{"type":"more","time":"2026-11-01T00:00:00Z"}`: "does not go on",
		`nonsense`: "read the history",
		``:         "ask for at most 1h0m0s",
	} {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if body == "" {
				w.WriteHeader(http.StatusBadRequest)
				say(w, `{"error":"ask for at most 1h0m0s (http.history_span) at once"}`)
			}
			say(w, body)
		})
		err := c.History(t.Context(), from, from.Add(time.Hour), func(*record.Event) error { return nil })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}
