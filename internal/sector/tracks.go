package sector

import (
	"slices"
	"strings"
	"time"

	"cutline/internal/alert"
	"cutline/internal/border"
	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/track"
)

// follow is what the sector remembers of one track.
type follow struct {
	ID      string
	Passage border.Passage
	Alert   alert.Follow
	About   whereabouts
	Joined  int // of the track's lineage, how many have been taken in

	Told     track.Status // in the last track event; NoStatus before the first
	ToldAt   time.Time    // event time of it
	Friendly bool         // in it
	Parted   bool         // it has an alert that its emitter has left it
	Proven   bool         // was confirmed once
	Leader   string       // of whom it is a companion
	Led      bool         // the leader has crossed since, for both
	Lost     bool
	LostAt   time.Duration // uptime
}

const (
	tellEvery = time.Second // of event time, while nothing but the place of a track changes
	leastHits = 2           // of a track worth telling: one return is a detection, and has its own record
)

// fuse lets fusion do what is due, and follows each track that it touches to the line and to the alerts.
func (s *Sector) fuse() {
	for {
		touched, ok := s.fusion.Step(s.clock.Now)
		if !ok {
			return
		}
		for _, t := range touched {
			s.touch(t)
		}
	}
}

// touch is the way of one track: to its lineage, the line, the alerts, and the picture.
func (s *Sector) touch(t *track.Track) {
	f := s.byTrack[t.ID]
	if f == nil {
		f = &follow{ID: strings.Clone(t.ID)}
		s.byTrack[f.ID] = f
		s.follows = append(s.follows, f)
	}
	f.Lost = false
	f.Proven = f.Proven || t.Status == track.Confirmed
	s.join(t, f)
	if f.Leader != t.Leader {
		f.Leader, f.Led = strings.Clone(t.Leader), f.Led && t.Leader != ""
	}
	if f.Led { // where they part it begins anew, on the side where it then is
		f.Passage = border.Passage{Crossed: f.Passage.Crossed}
		s.pending = s.book.Track(s.clock.Now, t, &f.Alert, 0, s.pending)
	} else if c, crossed := s.line.Watch(&f.Passage, t); crossed {
		s.pending = s.cross(t, f, &c)
		s.lead(f.ID)
	} else {
		s.pending = s.book.Track(s.clock.Now, t, &f.Alert, f.Passage.ArmedP, s.pending)
	}
	s.roam(t, f)
	s.watchFriend(t, f)
	s.tell(t, f)
	if t.Status == track.Lost {
		f.Lost, f.LostAt = true, s.clock.Uptime
		if !f.Proven { // none will be taken up again
			f.ID = ""
			delete(s.byTrack, t.ID)
		}
	}
}

// lead lets a track cross for its companions. They keep their own way to the line until then: who went along and then crosses alone, while
// the others turn back, has crossed.
func (s *Sector) lead(id string) {
	for _, f := range s.follows {
		if f.Leader == id {
			f.Led = true
		}
	}
}

// join takes in the tracks that have been merged into t since: their looks at the line, and their alerts.
func (s *Sector) join(t *track.Track, f *follow) {
	f.Joined = min(f.Joined, len(t.Lineage)) // an operator may have taken some back
	for ; f.Joined < len(t.Lineage); f.Joined++ {
		from := s.byTrack[t.Lineage[f.Joined]]
		if from == nil || from == f {
			continue
		}
		s.line.Absorb(&f.Passage, &from.Passage)
		s.pending = s.book.Merge(s.clock.Now, t, &f.Alert, &from.Alert, from.ID, s.pending)
	}
}

// tell writes a track event when its status has changed, or who it is, and else at most once a second.
func (s *Sector) tell(t *track.Track, f *follow) {
	if f.Told == track.NoStatus && (t.Hits < leastHits || t.Status == track.Lost) {
		return
	}
	slack := trackSlack
	if f.Told == track.NoStatus || f.Told == track.Lost {
		slack = 0
	}
	if len(s.cfg.Beside) > 0 && !s.owns(s.place(geo.ENU{E: t.State[0], N: t.State[2]}), slack) {
		s.handOver(t, f)
		return
	}
	if t.Status == f.Told && t.Friendly == f.Friendly && t.EventTime.Sub(f.ToldAt) < tellEvery {
		return
	}
	f.Told, f.ToldAt, f.Friendly = t.Status, t.EventTime, t.Friendly
	s.emit(record.Event{Type: record.TrackType, Time: t.EventTime, Track: s.trackEvent(t)})
}

// handOver tells a track that has left for a neighbour's ground, who tells it from here on, as lost here.
func (s *Sector) handOver(t *track.Track, f *follow) {
	if f.Told == track.NoStatus || f.Told == track.Lost {
		return
	}
	f.Told, f.ToldAt = track.Lost, t.EventTime
	e := s.trackEvent(t)
	e.Status = track.Lost.String()
	s.emit(record.Event{Type: record.TrackType, Time: t.EventTime, Track: e})
}

func (s *Sector) trackEvent(t *track.Track) *record.TrackEvent {
	alt := s.frame.Origin().Alt
	if t.HasAlt {
		alt = t.Alt
	}
	at := s.frame.Surface(t.State[0], t.State[2], alt)
	p := t.Whereabouts()
	e := &record.TrackEvent{
		ID: t.ID, Status: t.Status.String(), Lat: round(float64(at.Lat), 7), Lon: round(float64(at.Lon), 7),
		SpeedMPS: round(t.Speed(), 2), CourseDeg: degrees(t.Course()-s.frame.Convergence(at), 1),
		Cov: record.Cov{
			EE: round(p.EE, 2), EN: round(p.EN, 2), NN: round(p.NN, 2),
		},
		Existence: round(t.Existence, 4), Class: classes(&t.Class), Sensors: []string{}, Groups: []string{},
		Lineage: append([]string{}, t.Lineage...), Friendly: t.Friendly, Simulated: t.Simulated,
	}
	if t.Count > 1 {
		e.Count = t.Count
	}
	if t.HasAlt {
		m := round(float64(t.Alt), 1)
		e.AltM = &m
	}
	for i := range t.Evidence {
		ev := &t.Evidence[i]
		e.Sensors = append(e.Sensors, ev.Sensor)
		if !slices.Contains(e.Groups, ev.Group) {
			e.Groups = append(e.Groups, ev.Group)
		}
	}
	return e
}

// classes names the probabilities that are worth a word. The map goes to JSON, which sorts it.
func classes(p *detection.Classes) map[string]float64 {
	out := make(map[string]float64, 3)
	for c := range detection.Class(detection.NumClasses) {
		if v := round(p[c], 3); v > 0 {
			out[c.String()] = v
		}
	}
	return out
}

// forget drops what is remembered of tracks that can't come back: longer lost than fusion bridges a gap.
func (s *Sector) forget() {
	keep := 2*s.cfg.Fusion.Stitch + time.Minute
	s.follows = slices.DeleteFunc(s.follows, func(f *follow) bool {
		if f.ID == "" {
			return true
		}
		if f.Lost && s.clock.Uptime-f.LostAt > keep {
			delete(s.byTrack, f.ID)
			return true
		}
		return false
	})
}
