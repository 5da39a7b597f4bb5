package journal

import (
	"context"
)

// PastPicture reads PICTURE as FollowPicture does, beside those that follow: what it decodes is its own, so that a reader of long ago
// doesn't push out of memory what all the others are about to read.
func (j *Journal) PastPicture(ctx context.Context, f Follow) (*PictureReader, error) {
	r, err := j.FollowPicture(ctx, f)
	if err != nil {
		return nil, err
	}
	r.past = true
	return r, nil
}

// PastInput reads what a sector was given since a time of storing. Unlike ReadInput it holds nothing back from being removed: it is
// for people who look, and what is gone is gone.
func (j *Journal) PastInput(_ context.Context, f Follow) (*InputReader, error) {
	if err := checkToken("past input: sector", f.Sector); err != nil {
		return nil, err
	}
	return &InputReader{j.newTail(inputStream, []string{"in." + f.Sector + ".>"}, f.From, f.Since)}, nil
}
