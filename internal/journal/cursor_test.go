package journal_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"cutline/internal/journal"
	"cutline/internal/record"
)

func (r *rig) inputCursor(t testing.TB, name string, kinds ...record.Kind) *journal.InputCursor {
	t.Helper()
	c, err := r.InputCursor(limit(t), name, kinds...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// batches stores n messages of INPUT with one input each.
func (r *rig) batches(t testing.TB, from, n int) {
	t.Helper()
	for i := from; i < from+n; i++ {
		r.put(t, "emerson", i, i+1)
	}
}

func next(t testing.TB, c *journal.InputCursor) journal.InputBatch {
	t.Helper()
	b, err := c.Next(limit(t))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestInputCursor_goesOnBehindWhatItAcknowledged(t *testing.T) {
	cfg := settings(t)
	r := run(t, cfg)
	r.batches(t, 0, 10)
	c := r.inputCursor(t, "influx")
	for want := uint64(1); want <= 6; want++ {
		if got := next(t, c); got.Seq != want || number(&got.Inputs[0]) != int(want-1) {
			t.Fatalf("batch %d with input %d, want %d", got.Seq, number(&got.Inputs[0]), want)
		}
	}
	if err := c.Ack(limit(t), 4); err != nil { // takes in 1 to 3
		t.Fatal(err)
	}
	if err := c.Ack(limit(t), 2); err != nil { // older: no step back
		t.Fatal(err)
	}
	c.Close()
	r.close(t)

	r = run(t, cfg)
	c = r.inputCursor(t, "influx")
	if got := next(t, c); got.Seq != 5 {
		t.Errorf("after a restart it goes on at %d, want 5", got.Seq)
	}
	if got := next(t, r.inputCursor(t, "other")); got.Seq != 1 {
		t.Errorf("a new cursor begins at %d, want 1", got.Seq)
	}
}

func TestInputCursor_isOpenOnce(t *testing.T) {
	r := run(t, settings(t))
	c := r.inputCursor(t, "influx")
	if _, err := r.InputCursor(t.Context(), "influx"); err == nil {
		t.Error("opened twice: each would acknowledge for the other")
	}
	c.Close()
	r.inputCursor(t, "influx")
	if _, err := r.PictureCursor(t.Context(), "a.b"); err == nil {
		t.Error("a name that is no token was taken")
	}
}

func TestInputCursor_givesTheKindsAskedForOnly(t *testing.T) {
	r := run(t, settings(t))
	for _, in := range []record.Input{message(1), tick(2), {Kind: record.Rejected, Received: noon}, message(3)} {
		if err := r.Put(t.Context(), journal.Entry{Sector: "emerson", Input: in}); err != nil {
			t.Fatal(err)
		}
	}
	c := r.inputCursor(t, "influx", record.Message, record.Rejected)
	var kinds []record.Kind
	for range 3 {
		kinds = append(kinds, next(t, c).Inputs[0].Kind)
	}
	if !slices.Equal(kinds, []record.Kind{record.Message, record.Rejected, record.Message}) {
		t.Errorf("got %v", kinds)
	}
}

// A reader that is away for long is forgotten by the server. It must not notice.
func TestInputCursor_goesOnWhenTheServerHasForgottenIt(t *testing.T) {
	r := run(t, settings(t))
	r.batches(t, 0, 20)
	c := r.inputCursor(t, "influx")
	js, err := jetstream.New(r.broker.Conn())
	if err != nil {
		t.Fatal(err)
	}
	for want := uint64(1); want <= 25; want++ {
		if want == 5 || want == 21 { // in the middle of the prefetch, and while it waits for more
			for name := range consumers(t, js) {
				if err = js.DeleteConsumer(t.Context(), "INPUT", name); err != nil {
					t.Fatal(err)
				}
			}
			if want == 21 {
				r.batches(t, 20, 5)
			}
		}
		if got := next(t, c); got.Seq != want {
			t.Fatalf("batch %d came where %d was due", got.Seq, want)
		}
	}
}

func consumers(t testing.TB, js jetstream.JetStream) map[string]bool {
	t.Helper()
	s, err := js.Stream(t.Context(), "INPUT")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	list := s.ConsumerNames(t.Context())
	for name := range list.Name() {
		names[name] = true
	}
	if list.Err() != nil {
		t.Fatal(list.Err())
	}
	return names
}

func TestInputCursor_nextEndsWithItsContextAndCanGoOn(t *testing.T) {
	r := run(t, settings(t))
	c := r.inputCursor(t, "influx")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	r.batches(t, 0, 1)
	if got := next(t, c); got.Seq != 1 {
		t.Errorf("batch %d", got.Seq)
	}
}

func TestStatus_tellsACursorsLag(t *testing.T) {
	r := run(t, settings(t))
	r.batches(t, 0, 12)
	c := r.inputCursor(t, "influx", record.Message)
	lag := func(want uint64) func() bool {
		return func() bool {
			st := r.Status()
			return len(st.Cursors) == 1 && st.Cursors[0].Lag == want && st.Cursors[0].Name == "influx"
		}
	}
	until(t, "12 messages are ahead", lag(12))
	next(t, c)
	got := next(t, c)
	until(t, "12 messages are not acknowledged", lag(12))
	if err := c.Ack(limit(t), got.Seq); err != nil {
		t.Fatal(err)
	}
	until(t, "10 messages are ahead", lag(10))
	for range 10 {
		got = next(t, c)
	}
	if err := c.Ack(limit(t), got.Seq); err != nil {
		t.Fatal(err)
	}
	if err := r.Put(t.Context(), journal.Entry{Sector: "emerson", Input: tick(1)}); err != nil { // is not meant for it
		t.Fatal(err)
	}
	until(t, "nothing is ahead", lag(0))
	if st := r.Status(); st.Streams[0].Name != "INPUT" || st.Streams[0].Last < 12 || st.Streams[0].Cap != 16e9 {
		t.Errorf("status %+v", st)
	}
}

func TestRetain_forgetsWhatIsNotNamed(t *testing.T) {
	cfg := settings(t)
	r := run(t, cfg)
	r.batches(t, 0, 3)
	for _, name := range []string{"influx", "old"} {
		c := r.inputCursor(t, name)
		b := next(t, c)
		if err := c.Ack(limit(t), b.Seq); err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	if _, _, err := r.LoadSnapshot(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	got, err := r.Retain(t.Context(), []string{"emerson"}, []string{"influx"})
	if err != nil || !slices.Equal(got, []string{"old", "gone"}) {
		t.Errorf("forgot %v, %v", got, err)
	}
	if b := next(t, r.inputCursor(t, "influx")); b.Seq != 2 {
		t.Errorf("the one that was named goes on at %d, want 2", b.Seq)
	}
	if b := next(t, r.inputCursor(t, "old")); b.Seq != 1 {
		t.Errorf("the forgotten one begins at %d, want 1", b.Seq)
	}
}

func TestPicture_comesBackByTypeWithItsInputSequence(t *testing.T) {
	r := open(t, settings(t))
	events := []record.Event{alertEvent(1), trackEvent(1), trackEvent(2)}
	if err := r.AppendPicture(t.Context(), "emerson", 7, events); err != nil {
		t.Fatal(err)
	}
	if err := r.AppendPicture(t.Context(), "emerson", 8, nil); err != nil {
		t.Fatal(err)
	}
	if err := r.AppendPicture(t.Context(), "other", 9, events[:1]); err != nil {
		t.Fatal(err)
	}
	f, err := r.FollowPicture(t.Context(), journal.Follow{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i, want := range []journal.Page{
		{Seq: 1, InputSeq: 7, Sector: "emerson", Type: record.TrackType, Events: events[1:]},
		{Seq: 2, InputSeq: 7, Sector: "emerson", Type: record.AlertType, Events: events[:1]},
		{Seq: 3, InputSeq: 9, Sector: "other", Type: record.AlertType, Events: events[:1]},
	} {
		got, err := f.Next(limit(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range want.Events {
			if want.Lines, err = e.AppendJSON(want.Lines); err != nil {
				t.Fatal(err)
			}
		}
		if got.Seq != want.Seq || got.InputSeq != want.InputSeq || got.Sector != want.Sector || got.Type != want.Type {
			t.Errorf("page %d: %+v", i, got)
		}
		var lines []byte
		for _, e := range got.Events {
			if lines, err = e.AppendJSON(lines); err != nil {
				t.Fatal(err)
			}
		}
		if string(got.Lines) != string(want.Lines) || string(lines) != string(want.Lines) {
			t.Errorf("page %d:\n%s\n%s\nwant\n%s", i, got.Lines, lines, want.Lines)
		}
	}
	heads, err := r.PictureHeads(t.Context(), "emerson")
	if err != nil || len(heads) != 2 || heads[record.TrackType] != 7 || heads[record.AlertType] != 7 {
		t.Errorf("heads %v, %v", heads, err)
	}
	for sector, want := range map[string]uint64{"emerson": 7, "other": 9, "none": 0} {
		if head, err := r.PictureHead(t.Context(), sector); err != nil || head != want {
			t.Errorf("head of %s is %d, %v; want %d", sector, head, err, want)
		}
	}
}

func TestPicture_manyEventsOfOneStepAreWholeOrNotThere(t *testing.T) {
	r := open(t, settings(t))
	var events []record.Event
	for n := range 10_000 {
		e := alertEvent(n)
		e.Alert.Text = strings.Repeat("y", 1000)
		events = append(events, e)
	}
	if err := r.AppendPicture(t.Context(), "emerson", 5, events); err != nil { // 13 MB: more than one message can hold
		t.Fatal(err)
	}
	f, err := r.FollowPicture(t.Context(), journal.Follow{Sector: "emerson"})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for n := 0; n < len(events); {
		p, err := f.Next(limit(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range p.Events {
			if e.Alert.ID != events[n].Alert.ID {
				t.Fatalf("event %s came where %s was due", e.Alert.ID, events[n].Alert.ID)
			}
			n++
		}
	}
}

func TestFollowPicture_beginsWhereItIsTold(t *testing.T) {
	r := open(t, settings(t))
	var middle time.Time
	for n := uint64(1); n <= 6; n++ {
		if n == 4 {
			middle = time.Now()
		}
		event := trackEvent(int(n))
		if n%2 == 0 {
			event = alertEvent(int(n))
		}
		if err := r.AppendPicture(t.Context(), "emerson", n, []record.Event{event}); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		follow journal.Follow
		want   []uint64
	}{
		"all":         {journal.Follow{}, []uint64{1, 2, 3, 4, 5, 6}},
		"from":        {journal.Follow{From: 3}, []uint64{3, 4, 5, 6}},
		"since":       {journal.Follow{Since: middle}, []uint64{4, 5, 6}},
		"from wins":   {journal.Follow{From: 6, Since: middle}, []uint64{6}},
		"types":       {journal.Follow{Types: []record.Type{record.AlertType, record.CrossingType}}, []uint64{2, 4, 6}},
		"from a type": {journal.Follow{From: 3, Types: []record.Type{record.AlertType}, Sector: "emerson"}, []uint64{4, 6}},
	} {
		f, err := r.FollowPicture(t.Context(), c.follow)
		if err != nil {
			t.Fatal(err)
		}
		var got []uint64
		for range c.want {
			p, err := f.Next(limit(t))
			if err != nil {
				t.Fatal(name, err)
			}
			got = append(got, p.Seq)
		}
		f.Close()
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if _, err := r.FollowPicture(t.Context(), journal.Follow{Sector: "a.b"}); err == nil {
		t.Error("a sector that is no token was taken")
	}
	first, last, err := r.PictureSpan(t.Context(), record.TrackType)
	if err != nil || first != 1 || last != 5 {
		t.Errorf("span %d to %d, %v; want 1 to 5", first, last, err)
	}
}

func TestPictureCursor_goesOnBehindWhatItAcknowledged(t *testing.T) {
	r := open(t, settings(t))
	for n := uint64(1); n <= 4; n++ {
		if err := r.AppendPicture(t.Context(), "emerson", n, []record.Event{trackEvent(int(n)), alertEvent(int(n))}); err != nil {
			t.Fatal(err)
		}
	}
	c, err := r.PictureCursor(t.Context(), "notify", record.AlertType)
	if err != nil {
		t.Fatal(err)
	}
	var seqs []uint64
	for range 2 {
		p, err := c.Next(limit(t))
		if err != nil {
			t.Fatal(err)
		}
		seqs = append(seqs, p.InputSeq)
		if err = c.Ack(limit(t), p.Seq); err != nil {
			t.Fatal(err)
		}
	}
	c.Close()
	if c, err = r.PictureCursor(t.Context(), "notify", record.AlertType); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p, err := c.Next(limit(t))
	if err != nil {
		t.Fatal(err)
	}
	if seqs = append(seqs, p.InputSeq); !slices.Equal(seqs, []uint64{1, 2, 3}) {
		t.Errorf("alerts of inputs %v", seqs)
	}
}
