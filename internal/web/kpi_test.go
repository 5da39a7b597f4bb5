package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"cutline/internal/journal"
	"cutline/internal/record"
)

func TestKPI_countsWhatPeopleGot(t *testing.T) {
	p := newPicture(Defaults(), at(0))
	now := time.Date(2026, 11, 24, 12, 3, 0, 0, time.UTC)
	seq := uint64(0)
	add := func(id, state, change, priority, sensor string, ago time.Duration) {
		e := alertEvent(id, state, change, 0)
		e.Alert.Raised, e.Alert.Priority, e.Alert.Sensor = now.Add(-ago), priority, sensor
		seq++
		p.apply(journal.Page{Seq: seq, Events: []record.Event{e}})
	}
	add("old", "acknowledged", "new", "high", "", 25*time.Hour)
	add("gone", "unacknowledged", "new", "low", "cam-01", 90*time.Minute)
	add("gone", "resolved", "end", "low", "cam-01", 90*time.Minute)
	add("first", "returned", "new", "low", "", 30*time.Minute)
	add("risen", "unacknowledged", "new", "low", "", 9*time.Minute)
	add("risen", "unacknowledged", "update", "critical", "", 9*time.Minute)
	add("seen", "acknowledged", "new", "low", "cam-01", time.Minute)
	k := p.kpi(now)
	if k.Rate10Min != 2 || k.Standing != 4 || k.Unacknowledged != 2 || !k.OldestUnacknowledged.Equal(now.Add(-30*time.Minute)) {
		t.Errorf("%+v", k)
	}
	if len(k.Top) != 2 || k.Top[0] != (Source{"cam-01", 2}) || k.Top[1] != (Source{"crossing emerson", 2}) {
		t.Errorf("top %+v", k.Top)
	}
	if k.Shares != (Shares{Critical: .25, Low: .75}) {
		t.Errorf("shares %+v", k.Shares)
	}
	last := len(k.Per10Min) - 1
	if last != 143 || !k.Per10Min[last].Time.Equal(now.Truncate(kpiStep)) || k.Per10Min[last].Count != 1 || k.Per10Min[last-1].Count != 1 {
		t.Errorf("%d steps, the last %+v", last+1, k.Per10Min[last-1:])
	}
	if empty := newPicture(Defaults(), at(0)).kpi(now); empty.OldestUnacknowledged != nil || empty.Top == nil || len(empty.Per10Min) != 144 {
		t.Errorf("a quiet border: %+v", empty)
	}
}

func TestKPI_keepsADayAndNoMore(t *testing.T) {
	p := newPicture(Defaults(), at(0))
	for i := range 60 {
		e := alertEvent(fmt.Sprint("a", i), "unacknowledged", "new", 0)
		e.Alert.Raised = at(0).Add(time.Duration(i) * time.Hour)
		p.apply(journal.Page{Seq: uint64(i) + 1, Events: []record.Event{e}})
	}
	if n := len(p.raised); n != 25 {
		t.Errorf("%d alerts of 60 hours are kept for one day", n)
	}
}

func TestReload_isAskedForAndTold(t *testing.T) {
	s, _ := running(t, testConfig(), newFake(), Deps{})
	if w := answered(s, http.MethodGet, "/api/v1/reload"); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := post(t, s, "/api/v1/reload", ""); w.Code != http.StatusNotImplemented {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	var now Reload
	s, _ = running(t, testConfig(), newFake(), Deps{
		Loaded: func() Reload { return now },
		Reload: func(context.Context) Reload { now.LoadedAt = at(3); return now },
	})
	if w := post(t, s, "/api/v1/reload", ""); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	now.Faults = []ConfigFault{{File: "a.yaml", Line: 3, Column: 1, Path: "http.listen", What: "no"}}
	w := post(t, s, "/api/v1/reload", "")
	var got Reload
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusUnprocessableEntity || got.Faults[0] != now.Faults[0] {
		t.Errorf("%d %s: %v", w.Code, w.Body, err)
	}
}
