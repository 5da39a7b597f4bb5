package normalize

import (
	"bytes"
	"fmt"
	"math"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
)

// AIS is the format of ships' transponders: NMEA 0183 sentences (!AIVDM), one or more to a payload, or the JSON of gpsd and AIS-catcher.
const AIS = "ais"

// A report of AIS, in knots and degrees. A member is NaN where the ship does not know it.
type report struct {
	kind          int // the message's type, 1 to 27
	mmsi          int64
	lat, lon      float64
	speed, course float64
	second        int  // of the minute; 60 and more: unknown
	accurate      bool // better than 10 m
}

// ais reads position reports. Static data (a ship's name), base stations and buoys are understood, and are nothing to track.
func (d *decoder) ais() ([]detection.Scan, *detection.Status) {
	if c := d.peek(); c == '!' || c == '\\' || c == '$' {
		doc := &document{decoder: d}
		return doc.sentences()
	}
	doc, ok := d.documents()
	if !ok {
		return nil, nil
	}
	var g group
	for i := range doc.roots {
		root := &doc.roots[i]
		switch {
		case root.kind != '{':
			doc.blame(root, "", "%s: want an NMEA sentence like !AIVDM,… or a JSON object", root.describe())
		case root.get("class") != nil && !root.get("class").is("AIS"):
			continue // gpsd tells of its devices and satellites in the same stream
		default:
			doc.aisObject(root, &g)
		}
	}
	return doc.outcome(&g, d.received)
}

// aisObject reads a message in the JSON of gpsd or AIS-catcher: in knots and degrees if scaled, else in the units of the radio message.
func (d *document) aisObject(v *value, g *group) {
	before := d.faults
	kind, typed := d.whole(v, "type", 1, 27)
	mmsi, named := d.whole(v, "mmsi", 0, 999_999_999)
	for _, key := range [...]string{"type", "mmsi"} {
		if v.get(key) == nil {
			d.missing(v, key, "a whole number")
		}
	}
	if !typed || !named || !bringsPosition(int(kind)) {
		return
	}
	r := report{kind: int(kind), mmsi: mmsi, second: 60, accurate: d.flag(v, "accuracy")}
	degree, knots, tenths := 1.0, 1.0, 1.0
	if scaled := v.get("scaled"); scaled != nil && !d.flag(v, "scaled") {
		degree, knots, tenths = 600_000, 10, 10
		switch kind {
		case 9:
			knots = 1
		case 27:
			degree, knots, tenths = 600, 1, 1
		}
	}
	r.lat = d.aisNumber(v, "lat", -91*degree, 91*degree, degree)
	r.lon = d.aisNumber(v, "lon", -181*degree, 181*degree, degree)
	r.speed = d.aisNumber(v, "speed", 0, 1023*knots, knots)
	r.course = d.aisNumber(v, "course", 0, 511*tenths, tenths)
	if second, ok := d.whole(v, "second", 0, 63); ok {
		r.second = int(second)
	}
	heard := d.rxTime(v)
	if d.faults == before {
		d.ship(v, "lat", &r, heard, g)
	}
}

// aisNumber is the member key of v over scale; NaN if it is not there, or is the text that gpsd writes for unknown.
func (d *document) aisNumber(v *value, key string, lo, hi, scale float64) float64 {
	if m := v.get(key); m.is("n/a") || m.is("") {
		return math.NaN()
	}
	unit := "in the units of AIS"
	if key == "lat" {
		unit += "; are latitude and longitude exchanged?"
	}
	f, ok := d.number(v, key, lo, hi, unit)
	if !ok {
		return math.NaN()
	}
	return f / scale
}

// rxTime is when the receiver heard a message, if it says so: AIS-catcher does, in two forms. Else it is when the message reached us.
func (d *document) rxTime(v *value) time.Time {
	if t, ok := d.epoch(v, "rxuxtime", time.Second); ok {
		return t
	}
	if m := v.get("rxtime"); m != nil && m.kind == '"' {
		t, err := time.Parse("20060102150405", string(m.text))
		if err != nil {
			d.blame(v, "rxtime", `%s: want a time like "20261124081203"`, m.describe())
			return d.received
		}
		if t, ok := d.instant(v, "rxtime", t); ok {
			return t
		}
	}
	return d.received
}

// bringsPosition says whether a message of that type holds the position of something that moves (ITU-R M.1371-5, table 46).
func bringsPosition(kind int) bool {
	switch kind {
	case 1, 2, 3, 9, 18, 19, 27:
		return true
	}
	return false
}

// Values that mean "unknown" (ITU-R M.1371-5, tables 48 and 76), in degrees and knots. A speed of 102.2 means that or more.
const (
	noLatitude  = 91.0
	noLongitude = 181.0
	noCourse    = 360.0
	noSpeed     = 102.3
	noSpeedSAR  = 1023.0 // of a search and rescue aircraft
	noSpeedFar  = 63.0   // of a long-range message
)

// ship adds the detection of a report, unless the ship does not know where it is: half a ship's instruments are off in port, and
// that is no fault of the feed.
func (d *document) ship(v *value, key string, r *report, heard time.Time, g *group) {
	switch {
	case math.IsNaN(r.lat) || math.IsNaN(r.lon) || r.lat == noLatitude || r.lon == noLongitude:
		return
	case math.Abs(r.lat) > 90 && math.Abs(r.lat) <= 180 && math.Abs(r.lon) <= 90:
		d.blame(v, key, "latitude %s and longitude %s: are they exchanged?", short(r.lat), short(r.lon))
		return
	case math.Abs(r.lat) > 90 || math.Abs(r.lon) > 180 || r.lat == 0 && r.lon == 0:
		d.blame(v, key, "latitude %s and longitude %s is no position of a ship", short(r.lat), short(r.lon))
		return
	}
	most, unknown, class := shipHeard, noSpeed, detection.Boat
	switch r.kind {
	case 9:
		most, unknown, class = aircraftHeard, noSpeedSAR, detection.Aircraft
	case 27:
		unknown = noSpeedFar
	}
	plot := newPlot(reportTime(heard, r.second))
	plot.Track = fmt.Sprintf("%09d", r.mmsi)
	p := geo.LLA{Lat: geo.Degrees(r.lat), Lon: geo.Degrees(r.lon)}
	if d.source.isExchanged(p) {
		d.blame(v, key, exchanged)
		return
	}
	d.locate(&plot, p, d.shipError(r))
	if r.speed < unknown && r.course < noCourse { // false for NaN
		move(&plot, r.speed*knot, r.course)
	}
	isA(&plot, class)
	if d.heard(v, key, p, most) {
		d.add(g, &plot)
	}
}

// shipError is the 1 σ of a report's position, in metres. The flag says better or worse than 10 m, at 95 %. Worse is mostly GNSS without
// corrections: the sensor's own error then, but no less than 10 m. A long-range position is rounded to a tenth of a minute.
func (d *document) shipError(r *report) float64 {
	const tenthOfMinute = 185.2
	switch {
	case r.kind == 27:
		return tenthOfMinute / 3.46 // √12: a uniform distribution's σ
	case r.accurate:
		return 10 / radius95
	}
	return max(d.source.position, 10)
}

// reportTime is when a ship measured what was heard then. The message tells the second of the minute alone. It is used where it makes the
// report up to ten seconds old; beyond, one of the clocks is more likely wrong.
func reportTime(heard time.Time, second int) time.Time {
	const late = 10
	if second >= 60 {
		return heard
	}
	old := (heard.Second() - second + 60) % 60
	if old == 0 || old > late {
		return heard
	}
	return heard.Truncate(time.Second).Add(-time.Duration(old) * time.Second)
}

// lines splits a payload of sentences.
func lines(payload []byte) [][]byte {
	return bytes.FieldsFunc(payload, func(c rune) bool { return c == '\n' || c == '\r' || c == 0 })
}
