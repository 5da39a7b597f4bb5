package journal

import (
	"strconv"
	"testing"

	"github.com/nats-io/nats.go"
	"pgregory.net/rapid"
)

func numbered(seq uint64) *nats.Msg {
	return &nats.Msg{Subject: "in.a.ticks", Data: []byte(strconv.FormatUint(seq, 10))}
}

// Writers tell of their writes in any order, and some never learn how theirs ended. A reader gets each message once and in
// order, from here or from the server, and is never left waiting for what is there.
func TestRecent_aReaderGetsAllInOrderWhateverTheWritersSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		begin := rapid.Uint64Range(0, 5).Draw(t, "begin")
		r, end, reader := newRecent(begin), begin, begin+1 // the stream holds up to end
		type write struct {
			last, began uint64
			n           int
		}
		var open []write // stored, and not yet told of
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				w := write{n: rapid.IntRange(1, 3).Draw(t, "n"), began: r.begin()}
				end += uint64(w.n)
				w.last = end
				open = append(open, w)
			case 1:
				if len(open) == 0 {
					continue
				}
				i := rapid.IntRange(0, len(open)-1).Draw(t, "which")
				w := open[i]
				open = append(open[:i], open[i+1:]...)
				if rapid.IntRange(0, 9).Draw(t, "how") == 0 {
					r.stored(w.began, 0, nil)
					continue
				}
				var messages []*nats.Msg
				for seq := w.last - uint64(w.n) + 1; seq <= w.last; seq++ {
					messages = append(messages, numbered(seq))
				}
				r.stored(w.began, w.last, messages)
			default:
				m, news := r.at(reader)
				switch {
				case m != nil:
					if string(m.Data) != strconv.FormatUint(reader, 10) {
						t.Fatalf("got %s at %d", m.Data, reader)
					}
					reader++
				case news == nil: // the server has it
					if reader <= end {
						reader++
					}
				case reader <= end && len(open) == 0:
					t.Fatalf("waits at %d, the stream goes to %d and no writer is left to tell", reader, end)
				}
			}
		}
	})
}

func TestRecent_keepsNoMoreThanItMay(t *testing.T) {
	r := newRecent(0)
	for seq := uint64(1); seq <= 1000; seq++ {
		r.stored(r.begin(), seq, []*nats.Msg{{Data: make([]byte, 300<<10)}})
		if r.size > recentBytes+300<<10 || len(r.kept) > recentMessages {
			t.Fatalf("%d bytes in %d messages", r.size, len(r.kept))
		}
	}
	if m, _ := r.at(1000); m == nil {
		t.Error("the newest is not kept")
	}
	if m, news := r.at(1); m != nil || news != nil {
		t.Error("the oldest is kept")
	}
	if _, news := r.at(1001); news == nil {
		t.Error("one can't wait at the end")
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, subject string
		want             bool
	}{
		{"in.>", "in.a.ticks", true},
		{"in.a.>", "in.a.ticks", true},
		{"in.a.>", "in.b.ticks", false},
		{"in.a.>", "in.ab.ticks", false},
		{"in.*.ticks", "in.b.ticks", true},
		{"in.*.ticks", "in.b.rejects", false},
		{"in.*.ticks", "in.b", false},
		{"in.*", "in.b.ticks", false},
		{"pic.*.tracks", "pic.a.tracks", true},
		{"pic.a.tracks", "pic.a.tracks", true},
	} {
		if got := match(c.pattern, c.subject); got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.subject, got)
		}
	}
}
