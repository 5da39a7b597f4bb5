package simulator

import (
	"math/rand/v2"
	"strings"

	"cutline/internal/geo"
)

// beacon is a receiver of transponders: AIS of boats, ADS-B of aircraft. Each of its carriers tells its own place, and is heard or
// not. It gives them as one sweep; nobody knows of one who is silent, so no field of view is claimed.
type beacon struct {
	run      *Run
	spec     *sensorSpec
	rnd      *rand.Rand
	carriers []int
	scan     int64
}

func newBeacon(r *Run, spec *sensorSpec, rnd *rand.Rand) *beacon {
	b := &beacon{run: r, spec: spec, rnd: rnd, scan: int64(rnd.IntN(1000))}
	for i := range r.targets {
		if rest, ok := strings.CutPrefix(r.targets[i].id, spec.Carrier); ok && (rest == "" || rest[0] == '-') {
			b.carriers = append(b.carriers, i)
		}
	}
	return b
}

func (b *beacon) restart() { b.scan = 0 }

func (b *beacon) look(t float64, dst []byte) ([]byte, float64) {
	m := message{b: dst, clock: b.run.clock}
	m.sweep(t, b.scan+1)
	m.simulated()
	m.open("detections", '[')
	heard := 0
	for _, i := range b.carriers {
		g := &b.run.targets[i]
		if !g.walk.present(t) || b.rnd.Float64() > b.spec.Detection {
			continue
		}
		b.report(&m, g, t, heard)
		heard++
	}
	m.close(']')
	m.close('}')
	if heard == 0 {
		return nil, t
	}
	b.scan++
	return m.b, t
}

func (b *beacon) report(m *message, g *target, t float64, number int) {
	sigma := b.spec.Error.Position
	e, n := g.walk.position(t)
	v := g.walk.velocity(t)
	at := b.run.frame.Surface(e+sigma*b.rnd.NormFloat64(), n+sigma*b.rnd.NormFloat64(), geo.Metres(b.run.scenario.Ground+g.height))
	m.detection(b.scan+1, number)
	b.run.ownPlace(m, at, v, sigma)
	m.text("class", g.class)
	m.text("track", g.id)
	m.close('}')
}

// ownPlace writes what a transponder or a telephone tells of itself: its place with the error that it states, and its velocity v in
// the frame, in metres per second of the scenario.
func (r *Run) ownPlace(m *message, at geo.LLA, v geo.ENU, sigma float64) {
	m.open("position", '{')
	m.place(at)
	m.text("alt_ref", "hae")
	m.close('}')
	m.open("error", '{')
	m.number("east_m", sigma, 1)
	m.number("north_m", sigma, 1)
	m.close('}')
	m.open("velocity", '{')
	m.number("speed_mps", v.Range()*r.clock.speed, 2)
	m.degrees("course_deg", float64(v.Bearing()-r.frame.Convergence(at)))
	m.close('}')
}
