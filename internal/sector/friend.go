package sector

import (
	"cutline/internal/alert"
	"cutline/internal/geo"
	"cutline/internal/sensor"
	"cutline/internal/track"
)

// watchFriend tells that the telephone or transponder which made a track one of ours is heard elsewhere, while the track goes on.
func (s *Sector) watchFriend(t *track.Track, f *follow) {
	switch parted := t.Parted && t.Status != track.Lost; {
	case parted && !f.Parted:
		at := s.place(geo.ENU{E: t.State[0], N: t.State[2]})
		if d := s.friendOf(t); d != nil && s.owns(at, seamSlack) {
			f.Parted = true
			s.pending = s.book.Raise(s.clock.Now, alert.Parted(d, f.ID, t.EventTime, float64(at.Lat), float64(at.Lon)), s.pending)
		}
	case !parted && f.Parted:
		f.Parted = false
		s.pending = s.book.Clear(s.clock.Now, alert.FriendParted, f.ID, s.pending)
	}
}

// friendOf is the last of our own emitters' sensors that spoke for t.
func (s *Sector) friendOf(t *track.Track) (last *sensor.Definition) {
	newest := -1
	for i := range t.Evidence {
		d := &s.cfg.Sensors[s.byID[t.Evidence[i].Sensor]]
		if d.Ours() && (newest < 0 || t.Evidence[i].EventTime.After(t.Evidence[newest].EventTime)) {
			last, newest = d, i
		}
	}
	return last
}
