package simulator

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cutline/internal/golden"
	"cutline/internal/record"
)

// files are the bytes of a day's capture and truth.
func files(t testing.TB, r *Run) (capture, truth []byte) {
	t.Helper()
	var c, tr bytes.Buffer
	if err := r.Write(Sinks{Capture: Lines[record.Line](&c), Truth: Lines[record.Truth](&tr)}); err != nil {
		t.Fatal(err)
	}
	return c.Bytes(), tr.Bytes()
}

func TestRun_sameSeedSameBytes(t *testing.T) {
	c1, t1 := files(t, day(t, Options{Seed: 5}, nil))
	c2, t2 := files(t, day(t, Options{Seed: 5}, nil))
	if !bytes.Equal(c1, c2) || !bytes.Equal(t1, t2) {
		t.Error("two runs of one seed differ")
	}
	c3, _ := files(t, day(t, Options{Seed: 6}, nil))
	if bytes.Equal(c1, c3) {
		t.Error("two seeds give the same day")
	}
}

// The bytes of a seed are part of what the project states figures on. A change here changes every figure: say so in the commit.
func TestRun_seedOneIsTheDayThatItWas(t *testing.T) {
	capture, truth := files(t, day(t, Options{Seed: 1}, nil))
	head := bytes.Join(bytes.SplitAfter(capture, []byte("\n"))[:60], nil)
	golden.Check(t, "testdata/emerson-1-head.jsonl", head)
	golden.Check(t, "testdata/emerson-1.sha256", fmt.Appendf(nil, "%x capture\n%x truth\n", sha256.Sum256(capture), sha256.Sum256(truth)))
}

func TestRun_aSensorLessLeavesTheOthersAsTheyWere(t *testing.T) {
	with, truthWith := played(t, day(t, Options{Seed: 2, Duration: 2 * minute}, nil))
	without, truthWithout := played(t, day(t, Options{Seed: 2, Duration: 2 * minute}, func(s *Scenario) { s.Sensors = s.Sensors[1:] }))
	var rest []record.Line
	for _, l := range with {
		if !strings.Contains(l.Topic, "/twr-01/") {
			rest = append(rest, l)
		}
	}
	if len(rest) == len(with) {
		t.Fatal("the first sensor said nothing")
	}
	if diff := cmp.Diff(rest, without); diff != "" {
		t.Errorf("other sensors' messages differ (-with +without):\n%s", diff)
	}
	if diff := cmp.Diff(truthWith, truthWithout); diff != "" {
		t.Errorf("the truth differs (-with +without):\n%s", diff)
	}
}

func TestRun_aShorterDayIsTheBeginningOfTheLongerOne(t *testing.T) {
	long, _ := files(t, day(t, Options{Seed: 3, Duration: 5 * minute}, nil))
	short, _ := files(t, day(t, Options{Seed: 3, Duration: 2 * minute}, nil))
	lines := bytes.SplitAfter(short, []byte("\n"))
	head := bytes.Join(lines[:len(lines)*9/10], nil) // at the end, later messages of the longer day come between
	if !bytes.HasPrefix(long, head) {
		t.Error("the first two minutes differ with the duration")
	}
}

func TestRun_isInOrderOfReceiptAndAfterTheEvent(t *testing.T) {
	r := day(t, Options{Seed: 4}, nil)
	var last time.Time
	late := 0
	total := 0
	messages, _ := played(t, r)
	for _, l := range messages {
		if l.Received.Before(last) {
			t.Fatalf("%v comes after %v", l.Received, last)
		}
		last = l.Received
		event := eventTime(t, l)
		delay := l.Received.Sub(event)
		if delay <= 0 || delay > 5*time.Second {
			t.Errorf("%s: received %v after its event", l.Topic, delay)
		}
		total++
		if delay > time.Second {
			late++
		}
	}
	if share := float64(late) / float64(total); share > 0.05 {
		t.Errorf("%.1f %% of the messages take longer than a second, want under 5", 100*share)
	}
}

func TestRun_everyScanHasANumberMoreAndEmptyOnesAreSent(t *testing.T) {
	messages, _ := played(t, day(t, Options{Seed: 4}, nil))
	next := map[string]int64{}
	empty := map[string]int{}
	for _, l := range messages {
		var m sweep
		decode(t, l, &m)
		if m.Scan == nil {
			continue
		}
		if want, ok := next[l.Topic]; ok && *m.Scan != want {
			t.Fatalf("%s: scan %d after %d", l.Topic, *m.Scan, want-1)
		}
		next[l.Topic] = *m.Scan + 1
		if m.Detections != nil && len(*m.Detections) == 0 {
			empty[l.Topic]++
		}
	}
	for _, id := range []string{"cam-01", "drone-01", "heli-01"} {
		if empty["border/emerson/"+id+"/detections"] == 0 {
			t.Errorf("%s never says that it saw nothing", id)
		}
	}
	if got := len(next); got != 7 {
		t.Errorf("%d sensors number their scans, want 7", got)
	}
}

func TestRun_allIsMarkedAsSimulated(t *testing.T) {
	messages, _ := played(t, day(t, Options{Seed: 4, Duration: 3 * minute}, nil))
	for _, l := range messages {
		if strings.HasSuffix(l.Topic, "/detections") && !bytes.Contains(l.Bytes(), []byte(`"simulated":true`)) {
			t.Fatalf("not marked: %s", l.Bytes())
		}
	}
}

// A hurried day: four times as fast, and every time still that of the event.
func TestRun_aHurriedDayMovesFasterAndLinksDoNot(t *testing.T) {
	slow, slowTruth := played(t, day(t, Options{Seed: 1, Duration: 4 * minute}, nil))
	fast, fastTruth := played(t, day(t, Options{Seed: 1, Duration: 4 * minute, Speed: 4}, nil))
	if len(slow) != len(fast) {
		t.Errorf("%d messages at speed 4, %d at 1", len(fast), len(slow))
	}
	if got := fast[len(fast)-1].Received.Sub(DefaultStart()); got < 59*time.Second || got > 62*time.Second {
		t.Errorf("four minutes at speed 4 take %v, want one", got)
	}
	for _, pair := range [][]record.Truth{slowTruth, fastTruth} {
		if pair[0].Time != DefaultStart() {
			t.Errorf("begins at %v", pair[0].Time)
		}
	}
	crossed := func(truth []record.Truth) time.Duration {
		for _, l := range truth {
			if l.Type == "crossing" {
				return l.Time.Sub(DefaultStart())
			}
		}
		t.Fatal("nobody crossed")
		return 0
	}
	if s, f := crossed(slowTruth), crossed(fastTruth); (s/4 - f).Abs() > 2*time.Millisecond {
		t.Errorf("the first crossing at %v and at %v, want a quarter", s, f)
	}
	for _, l := range fast[:200] {
		if delay := l.Received.Sub(eventTime(t, l)); delay < 90*time.Millisecond {
			t.Errorf("%s: link hurries too: %v", l.Topic, delay)
		}
	}
}

func TestNew_refusesASpeedThatNoClockCanFollow(t *testing.T) {
	s, err := Load("emerson")
	if err != nil {
		t.Fatal(err)
	}
	for _, speed := range []float64{11, -1, 0.01} {
		if _, err := New(s, Options{Speed: speed}); err == nil || !strings.Contains(err.Error(), "speed") {
			t.Errorf("speed %v: got %v", speed, err)
		}
	}
}

func TestNew_namesAnActorThatComesFromNowhere(t *testing.T) {
	s, err := Load("emerson")
	if err != nil {
		t.Fatal(err)
	}
	s.Actors[1].From = "MX"
	if _, err := New(s, Options{}); err == nil || !strings.Contains(err.Error(), `actors[1].from: no side "MX"`) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkRun_emerson(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		files(b, day(b, Options{Seed: 1}, nil))
	}
}
