package simulator

import (
	"encoding/json"
	"fmt"
	"io"

	"cutline/internal/record"
)

// Sinks take what a Run gives, beside the broker. A nil one is not wanted.
type Sinks struct {
	Capture func(record.Line) error  // each message, in order of receipt
	Truth   func(record.Truth) error // each line of truth
}

// Lines gives a function that writes each value as a line of JSON: the form of capture and truth files.
func Lines[T any](w io.Writer) func(T) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false) // a payload is written as it was sent, and "US>CA" readably
	return func(v T) error { return enc.Encode(v) }
}

// Write plays the whole day as fast as it goes, and gives all of it to the sinks.
func (r *Run) Write(s Sinks) error {
	for it, ok := r.Next(); ok; it, ok = r.Next() {
		if err := s.take(&it); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sinks) take(it *Item) error {
	switch {
	case it.Truth != nil && s.Truth != nil:
		if err := s.Truth(*it.Truth); err != nil {
			return fmt.Errorf("write truth: %w", err)
		}
	case it.Truth == nil && s.Capture != nil:
		if err := s.Capture(record.NewLine(it.At, it.Topic, it.Payload)); err != nil {
			return fmt.Errorf("write capture: %w", err)
		}
	}
	return nil
}
