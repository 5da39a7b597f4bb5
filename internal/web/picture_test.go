package web

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"cutline/internal/journal"
	"cutline/internal/record"
)

func page(events ...record.Event) journal.Page {
	return journal.Page{Sector: events[0].Sector, Type: events[0].Type, Events: events}
}

func ids(events []*record.Event) []string {
	var out []string
	for _, e := range events {
		switch {
		case e.Track != nil:
			out = append(out, e.Track.ID)
		case e.Alert != nil:
			out = append(out, e.Alert.ID)
		case e.Sensor != nil:
			out = append(out, e.Sensor.ID)
		case e.Reject != nil:
			out = append(out, e.Reject.Reason)
		}
	}
	return out
}

func TestPicture_aLostTrackIsGone(t *testing.T) {
	p := newPicture(Defaults(), at(0))
	p.apply(page(trackEvent("b", "confirmed", 1), trackEvent("a", "tentative", 1)))
	if got := ids(p.now().Tracks); !slices.Equal(got, []string{"a", "b"}) {
		t.Fatalf("tracks %q, want a and b in order", got)
	}
	p.apply(page(trackEvent("b", "lost", 2)))
	if got := ids(p.now().Tracks); !slices.Equal(got, []string{"a"}) {
		t.Errorf("tracks %q after b was lost", got)
	}
}

func TestPicture_aMergedTrackLivesOnInTheOther(t *testing.T) {
	p := newPicture(Defaults(), at(0))
	p.apply(page(trackEvent("a", "confirmed", 1), trackEvent("b", "confirmed", 1)))
	whole := trackEvent("a", "confirmed", 2)
	whole.Track.Lineage = []string{"b"}
	p.apply(page(whole))
	if got := ids(p.now().Tracks); !slices.Equal(got, []string{"a"}) {
		t.Errorf("tracks %q, want a alone", got)
	}
}

func TestPicture_whatASensorSaidLongAgoDoesNotWin(t *testing.T) {
	p := newPicture(Defaults(), at(0))
	now, old, alone := page(sensorEvent("twr-01", "online")), page(sensorEvent("twr-01", "silent")), page(sensorEvent("gnd-07", "silent"))
	now.Seq, old.Seq, alone.Seq = 9, 3, 2
	p.apply(now)
	p.fill(alone)
	p.fill(old)
	got := p.now()
	if len(got.Sensors) != 2 || got.Sensors[0].Sensor.State != "silent" || got.Sensors[1].Sensor.State != "online" || got.Seq != 9 {
		t.Errorf("at %d: %s %s, %s %s", got.Seq, got.Sensors[0].Sensor.ID, got.Sensors[0].Sensor.State,
			got.Sensors[1].Sensor.ID, got.Sensors[1].Sensor.State)
	}
}

func TestPicture_aTrackThatSaysNothingForLongIsForgotten(t *testing.T) {
	cfg := Defaults()
	p := newPicture(cfg, at(0))
	old := trackEvent("old", "coasting", 0)
	p.apply(page(old))
	elsewhere := trackEvent("old", "coasting", 0)
	elsewhere.Sector = "roseau"
	p.apply(page(elsewhere))
	young := trackEvent("young", "confirmed", 0)
	young.Time = old.Time.Add(cfg.TrackAge + time.Second)
	p.apply(page(young))
	now := p.now().Tracks
	if len(now) != 2 || now[0].Track.ID != "young" || now[1].Sector != "roseau" {
		t.Errorf("tracks %q, want the young one, and the other sector's, whose own time stands", ids(now))
	}
}

func TestPicture_keepsTheLastEndedAlertsAndEveryOtherOne(t *testing.T) {
	cfg := Defaults()
	cfg.KeepEnded = 2
	p := newPicture(cfg, at(0))
	p.apply(page(alertEvent("open", "unacknowledged", "new", 0)))
	for i := 1; i <= 4; i++ {
		id := fmt.Sprint("e", i)
		p.apply(page(alertEvent(id, "unacknowledged", "new", i), alertEvent(id, "resolved", "end", i)))
	}
	if _, got := p.allAlerts(); !slices.Equal(ids(got), []string{"e4", "e3", "open"}) {
		t.Errorf("alerts %q, want the open one and the last two ended, newest first", ids(got))
	}
	if got := ids(p.now().Alerts); !slices.Equal(got, []string{"open"}) {
		t.Errorf("current alerts %q, want open alone", got)
	}
	p.apply(page(alertEvent("e3", "resolved", "end", 3))) // told again: not counted twice
	if _, got := p.allAlerts(); len(got) != 3 {
		t.Errorf("alerts %q after an end was told again", ids(got))
	}
	p.apply(page(alertEvent("e3", "unacknowledged", "update", 3)))
	if got := ids(p.now().Alerts); !slices.Equal(got, []string{"e3", "open"}) {
		t.Errorf("current alerts %q after e3 came back", got)
	}
}

func TestPicture_keepsTheNewestRejects(t *testing.T) {
	cfg := Defaults()
	cfg.KeepRejects = 3
	p := newPicture(cfg, at(0))
	for i := 1; i <= 5; i++ {
		p.apply(page(rejectEvent("twr-01", i)))
	}
	if _, got := p.newestRejects(); !slices.Equal(ids(got), []string{"no. 5", "no. 4", "no. 3"}) {
		t.Errorf("rejects %q", ids(got))
	}
}

// A picture that was read from the journal is the one that was followed live, whatever is old in it.
func TestFollow_readsWhatLastsFromTheBeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newFake()
		long := time.Now().Add(-30 * 24 * time.Hour)
		j.addAt(long, alertEvent("a1", "acknowledged", "update", 1))
		j.addAt(long, sensorEvent("twr-01", "silent"))
		j.addAt(long, coverageEvent(1))
		j.addAt(long, trackEvent("ancient", "coasting", 1))
		j.addAt(long, rejectEvent("twr-01", 1))
		j.addAt(time.Now().Add(-time.Minute), trackEvent("recent", "confirmed", 2))
		last := j.addAt(time.Now().Add(-time.Minute), rejectEvent("twr-01", 2))
		p := following(t, j)
		synctest.Wait()
		now := p.now()
		if _, loaded := p.position(); !loaded || now.Seq != last {
			t.Fatalf("loaded %v at %d, want %d", loaded, now.Seq, last)
		}
		if !slices.Equal(ids(now.Alerts), []string{"a1"}) || !slices.Equal(ids(now.Sensors), []string{"twr-01"}) || len(now.Coverage) != 1 {
			t.Errorf("alerts %q, sensors %q, %d coverages", ids(now.Alerts), ids(now.Sensors), len(now.Coverage))
		}
		if !slices.Equal(ids(now.Tracks), []string{"recent"}) {
			t.Errorf("tracks %q, want those of the last minutes alone", ids(now.Tracks))
		}
		if _, rejects := p.newestRejects(); !slices.Equal(ids(rejects), []string{"no. 2"}) {
			t.Errorf("rejects %q, want each once and none that is old", ids(rejects))
		}
	})
}

// following starts a picture's goroutine in the bubble, and ends it with the test.
func following(t *testing.T, j *fakeJournal) *picture {
	p := newPicture(Defaults(), time.Now())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.remember(ctx, j)
		p.follow(ctx, j, slog.New(slog.DiscardHandler))
	}()
	t.Cleanup(func() { cancel(); <-done })
	return p
}

func TestFollow_aJournalOfOldThingsAloneIsReadToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newFake()
		j.addAt(time.Now().Add(-time.Hour), trackEvent("old", "coasting", 1))
		p := following(t, j)
		time.Sleep(2 * quiet)
		synctest.Wait()
		if seq, loaded := p.position(); !loaded || seq != 1 {
			t.Errorf("loaded %v at %d, want true at 1", loaded, seq)
		}
		j.add(trackEvent("new", "confirmed", 2))
		synctest.Wait()
		if got := p.now(); !slices.Equal(ids(got.Tracks), []string{"new"}) || got.Seq != 2 {
			t.Errorf("tracks %q at %d", ids(got.Tracks), got.Seq)
		}
	})
}

func TestFollow_anEmptyJournalIsAPictureToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := following(t, newFake())
		synctest.Wait()
		if _, loaded := p.position(); !loaded {
			t.Error("not loaded")
		}
	})
}

func TestFollow_aFaultOfTheJournalIsSaidAndSurvived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newFake()
		j.add(trackEvent("a", "confirmed", 1))
		p := following(t, j)
		synctest.Wait()
		j.fail(errDown)
		synctest.Wait()
		c := p.component()
		if c.OK || c.Message == "" || !c.Since.Equal(time.Now()) {
			t.Fatalf("component %+v while the journal is down", c)
		}
		if got := ids(p.now().Tracks); !slices.Equal(got, []string{"a"}) {
			t.Errorf("tracks %q while the journal is down, want the last ones known", got)
		}
		j.add(trackEvent("b", "confirmed", 2))
		time.Sleep(time.Minute)
		j.fail(nil)
		time.Sleep(lastPause)
		synctest.Wait()
		if c := p.component(); !c.OK {
			t.Errorf("component %+v after the journal came back", c)
		}
		if got := p.now(); !slices.Equal(ids(got.Tracks), []string{"a", "b"}) || got.Seq != 2 {
			t.Errorf("tracks %q at %d after the journal came back", ids(got.Tracks), got.Seq)
		}
	})
}
