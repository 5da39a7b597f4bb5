package alert_test

import (
	"slices"
	"testing"
	"time"

	"cutline/internal/alert"
	"cutline/internal/border"
	"cutline/internal/detection"
	"cutline/internal/record"
	"cutline/internal/track"
)

type rule = alert.SuppressRule

// ruled is a book with the rules.
func ruled(rules ...rule) *alert.Book {
	c := alert.Defaults()
	c.Suppress = rules
	return alert.New(c, "emerson", sensors())
}

// deer is a track that is surely an animal.
func deer(names ...string) *track.Track {
	tr := seen(names...)
	tr.Class = detection.Classes{}
	tr.Class[detection.Animal] = .99
	return tr
}

func here(radius float64) alert.Circle {
	return alert.Circle{Lat: 49.0003, Lon: -97.2335, RadiusM: radius}
}

func TestSuppress_aRuleHidesWhatFitsItInEveryPart(t *testing.T) {
	t.Parallel()
	night := border.Hours{From: 22 * time.Hour, To: 6 * time.Hour, Offset: -6 * time.Hour}
	for name, tc := range map[string]struct {
		r     rule
		track *track.Track
		want  string
	}{
		"place":                {rule{ID: "r", Near: here(50)}, deer("twr-01"), "suppressed"},
		"another place":        {rule{ID: "r", Near: here(10)}, deer("twr-01"), "unacknowledged"},
		"class":                {rule{ID: "r", Classes: []alert.Class{"animal"}}, deer("twr-01"), "suppressed"},
		"another class":        {rule{ID: "r", Classes: []alert.Class{"animal"}}, seen("twr-01"), "unacknowledged"},
		"sensor":               {rule{ID: "r", Sensors: []string{"twr-01"}}, deer("twr-01"), "suppressed"},
		"one sensor more":      {rule{ID: "r", Sensors: []string{"twr-01"}}, deer("twr-01", "twr-02"), "unacknowledged"},
		"nobody's word":        {rule{ID: "r", Sensors: []string{"twr-01"}}, deer(), "unacknowledged"},
		"hours":                {rule{ID: "r", Near: here(50), Hours: night}, deer("twr-01"), "suppressed"},
		"by day":               {rule{ID: "r", Near: here(50), Hours: border.Hours{From: 1, To: 2}}, deer("twr-01"), "unacknowledged"},
		"kind":                 {rule{ID: "r", Near: here(50), Kinds: []alert.TargetKind{"crossing"}}, deer("twr-01"), "suppressed"},
		"another kind":         {rule{ID: "r", Near: here(50), Kinds: []alert.TargetKind{"approach"}}, deer("twr-01"), "unacknowledged"},
		"a person by one mast": {rule{ID: "r", Near: here(50)}, seen("twr-01"), "suppressed"},
		"what is high":         {rule{ID: "r", Near: here(50)}, seen("twr-01", "twr-02"), "unacknowledged"},
	} {
		var f alert.Follow
		_, a := raise(t, ruled(tc.r), tc.track, &f)
		if a.State != tc.want || (a.SuppressedBy == "rule r") != (tc.want == "suppressed") {
			t.Errorf("%s: %s by %q, want %s; %s %s", name, a.State, a.SuppressedBy, tc.want, a.Priority, a.Class)
		}
	}
}

func TestSuppress_whatRisesComesOutAndIsCounted(t *testing.T) {
	t.Parallel()
	c := alert.Defaults()
	c.FloodAt, c.CalmAt, c.Suppress = 1, 1, []rule{{ID: "r", Near: here(500)}}
	b := alert.New(c, "emerson", sensors())
	var f alert.Follow
	tr := seen("twr-01")
	_, a := raise(t, b, tr, &f)
	if a.State != "suppressed" {
		t.Fatalf("got %+v", a)
	}
	tr.EventTime = after(13)
	tr.Evidence = append(tr.Evidence, evidence("twr-02", 13))
	out := b.Track(after(14), tr, &f, 1, nil)
	if a = only(t, out); a.State != "unacknowledged" || a.SuppressedBy != "" || a.Priority != "high" {
		t.Errorf("a second tower has seen the person: %+v", a)
	}
	other := deer("twr-02")
	other.ID, other.Root = "t-8", "t-8"
	p := crossing(1)
	p.Position.Lat++ // elsewhere
	if out = b.Cross(after(20), other, new(alert.Follow), p, nil); !slices.ContainsFunc(out, func(e record.Event) bool {
		return e.Alert != nil && e.Alert.Kind == "alarm_flood"
	}) {
		t.Error("what has come out does not count as a new alert")
	}
}

func TestSuppress_aPersonDoesNotHideAmongWhatIsHidden(t *testing.T) {
	t.Parallel()
	b := ruled(rule{ID: "r", Classes: []alert.Class{"unknown"}})
	something := seen("twr-01")
	something.Class = detection.Classes{}
	something.Class[detection.UnknownClass] = 1
	_, hidden := raise(t, b, something, new(alert.Follow))
	person := seen("twr-01")
	person.ID, person.Root = "t-8", "t-8"
	_, a := raise(t, b, person, new(alert.Follow))
	if hidden.State != "suppressed" || a.State != "unacknowledged" || a.Change != "new" || a.ID == hidden.ID {
		t.Errorf("%s %s, beside it %s %s", hidden.ID, hidden.State, a.ID, a.State)
	}
}

func TestSuppress_endsByItselfAndIsKeptUntilThen(t *testing.T) {
	t.Parallel()
	b := ruled(rule{ID: "r", Near: here(50)})
	var f alert.Follow
	tr := deer("twr-01")
	raise(t, b, tr, &f)
	tr.Status = track.Lost
	if out := b.Track(after(60), tr, &f, 1, nil); len(out) != 0 {
		t.Errorf("nobody waits for it to be over: %+v", out[0].Alert)
	}
	if a := only(t, b.Tick(after(60+300), nil)); a.Change != "end" || a.SuppressedBy != "rule r" {
		t.Errorf("got %+v", a)
	}
}

// TestPriority_theMatrixIsThatOfTheSettings: by default it is what it was before it could be set.
func TestPriority_theMatrixIsThatOfTheSettings(t *testing.T) {
	t.Parallel()
	own := alert.Defaults()
	own.Consequence.Animal = alert.Severe
	own.Priority.Severe = alert.Row{Now: "medium", Soon: "low"}
	for _, tc := range []struct {
		cfg             alert.Config
		class           detection.Class
		p               float64
		certain, before string
	}{
		{alert.Defaults(), detection.Vehicle, .9, "critical", "high"},
		{alert.Defaults(), detection.Boat, .9, "critical", "high"},
		{alert.Defaults(), detection.Aircraft, .9, "critical", "high"},
		{alert.Defaults(), detection.Person, .9, "high", "medium"},
		{alert.Defaults(), detection.Drone, .9, "high", "medium"},
		{alert.Defaults(), detection.UnknownClass, 1, "medium", "medium"},
		{alert.Defaults(), detection.Animal, .96, "low", "low"},
		{alert.Defaults(), detection.Animal, .94, "medium", "medium"},
		{alert.Defaults(), detection.Clutter, .9, "low", "low"},
		{own, detection.Animal, .96, "medium", "low"},
		{own, detection.Animal, .94, "medium", "medium"},
	} {
		for want, names := range map[string][]string{tc.certain: {"twr-01", "twr-02"}, tc.before: {"twr-01"}} {
			if tc.certain == tc.before && len(names) == 1 {
				continue
			}
			tr := seen(names...)
			tr.Class = detection.Classes{}
			tr.Class[tc.class] = tc.p
			if _, a := raise(t, alert.New(tc.cfg, "s", sensors()), tr, new(alert.Follow)); a.Priority != want {
				t.Errorf("%v %v by %v: %s, want %s", tc.class, tc.p, names, a.Priority, want)
			}
		}
	}
}
