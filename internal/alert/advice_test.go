package alert_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cutline/internal/alert"
	"cutline/internal/record"
)

// resolved is a past alert: the n-th of a story, so many metres north and east of a place.
func resolved(n int, class, verdict string, north, east float64, names ...string) record.AlertEvent {
	a := record.AlertEvent{
		ID: fmt.Sprint("a", n), Kind: "crossing", State: "resolved", Change: "end", Priority: "medium", Class: class, Verdict: verdict,
		Revision: 3,
		Time:     start.Add(time.Duration(n) * time.Hour), Lat: 49 + north/111200, Lon: -97.2 + east/73000, Tracks: []string{"t"},
	}
	for _, name := range names {
		a.Evidence = append(a.Evidence, record.Evidence{Sensor: name, Group: name})
	}
	return a
}

func several(n, from int, class, verdict string, north float64, names ...string) (all []record.AlertEvent) {
	for i := range n {
		all = append(all, resolved(from+i, class, verdict, north+float64(i%3)*20, float64(i%4)*15, names...))
	}
	return all
}

func ids(all []alert.Advice) (out []string) {
	for _, a := range all {
		out = append(out, a.Rule.ID)
	}
	return out
}

func TestAdvise_theNarrowestRuleThatEnoughSpeaksFor(t *testing.T) {
	t.Parallel()
	spread := func(n, from int, class, verdict string, names ...string) (all []record.AlertEvent) {
		for i := range n {
			all = append(all, resolved(from+i, class, verdict, float64(i)*1000, 0, names...))
		}
		return all
	}
	high := several(9, 0, "animal", "animal", 0)
	for i := range high {
		high[i].Priority = "high"
	}
	system := several(9, 0, "", "false", 0)
	for i := range system {
		system[i].Tracks, system[i].Kind = nil, "sensor_silent"
	}
	for name, tc := range map[string]struct {
		past []record.AlertEvent
		want []string
	}{
		"nothing":        {nil, nil},
		"too few":        {several(4, 0, "animal", "animal", 0), nil},
		"a place":        {several(5, 0, "animal", "animal", 0), []string{"animal-490001N-971998W"}},
		"no verdicts":    {several(50, 0, "animal", "", 0), nil},
		"true crossings": {several(50, 0, "person", "crossing", 0), nil},
		"half of them true": {
			append(several(9, 0, "person", "false", 0), several(9, 100, "person", "crossing", 0)...), nil,
		},
		"two places": {
			append(several(6, 0, "animal", "animal", 0), several(9, 100, "unknown", "weather", 3000)...),
			[]string{"unknown-490272N-971997W", "animal-490002N-971998W"},
		},
		"a sensor": {spread(5, 0, "unknown", "false", "gs-07"), []string{"unknown-by-gs-07"}},
		"a class": {
			append(spread(3, 0, "animal", "animal", "a", "b"), spread(3, 100, "animal", "animal", "b", "c")...), []string{"animal-anywhere"},
		},
		"the sensor of the places": {several(9, 0, "animal", "animal", 0, "gs-07"), []string{"animal-490002N-971997W"}},
		"what no rule would hide":  {high, nil},
		"of the system":            {system, nil},
	} {
		if got := ids(alert.Advise(tc.past, 5)); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestAdvise_saysWhatTheRuleWouldHaveHiddenTrueCrossingsToo(t *testing.T) {
	t.Parallel()
	past := several(12, 0, "animal", "animal", 0)
	past = append(past, resolved(20, "animal", "crossing", 10, 10), resolved(21, "animal", "", 10, 10))
	past = append(past, resolved(22, "animal", "crossing", 900, 0))
	open := resolved(3, "animal", "", 0, 0) // an earlier change of one that was resolved
	open.Revision, open.State, open.Change = 1, "unacknowledged", "new"
	risen := resolved(23, "person", "false", 0, 0) // it was high in the end
	before := risen
	before.Revision, risen.Priority = 1, "high"
	got := alert.Advise(append([]record.AlertEvent{open, before, risen}, past...), 5)
	if len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	a := got[0]
	if a.Verdicts["animal"] != 12 || a.Verdicts["crossing"] != 1 || a.Verdicts[""] != 1 || len(a.Verdicts) != 3 ||
		!slices.Equal(a.Crossings, []string{"a20"}) || !a.Since.Equal(start) || !a.Until.Equal(start.Add(21*time.Hour)) {
		t.Errorf("%+v", a)
	}
	want := `    # would have hidden 14 alerts, 2026-11-24 to 2026-11-25: 1 without a verdict, 12 animal, 1 crossing
    # TRUE CROSSINGS AMONG THEM: a20
    - id: animal-490002N-971997W
      reason: "12 of 13 that people looked at were nothing, 2026-11-24 to 2026-11-25"
      near: {lat: 49.00018, lon: -97.19969, radius_m: 60}
      classes: [animal]
`
	if got := a.YAML(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestAdvise_itsRulesHideWhatTheySayAndPassTheirOwnCheck: whatever people have resolved.
func TestAdvise_itsRulesHideWhatTheySayAndPassTheirOwnCheck(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		word := func(name string, words ...string) string { return rapid.SampledFrom(words).Draw(r, name) }
		var past []record.AlertEvent
		for i := range rapid.IntRange(0, 60).Draw(r, "alerts") {
			a := resolved(i, word("class", "animal", "person", ""), word("verdict", "animal", "false", "weather", "crossing", "unknown", ""),
				rapid.Float64Range(0, 600).Draw(r, "north"), 0, word("sensor", "gs-01", "gs-02", "twr-01"))
			a.Priority = word("priority", "low", "medium", "high")
			past = append(past, a)
		}
		all := alert.Advise(past, 3)
		slices.Reverse(past)
		if again := alert.Advise(past, 3); fmt.Sprint(again) != fmt.Sprint(all) {
			r.Fatalf("the order of the past matters:\n%+v\n%+v", all, again)
		}
		for _, a := range all {
			a.Rule.Check(func(path, what string) { r.Fatalf("%s: %s: %s", a.Rule.ID, path, what) })
			n, nothing := 0, a.Verdicts["animal"]+a.Verdicts["weather"]+a.Verdicts["false"]
			for _, v := range a.Verdicts {
				n += v
			}
			seen := a.Verdicts["crossing"] + a.Verdicts["unknown"]
			if nothing < 3 || seen*4 > nothing || len(a.Crossings) != a.Verdicts["crossing"] ||
				!strings.Contains(a.YAML(), fmt.Sprintf("hidden %d alerts", n)) {
				r.Fatalf("%+v", a)
			}
		}
	})
}
