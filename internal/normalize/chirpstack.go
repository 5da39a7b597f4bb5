package normalize

import (
	"math"
	"slices"
	"strings"

	"cutline/internal/detection"
)

// ChirpStack is the format of ChirpStack v4's MQTT integration in JSON: the radio of unattended ground sensors.
const ChirpStack = "chirpstack"

// chirpstack reads one event of a device. An uplink is what the device has sent, as its codec decoded it; status is the network's own
// question for the battery. The others say that the device is there.
//
// A device knows neither where it is nor what an event is: the pose is the sensor's, and the fields of object that mean one are known by
// the words in their names (tripWords). Another codec is read by format json and a mapping.
func (d *decoder) chirpstack() ([]detection.Scan, *detection.Status) {
	doc, ok := d.document()
	if !ok {
		return nil, nil
	}
	root := &doc.roots[0]
	if root.kind != '{' || root.get("deviceInfo") == nil {
		doc.blame(root, "deviceInfo", "missing: this is no event of ChirpStack v4")
		return nil, nil
	}
	t, timed := doc.timestamp(root, "time")
	if !timed {
		t = d.received // an older gateway without a clock; a time that is wrong is a fault by now
	}
	var g group
	status := &detection.Status{EventTime: t}
	switch object := doc.object(root, "object"); {
	case object != nil:
		doc.uplink(root, object, &g, status)
	case root.get("data") != nil:
		doc.blame(root, "object", "missing: set up a codec for the device in ChirpStack, or read data by format json and a mapping")
	case root.get("batteryLevel") != nil && !doc.flag(root, "batteryLevelUnavailable"):
		status.Battery, status.HasBattery = doc.number(root, "batteryLevel", 0, 100, "percent")
	case root.get("level").is("ERROR"):
		doc.blame(root, "description", "the network says of the device: %s %s", doc.word(root, "code"), quote(doc.word(root, "description")))
	}
	if d.faults > 0 {
		return nil, nil
	}
	if len(g.plots) > 0 && !status.HasBattery && status.State == detection.UnknownState {
		return g.scans(), nil
	}
	return g.scans(), status
}

// uplink reads what the codec made of a device's message: whether something tripped it, and how it is.
func (d *document) uplink(root, object *value, g *group, status *detection.Status) {
	plot := newPlot(status.EventTime)
	plot.ID, plot.Geometry = d.word(root, "deduplicationId"), detection.Trip
	var tripped bool
	for i := range object.parts {
		m := &object.parts[i]
		words := wordsIn(string(m.key))
		switch {
		case m.kind == 'n' || m.kind == '{' || m.kind == '[':
		case has(words, "tamper", "tampered"):
			status.Tamper, status.State = truth(m), detection.Online
		case has(words, "battery", "batt") && has(words, "percent", "pct", "level") || len(words) == 1 && words[0] == "battery":
			status.Battery, status.HasBattery = d.number(object, string(m.key), 0, 100, "percent: leave out a voltage, or call it so")
		case !has(words, setWords()...) && has(words, tripWords()...) && truth(m):
			tripped = true
			if c := classIn(words); c != detection.UnknownClass && !plot.HasClass {
				isA(&plot, c)
			}
		}
	}
	switch {
	case !tripped || d.faults > 0:
	case !d.source.def.HasPose:
		d.blame(object, "", "an event, and no pose of the sensor is configured: the message does not say where the device is")
	default:
		d.add(g, &plot)
	}
}

// tripWords are those in the name of a field that is true, or above 0, when something happened.
func tripWords() []string {
	return []string{
		"seismic", "acoustic", "magnetic", "vibration", "motion", "movement", "pir", "presence", "occupancy", "occupied", "intrusion", "footstep",
		"footsteps", "person", "human", "vehicle", "animal", "detected", "detection", "trigger", "triggered", "trip", "tripped", "alarm", "event",
	}
}

// setWords are those in the name of a field that is a setting or a reading instead, whatever else is in it: seismicThreshold.
func setWords() []string {
	return []string{
		"threshold", "enabled", "enable", "interval", "sensitivity", "mode", "config", "level", "count", "counter", "total", "time", "timestamp",
		"duration", "since", "last", "version", "type", "id", "amplitude", "voltage", "temperature",
	}
}

// has says whether one of the words is wanted.
func has(words []string, wanted ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(wanted, w) })
}

// classIn finds the class that a word names.
func classIn(words []string) detection.Class {
	for _, w := range words {
		if c := commonClass(strings.TrimSuffix(w, "s")); c != detection.UnknownClass {
			return c
		}
		if strings.HasPrefix(w, "footstep") {
			return detection.Person
		}
	}
	return detection.UnknownClass
}

// wordsIn parts a name: seismicEvent, seismic_event and SEISMIC-EVENT are the same two words.
func wordsIn(name string) []string {
	var words []string
	lower, start := asciiLower(name), 0
	for i := 0; i <= len(name); i++ {
		end := i == len(name) || strings.IndexByte("_-. ", name[i]) >= 0
		hump := !end && i > start && isUpper(name[i]) && !isUpper(name[i-1])
		if (end || hump) && i > start {
			words = append(words, lower[start:i])
		}
		switch {
		case end:
			start = i + 1
		case hump:
			start = i
		}
	}
	return words
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

// truth takes a value for yes or no: codecs write 1.0, true, "on" and "alarm" for the same. A fraction is a reading, and no answer.
func truth(m *value) bool {
	switch m.kind {
	case 't':
		return true
	case '0':
		f, ok := plainFloat(m.text)
		return ok && f > 0 && f == math.Trunc(f)
	case '"':
		yes := []string{"true", "1", "on", "yes", "active", "alarm", "detected", "triggered", "open", "motion", "occupied"}
		return slices.Contains(yes, strings.ToLower(string(m.text)))
	}
	return false
}

// asciiLower keeps every byte where it is, which strings.ToLower does not promise.
func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if isUpper(c) {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
