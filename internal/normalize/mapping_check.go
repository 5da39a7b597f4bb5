package normalize

import (
	"slices"
	"strconv"
	"strings"

	"cutline/internal/detection"
	"cutline/internal/sensor"
)

// words checks map and default.
func (c *compiler) words(s *step) {
	for i, e := range s.def.Map {
		for j, before := range s.def.Map[:i] {
			if before.From == e.From {
				c.fault(s.index, "map["+strconv.Itoa(i)+"]", "%s has a meaning already, by map[%d]", quote(e.From), j)
			}
		}
		if e.To == "" {
			c.fault(s.index, "map["+strconv.Itoa(i)+"]", "to is missing: say what %s means", quote(e.From))
		}
		c.constant(s, "map["+strconv.Itoa(i)+"].to", e.To)
	}
	c.constant(s, "default", s.def.Default)
}

// whole holds the mapping to what every detection needs.
func (c *compiler) whole() {
	has := func(name string) bool { _, given := c.given[name]; return given }
	if !has("time") {
		c.fault(-1, "", "no step gives time: add {to: time, from: …, unit: epoch_ms}, or {to: time, from: $received} where there is no clock")
	}
	for _, pair := range [][2]string{
		{"position.lat", "position.lon"},
		{"position.lon", "position.lat"},
		{"position.alt_m", "position.lat"},
		{"polar.range_m", "polar.azimuth_deg"},
		{"polar.elevation_deg", "polar.azimuth_deg"},
		{"polar.range_rate_mps", "polar.range_m"},
		{"velocity.east_mps", "velocity.north_mps"},
		{"velocity.north_mps", "velocity.east_mps"},
		{"velocity.speed_mps", "velocity.course_deg"},
		{"velocity.course_deg", "velocity.speed_mps"},
		{"platform.lat", "platform.lon"},
		{"platform.lon", "platform.lat"},
		{"field_of_view.azimuth_deg", "field_of_view.width_deg"},
		{"field_of_view.width_deg", "field_of_view.azimuth_deg"},
	} {
		if name, other := pair[0], pair[1]; has(name) && !has(other) {
			c.fault(c.given[name], "to", "%s needs %s: no step gives it", name, other)
		}
	}
	for _, word := range detection.ClassNames() {
		if name := "class." + word; has("class") && has(name) {
			c.fault(c.given[name], "to", "class is given by mapping[%d]: give one word, or a probability for each", c.given["class"])
		}
	}
}

// arrange sorts the steps into the objects of the message.
func (c *compiler) arrange() {
	for _, t := range targets() {
		i, given := c.given[t.name]
		if !given {
			continue
		}
		k := slices.IndexFunc(c.m.steps, func(s *step) bool { return s.index == i })
		s := c.m.steps[k]
		to := &c.m.body
		if c.m.sweep && s.level == 0 && (s.origin != fromNothing || len(s.vars) > 0) && headTarget(t.name) {
			to = &c.m.head
		}
		name, _, _ := cutLast(t.name)
		if n := len(*to); n == 0 || (*to)[n-1].name != name {
			*to = append(*to, fieldGroup{name: name})
		}
		o := &(*to)[len(*to)-1]
		o.steps = append(o.steps, s)
	}
	if c.m.sweep && (len(c.m.head) == 0 || c.m.head[0].steps[0].target.name != "time") {
		c.fault(c.given["time"], "to", "a sweep has one time for all: from must begin with $, or be $received")
	}
}

// constant checks a value that stands in the definition against what its target takes.
func (c *compiler) constant(s *step, key, text string) {
	if text == "" || s.target.name == "" {
		return
	}
	what := ""
	switch s.target.sort {
	case aReal:
		if _, ok := plainFloat([]byte(text)); !ok {
			what = "is no number"
		}
	case aWhole:
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			what = "is no whole number"
		}
	case aFlag:
		if text != "true" && text != "false" {
			what = "is neither true nor false"
		}
	case aTime:
		if _, ok := parseTime([]byte(text)); !ok {
			what = "is no RFC 3339 time: for a sensor without a clock write from: $received"
		}
	case aClass:
		if _, ok := detection.ParseClass(text); !ok {
			c.fault(s.index, key, "%s", noClass([]byte(text)))
		}
	case aText:
		refs := []string{string(sensor.HAE), string(sensor.MSL), string(sensor.AGL)}
		if s.field == "alt_ref" && !slices.Contains(refs, text) {
			what = "is unknown: want one of " + strings.Join(refs, ", ")
		}
	case aList:
	}
	if what != "" {
		c.fault(s.index, key, "%s for %s: %s %s", key, s.target.name, quote(text), what)
	}
}
