package simulator

import (
	"math"

	"cutline/internal/geo"
)

// weatherSpec is the weather of a part of the day; of all of it if at is not given. What no part says is a calm, clear day.
type weatherSpec struct {
	At         durationSpan `yaml:"at"`
	Wind       float64      `yaml:"wind_mps"`
	WindFrom   float64      `yaml:"wind_from_deg"` // where it comes from, clockwise from north
	Rain       float64      `yaml:"rain_mmh"`
	Visibility float64      `yaml:"visibility_m"` // of fog; 0 is clear
	Night      bool         `yaml:"night"`
}

// weather is that of a moment: the first part that holds.
func (s *Scenario) weather(t float64) weatherSpec {
	for _, w := range s.Weather {
		if w.At == (durationSpan{}) || t >= w.At[0] && t < w.At[1] {
			return w
		}
	}
	return weatherSpec{}
}

// drift is how far the wind has blown since the scenario's beginning, in metres.
func (s *Scenario) drift(t float64) (d geo.ENU) {
	last := 0.0
	for _, w := range s.Weather {
		from, to := max(last, w.At[0]), min(t, w.At[1])
		if w.At == (durationSpan{}) {
			from, to = last, t
		}
		if to > from {
			v := w.blows()
			d.E += v.E * (to - from)
			d.N += v.N * (to - from)
			last = to
		}
	}
	return d
}

// blows is the velocity of the air.
func (w *weatherSpec) blows() geo.ENU {
	sin, cos := math.Sincos(float64(geo.Degrees(w.WindFrom).Radians()))
	return geo.ENU{E: -w.Wind * sin, N: -w.Wind * cos}
}

// Attenuation by rain at 10 GHz, horizontal polarisation: k·R^α dB a kilometre (ITU-R P.838-3, table 5).
const (
	rainK     = 0.01217
	rainAlpha = 1.2571
)

// rainLoss is what a radar's return loses on its way there and back, in dB.
func (w *weatherSpec) rainLoss(metres float64) float64 {
	if w.Rain == 0 {
		return 0
	}
	return 2 * rainK * math.Pow(w.Rain, rainAlpha) * metres / 1000
}

// rainClutter is how many times as much uniform clutter there is in rain.
func (w *weatherSpec) rainClutter() float64 { return 1 + w.Rain/10 }

// stir is how much more than on an ordinary day trees return: wind_spots are set for a breeze of 5 m/s. A scenario that says
// nothing of weather has that breeze.
func (s *Scenario) stir(w *weatherSpec) float64 {
	if len(s.Weather) == 0 {
		return 1
	}
	return min(w.Wind/5, 3)
}

// Koschmieder: at the distance called visibility, a contrast has fallen to 2 %, so its extinction is 3.912/visibility. Rain takes
// 1.076·R^0.67 dB a kilometre of light (Carbonneau and Wisely 1998).
const (
	koschmieder = 3.912
	rainLightK  = 1.076
	rainLightA  = 0.67
)

// contrast is how much of a contrast is left at a distance, 0 to 1.
func (w *weatherSpec) contrast(metres float64) float64 {
	left := 1.0
	if w.Visibility > 0 {
		left = math.Exp(-koschmieder * metres / w.Visibility)
	}
	if w.Rain > 0 {
		left *= math.Pow(10, -rainLightK*math.Pow(w.Rain, rainLightA)*metres/1000/10)
	}
	return left
}

// needed is the contrast below which a camera begins to miss.
const needed = 0.05

// seen is the factor of a camera's probability of detection, and plain that of its being right about a class.
func (w *weatherSpec) seen(metres float64) (seen, plain float64) {
	c := w.contrast(metres)
	return min(1, c/needed), 0.7 + 0.3*c
}

// shake is how many times as often a ground sensor gives a false event: wind moves roots and fences, rain drums.
func (w *weatherSpec) shake() float64 { return 1 + w.Wind*w.Wind/64 + w.Rain/4 }

// fieldSpec is clutter that moves with the wind over a radar's ground: showers, dust, birds.
type fieldSpec struct {
	Count   int     `yaml:"count"`
	Radius  float64 `yaml:"radius_m"`
	Returns float64 `yaml:"returns"` // mean of each, in a scan
}

// turbulence is the spread of a field's Doppler, m/s.
const turbulence = 0.7

// fields adds the returns of the clutter that moves. A field that leaves on one side comes back on the other.
func (d *radar) fields(t float64, w *weatherSpec) {
	spec := &d.spec.Radar.Fields
	if spec.Count == 0 {
		return
	}
	moved, air := d.run.scenario.drift(t), w.blows()
	for _, start := range d.cells {
		middle := geo.ENU{E: around(start.E+moved.E, d.mast.reach), N: around(start.N+moved.N, d.mast.reach)}
		for range poisson(d.airs, spec.Returns) {
			far, angle := spec.Radius*math.Sqrt(d.airs.Float64()), 2*math.Pi*d.airs.Float64()
			at := geo.ENU{E: middle.E + far*math.Sin(angle), N: middle.N + far*math.Cos(angle)}
			p := plot{slant: max(1, at.Range()), azimuth: float64(at.Bearing()), power: d.threshold + 5*d.airs.ExpFloat64()}
			p.rangeRate = (at.E*air.E+at.N*air.N)/p.slant + turbulence*d.airs.NormFloat64()
			if p.slant <= d.mast.reach && d.mast.covers(p.azimuth) && math.Abs(p.rangeRate) >= d.spec.Radar.MinSpeed {
				d.plots = append(d.plots, p)
			}
		}
	}
}

// around keeps a coordinate within ±reach, as on a ring.
func around(x, reach float64) float64 { return x - 2*reach*math.Round(x/(2*reach)) }
