package discover

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"cutline/internal/detection"
	"cutline/internal/normalize"
	"cutline/internal/sensor"
)

// guess is what is found of a publisher whose format is not known.
type guess struct {
	site     Site
	encoding sensor.Encoding // empty: JSON
	samples  []Message       // as JSON
	fields   []*field
	apart    *takenApart
	list     string // whose elements are the detections; empty: the payload is one
	used     map[*field]bool
	steps    []sensor.MappingStep
	reasons  []string
	notes    []string
	time     normalize.Moment // of the event, by the field that was found
	timed    *field           // nil: the receipt
}

// infer looks for a mapping.
func (s *Survey) infer(f *Finding, p *publisher) {
	encoding, samples := unpacked(p.samples)
	g := &guess{site: s.site, encoding: encoding, samples: samples, apart: takeApart(samples), used: map[*field]bool{}}
	if g.fields = g.apart.sorted(); g.apart.read*2 <= len(p.samples) {
		f.Why = "neither JSON nor CBOR nor MessagePack, and no format that is known by its shape"
		return
	}
	pair, located := g.position()
	polar, seen := g.polar()
	if seen && located && !pair.moves {
		pair = positionPair{} // that is where the sensor stands
	}
	if !located && !seen {
		f.Why = "JSON in which no field looks like a place: neither a latitude and a longitude near the site, nor an azimuth"
		return
	}
	if g.list = pair.list; pair.lat == nil {
		g.list = polar.list
	}
	if g.list != "" {
		g.add(sensor.MappingStep{From: g.list, As: sensor.AsDetection},
			"each is a detection; sweep if the list is always complete")
	}
	g.when()
	g.who()
	if pair.lat != nil {
		g.addPosition(&pair)
	} else {
		g.addPolar(&polar)
	}
	g.velocity(&pair)
	g.what()
	g.rest(pair.lat != nil)
	g.conclude(s, f, &pair)
}

// unpacked are the messages as JSON, and what they were in: the first encoding in which nearly all are objects or lists.
func unpacked(samples []Message) (sensor.Encoding, []Message) {
	for _, encoding := range []sensor.Encoding{sensor.JSON, sensor.CBOR, sensor.MessagePack} {
		var out []Message
		for _, m := range samples {
			text, ok := normalize.Unpack(encoding, m.Payload)
			text = bytes.TrimSpace(text)
			if ok && json.Valid(text) && (text[0] == '{' || text[0] == '[') {
				m.Payload = text
				out = append(out, m)
			}
		}
		if len(out)*10 >= len(samples)*9 && len(out) > 0 {
			if encoding == sensor.JSON {
				encoding = ""
			}
			return encoding, out
		}
	}
	return "", samples
}

// conclude makes the finding.
func (g *guess) conclude(s *Survey, f *Finding, pair *positionPair) {
	f.Format, f.Why = normalize.JSON, "by its values"
	f.Definition = s.blank(f.Topic, sensor.Radar)
	f.Definition.Format, f.Definition.Mapping, f.Definition.Encoding = normalize.JSON, g.steps, g.encoding
	f.reasons, f.Notes = g.reasons, append([]string{"kind: radar is a guess"}, g.notes...)
	if own, found := g.ownPlace(pair); found {
		f.Definition.Pose.Lat, f.Definition.Pose.Lon = rounded(own.Lat), rounded(own.Lon)
		f.Notes = append(f.Notes, "pose is what the messages say of their sender: check it, and its height")
	} else {
		f.Notes = append(f.Notes, noteMast)
	}
}

func (g *guess) add(step sensor.MappingStep, why string) {
	g.steps, g.reasons = append(g.steps, step), append(g.reasons, why)
}

// free are the fields that a detection can use and that have no role yet.
func (g *guess) free() []*field {
	return slices.DeleteFunc(slices.Clone(g.fields), func(f *field) bool {
		_, ok := f.from(g.list)
		return !ok || g.used[f]
	})
}

// from is the path of a field, which is then taken.
func (g *guess) from(f *field) string {
	g.used[f] = true
	path, _ := f.from(g.list)
	return path
}

// when looks for the time: the field that is nearest to the receipt, in whatever unit that makes it.
func (g *guess) when() {
	var best *field
	var bestUnit string
	var bestLate time.Duration
	score := func(f *field, late time.Duration) time.Duration {
		if late = late.Abs(); !f.named("time", "timestamp", "ts", "date", "utc", "epoch", "when", "t") {
			late += time.Minute
		}
		return late
	}
	for _, f := range g.free() {
		for _, unit := range []string{"epoch_s", "epoch_ms", "epoch_us", "epoch_ns", "rfc3339", "utc"} {
			late, ok := g.late(f, unit)
			if ok && (best == nil || score(f, late) < score(best, bestLate)) {
				best, bestUnit, bestLate = f, unit, late
			}
		}
	}
	received := sensor.MappingStep{To: "time", From: "$received"}
	switch {
	case best == nil:
		g.add(received, "no field looks like a time: that of the receipt")
	case bestLate < -2*time.Second:
		g.add(received, fmt.Sprintf("%s is %v ahead of the receipt, which would be refused: set the sensor's clock, then map it as %s",
			best.rel, -bestLate.Round(time.Millisecond), bestUnit))
		g.notes = append(g.notes, "the sensor's clock is wrong")
	case bestLate > 20*time.Minute:
		g.add(received, fmt.Sprintf("%s is %v behind the receipt: is it local time without its zone? map it when it is right",
			best.rel, bestLate.Round(time.Second)))
		g.notes = append(g.notes, "the sensor's clock, or its time zone, is wrong")
	default:
		g.timed = best
		g.time = normalize.MomentOf(bestUnit)
		g.add(sensor.MappingStep{To: "time", From: g.from(best), Unit: bestUnit},
			fmt.Sprintf("as %s it is %v before the receipt", bestUnit, bestLate.Round(time.Millisecond)))
	}
}

// late is the median time from what a field says to the receipt; false if it is no time of these days in that unit.
func (g *guess) late(f *field, unit string) (time.Duration, bool) {
	var all []time.Duration
	read := normalize.MomentOf(unit)
	for _, v := range f.values[:min(len(f.values), 500)] {
		if t, ok := read(v.text); ok {
			all = append(all, g.samples[v.sample].Received.Sub(t))
		}
	}
	if len(all)*5 < len(f.values[:min(len(f.values), 500)])*4 || len(all) == 0 {
		return 0, false
	}
	m := median(all)
	return m, m.Abs() < 36*time.Hour
}

// who looks for the name of the target.
func (g *guess) who() {
	var best *field
	most := 0
	for _, f := range g.free() {
		score := 0
		if f.named("id", "uid", "uuid", "guid", "tid", "oid", "nr", "number", "name", "mmsi") {
			score += 2
		}
		if f.named("track", "target", "trk", "object") {
			score++
		}
		if f.list == g.list {
			score++ // else it names the sensor, or the message
		}
		another := f.named("sensor", "device", "dev", "message", "msg", "type", "class", "scan", "seq") || knownWords(f)
		if f.list != g.list && g.list != "" || another {
			continue
		}
		if score > most && score > 1 {
			best, most = f, score
		}
	}
	if best == nil {
		return
	}
	to, why := "track", "the same names come again: the sensor's own track"
	if best.distinct(maxValues)*10 > len(best.values)*7 {
		to, why = "id", "a name of its own each time"
	}
	g.add(sensor.MappingStep{To: to, From: g.from(best)}, why)
}

// what looks for the class: by its words, else by its name.
func (g *guess) what() {
	for _, f := range g.free() {
		if !f.named("class", "classification", "type", "label", "category", "kind", "cls", "species", "object") && !knownWords(f) {
			continue
		}
		told := knownWords(f) || f.named("class", "classification", "label", "cls") ||
			f.list == g.list && g.list != "" && f.named("kind", "type", "category") && f.distinct(3) > 1
		if f.distinct(20) > 12 || f.list != g.list || isFraction(f) || !told {
			continue
		}
		step := sensor.MappingStep{To: "class", From: g.from(f)}
		var unknown []string
		for _, word := range words(f) {
			class, ok := normalize.ClassFor(word)
			if !ok {
				unknown = append(unknown, word)
			}
			step.Map = append(step.Map, sensor.MapEntry{From: word, To: class.String()})
		}
		step.Map = append(step.Map, sensor.MapEntry{To: detection.UnknownClass.String()})
		why := "the words that were seen"
		if len(unknown) > 0 {
			why += "; say what these mean: " + strings.Join(unknown, ", ")
			g.notes = append(g.notes, "classes that are not known: "+strings.Join(unknown, ", "))
		}
		g.add(step, why)
		return
	}
}

// words are the different values of a field, in their order.
func words(f *field) []string {
	var all []string
	for _, v := range f.values {
		if !slices.Contains(all, v.text) {
			all = append(all, v.text)
		}
	}
	slices.Sort(all)
	return all
}

func knownWords(f *field) bool {
	all := words(f)
	count := 0
	for _, w := range all {
		if _, ok := normalize.ClassFor(w); ok {
			count++
		}
	}
	return count > 0 && count*2 >= len(all) && len(all) <= 12
}

func isFraction(f *field) bool {
	return slices.ContainsFunc(f.values, func(v value) bool { return !v.quoted && strings.Contains(v.text, ".") })
}

// numbers are the first values of a field in a unit; false if not nearly all are some.
func numbers(f *field, to, unit string) ([]float64, bool) {
	key := to + " " + unit
	if known, ok := f.measured[key]; ok {
		return known.all, known.ok
	}
	var m measured
	some := f.values[:min(len(f.values), 600)]
	if read := normalize.MeasureOf(to, unit); read != nil {
		for _, v := range some {
			if x, ok := read(v.text); ok {
				m.all = append(m.all, x)
			}
		}
	}
	if m.ok = len(m.all) > 0 && len(m.all)*10 >= len(some)*9; m.ok {
		m.middle, m.wander = median(m.all), wander(m.all)
	}
	if f.measured == nil {
		f.measured = map[string]measured{}
	}
	f.measured[key] = m
	return m.all, m.ok
}

// measured are a field's values in a unit. They are asked for many times over.
type measured struct {
	all    []float64
	ok     bool
	middle float64
	wander float64
}

// in measures a field for a field of a detection.
func (f *field) in(to, unit string) measured {
	numbers(f, to, unit)
	return f.measured[to+" "+unit]
}

// rest looks for what a detection may have beside.
func (g *guess) rest(placed bool) {
	g.height(placed)
	for _, f := range g.free() {
		all, ok := numbers(f, "confidence", "")
		if !ok || !f.named("confidence", "conf", "prob", "probability", "score", "quality", "q", "certainty") {
			continue
		}
		low, high := slices.Min(all), slices.Max(all)
		switch {
		case low >= 0 && high <= 1:
			g.add(sensor.MappingStep{To: "confidence", From: g.from(f)}, "0 to 1")
		case low >= 0 && high <= 100:
			g.add(sensor.MappingStep{To: "confidence", From: g.from(f), Unit: "percent"}, fmt.Sprintf("up to %v: percent", high))
		default:
			continue
		}
		break
	}
	for _, f := range g.free() {
		if _, ok := numbers(f, "snr_db", ""); ok && f.named("snr") {
			g.add(sensor.MappingStep{To: "snr_db", From: g.from(f)}, "by its name, in dB")
			break
		}
	}
	for _, f := range g.free() {
		if f.named("simulated", "simulation", "exercise") && f.distinct(3) <= 2 && (f.values[0].text == "true" || f.values[0].text == "false") {
			g.add(sensor.MappingStep{To: "simulated", From: g.from(f)}, "by its name")
			break
		}
	}
}

// height looks for an altitude, of a place alone.
func (g *guess) height(placed bool) {
	for _, f := range g.free() {
		unit, known := unitOf(f, lengths)
		all, ok := numbers(f, "position.alt_m", unit)
		if !placed || !ok || !f.named("alt", "altitude", "height", "elev", "elevation", "hae", "msl", "amsl") {
			continue
		}
		if m := median(all); m < -500 || m > 20_000 {
			continue
		}
		why := "by its name"
		if !known {
			why += "; metres are a guess"
		}
		g.add(sensor.MappingStep{To: "position.alt_m", From: g.from(f), Unit: unit}, why)
		ref := sensor.MSL
		switch {
		case f.named("hae", "ellipsoid", "wgs"):
			ref = sensor.HAE
		case f.named("agl"):
			ref = sensor.AGL
		}
		g.add(sensor.MappingStep{To: "position.alt_ref", Default: string(ref)}, "what heights count from is a guess: msl, hae or agl")
		return
	}
}

// Units as they stand in names.
var (
	lengths = map[string]string{ //nolint:gochecknoglobals // a fixed table
		"ft": "ft", "feet": "ft", "foot": "ft", "km": "km", "m": "m", "metres": "m", "meters": "m", "mm": "mm", "cm": "cm", "nm": "nm",
		"nmi": "nm",
		"mi":  "mi", "miles": "mi", "yd": "yd", "yds": "yd", "yards": "yd",
	}
	speeds = map[string]string{ //nolint:gochecknoglobals // a fixed table
		"kmh": "km/h", "kph": "km/h", "mph": "mph", "kt": "kt", "kts": "kt", "kn": "kt", "knots": "kt", "knot": "kt", "mps": "m/s", "ms": "m/s",
		"fps": "ft/s", "cms": "cm/s",
	}
	angles = map[string]string{ //nolint:gochecknoglobals // a fixed table
		"rad": "rad", "radians": "rad", "mrad": "mrad", "cdeg": "cdeg", "deg": "deg", "degrees": "deg", "e7": "deg_e7", "1e7": "deg_e7",
		"e6": "deg_e6", "1e6": "deg_e6", "mil": "mil", "mils": "mil",
		"mag":      "deg_magnetic",
		"magnetic": "deg_magnetic",
	}
)

// unitOf is the unit in a field's name, or behind its values; false if there is none.
func unitOf(f *field, units map[string]string) (string, bool) {
	if behind := f.behind(); behind != "" {
		if u, ok := units[behind]; ok {
			return u, true
		}
	}
	all := f.words()
	for i := range all {
		if u, ok := units[all[len(all)-1-i]]; ok {
			return u, true
		}
	}
	return "", false
}

// behind is what stands behind the number in each of a field's values, in the letters of a name: kmh of "5.1 km/h".
func (f *field) behind() (unit string) {
	for i, v := range f.values[:min(len(f.values), 50)] {
		end := strings.LastIndexAny(v.text, "0123456789.") + 1
		own := strings.ToLower(strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) {
				return r
			}
			return -1
		}, v.text[end:]))
		if i > 0 && own != unit || end == 0 {
			return ""
		}
		unit = own
	}
	return unit
}

// decimals is the most digits behind the point of a field's first values.
func decimals(f *field) int {
	most := 0
	for _, v := range f.values[:min(len(f.values), 50)] {
		if _, err := strconv.ParseFloat(v.text, 64); err == nil {
			if i := strings.IndexByte(v.text, '.'); i >= 0 {
				most = max(most, len(v.text)-i-1)
			}
		}
	}
	return most
}
