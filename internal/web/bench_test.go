package web

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// tracksOf is one page of n live tracks.
func tracksOf(n int) journal.Page {
	p := journal.Page{Seq: 1, Type: record.TrackType}
	for i := range n {
		p.Events = append(p.Events, trackEvent(fmt.Sprint("t", i), "confirmed", 1))
	}
	for i := range p.Events {
		p.Lines, _ = p.Events[i].AppendJSON(p.Lines)
	}
	return p
}

// The cost of an event to the picture must not grow with the picture.
func BenchmarkPicture_apply(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p, page := newPicture(Defaults(), at(0)), tracksOf(n)
			p.apply(page)
			one := journal.Page{Events: page.Events[:1]}
			b.ReportAllocs()
			for b.Loop() {
				p.apply(one)
			}
		})
	}
}

func BenchmarkPicture_now(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p := newPicture(Defaults(), at(0))
			p.apply(tracksOf(n))
			b.ReportAllocs()
			for b.Loop() {
				p.now()
			}
		})
	}
}

// What one page costs each client that follows: as stored, and where it must be encoded again.
func BenchmarkStream_page(b *testing.B) {
	for _, stored := range []bool{true, false} {
		b.Run(fmt.Sprint("stored=", stored), func(b *testing.B) {
			page := tracksOf(100)
			if !stored {
				page.Lines = nil
			}
			out := &sse{}
			b.ReportAllocs()
			for b.Loop() {
				out.page(page)
				out.buf = out.buf[:0]
			}
		})
	}
}

func BenchmarkServer_picture(b *testing.B) {
	s := &Server{picture: newPicture(Defaults(), at(0))}
	s.picture.apply(tracksOf(1000))
	s.picture.caughtUp(1, at(1))
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://localhost/api/v1/picture", http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		s.getPicture(discard{}, r)
	}
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) WriteHeader(int)             {}
func (discard) Write(p []byte) (int, error) { return io.Discard.Write(p) }
