package web

import (
	"context"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// source is what web needs of the journal.
type source interface {
	// Follow reads PICTURE on from a place, in order, one message at a time.
	Follow(ctx context.Context, f journal.Follow) (reader, error)
	// Span is the sequence of the oldest PICTURE message that is still there, and that of the newest of the types, of any if none is
	// named; last is 0 if there is none.
	Span(ctx context.Context, types ...record.Type) (first, last uint64, err error)
	// Put takes an operator's command into INPUT.
	Put(ctx context.Context, e journal.Entry) error
}

// reader is a place in PICTURE. Next blocks until there is more; a Next that its context ended has taken nothing.
type reader interface {
	Next(ctx context.Context) (journal.Page, error)
	Close()
}

// Open makes a server on the journal and takes its address. The caller runs it, or closes it.
func Open(cfg Config, j *journal.Journal, deps Deps) (*Server, error) {
	return open(cfg, ofJournal{j}, ofJournal{j}, deps)
}

// ofJournal is the journal as a source: its readers are of a type of its own.
type ofJournal struct{ j *journal.Journal }

func (s ofJournal) Follow(ctx context.Context, f journal.Follow) (reader, error) {
	return s.j.FollowPicture(ctx, f)
}

func (s ofJournal) Span(ctx context.Context, types ...record.Type) (first, last uint64, err error) {
	return s.j.PictureSpan(ctx, types...)
}

func (s ofJournal) Put(ctx context.Context, e journal.Entry) error { return s.j.Put(ctx, e) }

func (s ofJournal) Past(ctx context.Context, f journal.Follow) (reader, error) {
	return s.j.PastPicture(ctx, f)
}

func (s ofJournal) PastInput(ctx context.Context, f journal.Follow) (inputReader, error) {
	return s.j.PastInput(ctx, f)
}

func (s ofJournal) LastInput(ctx context.Context, sector string) (uint64, error) {
	return s.j.LastInput(ctx, sector)
}
