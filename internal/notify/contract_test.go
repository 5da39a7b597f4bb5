package notify

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// farSide is the other end of an output in a test.
type farSide interface {
	received() []string // everything that arrived, in the words of name, in order
	leave()             // nobody answers from now on
	comeBack()
}

// testOutput is what every output promises to Notifier.
func testOutput(t *testing.T, out output, far farSide) {
	t.Helper()
	deliver := func(items ...Item) error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		return out.Deliver(ctx, items)
	}
	item := func(i int) Item {
		e := alertEvent(fmt.Sprintf("a%04d", i), "unacknowledged", "new")
		return Item{Event: &e}
	}

	if err := deliver(); err != nil {
		t.Fatalf("nothing to say: %v", err)
	}
	many := make([]Item, 2000)
	for i := range many {
		many[i] = item(i)
	}
	if err := deliver(many...); err != nil {
		t.Fatalf("many at once: %v", err)
	}
	eventually(t, "all of many", func() bool { return len(far.received()) >= len(many) })
	for i, got := range far.received() {
		if want := name(many[i].Event); got != want {
			t.Fatalf("no. %d is %q, want %q: they are out of order", i, got, want)
		}
	}

	far.leave()
	began := time.Now()
	if err := deliver(item(9000)); err == nil {
		t.Fatal("confirmed while nobody was there")
	}
	if err := deliver(); err == nil {
		t.Error("well while nobody was there")
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("two attempts took %v: an attempt is bounded in time", took)
	}
	far.comeBack()
	eventually(t, "a delivery after the outage, and its arrival", func() bool {
		if deliver(item(9001)) != nil { // again each time: who watches the far side may come back to it later than we do
			return false
		}
		got := far.received()
		return len(got) > 0 && got[len(got)-1] == "alert a9001 new"
	})

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := out.Deliver(ctx, []Item{item(9002)}); err == nil {
		t.Error("an ended context: no error, though nothing can have been confirmed")
	}
	track := trackEvent("t1", "confirmed")
	if err := deliver(Item{Event: &track}); err != nil {
		t.Errorf("a track: %v", err)
	}
}
