package normalize

import (
	"encoding/json"
	"time"

	"cutline/internal/record"
)

// Step is what a step of a mapping did with one object of a payload.
type Step struct {
	Step   int             `json:"step"`             // its number in the mapping, from 0
	To     string          `json:"to,omitempty"`     // the field that it gives
	Place  string          `json:"place,omitempty"`  // where it is written
	Path   string          `json:"path"`             // what it read in the payload
	Value  json.RawMessage `json:"value,omitempty"`  // what stands there; of an expression the first of its fields
	Result json.RawMessage `json:"result,omitempty"` // what became of it, as the field takes it
	Note   string          `json:"note,omitempty"`   // why there is no result
}

// maxSteps is how many steps an explanation lists.
const maxSteps = 10_000

// Explain is Normalize with what each step of the sensor's mapping did, in the order in which they were taken; none for a format that has
// no mapping.
func (n *Normalizer) Explain(received time.Time, topic string, payload []byte) (sector string, in record.Input, steps []Step) {
	steps = []Step{}
	sector, in = n.normalize(received, topic, payload, &steps)
	return sector, in, steps
}

// note lists what a step did, if somebody asks.
func (w *maker) note(s *step, result []byte, why string) {
	if w.d.trace == nil || len(*w.d.trace) >= maxSteps {
		return
	}
	at := Step{
		Step: s.index, To: s.def.To, Place: s.def.Place, Path: w.pathOf(s, w.at), Result: append(json.RawMessage(nil), result...), Note: why,
	}
	if v := w.seen(s); json.Valid(v) {
		at.Value = append(json.RawMessage(nil), v...)
	}
	if !json.Valid(at.Result) {
		at.Result = nil // NaN, which is told as a reject
	}
	*w.d.trace = append(*w.d.trace, at)
}

// seen is what a step read.
func (w *maker) seen(s *step) []byte {
	at := s.at
	switch {
	case s.origin == fromPath:
	case s.origin != fromNothing:
		return appendText(nil, w.source(s).text)
	case len(s.vars) > 0 && s.vars[0].name != rootName:
		at = s.vars[0].at
	default:
		return nil
	}
	span := w.spans[at.level][at.slot]
	return w.d.buf[span.begin:span.end]
}
