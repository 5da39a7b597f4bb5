package journal

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"cutline/internal/record"
)

// PictureSpan says where PICTURE begins and how far it goes: the sequence of the oldest message that is still there, of any type,
// and that of the newest of the given types, of any if none is named; last is 0 if there is none. A reader that has come to last
// has all that was there at the time of the call.
func (j *Journal) PictureSpan(ctx context.Context, types ...record.Type) (first, last uint64, err error) {
	s, err := j.js.Stream(ctx, pictureStream)
	if err != nil {
		return 0, 0, fmt.Errorf("span of the picture: %w", err)
	}
	state := s.CachedInfo().State
	if len(types) == 0 {
		return state.FirstSeq, state.LastSeq, nil
	}
	for _, subject := range pictureSubjects("*", types) {
		m, err := s.GetLastMsgForSubject(ctx, subject)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return 0, 0, fmt.Errorf("span of the picture: %w", err)
		}
		last = max(last, m.Sequence)
	}
	return state.FirstSeq, last, nil
}

// LastInput is the sequence of the newest input of a sector; 0 if there is none. Where a recorded journal ends.
func (j *Journal) LastInput(ctx context.Context, sector string) (uint64, error) {
	if err := checkToken("last input: sector", sector); err != nil {
		return 0, err
	}
	s, err := j.js.Stream(ctx, inputStream)
	if err != nil {
		return 0, fmt.Errorf("last input of %s: %w", sector, err)
	}
	m, err := s.GetLastMsgForSubject(ctx, "in."+sector+".>")
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("last input of %s: %w", sector, err)
	}
	return m.Sequence, nil
}
