package normalize

import (
	"bytes"
	"strings"
	"time"

	"cutline/internal/detection"
)

// Frigate is the format of the network video recorder of that name: its events, reviews and what it says of its cameras.
const Frigate = "frigate"

// frigate reads a message of one camera. An event is a detection in the direction of its box. Reviews, descriptions, recognised faces and
// number plates bring no box: they are signs of life. So is the end of an event, which repeats its last frame.
//
// Speeds are not used: they are mph or km/h, by a setting that the message does not tell.
func (d *decoder) frigate() ([]detection.Scan, *detection.Status) {
	if s := d.frigateState(); s != nil {
		return nil, s
	}
	doc, ok := d.document()
	if !ok {
		return nil, nil
	}
	root := &doc.roots[0]
	if root.kind != '{' {
		doc.blame(root, "", "%s: want a message of Frigate like {\"type\":\"update\",\"before\":{},\"after\":{}}", root.describe())
		return nil, nil
	}
	var g group
	if after := doc.object(root, "after"); after != nil && after.get("severity") == nil && !root.get("type").is("end") {
		doc.frigateEvent(root, after, &g)
	}
	return doc.outcome(&g, d.received)
}

// frigateState reads a state: a bare word, on the topic of Frigate itself or on one of a camera. Offline is a will, which was written
// before it was needed. nil: it is none.
func (d *decoder) frigateState() *detection.Status {
	switch string(bytes.TrimSpace(d.buf)) {
	case "online", "ON":
		return &detection.Status{EventTime: d.received, State: detection.Online}
	case "offline":
		return &detection.Status{State: detection.Offline}
	case "stopped":
		return &detection.Status{EventTime: d.received, State: detection.Offline}
	case "disabled", "OFF":
		return &detection.Status{EventTime: d.received, State: detection.Degraded, Faults: []string{"switched off in Frigate"}}
	}
	return nil
}

// frigateEvent reads the newest state of a tracked object. One of the same frame as the last message's tells nothing new: Frigate sends it
// when a better picture or a name turns up.
func (d *document) frigateEvent(root, after *value, g *group) {
	before := d.faults
	t, timed := d.epoch(after, "frame_time", time.Second)
	if after.get("frame_time") == nil {
		d.missing(after, "frame_time", "the time of the picture in seconds since 1970")
	}
	if d.flag(after, "false_positive") || timed && sameFrame(root.get("before"), after) {
		return
	}
	plot := newPlot(t)
	plot.Track = d.mustWord(after, "id", "the name of the event")
	if score, ok := d.number(after, "score", 0, 1, "for a probability"); ok {
		plot.Confidence = score
	}
	likely(&plot, d.word(after, "label"), plot.Confidence)
	if b, ok := d.frigateBox(after); ok && d.sight(after, "box", &plot, b) && d.faults == before {
		d.add(g, &plot)
	}
}

func sameFrame(before, after *value) bool {
	a, b := before.get("frame_time"), after.get("frame_time")
	return a != nil && b != nil && bytes.Equal(a.text, b.text)
}

// frigateBox is a box in shares of the picture, without top and bottom if its height is not configured.
func (d *document) frigateBox(v *value) (b box, ok bool) {
	const want = "four numbers: left, top, right, bottom in pixels"
	edges := v.get("box")
	switch {
	case edges == nil:
		d.missing(v, "box", want)
		return b, false
	case edges.kind != '[' || len(edges.parts) != 4:
		d.blame(v, "box", "%s: want %s", edges.describe(), want)
		return b, false
	}
	wide, high := float64(d.source.def.Camera.Width), float64(d.source.def.Camera.Height)
	left, ok := d.element(edges, 0, wide, "pixels: is camera.width_px Frigate's detect.width?")
	right, ok2 := d.element(edges, 2, wide, "pixels: is camera.width_px Frigate's detect.width?")
	b.left, b.right = left/wide, right/wide
	if high > 0 {
		top, ok3 := d.element(edges, 1, high, "pixels: is camera.height_px Frigate's detect.height?")
		bottom, ok4 := d.element(edges, 3, high, "pixels: is camera.height_px Frigate's detect.height?")
		b.top, b.bottom, ok = top/high, bottom/high, ok && ok3 && ok4
	}
	return b, ok && ok2
}

// cameraIn is the name of the camera that a message of Frigate is of; empty if it names none.
func cameraIn(payload []byte) string {
	r := reader{buf: payload}
	if r.peek() != '{' {
		return ""
	}
	return r.camera(true)
}

// camera looks for the name in the object that is next, and in what that says of the object's newest state.
func (r *reader) camera(inner bool) (name string) {
	o := r.object()
	for o.count < maxMembers && r.member(&o) {
		switch next := r.peek(); {
		case name == "" && next == '"' && string(r.key) == "camera":
			s, _ := r.string(nil)
			name = string(s)
		case name == "" && next == '{' && inner && string(r.key) == "after":
			name = r.camera(false)
		default:
			r.skip()
		}
	}
	return name
}

// likely gives a detection the class that a word of other people's stands for, with that probability; none for a word that we have no
// class for.
func likely(plot *detection.Detection, word string, probability float64) {
	c := commonClass(strings.ToLower(word))
	if c == detection.UnknownClass {
		return
	}
	plot.Class[c], plot.Class[detection.UnknownClass], plot.HasClass = probability, 1-probability, true
}
