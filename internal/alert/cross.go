package alert

import (
	"slices"
	"time"

	"cutline/internal/border"
	"cutline/internal/record"
	"cutline/internal/track"
)

// sigmas of a crossing.
type sigmas struct {
	Time  time.Duration
	Place float64 // m
}

// Passed is a crossing of the line, and the zone that it is in; nil for none.
type Passed struct {
	border.Crossing
	Zone *border.Zone
}

// Cross takes in a crossing of t: it appends the crossing and, unless the target is friendly or goes with one that has crossed just so, a
// new alert; or it makes the alert of its approach the crossing's. Zone is the one that the crossing is in, if any: in one for crossing,
// in its hours, the alert is suppressed.
func (b *Book) Cross(now time.Time, t *track.Track, f *Follow, c *Passed, out []record.Event) []record.Event {
	b.certain(t, f)
	a := &Alert{
		Fitted: sigmas{c.TimeSigma, float64(c.PlaceSigma)}, Members: []member{newMember(t, f, &c.Crossing)}, Lawful: b.lawful(c.Zone, c.Time),
	}
	if c.Inferred {
		a.Gap = c.Gap
	}
	a.Told = record.AlertEvent{
		ID: id(b.sector, Crossing, t.Root, c.Ordinal), Kind: Crossing, Time: c.Time,
		Lat: round(float64(c.Position.Lat), 7), Lon: round(float64(c.Position.Lon), 7), Direction: c.Direction,
		Count: a.count(), Tracks: []string{t.ID}, Simulated: t.Simulated,
	}
	if c.Zone != nil {
		a.Told.Zone = c.Zone.ID
	}
	b.weigh(a, t, f)
	out = append(out, b.crossing(a, t, &c.Crossing))
	before := b.byID[a.Told.ID]
	switch {
	case t.Friendly, before != nil && before.Told.Kind == Crossing:
		return out
	case before != nil:
		return b.arrive(now, before, a, out)
	}
	if group := b.company(a); group != nil {
		f.Alerts = append(f.Alerts, group.Told.ID)
		return b.join(now, group, a, t, f, out)
	}
	f.Alerts = append(f.Alerts, a.Told.ID)
	return b.raise(now, a, out)
}

// crossing tells the crossing itself, under the id that its alert has if it is alone.
func (b *Book) crossing(a *Alert, t *track.Track, c *border.Crossing) record.Event {
	return record.Event{Type: record.CrossingType, Time: c.Time, Sector: b.sector, Crossing: &record.CrossingEvent{
		ID: a.Told.ID, Track: t.ID, Time: c.Time, Lat: a.Told.Lat, Lon: a.Told.Lon, Direction: c.Direction,
		Level: a.Told.Level, Confidence: a.Told.Confidence, Groups: append([]string{}, a.Groups...),
		TimeSigmaS: round(c.TimeSigma.Seconds(), 2), PlaceSigmaM: round(float64(c.PlaceSigma), 1),
		Friendly: t.Friendly, Simulated: t.Simulated,
	}}
}

// Track takes in what has become of a track since its last step. After is the probability by now that it is on the side it
// crossed to last.
func (b *Book) Track(now time.Time, t *track.Track, f *Follow, after float64, out []record.Event) []record.Event {
	b.certain(t, f)
	for i := 0; i < len(f.Alerts); i++ {
		a := b.byID[f.Alerts[i]]
		if a == nil { // it has ended
			f.Alerts = slices.Delete(f.Alerts, i, i+1)
			i--
			continue
		}
		side := after
		if slices.ContainsFunc(f.Alerts[i+1:], b.crossed) {
			side = 0 // after an earlier crossing it has gone back since
		}
		switch {
		case t.Friendly:
			out = b.befriend(now, a, t, out)
		case t.Status == track.Lost:
			out = b.lose(now, a, t, out)
		default:
			out = b.follow(now, a, t, f, side, out)
		}
	}
	return out
}

// follow works a living track's last step into one of its alerts. Side is the probability that it is on the side it crossed to.
func (b *Book) follow(now time.Time, a *Alert, t *track.Track, f *Follow, side float64, out []record.Event) []record.Event {
	m := a.member(t.ID)
	if m == nil {
		return out
	}
	back := !a.Gone.IsZero() && a.Told.Kind == Crossing // a presence is over when the track has gone elsewhere, not only when it is lost
	if m.Gone = false; back {
		a.Gone = time.Time{}
	}
	m.After = max(m.After, side)
	worth, priority, hidden := a.meet(m, t, f), a.Told.Priority, a.Told.SuppressedBy != ""
	worth = b.weigh(a, t, f) || worth || back && a.state() != a.Told.State
	if hidden && a.Told.SuppressedBy == "" { // to who watches it is new
		out = b.fold(now, a, out)
	}
	if urgency(a.Told.Priority) > urgency(priority) {
		out = b.surface(now, a, out)
	}
	if worth {
		out = b.change(now, a, ChangeUpdate, out)
	}
	return out
}

func (b *Book) crossed(id string) bool { return b.byID[id] != nil && b.byID[id].Told.Kind == Crossing }

// lose notes that a track is lost. The alert is over when that was the last of those who crossed together.
func (b *Book) lose(now time.Time, a *Alert, t *track.Track, out []record.Event) []record.Event {
	if m := a.member(t.ID); m != nil {
		m.Gone = true
	}
	if !a.Gone.IsZero() || slices.ContainsFunc(a.Members, func(m member) bool { return !m.Gone }) {
		return out
	}
	a.Gone = now
	if a.state() != a.Told.State {
		out = b.change(now, a, ChangeUpdate, out)
	}
	return out
}

// befriend takes one of our own out of an alert; the last one ends it.
func (b *Book) befriend(now time.Time, a *Alert, t *track.Track, out []record.Event) []record.Event {
	if m := a.member(t.ID); m == nil {
		return out
	} else if len(a.Members) == 1 {
		return b.end(now, a, bilingual{"friendly: it is one of our own", "ami : c'est l'un des nôtres"}, out)
	}
	a.leave(t.ID)
	a.Told.Count = a.count()
	return b.change(now, a, ChangeUpdate, out)
}

// Merge moves the alerts of a track to the one that it turned out to be. Two alerts for one crossing, since it was two tracks, become
// one: the later ends as a duplicate. Two companions of one alert that turn out to be one target are counted once.
func (b *Book) Merge(now time.Time, t *track.Track, f, from *Follow, gone string, out []record.Event) []record.Event {
	for _, id := range from.Alerts {
		moved := b.byID[id]
		if moved == nil {
			continue
		}
		if slices.Contains(f.Alerts, id) {
			out = b.unite(now, moved, t, gone, out)
			continue
		}
		if twin := b.twin(moved, f.Alerts); twin != "" && len(moved.Members) == 1 {
			out = b.end(now, moved, bilingual{
				"duplicate: the same target and crossing as " + twin, "doublon : même cible et même franchissement que " + twin,
			}, out)
			continue
		}
		f.Alerts = append(f.Alerts, id)
		moved.Gone = time.Time{}
		if m := moved.member(gone); m != nil {
			m.Track, m.Gone = t.ID, false
		}
		if !slices.Contains(moved.Told.Tracks, t.ID) {
			moved.Told.Tracks = append(moved.Told.Tracks, t.ID)
			out = b.change(now, moved, ChangeUpdate, out)
		}
	}
	from.Alerts = nil
	f.Alerts = slices.DeleteFunc(f.Alerts, func(id string) bool { return b.byID[id] == nil })
	slices.SortStableFunc(f.Alerts, func(x, y string) int { // the last is that of the last crossing
		return b.byID[x].Told.Time.Compare(b.byID[y].Told.Time)
	})
	return out
}

// unite makes one of two members that are one target.
func (b *Book) unite(now time.Time, a *Alert, t *track.Track, gone string, out []record.Event) []record.Event {
	if a.member(gone) == nil || a.member(t.ID) == nil || gone == t.ID {
		return out
	}
	a.leave(gone)
	if n := a.count(); n != a.Told.Count {
		a.Told.Count = n
		out = b.change(now, a, ChangeUpdate, out)
	}
	return out
}

// Two tracks of one target cross alike within a scan or two of each other.
const twinWithin = 15 * time.Second

func (b *Book) twin(a *Alert, among []string) string {
	for _, id := range among {
		if o := b.byID[id]; o != nil && o.Told.Direction == a.Told.Direction && o.Told.Time.Sub(a.Told.Time).Abs() <= twinWithin {
			return id
		}
	}
	return ""
}

// certain keeps since when the track's existence is certain without a break, and for how many it stands.
func (b *Book) certain(t *track.Track, f *Follow) {
	f.Party.look(t)
	if t.Existence < b.cfg.Certain {
		f.CertainSince = time.Time{}
	} else if f.CertainSince.IsZero() {
		f.CertainSince = t.EventTime
	}
}
