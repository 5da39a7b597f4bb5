package sensor

import "strings"

// self is the capture that stands for the sensor's own id: one topic serves all sensors that a site names alike.
const self = "{sensor}"

// Captures names the levels of a topic that are written as {name}; the others are empty.
func Captures(topic string) []string {
	levels := strings.Split(topic, "/")
	for i, level := range levels {
		levels[i] = captured(level)
	}
	return levels
}

// captured is the name in braces; empty if the level is none.
func captured(level string) string {
	name, opened := strings.CutPrefix(level, "{")
	name, closed := strings.CutSuffix(name, "}")
	if !opened || !closed {
		return ""
	}
	return name
}

// Filter is the MQTT topic filter that takes in every topic that a topic with captures can stand for: site/+/radar of
// site/{sensor}/radar.
func Filter(topic string) string { return fill(topic, "+") }

// OwnTopic is the MQTT topic filter of one sensor: {sensor} is its id, and another capture is whatever stands there.
func OwnTopic(topic, id string) string { return fill(topic, id) }

// fill writes the captures of a topic out.
func fill(topic, id string) string {
	if !strings.Contains(topic, "{") {
		return topic
	}
	levels := strings.Split(topic, "/")
	for i, level := range levels {
		switch {
		case level == self:
			levels[i] = id
		case captured(level) != "":
			levels[i] = "+"
		}
	}
	return strings.Join(levels, "/")
}
