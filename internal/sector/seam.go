package sector

import (
	"math"
	"slices"

	"cutline/internal/border"
	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/internal/sensor"
)

// Where two sectors meet, each hears the other's sensors as well, as far as they reach over the seam and a halo beyond it. So both follow
// a target there from the same detections, and a crossing, an approach, a stay is told by the one whose ground it is on. What is
// told of a track leaves a sector with the track. Nothing is written twice: a sector reads its neighbours' INPUT beside its own.

// Halo is how far beyond its extent a sector follows what its neighbours' sensors see, m.
const Halo = 2000.0

const (
	seamSlack  = 1.0  // m: both own what is so near to the seam, since two paths of one target differ; better told twice than not at all
	trackSlack = 50.0 // m: a track along the seam must not come and go
)

// Beside says whether two sectors have a seam, or a gap that a halo spans.
func (e Extent) Beside(o Extent) bool {
	a, b := e.box().Grow(Halo), o.box()
	return e != o && a.West <= b.East && b.West <= a.East && a.South <= b.North && b.South <= a.North
}

// Reached says whether a sensor sees something of the extent or its halo. One that moves may be anywhere.
func (e Extent) Reached(d *sensor.Definition) bool {
	return !d.HasPose || inside(e.box().Grow(Halo+float64(d.Coverage.Range)), d.Pose.LLA())
}

func inside(b border.Box, p geo.LLA) bool {
	return p.Lon >= b.West && p.Lon <= b.East && p.Lat >= b.South && p.Lat <= b.North
}

// owns says whether what happens at a place is this sector's to tell: its own ground, by so many metres, or nobody's.
func (s *Sector) owns(p geo.LLA, slack float64) bool {
	if len(s.cfg.Beside) == 0 || inside(s.cfg.Extent.box().Grow(slack), p) {
		return true
	}
	return !slices.ContainsFunc(s.cfg.Beside, func(e Extent) bool { return inside(e.box(), p) })
}

// guest says whether a sensor is a neighbour's: its health is told there.
func (s *Sector) guest(d *sensor.Definition) bool { return d.Sector != "" && d.Sector != s.cfg.ID }

// overhear takes in what a neighbour's sensor sees, as far as it is near.
func (s *Sector) overhear(in *record.Input) {
	i, known := s.byID[in.Sensor]
	if !known || s.cfg.Sensors[i].OutOfService != "" {
		return
	}
	s.health[i].hear(&s.clock, in)
	for k := range in.Scans {
		s.fusion.Add(s.clock.Now, s.near(in.Scans[k], &s.cfg.Sensors[i]))
	}
	s.judge(i)
}

// near leaves out the detections that are beyond the halo: they are the neighbour's alone. Of a bearing nobody knows how far it goes.
func (s *Sector) near(scan detection.Scan, d *sensor.Definition) detection.Scan {
	box := s.cfg.Extent.box().Grow(Halo)
	far := func(x detection.Detection) bool {
		switch x.Geometry {
		case detection.Position:
			return !inside(box, x.Position)
		case detection.Polar:
			from, r := d.Pose.LLA(), x.Polar.Range
			if scan.HasPlatform {
				from = scan.Platform.LLA
			}
			at := s.frame.ENU(from)
			az := float64(x.Polar.Azimuth + s.frame.Convergence(from))
			return !inside(box, s.place(geo.ENU{E: at.E + float64(r)*math.Sin(az), N: at.N + float64(r)*math.Cos(az)}))
		case detection.Bearing, detection.Trip, detection.NoGeometry:
		}
		return false
	}
	if slices.ContainsFunc(scan.Detections, far) {
		scan.Detections = slices.DeleteFunc(slices.Clone(scan.Detections), far) // the record is others' too
	}
	return scan
}
