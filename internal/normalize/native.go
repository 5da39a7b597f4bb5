package normalize

import (
	"slices"

	"cutline/internal/detection"
	"cutline/internal/sensor"
)

// The rules of cutline/v1, where the contract leaves them open:
//
//   - null is not the same as leaving a field out, and rejected: it mostly stands for a fault in the sender.
//   - Position and polar exclude each other; so do the two forms of a velocity. An error must be that of the measurement it stands beside.
//   - Only a sensor of kind ground with a configured pose is a point sensor.
//   - In an array, detections are one scan if they have the same number, or without a number the same time, and were seen from the
//     same platform with the same view. Everything in a sweep is one scan, whatever times its detections have of their own,
//     but for those with a platform or view of their own.
//   - A sweep of which a detection was rejected counts as single detections, not as a complete look.
//   - A detection with a fault in any field is rejected as a whole: nobody can know what else the sender got wrong.
//   - The path of a missing field is that which it would have.

// The fields of a cutline/v1 element: a detection, alone or in an array, or a sweep, which has detections.
const (
	timeField = 1 << iota
	scanField
	platformField
	viewField
	simulatedField
	detectionsField
	idField
	positionField
	polarField
	errorField
	velocityField
	classField
	confidenceField
	trackField
	snrField
	mediaField

	sweepFields = timeField | scanField | platformField | viewField | simulatedField | detectionsField
)

// The keys of each object of the contract. Those of an element are in the order of the constants above.
var (
	elementKeys = []string{ //nolint:gochecknoglobals // a fixed table
		"time", "scan", "platform", "field_of_view", "simulated", "detections", "id", "position", "polar", "error", "velocity", "class",
		"confidence", "track", "snr_db", "media",
	}
	errorKeys = []string{ //nolint:gochecknoglobals // a fixed table
		"east_m", "north_m", "corr", "range_m", "azimuth_deg", "elevation_deg", "range_rate_mps",
	}
	positionKeys = []string{"lat", "lon", "alt_m", "alt_ref"}                            //nolint:gochecknoglobals // a fixed table
	polarKeys    = []string{"range_m", "azimuth_deg", "elevation_deg", "range_rate_mps"} //nolint:gochecknoglobals // a fixed table
	velocityKeys = []string{"east_mps", "north_mps", "speed_mps", "course_deg"}          //nolint:gochecknoglobals // a fixed table
	platformKeys = []string{"lat", "lon", "alt_m", "alt_ref", "heading_deg"}             //nolint:gochecknoglobals // a fixed table
	viewKeys     = []string{"azimuth_deg", "width_deg", "range_m"}                       //nolint:gochecknoglobals // a fixed table
)

// element is an object of a payload as it is written, before what it leaves out is filled in.
type element struct {
	given uint32 // a bit per field

	scan       detection.Scan // its time, number, platform and view
	simulated  bool
	detections int // where the array begins

	altitude float64
	hasAlt   bool
	altRef   sensor.AltRef // empty if not given

	positionError stated
	polarError    detection.Coordinates // 0 where not given
}

// stated is the error of a position as a payload gives it; 0 where not given.
type stated struct {
	east, north, corr float64
}

func (e *element) has(field uint32) bool { return e.given&field != 0 }

// nativeDetections reads a payload of cutline/v1: one detection, an array of them, or a sweep.
func (d *decoder) nativeDetections() []detection.Scan {
	var scans []detection.Scan
	switch d.peek() {
	case '{':
		scans = d.nativeObject()
	case '[':
		scans = d.nativeArray()
	default:
		d.wrong("a detection, an array of detections, or a sweep")
	}
	if d.end(); d.broken != "" {
		return nil
	}
	return scans
}

// nativeObject reads a detection or a sweep: which, is known at its end.
func (d *decoder) nativeObject() []detection.Scan {
	var one struct { // in one piece of memory: most messages are one detection
		scan [1]detection.Scan
		plot [1]detection.Detection
	}
	e := element{scan: detection.Scan{Sensor: d.source.def.ID}}
	d.nativeElement(&e, &one.plot[0])
	if e.has(detectionsField) {
		return d.nativeSweep(&e)
	}
	if d.faults > 0 || !d.complete(&e, &one.plot[0]) {
		return nil
	}
	one.scan[0] = e.scan
	one.scan[0].Detections = one.plot[:]
	return one.scan[:]
}

// nativeArray reads an array of detections, and groups them into scans.
func (d *decoder) nativeArray() []detection.Scan {
	var g group
	var a array
	d.open()
	for d.reader.item(&a) {
		d.index = a.count - 1
		e := element{scan: detection.Scan{Sensor: d.source.def.ID}}
		d.nativePlot(&e, &g)
	}
	d.index = noIndex
	if a.count == 0 && d.broken == "" {
		d.fault("", `an empty array has no time: to say that nothing was seen, send {"time":"…","detections":[]}`)
	}
	return g.scans()
}

// nativeSweep reads the detections of the sweep with the given head. They come last, wherever they stand in the payload, since they
// inherit from the head. A sweep of which a detection was rejected is not a complete look: it must not count against tracks.
func (d *decoder) nativeSweep(head *element) []detection.Scan {
	if d.faults == 0 {
		d.alien(head, sweepFields, "a detection's field in a sweep: put it into the elements of detections")
		d.need(head.has(timeField), "time", "the time of the sweep")
	}
	if d.faults > 0 || d.broken != "" {
		return nil
	}
	after := d.pos
	d.pos = head.detections
	d.sweep = true
	g := group{all: []detection.Scan{head.scan}}
	d.open()
	for a := (array{}); d.reader.item(&a); {
		d.index = a.count - 1
		e := element{scan: head.scan, simulated: head.simulated}
		d.nativePlot(&e, &g)
	}
	d.pos, d.index, d.sweep = after, noIndex, false
	g.all[0].Sweep = d.faults == 0
	return slices.DeleteFunc(g.scans(), func(s detection.Scan) bool { return !s.Sweep && len(s.Detections) == 0 })
}

// nativePlot reads one element of an array or a sweep into g, if it is without a fault. What e holds before is inherited.
func (d *decoder) nativePlot(e *element, g *group) {
	if d.peek() != '{' {
		d.key = nil
		d.wrong("a detection, which is an object")
		return
	}
	inherited := e.scan
	before := d.faults
	plot := g.grow(&d.reader)
	d.nativeElement(e, plot)
	if e.has(detectionsField) && d.broken == "" {
		d.fault("detections", "a sweep inside an array: send it as a message of its own")
	}
	if d.sweep {
		d.ofTheSweep(e, &inherited)
	}
	if d.faults > before || d.broken != "" || !d.complete(e, plot) || d.repeated(e, g) {
		g.drop()
		return
	}
	g.keep(&e.scan, &inherited, d.sweep)
}

// repeated rejects the newest detection of g if another of the same scan has its id: fusion would take it for the same one, delivered
// twice, and forget it without a word.
func (d *decoder) repeated(e *element, g *group) bool {
	newest := &g.plots[len(g.plots)-1]
	if newest.ID == "" || !g.cameBefore(newest.ID) {
		return false
	}
	for i := range g.plots[:len(g.plots)-1] {
		if g.plots[i].ID == newest.ID && sameScan(&g.all[g.scanOf(i)], &e.scan) {
			d.fault("id", "%s is the id of another detection of this scan: give each its own, or none", quote(newest.ID))
			return true
		}
	}
	return false
}

// ofTheSweep holds a detection to the scan number of its sweep.
func (d *decoder) ofTheSweep(e *element, head *detection.Scan) {
	if e.has(scanField) && (!head.HasNumber || head.Number != e.scan.Number) {
		d.fault("scan", "%d is not the scan of the sweep: leave it out here", e.scan.Number)
	}
}

// nativeElement reads the fields of an object, in whatever order they come.
func (d *decoder) nativeElement(e *element, plot *detection.Detection) {
	plot.Confidence = 1
	for o := d.object(); d.next(&o); {
		switch string(d.key) {
		case "time":
			e.given |= timeField
			e.scan.EventTime = d.time()
		case "scan":
			e.given |= scanField
			e.scan.Number, e.scan.HasNumber = d.whole(), true
		case "platform":
			e.given |= platformField
			e.scan.Platform, e.scan.HasPlatform = d.platform(), true
		case "field_of_view":
			e.given |= viewField
			e.scan.View, e.scan.HasView = d.view(), true
		case "simulated":
			e.given |= simulatedField
			e.simulated = d.bool()
		case "detections":
			e.given |= detectionsField
			e.detections = d.skipArray()
		default:
			d.nativeField(e, plot)
		}
	}
}

// nativeField reads a field that only a detection has.
func (d *decoder) nativeField(e *element, plot *detection.Detection) {
	switch string(d.key) {
	case "id":
		e.given |= idField
		plot.ID = d.name(maxName)
	case "position":
		e.given |= positionField
		d.position(e, plot)
	case "polar":
		e.given |= polarField
		d.polar(plot)
	case "error":
		e.given |= errorField
		d.errors(e)
	case "velocity":
		e.given |= velocityField
		d.velocity(plot)
	case "class":
		e.given |= classField
		d.class(plot)
	case "confidence":
		e.given |= confidenceField
		plot.Confidence = d.number(0, 1, "for a probability")
	case "track":
		e.given |= trackField
		plot.Track = d.name(maxName)
	case "snr_db":
		e.given |= snrField
		plot.SNR, plot.HasSNR = d.number(-200, 200, "dB"), true
	case "media":
		e.given |= mediaField
		plot.Media = d.list(maxLink)
	default:
		d.unknown(elementKeys)
	}
}

// skipArray passes over the detections of a sweep, and says where they begin.
func (d *decoder) skipArray() int {
	if d.peek() != '[' {
		d.wrong("an array of detections, empty if nothing was seen")
		return 0
	}
	begin := d.pos
	d.skip()
	return begin
}

// alien rejects the fields of e that are not among the allowed ones.
func (d *decoder) alien(e *element, allowed uint32, why string) {
	for i, key := range elementKeys {
		if field := uint32(1) << i; e.has(field) && allowed&field == 0 {
			d.fault(key, "%s", why)
		}
	}
}
