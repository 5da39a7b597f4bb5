package web

import (
	"fmt"
	"net/http"
	"time"

	"cutline/internal/record"
)

// subject of a command as it is now, or the fault that there is none.
func (p *picture) subject(s subject) (*record.Event, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if s.track && s.sector == "" {
		for k := range p.tracks {
			if k.id == s.id && s.sector != "" {
				return nil, wrong("sector", "track %q is in %s and in %s: say which", s.id, min(s.sector, k.sector), max(s.sector, k.sector))
			}
			if k.id == s.id {
				s.sector = k.sector
			}
		}
	}
	if e := p.find(s); e != nil {
		return e, nil
	}
	what := "alert"
	if s.track {
		what = "track"
	}
	return nil, &fault{code: http.StatusNotFound, what: fmt.Sprintf("there is no %s %q", what, s.id)}
}

// find is subject under the lock, of a track whose sector is known; nil if there is none.
func (p *picture) find(s subject) *record.Event {
	if s.track {
		return p.tracks[key{s.sector, s.id}]
	}
	if e := p.alerts[s.id]; e != nil && (s.sector == "" || e.Sector == s.sector) {
		return e
	}
	return nil
}

func subjectOf(e *record.Event) subject {
	if e.Track != nil {
		return subject{track: true, sector: e.Sector, id: e.Track.ID}
	}
	return subject{id: e.Alert.ID}
}

// refusal is the core's word on a command that was received at a time, under the lock; nil if there is none.
func (p *picture) refusal(sector string, received time.Time) *record.RejectEvent {
	for _, e := range p.rejects {
		if e.Sector == sector && e.Reject.Topic == record.CommandGiven.String() && e.Reject.Received.Equal(received) {
			return e.Reject
		}
	}
	return nil
}
