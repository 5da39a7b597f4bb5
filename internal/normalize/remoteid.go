package normalize

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
)

// RemoteID is the format of what drones broadcast of themselves (ASTM F3411, OpenDroneID), as its receivers publish it: the JSON of
// ESP32 receivers and droneid-go, that of DragonSync, and that of DroneScout receivers.
const RemoteID = "remoteid"

// airframe is a drone as it says itself. What it does not know is not there.
type airframe struct {
	id       string
	t        time.Time
	at       *value // where the position was read, for faults
	key      string
	place    geo.LLA
	altitude geo.Metres // above the ellipsoid
	hasAlt   bool
	sigma    float64
	speed    float64
	course   float64
	moves    bool
}

// remoteid reads the drones of a payload. Where their operators are, is not read: mostly it is where they took off.
func (d *decoder) remoteid() ([]detection.Scan, *detection.Status) {
	if bytes.HasPrefix(d.buf, []byte{0x5d, 0, 0}) || bytes.HasPrefix(d.buf, []byte("\xfd7zXZ")) {
		d.fault("", "compressed with LZMA: turn compression off in the receiver")
		return nil, nil
	}
	doc, ok := d.documents()
	if !ok {
		return nil, nil
	}
	doc.texts = true
	var g group
	for i := range doc.roots {
		root := &doc.roots[i]
		switch {
		case root.get("protocol") != nil:
			doc.droneScout(root, &g)
		case root.kind == '{' && (root.get("lat") != nil || root.get("lon") != nil):
			doc.dragonSync(root, &g)
		case root.kind == '[':
			doc.openDroneID(root.parts, &g)
		case root.kind == '{':
			doc.openDroneID(doc.roots[i:i+1], &g)
		default:
			doc.blame(root, "", "%s: want an object or a list of Remote ID messages", root.describe())
		}
	}
	return doc.outcome(&g, d.received)
}

// openDroneID reads the messages of one drone: objects with a member for each message, whose names have spaces in them.
func (d *document) openDroneID(objects []value, g *group) {
	before := d.faults
	var f airframe
	var location *value
	known := false
	for i := range objects {
		o := &objects[i]
		if basic := d.object(o, "Basic ID"); basic != nil {
			known = true
			if id := d.word(basic, "id"); f.id == "" || id != "" && isSerial(basic.get("id_type")) {
				f.id = id // of two names the serial number, which is the same on every path
			}
			if f.id == "" {
				f.id = d.word(basic, "MAC")
			}
		}
		if l := d.object(o, "Location/Vector Message"); l != nil {
			known, location = true, l
		}
		for _, key := range [...]string{"Self-ID Message", "System Message", "Operator ID Message", "Auth Message"} {
			known = known || o.get(key) != nil
		}
	}
	if !known && d.faults == before {
		d.blame(&d.roots[0], "", "no Remote ID message in it: want members like \"Basic ID\" and \"Location/Vector Message\"")
	}
	if location == nil {
		return
	}
	f.t = d.tenthsOfHour(location)
	f.at, f.key = location, "latitude"
	p, located := d.place(location, "latitude", "longitude")
	f.place = p
	if alt, ok := d.quantity(location, "geodetic_altitude", noAltitude, maxAltitude, "metres"); ok && alt > noAltitude {
		f.altitude, f.hasAlt = geo.Metres(alt), true
	}
	f.sigma = d.odidError(location, "horiz_acc", "horizontal_accuracy")
	d.odidVelocity(location, &f)
	if located && d.faults == before {
		d.drone(&f, g)
	}
}

// isSerial says whether an id type is that of a serial number, by its name or its code.
func isSerial(v *value) bool {
	return v != nil && (string(v.text) == "1" || bytes.HasPrefix(v.text, []byte("Serial")))
}

// dragonSync reads the flat form that DragonSync makes of all its sources: altitudes above the sea, and "" or null for unknown.
func (d *document) dragonSync(v *value, g *group) {
	before := d.faults
	f := airframe{id: strings.TrimPrefix(d.word(v, "id"), "drone-"), t: d.received, at: v, key: "lat"}
	if m := v.get("observed_at"); m != nil && m.kind == '0' {
		f.t, _ = d.epoch(v, "observed_at", time.Second)
	} else if m != nil && len(m.text) > 0 {
		f.t, _ = d.timestamp(v, "observed_at")
	}
	p, located := d.place(v, "lat", "lon")
	f.place = p
	if alt, ok := d.quantity(v, "alt", noAltitude, maxAltitude, "metres"); ok && alt > noAltitude && alt != 0 && located {
		f.altitude, f.hasAlt = geo.Metres(alt)+undulation(p.Lat, p.Lon), true
	}
	f.sigma = d.odidError(v, "horizontal_accuracy", "horizontal_accuracy")
	d.odidVelocity(v, &f)
	if located && d.faults == before {
		d.drone(&f, g)
	}
}

// droneScout reads one object of a DroneScout receiver. Its own state and place are signs of life; aircraft are the business of readsb.
func (d *document) droneScout(v *value, g *group) {
	data := d.object(v, "data")
	if data == nil {
		return
	}
	before := d.faults
	t, timed := d.epoch(data, "timestamp", time.Millisecond)
	if !timed && data.get("timestamp") == nil {
		t = d.received
	}
	text := data.get("UASdata")
	if text == nil || text.kind != '"' {
		d.missing(data, "UASdata", "the drone's messages in base64")
		return
	}
	uas, err := base64.StdEncoding.DecodeString(string(text.text))
	if err != nil {
		d.blame(data, "UASdata", "is no base64")
		return
	}
	f, why := odidStruct(uas)
	if why != "" {
		d.blame(data, "UASdata", "%s", why)
	}
	if f == nil || d.faults > before {
		return
	}
	if f.id == "" {
		f.id = d.word(data, "MAC address")
	}
	f.t, f.at, f.key = t, data, "UASdata"
	d.drone(f, g)
}

// drone adds the detection of a drone.
func (d *document) drone(f *airframe, g *group) {
	plot := newPlot(f.t)
	plot.Track = f.id
	d.locate(&plot, f.place, f.sigma)
	plot.Position.Alt, plot.HasAlt = f.altitude, f.hasAlt
	if f.moves {
		move(&plot, f.speed, f.course)
	}
	isA(&plot, detection.Drone)
	if d.heard(f.at, f.key, f.place, droneHeard) {
		d.add(g, &plot)
	}
}

// Values that mean "unknown" (ASTM F3411-22a, table 7), and the accuracies that a horizontal one stands for, in metres at 95 %.
const (
	noAltitude  = -1000.0
	noDirection = 361.0
	mostSpeed   = 254.25 // m/s
	noTenths    = 36000  // of an hour
)

func odidRadius(code int) float64 {
	radius := [...]float64{0, 18520, 7408, 3704, 1852, 926, 555.6, 185.2, 92.6, 30, 10, 3, 1}
	if code < 0 || code >= len(radius) {
		return 0
	}
	return radius[code]
}

// odidError is the 1 σ of a position in metres, 0 if unknown: a number is the code of the radio message, a text like "< 10 m" is a
// length.
func (d *document) odidError(v *value, keys ...string) float64 {
	for _, key := range keys {
		m := v.get(key)
		switch {
		case m == nil:
		case m.kind == '0':
			code, _ := d.whole(v, key, 0, 15)
			return odidRadius(int(code)) / radius95
		default:
			radius, _ := d.quantity(v, key, 0, 1e6, "metres")
			return radius / radius95
		}
	}
	return 0
}

func (d *document) odidVelocity(v *value, f *airframe) {
	speed, hasSpeed := d.quantity(v, "speed", 0, 1000, "m/s")
	course, hasCourse := d.quantity(v, "direction", 0, noDirection, "degrees clockwise from true north")
	if hasSpeed && hasCourse && speed <= mostSpeed && course < noDirection {
		f.speed, f.course, f.moves = speed, course, true
	}
}

// tenthsOfHour is the time of a location, given in tenths of a second since the full hour. It is used where it makes the location up to
// ten seconds old; beyond, the drone's clock is not set, and the time is that of the receipt.
func (d *document) tenthsOfHour(v *value) time.Time {
	m := v.get("timestamp")
	if m == nil || m.kind != '0' {
		return d.received
	}
	tenths, ok := d.whole(v, "timestamp", 0, 65535)
	since := time.Duration(tenths) * 100 * time.Millisecond
	hour := d.received.Truncate(time.Hour)
	old := d.received.Sub(hour.Add(since))
	if old < -maxAhead {
		old += time.Hour // of the last one
	}
	if !ok || tenths > noTenths || old > 10*time.Second {
		return d.received
	}
	return d.received.Add(-max(old, 0))
}

// quantity is number for values that may come as text with a unit, like "0.25 m/s" or "< 10 m", or as a word for unknown.
func (d *document) quantity(v *value, key string, lo, hi float64, unit string) (float64, bool) {
	m := v.get(key)
	if m == nil || m.kind != '"' {
		return d.number(v, key, lo, hi, unit)
	}
	s := strings.TrimLeft(string(m.text), "<> ")
	switch strings.ToLower(s) {
	case "", "unknown", "undefined", "n/a", "none", "invalid":
		return 0, false
	}
	if end := strings.IndexFunc(s, func(c rune) bool { return !strings.ContainsRune("+-.0123456789", c) }); end >= 0 {
		s = s[:end]
	}
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil:
		d.blame(v, key, "%s: want %s, or a text like \"12.5 m\"", m.describe(), aNumber)
	case f < lo || f > hi:
		d.blame(v, key, "%s is outside %s to %s %s", quote(m.text), short(lo), short(hi), unit)
	default:
		return f, true
	}
	return 0, false
}
