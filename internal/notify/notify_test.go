package notify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"cutline/internal/record"
)

// run starts a Notifier in the bubble; stop ends it.
func run(t *testing.T, src picture, out output) (n *Notifier, stop func()) {
	t.Helper()
	n, err := newNotifier("siren", Defaults().mqttPlan(), src, out, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	stop = func() {
		cancel()
		if err, ok := <-done; ok && err != nil {
			t.Errorf("run: %v", err)
		}
		close(done)
	}
	return n, stop
}

func expect(t *testing.T, out *fakeOutput, when string, want ...string) {
	t.Helper()
	synctest.Wait()
	if got := out.take(); !slices.Equal(got, want) {
		t.Fatalf("%s: told %q, want %q", when, got, want)
	}
}

func TestNotifier_anAlertIsToldAgainUntilSomebodyAcknowledges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, out := newFake(), &fakeOutput{}
		n, stop := run(t, src, out)
		defer stop()
		time.Sleep(2 * time.Second) // it has found that there is nothing yet
		src.add(alertEvent("a1", "unacknowledged", "new"))
		expect(t, out, "at once", "alert a1 new")
		time.Sleep(29 * time.Second)
		expect(t, out, "before the time")
		time.Sleep(3 * time.Second)
		expect(t, out, "after 30 s", "alert a1 new*")
		src.add(alertEvent("a1", "unacknowledged", "update"))
		expect(t, out, "an update", "alert a1 update")
		time.Sleep(63 * time.Second)
		expect(t, out, "after two repeats", "alert a1 update*", "alert a1 update*")
		if s := n.Status(); s.Open != 1 || !s.Connected || s.Delivered != 5 {
			t.Errorf("status %+v", s)
		}
		src.add(alertEvent("a1", "acknowledged", "update"))
		expect(t, out, "the acknowledgement", "alert a1 update")
		time.Sleep(10 * time.Minute)
		expect(t, out, "after the acknowledgement")
		if s := n.Status(); s.Open != 0 {
			t.Errorf("status %+v", s)
		}
	})
}

func TestNotifier_anAlertThatEndsIsNotToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, out := newFake(), &fakeOutput{}
		_, stop := run(t, src, out)
		defer stop()
		src.add(alertEvent("a1", "unacknowledged", "new"), alertEvent("a2", "unacknowledged", "new"))
		src.add(alertEvent("a1", "unacknowledged", "end"))
		expect(t, out, "at once", "alert a1 new", "alert a2 new", "alert a1 end")
		time.Sleep(32 * time.Second)
		expect(t, out, "after 30 s", "alert a2 new*")
	})
}

func TestNotifier_aRestartRemembersWhatIsOpenAndTellsNothingElseTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, out := newFake(), &fakeOutput{}
		src.add(alertEvent("open", "unacknowledged", "new"))
		src.add(alertEvent("acked", "acknowledged", "update"))
		src.add(sensorEvent("online"))
		src.add(sensorEvent("silent"))
		src.add(trackEvent("t1", "confirmed"))
		_, stop := run(t, src, out)
		expect(t, out, "first start", "alert open new", "alert acked update", "sensor twr-01 online", "sensor twr-01 silent")
		stop()
		src.add(alertEvent("open", "unacknowledged", "update"))
		src.add(alertEvent("later", "unacknowledged", "new"))
		_, stop = run(t, src, out)
		expect(t, out, "second start", // as it was told before, then what is new
			"sensor twr-01 silent*", "alert acked update*", "alert open new*", "alert open update", "alert later new")
		stop()
		_, stop = run(t, src, out)
		defer stop()
		time.Sleep(2 * time.Second)
		expect(t, out, "third start", "sensor twr-01 silent*", "alert acked update*", "alert later new*", "alert open update*")
		time.Sleep(32 * time.Second)
		expect(t, out, "after 30 s", "alert later new*", "alert open update*")
	})
}

func TestNotifier_anOutageOfTheFarSideLosesNoAlert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, out := newFake(), &fakeOutput{}
		n, stop := run(t, src, out)
		defer stop()
		synctest.Wait()
		out.setAway(errFar)
		var want []string
		for i := range 50 {
			src.add(alertEvent(fmt.Sprint("a", i), "acknowledged", "update"))
			want = append(want, fmt.Sprintf("alert a%d update", i))
			time.Sleep(time.Minute)
			src.add(trackEvent(fmt.Sprint("t", i), "confirmed"))
		}
		synctest.Wait()
		if s := n.Status(); s.Connected || s.LastError != errFar.Error() || time.Since(s.Since) < 49*time.Minute {
			t.Errorf("status while away: %+v", s)
		}
		if src.ackedTo() != 0 {
			t.Errorf("the cursor moved to %d, and nothing was confirmed", src.ackedTo())
		}
		out.setAway(nil)
		time.Sleep(2 * lastPause)
		expect(t, out, "after the outage", want...) // and none of the tracks of that hour
		if s := n.Status(); !s.Connected || s.LastError != "" || src.ackedTo() != 99 {
			t.Errorf("status %+v, acked to %d", s, src.ackedTo())
		}
		src.add(trackEvent("now", "confirmed"))
		expect(t, out, "the present", "track now confirmed")
	})
}

func TestNotifier_aFaultOfTheJournalIsSurvived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, out := newFake(), &fakeOutput{}
		_, stop := run(t, src, out)
		defer stop()
		src.add(alertEvent("a1", "unacknowledged", "new"))
		expect(t, out, "before", "alert a1 new")
		src.fail(errFar)
		time.Sleep(time.Minute)
		src.fail(nil)
		src.add(alertEvent("a2", "unacknowledged", "new"))
		time.Sleep(8 * time.Second)
		expect(t, out, "after", "alert a1 new*", "alert a2 new")
	})
}

func TestNotifier_aTrackGoesOutOnceASecondWithItsNewestPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, out := newFake(), &fakeOutput{}
		_, stop := run(t, src, out)
		defer stop()
		time.Sleep(2 * time.Second)
		src.add(trackEvent("t1", "tentative"), trackEvent("t2", "confirmed"))
		expect(t, out, "at once", "track t1 tentative", "track t2 confirmed")
		src.add(trackEvent("t1", "confirmed"))
		src.add(trackEvent("t1", "coasting"))
		expect(t, out, "too soon")
		time.Sleep(1100 * time.Millisecond)
		src.add(trackEvent("t1", "lost"))
		time.Sleep(time.Second)
		expect(t, out, "in its turn", "track t1 coasting", "track t1 lost")
	})
}

func TestThrottle_forgetsTracksThatSayNothingMore(t *testing.T) {
	th := newThrottle(time.Second)
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	for i := range 1000 {
		th.add([]record.Event{trackEvent(fmt.Sprint(i), "confirmed")})
	}
	if got := th.take(now); len(got) != 1000 {
		t.Fatalf("%d tracks, want 1000", len(got))
	}
	if th.take(now.Add(time.Second)); len(th.sent)+len(th.waiting)+len(th.order) != 0 {
		t.Errorf("it still holds %d, %d and %d", len(th.sent), len(th.waiting), len(th.order))
	}
}

func TestNotifier_itsMetricsAreWellNamedAndThereFromTheStart(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	if _, err := newNotifier("mqtt", Defaults().mqttPlan(), newFake(), &fakeOutput{}, Deps{Register: reg}); err != nil {
		t.Fatal(err)
	}
	if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	if n, err := testutil.GatherAndCount(reg, "cutline_notify_delivered_total"); err != nil || n != 5 {
		t.Errorf("%d series at the start: %v", n, err)
	}
	if _, err := newNotifier("mqtt", Defaults().mqttPlan(), newFake(), &fakeOutput{}, Deps{Register: reg}); err == nil {
		t.Error("a second one of the name is registered")
	}
}

func TestConfig_everyBadFieldIsSaid(t *testing.T) {
	var paths []string
	fault := func(path, _ string) { paths = append(paths, path) }
	Defaults().Check(fault)
	if len(paths) > 0 {
		t.Errorf("the defaults: %q", paths)
	}
	Config{MQTT: MQTT{Enabled: true, URL: "broker:1883", PasswordFile: "x", CertFile: "x", Prefix: "a/+"}}.Check(fault)
	want := "repeat mqtt.clear_after mqtt.track_interval mqtt.timeout mqtt.url mqtt.client_id mqtt.prefix mqtt.username mqtt.key_file"
	if got := strings.Join(paths, " "); got != want {
		t.Errorf("faults at\n%s\nwant\n%s", got, want)
	}
	for url, ok := range map[string]bool{
		"": true, "tcp://127.0.0.1:1883": true, "ssl://broker:8883": true, "wss://broker/mqtt": true,
		"http://broker": false, "tcp://": false, "tcp://me:secret@broker": false, "::": false,
	} {
		cfg := Defaults()
		cfg.MQTT.URL = url
		faults := 0
		cfg.Check(func(string, string) { faults++ })
		if (faults == 0) != ok {
			t.Errorf("url %q: accepted %v", url, faults == 0)
		}
	}
}
