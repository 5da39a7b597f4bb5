package normalize

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cutline/internal/sensor"
)

// compiler makes a mapping, and tells every fault of its definition.
type compiler struct {
	m     mapping
	topic []string // the names of its levels, of those that have one
	steps []sensor.MappingStep
	tell  func(step int, key, what string)
	given map[string]int // target: the step that gives it
	bad   bool
}

// CheckMapping tells every fault of the mapping of a sensor with that topic: the number of the step, the key in it that is wrong, and what
// would be right. The number is −1 for what the mapping as a whole lacks.
func CheckMapping(topic string, steps []sensor.MappingStep, fault func(step int, key, what string)) {
	c := compiler{topic: sensor.Captures(topic), steps: steps, tell: fault, given: map[string]int{}}
	c.compile()
}

// compileMapping compiles the mapping of a sensor, or says everything that is wrong with it.
func compileMapping(def *sensor.Definition) (*mapping, error) {
	var faults []error
	if def.Encoding != "" && !slices.Contains(sensor.Encodings(), def.Encoding) {
		faults = append(faults, fmt.Errorf("encoding: %q is unknown: want one of json, cbor, msgpack", def.Encoding))
	}
	c := compiler{m: mapping{encoding: def.Encoding}, topic: sensor.Captures(def.Topic), steps: def.Mapping, given: map[string]int{}}
	c.tell = func(step int, key, what string) {
		path := "mapping"
		if step >= 0 {
			path = jsonPath("mapping["+strconv.Itoa(step)+"]", key)
		}
		faults = append(faults, fmt.Errorf("%s: %s", path, what))
	}
	c.compile()
	for _, s := range c.m.steps {
		if s.unit != nil && s.unit.compass && !def.HasPose {
			c.fault(s.index, "unit", "deg_magnetic counts from the compass's north at the sensor: give the sensor a pose")
		}
	}
	return &c.m, errors.Join(faults...)
}

func (c *compiler) fault(step int, key, format string, args ...any) {
	c.bad = true
	c.tell(step, key, fmt.Sprintf(format, args...))
}

func (c *compiler) compile() {
	if len(c.steps) == 0 {
		c.fault(-1, "", "is missing: format json needs a list such as [{to: time, from: ts, unit: epoch_ms}, {to: position.lat, from: lat}, …]")
		return
	}
	c.as()
	for i := range c.steps {
		if c.steps[i].As == "" {
			c.step(i)
		}
	}
	if !c.bad {
		c.whole()
		c.arrange()
	}
}

// as finds the step that says where the detections are, which decides what the paths of the others mean.
func (c *compiler) as() {
	m := &c.m
	m.levels = []level{{tree: newNode()}}
	for i := range c.steps {
		def := &c.steps[i]
		switch {
		case def.As == "":
			continue
		case def.As != sensor.AsDetection && def.As != sensor.AsSweep:
			c.fault(i, "as", `%s is unknown: want "detection", or "sweep" for a list that is one complete look`, quote(def.As))
			continue
		case m.list:
			c.fault(i, "as", "mapping[%d] has an as already: the detections are one list", m.as.index)
			continue
		case def.To != "" || def.Unit != "" || def.Expr != "" || len(def.Map) > 0 || def.Default != "" || def.DropIf != "":
			c.fault(i, "as", "stands beside from alone: as says where the detections are, not what a value is")
		}
		p, err := parsePath(def.From)
		if err != nil || len(p.parts) == 0 || !p.parts[len(p.parts)-1].each {
			c.fault(i, "from", "%s is no list of detections: want a path that ends in [], such as $.objects[]", quote(def.From))
			continue
		}
		m.list, m.sweep, m.as = true, def.As == sensor.AsSweep, step{def: *def, index: i}
		c.list(p.split())
	}
}

// list makes a level for each [] of the path to the detections.
func (c *compiler) list(parts [][]part) {
	for l, p := range parts[:len(parts)-1] {
		c.m.levels = append(c.m.levels, level{tree: newNode()})
		c.m.levels[l].array = p
		c.m.levels[l].next = c.note(l, p)
	}
}

// note has the walk note what stands at a path of a level.
func (c *compiler) note(l int, parts []part) ref {
	n := c.m.levels[l].tree
	for _, p := range parts {
		n = n.below(p)
	}
	if n.slot == noSlot {
		n.slot = c.m.levels[l].slots
		c.m.levels[l].slots++
	}
	return ref{l, n.slot}
}

// inner is the level of the detections.
func (c *compiler) inner() int { return len(c.m.levels) - 1 }

func (c *compiler) step(i int) {
	def := &c.steps[i]
	s := &step{def: *def, index: i, level: c.inner()}
	switch {
	case def.To == "" && def.DropIf == "":
		c.fault(i, "", "does nothing: give to, as or drop_if")
		return
	case def.To != "" && def.From == "" && def.Expr == "" && def.Default == "":
		c.fault(i, "", "has no value for %s: give from, expr or default", def.To)
		return
	}
	c.from(s)
	s.expr = c.expression(s, "expr", def.Expr)
	s.drop = c.expression(s, "drop_if", def.DropIf)
	if def.To != "" {
		c.to(s)
		c.words(s)
		c.m.steps = append(c.m.steps, s)
	}
	if s.drop != nil {
		c.m.drops = append(c.m.drops, s)
	}
}

// from finds out where the step has its value from.
func (c *compiler) from(s *step) {
	text := s.def.From
	number, isTopic := strings.CutPrefix(text, "$topic")
	switch {
	case text == "":
	case text == "$received":
		s.origin, s.level = fromReceived, 0
	case isTopic:
		s.origin, s.level, s.topic = fromTopic, 0, c.topicLevel(s, number)
	default:
		c.path(s, text)
	}
}

// topicLevel finds the level of the topic that is meant by [2], or by .name where the topic has {name}.
func (c *compiler) topicLevel(s *step, which string) int {
	if name, named := strings.CutPrefix(which, "."); named {
		i := slices.Index(c.topic, name)
		if i < 0 || name == "" {
			c.fault(s.index, "from", "%s: the topic has no level {%s}: name it there, as in site/{%s}/radar, or count: $topic[1]",
				quote(s.def.From), name, name)
		}
		return max(i, 0)
	}
	n, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimPrefix(which, "["), "]"), 10, 8)
	if err != nil || which != "["+strconv.FormatUint(n, 10)+"]" {
		c.fault(s.index, "from", "%s is no level of the topic: want $topic[0], $topic[1], …, or $topic.name of a {name} in it", quote(s.def.From))
	}
	return int(n)
}

// path finds the level that a path counts from.
func (c *compiler) path(s *step, text string) {
	p, err := parsePath(text)
	if err != nil {
		c.fault(s.index, "from", "%v", err)
		return
	}
	s.origin = fromPath
	all := p.split()
	s.parts = all[len(all)-1]
	if len(all) > 1 && !p.root {
		c.fault(s.index, "from", "%s stands for many values: say which, as in %s, or make the list the detections by as: detection",
			quote(text), quote(strings.Replace(text, "[]", "[0]", 1)))
		return
	}
	if p.root {
		s.level = len(all) - 1
	}
	for l, parts := range all[:len(all)-1] {
		if l >= c.inner() || !sameParts(parts, c.m.levels[l].array) {
			c.fault(s.index, "from", "%s goes through another list than the detections' (as): say which element, as in [0]", quote(text))
			return
		}
	}
	s.at = c.note(s.level, s.parts)
}

// expression compiles one, and has the walk note what it reads.
func (c *compiler) expression(s *step, key, source string) *expression {
	if source == "" {
		return nil
	}
	x, err := compileExpr(source)
	if err != nil {
		c.fault(s.index, key, "does not compile: %v", err)
		return nil
	}
	c.m.exprs = true
	if x.value && s.origin == fromNothing { // a field that happens to have this name
		x.uses = append(x.uses, exprUse{name: valueName, parts: []part{{key: valueName}}})
	}
	deepest := 0
	for _, u := range x.uses {
		level := 0
		if !u.root {
			level = c.inner()
		}
		deepest = max(deepest, level)
		s.vars = append(s.vars, variable{u.name, c.note(level, u.parts), u.parts})
	}
	if s.origin != fromNothing {
		deepest = max(deepest, s.level)
	}
	if len(x.uses) > 0 {
		s.level = deepest
	}
	return x
}

// to finds the step's target and unit.
func (c *compiler) to(s *step) {
	t, known := findTarget(s.def.To)
	if !known {
		what := "want one of " + strings.Join(MappingTargets(), ", ")
		if near := meant(s.def.To); near != "" {
			what = "did you mean " + strconv.Quote(near) + "?"
		}
		c.fault(s.index, "to", "%s is no field of a detection: %s", quote(s.def.To), what)
		return
	}
	s.target = t
	_, s.field, _ = cutLast(t.name)
	if other, twice := c.given[t.name]; twice {
		c.fault(s.index, "to", "%s is given by mapping[%d] too: for one or the other write expr: a ?? b", t.name, other)
	}
	c.given[t.name] = s.index
	if s.def.Unit != "" {
		u, what := findUnit(s.def.Unit, t)
		if s.unit = &u; what != "" {
			c.fault(s.index, "unit", "%s", what)
		}
	}
}
