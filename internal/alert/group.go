package alert

import (
	"math"
	"slices"
	"time"

	"cutline/internal/border"
	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/track"
)

// Companions cross alike within these of one another: so an operator would call them one event.
const (
	companyWithin = 15 * time.Second
	companyMetres = 30.0
	mostMembers   = 32          // of one alert; the next one has an alert of its own
	countFor      = time.Minute // after its crossing, a member is counted anew
	timesApart    = 2           // scans in which one sensor saw both, and two tracks are two targets
)

// member is one of those who crossed together. Exported fields are for snapshots.
//
// Two tracks side by side are two people, or one person whom two sensors with a bias see in two places. What tells them apart is one
// sensor that has seen both in one scan, twice: a target gives it at most one return. So a member counts once it has been told apart
// from all that count before it.
type member struct {
	Track         string // id
	Time          time.Time
	Lat, Lon      float64
	Size          int     // companions that no sensor tells apart
	Before, After float64 // probability that it was on the side it came from, and the best one so far that it is on the other
	Gone          bool
	Hits          []hit // the last of each sensor
	Apart         []int // from each member before this one: the scans in which one sensor saw both
}

type hit struct {
	Sensor string
	At     int64 // event time, ns
}

func newMember(t *track.Track, f *Follow, c *border.Crossing) member {
	return member{
		Track: t.ID, Time: c.Time, Lat: float64(c.Position.Lat), Lon: float64(c.Position.Lon), Size: f.size(t),
		Before: c.Before, After: c.Probability / c.Before,
	}
}

func (a *Alert) member(id string) *member {
	for i := range a.Members {
		if a.Members[i].Track == id {
			return &a.Members[i]
		}
	}
	return nil
}

// company finds the open alert whose members have crossed as the one of a just has. An animal is no companion of people: a person
// must not hide behind a deer, nor the other way round.
func (b *Book) company(a *Alert) *Alert {
	m := &a.Members[0]
	frame := geo.NewFrame(geo.LLA{Lat: geo.Degrees(m.Lat), Lon: geo.Degrees(m.Lon)})
	for _, o := range slices.Backward(b.state.Open) {
		if o.Told.Kind != Crossing || o.Told.Direction != a.Told.Direction || len(o.Members) >= mostMembers ||
			o.Told.SuppressedBy != a.Told.SuppressedBy ||
			(o.Told.Class == "animal") != (a.Told.Class == "animal") || (o.Gap > 0) != (a.Gap > 0) {
			continue
		}
		for i := range o.Members {
			p := &o.Members[i]
			at := frame.ENU(geo.LLA{Lat: geo.Degrees(p.Lat), Lon: geo.Degrees(p.Lon)})
			if p.Time.Sub(m.Time).Abs() <= companyWithin && math.Hypot(at.E, at.N) <= companyMetres {
				return o
			}
		}
	}
	return nil
}

// join takes the one member of a into the group that it crossed with.
func (b *Book) join(now time.Time, group, a *Alert, t *track.Track, f *Follow, out []record.Event) []record.Event {
	m := a.Members[0]
	m.Apart = make([]int, len(group.Members))
	group.Members = append(group.Members, m)
	group.Told.Tracks = append(group.Told.Tracks, t.ID)
	group.Told.Simulated = group.Told.Simulated || t.Simulated
	group.Gone = time.Time{}
	group.meet(&group.Members[len(group.Members)-1], t, f)
	b.weigh(group, t, f)
	return b.change(now, group, ChangeUpdate, out)
}

// meet notes the scans in which one sensor has seen the member beside others, and says whether the count has changed. Whom it meets later
// on has not crossed with it.
func (a *Alert) meet(m *member, t *track.Track, f *Follow) bool {
	if t.EventTime.Sub(m.Time) > countFor {
		return false
	}
	switch n := f.size(t); {
	case n == 0:
		m.Size = 0 // and stays so: the other one goes on counting it
	case m.Size > 0:
		m.Size = max(m.Size, n)
	}
	if len(a.Members) > 1 {
		for i := range t.Evidence {
			if e := &t.Evidence[i]; m.sees(hit{e.Sensor, e.EventTime.UnixNano()}) {
				a.beside(m, hit{e.Sensor, e.EventTime.UnixNano()})
			}
		}
	}
	before := a.Told.Count
	a.Told.Count = max(before, a.count())
	return a.Told.Count != before
}

// sees keeps a sensor's last hit, and says whether it is a new one.
func (m *member) sees(h hit) bool {
	for i := range m.Hits {
		if m.Hits[i].Sensor == h.Sensor {
			fresh := m.Hits[i].At != h.At
			m.Hits[i].At = h.At
			return fresh
		}
	}
	m.Hits = append(m.Hits, h)
	return true
}

// beside finds the other members that the same scan has hit.
func (a *Alert) beside(m *member, h hit) {
	self := 0
	for &a.Members[self] != m {
		self++
	}
	for i := range a.Members {
		for _, o := range a.Members[i].Hits {
			if i != self && o == h {
				early, late := min(i, self), max(i, self)
				a.Members[late].Apart[early]++
			}
		}
	}
}

// count is how many have crossed for sure: see member.
func (a *Alert) count() int {
	n := 0
	var counted []int
members:
	for i := range a.Members {
		for _, k := range counted {
			if a.Members[i].Apart[k] < timesApart {
				continue members
			}
		}
		counted = append(counted, i)
		n += a.Members[i].Size
	}
	return max(1, n)
}

// leave takes a member out.
func (a *Alert) leave(id string) {
	for i := range a.Members {
		if a.Members[i].Track != id {
			continue
		}
		a.Members = append(a.Members[:i], a.Members[i+1:]...)
		for k := i; k < len(a.Members); k++ {
			apart := a.Members[k].Apart
			a.Members[k].Apart = append(apart[:i], apart[i+1:]...)
		}
		return
	}
}

// party is how often a track has lately stood for two, for three, and so on: fusion counts the returns of each look, which come and go
// with clutter and with who walks behind whom. The largest number of a day is too many for one in ten of those who walk alone. Exported
// fields are for snapshots.
type party struct {
	At    int64      // event time of the last look, ns
	Seen  float64    // s of looks, those of long ago fading
	Times [7]float64 // of them, those with 2 or more, 3 or more, …
}

const (
	companyFades  = 90.0 // s
	companyShare  = .2   // of the looks of so long that show a number, and it is one: some of them hide behind others at most times
	companyLonger = 10.0 // s, the most that one look counts for
)

func (c *party) look(t *track.Track) {
	at := t.EventTime.UnixNano()
	if !t.Last.Equal(t.EventTime) || at <= c.At {
		return
	}
	dt := min(float64(at-c.At)/float64(time.Second), companyLonger)
	fade := 1 - dt/companyFades
	c.At, c.Seen = at, fade*c.Seen+dt
	for i := range c.Times {
		if c.Times[i] *= fade; t.Count >= i+2 {
			c.Times[i] += dt
		}
	}
}

// size is how many a track stands for: companions that no sensor tells apart are one track. Who goes with another track is in that one's.
func (f *Follow) size(t *track.Track) int {
	if t.Leader != "" {
		return 0
	}
	n := 1
	for n <= len(f.Party.Times) && f.Party.Times[n-1] >= companyShare*f.Party.Seen && f.Party.Times[n-1] > 0 {
		n++
	}
	return n
}
