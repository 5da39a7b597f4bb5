package simulator

import (
	"math"
	"math/rand/v2"
	"strconv"
)

type groundSpec struct {
	False float64  `yaml:"false_per_hour"` // wind, rain and mice
	Hold  duration `yaml:"hold"`           // between two events
}

type stringSpec struct {
	Count  int     `yaml:"count"`
	Lon    span    `yaml:"lon"`      // from the first to the last
	Offset float64 `yaml:"offset_m"` // from the line
	Side   string  `yaml:"side"`
}

// groundPeriod is how often a ground sensor listens, in seconds.
const groundPeriod = 1.0

// ground is a seismic sensor: something stepped near it. It does not know what, nor where.
type ground struct {
	run   *Run
	spec  *sensorSpec
	rnd   *rand.Rand
	e, n  float64
	until float64 // it holds its tongue
	count int
}

func newGround(r *Run, spec *sensorSpec, rnd *rand.Rand) *ground {
	enu := r.frame.ENU(spec.Pose.lla())
	return &ground{run: r, spec: spec, rnd: rnd, e: enu.E, n: enu.N}
}

func (g *ground) restart() { g.count = 0 }

func (g *ground) look(t float64, dst []byte) ([]byte, float64) {
	if t < g.until {
		return nil, t
	}
	if !g.trips(t) {
		return nil, t
	}
	g.until = t + g.run.clock.delay(g.spec.GroundS.Hold.seconds())
	g.count++
	event := milli(t - groundPeriod*g.rnd.Float64()*0.9) // it felt it some time during the second
	event = max(event, 0)
	m := message{b: dst, clock: g.run.clock}
	m.open("", '{')
	m.time(event)
	m.text("id", "e"+strconv.Itoa(g.count))
	m.number("confidence", 0.6+0.35*g.rnd.Float64(), 2)
	m.simulated()
	m.close('}')
	return m.b, t
}

// trips says whether the sensor gives an event in this second. A step is felt less far out; a vehicle is felt always, an animal's
// lighter step less often than a man's.
func (g *ground) trips(t float64) bool {
	w := g.run.scenario.weather(t)
	if g.rnd.Float64() < g.spec.GroundS.False/3600*groundPeriod*w.shake() {
		return true
	}
	for i := range g.run.see(t) {
		b := &g.run.bodies[i]
		distance := math.Hypot(b.enu.E-g.e, b.enu.N-g.n)
		if distance > g.spec.Coverage.Range || b.height > 0 || b.velocity.Range() < 0.1 {
			continue
		}
		p := 0.5 * g.spec.Detection
		switch b.class {
		case "vehicle":
			p = 0.95
		case "animal":
			p *= 0.6
		}
		if g.rnd.Float64() < p*(1-0.5*distance/g.spec.Coverage.Range) {
			return true
		}
	}
	return false
}
