package record

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"time"

	"cutline/internal/detection"
)

// codecVersion is the first byte of what AppendInputs writes. A reader that meets another one must stop, not guess.
const codecVersion = 1

// frameHead is what precedes every record: its length and the CRC-32C of its bytes, each four bytes, little-endian.
const frameHead = 8

// castagnoli is the polynomial of CRC-32C (RFC 3720 §12.1), which amd64 computes in hardware.
var castagnoli = crc32.MakeTable(crc32.Castagnoli) //nolint:gochecknoglobals // a fixed table

// Marks of an Input: which of its parts follow.
const (
	hasSensor = 1 << iota
	hasTopic
	hasScans
	hasStatus
	hasRejects
	hasCommand
)

// AppendInputs appends a version byte and the inputs to dst, in the form that DecodeInputs reads. One call makes one stream
// message: the results of two calls must not be joined.
//
//	version(1) { length(4) crc32c(4) kind(1) marks(1) raw-length raw received [parts as marked] }*
//
// Times are seconds and nanoseconds as varints, relative to the time that they follow from. A number that is zero is not stored.
func AppendInputs(dst []byte, in []Input) []byte {
	dst = append(dst, codecVersion)
	for i := range in {
		start := len(dst)
		dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0) // room for the frame's head, known only afterwards
		dst = appendInput(dst, &in[i])
		body := dst[start+frameHead:]
		binary.LittleEndian.PutUint32(dst[start:], uint32(len(body))) //nolint:gosec // a stream message is far below 4 GiB
		binary.LittleEndian.PutUint32(dst[start+4:], crc32.Checksum(body, castagnoli))
	}
	return dst
}

// DecodeInputs appends the inputs of one stream message to into. Inputs.Raw aliases data; strings do not, so that what keeps a
// name does not keep a whole message alive. Empty slices come back as nil, times in UTC, else decode(encode(x)) is x exactly.
// An error names the record, counted from 0, and its place; the inputs before it are returned with it.
func DecodeInputs(data []byte, into []Input) ([]Input, error) {
	if len(data) == 0 || data[0] != codecVersion {
		return into, fmt.Errorf("decode inputs: want a message that begins with version %d, got % x", codecVersion, data[:min(len(data), 1)])
	}
	d := decoder{}
	for index, at := 0, 1; at < len(data); index++ {
		body, err := unframe(data[at:])
		if err == nil {
			into = slices.Grow(into, 1)[:len(into)+1]
			err = d.input(&into[len(into)-1], body)
			if err != nil {
				into = into[:len(into)-1]
			}
		}
		if err != nil {
			return into, fmt.Errorf("decode inputs: record %d at byte %d: %w", index, at, err)
		}
		at += frameHead + len(body)
	}
	return into, nil
}

// unframe checks the record that data begins with, and returns its body.
func unframe(data []byte) ([]byte, error) {
	if len(data) < frameHead {
		return nil, fmt.Errorf("%d bytes left, a record's head is %d", len(data), frameHead)
	}
	size, sum := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[4:])
	if rest := len(data) - frameHead; uint64(size) > uint64(rest) { //nolint:gosec // rest is not negative
		return nil, fmt.Errorf("length is %d, %d bytes are left", size, rest)
	}
	body := data[frameHead : frameHead+size]
	if got := crc32.Checksum(body, castagnoli); got != sum {
		return nil, fmt.Errorf("crc-32c is %08x, the record says %08x", got, sum)
	}
	return body, nil
}

func appendInput(dst []byte, in *Input) []byte {
	marks := mark(in.Sensor != "", hasSensor) | mark(in.Topic != "", hasTopic) | mark(len(in.Scans) > 0, hasScans) |
		mark(in.Status != nil, hasStatus) | mark(len(in.Rejects) > 0, hasRejects) | mark(in.Command != nil, hasCommand)
	dst = append(dst, byte(in.Kind), byte(marks)) //nolint:gosec // six marks
	dst = append(binary.AppendUvarint(dst, uint64(len(in.Raw))), in.Raw...)
	dst = appendTime(dst, in.Received, time.Unix(0, 0))
	if in.Sensor != "" {
		dst = appendString(dst, in.Sensor)
	}
	if in.Topic != "" {
		dst = appendString(dst, in.Topic)
	}
	if len(in.Scans) > 0 {
		dst = binary.AppendUvarint(dst, uint64(len(in.Scans)))
		for i := range in.Scans {
			dst = appendScan(dst, &in.Scans[i], in)
		}
	}
	if in.Status != nil {
		dst = appendStatus(dst, in.Status, in.Received)
	}
	if len(in.Rejects) > 0 {
		dst = binary.AppendUvarint(dst, uint64(len(in.Rejects)))
		for _, r := range in.Rejects {
			dst = appendString(appendString(dst, r.Path), r.Reason)
		}
	}
	if c := in.Command; c != nil {
		for _, s := range [...]string{c.Name, c.Alert, c.Track, c.Other, c.By, c.Comment, c.Owner, c.Verdict, c.ID} {
			dst = appendString(dst, s)
		}
		dst = binary.AppendVarint(dst, int64(c.For))
		dst = binary.AppendUvarint(dst, mark(c.Undo, 1))
		dst = appendTime(dst, c.Time, in.Received)
	}
	return dst
}

// Marks of a Scan, above the seven numbers of it.
const (
	scanNumbers   = 7
	hasNumber     = 1 << (scanNumbers + iota - 1)
	isSweep       // a complete look
	hasPlatform   //
	hasHeading    //
	hasView       //
	ownSensor     // its sensor is not the input's, and follows
	anyNumber     // Number is not zero, and follows
	anyDetections // detections follow
)

func appendScan(dst []byte, s *detection.Scan, in *Input) []byte {
	numbers := [scanNumbers]float64{
		float64(s.Platform.Lat), float64(s.Platform.Lon), float64(s.Platform.Alt), float64(s.Platform.Heading),
		float64(s.View.Azimuth), float64(s.View.Width), s.View.Range,
	}
	marks := present(numbers[:]) | mark(s.HasNumber, hasNumber) | mark(s.Sweep, isSweep) | mark(s.HasPlatform, hasPlatform) |
		mark(s.Platform.HasHeading, hasHeading) | mark(s.HasView, hasView) | mark(s.Sensor != in.Sensor, ownSensor) |
		mark(s.Number != 0, anyNumber) | mark(len(s.Detections) > 0, anyDetections)
	dst = binary.AppendUvarint(dst, marks)
	dst = appendTime(dst, s.EventTime, in.Received)
	dst = appendNumbers(dst, numbers[:])
	if marks&ownSensor != 0 {
		dst = appendString(dst, s.Sensor)
	}
	if marks&anyNumber != 0 {
		dst = binary.AppendVarint(dst, s.Number)
	}
	if marks&anyDetections != 0 {
		dst = binary.AppendUvarint(dst, uint64(len(s.Detections)))
		for i := range s.Detections {
			dst = appendDetection(dst, &s.Detections[i], s.EventTime)
		}
	}
	return dst
}

// Marks of a Detection, above the numbers of it.
const (
	detectionNumbers = 18 + detection.NumClasses
	hasAlt           = 1 << (detectionNumbers + iota - 1)
	hasVelocity
	hasClass
	hasSNR
	polarElevation
	polarRangeRate
	errorElevation
	errorRangeRate
	simulated
	anyID
	anyTrack
	anyMedia
)

// numbersOf lists the numbers of d in the order of the format. setNumbers is its inverse.
func numbersOf(d *detection.Detection) (n [detectionNumbers]float64) {
	n = [detectionNumbers]float64{
		float64(d.Position.Lat), float64(d.Position.Lon), float64(d.Position.Alt),
		d.PositionError.EE, d.PositionError.EN, d.PositionError.NN,
		d.Polar.Range, float64(d.Polar.Azimuth), float64(d.Polar.Elevation), d.Polar.RangeRate,
		d.PolarError.Range, float64(d.PolarError.Azimuth), float64(d.PolarError.Elevation), d.PolarError.RangeRate,
		d.Velocity.East, d.Velocity.North, d.Confidence, d.SNR,
	}
	copy(n[18:], d.Class[:])
	return n
}

func appendDetection(dst []byte, d *detection.Detection, base time.Time) []byte {
	numbers := numbersOf(d)
	marks := present(numbers[:]) | mark(d.HasAlt, hasAlt) | mark(d.HasVelocity, hasVelocity) | mark(d.HasClass, hasClass) |
		mark(d.HasSNR, hasSNR) | mark(d.Polar.HasElevation, polarElevation) | mark(d.Polar.HasRangeRate, polarRangeRate) |
		mark(d.PolarError.HasElevation, errorElevation) | mark(d.PolarError.HasRangeRate, errorRangeRate) |
		mark(d.Simulated, simulated) | mark(d.ID != "", anyID) | mark(d.Track != "", anyTrack) | mark(len(d.Media) > 0, anyMedia)
	dst = append(dst, byte(d.Geometry))
	dst = binary.AppendUvarint(dst, marks)
	dst = appendTime(dst, d.EventTime, base)
	dst = appendNumbers(dst, numbers[:])
	if marks&anyID != 0 {
		dst = appendString(dst, d.ID)
	}
	if marks&anyTrack != 0 {
		dst = appendString(dst, d.Track)
	}
	if marks&anyMedia != 0 {
		dst = appendStrings(dst, d.Media)
	}
	return dst
}

// Marks of a Status, above the five numbers of it.
const (
	statusNumbers = 5
	hasBattery    = 1 << (statusNumbers + iota - 1)
	isTampered
	statusHeading
	statusView
	anyFaults
)

func appendStatus(dst []byte, s *detection.Status, base time.Time) []byte {
	numbers := [statusNumbers]float64{
		s.Battery, float64(s.Heading), float64(s.View.Azimuth), float64(s.View.Width), s.View.Range,
	}
	marks := present(numbers[:]) | mark(s.HasBattery, hasBattery) | mark(s.Tamper, isTampered) |
		mark(s.HasHeading, statusHeading) | mark(s.HasView, statusView) | mark(len(s.Faults) > 0, anyFaults)
	dst = append(dst, byte(s.State))
	dst = binary.AppendUvarint(dst, marks)
	dst = appendTime(dst, s.EventTime, base)
	dst = appendNumbers(dst, numbers[:])
	if marks&anyFaults != 0 {
		dst = appendStrings(dst, s.Faults)
	}
	return dst
}

func mark(is bool, bit uint64) uint64 {
	if is {
		return bit
	}
	return 0
}

// present marks the numbers that are not the zero bits. Negative zero and NaN are numbers like any other: they are kept exactly.
func present(numbers []float64) (marks uint64) {
	for i, v := range numbers {
		if math.Float64bits(v) != 0 {
			marks |= 1 << i
		}
	}
	return marks
}

func appendNumbers(dst []byte, numbers []float64) []byte {
	for _, v := range numbers {
		if bits := math.Float64bits(v); bits != 0 {
			dst = binary.LittleEndian.AppendUint64(dst, bits)
		}
	}
	return dst
}

// appendTime writes t as the difference of its whole seconds from base's, and its nanoseconds: exact for every time.Time, the
// zero time of a will included, and six bytes for one that is near base. The difference may wrap around, and does so back.
func appendTime(dst []byte, t, base time.Time) []byte {
	dst = binary.AppendVarint(dst, t.Unix()-base.Unix())
	return binary.AppendUvarint(dst, uint64(t.Nanosecond())) //nolint:gosec // in [0, 1e9)
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendStrings(dst []byte, list []string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	for _, s := range list {
		dst = appendString(dst, s)
	}
	return dst
}
