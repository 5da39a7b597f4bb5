package fusion

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// Of what a slow network shuffles over ten seconds nothing is lost once that is known; while one sensor alone is slow, nobody waits for it.
func TestClock_waitsLongerWhereMostOfTheScansAreLate(t *testing.T) {
	for _, test := range []struct {
		about       string
		delay       func(i int, rng *rand.Rand) time.Duration
		least, most time.Duration
		lost        int // of a thousand scans, those that come when their time is over
	}{
		{"in time", func(int, *rand.Rand) time.Duration { return 200 * time.Millisecond }, time.Second, time.Second, 0},
		{"all slow but in order", func(int, *rand.Rand) time.Duration { return 8 * time.Second }, time.Second, time.Second, 0},
		{"one of four by much", func(i int, _ *rand.Rand) time.Duration {
			return time.Duration(i%4/3) * 25 * time.Second
		}, time.Second, time.Second, 1000},
		{"shuffled", func(_ int, rng *rand.Rand) time.Duration {
			return time.Duration(rng.Int64N(10e9))
		}, 8 * time.Second, 20 * time.Second, 5},
	} {
		t.Run(test.about, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			type sent struct{ event, received int64 }
			var all []sent
			for i := range 4000 {
				event := beat + int64(i)*beat/10
				all = append(all, sent{event, event + int64(test.delay(i, rng))})
			}
			slices.SortStableFunc(all, func(a, b sent) int { return cmp.Compare(a.received, b.received) })
			var c clock
			var horizon int64
			lost := 0
			for i, s := range all {
				c.receive(s.received, 60*beat)
				if i > 3500 {
					break // the rest comes while others have ended
				}
				if s.event <= horizon && i > 2500 {
					lost++
				}
				c.hear(s.event)
				horizon = max(horizon, c.Event-c.wait(beat))
			}
			if w := time.Duration(c.wait(beat)); w < test.least || w > test.most {
				t.Errorf("waits %v, want %v to %v", w, test.least, test.most)
			}
			if lost > test.lost {
				t.Errorf("%d of 1000 are lost, want %d at most", lost, test.lost)
			}
		})
	}
}
