package notify

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"cutline/internal/record"
)

func TestHours_holdInTheirZoneAndOverMidnight(t *testing.T) {
	wrong := func(path string, err error) { t.Errorf("%s: %v", path, err) }
	for text, want := range map[string]bool{ // of a route that works on Friday and Saturday nights in Winnipeg, UTC-6 in winter
		"2026-11-27T23:59:59Z": false, // Friday 17:59
		"2026-11-28T00:00:00Z": true,  // Friday 18:00
		"2026-11-28T11:59:59Z": true,  // Saturday 05:59, the night that began on Friday
		"2026-11-28T12:00:00Z": false, // Saturday 06:00
		"2026-11-29T05:00:00Z": true,  // Saturday 23:00
		"2026-11-29T11:00:00Z": true,  // Sunday 05:00
		"2026-11-30T02:00:00Z": false, // Sunday 20:00
		"2026-11-27T08:00:00Z": false, // Friday 02:00: that night began on Thursday
		"2026-07-04T23:30:00Z": true,  // Saturday 18:30 in summer, UTC-5
	} {
		w := Hours{Days: []Day{"fri", "sat"}, From: "18:00", To: "06:00", Zone: "America/Winnipeg"}.window(wrong)
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.holds(at); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	day := Hours{From: "00:00", To: "24:00"}.window(wrong)
	if !day.holds(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) || !day.holds(time.Date(2026, 1, 1, 23, 59, 59, 0, time.UTC)) {
		t.Error("a whole day does not hold")
	}
}

// runRoute starts a Notifier of a route for people in the bubble.
func runRoute(t *testing.T, src picture, out output, f filter) *Notifier {
	t.Helper()
	n, err := newNotifier("phone", plan{repeat: 5 * time.Minute, lastPause: time.Minute, filter: f}, src, out, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return n
}

// changed is an alert's event with other fields.
func changed(id string, revision int, change func(*record.AlertEvent)) record.Event {
	e := alertEvent(id, "unacknowledged", "update")
	e.Alert.Revision = revision
	change(e.Alert)
	return e
}

func TestRoute_aNewOneBeginsWithWhatIsOpenAndNotWithTheHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, out := newFake(), &fakeOutput{}
		src.add(alertEvent("old", "unacknowledged", "new"))
		src.add(alertEvent("open", "unacknowledged", "new"))
		src.add(alertEvent("acked", "acknowledged", "update"))
		src.add(alertEvent("old", "resolved", "end"))
		runRoute(t, src, out, filter{})
		time.Sleep(2 * time.Second)
		expect(t, out, "at its start", "alert open new*")
		src.add(sensorEvent("silent"))
		src.add(alertEvent("new", "unacknowledged", "new"))
		expect(t, out, "a new one", "alert new new")
	})
}

func TestRoute_repeatsWhatNobodyAnswersAndNotWhatIsShelved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, out := newFake(), &fakeOutput{}
		runRoute(t, src, out, filter{})
		time.Sleep(2 * time.Second)
		for _, state := range []string{"unacknowledged", "acknowledged", "returned", "shelved", "suppressed", "out_of_service", "resolved"} {
			src.add(alertEvent(state, state, "update"))
		}
		synctest.Wait()
		out.take()
		time.Sleep(5*time.Minute + 2*time.Second)
		expect(t, out, "after five minutes", "alert returned update*", "alert unacknowledged update*")
		src.add(alertEvent("returned", "shelved", "update"))
		src.add(alertEvent("unacknowledged", "unacknowledged", "end"))
		synctest.Wait()
		out.take()
		time.Sleep(time.Hour)
		expect(t, out, "once it is shelved and the other has ended")
		src.add(alertEvent("returned", "returned", "update")) // the shelf's time is over
		synctest.Wait()
		out.take()
		time.Sleep(5*time.Minute + 2*time.Second)
		expect(t, out, "after the shelf", "alert returned update*")
	})
}

func TestRoute_takesItsKindsPrioritiesAndSectorsAndWhatBecomesOfThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, out := newFake(), &fakeOutput{}
		f := filter{kinds: []string{"crossing"}, priorities: []string{"high", "critical"}, sectors: []string{"emerson"}}
		n := runRoute(t, src, out, f)
		time.Sleep(2 * time.Second)
		low := func(a *record.AlertEvent) { a.Priority = "low" }
		elsewhere := alertEvent("elsewhere", "unacknowledged", "new")
		elsewhere.Sector = "pembina"
		src.add(elsewhere)
		src.add(changed("silent", 1, func(a *record.AlertEvent) { a.Kind = "sensor_silent" }), changed("a1", 1, low))
		time.Sleep(10 * time.Minute)
		expect(t, out, "what it does not want")
		for _, e := range []record.Event{elsewhere, changed("a1", 1, low)} {
			if d := n.delivery(&e); d.State != "skipped" {
				t.Errorf("%s: %+v", e.Alert.ID, d)
			}
		}
		src.add(changed("a1", 2, func(*record.AlertEvent) {}))
		expect(t, out, "once it is high", "alert a1 update")
		src.add(changed("a1", 3, low))
		src.add(changed("a1", 4, func(a *record.AlertEvent) { a.Priority, a.Change = "low", "end" }))
		expect(t, out, "it was told, so its end is", "alert a1 update", "alert a1 end")
	})
}

func TestRoute_tellsPeopleOfRisesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, out := newFake(), &fakeOutput{}
		n := runRoute(t, src, out, filter{rises: true})
		time.Sleep(2 * time.Second)
		none := func(*record.AlertEvent) {}
		src.add(changed("a1", 1, none))
		expect(t, out, "a new one", "alert a1 update")
		more := changed("a1", 2, func(a *record.AlertEvent) { a.Confidence = .99 })
		src.add(more)
		expect(t, out, "more evidence")
		if d := n.delivery(&more); d.State != "delivered" || d.Revision != 1 {
			t.Errorf("%+v", d)
		}
		time.Sleep(5*time.Minute + 2*time.Second)
		expect(t, out, "five minutes after it was told, and not after the evidence", "alert a1 update*")
		for i, change := range []func(*record.AlertEvent){
			func(a *record.AlertEvent) { a.Priority = "critical" },
			func(a *record.AlertEvent) { a.Priority, a.Count = "critical", 2 },
			func(a *record.AlertEvent) { a.Priority, a.Count, a.State = "critical", 2, "acknowledged" },
		} {
			src.add(changed("a1", 3+i, change))
			expect(t, out, "a rise", "alert a1 update")
		}
		src.add(alertEvent("unheard", "resolved", "end"))
		expect(t, out, "the end of one that nobody was told of")
		src.add(alertEvent("hidden", "suppressed", "new"))
		expect(t, out, "one that is out of sight by design")
		src.add(alertEvent("hidden", "unacknowledged", "update"))
		expect(t, out, "it has come out", "alert hidden update")
	})
}

func TestRoute_whatIsOpenWhenItsHoursBeginIsToldThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the bubble's clock begins at midnight UTC, 2000-01-01
		src, out := newFake(), &fakeOutput{}
		runRoute(t, src, out, filter{hours: []span{{from: 6 * time.Hour, to: 18 * time.Hour, zone: time.UTC}}})
		src.add(alertEvent("a1", "unacknowledged", "new"), alertEvent("a2", "unacknowledged", "new"))
		src.add(alertEvent("a2", "acknowledged", "update"))
		time.Sleep(6*time.Hour - time.Second)
		expect(t, out, "in the night")
		time.Sleep(3 * time.Second)
		expect(t, out, "in the morning", "alert a1 new*")
		time.Sleep(12 * time.Hour)
		if got := out.take(); len(got) < 100 || !slices.Contains(got, "alert a1 new*") {
			t.Errorf("told %d times in the day, want one in five minutes", len(got))
		}
		src.add(alertEvent("a1", "unacknowledged", "end"))
		expect(t, out, "its end, in the evening", "alert a1 end")
	})
}

func TestLedger_forgetsTheOldestWhenItIsFull(t *testing.T) {
	l := newLedger()
	for i := range remembered + 10 {
		e := alertEvent(string(rune('a'+i%26))+time.Duration(i).String(), "unacknowledged", "new")
		l.toldAt(e.Alert, time.Time{})
	}
	if len(l.of) != remembered || len(l.order) != remembered {
		t.Errorf("it holds %d and %d", len(l.of), len(l.order))
	}
}
