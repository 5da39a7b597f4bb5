package normalize

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/record"
)

// Asterix is the format of EUROCONTROL ASTERIX data blocks, one or more to a payload: category 048 (reports of one radar) and 062 (system
// tracks). The messages of the service itself (002, 008, 034, 063, 065) are signs of life; other categories are rejected.
const Asterix = "asterix"

// asterix reads data blocks: a category, a length, and records. In a record bits say which items are there, and an item of an unknown
// length makes all that follows unreadable: then the rest of the block is rejected, and the next one is read.
func (d *decoder) asterix() ([]detection.Scan, *detection.Status) {
	doc := &document{decoder: d}
	var g group
	rest := d.buf
	if len(rest) == 0 {
		doc.radarFault("", "the payload is empty")
	}
	for n := 0; len(rest) > 0; n++ {
		at := ""
		if n > 0 || len(rest) > 3 && int(binary.BigEndian.Uint16(rest[1:])) < len(rest) {
			at = "[" + strconv.Itoa(n) + "]"
		}
		size := 0
		if len(rest) >= 3 {
			size = int(binary.BigEndian.Uint16(rest[1:]))
		}
		if size < 3 || size > len(rest) {
			doc.radarFault(at, "a data block of %d bytes, and there are %d: this is no ASTERIX, or it was cut off", size, len(rest))
			break
		}
		doc.block(at, rest[0], rest[3:size], &g)
		rest = rest[size:]
	}
	return doc.outcome(&g, d.received)
}

// radarFault rejects what stands at path.
func (d *document) radarFault(path, format string, args ...any) {
	if d.faults++; d.faults <= maxRejects {
		d.rejects = append(d.rejects, record.Reject{Path: path, Reason: fmt.Sprintf(format, args...)})
	}
}

// block reads the records of a block.
func (d *document) block(at string, category byte, b []byte, g *group) {
	switch category {
	case 48, 62:
	case 2, 8, 34, 63, 65:
		return
	default:
		d.radarFault(at, "category %03d is not read: want 048, or 062", category)
		return
	}
	for n := 0; len(b) > 0; n++ {
		path := at + "records[" + strconv.Itoa(n) + "]"
		if at != "" {
			path = at + ".records[" + strconv.Itoa(n) + "]"
		}
		r := axRecord{path: path, items: axMonoradar}
		if category == 62 {
			r.items = axSystemTrack
		}
		size, why := r.split(b)
		if why != "" {
			d.radarFault(path, "%s", why)
			return
		}
		b = b[size:]
		before := d.faults
		plot := newPlot(time.Time{})
		target := d.radarReport
		if category == 62 {
			target = d.systemTrack
		}
		if target(&r, &plot) && d.faults == before {
			d.add(g, &plot)
		}
	}
}

// axRecord is a record, parted into its items.
type axRecord struct {
	path  string
	items []axItem
	found [36][]byte // by the number of the item, from 1
}

// split parts a record; why says that it cannot be done.
func (r *axRecord) split(b []byte) (size int, why string) {
	bits, ok := (&axItem{form: axExtended, size: 1}).length(b)
	if !ok || bits > 5 {
		return 0, "its field specification does not end"
	}
	size = bits
	for i := range bits * 7 {
		if b[i/7]&(0x80>>(i%7)) == 0 {
			continue
		}
		if i >= len(r.items) || r.items[i].name == "" {
			return 0, fmt.Sprintf("item %d of its field specification does not exist", i+1)
		}
		n, ok := r.items[i].length(b[size:])
		if !ok {
			return 0, r.items[i].name + " is longer than the data block, or of no known length"
		}
		r.found[i+1] = b[size : size+n]
		size += n
	}
	return size, ""
}

// name is the path of an item of the record.
func (r *axRecord) name(number int) string { return r.path + "." + r.items[number-1].name }

// radarTime is the time of an item that counts 1/128 s since midnight UTC. The day is the one that brings it nearest to its receipt.
func (d *document) radarTime(r *axRecord, number int) (time.Time, bool) {
	b := r.found[number]
	if b == nil {
		d.radarFault(r.name(number), "missing: give the time of day")
		return time.Time{}, false
	}
	const perSecond, day = 128, 24 * time.Hour
	count := int64(b[0])<<16 | int64(b[1])<<8 | int64(b[2])
	if count >= 86400*perSecond {
		d.radarFault(r.name(number), "%d/128 s is more than a day", count)
		return time.Time{}, false
	}
	t := d.received.Truncate(day).Add(time.Duration(count) * time.Second / perSecond)
	switch ahead := t.Sub(d.received); {
	case ahead > day/2:
		t = t.Add(-day)
	case ahead < -day/2:
		t = t.Add(day)
	}
	if why := d.clock(t); why != "" {
		d.radarFault(r.name(number), "%s %s", t.Format(time.RFC3339Nano), why)
		return t, false
	}
	return t, true
}

// Units of ASTERIX.
const (
	axTurn     = 2 * math.Pi / 65536 // of an angle in 16 bits, in radians
	axMile     = 1852.0              // m
	axPosition = 180.0 / (1 << 25)   // degrees
)

func u16(b []byte) int { return int(binary.BigEndian.Uint16(b)) }

// s16 is a number in two's complement.
func s16(b []byte) float64 { return float64(int16(binary.BigEndian.Uint16(b))) } //nolint:gosec // the wire's own form

func s32(b []byte) float64 { return float64(int32(binary.BigEndian.Uint32(b))) } //nolint:gosec // the wire's own form

// bit says whether a bit of an extended item is set: the piece, and the value in it.
func bit(b []byte, piece int, mask byte) bool { return len(b) > piece && b[piece]&mask != 0 }

// radarReport reads a plot or a track of one radar (category 048): false if it is none of a target.
func (d *document) radarReport(r *axRecord, plot *detection.Detection) bool {
	var ok bool
	if plot.EventTime, ok = d.radarTime(r, ax48Time); !ok {
		return false
	}
	kind := r.found[ax48Type]
	switch {
	case bit(kind, 0, 0x02), bit(kind, 1, 0x80): // of a fixed transponder, or a test target
		return false
	case bit(r.found[ax48Status], 1, 0x80): // the end of a track
		return false
	case len(kind) > 0 && kind[0]>>5 == 0 && r.found[ax48Polar] == nil: // no detection: a track that is carried on
		return false
	}
	plot.Simulated = bit(kind, 0, 0x10)
	d.radarPlace(r, plot)
	plot.Track, plot.ID = axTrack(r.found[ax48Track], r.found[ax48Address]), axIdent(r.found[ax48Ident])
	if v := r.found[ax48Velocity]; v != nil {
		const speed = axMile / (1 << 14) // m/s
		move(plot, float64(u16(v))*speed, float64(geo.Radians(float64(u16(v[2:]))*axTurn).Degrees()))
	}
	if r.found[ax48Mode3] != nil || r.found[ax48Address] != nil { // only aircraft answer
		isA(plot, detection.Aircraft)
	}
	return true
}

// radarPlace reads the slant range and azimuth, else the same as x and y. The height of a radar that measures it gives the elevation; a
// flight level is one of a standard atmosphere and is not used.
func (d *document) radarPlace(r *axRecord, plot *detection.Detection) {
	polar, cartesian := r.found[ax48Polar], r.found[ax48Cartesian]
	switch {
	case !d.source.def.HasPose:
		d.radarFault(r.name(ax48Polar), "counts from the radar, and no pose of the sensor is configured")
		return
	case polar != nil:
		plot.Polar.Range = float64(u16(polar)) * axMile / 256
		plot.Polar.Azimuth = geo.Radians(float64(u16(polar[2:])) * axTurn)
	case cartesian != nil:
		x, y := s16(cartesian)*axMile/128, s16(cartesian[2:])*axMile/128
		plot.Polar.Range, plot.Polar.Azimuth = math.Hypot(x, y), geo.Wrap2Pi(geo.Radians(math.Atan2(x, y)))
	default:
		d.radarFault(r.name(ax48Polar), "missing: give the measured position")
		return
	}
	if plot.Polar.Range < minError || plot.Polar.Range > maxRange {
		d.radarFault(r.name(ax48Polar), "a range of %.0f m is outside %v to %v m", plot.Polar.Range, minError, float64(maxRange))
	}
	plot.Geometry, plot.PolarError = detection.Polar, detection.Coordinates{Range: d.source.polar.Range, Azimuth: d.source.polar.Azimuth}
	if h := r.found[ax48Height]; h != nil {
		d.radarElevation(float64(int16(u16(h)<<2)>>2)*25*foot, plot) //nolint:gosec // fourteen bits in two's complement
	}
}

// radarElevation is the angle above the radar's horizon of a target at a height above the sea, on a round earth.
func (d *document) radarElevation(height float64, plot *detection.Detection) {
	const earth = 6371e3
	pose := d.source.def.Pose
	up := height + float64(undulation(pose.Lat, pose.Lon)) - float64(pose.Alt)
	sine := (up - plot.Polar.Range*plot.Polar.Range/(2*earth)) / plot.Polar.Range
	if math.Abs(sine) > 1 {
		return // higher above the radar than it is away: one of the two is wrong, and the height matters less
	}
	plot.Polar.Elevation, plot.Polar.HasElevation = geo.Radians(math.Asin(sine)), true
	plot.PolarError.Elevation, plot.PolarError.HasElevation = d.source.polar.Elevation, true
}

// systemTrack reads a track of a centre (category 062): false if it has ended, or is only carried on.
func (d *document) systemTrack(r *axRecord, plot *detection.Detection) bool {
	var ok bool
	if plot.EventTime, ok = d.radarTime(r, ax62Time); !ok {
		return false
	}
	status := r.found[ax62Status]
	if bit(status, 1, 0x40) || bit(status, 3, 0x80) {
		return false
	}
	plot.Simulated = bit(status, 1, 0x80)
	place := r.found[ax62Place]
	if place == nil {
		d.radarFault(r.name(ax62Place), "missing: give the position in WGS 84; I062/100 counts from a centre that the message does not name")
		return false
	}
	p := geo.LLA{Lat: geo.Degrees(s32(place) * axPosition), Lon: geo.Degrees(s32(place[4:]) * axPosition)}
	if math.Abs(float64(p.Lat)) > 90 || math.Abs(float64(p.Lon)) > 180 || p == (geo.LLA{}) {
		why := ""
		if math.Abs(float64(p.Lat)) > 90 && math.Abs(float64(p.Lon)) <= 90 {
			why = ": are latitude and longitude exchanged?"
		}
		d.radarFault(r.name(ax62Place), "%.5f, %.5f is no position%s", p.Lat, p.Lon, why)
		return false
	}
	if d.source.isExchanged(p) {
		d.radarFault(r.name(ax62Place), exchanged)
		return false
	}
	d.locate(plot, p, 0)
	if sigma := axSystemTrack[ax62Accuracy-1].part(r.found[ax62Accuracy], ax62AccuracyCartesian); sigma != nil {
		east, north := max(float64(u16(sigma))/2, minError), max(float64(u16(sigma[2:]))/2, minError)
		plot.PositionError = detection.Covariance{EE: east * east, NN: north * north}
	}
	if alt := r.found[ax62Altitude]; alt != nil {
		plot.Position.Alt, plot.HasAlt = geo.Metres(s16(alt)*6.25*foot), true
	}
	if v := r.found[ax62Velocity]; v != nil {
		plot.Velocity, plot.HasVelocity = detection.Velocity{East: s16(v) / 4, North: s16(v[2:]) / 4}, true
	}
	derived := axSystemTrack[ax62Derived-1].part(r.found[ax62Derived], ax62DerivedAddress)
	plot.Track = axTrack(r.found[ax62Track], derived)
	if derived != nil {
		isA(plot, detection.Aircraft)
	}
	return d.heard62(r, p)
}

// heard62 rejects a track that is further off than a centre's radars see.
func (d *document) heard62(r *axRecord, p geo.LLA) bool {
	if !d.source.def.HasPose {
		return true
	}
	if away := distanceOf(d.source.def.Pose.LLA(), p); away > aircraftHeard {
		d.radarFault(r.name(ax62Place), "%.0f km from the sensor's pose: the position or the pose is wrong", away/1e3)
		return false
	}
	return true
}

// axTrack is the number of a track, else the address of the aircraft.
func axTrack(number, address []byte) string {
	switch {
	case number != nil:
		return strconv.Itoa(u16(number))
	case address != nil:
		return hex.EncodeToString(address)
	}
	return ""
}

// axIdent reads eight letters of six bits each (ICAO Annex 10, volume IV, table 3-9).
func axIdent(b []byte) string {
	if b == nil {
		return ""
	}
	const letters = "?ABCDEFGHIJKLMNOPQRSTUVWXYZ????? ???????????????0123456789??????"
	var bits uint64
	for _, c := range b {
		bits = bits<<8 | uint64(c)
	}
	var text [8]byte
	for i := 7; i >= 0; i-- {
		text[i] = letters[bits&63]
		bits >>= 6
	}
	return strings.TrimRight(string(text[:]), " ?")
}
