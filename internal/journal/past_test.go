package journal_test

import (
	"slices"
	"testing"
	"time"

	"cutline/internal/journal"
	"cutline/internal/record"
)

func TestPast_readsWhatWasStoredSinceATime(t *testing.T) {
	r := run(t, settings(t))
	r.batches(t, 0, 3)
	for n := uint64(1); n <= 3; n++ {
		if err := r.AppendPicture(t.Context(), "emerson", n, []record.Event{trackEvent(int(n))}); err != nil {
			t.Fatal(err)
		}
	}
	middle := time.Now()
	r.batches(t, 3, 2)
	if err := r.AppendPicture(t.Context(), "emerson", 5, []record.Event{alertEvent(5)}); err != nil {
		t.Fatal(err)
	}

	in, err := r.PastInput(t.Context(), journal.Follow{Sector: "emerson", Since: middle})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var inputs []int
	for range 2 {
		b, err := in.Next(limit(t))
		if err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, number(&b.Inputs[0]))
	}
	if !slices.Equal(inputs, []int{3, 4}) {
		t.Errorf("inputs %v, want 3 and 4", inputs)
	}
	pic, err := r.PastPicture(t.Context(), journal.Follow{Since: middle})
	if err != nil {
		t.Fatal(err)
	}
	defer pic.Close()
	p, err := pic.Next(limit(t))
	if err != nil || p.Seq != 4 || len(p.Events) != 1 || p.Events[0].Alert == nil || len(p.Lines) == 0 {
		t.Errorf("picture %+v, %v", p, err)
	}
	for _, sector := range []string{"", "a.b", "*"} {
		if _, err := r.PastInput(t.Context(), journal.Follow{Sector: sector}); err == nil {
			t.Errorf("a sector %q is no fault", sector)
		}
	}
}
