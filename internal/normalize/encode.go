package normalize

import (
	"math"
	"strconv"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
)

// AppendDetection writes a detection of the scan as a message of cutline/v1, with every error filled in and the altitude above the
// ellipsoid. Read again for the same sensor it is the same detection; what it cannot say is that a scan was a complete look.
func AppendDetection(dst []byte, s *detection.Scan, d *detection.Detection) []byte {
	p := pen{out: append(dst, '{')}
	p.text("time", d.EventTime.Format(time.RFC3339Nano))
	p.text("id", d.ID)
	if s.HasNumber {
		p.key("scan")
		p.out = strconv.AppendInt(p.out, s.Number, 10)
	}
	if s.HasPlatform {
		p.open("platform")
		p.place(s.Platform.LLA, true)
		if s.Platform.HasHeading {
			p.degrees("heading_deg", s.Platform.Heading)
		}
		p.close()
	}
	if s.HasView {
		p.open("field_of_view")
		p.degrees("azimuth_deg", s.View.Azimuth)
		p.degrees("width_deg", s.View.Width)
		p.positive("range_m", s.View.Range)
		p.close()
	}
	p.measurement(d)
	p.rest(d)
	return append(p.out, '}')
}

// pen writes members of objects, with a comma before each but the first.
type pen struct {
	out []byte
}

func (p *pen) key(name string) {
	if p.out[len(p.out)-1] != '{' {
		p.out = append(p.out, ',')
	}
	p.out = append(append(append(p.out, '"'), name...), `":`...)
}

func (p *pen) open(name string) {
	p.key(name)
	p.out = append(p.out, '{')
}

func (p *pen) close() { p.out = append(p.out, '}') }

// text writes one that is not empty.
func (p *pen) text(name, text string) {
	if text != "" {
		p.key(name)
		p.out = appendText(p.out, []byte(text))
	}
}

func (p *pen) number(name string, f float64) {
	p.key(name)
	p.out = strconv.AppendFloat(p.out, f, 'g', -1, 64)
}

func (p *pen) positive(name string, f float64) {
	if f > 0 {
		p.number(name, f)
	}
}

// degrees writes the shortest number of degrees that reads back as the very angle, where there is one: 181.2, and not 181.20000000000002.
func (p *pen) degrees(name string, a geo.Radians) {
	p.number(name, inverse(float64(a.Degrees()), func(f float64) bool { return geo.Degrees(f).Radians() == a }))
}

// inverse rounds f to as few digits as still satisfy the condition.
func inverse(f float64, same func(float64) bool) float64 {
	for digits := 3; digits <= 17; digits++ {
		short, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', digits, 64), 64)
		if err == nil && same(short) {
			return short
		}
	}
	return f
}

// root is the standard deviation of a variance.
func root(variance float64) float64 {
	return inverse(math.Sqrt(variance), func(f float64) bool { return f*f == variance })
}

func (p *pen) place(at geo.LLA, hasAlt bool) {
	p.number("lat", float64(at.Lat))
	p.number("lon", float64(at.Lon))
	if hasAlt {
		p.number("alt_m", float64(at.Alt))
		p.text("alt_ref", "hae")
	}
}

// measurement writes where the target is, and how well that is known.
func (p *pen) measurement(d *detection.Detection) {
	switch d.Geometry {
	case detection.Position:
		p.open("position")
		p.place(d.Position, d.HasAlt)
		p.close()
		p.open("error")
		east, north := root(d.PositionError.EE), root(d.PositionError.NN)
		p.number("east_m", east)
		p.number("north_m", north)
		if en := d.PositionError.EN; en != 0 {
			p.number("corr", inverse(en/(east*north), func(f float64) bool { return f*east*north == en }))
		}
		p.close()
	case detection.Polar, detection.Bearing:
		p.polar("polar", &d.Polar, d)
		p.polar("error", &d.PolarError, d)
	case detection.Trip, detection.NoGeometry:
	}
}

func (p *pen) polar(name string, c *detection.Coordinates, d *detection.Detection) {
	p.open(name)
	if d.Geometry == detection.Polar {
		p.number("range_m", c.Range)
	}
	p.degrees("azimuth_deg", c.Azimuth)
	if c.HasElevation {
		p.degrees("elevation_deg", c.Elevation)
	}
	if c.HasRangeRate {
		p.number("range_rate_mps", c.RangeRate)
	}
	p.close()
}

// rest writes what is not about the place.
func (p *pen) rest(d *detection.Detection) {
	if d.HasVelocity {
		p.open("velocity")
		p.number("east_mps", d.Velocity.East)
		p.number("north_mps", d.Velocity.North)
		p.close()
	}
	if d.HasClass {
		p.class(&d.Class)
	}
	p.number("confidence", d.Confidence)
	p.text("track", d.Track)
	if d.HasSNR {
		p.number("snr_db", d.SNR)
	}
	if len(d.Media) > 0 {
		p.key("media")
		for i, link := range d.Media {
			p.out = appendText(append(p.out, "[,"[min(i, 1)]), []byte(link))
		}
		p.out = append(p.out, ']')
	}
	if d.Simulated {
		p.key("simulated")
		p.out = append(p.out, "true"...)
	}
}

func (p *pen) class(c *detection.Classes) {
	if best, certain := c.Best(); certain == 1 {
		p.text("class", best.String())
		return
	}
	p.open("class")
	for i, x := range c {
		p.positive(detection.Class(i).String(), x)
	}
	p.close()
}
