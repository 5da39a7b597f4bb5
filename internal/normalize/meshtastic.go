package normalize

import (
	"fmt"
	"math"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
)

// Meshtastic is the JSON of Meshtastic radios, as their gateways publish it.
const Meshtastic = "meshtastic"

// meshtastic reads a position of a radio. Other packets are signs of life.
func (d *decoder) meshtastic() ([]detection.Scan, *detection.Status) {
	doc, ok := d.document()
	if !ok {
		return nil, nil
	}
	root := &doc.roots[0]
	var g group
	if kind := doc.mustWord(root, "type", `"position"`); kind == "position" {
		doc.radio(root, &g)
	}
	return doc.outcome(&g, d.received)
}

// radio reads the position of a radio. The time is that of the fix; a radio without one takes the gateway's, and a gateway without
// a clock, which says 0, takes ours.
func (d *document) radio(root *value, g *group) {
	from, _ := d.whole(root, "from", 0, math.MaxUint32)
	if root.get("from") == nil {
		d.missing(root, "from", "the number of the radio")
	}
	payload := d.object(root, "payload")
	if payload == nil {
		d.blame(root, "payload", "missing: give an object with latitude_i and longitude_i")
		return
	}
	t := d.radioTime(payload, "time", d.radioTime(root, "timestamp", d.received))
	lat, hasLat := d.whole(payload, "latitude_i", -180e7, 180e7)
	lon, hasLon := d.whole(payload, "longitude_i", -180e7, 180e7)
	p := geo.LLA{Lat: geo.Degrees(float64(lat) / 1e7), Lon: geo.Degrees(float64(lon) / 1e7)}
	switch {
	case payload.get("latitude_i") == nil:
		d.missing(payload, "latitude_i", "the latitude in units of 1e-7 degrees")
	case payload.get("longitude_i") == nil:
		d.missing(payload, "longitude_i", "the longitude in units of 1e-7 degrees")
	case hasLat && hasLon && lat == 0 && lon == 0:
		d.blame(payload, "latitude_i", "latitude 0 and longitude 0: the receiver has no fix")
	case math.Abs(float64(p.Lat)) > 90:
		d.blame(payload, "latitude_i", "%d is outside -900000000 to 900000000: are latitude and longitude exchanged?", lat)
	case d.source.isExchanged(p):
		d.blame(payload, "latitude_i", exchanged)
	}
	plot := newPlot(t)
	plot.Track = fmt.Sprintf("!%08x", from)
	d.locate(&plot, p, d.blur(payload))
	if alt, ok := d.number(payload, "altitude", minAltitude, maxAltitude, "metres"); ok {
		plot.Position.Alt, plot.HasAlt = geo.Metres(alt)+undulation(p.Lat, p.Lon), true
	}
	if d.faults == 0 {
		d.add(g, &plot)
	}
}

// radioTime is the member key of v in seconds since 1970; otherwise if it is not there, or is the 0 of a device without a clock.
func (d *document) radioTime(v *value, key string, otherwise time.Time) time.Time {
	if seconds, ok := d.number(v, key, 0, 1e14, "seconds since 1970"); !ok || seconds == 0 {
		return otherwise
	}
	if t, ok := d.epoch(v, key, time.Second); ok {
		return t
	}
	return otherwise
}

// blur is the 1 σ of a position whose radio keeps so many bits of each coordinate, in metres; 0 if it keeps all. What it cuts off
// leaves a cell of 2^(32−bits) units, anywhere in which it may be.
func (d *document) blur(payload *value) float64 {
	const unit = 0.0111 // m: 1e-7 degrees of latitude
	bits, ok := d.whole(payload, "precision_bits", 0, 32)
	if !ok || bits == 0 || bits == 32 {
		return 0
	}
	cell := math.Exp2(float64(32-bits)) * unit
	return math.Hypot(cell/math.Sqrt(12), d.source.position)
}
