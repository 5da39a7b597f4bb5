package simulator

import (
	"math"
	"math/rand/v2"
	"slices"

	"cutline/internal/geo"
)

// phone is a patrol's telephone: it tells its own place.
type phone struct {
	run     *Run
	spec    *sensorSpec
	rnd     *rand.Rand
	carrier int
	count   int64
}

func newPhone(r *Run, spec *sensorSpec, rnd *rand.Rand) *phone {
	carrier := slices.IndexFunc(r.targets, func(t target) bool { return t.id == spec.Carrier || t.id == spec.Carrier+"-01" })
	return &phone{run: r, spec: spec, rnd: rnd, carrier: carrier}
}

func (p *phone) restart() { p.count = 0 }

func (p *phone) look(t float64, dst []byte) ([]byte, float64) {
	g := &p.run.targets[p.carrier] // check has found the carrier among the actors, and each actor is a target at least once
	if !g.walk.present(t) || p.rnd.Float64() > p.spec.Detection {
		return nil, t
	}
	sigma := p.spec.Error.Position
	e, n := g.walk.position(t)
	v := g.walk.velocity(t)
	at := p.run.frame.Surface(e+sigma*p.rnd.NormFloat64(), n+sigma*p.rnd.NormFloat64(), geo.Metres(p.run.scenario.Ground))
	p.count++
	m := message{b: dst, clock: p.run.clock}
	m.open("", '{')
	m.time(t)
	m.integer("scan", p.count)
	p.run.ownPlace(&m, at, v, sigma)
	m.text("class", "person")
	m.text("track", p.spec.ID)
	m.simulated()
	m.close('}')
	return m.b, t
}

// statusPeriod is how often a sensor tells how it is, in seconds.
const statusPeriod = 10.0

// status tells how a sensor is. The battery sinks as the day goes: a drone's within the hour, a buried sensor's within months.
type status struct {
	run     *Run
	battery float64 // percent at the beginning
	drain   float64 // percent per second
}

func newStatus(r *Run, spec *sensorSpec, rnd *rand.Rand) *status {
	s := &status{run: r, battery: 70 + 30*rnd.Float64(), drain: 1e-6}
	switch spec.Kind {
	case "drone":
		s.drain = 0.02
	case "patrol":
		s.drain = 0.002
	}
	return s
}

func (s *status) look(t float64, dst []byte) ([]byte, float64) {
	m := message{b: dst, clock: s.run.clock}
	m.open("", '{')
	m.time(t)
	m.text("state", "online")
	m.number("battery_pct", math.Max(5, s.battery-s.drain*t), 1)
	m.close('}')
	return m.b, t
}
