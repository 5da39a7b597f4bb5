package normalize

import (
	"strings"
	"time"

	"cutline/internal/detection"
)

// OwnTracks is the format of the OwnTracks telephone app, in MQTT mode or as its recorder republishes it.
const OwnTracks = "owntracks"

// owntracks reads one message of a telephone: a location, or an event that brings one. Its will says that the telephone is gone, which is
// a state of the sensor only where the sensor is that one telephone.
func (d *decoder) owntracks() ([]detection.Scan, *detection.Status) {
	doc, ok := d.document()
	if !ok {
		return nil, nil
	}
	root := &doc.roots[0]
	switch kind := doc.mustWord(root, "_type", `"location"`); kind {
	case "location", "transition":
		return doc.phone(root)
	case "lwt":
		if !strings.ContainsAny(detectionTopic(d.source.def), "+#") {
			return nil, &detection.Status{State: detection.Offline}
		}
	case "encrypted":
		doc.blame(root, "_type", "an encrypted payload: turn the app's own encryption off, and use TLS to the broker")
	case "":
		return nil, nil
	}
	return doc.outcome(&group{}, d.received)
}

// phone reads a location. tst is the time of the fix; a later created_at says that an old fix is sent again, and changes nothing.
func (d *document) phone(root *value) ([]detection.Scan, *detection.Status) {
	t, timed := d.epoch(root, "tst", time.Second)
	if !timed && root.get("tst") == nil {
		d.missing(root, "tst", "the time of the fix in seconds since 1970")
	}
	p, located := d.place(root, "lat", "lon")
	if !located && root.get("lat") == nil && root.get("lon") == nil {
		d.missing(root, "lat", "the latitude in degrees")
	}
	plot := newPlot(t)
	plot.ID, plot.Track = d.word(root, "tid"), d.phoneName(root)
	accuracy, _ := d.number(root, "acc", -1, 1e7, "metres") // -1: the telephone could not tell
	d.locate(&plot, p, max(accuracy, 0)/radius68)
	if alt, ok := d.number(root, "alt", minAltitude, maxAltitude, "metres"); ok && located {
		plot.Position.Alt, plot.HasAlt = d.source.height(p, alt, "")
	}
	speed, hasSpeed := d.number(root, "vel", -1, 10_000, "km/h")
	course, hasCourse := d.number(root, "cog", -1, 360, "degrees clockwise from true north")
	if hasSpeed && hasCourse && speed >= 0 && course >= 0 {
		move(&plot, speed*kmh, course)
	}
	battery, hasBattery := d.number(root, "batt", 0, 100, "percent")
	if d.faults > 0 {
		return nil, nil
	}
	var g group
	d.add(&g, &plot)
	if !hasBattery || strings.ContainsAny(detectionTopic(d.source.def), "+#") {
		return g.scans(), nil
	}
	return g.scans(), &detection.Status{EventTime: t, Battery: battery, HasBattery: true}
}

// phoneName is user/device, of the topic owntracks/user/device or of the one that the message itself names; else the app's two letters.
func (d *document) phoneName(root *value) string {
	for _, topic := range [...]string{d.word(root, "topic"), d.topic} {
		if _, rest, found := strings.Cut(topic, "owntracks/"); found {
			levels := strings.SplitN(rest, "/", 3)
			return strings.Join(levels[:min(2, len(levels))], "/")
		}
	}
	return d.word(root, "tid")
}
