package simulator

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"time"

	"cutline/internal/record"
)

const second = duration(time.Second)

func testLink(l linkSpec) *link { return newLink(1, &sensorSpec{ID: "a", Link: l}) }

func (l *link) series(n int, every float64) []float64 {
	var at []float64
	for k := range n {
		at = append(at, l.receive(float64(k)*every, clock{speed: 1}))
	}
	return at
}

func TestLink_eachShapeHasItsMean(t *testing.T) {
	for _, shape := range []string{"", "uniform", "lognormal", "pareto"} {
		l := testLink(linkSpec{Jitter: 2 * second, Shape: shape})
		sum, most := 0.0, 0.0
		const n = 200000
		for range n {
			j := l.jitter()
			sum, most = sum+j, max(most, j)
		}
		if mean := sum / n; math.Abs(mean-2) > 0.5 { // the tail of a pareto that is cut holds a fifth of its mean
			t.Errorf("%q: mean %v s, want 2 s", shape, mean)
		}
		if heavy := shape == "pareto" || shape == "lognormal"; heavy != (most > 2*longestJitter+0.01) {
			t.Errorf("%q: %v s at most", shape, most)
		}
	}
}

func TestLink_aBurstStallsAndDeliversAllAtOnce(t *testing.T) {
	at := testLink(linkSpec{Burst: burstSpec{Every: 30 * second, Hold: 4 * second}}).series(60, 1)
	for k, got := range at {
		want := float64(k)
		if into := math.Mod(want, 30); into < 4 {
			want += 4 - into
		}
		if got != want {
			t.Errorf("sent at %d s: arrives at %v s, want %v s", k, got, want)
		}
	}
}

func TestLink_anOutageHoldsBackAndCatchesUpInOrder(t *testing.T) {
	spec := linkSpec{Outages: []durationSpan{{100, 220}}, CatchUp: 10}
	at := testLink(spec).series(300, 1)
	for k, got := range at {
		if k > 0 && got <= at[k-1] {
			t.Fatalf("message %d arrives at %v s, the one before at %v s", k, got, at[k-1])
		}
		switch {
		case k < 100 || k > 240:
			if got != float64(k) {
				t.Errorf("message %d arrives at %v s: there is no outage", k, got)
			}
		case k < 220:
			if want := 220 + float64(k-100)/10; math.Abs(got-want) > 1e-6 {
				t.Errorf("message %d arrives at %v s, want %v s: ten a second", k, got, want)
			}
		}
	}
}

// linked plays ten minutes with a link's fault on the first radar, and gives that radar's messages.
func linked(t *testing.T, change func(*sensorSpec)) (messages []record.Line) {
	t.Helper()
	all, _ := played(t, day(t, Options{Seed: 1, Duration: 10 * minute}, func(s *Scenario) {
		if change != nil {
			change(&s.Sensors[0])
		}
	}))
	for _, l := range all {
		if l.Topic == "border/emerson/twr-01/detections" {
			messages = append(messages, l)
		}
	}
	return messages
}

func TestLink_duplicatesAreTheSameBytesAgain(t *testing.T) {
	plain := linked(t, nil)
	twice := linked(t, func(d *sensorSpec) { d.Link.Duplicate = 0.2 })
	seen := map[string]int{}
	for _, l := range twice {
		seen[string(l.Bytes())]++
	}
	if len(seen) != len(plain) {
		t.Errorf("%d different messages, %d without the fault", len(seen), len(plain))
	}
	if share := float64(len(twice)-len(plain)) / float64(len(plain)); share < 0.12 || share > 0.28 {
		t.Errorf("%.2f of the messages come twice, want 0.2", share)
	}
}

func TestLink_reordersWithinItsBound(t *testing.T) {
	messages := linked(t, func(d *sensorSpec) { d.Link.Reorder = 0.3 })
	swaps, latest := 0, time.Duration(0)
	var newest time.Time
	for _, l := range messages {
		event := eventTime(t, l)
		if event.Before(newest) {
			swaps++
		} else {
			newest = event
		}
		latest = max(latest, l.Received.Sub(event))
	}
	if swaps < len(messages)/10 || latest < 8*time.Second || latest > 11*time.Second {
		t.Errorf("%d of %d messages out of order, up to %v late: want up to 10 s", swaps, len(messages), latest)
	}
}

func TestLink_damagedMessagesAreDamagedAndTheOthersAreNot(t *testing.T) {
	plain := map[string]bool{}
	for _, l := range linked(t, nil) {
		plain[string(l.Bytes())] = true
	}
	for name, change := range map[string]func(*sensorSpec){
		"truncate": func(d *sensorSpec) { d.Link.Truncate = 0.1 },
		"corrupt":  func(d *sensorSpec) { d.Link.Corrupt = 0.1 },
	} {
		bad := 0
		for _, l := range linked(t, change) {
			if plain[string(l.Bytes())] {
				continue
			}
			bad++
			if name == "truncate" && json.Valid(l.Bytes()) {
				t.Errorf("cut short and still whole: %s", l.Bytes())
			}
		}
		if share := float64(bad) / float64(len(plain)); share < 0.05 || share > 0.16 {
			t.Errorf("%s: %.2f of the messages are damaged, want 0.1", name, share)
		}
	}
}

func TestLink_aFaultMovesNobodyElse(t *testing.T) {
	rest := func(d func(*sensorSpec)) (b []byte) {
		all, _ := played(t, day(t, Options{Seed: 1, Duration: 2 * minute}, func(s *Scenario) { d(&s.Sensors[0]) }))
		for _, l := range all {
			if !bytes.Contains([]byte(l.Topic), []byte("twr-01")) {
				b = append(append(b, l.Received.String()...), l.Bytes()...)
			}
		}
		return b
	}
	plain := rest(func(*sensorSpec) {})
	if !bytes.Equal(plain, rest(func(d *sensorSpec) { d.Link.Duplicate, d.Link.Corrupt = 0.5, 0.5 })) {
		t.Error("other sensors' messages changed with the fault of one")
	}
}
