package alert

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"cutline/internal/border"
	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/track"
)

// Kinds of alerts of a track that are not of a crossing.
const (
	Approaching = "approach"
	Loitering   = "loitering"
	ZoneEnter   = "zone_enter"
	ZoneExit    = "zone_exit"
	ZoneDwell   = "zone_dwell"
)

// Presence is what a track does at a place: it comes nearer, it stays, it enters.
type Presence struct {
	Kind        string
	Zone        string // id; empty for the line itself
	Ordinal     int    // of such things of the track's lineage
	Time        time.Time
	Position    geo.LLA
	Direction   string        // of an approach
	Probability float64       // of what Kind says
	For         time.Duration // it stays; of an approach, the time to the line
	Off         string        // why the zone is out of service
}

// Appear raises the alert of a presence, once for its ordinal. An approach has the id that its crossing will have.
func (b *Book) Appear(now time.Time, t *track.Track, f *Follow, p *Presence, out []record.Event) []record.Event {
	key, root := p.Kind, t.Root+"\x00"+p.Zone
	if p.Kind == Approaching {
		key, root = Crossing, t.Root
	}
	name := id(b.sector, key, root, p.Ordinal)
	if t.Friendly {
		return out
	}
	if a := b.byID[name]; a != nil {
		return b.again(now, a, out)
	}
	b.certain(t, f)
	a := &Alert{Stays: p.For, Off: p.Off, Members: []member{{Track: t.ID, Time: p.Time, Size: f.size(t), Before: p.Probability, After: 1}}}
	a.Told = record.AlertEvent{
		ID: name, Kind: p.Kind, Time: p.Time, Lat: round(float64(p.Position.Lat), 7), Lon: round(float64(p.Position.Lon), 7),
		Direction: p.Direction, Zone: p.Zone, Count: a.count(), Tracks: []string{t.ID}, Simulated: t.Simulated,
	}
	b.weigh(a, t, f)
	f.Alerts = append(f.Alerts, name)
	return b.raise(now, a, out)
}

// again says of an alert that was over that it is not.
func (b *Book) again(now time.Time, a *Alert, out []record.Event) []record.Event {
	if a.Gone.IsZero() || a.Told.Kind == Crossing {
		return out
	}
	a.Gone = time.Time{}
	return b.change(now, a, ChangeUpdate, out)
}

// Leave says that a track does no longer what an alert of it says: it has turned from the line, or gone on.
func (b *Book) Leave(now time.Time, f *Follow, kind, zone string, out []record.Event) []record.Event {
	for _, id := range f.Alerts {
		if a := b.byID[id]; a != nil && a.Told.Kind == kind && a.Told.Zone == zone && a.Gone.IsZero() {
			a.Gone = now
			out = b.change(now, a, ChangeUpdate, out)
		}
	}
	return out
}

// arrive makes the alert of an approach the crossing's: the same alert, under the same id. What people have done to it stays, but it
// rises, so an acknowledgement of the approach is none of the crossing.
func (b *Book) arrive(now time.Time, a, crossing *Alert, out []record.Event) []record.Event {
	t, c := &a.Told, &crossing.Told
	t.Kind, t.Time, t.Lat, t.Lon, t.Direction = Crossing, c.Time, c.Lat, c.Lon, c.Direction
	t.Level, t.Confidence, t.Rule, t.RuleFR = c.Level, c.Confidence, c.Rule, c.RuleFR
	t.AckedBy, t.AckedAt, t.Count = "", nil, c.Count
	a.Members, a.Gap, a.Fitted, a.Doubts, a.Gone = crossing.Members, crossing.Gap, crossing.Fitted, crossing.Doubts, time.Time{}
	for _, g := range crossing.Groups {
		if !slices.Contains(a.Groups, g) {
			a.Groups = append(a.Groups, g)
		}
	}
	if urgency(c.Priority) > urgency(t.Priority) {
		t.Priority = c.Priority
	}
	a.Lawful = crossing.Lawful
	b.suppress(a)
	out = b.surface(now, a, out)
	return b.change(now, a, ChangeUpdate, out)
}

// lawful says that a crossing is what its place is for.
func (b *Book) lawful(z *border.Zone, at time.Time) bool {
	return z != nil && z.Crossings == border.LawfulCrossing && z.Hours.Hold(at)
}

// presence is the sentence of an alert that is not of a crossing.
func (b *Book) presence(l language, a *Alert) string {
	t := &a.Told
	who, at := l.who(t.Class, t.Count), l.pick(" at ", " à ")+clock(t.Time)
	has := l.pick("", "a ")
	if t.Count > 1 {
		has = l.pick("", "ont ")
	}
	what, zone := "", strconv.Quote(t.Zone)
	switch t.Kind {
	case Approaching:
		what = fmt.Sprintf(l.pick("comes nearer to the line %s, %s from it in time,", "approche de la ligne %s, à %s,"),
			t.Direction, short(a.Stays))
	case Loitering:
		what = fmt.Sprintf(l.pick("has stayed near the line for %s", "reste près de la ligne depuis %s"), short(a.Stays))
	case ZoneEnter:
		what = l.pick("entered zone ", has+"pénétré dans la zone ") + zone
	case ZoneExit:
		what = l.pick("left zone ", has+"quitté la zone ") + zone
	case ZoneDwell:
		what = fmt.Sprintf(l.pick("has been in zone %s for %s", "se trouve dans la zone %s depuis %s"), zone, short(a.Stays))
	}
	return who + " " + what + " " + b.where(l, t.Lat, t.Lon) + at + l.pick("; ", " ; ") + b.said(l, a) + " (" + percent(t.Confidence) + " %)"
}
