package normalize

import (
	"strings"
	"time"

	"cutline/internal/detection"
)

// axisTime is the time of an event: in milliseconds, or that of the receipt.
func (d *document) axisTime(root *value) time.Time {
	if t, ok := d.epoch(root, "timestamp", time.Millisecond); ok {
		return t
	}
	return d.received
}

// onvifTime is the same for the JSON form of the standard.
func (d *document) onvifTime(root *value) time.Time {
	if t, ok := d.timestamp(root, "UtcTime"); ok {
		return t
	}
	return d.received
}

// onvif reads an event. Of a ground sensor, one that something moves is a detection: something is within its radius. Of anything else
// that is a sign of life, for it says neither where nor in what direction. Tampering and failures are states of the device.
func (d *document) onvif(topic string, message *value, list string, t time.Time) ([]detection.Scan, *detection.Status) {
	data := d.object(message, list)
	if topic == "" {
		topic = d.topic
	}
	on := isOn(data)
	if d.faults > 0 {
		return nil, nil
	}
	switch word := strings.ToLower(topic); kindOf(word) {
	case tampering:
		return nil, &detection.Status{EventTime: t, State: stateOf(on), Tamper: on}
	case failure:
		s := &detection.Status{EventTime: t, State: stateOf(on)}
		if on {
			s.Faults = []string{lastLevels(topic)}
		}
		return nil, s
	case motion:
		if on && d.source.point {
			return d.onvifTrip(data, t), nil
		}
	case otherEvent:
	}
	return nil, &detection.Status{EventTime: t}
}

// onvifTrip is a detection within the sensor's radius.
func (d *document) onvifTrip(data *value, t time.Time) []detection.Scan {
	plot := newPlot(t)
	plot.Geometry = detection.Trip
	plot.Track = d.word(data, "objectId")
	first, _, _ := strings.Cut(d.word(data, "classTypes"), ",")
	likely(&plot, strings.TrimSpace(first), 1)
	if d.faults > 0 {
		return nil
	}
	var g group
	d.add(&g, &plot)
	return g.scans()
}

// An eventKind is what an event's topic says that it is about.
type eventKind uint8

const (
	otherEvent eventKind = iota
	tampering
	failure
	motion
)

// kindOf reads a topic in lower case. Namespaces and what stands before them differ by maker and firmware: the words are the same.
func kindOf(topic string) eventKind {
	for _, k := range [...]struct {
		kind  eventKind
		words []string
	}{
		{tampering, []string{"tamper", "casing", "globalscenechange", "sabotage", "shockdetect"}},
		{failure, []string{"failure", "temperature", "signalloss", "imagetoo", "disruption", "networklost", "storagealert"}},
		{motion, []string{
			"motion", "/pir", "objectanalytics", "fenceguard", "loiteringguard", "/vmd", "fielddetector", "linedetector", "ruleengine", "io/port",
			"digitalinput",
		}},
	} {
		for _, w := range k.words {
			if strings.Contains(topic, w) {
				return k.kind
			}
		}
	}
	return otherEvent
}

// isOn says whether an event begins something: all values are texts, and the name of the one that tells differs. An event without such a
// value is a pulse.
func isOn(data *value) bool {
	pulse := true
	for i := range data.members() {
		switch m := &data.parts[i]; {
		case m.is("1"), m.is("true"), m.is("True"), m.kind == 't', m.kind == '0' && string(m.text) == "1":
			return true
		case m.is("0"), m.is("false"), m.is("False"), m.kind == 'f', m.kind == '0' && string(m.text) == "0":
			pulse = false
		}
	}
	return pulse && len(data.members()) > 0
}

func stateOf(wrong bool) detection.State {
	if wrong {
		return detection.Degraded
	}
	return detection.Online
}

// lastLevels are the last two levels of a topic, without their namespaces: enough to name a fault.
func lastLevels(topic string) string {
	topic, _, _ = strings.Cut(topic, "/$source")
	levels := strings.Split(topic, "/")
	levels = levels[max(0, len(levels)-2):]
	for i, l := range levels {
		levels[i] = l[strings.LastIndex(l, ":")+1:]
	}
	return strings.ToValidUTF8(strings.Join(levels, "/"), "?")
}
