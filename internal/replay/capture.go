package replay

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"cutline/internal/record"
)

// maxLine bounds a line of a capture: a payload of 64 KiB in base64, with room.
const maxLine = 1 << 20

// Capture reads a capture file line by line.
type Capture struct {
	name  string
	lines *bufio.Scanner
	n     int
}

// NewCapture reads a capture from r; name stands in its errors.
func NewCapture(name string, r io.Reader) *Capture {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	return &Capture{name: name, lines: lines}
}

// Next reads the next line. At the end the error is io.EOF; any other names the file and the line.
func (c *Capture) Next() (record.Line, error) {
	for c.lines.Scan() {
		c.n++
		text := bytes.TrimSpace(c.lines.Bytes())
		if len(text) == 0 {
			continue
		}
		return c.parse(text)
	}
	if err := c.lines.Err(); err != nil {
		return record.Line{}, fmt.Errorf("%s:%d: %w", c.name, c.n+1, err)
	}
	return record.Line{}, io.EOF
}

func (c *Capture) parse(text []byte) (record.Line, error) {
	var line record.Line
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	err := dec.Decode(&line)
	switch {
	case err != nil:
		return line, fmt.Errorf("%s:%d: not a capture line: %w", c.name, c.n, err)
	case line.Received.IsZero():
		return line, fmt.Errorf("%s:%d: received: missing: give the time of receipt in RFC 3339", c.name, c.n)
	case line.Topic == "":
		return line, fmt.Errorf("%s:%d: topic: missing", c.name, c.n)
	case (line.Payload == nil) == (line.PayloadBase64 == nil):
		return line, fmt.Errorf("%s:%d: give one of payload and payload_base64", c.name, c.n)
	}
	return line, nil
}

// Merge reads several captures as one, by their times of receipt. Of equal times the capture named first comes first; within
// a capture the order of its lines stands.
type Merge struct {
	captures []*Capture
	heads    []*record.Line // the next line of each, nil where it is not read yet
}

// NewMerge merges captures.
func NewMerge(captures ...*Capture) *Merge {
	return &Merge{captures: captures, heads: make([]*record.Line, len(captures))}
}

// Next reads the next line of all; io.EOF when every capture is at its end.
func (m *Merge) Next() (record.Line, error) {
	best := -1
	for i := 0; i < len(m.captures); i++ {
		if m.heads[i] == nil {
			line, err := m.captures[i].Next()
			if err == io.EOF { //nolint:errorlint // Capture.Next returns it bare
				m.captures = append(m.captures[:i], m.captures[i+1:]...)
				m.heads = append(m.heads[:i], m.heads[i+1:]...)
				i--
				continue
			}
			if err != nil {
				return record.Line{}, err
			}
			m.heads[i] = &line
		}
		if best < 0 || m.heads[i].Received.Before(m.heads[best].Received) {
			best = i
		}
	}
	if best < 0 {
		return record.Line{}, io.EOF
	}
	line := *m.heads[best]
	m.heads[best] = nil
	return line, nil
}

// Writer writes events as lines of an events file, or messages as lines of a capture.
type Writer struct {
	out *bufio.Writer
	buf []byte
}

// NewWriter writes to w. Flush it at the end.
func NewWriter(w io.Writer) *Writer { return &Writer{out: bufio.NewWriterSize(w, 1<<16)} }

// Events writes each event as a line.
func (w *Writer) Events(events []record.Event) error {
	for i := range events {
		var err error
		if w.buf, err = events[i].AppendJSON(w.buf[:0]); err != nil {
			return err
		}
		if _, err = w.out.Write(w.buf); err != nil {
			return fmt.Errorf("write events: %w", err)
		}
	}
	return nil
}

// Message writes one message as a capture line.
func (w *Writer) Message(line record.Line) error {
	enc := json.NewEncoder(w.out)
	enc.SetEscapeHTML(false) // the payload as it was sent
	if err := enc.Encode(line); err != nil {
		return fmt.Errorf("write a capture line of %s: %w", line.Topic, err)
	}
	return nil
}

// Flush writes out what is held.
func (w *Writer) Flush() error { return w.out.Flush() }
