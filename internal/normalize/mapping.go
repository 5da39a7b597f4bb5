package normalize

import (
	"strconv"

	"cutline/internal/sensor"
)

// JSON is the format of payloads that only a mapping explains.
//
// A mapping makes of each payload a message of cutline/v1, which is then read as any other: there is one set of rules for what a detection
// must be, and what holds for our own messages holds for all. mapping_walk.go finds the values in a payload, mapping_make.go writes
// them down again, and a fault that is found in what was written is told with the path in the payload and the step that it came by.
const JSON = "json"

// mapping is the compiled form of a sensor's.
type mapping struct {
	encoding sensor.Encoding
	levels   []level // the payload, then each array that as leads through; the last holds the detections
	list     bool    // there is an as
	sweep    bool
	as       step // the step of as, if list

	steps []*step      // those that give a value, in the order of the definition
	drops []*step      // those that may pass an object over
	head  []fieldGroup // of a sweep
	body  []fieldGroup // of a detection
	exprs bool         // some step has an expression
}

// level is an object of the payload, or each element of one of its arrays.
type level struct {
	tree  *node
	slots int
	array []part // from here to the array whose elements are the next level
	next  ref    // where that array is noted
}

// ref is where a value is noted: a slot of a level.
type ref struct {
	level, slot int
}

// fieldGroup is an object of the message that is made; its name is empty for what stands in the detection itself.
type fieldGroup struct {
	name  string
	steps []*step
}

// origin says where a step has its value from.
type origin uint8

const (
	fromNothing origin = iota // an expression, or a default
	fromPath
	fromReceived
	fromTopic
)

// step is a compiled line of a mapping.
type step struct {
	def    sensor.MappingStep
	index  int
	target target
	field  string // target without its object
	origin origin
	level  int // whose objects it looks into
	at     ref
	parts  []part // of its path, from its level
	topic  int    // level of the topic
	unit   *unit
	expr   *expression
	drop   *expression
	vars   []variable // of expr and drop
}

// variable of an expression.
type variable struct {
	name  string
	at    ref
	parts []part
}

// named is the path of what is noted, from the object of its level.
func (m *mapping) named(at ref) string {
	for _, s := range m.steps {
		if s.origin == fromPath && s.at == at {
			return appendParts("", s.parts)
		}
		for _, v := range s.vars {
			if v.at == at {
				return appendParts("", v.parts)
			}
		}
	}
	return ""
}

// place names the step in a reject.
func (s *step) place() string {
	text := "mapping[" + strconv.Itoa(s.index) + "]"
	if s.target.name != "" {
		text += " " + s.target.name
	}
	if s.def.Place != "" {
		text += " (" + s.def.Place + ")"
	}
	return text
}
