package alert_test

import (
	"bytes"
	"encoding/gob"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cutline/internal/alert"
	"cutline/internal/record"
	"cutline/internal/track"
)

// crossed is a book with one open alert of a crossing, and a way to lose its track.
func crossed(t *testing.T) (b *alert.Book, id string, lose func(s float64) []record.Event) {
	t.Helper()
	b = book()
	var f alert.Follow
	tr := seen("twr-01", "twr-02")
	_, a := raise(t, b, tr, &f)
	return b, a.ID, func(s float64) []record.Event {
		tr.Status = track.Lost
		return b.Track(after(s), tr, &f, 1, nil)
	}
}

// do gives a command that must be taken, and the last event that it causes.
func do(t *testing.T, b *alert.Book, s float64, c record.Command) *record.AlertEvent {
	t.Helper()
	if c.By == "" {
		c.By = "op-1"
	}
	out, path, reason := b.Command(after(s), &c, nil)
	if reason != "" || len(out) == 0 {
		t.Fatalf("%s: %d events, %s: %s", c.Name, len(out), path, reason)
	}
	return out[len(out)-1].Alert
}

func TestTick_aCrossingThatNobodyHasSeenWaitsForTheNextShift(t *testing.T) {
	b, _, lose := crossed(t)
	if a := only(t, lose(60)); a.State != "returned" || a.Change != "update" {
		t.Fatalf("got %+v", a)
	}
	if out := b.Tick(after(60+23*3600), nil); len(out) != 0 {
		t.Fatalf("ended early: %+v", out[0].Alert)
	}
	if a := only(t, b.Tick(after(60+24*3600), nil)); a.Change != "end" || a.State != "resolved" || a.AckedBy != "" ||
		a.Rule != "its track has been lost for 24 h, and nobody acknowledged it" {
		t.Errorf("got %+v", a)
	}
	if out := b.Tick(after(1e6), nil); len(out) != 0 {
		t.Errorf("ended twice")
	}
}

func TestTick_anAcknowledgedCrossingWaitsForItsVerdictInEitherOrder(t *testing.T) {
	for name, ackAt := range map[string]float64{"acknowledged first": 30, "lost first": 90} {
		b, id, lose := crossed(t)
		if ackAt > 60 {
			lose(60)
		}
		do(t, b, ackAt, record.Command{Name: record.Ack, Alert: id})
		if ackAt < 60 {
			lose(60)
		}
		if out := b.Tick(after(60+899), nil); len(out) != 0 {
			t.Errorf("%s: ended early: %+v", name, out[0].Alert)
		}
		if a := only(t, b.Tick(after(60+900), nil)); a.Change != "end" || a.AckedBy != "op-1" || a.Verdict != "" {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func TestTick_whatBelongsToSomebodyWaitsForTheirVerdict(t *testing.T) {
	b, id, lose := crossed(t)
	if a := do(t, b, 20, record.Command{Name: record.Assign, Alert: id, Owner: "unit 7"}); a.Owner != "unit 7" || a.State != "unacknowledged" {
		t.Fatalf("got %+v", a)
	}
	do(t, b, 21, record.Command{Name: record.Ack, Alert: id})
	lose(60)
	if out := b.Tick(after(1e6), nil); len(out) != 0 {
		t.Fatalf("ended: %s", out[0].Alert.Rule)
	}
	a := do(t, b, 1e6, record.Command{Name: record.Resolve, Alert: id, Verdict: "animal", Comment: "two deer"})
	if a.Change != "end" || a.State != "resolved" || a.Verdict != "animal" || a.ResolvedBy != "op-1" ||
		a.Rule != "resolved by op-1 as animal" || len(a.Comments) != 1 ||
		a.Comments[0] != (record.Remark{By: "op-1", Time: after(1e6), Text: "two deer"}) {
		t.Errorf("got %+v", a)
	}
	if b.Open(id) {
		t.Error("it is still open")
	}
}

func TestShelve_hidesForItsTimeAndComesBackAsItWas(t *testing.T) {
	b, id, _ := crossed(t)
	a := do(t, b, 20, record.Command{Name: record.Shelve, Alert: id, For: time.Hour, Comment: "harvest"})
	if a.State != "shelved" || *a.Shelf != (record.Shelf{By: "op-1", Until: after(20 + 3600), Reason: "harvest"}) {
		t.Fatalf("got %+v", a)
	}
	if out := b.Tick(after(20+3599), nil); len(out) != 0 {
		t.Fatalf("back early: %+v", out[0].Alert)
	}
	if a = only(t, b.Tick(after(20+3600), nil)); a.State != "unacknowledged" || a.Shelf != nil {
		t.Errorf("got %+v", a)
	}
	do(t, b, 4000, record.Command{Name: record.Ack, Alert: id})
	do(t, b, 4001, record.Command{Name: record.Shelve, Alert: id, For: 8 * time.Hour, Comment: "again"})
	if a = do(t, b, 4002, record.Command{Name: record.Unshelve, Alert: id}); a.State != "acknowledged" || a.Shelf != nil {
		t.Errorf("got %+v", a)
	}
}

func TestShelve_nothingSuppressesARise(t *testing.T) {
	b := book()
	var f alert.Follow
	tr := seen("twr-01")
	_, first := raise(t, b, tr, &f)
	do(t, b, 20, record.Command{Name: record.Shelve, Alert: first.ID, For: time.Hour, Comment: "one tower, not sure"})
	tr.Evidence = append(tr.Evidence, evidence("twr-02", 20))
	if a := only(t, b.Track(after(21), tr, &f, 1, nil)); a.State != "unacknowledged" || a.Priority != "high" || a.Shelf != nil {
		t.Errorf("got %+v", a)
	}
}

func TestShelve_doesNotEndWhatIsOverMeanwhile(t *testing.T) {
	b, id, lose := crossed(t)
	do(t, b, 20, record.Command{Name: record.Ack, Alert: id})
	do(t, b, 21, record.Command{Name: record.Shelve, Alert: id, For: 2 * time.Hour, Comment: "later"})
	lose(60)
	if out := b.Tick(after(3600), nil); len(out) != 0 {
		t.Fatalf("%s", out[0].Alert.Rule)
	}
	out := b.Tick(after(21+7200), nil)
	if n := len(out); n != 2 || out[0].Alert.State != "acknowledged" || out[1].Alert.Change != "end" {
		t.Errorf("got %+v", out)
	}
}

func TestCommand_acknowledgesOnceAndKeepsWhoWhenAndWhat(t *testing.T) {
	b, id, _ := crossed(t)
	a := do(t, b, 20, record.Command{Name: record.Ack, Alert: id, Comment: "seen", ID: "c-1"})
	if a.AckedBy != "op-1" || !a.AckedAt.Equal(after(20)) || len(a.Comments) != 1 || a.Revision != 2 {
		t.Errorf("got %+v", a)
	}
	for _, again := range []string{"c-1", "c-2"} {
		c := record.Command{Name: record.Ack, Alert: id, By: "op-2", ID: again}
		if out, _, reason := b.Command(after(21), &c, nil); len(out) != 0 || reason != "" {
			t.Errorf("%s: %q, %+v", again, reason, out)
		}
	}
	if a = do(t, b, 30, record.Command{Name: record.Comment, Alert: id, By: "op-2", Comment: "unit sent"}); len(a.Comments) != 2 ||
		a.Comments[1].By != "op-2" || a.Revision != 3 || a.State != "acknowledged" {
		t.Errorf("got %+v", a)
	}
}

func TestCommand_namesTheFieldThatIsWrong(t *testing.T) {
	b, id, _ := crossed(t)
	long := strings.Repeat("é", 2001)
	for want, c := range map[string]record.Command{
		"name":                       {Name: "nuke"},
		"alert":                      {Name: record.Ack, Alert: "beef", By: "op"},
		"by":                         {Name: record.Ack, By: " "},
		"by too long":                {Name: record.Ack, By: long},
		"for":                        {Name: record.Shelve, By: "op", Comment: "x"},
		"for too long":               {Name: record.Shelve, By: "op", Comment: "x", For: 8*time.Hour + 1},
		"comment of a shelf":         {Name: record.Shelve, By: "op", Comment: " ", For: time.Hour},
		"comment":                    {Name: record.Comment, By: "op"},
		"comment too long":           {Name: record.Ack, By: "op", Comment: long},
		"owner":                      {Name: record.Assign, By: "op", Owner: long},
		"verdict":                    {Name: record.Resolve, By: "op"},
		"verdict that is no verdict": {Name: record.Resolve, By: "op", Verdict: "deer"},
	} {
		if c.Alert == "" {
			c.Alert = id
		}
		out, path, reason := b.Command(after(20), &c, nil)
		if field, _, _ := strings.Cut(want, " "); path != field || reason == "" || len(out) != 0 {
			t.Errorf("%s: %s: %s, %d events", want, path, reason, len(out))
		}
	}
}

func TestCommand_anAlertTakesSoManyCommentsAndNoMore(t *testing.T) {
	b, id, _ := crossed(t)
	for range 200 {
		do(t, b, 20, record.Command{Name: record.Comment, Alert: id, Comment: "x"})
	}
	c := record.Command{Name: record.Comment, Alert: id, By: "op", Comment: "x"}
	if _, path, reason := b.Command(after(21), &c, nil); path != "comment" || reason == "" {
		t.Errorf("%s: %s", path, reason)
	}
	if a := do(t, b, 22, record.Command{Name: record.Resolve, Alert: id, Verdict: "unknown"}); a.Change != "end" {
		t.Errorf("got %+v", a)
	}
}

// TestBook_aSnapshotAtAnyInstantChangesNothing gives two books the same commands, of which one is stored and restored between all of them.
func TestBook_aSnapshotAtAnyInstantChangesNothing(t *testing.T) {
	names := []string{record.Ack, record.Shelve, record.Unshelve, record.Assign, record.Comment, record.Resolve}
	rapid.Check(t, func(t *rapid.T) {
		a, b := book(), book()
		var f alert.Follow
		first := a.Cross(after(12), seen("twr-01", "twr-02"), &f, crossing(1), nil)[1].Alert.ID
		b.Cross(after(12), seen("twr-01", "twr-02"), new(alert.Follow), crossing(1), nil)
		for s := 20.0; s < 2e5; s += rapid.Float64Range(1, 3e4).Draw(t, "s") {
			c := record.Command{
				Name: rapid.SampledFrom(names).Draw(t, "name"), Alert: first, By: "op", Owner: rapid.SampledFrom([]string{"", "u"}).Draw(t, "owner"),
				Comment: "x", Verdict: "false", For: rapid.SampledFrom([]time.Duration{time.Minute, 8 * time.Hour}).Draw(t, "for"),
			}
			b = stored(t, b)
			x, _, p := a.Command(after(s), &c, nil)
			y, _, q := b.Command(after(s), &c, nil)
			x, y = a.Tick(after(s), x), b.Tick(after(s), y)
			if p != q || !slices.Equal(lines(t, x), lines(t, y)) {
				t.Fatalf("%q, %q\n%v\n%v", p, q, lines(t, x), lines(t, y))
			}
		}
	})
}

// stored is a book out of another's snapshot.
func stored(t interface{ Fatal(...any) }, b *alert.Book) *alert.Book {
	var buf bytes.Buffer
	if err := gob.NewEncoder(&buf).Encode(b.State()); err != nil {
		t.Fatal(err)
	}
	var s alert.State
	if err := gob.NewDecoder(&buf).Decode(&s); err != nil {
		t.Fatal(err)
	}
	other := book()
	other.Restore(s)
	return other
}

func lines(t interface{ Fatal(...any) }, events []record.Event) (all []string) {
	for i := range events {
		line, err := events[i].AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(line))
	}
	return all
}
