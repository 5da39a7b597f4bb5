package journal_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cutline/internal/journal"
	"cutline/internal/record"
)

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
		heads, err := r.PictureHeads(t.Context(), sector)
		if head := highest(heads); err != nil || head != want {
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
