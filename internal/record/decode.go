package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
)

// The least bytes that an element takes. A count that the rest of the record can't hold is refused before anything is allocated
// for it, so damage costs an error and never memory.
const (
	leastScan      = 3
	leastDetection = 4
	leastReject    = 2
	leastString    = 1
)

// slabSize is how many scans, or detections, are allocated at a time: one allocation for the inputs of a message, most of which
// bring one of each, instead of one for each.
const slabSize = 64

// decoder reads the records of one message. It hands out slices of its slabs and never touches them again.
type decoder struct {
	scans      []detection.Scan
	detections []detection.Detection
}

// take cuts n elements off the front of slab. A bigger list gets an array of its own.
func take[T any](slab *[]T, n int) []T {
	if n > slabSize/4 {
		return make([]T, n)
	}
	if n > len(*slab) {
		*slab = make([]T, slabSize)
	}
	out := (*slab)[:n:n]
	*slab = (*slab)[n:]
	return out
}

// input decodes one record's body.
func (d *decoder) input(in *Input, body []byte) error {
	*in = Input{}
	if len(body) < 3 {
		return errors.New("record ends early")
	}
	in.Kind = Kind(body[0])
	if in.Kind < Message || in.Kind > Configured {
		return fmt.Errorf("kind %d is unknown", body[0])
	}
	marks, body := body[1], body[2:]
	size, n := binary.Uvarint(body)
	if n <= 0 || size > uint64(len(body)-n) { //nolint:gosec // n is at most the length of body
		return errors.New("payload is longer than the record")
	}
	body = body[n:]
	if size > 0 {
		in.Raw = body[:size:size]
	}
	// one string for all but the payload: every name is a piece of it, and what keeps a name keeps some hundred bytes at most
	r := reader{rest: string(body[size:])}
	in.Received = r.time(time.Unix(0, 0))
	d.parts(in, marks, &r)
	if r.err == nil && r.rest != "" {
		r.fail("bytes are left over")
	}
	return r.err
}

func (d *decoder) parts(in *Input, marks byte, r *reader) {
	if marks&hasSensor != 0 {
		in.Sensor = r.string()
	}
	if marks&hasTopic != 0 {
		in.Topic = r.string()
	}
	if marks&hasScans != 0 {
		in.Scans = take(&d.scans, r.count(leastScan))
		for i := range in.Scans {
			d.scan(&in.Scans[i], in, r)
		}
	}
	if marks&hasStatus != 0 {
		in.Status = decodeStatus(in.Received, r)
	}
	if marks&hasRejects != 0 {
		in.Rejects = make([]Reject, r.count(leastReject))
		for i := range in.Rejects {
			in.Rejects[i] = Reject{Path: r.string(), Reason: r.string()}
		}
	}
	if marks&hasCommand != 0 {
		c := Command{
			Name: r.string(), Alert: r.string(), Track: r.string(), Other: r.string(), By: r.string(),
			Comment: r.string(), Owner: r.string(), Verdict: r.string(), ID: r.string(),
			For: time.Duration(r.varint()), Undo: r.uvarint() != 0,
		}
		c.Time = r.time(in.Received)
		in.Command = &c
	}
}

func (d *decoder) scan(s *detection.Scan, in *Input, r *reader) {
	marks := r.uvarint()
	s.EventTime = r.time(in.Received)
	var n [scanNumbers]float64
	r.numbers(n[:], marks)
	s.Platform.Lat, s.Platform.Lon, s.Platform.Alt = geo.Degrees(n[0]), geo.Degrees(n[1]), geo.Metres(n[2])
	s.Platform.Heading = geo.Radians(n[3])
	s.View = detection.FieldOfView{Azimuth: geo.Radians(n[4]), Width: geo.Radians(n[5]), Range: n[6]}
	s.HasNumber, s.Sweep, s.HasPlatform = marks&hasNumber != 0, marks&isSweep != 0, marks&hasPlatform != 0
	s.Platform.HasHeading, s.HasView = marks&hasHeading != 0, marks&hasView != 0
	s.Sensor = in.Sensor
	if marks&ownSensor != 0 {
		s.Sensor = r.string()
	}
	if marks&anyNumber != 0 {
		s.Number = r.varint()
	}
	if marks&anyDetections != 0 {
		s.Detections = take(&d.detections, r.count(leastDetection))
		for i := range s.Detections {
			decodeDetection(&s.Detections[i], s.EventTime, r)
		}
	}
}

func decodeDetection(d *detection.Detection, base time.Time, r *reader) {
	d.Geometry = detection.Geometry(r.byte())
	if d.Geometry > detection.Trip {
		r.fail("geometry is unknown")
	}
	marks := r.uvarint()
	d.EventTime = r.time(base)
	var n [detectionNumbers]float64
	r.numbers(n[:], marks)
	setNumbers(d, &n)
	d.HasAlt, d.HasVelocity, d.HasClass, d.HasSNR = marks&hasAlt != 0, marks&hasVelocity != 0, marks&hasClass != 0, marks&hasSNR != 0
	d.Polar.HasElevation, d.Polar.HasRangeRate = marks&polarElevation != 0, marks&polarRangeRate != 0
	d.PolarError.HasElevation, d.PolarError.HasRangeRate = marks&errorElevation != 0, marks&errorRangeRate != 0
	d.Simulated = marks&simulated != 0
	if marks&anyID != 0 {
		d.ID = r.string()
	}
	if marks&anyTrack != 0 {
		d.Track = r.string()
	}
	if marks&anyMedia != 0 {
		d.Media = r.strings()
	}
}

func setNumbers(d *detection.Detection, n *[detectionNumbers]float64) {
	d.Position = geo.LLA{Lat: geo.Degrees(n[0]), Lon: geo.Degrees(n[1]), Alt: geo.Metres(n[2])}
	d.PositionError = detection.Covariance{EE: n[3], EN: n[4], NN: n[5]}
	d.Polar = detection.Coordinates{Range: n[6], Azimuth: geo.Radians(n[7]), Elevation: geo.Radians(n[8]), RangeRate: n[9]}
	d.PolarError = detection.Coordinates{Range: n[10], Azimuth: geo.Radians(n[11]), Elevation: geo.Radians(n[12]), RangeRate: n[13]}
	d.Velocity = detection.Velocity{East: n[14], North: n[15]}
	d.Confidence, d.SNR = n[16], n[17]
	copy(d.Class[:], n[18:])
}

func decodeStatus(base time.Time, r *reader) *detection.Status {
	s := detection.Status{State: detection.State(r.byte())}
	if s.State > detection.Offline {
		r.fail("state is unknown")
	}
	marks := r.uvarint()
	s.EventTime = r.time(base)
	var n [statusNumbers]float64
	r.numbers(n[:], marks)
	s.Battery, s.Heading = n[0], geo.Radians(n[1])
	s.View = detection.FieldOfView{Azimuth: geo.Radians(n[2]), Width: geo.Radians(n[3]), Range: n[4]}
	s.HasBattery, s.Tamper = marks&hasBattery != 0, marks&isTampered != 0
	s.HasHeading, s.HasView = marks&statusHeading != 0, marks&statusView != 0
	if marks&anyFaults != 0 {
		s.Faults = r.strings()
	}
	return &s
}

// reader takes values off the front of rest. The first thing wrong stays in err, and everything after it reads as zero.
type reader struct {
	rest string
	err  error
}

// fail notes the first thing wrong.
func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = errors.New(what)
	}
	r.rest = ""
}

func (r *reader) byte() byte {
	if r.rest == "" {
		r.fail("record ends early")
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) uvarint() uint64 {
	var v uint64
	for i := 0; i < len(r.rest) && i < 10; i++ {
		b := r.rest[i]
		if b < 0x80 {
			r.rest = r.rest[i+1:]
			return v | uint64(b)<<(7*i)
		}
		v |= uint64(b&0x7f) << (7 * i)
	}
	r.fail("a number ends early or is too long")
	return 0
}

func (r *reader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1) // zigzag: the lowest bit is the sign
}

// count reads the number of elements of a list, of which each takes at least the given number of bytes.
func (r *reader) count(least int) int {
	n := r.uvarint()
	if n > uint64(len(r.rest)/least) { //nolint:gosec // not negative
		r.fail("a list is longer than the record")
		return 0
	}
	return int(n) //nolint:gosec // at most the length of the record
}

func (r *reader) string() string {
	n := r.count(leastString)
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

func (r *reader) strings() []string {
	list := make([]string, r.count(leastString))
	for i := range list {
		list[i] = r.string()
	}
	return list
}

func (r *reader) time(base time.Time) time.Time {
	sec, ns := r.varint(), r.uvarint()
	if ns >= 1e9 {
		r.fail("a time has more than 999999999 nanoseconds")
		return time.Time{}
	}
	return time.Unix(base.Unix()+sec, int64(ns)).UTC()
}

// numbers fills in those that marks names; the others stay zero.
func (r *reader) numbers(into []float64, marks uint64) {
	marks &= 1<<len(into) - 1
	if len(r.rest) < 8*bits.OnesCount64(marks) {
		r.fail("numbers are missing")
		return
	}
	rest := r.rest
	for ; marks != 0; marks &= marks - 1 {
		b := rest[:8]
		v := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		into[bits.TrailingZeros64(marks)] = math.Float64frombits(v)
		rest = rest[8:]
	}
	r.rest = rest
}
