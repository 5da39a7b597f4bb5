package simulator

import (
	"math"
	"math/rand/v2"
	"slices"

	"cutline/internal/geo"
)

type aircraftSpec struct {
	From       latLon  `yaml:"from"`
	To         latLon  `yaml:"to"`
	TurnRadius float64 `yaml:"turn_radius_m"`
	Speed      float64 `yaml:"speed_mps"`
	Height     float64 `yaml:"height_m"`        // above the ground
	Width      float64 `yaml:"width_deg"`       // of the field of view, which looks ahead
	Pointing   float64 `yaml:"pointing_deg"`    // 1 σ of the line of sight
	Navigation float64 `yaml:"navigation_m"`    // 1 σ of its own place, east and north each
	False      float64 `yaml:"false_per_frame"` // probability
	Cues       cueSpec `yaml:"cues"`
}

type latLon struct {
	Lat float64 `yaml:"lat"`
	Lon float64 `yaml:"lon"`
}

// aircraft is a drone or helicopter of ours. It flies a racetrack, looks ahead, and gives places on the ground, as good as it knows
// where it is and where it looks. In its turns it is blind.
type aircraft struct {
	run      *Run
	spec     *sensorSpec
	rnd      *rand.Rand
	from, to geo.ENU
	phase    float64 // metres flown at the scenario's beginning
	drift    geo.ENU // error of navigation, the same for pose and detections of a look
	seen     float64 // time of the last look
	scan     int64
	spots    []spot
	errand   errand
}

// spot is a place on the ground, as measured.
type spot struct {
	at         geo.ENU // true until measured
	class      string
	ee, en, nn float64 // covariance, m²
	right      float64 // probability that the class is right
}

// The error of navigation wanders with this time constant, in seconds; and bodies closer than this are one spot.
const (
	navigationTime     = 60.0
	aircraftResolution = 8.0 // m
)

func newAircraft(r *Run, spec *sensorSpec, rnd *rand.Rand) *aircraft {
	a := &aircraft{run: r, spec: spec, rnd: rnd, scan: int64(rnd.IntN(1000)), errand: errand{seen: map[int]float64{}}}
	a.from, a.to = r.plane(spec.Aircraft.From), r.plane(spec.Aircraft.To)
	leg := a.to.Sub(a.from).Range()
	a.phase = rnd.Float64() * 2 * (leg + math.Pi*spec.Aircraft.TurnRadius)
	sigma := spec.Aircraft.Navigation
	a.drift = geo.ENU{E: sigma * rnd.NormFloat64(), N: sigma * rnd.NormFloat64()}
	return a
}

// fly is where the aircraft is at t, its course in the plane, and whether it is in a turn. The racetrack: a leg from → to, a half
// circle to the right, the leg back, another half circle.
func (a *aircraft) fly(t float64) (p geo.ENU, course float64, turning bool) {
	leg, r := a.to.Sub(a.from), a.spec.Aircraft.TurnRadius
	length := leg.Range()
	ahead := geo.ENU{E: leg.E / length, N: leg.N / length}
	left := geo.ENU{E: -ahead.N, N: ahead.E}
	half := length + math.Pi*r
	s := math.Mod(a.phase+a.spec.Aircraft.Speed*t, 2*half)
	near := a.from
	if s >= half { // the way back is the way out, turned by half a circle
		s -= half
		near = a.to
		ahead, left = geo.ENU{E: -ahead.E, N: -ahead.N}, geo.ENU{E: -left.E, N: -left.N}
	}
	x, y, angle := s, r, 0.0
	if s > length {
		angle = (s - length) / r
		x, y = length+r*math.Sin(angle), r*math.Cos(angle)
		turning = true
	}
	p = geo.ENU{E: near.E + x*ahead.E + y*left.E, N: near.N + x*ahead.N + y*left.N}
	return p, float64(ahead.Bearing()) + angle, turning
}

func (a *aircraft) restart() { a.scan = 0 }

func (a *aircraft) look(t float64, dst []byte) ([]byte, float64) {
	keep := math.Exp(-(t - a.seen) / navigationTime)
	fresh := a.spec.Aircraft.Navigation * math.Sqrt(1-keep*keep)
	a.drift.E = keep*a.drift.E + fresh*a.rnd.NormFloat64()
	a.drift.N = keep*a.drift.N + fresh*a.rnd.NormFloat64()
	place, course, turning := a.pose(t)
	a.seen = t
	if turning {
		return nil, t
	}
	a.spots = a.spots[:0]
	w := a.run.scenario.weather(t)
	for i, bodies := 0, a.run.see(t); i < len(bodies); i++ {
		a.detect(&bodies[i], place, course, &w)
	}
	if a.rnd.Float64() < a.spec.Aircraft.False {
		angle := course + float64(geo.Degrees(a.spec.Aircraft.Width).Radians())*(a.rnd.Float64()-0.5)
		far := a.spec.Coverage.Range * (0.3 + 0.6*a.rnd.Float64())
		at := geo.ENU{E: place.E + far*math.Sin(angle), N: place.N + far*math.Cos(angle)}
		a.spots = append(a.spots, spot{at: at, class: "animal", right: 0.5})
	}
	for i := range a.spots {
		a.measure(&a.spots[i], place)
	}
	a.scan++
	return a.encode(t, place, course, dst), t
}

func (a *aircraft) detect(b *body, place geo.ENU, course float64, w *weatherSpec) {
	rel := b.enu.Sub(place)
	width := float64(geo.Degrees(a.spec.Aircraft.Width).Radians())
	if off := math.Abs(float64(geo.WrapPi(rel.Bearing() - geo.Radians(course)))); off > width/2 || a.slant(rel) > a.spec.Coverage.Range {
		return
	}
	seen, plain := w.seen(a.slant(rel))
	if a.rnd.Float64() > seen*a.spec.Detection {
		return
	}
	if hidden := a.run.canopy(b); hidden > 0 && a.rnd.Float64() < hidden {
		return
	}
	at := geo.ENU{E: b.enu.E, N: b.enu.N}
	if slices.ContainsFunc(a.spots, func(s spot) bool { return s.at.Sub(at).Range() < aircraftResolution }) {
		return // one spot with its companion
	}
	a.spots = append(a.spots, spot{at: at, class: b.class, right: plain * (0.95 - 0.3*a.slant(rel)/a.spec.Coverage.Range)})
}

func (a *aircraft) slant(rel geo.ENU) float64 { return math.Hypot(rel.Range(), a.spec.Aircraft.Height) }

// measure puts the errors onto a spot. An error of the line of sight moves the spot by slant × error across it, and along it by
// slant/sin(grazing angle) × error = slant²/height × error; the error of navigation moves all spots of a look alike.
func (a *aircraft) measure(s *spot, place geo.ENU) {
	rel := s.at.Sub(place)
	pointing := float64(geo.Degrees(a.spec.Aircraft.Pointing).Radians())
	across := a.slant(rel) * pointing
	along := across * a.slant(rel) / a.spec.Aircraft.Height
	sin, cos := math.Sincos(float64(rel.Bearing()))
	da, dc := along*a.rnd.NormFloat64(), across*a.rnd.NormFloat64()
	s.at.E += a.drift.E + da*sin + dc*cos
	s.at.N += a.drift.N + da*cos - dc*sin
	nav := a.spec.Aircraft.Navigation * a.spec.Aircraft.Navigation
	s.ee = along*along*sin*sin + across*across*cos*cos + nav
	s.nn = along*along*cos*cos + across*across*sin*sin + nav
	s.en = (along*along - across*across) * sin * cos
}

func (a *aircraft) encode(t float64, place geo.ENU, course float64, dst []byte) []byte {
	ground := a.run.scenario.Ground
	pose := a.run.frame.Surface(place.E+a.drift.E, place.N+a.drift.N, geo.Metres(ground+a.spec.Aircraft.Height))
	course -= float64(a.run.frame.Convergence(pose)) // from the plane's north to true north
	m := message{b: dst, clock: a.run.clock}
	m.sweep(t, a.scan)
	m.open("platform", '{')
	m.place(pose)
	m.degrees("heading_deg", course)
	m.close('}')
	m.view(course, float64(geo.Degrees(a.spec.Aircraft.Width).Radians()), a.spec.Coverage.Range)
	m.simulated()
	m.open("detections", '[')
	for i := range a.spots {
		s := &a.spots[i]
		m.detection(a.scan, i)
		m.open("position", '{')
		m.place(a.run.frame.Surface(s.at.E, s.at.N, geo.Metres(ground)))
		m.text("alt_ref", "hae")
		m.close('}')
		m.open("error", '{')
		m.number("east_m", math.Sqrt(s.ee), 2)
		m.number("north_m", math.Sqrt(s.nn), 2)
		m.number("corr", s.en/math.Sqrt(s.ee*s.nn), 3)
		m.close('}')
		m.class(classify(a.rnd, s.class, s.right))
		m.number("confidence", s.right, 2)
		m.close('}')
	}
	m.close(']')
	m.close('}')
	return m.b
}
