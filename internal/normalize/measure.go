package normalize

import (
	"bytes"
	"math"
	"strings"
	"time"

	"cutline/internal/detection"
	"cutline/internal/sensor"
)

// What follows is for tools that look for a mapping: it reads single values as a mapping's step would.

// Measure reads a number of a payload, or a text that holds one, in a field's own unit; false if it holds none.
type Measure func(text string) (float64, bool)

// MeasureOf reads values for the field to of a detection. An empty unit is the field's own. nil: there is no such field, or the unit does
// not fit it.
func MeasureOf(to, unitName string) Measure {
	t, ok := findTarget(to)
	if !ok {
		return nil
	}
	if unitName == "" {
		return func(text string) (float64, bool) { return textFloat(bytes.TrimSpace([]byte(text))) }
	}
	u, what := findUnit(unitName, t)
	if what != "" {
		return nil
	}
	return func(text string) (float64, bool) {
		b := bytes.TrimSpace([]byte(text))
		if len(b) == 0 {
			return 0, false
		}
		if u.read != nil {
			f, why := u.read(b)
			return f, why == "" && !math.IsNaN(f)
		}
		f, ok := textFloat(u.bare(b))
		return u.scale(f), ok
	}
}

// Moment reads a time of a payload; false if it holds none.
type Moment func(text string) (time.Time, bool)

// MomentOf reads times in one of the units of time; nil if it is none.
func MomentOf(unitName string) Moment {
	u, what := findUnit(unitName, target{name: "time", sort: aTime, dim: instant})
	if what != "" {
		return nil
	}
	return func(text string) (time.Time, bool) {
		b := bytes.TrimSpace([]byte(text))
		if len(b) == 0 {
			return time.Time{}, false
		}
		if u.epoch != notEpoch {
			seconds, nanos, ok := parseEpoch(b, u.epoch)
			return time.Unix(seconds, nanos).UTC(), ok && seconds <= maxSeconds
		}
		b = bytes.ToUpper(b)
		if len(b) > len("2006-01-02") && b[len("2006-01-02")] == ' ' {
			b[len("2006-01-02")] = 'T'
		}
		if u.name == "utc" {
			b = append(b, 'Z')
		}
		return parseTime(b)
	}
}

// ClassFor finds our class for a word of other people's; false if it is none that we know.
func ClassFor(word string) (detection.Class, bool) {
	word = strings.ToLower(word)
	if c, ok := detection.ParseClass(word); ok {
		return c, true
	}
	c, ok := otherClassNames[word]
	return c, ok
}

// Unpack writes a payload in another encoding than JSON as the JSON that a mapping would see; false if it is none.
func Unpack(encoding sensor.Encoding, payload []byte) ([]byte, bool) {
	text, why := transcode(encoding, payload)
	return text, why == ""
}

// Claims says which sensor takes the messages of a topic; false if none does.
func (n *Normalizer) Claims(topic string) (id string, ok bool) {
	c, ok := n.find(topic)
	if !ok {
		return "", false
	}
	return c.source.def.ID, true
}
