package config

import (
	"fmt"
	"path/filepath"
	"strings"

	"cutline/internal/normalize"
	"cutline/internal/sensor"
)

// stepSettings are a line of a mapping as it is written. The order is: from or expr, map, unit; default if there is nothing.
type stepSettings struct {
	To       *string        `mapstructure:"to"`       // the field of a detection that it gives: position.lat
	From     *string        `mapstructure:"from"`     // path in the payload: pos.latitude, $.head.ts, coordinates[1]; $received, $topic[2]
	As       *sensor.As     `mapstructure:"as"`       // from is the list of the detections: detection, or sweep for one complete look
	Unit     *string        `mapstructure:"unit"`     // what the payload's value is in: ft, km/h, mrad, epoch_ms
	Expr     *string        `mapstructure:"expr"`     // computes the value of fields of the object; value is what from found
	Map      []wordSettings `mapstructure:"map"`      // words of the payload, and what they mean
	Default  *word          `mapstructure:"default"`  // in place of a missing value
	Required *bool          `mapstructure:"required"` // a payload without the value is rejected
	DropIf   *string        `mapstructure:"drop_if"`  // an object for which this expression is true is passed over
}

type wordSettings struct {
	From *word `mapstructure:"from"` // what the payload says; left out: everything else
	To   *word `mapstructure:"to"`   // what it means
}

// word is a value that a payload or a field of it may have. It needs no quotes: 3 and true are as good as human.
type word string

// UnmarshalText takes the word as it stands.
func (w *word) UnmarshalText(text []byte) error {
	*w = word(text)
	return nil
}

// steps hands a mapping on.
func (s *sensorSettings) steps() []sensor.MappingStep {
	if s.Mapping == nil {
		return nil
	}
	var all []sensor.MappingStep
	for _, m := range *s.Mapping {
		step := sensor.MappingStep{
			To: given(m.To), From: given(m.From), As: given(m.As), Unit: given(m.Unit), Expr: given(m.Expr), Default: string(given(m.Default)),
			Required: given(m.Required), DropIf: given(m.DropIf),
		}
		for _, e := range m.Map {
			step.Map = append(step.Map, sensor.MapEntry{From: string(given(e.From)), To: string(given(e.To))})
		}
		all = append(all, step)
	}
	return all
}

// given is the value, or nothing.
func given[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// placeMappings notes where each step stands, so that a reject of a payload can say which line to mend. The file's name alone: the same
// settings from another folder must give the same events.
func (c *Config) placeMappings(b *book) {
	for i := range c.Sensors {
		for j := range c.Sensors[i].Mapping {
			p := b.where(at(join(at("sensors", i), "mapping"), j))
			c.Sensors[i].Mapping[j].Place = fmt.Sprintf("%s:%d", filepath.Base(p.File), p.Line)
		}
	}
}

// mapping holds a sensor's mapping to its format, and each step to what it can do.
func (c *checker) mapping(path string, s *sensorSettings) {
	own := join(path, "mapping")
	if c.book.wrong(join(path, "format")) {
		return
	}
	if s.Format != normalize.JSON {
		const what = "is for format json alone, and this is %s"
		if s.Mapping != nil {
			c.book.follow(own, fmt.Sprintf(what, s.Format))
		}
		if s.Encoding != nil {
			c.book.follow(join(path, "encoding"), fmt.Sprintf(what, s.Format))
		}
		return
	}
	normalize.CheckMapping(s.Topic, s.steps(), func(step int, key, what string) {
		switch {
		case step < 0:
			if !c.wrongBelow(own) {
				c.book.absent(own, what)
			}
		case key == "":
			if !c.wrongBelow(at(own, step)) {
				c.book.follow(at(own, step), what)
			}
		default:
			c.book.follow(join(at(own, step), key), what)
		}
	})
}

// wrongBelow says whether a fault is noted inside the value at path: what is missing there is perhaps only misspelt.
func (c *checker) wrongBelow(path string) bool {
	for wrong := range c.book.quiet {
		if strings.HasPrefix(wrong, path+".") || strings.HasPrefix(wrong, path+"[") {
			return true
		}
	}
	return false
}
