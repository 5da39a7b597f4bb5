package simulator

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"cutline/internal/geo"
)

// target is an actor of this day: what the truth knows of it. A group that walks together is one target, with its size: no
// sensor here can tell its members apart, and one alert for all is right.
type target struct {
	id       string
	class    string
	intent   string
	friendly bool
	walk     walk
	members  []geo.ENU // each one's place beside the walk, metres
	away     party
	party    bool    // it has left the target that stands before it
	sway     float64 // of each member about its place, metres
	height   float64 // above the ground, metres
	crosses  []crossing
}

// course noise of one who walks straight, degrees per √s, where the scenario says nothing; and of an animal that wanders.
const (
	straightWobble = 3.0
	animalWobble   = 20.0
)

// grazing is how far an animal strays from its place before it turns back, in metres.
const grazing = 80.0

// loitering is how far one who hangs about strays from the place, in metres.
const loitering = 25.0

// draws is how often an actor's day is drawn anew to keep it apart from the others; a day too full for that stays full.
const draws = 50

// wayStep is the distance between two points of a way along the line, in metres.
const wayStep = 100.0

// spawn draws the day's actors of one kind. Their times share the span out evenly, so that the day is neither empty nor crowded.
func (r *Run) spawn(spec *actorSpec) error {
	count := max(1, spec.Count)
	for i := range count {
		id := spec.ID
		if count > 1 {
			id = fmt.Sprintf("%s-%02d", spec.ID, i+1)
		}
		rnd := stream(r.seed, "actor "+id)
		slot := (spec.At[1] - spec.At[0]) / float64(count)
		begin := spec.At[0] + slot*float64(i)
		t := target{id: id, class: spec.Class, intent: spec.Intent, friendly: spec.Friendly, sway: spec.Sway}
		t.members = companions(rnd, spec.Members, spec.Apart)
		if spec.Height[1] > 0 {
			t.height = between(rnd, spec.Height)
		}
		for range draws {
			if err := r.draw(&t, spec, begin+slot*rnd.Float64(), rnd); err != nil {
				return err
			}
			if r.apart(&t) {
				break
			}
		}
		other, parted := target{}, false
		if spec.Split.Apart > 0 {
			other, parted = r.part(&t, &spec.Split)
		}
		if len(t.members) > 1 {
			t.crosses = r.line.together(&t)
		}
		r.targets = append(r.targets, t)
		if parted {
			r.targets = append(r.targets, other)
		}
	}
	return nil
}

// draw makes one day of t.
func (r *Run) draw(t *target, spec *actorSpec, at float64, rnd *rand.Rand) error {
	side := r.line.sign(spec.From)
	if side == 0 {
		side = 1 - 2*float64(rnd.IntN(2))
	}
	m := &mover{rnd: rnd, speed: between(rnd, spec.Speed), wobble: wobble(spec), pause: spec.Pauses}
	pivot := r.plan(m, spec, side)
	if len(m.points) < 2 {
		return fmt.Errorf("actor %q does not move: give it a longer way or a lower speed", t.id)
	}
	t.walk = walk{start: at - pivot, points: m.points}
	t.crosses = r.line.crossings(&t.walk)
	return nil
}

// apart says whether t crosses at times and places of its own.
func (r *Run) apart(t *target) bool {
	a := r.scenario.Apart
	if a.Time <= 0 || a.Metres <= 0 {
		return true
	}
	for i := range r.targets {
		for _, other := range r.targets[i].crosses {
			for _, c := range t.crosses {
				if math.Abs(c.at-other.at) < a.Time.seconds() && math.Hypot(c.e-other.e, c.n-other.n) < a.Metres {
					return false
				}
			}
		}
	}
	return true
}

func wobble(spec *actorSpec) float64 {
	degrees := spec.Wobble
	if degrees == 0 {
		degrees = straightWobble
		if spec.Intent == "wander" {
			degrees = animalWobble
		}
	}
	return degrees * math.Pi / 180
}

// plan lets m walk what spec intends, beginning on a side of the line. The pivot is the second of the walk that the scenario's
// at means: at the line, nearest to it, or the walk's first for one that stays away.
func (r *Run) plan(m *mover, spec *actorSpec, side float64) (pivot float64) {
	rnd := m.rnd
	lon := between(rnd, spec.Lon)
	foot, left := r.line.at(lon)
	// off is the point so many metres from the line (positive: on its own side), moved sideways.
	off := func(metres, along float64) geo.ENU {
		return geo.ENU{
			E: foot.E + side*metres*left.E + along*left.N,
			N: foot.N + side*metres*left.N - along*left.E,
		}
	}
	approach := between(rnd, spec.Approach)
	start := off(approach, approach*(rnd.Float64()-0.5))
	switch spec.Intent {
	case "cross", "return":
		beyond := between(rnd, spec.Beyond)
		goal := off(-beyond, beyond*(rnd.Float64()-0.5))
		m.begin(start, goal)
		m.to(goal)
		w := walk{points: m.points}
		if spec.Intent == "return" {
			m.stand(between(rnd, span(spec.Linger)))
			m.to(start)
		}
		if first := r.line.crossings(&w); len(first) > 0 {
			pivot = first[0].at
		}
	case "turn_back":
		goal := off(between(rnd, spec.Short), 0)
		m.begin(start, goal)
		m.to(goal)
		pivot = float64(len(m.points) - 1)
		m.stand(between(rnd, span(spec.Linger)))
		m.to(start)
	case "loiter":
		place := off(between(rnd, spec.Offset), 0)
		start = off(between(rnd, spec.Offset)+approach, approach*(rnd.Float64()-0.5))
		m.begin(start, place)
		m.to(place)
		pivot = float64(len(m.points) - 1)
		m.wander(place, loitering, between(rnd, span(spec.Linger)))
		m.to(start)
	case "road":
		pivot = r.drive(m, spec, side)
	case "along":
		r.walkAlong(m, spec, side*between(rnd, spec.Offset), lon)
	case "wander":
		home := off(between(rnd, spec.Offset), 0)
		m.begin(home, off(0, 0))
		m.course = 2 * math.Pi * rnd.Float64()
		m.wander(home, grazing, between(rnd, spec.Length)/m.speed)
	}
	return pivot
}

// walkAlong goes along the line at a fixed offset (positive: to its left), east or west, from a longitude.
func (r *Run) walkAlong(m *mover, spec *actorSpec, offset, lon float64) {
	way := 1 - 2*float64(m.rnd.IntN(2))
	degrees := wayStep / (111320 * math.Cos(float64(r.line.frame.Origin().Lat.Radians())))
	point := func(k float64) geo.ENU {
		p, left := r.line.at(lon + way*k*degrees)
		return geo.ENU{E: p.E + offset*left.E, N: p.N + offset*left.N}
	}
	m.begin(point(0), point(1))
	for k := 1.0; k <= math.Ceil(between(m.rnd, spec.Length)/wayStep); k++ {
		m.to(point(k))
	}
}

// drive follows a road, from its end on the actor's side; either way if both ends lie there.
func (r *Run) drive(m *mover, spec *actorSpec, side float64) (pivot float64) {
	var way []geo.ENU
	for _, road := range r.scenario.Roads {
		if road.ID == spec.Road {
			for _, p := range road.Points {
				way = append(way, r.plane(p))
			}
		}
	}
	first, last := way[0], way[len(way)-1]
	begins, ends := r.line.distance(first.E, first.N)*side > 0, r.line.distance(last.E, last.N)*side > 0
	if ends && !begins || ends == begins && m.rnd.IntN(2) == 1 {
		slices.Reverse(way)
	}
	aside := between(m.rnd, spec.Offset)
	for i := range way { // to the right of its way, by the direction that it has there
		a, b := way[max(i-1, 0)], way[min(i+1, len(way)-1)]
		ahead := b.Sub(a)
		length := max(ahead.Range(), 1)
		p := geo.ENU{E: way[i].E + aside*ahead.N/length, N: way[i].N - aside*ahead.E/length}
		if i == 0 {
			m.begin(p, way[1])
			continue
		}
		m.to(p)
	}
	w := walk{points: m.points}
	if crosses := r.line.crossings(&w); len(crosses) > 0 {
		pivot = crosses[0].at
	}
	return pivot
}
