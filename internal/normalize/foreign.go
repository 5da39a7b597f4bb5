package normalize

import (
	"math"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/record"
)

// Units of other people's formats, in ours.
const (
	knot = 1852.0 / 3600 // m/s
	foot = 0.3048        // m
	kmh  = 1 / 3.6       // m/s
)

// A radius that holds a share of all fixes, in σ of each axis: √(−2 ln(1−share)) of a circular normal distribution.
const (
	radius95 = 2.45
	radius68 = 1.51
)

// How far from its receiver a transmitter can be heard, in metres. A position further off is no far-away ship: it is one whose
// receiver is jammed or deceived, and it must not become a track.
const (
	aircraftHeard = 500e3 // line of sight to 12 km of height, and some
	shipHeard     = 200e3 // masts see 60 km; ducts in the air over warm water do the rest
	droneHeard    = 50e3
)

// foreign reads a payload of one of the formats that are not ours. All are read by the same rules:
//
//   - Fields that we do not know are passed over, and null is a field that is not there.
//   - A field that we do know is held to its type and range, and an object with a fault in one is rejected as a whole.
//   - What a format writes for "unknown" is unknown: it is neither a value nor a fault.
//   - A message that was understood and holds nothing to track is a sign of life: a status that states nothing.
//
// The decoder goes in and out by value: a document holds on to its decoder, which must not put those of our own format on the heap.
func foreign(d decoder, in *record.Input) decoder {
	switch d.source.def.Format {
	case JSON:
		in.Scans, in.Status = d.json()
	case Readsb:
		in.Scans, in.Status = d.readsb()
	case OwnTracks:
		in.Scans, in.Status = d.owntracks()
	case AIS:
		in.Scans, in.Status = d.ais()
	case RemoteID:
		in.Scans, in.Status = d.remoteid()
	case Sapient:
		in.Scans, in.Status = d.sapient()
	case Asterix:
		in.Scans, in.Status = d.asterix()
	case ChirpStack:
		in.Scans, in.Status = d.chirpstack()
	case Meshtastic:
		in.Scans, in.Status = d.meshtastic()
	case Frigate:
		in.Scans, in.Status = d.frigate()
	case Axis:
		in.Scans, in.Status = d.axis()
	case DJI:
		in.Scans, in.Status = d.dji()
	case CoT:
		in.Scans, in.Status = d.cot()
	}
	return d
}

// newPlot is a detection of that time, to be filled in.
func newPlot(t time.Time) detection.Detection {
	return detection.Detection{EventTime: t, Confidence: 1}
}

// isA says that it is certainly of the class.
func isA(plot *detection.Detection, c detection.Class) { plot.Class[c], plot.HasClass = 1, true }

// locate puts a detection at p, with an error of sigma metres in each axis; 0: the sensor's own.
func (d *document) locate(plot *detection.Detection, p geo.LLA, sigma float64) {
	sigma = max(or(sigma, d.source.position), minError)
	plot.Geometry, plot.Position = detection.Position, p
	plot.PositionError = detection.Covariance{EE: sigma * sigma, NN: sigma * sigma}
}

// move gives a detection a velocity over ground: m/s, and degrees clockwise from true north.
func move(plot *detection.Detection, speed, course float64) {
	sin, cos := math.Sincos(float64(geo.Degrees(course).Radians()))
	plot.Velocity, plot.HasVelocity = detection.Velocity{East: speed * sin, North: speed * cos}, true
}

// heard rejects a position that is further from the receiver's configured pose than its radio can reach.
func (d *document) heard(v *value, key string, p geo.LLA, most float64) bool {
	if !d.source.def.HasPose {
		return true
	}
	if away := distanceOf(d.source.def.Pose.LLA(), p); away > most {
		d.blame(v, key, "%.0f km from the receiver, which hears %.0f km: jammed, deceived, or the receiver's pose is wrong", away/1e3, most/1e3)
		return false
	}
	return true
}

// distanceOf is the great circle's on a sphere, in metres: within 0.6 % of the ellipsoid, for questions of kilometres.
func distanceOf(a, b geo.LLA) float64 {
	const earth = 6371e3
	la, lb := float64(a.Lat.Radians()), float64(b.Lat.Radians())
	s, t := math.Sin((lb-la)/2), math.Sin(float64((b.Lon-a.Lon).Radians())/2)
	return 2 * earth * math.Asin(math.Min(1, math.Sqrt(s*s+math.Cos(la)*math.Cos(lb)*t*t)))
}

// add puts a detection into the scan of its time.
func (d *document) add(g *group, plot *detection.Detection) {
	g.plots = append(g.plots, *plot)
	g.keep(&detection.Scan{Sensor: d.source.def.ID, EventTime: plot.EventTime}, nil, false)
}

// outcome is what a message without a status of its own comes to: its scans, else a sign of life, if nothing was wrong.
func (d *document) outcome(g *group, t time.Time) ([]detection.Scan, *detection.Status) {
	if len(g.plots) > 0 || d.faults > 0 {
		return g.scans(), nil
	}
	return nil, &detection.Status{EventTime: t}
}
