package normalize

import (
	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/sensor"
)

// complete fills in what a detection leaves out; false if it is rejected after all, since something is missing that nobody but the
// sensor knows, or two fields contradict each other. e must be without a fault so far.
func (d *decoder) complete(e *element, plot *detection.Detection) bool {
	before := d.faults
	d.need(!e.scan.EventTime.IsZero(), "time", `the time of the detection, like "2026-11-24T08:12:03.125Z"`)
	plot.EventTime = e.scan.EventTime
	plot.Simulated = e.simulated
	switch {
	case e.has(positionField) && e.has(polarField):
		d.fault("polar", "position and polar in one detection: send the one that the sensor measures")
	case e.has(positionField):
		d.completePosition(e, plot)
	case e.has(polarField):
		d.completePolar(e, plot)
	case d.source.point:
		plot.Geometry = detection.Trip
		d.noPositionError(e)
		d.noPolarError(e)
	case d.source.def.Kind == sensor.Ground:
		d.fault("position", "missing: give a position or polar, or configure the pose of the sensor")
	default:
		d.fault("position", "missing: give a position or polar; only a ground sensor with a configured pose needs neither")
	}
	return d.faults == before && d.broken == ""
}

func (d *decoder) completePosition(e *element, plot *detection.Detection) {
	plot.Geometry = detection.Position
	if e.hasAlt {
		plot.Position.Alt, plot.HasAlt = d.source.height(plot.Position, e.altitude, e.altRef)
	}
	if !plot.HasAlt {
		plot.Position.Alt = 0
	}
	east, north := or(e.positionError.east, d.source.position), or(e.positionError.north, d.source.position)
	plot.PositionError = detection.Covariance{EE: east * east, EN: e.positionError.corr * east * north, NN: north * north}
	d.noPolarError(e)
}

func (d *decoder) completePolar(e *element, plot *detection.Detection) {
	if !d.source.def.HasPose && !e.scan.HasPlatform {
		d.fault("platform", "missing: a polar counts from the sensor, and no pose of it is configured")
	}
	own := &d.source.polar
	plot.PolarError.Azimuth = geo.Radians(or(float64(e.polarError.Azimuth), float64(own.Azimuth)))
	if plot.Polar.HasElevation {
		plot.PolarError.Elevation = geo.Radians(or(float64(e.polarError.Elevation), float64(own.Elevation)))
		plot.PolarError.HasElevation = true
	}
	if plot.Polar.HasRangeRate {
		plot.PolarError.RangeRate = or(e.polarError.RangeRate, own.RangeRate)
		plot.PolarError.HasRangeRate = true
	}
	if plot.Geometry == detection.Polar {
		plot.PolarError.Range = or(e.polarError.Range, own.Range)
	}
	d.noPositionError(e)
}

// noPositionError rejects the error of a position where there is none: the sender means something that we would not do.
func (d *decoder) noPositionError(e *element) {
	given := &e.positionError
	d.noError(given.east != 0, "east_m", "a position")
	d.noError(given.north != 0, "north_m", "a position")
	d.noError(given.corr != 0, "corr", "a position")
}

func (d *decoder) noPolarError(e *element) {
	given := &e.polarError
	d.noError(given.Range != 0, "range_m", "a polar")
	d.noError(given.Azimuth != 0, "azimuth_deg", "a polar")
	d.noError(given.Elevation != 0, "elevation_deg", "a polar")
	d.noError(given.RangeRate != 0, "range_rate_mps", "a polar")
}

func (d *decoder) noError(given bool, key, of string) {
	if given {
		d.within = "error"
		d.fault(key, "the error of %s, and this detection has none", of)
		d.leave()
	}
}
