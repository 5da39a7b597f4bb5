package simulator

import (
	"bytes"
	"regexp"
	"strconv"
	"time"

	"cutline/internal/geo"
)

// faultSpec is something that goes wrong with a sensor for a time; from a moment to the end if one is given.
type faultSpec struct {
	Kind string       `yaml:"kind"` // silent, dead, stuck, zero, turned, restart
	At   durationSpan `yaml:"at"`
	Turn float64      `yaml:"turn_deg"` // of a mast that is turned, clockwise
}

// clockSpec is how wrong a sensor's clock is.
type clockSpec struct {
	Offset duration `yaml:"offset"`    // ahead of UTC at the beginning
	Drift  float64  `yaml:"drift_ppm"` // that it gains, microseconds a second
}

// surveySpec is how wrong a sensor's definition is: the site was badly surveyed, and the daemon's configuration says so many
// metres beside the truth. The sensor reports azimuths that are too large by azimuth_deg, as one does whose north is wrong.
type surveySpec struct {
	East    float64 `yaml:"east_m"`
	North   float64 `yaml:"north_m"`
	Up      float64 `yaml:"up_m"`
	Azimuth float64 `yaml:"azimuth_deg"`
}

func faultKinds() []string { return []string{"silent", "dead", "stuck", "zero", "turned", "restart"} }

func (f *faultSpec) active(t float64) bool {
	return t >= f.At[0] && (t < f.At[1] || f.At[0] == f.At[1])
}

// turn is how much too large the sensor's azimuths are at t, in radians, beside the bias that it draws.
func (d *sensorSpec) turn(t float64) float64 {
	degrees := d.Survey.Azimuth
	for i := range d.Faults {
		if f := &d.Faults[i]; f.Kind == "turned" && f.active(t) {
			degrees += f.Turn
		}
	}
	return float64(geo.Degrees(degrees).Radians())
}

// ahead is how much a sensor's clock is before UTC at t, in seconds.
func (c *clockSpec) ahead(t float64) float64 { return c.Offset.seconds() + c.Drift*1e-6*t }

// restarter is an eye whose numbers begin again when it is switched off and on.
type restarter interface{ restart() }

// faulty is an eye that something is wrong with. The eye beneath looks on, so that a fault's end finds it where it would be.
type faulty struct {
	run      *Run
	spec     *sensorSpec
	eye      eye
	status   bool // it tells how the sensor is, not what it sees
	last     []byte
	repeats  int64
	restarts int // of the spec's, done
	buried   bool
}

// watch puts the spec's faults over an eye.
func (r *Run) watch(spec *sensorSpec, e eye, status bool) eye {
	if len(spec.Faults) == 0 && spec.Clock == (clockSpec{}) {
		return e
	}
	return &faulty{run: r, spec: spec, eye: e, status: status}
}

// will is how a broker tells that a sensor's connection broke.
const will = `{"state":"offline"}`

func (f *faulty) look(t float64, dst []byte) ([]byte, float64) {
	f.reboot(t)
	payload, event := f.eye.look(t, dst)
	stuck := false
	for i := range f.spec.Faults {
		fault := &f.spec.Faults[i]
		if !fault.active(t) {
			continue
		}
		switch fault.Kind {
		case "silent":
			return nil, event
		case "dead":
			if !f.status || f.buried {
				return nil, event
			}
			f.buried = true
			return append(dst, will...), event
		case "stuck":
			stuck = !f.status
		case "zero":
			payload = zero(payload)
		}
	}
	if stuck {
		payload, event = f.repeat(t), t
	} else if len(payload) > 0 {
		f.last, f.repeats, f.buried = bytes.Clone(payload), 0, false
	}
	if ahead := f.spec.Clock.ahead(t); ahead != 0 {
		payload = f.shift(payload, ahead)
	}
	return payload, event
}

func (f *faulty) reboot(t float64) {
	due := 0
	for i := range f.spec.Faults {
		if fault := &f.spec.Faults[i]; fault.Kind == "restart" && t >= fault.At[0] {
			due++
		}
	}
	if e, ok := f.eye.(restarter); ok && due > f.restarts {
		e.restart()
	}
	f.restarts = due
}

// Payloads begin with {"time":"…", the time in whole milliseconds: see message.time.
const (
	timeLayout = "2006-01-02T15:04:05.000Z"
	timeStart  = len(`{"time":"`)
	timeEnd    = timeStart + len(timeLayout)
)

// repeat is the last message again, with the time of now and a scan number that goes on: all else is as it was.
func (f *faulty) repeat(t float64) []byte {
	if len(f.last) < timeEnd {
		return nil
	}
	f.repeats++
	again := bytes.Clone(f.last)
	copy(again[timeStart:], f.run.clock.at(t).Format(timeLayout))
	const key = `"scan":`
	from := bytes.Index(again, []byte(key)) + len(key)
	if from < len(key) {
		return again
	}
	to := from
	for to < len(again) && again[to] >= '0' && again[to] <= '9' {
		to++
	}
	number, _ := strconv.ParseInt(string(again[from:to]), 10, 64) // digits of our own making
	return append(strconv.AppendInt(again[:from:from], number+f.repeats, 10), again[to:]...)
}

// shift moves the time of each message by some seconds.
func (*faulty) shift(payload []byte, seconds float64) []byte {
	lines := bytes.Split(payload, []byte{'\n'})
	for _, l := range lines {
		if len(l) < timeEnd {
			continue
		}
		if at, err := time.Parse(timeLayout, string(l[timeStart:timeEnd])); err == nil {
			copy(l[timeStart:], at.Add(time.Duration(seconds*1e9)).Format(timeLayout))
		}
	}
	return bytes.Join(lines, []byte{'\n'})
}

// zero puts the 0/0 of a receiver without a fix in place of each position.
func zero(payload []byte) []byte {
	return regexp.MustCompile(`"lat":[-0-9.]+,"lon":[-0-9.]+`).ReplaceAll(payload, []byte(`"lat":0,"lon":0`))
}
