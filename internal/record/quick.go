package record

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Nineteen of twenty events are tracks, and encoding/json takes a hundred times as long for one as a tracker does. So the common shape of
// a track's line has a writer and a reader of its own. Both do only what is beyond doubt, and leave everything else to
// encoding/json: what they write is the same to the byte, and what they read is the same event (quick_test.go).

// appendTrack appends the line of a plain track event, without its line feed. ok is false for all else; dst is then as it was.
func appendTrack(dst []byte, e *Event) (line []byte, ok bool) {
	t := e.Track
	if t == nil || e.Crossing != nil || e.Alert != nil || e.Sensor != nil || e.Coverage != nil || e.Reject != nil {
		return dst, false
	}
	w := quickWriter{line: dst, ok: true}
	w.text(`{"type":`, string(e.Type))
	w.time(`,"time":`, e.Time)
	w.text(`,"sector":`, e.Sector)
	w.text(`,"track":{"id":`, t.ID)
	w.text(`,"status":`, t.Status)
	w.number(`,"lat":`, t.Lat)
	w.number(`,"lon":`, t.Lon)
	if t.AltM != nil {
		w.number(`,"alt_m":`, *t.AltM)
	}
	w.number(`,"speed_mps":`, t.SpeedMPS)
	w.number(`,"course_deg":`, t.CourseDeg)
	w.number(`,"cov":{"ee":`, t.Cov.EE)
	w.number(`,"en":`, t.Cov.EN)
	w.number(`,"nn":`, t.Cov.NN)
	w.number(`},"existence":`, t.Existence)
	w.numbers(`,"class":`, t.Class)
	w.texts(`,"sensors":`, t.Sensors)
	w.texts(`,"groups":`, t.Groups)
	w.texts(`,"lineage":`, t.Lineage)
	w.line = strconv.AppendBool(append(w.line, `,"friendly":`...), t.Friendly)
	if t.Count != 0 {
		w.line = strconv.AppendInt(append(w.line, `,"count":`...), int64(t.Count), 10)
	}
	if t.Simulated {
		w.line = append(w.line, `,"simulated":true`...)
	}
	if !w.ok {
		return dst, false
	}
	return append(w.line, '}', '}'), true
}

// quickWriter appends members; ok turns false at the first value that encoding/json would write in a way of its own.
type quickWriter struct {
	line []byte
	ok   bool
}

func (w *quickWriter) text(name, value string) {
	w.line = append(w.line, name...)
	w.quote(value)
}

func (w *quickWriter) quote(s string) {
	w.ok = w.ok && plain(s)
	w.line = append(w.line, '"')
	w.line = append(w.line, s...)
	w.line = append(w.line, '"')
}

// plain says that s stands for itself between quotes.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func (w *quickWriter) time(name string, t time.Time) {
	w.ok = w.ok && t.Location() == time.UTC && t.Year() >= 0 && t.Year() <= 9999
	w.line = append(w.line, name...)
	w.line = append(w.line, '"')
	w.line = t.AppendFormat(w.line, time.RFC3339Nano)
	w.line = append(w.line, '"')
}

// number: encoding/json has an exponent for what is smaller or larger, and refuses what is no number.
func (w *quickWriter) number(name string, v float64) {
	abs := math.Abs(v)
	w.ok = w.ok && (v == 0 || abs >= 1e-6 && abs < 1e21)
	w.line = append(w.line, name...)
	w.line = strconv.AppendFloat(w.line, v, 'f', -1, 64)
}

func (w *quickWriter) texts(name string, values []string) {
	w.ok = w.ok && values != nil
	w.line = append(append(w.line, name...), '[')
	for i, v := range values {
		if i > 0 {
			w.line = append(w.line, ',')
		}
		w.quote(v)
	}
	w.line = append(w.line, ']')
}

// numbers writes a map, by its keys in order, as encoding/json does.
func (w *quickWriter) numbers(name string, values map[string]float64) {
	w.ok = w.ok && values != nil
	var few [8]string
	keys := few[:0]
	for k := range values { // sorted before anything comes of it
		keys = append(keys, k)
	}
	slices.Sort(keys)
	w.line = append(append(w.line, name...), '{')
	for i, k := range keys {
		if i > 0 {
			w.line = append(w.line, ',')
		}
		w.quote(k)
		w.number(`:`, values[k])
	}
	w.line = append(w.line, '}')
}

// readTrack reads what appendTrack writes. Its strings are parts of one copy of the line. ok is false for all else.
func readTrack(line []byte) (e Event, ok bool) {
	if !strings.HasPrefix(string(line[:min(len(line), len(trackStart))]), trackStart) {
		return e, false
	}
	t := new(TrackEvent)
	r := quickReader{rest: strings.TrimSuffix(string(line), "\n"), ok: true}
	e = Event{Type: Type(r.text(`{"type":`)), Time: r.time(`,"time":`), Sector: r.text(`,"sector":`), Track: t}
	t.ID, t.Status = r.text(`,"track":{"id":`), r.text(`,"status":`)
	t.Lat, t.Lon = r.number(`,"lat":`), r.number(`,"lon":`)
	if strings.HasPrefix(r.rest, `,"alt_m":`) {
		alt := r.number(`,"alt_m":`)
		t.AltM = &alt
	}
	t.SpeedMPS, t.CourseDeg = r.number(`,"speed_mps":`), r.number(`,"course_deg":`)
	t.Cov = Cov{EE: r.number(`,"cov":{"ee":`), EN: r.number(`,"en":`), NN: r.number(`,"nn":`)}
	t.Existence = r.number(`},"existence":`)
	t.Class = r.numbers(`,"class":{`)
	t.Sensors, t.Groups, t.Lineage = r.texts(`,"sensors":[`), r.texts(`,"groups":[`), r.texts(`,"lineage":[`)
	t.Friendly = r.has(`,"friendly":true`)
	if !t.Friendly {
		r.want(`,"friendly":false`)
	}
	if strings.HasPrefix(r.rest, `,"count":`) {
		t.Count = r.integer(`,"count":`)
	}
	t.Simulated = r.has(`,"simulated":true`)
	r.want(`}}`)
	return e, r.ok && r.rest == ""
}

const trackStart = `{"type":"track",`

// quickReader takes members from the front; ok turns false at the first that is not as written by quickWriter.
type quickReader struct {
	rest string
	ok   bool
}

// has takes s if it is next.
func (r *quickReader) has(s string) bool {
	rest, ok := strings.CutPrefix(r.rest, s)
	r.rest = rest
	return ok
}

func (r *quickReader) want(s string) { r.ok = r.has(s) && r.ok }

func (r *quickReader) text(name string) string {
	r.want(name)
	return r.unquote()
}

func (r *quickReader) unquote() string {
	r.want(`"`)
	s, rest, ok := strings.Cut(r.rest, `"`)
	r.rest, r.ok = rest, r.ok && ok && plain(s)
	return s
}

func (r *quickReader) time(name string) time.Time {
	s := r.text(name)
	t, err := time.Parse(time.RFC3339Nano, s)
	strict := len(s) >= len("2006-01-02T15:04:05Z") && s[13] == ':' && !strings.Contains(s, ",") // Parse takes more than JSON may
	r.ok = r.ok && err == nil && strict && strings.HasSuffix(s, "Z")
	return t
}

// integer takes one as quickWriter writes it: no zero, no leading zeros.
func (r *quickReader) integer(name string) int {
	r.want(name)
	n := 0
	for n < len(r.rest) && (r.rest[n] >= '0' && r.rest[n] <= '9' || r.rest[n] == '-') {
		n++
	}
	v, err := strconv.Atoi(r.rest[:n])
	r.ok = r.ok && err == nil && v != 0 && strconv.Itoa(v) == r.rest[:n]
	r.rest = r.rest[n:]
	return v
}

func (r *quickReader) number(name string) float64 {
	r.want(name)
	n := 0
	for n < len(r.rest) && (r.rest[n] >= '0' && r.rest[n] <= '9' || r.rest[n] == '.' || r.rest[n] == '-') {
		n++
	}
	v, err := strconv.ParseFloat(r.rest[:n], 64)
	r.ok = r.ok && err == nil && strictNumber(r.rest[:n])
	r.rest = r.rest[n:]
	return v
}

// strictNumber refuses what ParseFloat takes and JSON does not: 01, .5 and 5.
func strictNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return s != "" && s[0] != '.' && s[len(s)-1] != '.' && (s[0] != '0' || len(s) == 1 || s[1] == '.')
}

func (r *quickReader) texts(name string) []string {
	r.want(name)
	values := make([]string, 0, 4)
	for r.ok && !r.has(`]`) {
		if len(values) > 0 {
			r.want(`,`)
		}
		values = append(values, r.unquote())
	}
	return values
}

func (r *quickReader) numbers(name string) map[string]float64 {
	r.want(name)
	values := make(map[string]float64)
	for r.ok && !r.has(`}`) {
		if len(values) > 0 {
			r.want(`,`)
		}
		key := r.unquote()
		values[key] = r.number(`:`)
	}
	return values
}
