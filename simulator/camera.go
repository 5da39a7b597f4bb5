package simulator

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"cutline/internal/geo"
)

type cameraSpec struct {
	Width float64      `yaml:"width_deg"`       // of the field of view
	Slew  float64      `yaml:"slew_dps"`        // degrees per second
	Dwell durationSpan `yaml:"dwell"`           // on one cue
	Half  float64      `yaml:"half_range_m"`    // where it sees every second person
	False float64      `yaml:"false_per_frame"` // probability
	Night float64      `yaml:"night_range"`     // share of half_range_m at night; as by day if not given (thermal)
	Level float64      `yaml:"elevation_deg"`   // 1 σ of the elevation of a target's feet; it sends none if not given
}

// camera looks at one cue after the other, with a narrow field of view. It knows directions and classes, no ranges.
type camera struct {
	run    *Run
	spec   *sensorSpec
	rnd    *rand.Rand
	mast   mast
	bias   float64 // radians
	middle float64 // azimuth of the field of view, radians
	cue    int     // the target that it follows; −1 for a place where nothing is
	ready  float64 // end of the slew
	until  float64 // end of the dwell
	scan   int64
	marks  []mark
	tilts  *rand.Rand // of elevations, so that who sends them sees what he sees without
	tilt   float64    // radians, of the head
}

// mark is a direction in a frame.
type mark struct {
	azimuth float64
	slant   float64
	level   float64 // elevation
	class   string
	plain   float64 // factor of being right about the class: 1 on a clear day
}

// A camera tells bodies apart that are this far from each other, and is cued wrongly now and then, by clutter or by a ground sensor.
const (
	cameraResolution = 0.0026 // radians, 0.15°
	wrongCue         = 0.15
)

func newCamera(r *Run, spec *sensorSpec, rnd *rand.Rand) *camera {
	c := &camera{run: r, spec: spec, rnd: rnd, mast: newMast(r, spec), scan: int64(rnd.IntN(1000))}
	c.bias = bounded(rnd, float64(geo.Degrees(spec.Error.AzimuthBias).Radians()))
	c.middle = float64(geo.Degrees(spec.Pose.Heading).Radians())
	c.tilts = stream(r.seed, "tilt "+spec.ID)
	c.tilt = bounded(c.tilts, float64(geo.Degrees(spec.Error.AzimuthBias).Radians()))
	return c
}

func (c *camera) restart() { c.scan = 0 }

func (c *camera) look(t float64, dst []byte) ([]byte, float64) {
	bodies := c.mast.near(t)
	if t >= c.until {
		c.choose(t, bodies)
	}
	if t < c.ready {
		return nil, t // slewing: the picture is a smear
	}
	c.follow(bodies)
	width := float64(geo.Degrees(c.spec.Camera.Width).Radians())
	c.marks = c.marks[:0]
	w := c.run.scenario.weather(t)
	for i := range bodies {
		c.detect(&bodies[i], width, &w)
	}
	if c.rnd.Float64() < c.spec.Camera.False {
		m := mark{azimuth: c.middle + width*(c.rnd.Float64()-0.5), slant: c.spec.Camera.Half, class: "animal", plain: 1}
		far := c.mast.reach * math.Sqrt(c.tilts.Float64()) // anywhere on the ground
		m.level = -math.Atan(max(1, c.spec.Pose.Alt-c.run.scenario.Ground) / far)
		c.marks = append(c.marks, m)
	}
	slices.SortStableFunc(c.marks, func(a, b mark) int { return cmp.Compare(a.azimuth, b.azimuth) })
	c.scan++
	return c.encode(t, width, dst), t
}

// choose turns to the next cue: near the line more often than far from it.
func (c *camera) choose(t float64, bodies []body) {
	c.cue = -1
	goal := c.mast.from + c.mast.width*c.rnd.Float64()
	total, draw := 0.0, c.rnd.Float64()
	weights := make([]float64, len(bodies))
	for i := range bodies {
		if _, ok := c.mast.sight(&bodies[i]); ok && bodies[i].target != c.cue {
			weights[i] = 1 / (1 + math.Abs(c.run.line.distance(bodies[i].enu.E, bodies[i].enu.N))/100)
			total += weights[i]
		}
	}
	if wrong := c.rnd.Float64() < wrongCue; !wrong {
		for i, draw := 0, draw*total; i < len(bodies); i++ {
			if draw -= weights[i]; draw < 0 {
				s, _ := c.mast.sight(&bodies[i])
				c.cue, goal = bodies[i].target, s.azimuth
				break
			}
		}
	}
	turn := math.Abs(float64(geo.WrapPi(geo.Radians(goal-c.middle)).Degrees())) / c.spec.Camera.Slew
	c.middle = goal
	c.ready = t + turn + 0.5 // and half a second to focus
	c.until = c.ready + between(c.rnd, span(c.spec.Camera.Dwell))
}

// follow keeps the cue in the picture, not quite in its middle.
func (c *camera) follow(bodies []body) {
	for i := range bodies {
		if bodies[i].target == c.cue {
			s, _ := c.mast.sight(&bodies[i])
			c.middle = s.azimuth + 0.005*c.rnd.NormFloat64()
			return
		}
	}
}

func (c *camera) detect(b *body, width float64, w *weatherSpec) {
	s, ok := c.mast.sight(b)
	off := math.Abs(float64(geo.WrapPi(geo.Radians(s.azimuth - c.middle))))
	if !ok || off > width/2 {
		return
	}
	far := s.slant / c.spec.Camera.Half
	if b.class == "vehicle" {
		far /= 1.6 // larger
	}
	if w.Night && c.spec.Camera.Night > 0 {
		far /= c.spec.Camera.Night
	}
	seen, plain := w.seen(s.slant)
	if c.rnd.Float64() > seen*0.97/(1+far*far*far*far) {
		return
	}
	if i := slices.IndexFunc(c.marks, func(k mark) bool { return math.Abs(k.azimuth-s.azimuth) < cameraResolution }); i >= 0 {
		return // one blob with the other
	}
	c.marks = append(c.marks, mark{azimuth: s.azimuth, slant: s.slant, level: s.elevation, class: b.class, plain: plain})
}

func (c *camera) encode(t, width float64, dst []byte) []byte {
	sigma := float64(geo.Degrees(c.spec.Error.Azimuth).Radians())
	bias := c.bias + c.spec.turn(t)
	m := message{b: dst, clock: c.run.clock}
	m.sweep(t, c.scan)
	m.view(c.middle+bias, width, c.mast.reach)
	m.simulated()
	m.open("detections", '[')
	for i, k := range c.marks {
		right := (0.95 - 0.4*k.slant/c.mast.reach) * k.plain
		m.detection(c.scan, i)
		m.open("polar", '{')
		m.degrees("azimuth_deg", k.azimuth+bias+sigma*c.rnd.NormFloat64())
		level := c.spec.Camera.Level
		if level > 0 {
			up := float64(geo.Radians(k.level+c.tilt).Degrees()) + level*c.tilts.NormFloat64()
			m.number("elevation_deg", up, 4)
		}
		m.close('}')
		m.open("error", '{')
		m.number("azimuth_deg", c.spec.Error.Azimuth, 3)
		if level > 0 {
			m.number("elevation_deg", level, 3)
		}
		m.close('}')
		m.class(classify(c.rnd, k.class, right))
		m.number("confidence", right, 2)
		m.close('}')
	}
	m.close(']')
	m.close('}')
	return m.b
}
