package replay

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"cutline/internal/record"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// logCore writes down what it is stepped with.
type logCore struct {
	steps  []string
	beside bool
}

func (c *logCore) Step(in record.Input, out []record.Event) []record.Event {
	c.steps = append(c.steps, fmt.Sprintf("%s %s", in.Kind, in.Received.Sub(noon)))
	return append(out, record.Event{Type: record.RejectType, Time: in.Received, Sector: in.Topic})
}

func (c *logCore) Overhear(in record.Input, out []record.Event) []record.Event {
	c.beside = true
	return c.Step(in, out)
}

// byTopic gives a message to the sector named by its topic.
type byTopic struct{}

func (byTopic) Normalize(received time.Time, topic string, payload []byte) (string, record.Input) {
	sector := topic
	if topic == "unknown" {
		sector = ""
	}
	return sector, record.Input{Kind: record.Message, Received: received, Topic: topic, Raw: payload}
}

func line(at time.Duration, topic string) record.Line {
	return record.NewLine(noon.Add(at), topic, []byte(`{"at":"`+at.String()+`"}`))
}

func TestPath_putsTheClocksTicksBetweenTheLines(t *testing.T) {
	a, b := &logCore{}, &logCore{}
	p := NewPath(byTopic{}, "a", 200*time.Millisecond, []Sector{{ID: "a", Core: a}, {ID: "b", Core: b}})
	out := p.Message(line(50*time.Millisecond, "a"), nil)
	out = p.Message(line(430*time.Millisecond, "b"), out)
	out = p.Message(line(440*time.Millisecond, "unknown"), out)
	if got, want := strings.Join(a.steps, ", "), "detections 50ms, ticks 200ms, ticks 400ms, detections 440ms"; got != want {
		t.Errorf("sector a stepped %s, want %s", got, want)
	}
	if got, want := strings.Join(b.steps, ", "), "ticks 200ms, ticks 400ms, detections 430ms"; got != want {
		t.Errorf("sector b stepped %s, want %s", got, want)
	}
	if len(out) != 7 {
		t.Errorf("%d events came out, want all 7", len(out))
	}
}

func TestPath_aSectorHearsTheDetectionsOfThoseBesideIt(t *testing.T) {
	a, b, c := &logCore{}, &logCore{}, &logCore{}
	p := NewPath(byTopic{}, "a", time.Hour, []Sector{{ID: "a", Core: a}, {ID: "b", Beside: []string{"a"}, Core: b}, {ID: "c", Core: c}})
	p.Message(line(time.Second, "a"), nil)
	if len(a.steps) != 1 || a.beside || len(b.steps) != 1 || !b.beside || len(c.steps) != 0 {
		t.Errorf("a %v, b %v, c %v", a, b, c)
	}
}

func TestPath_runsTheClockOnAfterTheLastLine(t *testing.T) {
	a := &logCore{}
	p := NewPath(byTopic{}, "a", 200*time.Millisecond, []Sector{{ID: "a", Core: a}})
	if out := p.End(nil); out != nil {
		t.Errorf("a path without a line made %d events", len(out))
	}
	p.Message(line(0, "a"), nil)
	p.End(nil)
	if last := a.steps[len(a.steps)-1]; last != "ticks 40s" {
		t.Errorf("the last step is %q, want the tick at 40 s", last)
	}
}

func TestMerge_ordersByReceiptAndKeepsEachCapturesOrder(t *testing.T) {
	text := func(lines ...record.Line) io.Reader {
		var b strings.Builder
		w := NewWriter(&b)
		for _, l := range lines {
			if err := w.Message(l); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		return strings.NewReader(b.String())
	}
	m := NewMerge(
		NewCapture("one", text(line(1*time.Second, "1a"), line(3*time.Second, "1b"), line(3*time.Second, "1c"))),
		NewCapture("none", text()),
		NewCapture("two", text(line(2*time.Second, "2a"), line(3*time.Second, "2b"), line(9*time.Second, "2c"))),
	)
	var topics []string
	for {
		l, err := m.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		topics = append(topics, l.Topic)
	}
	if got, want := strings.Join(topics, " "), "1a 2a 1b 1c 2b 2c"; got != want {
		t.Errorf("merged to %s, want %s", got, want)
	}
}

func TestCapture_namesTheFileAndTheLineOfAFault(t *testing.T) {
	good := `{"received":"2026-11-24T12:00:00Z","topic":"a","payload":{}}` + "\n\n"
	for _, tc := range []struct{ name, bad, want string }{
		{"no JSON", `nonsense`, "c.jsonl:3: not a capture line"},
		{"no time", `{"topic":"a","payload":1}`, "c.jsonl:3: received: missing"},
		{"no topic", `{"received":"2026-11-24T12:00:00Z","payload":1}`, "c.jsonl:3: topic: missing"},
		{"no payload", `{"received":"2026-11-24T12:00:00Z","topic":"a"}`, "c.jsonl:3: give one of payload"},
		{"two payloads", `{"received":"2026-11-24T12:00:00Z","topic":"a","payload":1,"payload_base64":"YQ=="}`, "c.jsonl:3: give one of payload"},
		{
			"unknown key", `{"received":"2026-11-24T12:00:00Z","topic":"a","payload":1,"qos":1}`,
			`c.jsonl:3: not a capture line: json: unknown field "qos"`,
		},
		{"a line too long", `{"topic":"` + strings.Repeat("a", maxLine) + `"}`, "c.jsonl:3: bufio.Scanner: token too long"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := NewCapture("c.jsonl", strings.NewReader(good+tc.bad))
			if _, err := c.Next(); err != nil {
				t.Fatalf("the good line: %v", err)
			}
			_, err := c.Next()
			if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("the error is %v, want %s", err, tc.want)
			}
		})
	}
}

func TestWriter_keepsAPayloadThatIsNoJSON(t *testing.T) {
	var b strings.Builder
	w := NewWriter(&b)
	payload := []byte{0xff, '{', 0}
	if err := w.Message(record.NewLine(noon, "t", payload)); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	got, err := NewCapture("c", strings.NewReader(b.String())).Next()
	if err != nil || string(got.Bytes()) != string(payload) || !got.Received.Equal(noon) {
		t.Errorf("%s comes back as %v %q, %v", b.String(), got.Received, got.Bytes(), err)
	}
}
