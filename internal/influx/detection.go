package influx

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/record"
)

// Decimals of fields: 1e-8° is a millimetre. The rest is a thousandth of what any sensor resolves.
const (
	placeDecimals = 8
	valueDecimals = 4
)

// encoder turns records into lines. Each cursor has its own: it is not safe for concurrent use.
type encoder struct {
	places map[string]geo.Frame // of the sensors that stand still, by their id
	stamps *stamps
	raw    [24]byte // of measured: on the stack it would be moved to the heap for each detection
}

func newEncoder(places map[string]geo.LLA) *encoder {
	return &encoder{places: frames(places), stamps: newStamps()}
}

func frames(places map[string]geo.LLA) map[string]geo.Frame {
	all := make(map[string]geo.Frame, len(places))
	for id, at := range places {
		all[id] = geo.NewFrame(at)
	}
	return all
}

// input appends a line for each detection of one message.
func (e *encoder) input(b *batch, sector string, in *record.Input) {
	var first uint32
	k := 0
	for i := range in.Scans {
		scan := &in.Scans[i]
		for j := range scan.Detections {
			d := &scan.Detections[j]
			e.detection(b, sector, scan, d)
			content := crc32.Checksum(b.buf[b.start:], castagnoli)
			content = e.measured(content, d, k)
			if k == 0 {
				first = content
			}
			e.finish(b, eventTime(d, scan, in), first, k, content)
			k++
		}
	}
}

// finish gives the line its timestamp.
func (e *encoder) finish(b *batch, t time.Time, first uint32, k int, content uint32) {
	ns, ok := nanoseconds(t)
	if !ok { // the server would refuse it; what happened then is written as of 1970
		ns = 0
	}
	b.end(e.stamps.give(ns, first, k, crc32.Checksum(b.buf[b.start:b.split], castagnoli), content))
}

// eventTime of a detection: its own, else its scan's, else that of its receipt.
func eventTime(d *detection.Detection, scan *detection.Scan, in *record.Input) time.Time {
	for _, t := range [...]time.Time{d.EventTime, scan.EventTime} {
		if _, ok := nanoseconds(t); ok && !t.IsZero() {
			return t
		}
	}
	return in.Received
}

// detection writes the measurement detection of the contract. A bearing has no place; it gets azimuth_deg instead.
func (e *encoder) detection(b *batch, sector string, scan *detection.Scan, d *detection.Detection) {
	class := detection.UnknownClass
	if d.HasClass {
		class, _ = d.Class.Best()
	}
	b.begin("detection")
	b.tag("class", class.String())
	b.tag("kind", d.Geometry.String())
	b.tag("sector", sector)
	b.tag("sensor", scan.Sensor)
	b.fields()
	e.place(b, scan, d)
	b.float("confidence", d.Confidence, valueDecimals)
	if d.HasVelocity {
		b.float("speed_mps", math.Hypot(d.Velocity.East, d.Velocity.North), valueDecimals)
		b.float("course_deg", degrees(math.Atan2(d.Velocity.East, d.Velocity.North)), valueDecimals)
	}
	if d.HasSNR {
		b.float("snr_db", d.SNR, valueDecimals)
	}
	b.text("id", d.ID)
	b.text("track", d.Track)
	b.mark("simulated", d.Simulated)
}

// place writes where the detection was, with its 1 σ east and north.
func (e *encoder) place(b *batch, scan *detection.Scan, d *detection.Detection) {
	switch d.Geometry {
	case detection.Position:
		at(b, d.Position, d.HasAlt)
		sigmas(b, d.PositionError)
	case detection.Polar:
		if frame, ok := e.frame(scan); ok {
			e.polar(b, &frame, d)
		}
	case detection.Bearing:
		b.float("azimuth_deg", degrees(float64(d.Polar.Azimuth)), valueDecimals)
	case detection.Trip:
		if frame, ok := e.frame(scan); ok {
			at(b, frame.Origin(), false)
		}
		sigmas(b, d.PositionError)
	case detection.NoGeometry:
	}
}

// polar writes the place of a range and azimuth seen from frame's origin. Without an elevation the target is taken to be at the
// sensor's own height, which moves it by less than its range error.
func (e *encoder) polar(b *batch, frame *geo.Frame, d *detection.Detection) {
	sin, cos := math.Sincos(float64(d.Polar.Azimuth))
	if d.Polar.HasElevation {
		up, flat := math.Sincos(float64(d.Polar.Elevation))
		r := d.Polar.Range * flat
		at(b, frame.LLA(geo.ENU{E: r * sin, N: r * cos, U: d.Polar.Range * up}), true)
	} else {
		at(b, frame.Surface(d.Polar.Range*sin, d.Polar.Range*cos, frame.Origin().Alt), false)
	}
	// The covariance of (r, az) turned into east and north, to first order.
	along, across := d.PolarError.Range, d.Polar.Range*float64(d.PolarError.Azimuth)
	sigmas(b, detection.Covariance{
		EE: sin*sin*along*along + cos*cos*across*across,
		NN: cos*cos*along*along + sin*sin*across*across,
	})
}

// frame at the sensor: the scan's own platform, or the place where the sensor stands.
func (e *encoder) frame(scan *detection.Scan) (geo.Frame, bool) {
	if scan.HasPlatform {
		return geo.NewFrame(scan.Platform.LLA), true
	}
	frame, ok := e.places[scan.Sensor]
	return frame, ok
}

func at(b *batch, p geo.LLA, hasAlt bool) {
	b.float("lat", float64(p.Lat), placeDecimals)
	b.float("lon", float64(p.Lon), placeDecimals)
	if hasAlt {
		b.float("alt_m", float64(p.Alt), valueDecimals)
	}
}

func sigmas(b *batch, c detection.Covariance) {
	if c.EE > 0 && c.NN > 0 {
		b.float("east_err_m", math.Sqrt(c.EE), valueDecimals)
		b.float("north_err_m", math.Sqrt(c.NN), valueDecimals)
	}
}

// measured folds into crc what a line does not hold of its detection: the measurement of a bearing or of a sensor whose place is
// not known, and k, its number in its message, without which two equal returns of one look would be one.
func (e *encoder) measured(crc uint32, d *detection.Detection, k int) uint32 {
	raw := e.raw[:]
	binary.LittleEndian.PutUint64(raw, math.Float64bits(d.Polar.Range))
	binary.LittleEndian.PutUint64(raw[8:], math.Float64bits(float64(d.Polar.Azimuth)))
	binary.LittleEndian.PutUint64(raw[16:], uint64(k)) //nolint:gosec // a count
	return crc32.Update(crc, castagnoli, raw)
}

// degrees of an angle in [0, 360).
func degrees(radians float64) float64 {
	return float64(geo.Wrap2Pi(geo.Radians(radians)).Degrees())
}
