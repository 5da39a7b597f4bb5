package normalize

import (
	"math"
	"strconv"
	"strings"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
)

// CoT is the format of Cursor on Target events in XML or in TAK's protobuf, as TAK servers and their gateways publish them.
const CoT = "cot"

// noNumber is what an event writes for a height or an error that it does not know: 9999999, or 999999 where it came by protobuf.
const noNumber = 999999.0

// cot reads the events of a payload. Events of things (types a-…) and of ground sensors (b-d-…) are detections; what was predicted and
// not measured (how m-p), what stands on the map for good (installations, own sensors), drawings, messages and routes are signs of life.
// An emergency is one too, with its text among the faults.
func (d *decoder) cot() ([]detection.Scan, *detection.Status) {
	read := d.xmlDocuments
	if len(d.buf) > 0 && d.buf[0] == takMagic {
		read = d.takDocuments
	}
	doc, why := read()
	if why != "" {
		d.fault("", "%s", why)
		return nil, nil
	}
	var g group
	status := detection.Status{EventTime: d.received}
	for i := range doc.roots {
		if root := &doc.roots[i]; string(root.key) == "event" {
			doc.cotEvent(root, &g, &status)
		} else {
			doc.blame(root, "", "the element %s: want event", quote(root.key))
		}
	}
	scans, alive := doc.outcome(&g, d.received)
	if alive != nil || d.faults == 0 && (status.HasBattery || status.Faults != nil) {
		alive = &status
	}
	return scans, alive
}

// cotEvent reads one event. All that a receiver of TAK wants of any event must be there.
func (d *document) cotEvent(v *value, g *group, status *detection.Status) {
	before := d.faults
	uid, kind := d.mustWord(v, "uid", "the name of what the event is of"), d.mustWord(v, "type", `the type, like "a-u-G"`)
	how := d.mustWord(v, "how", `how it is known, like "m-g"`)
	t := d.cotTimes(v)
	point := d.object(v, "point")
	if point == nil {
		d.missing(v, "point", "the place")
		return
	}
	d.cotState(v, kind, status)
	if cotUnknown(point.get("ce")) && isZero(point.get("lat")) && isZero(point.get("lon")) {
		return // a telephone without a fix
	}
	p, located := d.place(point, "lat", "lon")
	if !located && d.faults == before {
		d.missing(point, "lat", "the latitude in degrees")
	}
	if d.faults > before || !isMeasured(kind, how) {
		return
	}
	plot := newPlot(t)
	plot.Track, plot.ID = uid, d.word(d.object(d.object(v, "detail"), "contact"), "callsign")
	plot.Simulated = strings.HasPrefix(d.word(v, "opex"), "s") || strings.HasSuffix(how, "-s")
	d.cotPlace(point, p, &plot)
	d.cotVelocity(d.object(d.object(v, "detail"), "track"), &plot)
	if c := cotClass(kind); c != detection.UnknownClass {
		isA(&plot, c)
	}
	d.cotOurs(v, kind)
	if d.faults == before {
		d.add(g, &plot)
	}
}

// cotTimes is the time of an event. Its start and its end must be there, and say nothing of when it was measured.
func (d *document) cotTimes(v *value) time.Time {
	t, ok := d.timestamp(v, "time")
	if !ok && v.get("time") == nil {
		d.missing(v, "time", `when it was measured, like "2026-11-24T08:12:03.125Z"`)
	}
	for _, key := range [...]string{"start", "stale"} {
		m := v.get(key)
		if m == nil {
			d.missing(v, key, `a time like "2026-11-24T08:12:03.125Z"`)
		} else if _, ok := parseTime(m.text); !ok {
			d.blame(v, key, `%s: want an RFC 3339 time like "2026-11-24T08:12:03.125Z"`, m.describe())
		}
	}
	return t
}

// isMeasured says whether an event of that type tells where something is that may move.
func isMeasured(kind, how string) bool {
	switch {
	case how == "m-p":
		return false
	case strings.HasPrefix(kind, "b-d-"):
		return true
	case !strings.HasPrefix(kind, "a-") || len(kind) < 3:
		return false
	}
	_, thing, _ := strings.Cut(kind[2:], "-")
	return !strings.HasPrefix(thing, "G-I") && !strings.HasPrefix(thing, "G-E-S")
}

func (d *document) cotPlace(point *value, p geo.LLA, plot *detection.Detection) {
	sigma, _ := d.cotNumber(point, "ce", 0, maxError, "metres")
	d.locate(plot, p, sigma)
	if hae, ok := d.cotNumber(point, "hae", minAltitude, maxAltitude, "metres"); ok {
		plot.Position.Alt, plot.HasAlt = geo.Metres(hae), true
	}
}

// cotVelocity reads a speed, which is in space: it is taken for that over ground.
func (d *document) cotVelocity(track *value, plot *detection.Detection) {
	speed, hasSpeed := d.cotNumber(track, "speed", 0, maxSpeed, "m/s")
	course, hasCourse := d.cotNumber(track, "course", 0, 360, "degrees clockwise from true north")
	if hasSpeed && hasCourse {
		move(plot, speed, course)
	}
}

// cotNumber is number for values that have a number or NaN for "unknown".
func (d *document) cotNumber(v *value, key string, lo, hi float64, unit string) (float64, bool) {
	if cotUnknown(v.get(key)) {
		return 0, false
	}
	return d.number(v, key, lo, hi, unit)
}

func cotUnknown(m *value) bool {
	if m == nil {
		return true
	}
	f, err := strconv.ParseFloat(string(m.text), 64)
	return err == nil && (math.IsNaN(f) || f >= noNumber && !math.IsInf(f, 0))
}

func isZero(m *value) bool {
	f, ok := numberIn(m)
	return ok && f == 0
}

// cotOurs rejects what is not one of ours from a sensor whose reports are taken for ours: an intruder must not become a friend by the topic
// that it came on.
func (d *document) cotOurs(v *value, kind string) {
	if d.source.def.Friendly && !strings.HasPrefix(kind, "a-f") && !strings.HasPrefix(kind, "a-a") {
		d.blame(v, "type", "%s is not one of ours, and all that this sensor reports is taken for ours: set friendly: false, "+
			"or have our own on a topic by themselves", quote(kind))
	}
}

// cotState reads what an event says of its sender: the battery of a sensor that is one device, and an emergency.
func (d *document) cotState(v *value, kind string, status *detection.Status) {
	detail := d.object(v, "detail")
	if s := d.object(detail, "status"); s != nil && !strings.ContainsAny(d.source.def.Topic, "+#") {
		if battery, ok := d.number(s, "battery", 0, 100, "percent"); ok {
			status.Battery, status.HasBattery = battery, true
		}
	}
	emergency := detail.get("emergency")
	if emergency == nil || !strings.HasPrefix(kind, "b-a") || kind == "b-a-o-can" || emergency.get("cancel").is("true") {
		return
	}
	text := d.word(emergency, "type")
	if who := d.word(emergency, textKey); who != "" {
		text += ": " + who
	}
	status.Faults = append(status.Faults, "emergency: "+text)
	status.State = detection.Degraded
}

// cotClass reads what sort of thing a type is of (MIL-STD-2525, as CoT writes it). A unit on the ground is no class: it may walk or drive.
func cotClass(kind string) detection.Class {
	if !strings.HasPrefix(kind, "a-") || len(kind) < 4 {
		return detection.UnknownClass
	}
	_, thing, _ := strings.Cut(kind[2:], "-")
	switch {
	case strings.HasPrefix(thing, "A-M-F-Q"), strings.HasPrefix(thing, "A-M-H-Q"), strings.HasPrefix(thing, "A-C-F-q"),
		strings.HasPrefix(thing, "A-C-H-q"):
		return detection.Drone
	case thing == "A", strings.HasPrefix(thing, "A-"):
		return detection.Aircraft
	case thing == "S", strings.HasPrefix(thing, "S-"):
		return detection.Boat
	case strings.HasPrefix(thing, "G-U-C-I"):
		return detection.Person
	case strings.HasPrefix(thing, "G-E-V"):
		return detection.Vehicle
	}
	return detection.UnknownClass
}
