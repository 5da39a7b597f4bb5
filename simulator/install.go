package simulator

import (
	"fmt"
	"math"
	"math/rand/v2"

	"cutline/internal/geo"
	"cutline/simulator/dialect"
)

// body is one person, vehicle or animal, where it is at the moment of a look.
type body struct {
	target   int
	class    string
	lla      geo.LLA // known to a mast's looks alone: it takes longer to find than all the rest
	enu      geo.ENU // in the plane
	velocity geo.ENU // in the plane, m/s on the wall clock
	height   float64 // above the ground
}

// see gives all bodies at a moment, valid until the next call.
func (r *Run) see(t float64) []body {
	r.bodies = r.bodies[:0]
	for i := range r.targets {
		g := &r.targets[i]
		if !g.walk.present(t) {
			continue
		}
		e, n := g.walk.position(t)
		v := g.walk.velocity(t)
		v.E, v.N = v.E*r.clock.speed, v.N*r.clock.speed
		for k := range g.size(t) {
			at, own := g.member(k, t)
			own.E, own.N = v.E+own.E*r.clock.speed, v.N+own.N*r.clock.speed
			r.bodies = append(r.bodies, body{
				target: i, class: g.class, enu: geo.ENU{E: e + at.E, N: n + at.N}, velocity: own, height: g.height,
			})
		}
	}
	return r.bodies
}

// install sets up the truth and all sensors, each with its status; that of one that speaks the format of others is part of the format, if
// it is anywhere. The truth comes first: of equal moments it is told first.
func (r *Run) install() error {
	r.devices = append(r.devices, &device{period: 1, eye: &witness{run: r, watchers: r.watchers()}})
	for _, spec := range r.scenario.sensors(r.line) {
		rnd := stream(r.seed, "sensor "+spec.ID)
		l := newLink(r.seed, &spec)
		topic := "border/" + r.scenario.Sector.ID + "/" + spec.ID
		period := spec.Period.seconds()
		if period == 0 {
			period = groundPeriod
		}
		// The order of the draws is part of a seed's day.
		due := milli(period * rnd.Float64())
		look := r.watch(&spec, r.eye(&spec, rnd), false)
		first := milli(rnd.Float64())
		tell := r.watch(&spec, newStatus(r, &spec, rnd), true)
		d := &device{id: spec.ID, topic: topic + "/detections", due: due, period: period, link: l, eye: look}
		if r.devices = append(r.devices, d); spec.foreign() {
			var err error
			if d.speak, err = dialect.New(spec.Format, spec.ID); err != nil {
				return fmt.Errorf("sensor %s: %w", spec.ID, err)
			}
			continue
		}
		r.devices = append(r.devices, &device{id: spec.ID, topic: topic + "/status", due: first, period: statusPeriod, link: l, eye: tell})
	}
	return nil
}

// foreign says whether it speaks another format than our own.
func (d *sensorSpec) foreign() bool { return d.Format != "" && d.Format != nativeFormat }

// nativeFormat is the name of our own.
const nativeFormat = "cutline/v1"

// milli rounds to whole milliseconds, which is what a message's time can carry: a look happens at the time that it states.
func milli(seconds float64) float64 { return math.Round(seconds*1000) / 1000 }

func (r *Run) eye(spec *sensorSpec, rnd *rand.Rand) eye {
	switch spec.Kind {
	case "radar":
		return newRadar(r, spec, rnd)
	case "camera":
		return newCamera(r, spec, rnd)
	case "ground":
		return newGround(r, spec, rnd)
	case "patrol":
		return newPhone(r, spec, rnd)
	case "ais", "adsb":
		return newBeacon(r, spec, rnd)
	default: // check leaves drone and helicopter
		return newAircraft(r, spec, rnd)
	}
}

// sensors lists them one by one: a string of ground sensors becomes its members, each with its place.
func (s *Scenario) sensors(l *line) []sensorSpec {
	var out []sensorSpec
	for _, spec := range s.Sensors {
		if spec.String == nil {
			out = append(out, spec)
			continue
		}
		for i := range spec.String.Count {
			one := spec
			one.ID = fmt.Sprintf("%s-%02d", spec.ID, i+1)
			one.String = nil
			part := (float64(i) + 0.5) / float64(spec.String.Count)
			p, left := l.at(spec.String.Lon[0] + part*(spec.String.Lon[1]-spec.String.Lon[0]))
			off := spec.String.Offset * l.sign(spec.String.Side)
			at := l.frame.Surface(p.E+off*left.E, p.N+off*left.N, geo.Metres(s.Ground))
			one.Pose = &poseSpec{Lat: degrees6(at.Lat), Lon: degrees6(at.Lon), Alt: s.Ground}
			out = append(out, one)
		}
	}
	return out
}

// degrees6 rounds to the six decimals in which the configuration states a pose: the sensor stands where its definition says.
func degrees6(d geo.Degrees) float64 { return math.Round(float64(d)*1e6) / 1e6 }

// mast is where a fixed sensor stands and what it covers.
type mast struct {
	run         *Run
	enu         geo.ENU // in the plane
	frame       geo.Frame
	convergence float64 // of true north at the mast against the plane's, radians
	reach       float64
	shadows     []shadowSpec
	from, width float64 // of the coverage, radians; width 2π all round
}

func newMast(r *Run, spec *sensorSpec) mast {
	at := spec.Pose.lla()
	m := mast{run: r, enu: r.frame.ENU(at), frame: geo.NewFrame(at), convergence: float64(r.frame.Convergence(at))}
	m.shadows = spec.Shadows
	m.reach, m.width = spec.Coverage.Range, 2*math.Pi
	if a := spec.Coverage.Azimuth; a != nil && a[0] != a[1] {
		m.from = float64(geo.Degrees(a[0]).Radians())
		m.width = float64(geo.Wrap2Pi(geo.Degrees(a[1] - a[0]).Radians()))
	}
	return m
}

func (p poseSpec) lla() geo.LLA {
	return geo.LLA{Lat: geo.Degrees(p.Lat), Lon: geo.Degrees(p.Lon), Alt: geo.Metres(p.Alt)}
}

// spare is how much further than its reach a mast looks in the plane, whose lengths are a little wrong far from its middle.
const spare = 1.001

// near gives the bodies that may be within reach, with their places on the ellipsoid; valid until the next call.
func (m *mast) near(t float64) []body {
	all := m.run.see(t)
	kept := all[:0]
	for _, b := range all {
		if b.enu.Sub(m.enu).Range() <= m.reach*spare {
			b.lla = m.run.frame.Surface(b.enu.E, b.enu.N, geo.Metres(m.run.scenario.Ground+m.run.relief.at(b.enu.E, b.enu.N)+b.height))
			kept = append(kept, b)
		}
	}
	return kept
}

// sight is a body as the mast sees it, without error.
type sight struct {
	slant, azimuth, rangeRate float64 // m, radians from true north, m/s away
	elevation                 float64 // radians above the horizontal
}

// sight measures a body; false if it is out of reach or to the side of the coverage.
func (m *mast) sight(b *body) (sight, bool) {
	rel := m.frame.ENU(b.lla)
	s := sight{slant: math.Sqrt(rel.E*rel.E + rel.N*rel.N + rel.U*rel.U), azimuth: float64(rel.Bearing())}
	s.elevation = math.Asin(rel.U / s.slant)
	// A direction in the plane lies convergence to the right of its true bearing at the mast: turn the velocity back by it.
	sin, cos := math.Sincos(m.convergence)
	vE := b.velocity.E*cos - b.velocity.N*sin
	vN := b.velocity.E*sin + b.velocity.N*cos
	s.rangeRate = (rel.E*vE + rel.N*vN) / s.slant
	return s, s.slant <= m.reach && m.covers(s.azimuth) && !m.hidden(b, &s)
}

func (m *mast) covers(azimuth float64) bool {
	return float64(geo.Wrap2Pi(geo.Radians(azimuth-m.from))) <= m.width
}
