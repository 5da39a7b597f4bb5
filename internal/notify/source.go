package notify

import (
	"context"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// picture is what notify needs of the journal.
type picture interface {
	// Cursor is the durable place of a name in the messages of some types, and the message that it has come to: 0 for a new one.
	Cursor(ctx context.Context, name string, types ...record.Type) (c cursor, at uint64, err error)
	// Follow reads on from a place, in order.
	Follow(ctx context.Context, f journal.Follow) (reader, error)
	// Span is the sequence of the oldest message that is still there, and that of the newest of the types, of any if none is
	// named; last is 0 if there is none.
	Span(ctx context.Context, types ...record.Type) (first, last uint64, err error)
}

// reader is a place in PICTURE. Next blocks until there is more; a Next that its context ended has taken nothing.
type reader interface {
	Next(ctx context.Context) (journal.Page, error)
	Close()
}

// cursor is a place that the journal remembers. Ack takes everything up to seq.
type cursor interface {
	Next(ctx context.Context) (journal.Page, error)
	Ack(ctx context.Context, seq uint64) error
	Close()
}

// ofJournal is the journal as a picture: its readers are of types of its own.
type ofJournal struct{ j *journal.Journal }

func (s ofJournal) Cursor(ctx context.Context, name string, types ...record.Type) (cursor, uint64, error) {
	c, err := s.j.PictureCursor(ctx, name, types...)
	if err != nil {
		return nil, 0, err
	}
	return c, c.Place(), nil
}

func (s ofJournal) Follow(ctx context.Context, f journal.Follow) (reader, error) {
	return s.j.FollowPicture(ctx, f)
}

func (s ofJournal) Span(ctx context.Context, types ...record.Type) (first, last uint64, err error) {
	return s.j.PictureSpan(ctx, types...)
}
