package simulator

import (
	"strconv"

	"cutline/internal/geo"
)

// message builds a payload of format cutline/v1. Numbers have fixed decimals, so the same day has the same bytes.
type message struct {
	b     []byte
	clock clock
}

// key begins the next member of an object.
func (m *message) key(name string) {
	if last := m.b[len(m.b)-1]; last != '{' && last != '[' {
		m.b = append(m.b, ',')
	}
	if name != "" {
		m.b = append(m.b, '"')
		m.b = append(m.b, name...)
		m.b = append(m.b, '"', ':')
	}
}

// open begins the object or list that is named, or the next one of a list; bracket is { or [.
func (m *message) open(name string, bracket byte) {
	if len(m.b) > 0 {
		m.key(name)
	}
	m.b = append(m.b, bracket)
}

func (m *message) close(bracket byte) { m.b = append(m.b, bracket) }

func (m *message) number(name string, v float64, decimals int) {
	m.key(name)
	m.b = strconv.AppendFloat(m.b, v, 'f', decimals, 64)
}

func (m *message) integer(name string, v int64) {
	m.key(name)
	m.b = strconv.AppendInt(m.b, v, 10)
}

// text takes words of our own making, which need no escapes.
func (m *message) text(name, v string) {
	m.key(name)
	m.b = append(m.b, '"')
	m.b = append(m.b, v...)
	m.b = append(m.b, '"')
}

func (m *message) time(seconds float64) {
	m.text("time", m.clock.at(seconds).Format("2006-01-02T15:04:05.000Z07:00"))
}

// simulated marks what was never seen: the mark reaches every output of the daemon.
func (m *message) simulated() {
	m.key("simulated")
	m.b = append(m.b, "true"...)
}

// degrees writes an angle with 0.001°, 17 cm at 10 km.
func (m *message) degrees(name string, radians float64) {
	d := float64(geo.Wrap2Pi(geo.Radians(radians)).Degrees())
	if d >= 359.9995 {
		d = 0 // would be printed as 360.000
	}
	m.number(name, d, 3)
}

// place writes a position; seven decimals are a centimetre.
func (m *message) place(p geo.LLA) {
	m.number("lat", float64(p.Lat), 7)
	m.number("lon", float64(p.Lon), 7)
	m.number("alt_m", float64(p.Alt), 1)
}

func (m *message) class(c classes) {
	m.open("class", '{')
	for i, name := range classNames() {
		if c[i] > 0 {
			m.number(name, float64(c[i])/100, 2)
		}
	}
	m.close('}')
}

// sweep begins a complete look: fields of its own follow until detections begins the list.
func (m *message) sweep(t float64, scan int64) {
	m.open("", '{')
	m.time(t)
	m.integer("scan", scan)
}

func (m *message) view(azimuth, width, reach float64) {
	m.open("field_of_view", '{')
	m.degrees("azimuth_deg", azimuth)
	m.number("width_deg", width*degreesPerRadian, 1)
	m.number("range_m", reach, 0)
	m.close('}')
}

// detection begins one of a sweep's list; its id is the scan and its number in it.
func (m *message) detection(scan int64, number int) {
	m.open("", '{')
	m.text("id", strconv.FormatInt(scan, 10)+"-"+strconv.Itoa(number+1))
}

const degreesPerRadian = float64(180 / 3.14159265358979323846)
