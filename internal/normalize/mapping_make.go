package normalize

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// form of a value on its way from a payload to the message.
type form uint8

const (
	noForm form = iota // there is none
	numberForm
	textForm
	flagForm
	rawForm // an object or an array
)

// datum is a value of a payload, or of an expression.
type datum struct {
	form form
	text []byte // a text without its quotes; of another form its JSON
	raw  []byte // the JSON of a text that can be passed on as it stands; nil if there is none
}

// element writes the detection that the walk stands behind, unless it is to be dropped or has a fault.
func (w *maker) element() {
	if slices.ContainsFunc(w.m.drops, w.drop) {
		return
	}
	start, before := len(w.out), w.d.faults
	if w.made > 0 {
		w.out = append(w.out, ',')
	}
	w.out = append(w.out, '{')
	w.objects(w.m.body)
	if w.d.faults > before {
		w.out = w.out[:start]
		return
	}
	w.out = append(bytes.TrimSuffix(w.out, []byte{','}), '}')
	w.from = append(w.from, w.at...)
	w.made++
}

// drop says whether the object is to be passed over.
func (w *maker) drop(s *step) bool {
	result, err := w.evaluate(s, s.drop)
	if err != nil {
		w.fault(s, "drop_if: "+err.Error())
		return true
	}
	yes, is := result.(bool)
	if result != nil && !is {
		w.fault(s, "drop_if gives "+nameOf(result)+": want true or false")
		return true
	}
	if yes {
		w.note(s, nil, "dropped: drop_if is true")
	}
	return yes
}

// objects writes the fields of a detection or a head, each with a comma behind it.
func (w *maker) objects(all []fieldGroup) {
	for i := range all {
		o := &all[i]
		start := len(w.out)
		if o.name != "" {
			w.out = append(append(append(w.out, '"'), o.name...), `":{`...)
		}
		empty := len(w.out)
		for _, s := range o.steps {
			w.member(s)
		}
		switch {
		case len(w.out) == empty:
			w.out = w.out[:start]
		case o.name != "":
			w.out = append(w.out[:len(w.out)-1], `},`...)
		}
	}
}

// member writes the field of a step, if it has a value.
func (w *maker) member(s *step) {
	start := len(w.out)
	w.out = append(append(append(w.out, '"'), s.field...), `":`...)
	begin := len(w.out)
	v, why := w.find(s)
	switch {
	case why != "":
	case v.form != noForm:
		why = w.convert(s, v)
	case s.def.Default != "":
		w.constant(s)
	case s.def.Required:
		why = "missing: the mapping says that it is required"
	}
	switch {
	case why != "":
		w.note(s, nil, why)
		w.fault(s, why)
		w.out = w.out[:start]
	case len(w.out) == begin:
		w.note(s, nil, "nothing there")
		w.out = w.out[:start]
	default:
		w.note(s, w.out[begin:], "")
		w.out = append(w.out, ',')
	}
}

// find finds the value of a step, before its unit.
func (w *maker) find(s *step) (v datum, why string) {
	if s.expr != nil {
		result, err := w.evaluate(s, s.expr)
		if err != nil {
			return v, "expr: " + err.Error()
		}
		if v, why = valueOf(result); why != "" {
			return v, "expr gives " + why
		}
	} else {
		v = w.source(s)
	}
	if len(s.def.Map) == 0 || v.form == noForm {
		return v, ""
	}
	return s.meaning(v)
}

// source is what stands where from points to.
func (w *maker) source(s *step) datum {
	switch s.origin {
	case fromPath:
		return w.at1(s.at)
	case fromReceived:
		return datum{form: textForm, text: w.d.received.AppendFormat(nil, time.RFC3339Nano)}
	case fromTopic:
		rest := []byte(w.d.topic)
		for i := 0; ; i++ {
			level, more, found := bytes.Cut(rest, []byte{'/'})
			switch {
			case i == s.topic && len(level) > 0:
				return datum{form: textForm, text: level}
			case i == s.topic || !found:
				return datum{}
			}
			rest = more
		}
	case fromNothing:
	}
	return datum{}
}

// at1 reads the value that is noted. null and an empty text are none: that is how senders say that they do not know.
func (w *maker) at1(at ref) datum {
	s := w.spans[at.level][at.slot]
	if s.end == 0 {
		return datum{}
	}
	raw := w.d.buf[s.begin:s.end]
	switch c := raw[0]; {
	case c == '"':
		r := reader{buf: raw}
		text, room := r.string(w.room)
		w.room = room
		switch {
		case len(text) == 0:
			return datum{}
		case len(text) == len(raw)-2:
			return datum{form: textForm, text: text, raw: raw}
		}
		return datum{form: textForm, text: bytes.Clone(text)} // the room is used again
	case c == 't' || c == 'f':
		return datum{form: flagForm, text: raw}
	case c == '{' || c == '[':
		return datum{form: rawForm, text: raw}
	case c == 'n' && len(raw) == len("null"):
		return datum{}
	}
	return datum{form: numberForm, text: raw}
}

// evaluate runs an expression of a step. One that fails for want of a field has no value: the field is optional, unless the step says
// that it is required.
func (w *maker) evaluate(s *step, x *expression) (any, error) {
	clear(w.env)
	missing := false
	for _, v := range s.vars {
		at := w.spans[v.at.level][v.at.slot]
		if at.end == 0 {
			missing = true
			continue
		}
		r := reader{buf: w.d.buf[at.begin:at.end]}
		w.env[v.name] = r.any()
		missing = missing || w.env[v.name] == nil
	}
	if s.origin != fromNothing && x.value {
		v := w.source(s)
		if missing = missing || v.form == noForm; v.form != noForm {
			w.env[valueName] = v.any()
		}
	}
	result, err := x.run(&w.machine, w.env)
	if err != nil && missing {
		return nil, nil
	}
	return result, err
}

// any is the value as expressions have it.
func (v *datum) any() any {
	if v.form == textForm {
		return string(v.text[:min(len(v.text), maxExprText)])
	}
	r := reader{buf: v.text}
	return r.any()
}

// valueOf takes a result of an expression; why says what it is that no field can be.
func valueOf(result any) (v datum, why string) {
	switch x := result.(type) {
	case nil:
		return datum{}, ""
	case string:
		if x == "" {
			return datum{}, ""
		}
		return datum{form: textForm, text: []byte(x)}, ""
	case bool:
		return datum{form: flagForm, text: strconv.AppendBool(nil, x)}, ""
	case int:
		return datum{form: numberForm, text: strconv.AppendInt(nil, int64(x), 10)}, ""
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return v, fmt.Sprintf("%v, which is no number", x)
		}
		return datum{form: numberForm, text: strconv.AppendFloat(nil, x, 'g', -1, 64)}, ""
	}
	return v, nameOf(result) + ": want a number, a text, or true or false"
}

// meaning looks the value up in the step's map.
func (s *step) meaning(v datum) (datum, string) {
	if v.form == rawForm {
		return v, "an object or an array is no word that map could have"
	}
	var known []string
	for i := range s.def.Map {
		e := &s.def.Map[i]
		if e.From == string(v.text) || e.From == "" {
			return datum{form: textForm, text: []byte(e.To)}, ""
		}
		known = append(known, e.From)
	}
	return v, quote(v.text) + " is not in map: " + didYouMean(string(v.text[:min(len(v.text), maxQuoted)]), known)
}

// constant writes the default.
func (w *maker) constant(s *step) {
	switch s.target.sort {
	case aReal, aWhole, aFlag:
		w.out = append(w.out, s.def.Default...)
	case aList:
		w.out = append(appendText(append(w.out, '['), []byte(s.def.Default)), ']')
	case aText, aTime, aClass:
		w.out = appendText(w.out, []byte(s.def.Default))
	}
}

// appendText writes a text as JSON has it.
func appendText(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for len(text) > 0 {
		c := text[0]
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf:
			dst = append(dst, c)
		default:
			letter, size := utf8.DecodeRune(text)
			dst = utf8.AppendRune(dst, letter)
			text = text[size:]
			continue
		}
		text = text[1:]
	}
	return append(dst, '"')
}
