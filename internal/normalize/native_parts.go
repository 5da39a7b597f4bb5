package normalize

import (
	"math"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/sensor"
)

// Bounds of what can be meant, in the unit of the field. Beyond them is another unit, a flag for "unknown", or a fault.
const (
	minAltitude = -500.0    // m; the shore of the Dead Sea is at −430
	maxAltitude = 50_000.0  // m
	maxRange    = 1e6       // m
	maxSpeed    = 10_000.0  // m/s
	minError    = 1e-3      // m, or m/s: an error of 0 would make one detection outweigh everything else
	maxError    = 100_000.0 // the same
	minAngle    = 1e-4      // degrees
	maxCorr     = 0.9995    // what is sent as 1 was rounded to it: at 1 itself the covariance has no inverse
)

// position reads where the target is.
func (d *decoder) position(e *element, plot *detection.Detection) {
	before := d.faults
	var lat, lon bool
	for o := d.enter("position", `{"lat":49.0003,"lon":-97.2412}`); d.next(&o); {
		switch string(d.key) {
		case "lat":
			plot.Position.Lat, lat = d.latitude(), true
		case "lon":
			plot.Position.Lon, lon = d.longitude(), true
		case "alt_m":
			e.altitude, e.hasAlt = d.altitude(), true
		case "alt_ref":
			e.altRef = d.altRef()
		default:
			d.unknown(positionKeys)
		}
	}
	if d.faults == before {
		d.place(plot.Position, lat, lon)
	}
	d.leave()
}

// place rejects a place that is not given in full, or is the 0/0 of a receiver without a fix.
func (d *decoder) place(p geo.LLA, lat, lon bool) {
	d.need(lat, "lat", "the latitude in degrees")
	d.need(lon, "lon", "the longitude in degrees")
	if lat && lon && p.Lat == 0 && p.Lon == 0 {
		d.fault("", "latitude 0 and longitude 0: the receiver has no fix; send nothing until it has one")
	}
	if lat && lon && d.source.isExchanged(p) {
		d.fault("", exchanged)
	}
}

func (d *decoder) latitude() geo.Degrees {
	return geo.Degrees(d.number(-90, 90, "degrees north; a longitude belongs into lon"))
}

func (d *decoder) longitude() geo.Degrees { return geo.Degrees(d.number(-180, 180, "degrees east")) }

func (d *decoder) altitude() float64 {
	return d.number(minAltitude, maxAltitude, "metres: leave it out if it is not known")
}

// azimuth reads an angle clockwise from true north.
func (d *decoder) azimuth() geo.Radians {
	return geo.Wrap2Pi(geo.Degrees(d.number(0, 360, "degrees clockwise from true north")).Radians())
}

// altRef reads what an altitude is measured from.
func (d *decoder) altRef() sensor.AltRef {
	const want = `"hae" (above the ellipsoid), "msl" (above the sea) or "agl" (above the ground)`
	word, ok := d.bytes(want)
	if !ok {
		return ""
	}
	switch string(word) {
	case "hae":
		return sensor.HAE
	case "msl":
		return sensor.MSL
	case "agl":
		return sensor.AGL
	}
	d.fault(string(d.key), "%s is unknown: want %s", quote(word), want)
	return ""
}

// polar reads where the target is, seen from the sensor: range and azimuth, or the azimuth alone. The range is along the line of
// sight and stays so: with its elevation and the height of the sensor, fusion lays it on the ground.
func (d *decoder) polar(plot *detection.Detection) {
	before := d.faults
	plot.Geometry = detection.Bearing
	var azimuth bool
	for o := d.enter("polar", `{"range_m":1200.5,"azimuth_deg":181.2}`); d.next(&o); {
		switch string(d.key) {
		case "range_m":
			plot.Polar.Range = d.number(minError, maxRange, "metres: leave it out if only the bearing is known")
			plot.Geometry = detection.Polar
		case "azimuth_deg":
			plot.Polar.Azimuth, azimuth = d.azimuth(), true
		case "elevation_deg":
			plot.Polar.Elevation = geo.Degrees(d.number(-90, 90, "degrees above the horizontal")).Radians()
			plot.Polar.HasElevation = true
		case "range_rate_mps":
			plot.Polar.RangeRate, plot.Polar.HasRangeRate = d.number(-maxSpeed, maxSpeed, "m/s away from the sensor"), true
		default:
			d.unknown(polarKeys)
		}
	}
	if d.faults == before {
		d.need(azimuth, "azimuth_deg", "the direction in degrees clockwise from true north")
		d.need(plot.Geometry == detection.Polar || !plot.Polar.HasRangeRate, "range_m", "the range that range_rate_mps belongs to")
	}
	d.leave()
}

// errors reads the 1 σ of a position or of a polar.
func (d *decoder) errors(e *element) {
	const metres = "metres: leave it out to use the sensor's configured error"
	const degrees = "degrees: leave it out to use the sensor's configured error"
	const rate = "m/s: leave it out to use the sensor's configured error"
	for o := d.enter("error", `{"east_m":4,"north_m":6} or {"range_m":5,"azimuth_deg":0.5}`); d.next(&o); {
		switch string(d.key) {
		case "east_m":
			e.positionError.east = d.number(minError, maxError, metres)
		case "north_m":
			e.positionError.north = d.number(minError, maxError, metres)
		case "corr":
			corr := d.number(-1, 1, "for the correlation of east and north")
			e.positionError.corr = min(max(corr, -maxCorr), maxCorr)
		case "range_m":
			e.polarError.Range = d.number(minError, maxError, metres)
		case "azimuth_deg":
			e.polarError.Azimuth = geo.Degrees(d.number(minAngle, 180, degrees)).Radians()
		case "elevation_deg":
			e.polarError.Elevation = geo.Degrees(d.number(minAngle, 90, degrees)).Radians()
		case "range_rate_mps":
			e.polarError.RangeRate = d.number(minError, maxError, rate)
		default:
			d.unknown(errorKeys)
		}
	}
	d.leave()
}

// velocity reads a velocity over ground in one of its two forms.
func (d *decoder) velocity(plot *detection.Detection) {
	const eastSeen, northSeen, speedSeen, courseSeen = 1, 2, 4, 8
	var seen int
	var speed float64
	var course geo.Radians
	before := d.faults
	for o := d.enter("velocity", `{"east_mps":0.2,"north_mps":1.3} or {"speed_mps":1.3,"course_deg":9}`); d.next(&o); {
		switch string(d.key) {
		case "east_mps":
			plot.Velocity.East = d.number(-maxSpeed, maxSpeed, "m/s")
			seen |= eastSeen
		case "north_mps":
			plot.Velocity.North = d.number(-maxSpeed, maxSpeed, "m/s")
			seen |= northSeen
		case "speed_mps":
			speed = d.number(0, maxSpeed, "m/s")
			seen |= speedSeen
		case "course_deg":
			course = d.azimuth()
			seen |= courseSeen
		default:
			d.unknown(velocityKeys)
		}
	}
	plot.HasVelocity = true
	switch seen {
	case eastSeen | northSeen:
	case speedSeen | courseSeen:
		sin, cos := math.Sincos(float64(course))
		plot.Velocity = detection.Velocity{East: speed * sin, North: speed * cos}
	default:
		if d.faults == before && d.broken == "" {
			d.fault("", "want east_mps with north_mps, or speed_mps with course_deg")
		}
	}
	d.leave()
}

// roundedUp is how much more than 1 probabilities may sum to, when each was rounded to two decimals.
const roundedUp = 0.05

// class reads what the target is: a word, or a probability for each of some words. What they leave of 1 is unknown. A sum a little above
// 1, as rounding makes it, is scaled down; a greater one is rejected, since those numbers are no probabilities.
func (d *decoder) class(plot *detection.Detection) {
	plot.HasClass = true
	switch d.peek() {
	case '"':
		word, _ := d.bytes("")
		c, known := detection.ParseClass(string(word))
		if !known && d.broken == "" {
			d.fault(string(d.key), "%s", noClass(word))
			return
		}
		plot.Class[c] = 1
		return
	case '{':
	default:
		d.wrong(`a word like "person", or probabilities like {"person":0.8,"animal":0.1}`)
		return
	}
	sum, before := 0.0, d.faults
	for o := d.enter("class", ""); d.next(&o); {
		c, known := detection.ParseClass(string(d.key))
		if !known {
			d.fault(string(d.key), "%s", noClass(d.key))
			d.skip()
			continue
		}
		plot.Class[c] = d.number(0, 1, "for a probability")
		sum += plot.Class[c]
	}
	if sum > 1+roundedUp && d.faults == before {
		d.fault("", "the probabilities sum to %.3g: want at most 1", sum)
	}
	d.leave()
	spread(&plot.Class)
}

// spread makes the probabilities sum to 1. They are summed in the order of the classes, so that the order of the payload's keys
// changes no bit of the result.
func spread(p *detection.Classes) {
	sum := 0.0
	for _, x := range p {
		sum += x
	}
	if sum <= 1 {
		p[detection.UnknownClass] += 1 - sum
		return
	}
	for i := range p {
		p[i] /= sum
	}
}

// platform reads the pose of a sensor that moves. Without a usable altitude it has that of the configured pose, or 0.
func (d *decoder) platform() detection.Pose {
	pose := detection.Pose{}
	pose.Alt = d.source.def.Pose.Alt
	var alt float64
	var ref sensor.AltRef
	var lat, lon, hasAlt bool
	before := d.faults
	for o := d.enter("platform", `{"lat":49.01,"lon":-97.2,"alt_m":320,"heading_deg":181}`); d.next(&o); {
		switch string(d.key) {
		case "lat":
			pose.Lat, lat = d.latitude(), true
		case "lon":
			pose.Lon, lon = d.longitude(), true
		case "alt_m":
			alt, hasAlt = d.altitude(), true
		case "alt_ref":
			ref = d.altRef()
		case "heading_deg":
			pose.Heading, pose.HasHeading = d.azimuth(), true
		default:
			d.unknown(platformKeys)
		}
	}
	if d.faults == before {
		d.place(pose.LLA, lat, lon)
	}
	d.leave()
	if hae, ok := d.source.height(pose.LLA, alt, ref); hasAlt && ok {
		pose.Alt = hae
	}
	return pose
}

// view reads what a sensor that moves or slews sees. Without a range it sees as far as its coverage is configured.
func (d *decoder) view() detection.FieldOfView {
	v := detection.FieldOfView{Range: float64(d.source.def.Coverage.Range)}
	var azimuth, width bool
	before := d.faults
	for o := d.enter("field_of_view", `{"azimuth_deg":181,"width_deg":24,"range_m":3000}`); d.next(&o); {
		switch string(d.key) {
		case "azimuth_deg":
			v.Azimuth, azimuth = d.azimuth(), true
		case "width_deg":
			v.Width, width = geo.Degrees(d.number(minAngle, 360, "degrees")).Radians(), true
		case "range_m":
			v.Range = d.number(minError, maxRange, "metres")
		default:
			d.unknown(viewKeys)
		}
	}
	if d.faults == before {
		d.need(azimuth, "azimuth_deg", "the middle of the view in degrees clockwise from true north")
		d.need(width, "width_deg", "the whole angle of the view in degrees")
	}
	d.leave()
	return v
}
