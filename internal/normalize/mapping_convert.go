package normalize

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

// convert writes a value as its target has it; why says that it cannot be.
func (w *maker) convert(s *step, v datum) (why string) {
	switch s.target.sort {
	case aReal:
		return w.real(s, v)
	case aWhole:
		return w.whole(v)
	case aTime:
		return w.time(s, v)
	case aFlag:
		return w.flag(v)
	case aList:
		return w.list(v)
	case aClass:
		if v.form == rawForm && v.text[0] == '{' {
			w.out = append(w.out, v.text...)
			return ""
		}
		if v.form != textForm {
			return v.name() + " is no class: say by map what it means"
		}
	case aText:
		if v.form == rawForm {
			return v.name() + " is no text"
		}
	}
	if v.raw != nil {
		w.out = append(w.out, v.raw...)
	} else {
		w.out = appendText(w.out, v.text)
	}
	return ""
}

// name says what a value is.
func (v *datum) name() string {
	switch {
	case v.form == rawForm && v.text[0] == '[':
		return "an array"
	case v.form == rawForm:
		return "an object"
	case v.form == textForm:
		return "the text " + quote(v.text)
	}
	return excerpt(v.text)
}

// real writes a number in the contract's unit. A text that is a number is taken for one, with the name of the unit behind it or without.
func (w *maker) real(s *step, v datum) (why string) {
	u := s.unit
	switch {
	case v.form == flagForm || v.form == rawForm:
		return v.name() + " is no number"
	case u == nil && v.form == numberForm:
		w.out = append(w.out, v.text...) // not finite? that is for the reader of the message to say
		return ""
	}
	text := v.text
	if v.form == textForm {
		if text = bytes.TrimSpace(text); u != nil && u.read == nil {
			text = u.bare(text)
		}
	}
	var f float64
	if u != nil && u.read != nil {
		if f, why = u.read(text); why != "" {
			return why
		}
	} else {
		var ok bool
		if f, ok = textFloat(text); !ok {
			return v.name() + " is no number"
		}
	}
	if u != nil {
		if f = u.scale(f); u.signed && s.target.dim == direction && f < 0 && f >= -180 {
			f += 360
		}
	}
	if u != nil && u.compass && f >= 0 && f <= 360 {
		f = wrap360(f + float64(declination(w.d.source.def.Pose.LLA(), w.d.received).Degrees()))
	}
	if math.IsInf(f, 0) {
		return v.name() + " is too large"
	}
	w.out = strconv.AppendFloat(w.out, f, 'g', -1, 64)
	return ""
}

// whole writes a whole number, which many senders write as 12.0 or "12".
func (w *maker) whole(v datum) (why string) {
	f, ok := plainFloat(v.text)
	switch {
	case v.form != numberForm && v.form != textForm || !ok:
		return v.name() + " is no whole number"
	case f == math.Trunc(f) && math.Abs(f) < 1<<53:
		w.out = strconv.AppendInt(w.out, int64(f), 10)
	default:
		w.out = append(w.out, v.text...)
	}
	return ""
}

func (w *maker) flag(v datum) (why string) {
	switch string(v.text) {
	case "true", "1", "1.0":
		w.out = append(w.out, "true"...)
	case "false", "0", "0.0":
		w.out = append(w.out, "false"...)
	default:
		return v.name() + " is neither true nor false"
	}
	return ""
}

func (w *maker) list(v datum) (why string) {
	switch {
	case v.form == rawForm && v.text[0] == '[':
		w.out = append(w.out, v.text...)
	case v.form == textForm:
		w.out = append(appendText(append(w.out, '['), v.text), ']')
	default:
		return v.name() + " is no text and no list of texts"
	}
	return ""
}

// time writes an instant as RFC 3339 has it.
func (w *maker) time(s *step, v datum) (why string) {
	switch {
	case v.form == rawForm || v.form == flagForm:
		return v.name() + " is no time"
	case s.unit != nil && s.unit.epoch != notEpoch:
		return w.epoch(s.unit, v)
	case v.form == numberForm:
		return v.name() + " is a number: say what it counts by a unit such as epoch_ms"
	case s.unit == nil:
		w.out = appendText(w.out, v.text)
		return ""
	}
	text := bytes.ToUpper(bytes.TrimSpace(v.text))
	if len(text) > len("2006-01-02") && text[len("2006-01-02")] == ' ' { // RFC 3339 §5.6 lets people write a space
		text[len("2006-01-02")] = 'T'
	}
	t, ok := parseTime(text)
	if !ok && s.unit.name == "utc" {
		t, ok = parseTime(append(text, 'Z'))
	}
	if !ok {
		return v.name() + ` is no time such as "2026-11-24T08:12:03.125Z"`
	}
	w.out = append(t.AppendFormat(append(w.out, '"'), time.RFC3339Nano), '"')
	return ""
}

// maxSeconds is the end of the year 9999, the last that RFC 3339 can write, in seconds since 1970.
const maxSeconds = 253402300799

// epoch writes the time of a count since 1970, given as a number or as a text. All digits down to the nanosecond are kept.
func (w *maker) epoch(u *unit, v datum) (why string) {
	seconds, nanos, ok := parseEpoch(bytes.TrimSpace(v.text), u.epoch)
	if !ok {
		return v.name() + " is no number, or no time after 1970: want " + u.name
	}
	if seconds > maxSeconds {
		return v.name() + " is after the year 9999: is it really " + u.name + "?"
	}
	t := time.Unix(seconds, nanos).UTC()
	w.out = append(t.AppendFormat(append(w.out, '"'), time.RFC3339Nano), '"')
	return ""
}

// parseEpoch reads a decimal count of 10^-decimals seconds. What is finer than a nanosecond is cut off.
func parseEpoch(text []byte, decimals int) (seconds, nanos int64, ok bool) {
	f, ok := textFloat(text)
	if !ok || f < 0 || text[0]-'0' > 9 {
		return 0, 0, false
	}
	if bytes.ContainsAny(text, "eE") {
		whole, part := math.Modf(f / math.Pow10(decimals))
		return int64(min(whole, 1e15)), int64(part * 1e9), true
	}
	whole, part, _ := bytes.Cut(text, []byte{'.'})
	digit := func(i int) int64 {
		switch j := i - len(whole); {
		case i < 0 || j >= len(part):
			return 0
		case j >= 0:
			return int64(part[j] - '0')
		}
		return int64(whole[i] - '0')
	}
	point := len(whole) - decimals // where the seconds end; below 0 they are a fraction with a 0 behind its point
	if point > len("253402300799") {
		return maxSeconds + 1, 0, true
	}
	for i := range max(point, 0) {
		seconds = seconds*10 + digit(i)
	}
	for i := range len("123456789") {
		nanos = nanos*10 + digit(point+i)
	}
	return seconds, nanos, true
}
