package config

import (
	"fmt"
	"math"

	"cutline/internal/border"
	"cutline/internal/geo"
	"cutline/internal/sensor"
)

const (
	// mast is how far apart two sensors may stand and still be on one mast, in metres.
	mast = 10.0
	// looks is how many places of a piece of line are tried for being in view.
	looks = 50
)

// advice tells what works, but is hardly meant.
func (c *checker) advice() {
	all := c.settings.Sensors
	for i := range all {
		s, path := &all[i], at("sensors", i)
		if !c.stands(i) {
			continue
		}
		c.seesTheLine(path, s)
		for j := range i {
			if c.stands(j) && s.Group != all[j].Group && s.Sector == all[j].Sector && metres(s.Pose, all[j].Pose) <= mast {
				where := path
				if c.book.given(join(path, "group")) {
					where = join(path, "group")
				}
				c.book.advise(where, fmt.Sprintf("it stands %.0f m from %s, which is of group %s and not %s: what shakes a mast shakes all on it, "+
					"and they would count as two that agree; give both one group", metres(s.Pose, all[j].Pose), all[j].ID, all[j].Group, s.Group))
				break
			}
		}
	}
}

// stands says whether sensor i has a place, and nothing is wrong with it.
func (c *checker) stands(i int) bool {
	s, path := &c.settings.Sensors[i], at("sensors", i)
	return s.Pose != nil && s.Pose.Lat != nil && s.Pose.Lon != nil && !moves(s.Kind) && !c.wrongBelow(path) && !c.book.wrong(path)
}

func metres(a, b *poseSettings) float64 {
	frame := geo.NewFrame(poseLLA(a))
	d := frame.ENU(poseLLA(b))
	return math.Hypot(d.E, d.N)
}

func poseLLA(p *poseSettings) geo.LLA {
	return geo.LLA{Lat: geo.Degrees(*p.Lat), Lon: geo.Degrees(*p.Lon)}
}

// seesTheLine looks for a place of the line that is in a sensor's view. What stands nearly in reach of it is meant to watch the way there,
// and so is a camera that looks elsewhere; a radar that does is most often turned round.
func (c *checker) seesTheLine(path string, s *sensorSettings) {
	if len(c.config.Geometry.Lines) == 0 {
		return
	}
	reach, frame := *s.Coverage.RangeM, geo.NewFrame(poseLLA(s.Pose))
	nearest, inReach := math.Inf(1), false
	for _, line := range c.config.Geometry.Lines {
		for k := 1; k < len(line.Points); k++ {
			a, b := enu(&frame, line.Points[k-1]), enu(&frame, line.Points[k])
			from, to, d := within(a, b, reach)
			if nearest = min(nearest, d); d > reach {
				continue
			}
			inReach = true
			for i := range looks + 1 {
				if inView(s.Coverage.AzimuthDeg, lerp(from, to, float64(i)/looks)) {
					return
				}
			}
		}
	}
	switch {
	case inReach && s.Kind == sensor.Radar:
		c.book.advise(join(path, "coverage.azimuth_deg"), "it looks away from the line: nothing of the line is between these directions; "+
			"azimuths are clockwise from true north, not from the heading")
	case nearest > reach+near:
		c.book.advise(join(path, "coverage.range_m"),
			fmt.Sprintf("it does not see the line, which is %.1f km away: is the place right?", nearest/1e3))
	}
}

func enu(f *geo.Frame, v border.Vertex) geo.ENU { return f.ENU(geo.LLA{Lat: v.Lat, Lon: v.Lon}) }

func lerp(a, b geo.ENU, t float64) geo.ENU {
	return geo.ENU{E: a.E + t*(b.E-a.E), N: a.N + t*(b.N-a.N)}
}

// within cuts the segment a–b to the circle around the origin, and gives its distance from there.
func within(a, b geo.ENU, radius float64) (from, to geo.ENU, distance float64) {
	e, n := b.E-a.E, b.N-a.N
	square := e*e + n*n
	if square == 0 {
		return a, b, math.Hypot(a.E, a.N)
	}
	foot := -(a.E*e + a.N*n) / square // of the perpendicular, in units of the segment
	near := lerp(a, b, min(max(foot, 0), 1))
	across := math.Hypot(a.E+foot*e, a.N+foot*n)
	half := math.Sqrt(max(0, radius*radius-across*across) / square)
	return lerp(a, b, min(max(foot-half, 0), 1)), lerp(a, b, min(max(foot+half, 0), 1)), math.Hypot(near.E, near.N)
}

// inView says whether the place lies between the azimuths.
func inView(azimuths *[2]float64, at geo.ENU) bool {
	turn := func(d float64) float64 { return math.Mod(math.Mod(d, 360)+360, 360) }
	width := turn(azimuths[1] - azimuths[0])
	bearing := math.Atan2(at.E, at.N) * 180 / math.Pi
	return width == 0 || turn(bearing-azimuths[0]) <= width
}
