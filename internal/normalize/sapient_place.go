package normalize

import (
	"math"
	"strconv"
	"strings"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
)

// sapientLocation reads a position in any of the standard's coordinate systems. x is the longitude or the easting.
//
// The standard does not say in what unit x_error and y_error of a longitude and a latitude are: they are used with UTM alone, where
// it can only be metres.
func (d *document) sapientLocation(l *value, plot *detection.Detection) {
	before := d.faults
	var p geo.LLA
	switch d.said(l, "coordinateSystem") {
	case "LOCATION_COORDINATE_SYSTEM_UTM_M":
		p = d.sapientUTM(l)
	case "LOCATION_COORDINATE_SYSTEM_LAT_LNG_RAD_M":
		p = d.sapientAngles(l, 180/math.Pi)
	default:
		p = d.sapientAngles(l, 1)
	}
	if d.faults > before {
		return
	}
	d.locate(plot, p, 0)
	if says(l, "LOCATION_COORDINATE_SYSTEM_UTM_M") {
		east, _ := d.measure(l, "xError", 0, maxError, "metres")
		north, _ := d.measure(l, "yError", 0, maxError, "metres")
		east, north = max(or(east, d.source.position), minError), max(or(north, d.source.position), minError)
		plot.PositionError = detection.Covariance{EE: east * east, NN: north * north}
	}
	if z, ok := d.measure(l, "z", minAltitude, maxAltitude, "metres"); ok {
		plot.Position.Alt, plot.HasAlt = geo.Metres(z), true
		if d.said(l, "datum") == "LOCATION_DATUM_WGS84_G" {
			plot.Position.Alt += undulation(p.Lat, p.Lon)
		}
	}
}

// sapientAngles reads a longitude and a latitude; unit is that of theirs in degrees.
func (d *document) sapientAngles(l *value, unit float64) geo.LLA {
	lon, _ := d.measure(l, "x", -180/unit, 180/unit, "for a longitude, which x is")
	lat, _ := d.measure(l, "y", -90/unit, 90/unit, "for a latitude, which y is; are x and y exchanged?")
	p := geo.LLA{Lat: geo.Degrees(lat * unit), Lon: geo.Degrees(lon * unit)}
	switch {
	case lon == 0 && lat == 0:
		d.blame(l, "x", "latitude 0 and longitude 0: the receiver has no fix")
	case d.source.isExchanged(p):
		d.blame(l, "y", exchanged)
	}
	return p
}

// sapientUTM reads an easting and a northing. Latitude and longitude under the label of UTM, as the standard's own examples have
// them, are not put right: nobody can know what else such a node means.
func (d *document) sapientUTM(l *value) geo.LLA {
	const looksLike = "metres: this is no UTM, it looks like a latitude and a longitude"
	e, ok1 := d.measure(l, "x", 100_000, 900_000, looksLike)
	n, ok2 := d.measure(l, "y", 0, utmNorthing, looksLike)
	zone, south, why := d.zone(strings.ToUpper(strings.TrimSpace(d.said(l, "utmZone"))))
	if why != "" {
		d.blame(l, "utmZone", "%s", why)
	}
	if !ok1 || !ok2 || why != "" {
		return geo.LLA{}
	}
	return fromUTM(zone, south, e, n)
}

// zone reads a UTM zone with the letter of its latitude band, as in 30U, or of its hemisphere, as in 30N. Only S is both, and means
// opposite halves of the earth: there the hemisphere is that of the sensor's own pose.
func (d *document) zone(text string) (number int, south bool, why string) {
	const want = "want a zone like 30U (with its latitude band) or 30N (with its hemisphere)"
	if len(text) < 2 {
		return 0, false, quote(text) + ": " + want
	}
	letter := text[len(text)-1]
	number, err := strconv.Atoi(text[:len(text)-1])
	switch {
	case err != nil || number < 1 || number > 60 || letter < 'C' || letter > 'X' || letter == 'I' || letter == 'O':
		return 0, false, quote(text) + ": " + want
	case letter == 'S' && !d.source.def.HasPose:
		return 0, false, quote(text) + ": S is a band of the north, and the southern hemisphere: configure the sensor's pose, which tells"
	case letter == 'S':
		return number, d.source.def.Pose.Lat < 0, ""
	}
	return number, letter < 'N', ""
}

// polarUnits are the units of a coordinate system of ranges and bearings, in degrees and in metres.
func polarUnits(system string) (angle, length float64) {
	angle, length = 1, 1
	if strings.Contains(system, "RADIANS") {
		angle = 180 / math.Pi
	}
	if strings.HasSuffix(system, "_KM") {
		length = 1000
	}
	return angle, length
}

// north is what to add to a bearing so that it counts from true north; false, and the datum rejected, if that cannot be known.
func (d *document) north(v *value, t time.Time) (geo.Radians, bool) {
	datum := d.said(v, "datum")
	pose := &d.source.def.Pose
	switch {
	case datum == "RANGE_BEARING_DATUM_TRUE":
		return 0, true
	case !d.source.def.HasPose:
		d.blame(v, "datum", "%s counts from a north or a heading at the sensor, and no pose of it is configured", quote(datum))
		return 0, false
	case datum == "RANGE_BEARING_DATUM_MAGNETIC":
		return declination(pose.LLA(), t), true
	case datum == "RANGE_BEARING_DATUM_GRID":
		return gridNorth(pose.LLA()), true
	default:
		return pose.Heading.Radians(), true
	}
}

// sapientBearing reads a range and a bearing, or a bearing alone.
func (d *document) sapientBearing(v *value, plot *detection.Detection) {
	if !d.source.def.HasPose {
		d.blame(v, "", "counts from the sensor, and no pose of it is configured")
		return
	}
	angle, length := polarUnits(d.said(v, "coordinateSystem"))
	const unit = "in the unit of the coordinate system"
	true0, _ := d.north(v, plot.EventTime)
	azimuth, ok := d.measure(v, "azimuth", -360/angle, 360/angle, unit)
	if !ok && v.field("azimuth") == nil {
		d.missing(v, "azimuth", "the direction: a range alone is no place")
	}
	plot.Geometry = detection.Bearing
	plot.Polar.Azimuth = geo.Wrap2Pi(geo.Degrees(azimuth*angle).Radians() + true0)
	sigma, _ := d.measure(v, "azimuthError", 0, 180/angle, unit)
	plot.PolarError.Azimuth = geo.Radians(or(sigma*angle*math.Pi/180, float64(d.source.polar.Azimuth)))
	if e, ok := d.measure(v, "elevation", -90/angle, 90/angle, unit); ok {
		plot.Polar.Elevation, plot.Polar.HasElevation = geo.Degrees(e*angle).Radians(), true
		sigma, _ := d.measure(v, "elevationError", 0, 90/angle, unit)
		plot.PolarError.Elevation = geo.Radians(or(sigma*angle*math.Pi/180, float64(d.source.polar.Elevation)))
		plot.PolarError.HasElevation = true
	}
	if r, ok := d.measure(v, "range", minError/length, maxRange/length, unit); ok {
		plot.Geometry, plot.Polar.Range = detection.Polar, r*length
		sigma, _ := d.measure(v, "rangeError", 0, maxError/length, unit)
		plot.PolarError.Range = or(sigma*length, d.source.polar.Range)
	}
}
