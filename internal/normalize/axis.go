package normalize

import (
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
)

// Axis is the format of Axis cameras and radars: their scene metadata, and their events, which are those of ONVIF. Other makers' ONVIF
// events in JSON are read too.
const Axis = "axis"

// axis reads one message. A frame of scene metadata is a complete look at the scene. The summary of a track comes when the track has ended,
// and is a sign of life.
func (d *decoder) axis() ([]detection.Scan, *detection.Status) {
	doc, ok := d.document()
	if !ok {
		return nil, nil
	}
	root := &doc.roots[0]
	if data := root.get("data"); root.kind == '{' && data.get("frame") != nil {
		root = data
	}
	switch {
	case root.kind != '{':
		doc.blame(root, "", "%s: want a frame of scene metadata, or an event", root.describe())
	case root.get("frame") != nil:
		return doc.axisFrame(doc.object(root, "frame"), "observations", "track_id")
	case root.get("channel_id") != nil && root.get("timestamp") != nil:
		return doc.axisFrame(root, "detections", "object_track_id")
	case root.get("message") != nil:
		return doc.onvif(doc.word(root, "topic"), doc.object(root, "message"), "data", doc.axisTime(root))
	case root.get("Data") != nil || root.get("UtcTime") != nil:
		return doc.onvif("", root, "Data", doc.onvifTime(root))
	}
	return doc.outcome(&group{}, d.received)
}

// axisFrame reads a frame. It has no list where it saw nothing. Detections that are rejected make it less than a complete look.
func (d *document) axisFrame(frame *value, list, id string) ([]detection.Scan, *detection.Status) {
	t, timed := d.timestamp(frame, "timestamp")
	if frame != nil && frame.get("timestamp") == nil {
		d.missing(frame, "timestamp", `the time of the picture, like "2026-11-24T08:12:03.125318Z"`)
	}
	objects := d.items(frame, list)
	if !timed {
		return nil, nil
	}
	var g group
	g.plots = make([]detection.Detection, 0, len(objects))
	for i := range objects {
		if !isHeadOf(&objects[i], objects) {
			d.axisObject(&objects[i], id, t, &g)
		}
	}
	scans := g.scans()
	if len(g.plots) == 0 && d.faults == 0 {
		scans = []detection.Scan{{Sensor: d.source.def.ID, EventTime: t}}
	}
	for i := range scans {
		scans[i].Sweep = d.faults == 0
	}
	return scans, nil
}

// axisObject reads one object of a frame: where it is, if a radar has measured that, else in what direction.
func (d *document) axisObject(v *value, id string, t time.Time, g *group) {
	before := d.faults
	if v.kind != '{' {
		d.blame(v, "", "%s: want an object", v.describe())
		return
	}
	plot := newPlot(t)
	plot.Track = d.mustWord(v, id, "the name of the track")
	if class := d.object(v, "class"); class != nil {
		score, ok := d.number(class, "score", 0, 1, "for a probability")
		if !ok {
			score = 1
		}
		likely(&plot, axisWord(d.word(class, "type")), score)
	}
	switch place, box := axisPlace(v), d.object(v, "bounding_box"); {
	case place != nil:
		d.axisPosition(place, &plot)
	case box == nil:
		d.missing(v, "bounding_box", "where in the picture it is")
	default:
		if b, ok := d.axisBox(box); ok {
			d.sight(v, "bounding_box", &plot, b)
		}
	}
	if d.faults == before {
		d.add(g, &plot)
	}
}

// axisBox is a box. Half a body may stand out of the picture. Its top and bottom are read where they are of use.
func (d *document) axisBox(v *value) (b box, ok bool) {
	left, ok := d.number(v, "left", -1, 2, "of the picture's width")
	right, ok2 := d.number(v, "right", -1, 2, "of the picture's width")
	for _, key := range [...]string{"left", "right"} {
		if v.get(key) == nil {
			d.missing(v, key, "0 to 1 from the left edge of the picture")
		}
	}
	b = box{left: max(left, 0), right: min(right, 1)}
	if d.source.upright() {
		b.top, _ = d.number(v, "top", -1, 2, "of the picture's height")
		b.bottom, _ = d.number(v, "bottom", -1, 2, "of the picture's height")
	}
	return b, ok && ok2
}

// axisPlace is the geographic position of an object; nil if it has none.
func axisPlace(v *value) *value {
	for _, key := range [...]string{"geographic_position", "geoposition", "position"} {
		if m := v.get(key); m != nil && m.get("latitude") != nil {
			return m
		}
	}
	return nil
}

// axisPosition reads a position, whose elevation counts from the sea.
func (d *document) axisPosition(v *value, plot *detection.Detection) {
	p, located := d.place(v, "latitude", "longitude")
	if !located {
		return
	}
	d.locate(plot, p, 0)
	if elevation, ok := d.number(v, "elevation", minAltitude, maxAltitude, "metres"); ok {
		plot.Position.Alt, plot.HasAlt = geo.Metres(elevation)+undulation(p.Lat, p.Lon), true
	}
}

// axisWord puts a class's name into words that we know: a head and a face belong to a person.
func axisWord(word string) string {
	switch word {
	case "Head", "Face":
		return "human"
	case "LicensePlate":
		return "vehicle"
	}
	return word
}

// isHeadOf says whether an object is the head, the face or the number plate of another one of the frame: of one person the camera makes two
// tracks. One without a body in the picture stays, since it is all that is seen of somebody.
func isHeadOf(v *value, all []value) bool {
	part := v.get("class").get("type")
	if !part.is("Head") && !part.is("Face") && !part.is("LicensePlate") {
		return false
	}
	middle, ok := middleOf(v)
	for i := range all {
		other := &all[i]
		if kind := other.get("class").get("type"); !ok || other == v || kind.is("Head") || kind.is("Face") || kind.is("LicensePlate") {
			continue
		}
		if left, right, ok := edges(other); ok && left <= middle && middle <= right {
			return true
		}
	}
	return false
}

func middleOf(v *value) (float64, bool) {
	left, right, ok := edges(v)
	return (left + right) / 2, ok
}

// edges are those of a box whose faults are told elsewhere.
func edges(v *value) (left, right float64, ok bool) {
	box := v.get("bounding_box")
	left, ok = numberIn(box.get("left"))
	right, ok2 := numberIn(box.get("right"))
	return left, right, ok && ok2
}
