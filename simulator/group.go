package simulator

import (
	"math"
	"math/rand/v2"

	"cutline/internal/geo"
)

// splitSpec lets a group part on its way: half of its members go on beside the others, as a target of their own, and may join
// them again.
type splitSpec struct {
	At    float64 `yaml:"at"`     // share of the way, 0 to 1
	Join  float64 `yaml:"join"`   // share of the way; never if not given
	Apart float64 `yaml:"beside"` // metres beside the others
}

// A group's members stay within this, 1 σ, where the scenario does not say how far apart they walk; and part with this speed.
const (
	closeTogether = 1.5 // m
	partingSpeed  = 0.7 // m/s
)

// Herds and groups are not stiff: each member goes to and fro about its place, with two periods that meet seldom.
const (
	swayEast  = 120.0 // s
	swayNorth = 173.0 // s
)

// companions draws the places of a group's members beside the first, who walks on the way itself: within 3 m of it, or each as far
// from the one before as the scenario says.
func companions(rnd *rand.Rand, size, apart span) []geo.ENU {
	n := max(1, int(size[0]+math.Floor((size[1]-size[0]+1)*rnd.Float64())))
	members := make([]geo.ENU, 1, n)
	for range n - 1 {
		if apart[1] == 0 {
			members = append(members, geo.ENU{E: bounded(rnd, closeTogether), N: bounded(rnd, closeTogether)})
			continue
		}
		before := members[len(members)-1]
		far, angle := between(rnd, apart), 2*math.Pi*rnd.Float64()
		members = append(members, geo.ENU{E: before.E + far*math.Sin(angle), N: before.N + far*math.Cos(angle)})
	}
	return members
}

// nearby is how far apart the middles of two parties of one group are, in metres, for the truth to call them two: nearer than that an
// operator sees one group, and a radar few kilometres off one return (internal/score puts crossings together within the same).
const nearby = 30.0

// party is the members of a group who are away for a time: the last ones of its list, who are the next target of the run.
type party struct {
	members  int
	from, to float64
}

// size is how many members walk with the target at t.
func (g *target) size(t float64) int {
	if g.away.members > 0 && t >= g.away.from && t < g.away.to {
		return len(g.members) - g.away.members
	}
	return len(g.members)
}

// member is a member's place beside the walk at t, and its velocity there.
func (g *target) member(k int, t float64) (at, v geo.ENU) {
	at = g.members[k]
	if g.sway == 0 || k == 0 {
		return at, v
	}
	phase := float64(k) * 2.399963 // the golden angle: no two alike
	sinE, cosE := math.Sincos(2*math.Pi*t/swayEast + phase)
	sinN, cosN := math.Sincos(2*math.Pi*t/swayNorth + 2*phase)
	at.E += g.sway * sinE
	at.N += g.sway * sinN
	return at, geo.ENU{E: g.sway * 2 * math.Pi / swayEast * cosE, N: g.sway * 2 * math.Pi / swayNorth * cosN}
}

// place is where a member is at t in the plane.
func (g *target) place(k int, t float64) geo.ENU {
	e, n := g.walk.position(t)
	at, _ := g.member(k, t)
	return geo.ENU{E: e + at.E, N: n + at.N}
}

// walkers appends the places of those who walk with g itself at t.
func (g *target) walkers(all []geo.ENU, t float64) []geo.ENU {
	for k := range g.size(t) {
		all = append(all, g.place(k, t))
	}
	return all
}

// middle of some places.
func middle(places []geo.ENU) (m geo.ENU) {
	for _, p := range places {
		m.E += p.E / float64(len(places))
		m.N += p.N / float64(len(places))
	}
	return m
}

// band is the places of those whom the truth tells as target i at t: who walk with it, and a party that has left it but is still nearby.
// It is empty of a party that is told with the others. It is valid until the next call.
func (r *Run) band(i int, t float64) []geo.ENU {
	g := &r.targets[i]
	r.places = g.walkers(r.places[:0], t)
	other := g // the party that has left it stands behind it
	switch {
	case g.party:
		other = &r.targets[i-1]
	case g.away.members > 0:
		other = &r.targets[i+1]
	}
	if other == g || !other.walk.present(t) {
		return r.places
	}
	own := len(r.places)
	r.places = other.walkers(r.places, t)
	switch {
	case middle(r.places[:own]).Sub(middle(r.places[own:])).Range() >= nearby:
		return r.places[:own]
	case g.party:
		return nil
	}
	return r.places
}

// part takes half of a group's members out of it for a piece of its way, and makes them a target of their own that walks beside.
// Truth counts them apart while they are, and together when they are.
func (r *Run) part(g *target, spec *splitSpec) (other target, parted bool) {
	n := len(g.walk.points)
	first, last := int(spec.At*float64(n)), n-1
	if spec.Join > 0 {
		last = min(last, int(spec.Join*float64(n)))
	}
	if len(g.members) < 2 || last-first < 2 {
		return other, false
	}
	half := len(g.members) / 2
	ahead := g.walk.points[n-1].Sub(g.walk.points[0])
	length := max(ahead.Range(), 1)
	right := geo.ENU{E: ahead.N / length, N: -ahead.E / length}
	other = target{id: g.id + "-b", class: g.class, intent: g.intent, friendly: g.friendly, height: g.height, sway: g.sway, party: true}
	// Its way is that of its own first member.
	leads := g.members[len(g.members)-half]
	for _, at := range g.members[len(g.members)-half:] {
		other.members = append(other.members, at.Sub(leads))
	}
	other.walk.start = g.walk.start + float64(first)
	for k := first; k <= last; k++ {
		off := min(spec.Apart, partingSpeed*float64(k-first))
		if spec.Join > 0 {
			off = min(off, partingSpeed*float64(last-k))
		}
		p := g.walk.points[k]
		other.walk.points = append(other.walk.points, geo.ENU{E: p.E + leads.E + off*right.E, N: p.N + leads.N + off*right.N})
	}
	g.away = party{members: half, from: other.walk.start, to: other.walk.end()}
	other.crosses = r.line.together(&other)
	return other, true
}
