package normalize

import (
	"strings"

	"cutline/internal/detection"
	"cutline/internal/geo"
)

// Sapient is the format of BSI Flex 335 v2.0, in protobuf or in its JSON form.
const Sapient = "sapient/v2"

// sapient reads one message. It is held to all rules of the standard first (sapient_check.go): what breaks one is rejected as a
// whole, with every field that does. A position that cannot be one is a verdict of its own, on a message that is valid.
//
// A node's registration says in what unit its speeds are, and a Normalizer keeps nothing between messages: m/s is taken. A
// registration that says km/h makes the sensor degraded, so that somebody sees it.
func (d *decoder) sapient() ([]detection.Scan, *detection.Status) {
	doc, ok := d.sapientTree()
	if !ok {
		return nil, nil
	}
	doc.texts = true // protojson lets numbers be texts
	root := &doc.roots[0]
	if doc.conform(root, "SapientMessage"); d.faults > 0 {
		return nil, nil
	}
	t, ok := doc.timestamp(root, "timestamp")
	if !ok {
		return nil, nil
	}
	var g group
	if r := root.field("detectionReport"); r != nil && !strings.EqualFold(doc.said(r, "state"), "lost") {
		plot := newPlot(t)
		doc.sapientDetection(r, &plot)
		if d.faults == 0 {
			doc.add(&g, &plot)
		}
	}
	if s := root.field("statusReport"); s != nil {
		status := &detection.Status{EventTime: t}
		doc.sapientStatus(s, status)
		return nil, status
	}
	if r := root.field("registration"); r != nil && says(r, "SPEED_UNITS_KPH") {
		why := []string{"registered with speeds in km/h: set the node to m/s"}
		return nil, &detection.Status{EventTime: t, State: detection.Degraded, Faults: why}
	}
	return doc.outcome(&g, t)
}

// said is a text of v, in either spelling of its name.
func (d *document) said(v *value, name string) string {
	if m := v.field(name); m != nil {
		return string(m.text)
	}
	return ""
}

// says looks for a text anywhere in v.
func says(v *value, text string) bool {
	for i := range v.parts {
		if says(&v.parts[i], text) {
			return true
		}
	}
	return v.is(text)
}

// measure is a number of v in [lo, hi], in either spelling of its name.
func (d *document) measure(v *value, name string, lo, hi float64, unit string) (float64, bool) {
	m := v.field(name)
	if m == nil {
		return 0, false
	}
	return d.number(v, string(m.key), lo, hi, unit)
}

func (d *document) sapientDetection(r *value, plot *detection.Detection) {
	plot.ID, plot.Track = d.said(r, "reportId"), d.said(r, "objectId")
	if l := r.field("location"); l != nil {
		d.sapientLocation(l, plot)
	} else {
		d.sapientBearing(r.field("rangeBearing"), plot)
	}
	if c, ok := d.measure(r, "detectionConfidence", 0, 1, "for a probability"); ok {
		plot.Confidence = c
	}
	if v := r.field("enuVelocity"); v != nil {
		plot.Velocity.East, _ = d.measure(v, "eastRate", -maxSpeed, maxSpeed, "m/s")
		plot.Velocity.North, _ = d.measure(v, "northRate", -maxSpeed, maxSpeed, "m/s")
		plot.HasVelocity = true
	}
	if c := r.field("classification"); c != nil && len(c.parts) > 0 {
		d.sapientClass(c.parts, plot)
	}
	if files := r.field("associatedFile"); files != nil {
		for i := range files.parts {
			if url := d.said(&files.parts[i], "url"); url != "" && len(url) <= maxLink {
				plot.Media = append(plot.Media, url)
			}
		}
	}
}

// sapientClass reads a list of classes with their confidence: 1 where none is stated. A word that we have no class for is unknown.
// Sums above 1 come of nodes that judge each class by itself; they are scaled down.
func (d *document) sapientClass(all []value, plot *detection.Detection) {
	plot.HasClass = true
	for i := range all {
		confidence, ok := d.measure(&all[i], "confidence", 0, 1, "for a probability")
		if !ok {
			confidence = 1
		}
		plot.Class[sapientClassOf(&all[i])] += confidence
	}
	spread(&plot.Class)
}

// sapientClassOf finds our class for a class of the standard's taxonomy, or for the common words beside it. An air vehicle is a
// drone if a sub-class says so.
func sapientClassOf(v *value) detection.Class {
	word := strings.ToLower(string(v.field("type").text))
	switch word {
	case "air vehicle":
		if sub := v.field("subClass"); sub != nil {
			for i := range sub.parts {
				if name := strings.ToLower(string(sub.parts[i].field("type").text)); strings.HasPrefix(name, "ua") {
					return detection.Drone
				}
			}
		}
		return detection.Aircraft
	case "land vehicle":
		return detection.Vehicle
	case "sea vessel", "water vehicle":
		return detection.Boat
	}
	return commonClass(word)
}

// commonClass finds our class for a word of other people's; unknown if it is none that we know.
func commonClass(word string) detection.Class {
	if c, ok := detection.ParseClass(word); ok {
		return c
	}
	return otherClassNames[word]
}

// sapientStatus reads the state of a node. Where it stands is not read: a Normalizer keeps nothing between messages, so it is configured.
func (d *document) sapientStatus(s *value, status *detection.Status) {
	switch d.said(s, "system") {
	case "SYSTEM_OK":
		status.State = detection.Online
	case "SYSTEM_GOODBYE":
		status.State = detection.Offline
	default: // a warning or an error
		status.State = detection.Degraded
	}
	if p := s.field("power"); p != nil {
		status.Battery, status.HasBattery = d.measure(p, "level", 0, 100, "percent")
		if d.said(p, "status") == "POWERSTATUS_FAULT" {
			status.Faults = append(status.Faults, "power")
		}
	}
	if list := s.field("status"); list != nil {
		for i := range list.parts {
			d.sapientFault(&list.parts[i], status)
		}
	}
	if view := s.field("fieldOfView").field("rangeBearing"); view != nil {
		d.sapientView(view, status)
	}
}

// sapientFault reads one of a node's troubles. One for information is none; a node that says that it does not detect is not well,
// whatever else it says.
func (d *document) sapientFault(v *value, status *detection.Status) {
	kind := strings.ToLower(strings.TrimPrefix(d.said(v, "statusType"), "STATUS_TYPE_"))
	if d.said(v, "statusLevel") == "STATUS_LEVEL_INFORMATION_STATUS" && kind != "not_detecting" {
		return
	}
	if text := d.said(v, "statusValue"); text != "" {
		kind += ": " + text[:min(len(text), maxQuoted)]
	}
	status.Faults = append(status.Faults, strings.ToValidUTF8(kind, "?"))
	if status.State == detection.Online {
		status.State = detection.Degraded
	}
}

// sapientView reads the cone that a node sees now.
func (d *document) sapientView(v *value, status *detection.Status) {
	angle, length := polarUnits(d.said(v, "coordinateSystem"))
	azimuth, ok := d.measure(v, "azimuth", -360/angle, 360/angle, "in the unit of the coordinate system")
	width, wide := d.measure(v, "horizontalExtent", 0, 360/angle, "in the unit of the coordinate system")
	reach, far := d.measure(v, "range", 0, maxRange/length, "in the unit of the coordinate system")
	if !ok || !wide || width == 0 {
		return
	}
	true0, ok := d.north(v, status.EventTime)
	if !ok {
		return
	}
	if !far {
		reach = float64(d.source.def.Coverage.Range) / length
	}
	status.HasView = true
	status.View = detection.FieldOfView{
		Azimuth: geo.Wrap2Pi(geo.Degrees(azimuth*angle).Radians() + true0), Width: geo.Degrees(width * angle).Radians(), Range: reach * length,
	}
}
