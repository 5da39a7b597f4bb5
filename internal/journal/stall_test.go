package journal_test

import (
	"testing"
	"time"

	"cutline/internal/journal"
	"cutline/internal/record"
)

func TestStall(t *testing.T) {
	r := run(t, settings(t))
	var ev []record.Event
	for i := range 40 {
		ev = append(ev, trackEvent(i))
	}
	for n := uint64(1); n <= 1000; n++ {
		if err := r.AppendPicture(t.Context(), "a", n, ev); err != nil {
			t.Fatal(err)
		}
	}
	for round := range 60 {
		f, err := r.FollowPicture(t.Context(), journal.Follow{})
		if err != nil {
			t.Fatal(err)
		}
		var worst time.Duration
		at := 0
		for i := range 1000 {
			s := time.Now()
			if _, err := f.Next(limit(t)); err != nil {
				t.Fatal(err)
			}
			if d := time.Since(s); d > worst {
				worst, at = d, i
			}
		}
		if worst > 500*time.Millisecond {
			t.Errorf("round %d: message %d took %v", round, at, worst)
		}
		f.Close()
	}
}
