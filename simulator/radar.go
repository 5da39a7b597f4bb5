package simulator

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"cutline/internal/geo"
)

type radarSpec struct {
	SNR        float64   `yaml:"snr_db"`        // of a person at 5 km
	FalseAlarm float64   `yaml:"false_alarm"`   // probability in one cell
	MinSpeed   float64   `yaml:"min_speed_mps"` // along the line of sight
	Cell       cellSpec  `yaml:"cell"`          // what lies within one cell is one return
	Clutter    float64   `yaml:"clutter"`       // mean uniform returns in a scan
	WindSpots  int       `yaml:"wind_spots"`    // places that give clutter again and again
	Fields     fieldSpec `yaml:"fields"`        // clutter that moves with the wind
	Single     bool      `yaml:"single"`        // it sends each return in a message of its own, and no empty scans
}

type cellSpec struct {
	Range   float64 `yaml:"range_m"`
	Azimuth float64 `yaml:"azimuth_deg"`
}

// radar turns once in a period and publishes what it saw as one sweep.
type radar struct {
	run         *Run
	spec        *sensorSpec
	rnd         *rand.Rand
	mast        mast
	threshold   float64 // of a return's power, in units of the noise's
	azimuthBias float64 // radians: the mast's survey
	rangeBias   float64
	spots       []geo.ENU // wind spots, as range (E) and azimuth (N)
	scan        int64
	plots       []plot
	cells       []geo.ENU  // middles of the moving fields at the beginning, from the mast
	airs        *rand.Rand // of the fields
}

// plot is a return before or after it is measured.
type plot struct {
	slant, azimuth, rangeRate float64
	power                     float64 // signal and noise, in units of the noise's
}

// Wind: a stand of trees returns on a third of the scans, from anywhere within its crown, with a Doppler that goes nowhere.
const (
	windReturns = 0.3
	windRadius  = 12.0 // m, 1 σ
	windDoppler = 0.4  // m/s, 1 σ
)

// gains are the radar cross sections against a person's, dB. A person has 0 dBm² or a little less in X band; a quad or car ten times
// as much, a deer about the same (Skolnik, Radar Handbook, 3rd ed., table 14.2 for man and automobile); an ultralight three times, a
// small drone a thirtieth.
func gain(class string) float64 {
	switch class {
	case "vehicle", "boat":
		return 10
	case "animal":
		return -1
	case "aircraft":
		return 5
	case "drone":
		return -15
	}
	return 0
}

func newRadar(r *Run, spec *sensorSpec, rnd *rand.Rand) *radar {
	d := &radar{run: r, spec: spec, rnd: rnd, mast: newMast(r, spec), scan: int64(1000 + rnd.IntN(1000))}
	// A square-law detector's noise is exponential: its threshold for a false alarm's probability (Skolnik, eq. 2.27).
	d.threshold = -math.Log(spec.Radar.FalseAlarm)
	d.azimuthBias = bounded(rnd, float64(geo.Degrees(spec.Error.AzimuthBias).Radians()))
	d.rangeBias = bounded(rnd, spec.Error.RangeBias)
	for range spec.Radar.WindSpots {
		d.spots = append(d.spots, geo.ENU{E: 800 + (0.7*d.mast.reach-800)*rnd.Float64(), N: d.mast.from + d.mast.width*rnd.Float64()})
	}
	d.airs = stream(r.seed, "fields "+spec.ID)
	for range spec.Radar.Fields.Count {
		d.cells = append(d.cells, geo.ENU{E: d.mast.reach * (2*d.airs.Float64() - 1), N: d.mast.reach * (2*d.airs.Float64() - 1)})
	}
	return d
}

func (d *radar) restart() { d.scan = 0 }

func (d *radar) look(t float64, dst []byte) ([]byte, float64) {
	d.plots = d.plots[:0]
	w := d.run.scenario.weather(t)
	for i, bodies := 0, d.mast.near(t); i < len(bodies); i++ {
		d.echo(&bodies[i], &w)
	}
	d.merge()
	d.measure(t)
	d.clutter(&w)
	d.fields(t, &w)
	// As the antenna turned: the order must not tell which returns are real.
	slices.SortStableFunc(d.plots, func(a, b plot) int { return cmp.Compare(a.azimuth, b.azimuth) })
	d.scan++
	return d.encode(t, dst), t
}

// echo adds the return of a body, if the radar detects it. Swerling I: the power of each look is exponential, with the mean that
// falls with the fourth power of range; so Pd = Pfa^(1/(1+SNR)) (Skolnik, eq. 2.46).
func (d *radar) echo(b *body, w *weatherSpec) {
	s, ok := d.mast.sight(b)
	if !ok || math.Abs(s.rangeRate) < d.spec.Radar.MinSpeed*d.run.clock.speed {
		return
	}
	snr := math.Pow(10, (d.spec.Radar.SNR+gain(b.class)-w.rainLoss(s.slant))/10) * math.Pow(5000/s.slant, 4)
	power := (1 + snr) * d.rnd.ExpFloat64()
	if power > d.threshold {
		d.plots = append(d.plots, plot{s.slant, s.azimuth, s.rangeRate, power})
	}
}

// merge joins returns that lie within one resolution cell: companions are one return, at the middle of their power.
func (d *radar) merge() {
	cell := d.spec.Radar.Cell
	width := float64(geo.Degrees(cell.Azimuth).Radians())
	kept := d.plots[:0]
	for _, p := range d.plots {
		i := slices.IndexFunc(kept, func(k plot) bool {
			return math.Abs(k.slant-p.slant) < cell.Range && math.Abs(float64(geo.WrapPi(geo.Radians(k.azimuth-p.azimuth)))) < width
		})
		if i < 0 {
			kept = append(kept, p)
			continue
		}
		k := &kept[i]
		w := p.power / (p.power + k.power)
		k.slant += w * (p.slant - k.slant)
		k.azimuth += w * float64(geo.WrapPi(geo.Radians(p.azimuth-k.azimuth)))
		k.rangeRate += w * (p.rangeRate - k.rangeRate)
		k.power += p.power
	}
	d.plots = kept
}

func (d *radar) measure(t float64) {
	e := d.spec.Error
	turn := d.spec.turn(t)
	for i := range d.plots {
		p := &d.plots[i]
		p.slant += d.rangeBias + e.Range*d.rnd.NormFloat64()
		p.azimuth += d.azimuthBias + turn + float64(geo.Degrees(e.Azimuth).Radians())*d.rnd.NormFloat64()
		p.rangeRate += e.RangeRate * d.rnd.NormFloat64()
	}
}

// clutter adds false returns, measured already: uniform over the area, and of the wind spots.
func (d *radar) clutter(w *weatherSpec) {
	stir := d.run.scenario.stir(w)
	for range poisson(d.rnd, d.spec.Radar.Clutter*w.rainClutter()) {
		d.plots = append(d.plots, plot{
			slant:     d.mast.reach * math.Sqrt(d.rnd.Float64()),
			azimuth:   d.mast.from + d.mast.width*d.rnd.Float64(),
			rangeRate: math.Copysign(d.spec.Radar.MinSpeed+2*d.rnd.Float64(), d.rnd.Float64()-0.5),
			power:     d.threshold + d.rnd.ExpFloat64(),
		})
	}
	for _, s := range d.spots {
		returns := d.rnd.Float64() < windReturns*stir
		p := plot{
			slant:     s.E + windRadius*d.rnd.NormFloat64(),
			azimuth:   s.N + windRadius/s.E*d.rnd.NormFloat64(),
			rangeRate: windDoppler * d.rnd.NormFloat64(),
			power:     d.threshold + 10*d.rnd.ExpFloat64(),
		}
		if returns && math.Abs(p.rangeRate) >= d.spec.Radar.MinSpeed {
			d.plots = append(d.plots, p)
		}
	}
}

func (d *radar) encode(t float64, dst []byte) []byte {
	if d.spec.Radar.Single {
		return d.encodeSingly(t, dst)
	}
	m := message{b: dst, clock: d.run.clock}
	m.sweep(t, d.scan)
	m.simulated()
	m.open("detections", '[')
	for i, p := range d.plots {
		m.detection(d.scan, i)
		m.polar(&p)
		m.close('}')
	}
	m.close(']')
	m.close('}')
	return m.b
}

// encodeSingly makes a message of each return.
func (d *radar) encodeSingly(t float64, dst []byte) []byte {
	for i, p := range d.plots {
		if i > 0 {
			dst = append(dst, '\n')
		}
		m := message{clock: d.run.clock}
		m.b = dst[len(dst):]
		m.sweep(t, d.scan)
		m.text("id", strconv.FormatInt(d.scan, 10)+"-"+strconv.Itoa(i+1))
		m.polar(&p)
		m.simulated()
		m.close('}')
		dst = append(dst, m.b...)
	}
	return dst
}

func (m *message) polar(p *plot) {
	m.open("polar", '{')
	m.number("range_m", max(1, p.slant), 1)
	m.degrees("azimuth_deg", p.azimuth)
	m.number("range_rate_mps", p.rangeRate, 2)
	m.close('}')
	m.number("snr_db", 10*math.Log10(p.power), 1)
}

// poisson draws a number of events with a mean of at most a few dozen (Knuth's product of uniforms).
func poisson(rnd *rand.Rand, mean float64) int {
	limit, n := math.Exp(-mean), 0
	for p := rnd.Float64(); p > limit; p *= rnd.Float64() {
		n++
	}
	return n
}
