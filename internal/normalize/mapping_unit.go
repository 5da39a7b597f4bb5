package normalize

import (
	"bytes"
	"math"
	"slices"
	"strings"
)

// dimension of a number: which units fit.
type dimension uint8

const (
	plainNumber dimension = iota // has no unit
	length
	speed
	angle
	direction // an angle clockwise from north, 0 to 360
	ratio
	instant
)

// unit is what a payload's number is in.
type unit struct {
	name    string
	dim     dimension
	factor  float64 // times this, over divisor, is the contract's unit: a division by 100 is exact where a product with 0.01 is not
	divisor float64
	read    func(text []byte) (f float64, why string) // of one that is no plain number, in place of factor
	signed  bool                                      // below 0 is a turn to the left: −180 to 180
	compass bool                                      // clockwise from magnetic north
	epoch   int                                       // of an instant: decimals of a second that 1 stands for, or notEpoch
}

// notEpoch marks an instant that is written as date and time.
const notEpoch = -1

// units that a mapping knows. International foot, nautical mile (ISO 80000-3) and statute mile are exact by definition.
func units() []unit {
	const foot, nauticalMile, mile = 0.3048, 1852.0, 1609.344
	return []unit{
		{name: "m", dim: length, factor: 1},
		{name: "km", dim: length, factor: 1e3},
		{name: "cm", dim: length, divisor: 100},
		{name: "mm", dim: length, divisor: 1000},
		{name: "ft", dim: length, factor: foot},
		{name: "yd", dim: length, factor: 3 * foot},
		{name: "mi", dim: length, factor: mile},
		{name: "nm", dim: length, factor: nauticalMile},
		{name: "m/s", dim: speed, factor: 1},
		{name: "cm/s", dim: speed, divisor: 100},
		{name: "km/h", dim: speed, divisor: 3.6},
		{name: "mph", dim: speed, factor: mile, divisor: 3600},
		{name: "ft/s", dim: speed, factor: foot},
		{name: "kt", dim: speed, factor: nauticalMile, divisor: 3600},
		{name: "deg", dim: angle, factor: 1},
		{name: "deg_signed", dim: angle, factor: 1, signed: true},
		{name: "deg_magnetic", dim: angle, factor: 1, signed: true, compass: true},
		{name: "cdeg", dim: angle, divisor: 100},
		{name: "deg_e6", dim: angle, divisor: 1e6},
		{name: "deg_e7", dim: angle, divisor: 1e7},
		{name: "rad", dim: angle, factor: 180, divisor: math.Pi, signed: true},
		{name: "mrad", dim: angle, factor: 180, divisor: 1000 * math.Pi, signed: true},
		{name: "mil", dim: angle, factor: 360, divisor: 6400, signed: true}, // NATO's (STANAG 2211): 6400 to the turn
		{name: "dms", dim: angle, read: sexagesimal},
		{name: "ddmm", dim: angle, read: nmeaAngle},
		{name: "percent", dim: ratio, divisor: 100},
		{name: "epoch_s", dim: instant, epoch: 0},
		{name: "epoch_ms", dim: instant, epoch: 3},
		{name: "epoch_us", dim: instant, epoch: 6},
		{name: "epoch_ns", dim: instant, epoch: 9},
		{name: "rfc3339", dim: instant, epoch: notEpoch},
		{name: "utc", dim: instant, epoch: notEpoch},
	}
}

// otherUnitNames are what people call units; the reason says what to write.
var otherUnitNames = map[string]string{ //nolint:gochecknoglobals // a fixed table
	"knots": "kt", "knot": "kt", "kn": "kt", "kts": "kt", "feet": "ft", "foot": "ft", "metres": "m", "meters": "m", "kph": "km/h",
	"kmh": "km/h", "mps": "m/s", "fps": "ft/s", "miles": "mi", "nmi": "nm", "degrees": "deg", "degree": "deg", "°": "deg", "radians": "rad",
	"magnetic": "deg_magnetic", "mils": "mil", "yds": "yd", "yards": "yd", "microdegrees": "deg_e6",
	"%": "percent", "s": "epoch_s", "ms": "epoch_ms", "us": "epoch_us", "ns": "epoch_ns", "unix": "epoch_s", "unix_ms": "epoch_ms",
	"iso8601": "rfc3339", "dm": "dms", "nmea": "ddmm",
}

// fits says whether a unit can be that of a target.
func (u *unit) fits(t target) bool {
	if t.dim == direction {
		return u.dim == angle
	}
	return u.dim == t.dim && t.dim != plainNumber && !u.compass
}

// bare is a text without the name of the unit behind its number, by whatever name: 5.1 km/h, 12 knots, 790ft.
func (u *unit) bare(text []byte) []byte {
	text = bytes.TrimSpace(text)
	end := bytes.LastIndexAny(text, "0123456789.") + 1
	if behind := string(bytes.TrimSpace(text[end:])); behind == u.name || otherUnitNames[strings.ToLower(behind)] == u.name {
		return text[:end]
	}
	return text
}

// scale turns a number into the contract's unit.
func (u *unit) scale(f float64) float64 {
	if u.factor != 0 {
		f *= u.factor
	}
	if u.divisor != 0 {
		f /= u.divisor
	}
	return f
}

// findUnit finds the unit of a step; what says why there is none that fits.
func findUnit(name string, t target) (u unit, what string) {
	var fitting []string
	all := units()
	for i := range all {
		if all[i].fits(t) {
			fitting = append(fitting, all[i].name)
		}
	}
	i := slices.IndexFunc(all, func(u unit) bool { return u.name == name })
	switch other, known := otherUnitNames[strings.ToLower(name)]; {
	case i >= 0 && all[i].fits(t):
		return all[i], ""
	case len(fitting) == 0:
		return u, t.name + " has no unit: leave it out"
	case i >= 0:
		return u, quote(name) + " does not fit " + t.name + ": want one of " + strings.Join(fitting, ", ")
	case known && slices.Contains(fitting, other):
		return u, quote(name) + " is no unit: did you mean " + quote(other) + "?"
	}
	return u, quote(name) + " is no unit: " + didYouMean(name, fitting)
}

// sexagesimal reads an angle in degrees, minutes and seconds: 49°00'01.1"N, 49 0.0183 N, W97:14:28.4, -97° 14.473'. One part is
// degrees alone. A letter for south or west, or a minus before it, makes it negative.
func sexagesimal(text []byte) (f float64, why string) {
	const want = `: want degrees, minutes and seconds such as 49°00'01.1"N or 49 00.0183 N`
	var parts [3]float64
	count, sign := 0, 1.0
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c-'0' <= 9:
			end := i
			for end < len(text) && (text[end]-'0' <= 9 || text[end] == '.') {
				end++
			}
			if count == len(parts) {
				return 0, quote(text) + want
			}
			parts[count] = parseFloat(text[i:end])
			count++
			i = end
			continue
		case c == '-' && count == 0, c|0x20 == 's', c|0x20 == 'w':
			if sign < 0 {
				return 0, quote(text) + " has two signs" + want
			}
			sign = -1
		case c == '-' || c|0x20 >= 'a' && c|0x20 <= 'z' && c|0x20 != 'n' && c|0x20 != 'e':
			return 0, quote(text) + want
		}
		i++
	}
	if count == 0 || parts[1] >= 60 || parts[2] >= 60 {
		return 0, quote(text) + want
	}
	return sign * (parts[0] + parts[1]/60 + parts[2]/3600), ""
}

// nmeaAngle reads an angle as NMEA 0183 writes it: degrees and minutes run together, 4900.0183 or 09714.473W.
func nmeaAngle(text []byte) (f float64, why string) {
	const want = ": want degrees and minutes run together, such as 4900.0183N or -9714.473"
	rest, sign := strings.TrimSpace(string(text)), 1.0
	if n := len(rest); n > 0 && strings.ContainsRune("NSEWnsew", rune(rest[n-1])) {
		if strings.ContainsRune("SWsw", rune(rest[n-1])) {
			sign = -1
		}
		rest = strings.TrimSpace(rest[:n-1])
	}
	v, ok := textFloat([]byte(rest))
	if !ok || v < 0 && sign < 0 {
		return 0, quote(text) + want
	}
	if v < 0 {
		v, sign = -v, -1
	}
	degrees := math.Floor(v / 100)
	minutes := v - 100*degrees
	if minutes >= 60 || degrees > 180 {
		return 0, quote(text) + want
	}
	return sign * (degrees + minutes/60), ""
}

// plainFloat reads a number as JSON writes it; false for anything else.
func plainFloat(text []byte) (float64, bool) {
	r := reader{buf: text}
	if len(text) == 0 || text[0] != '-' && text[0]-'0' > 9 {
		return 0, false
	}
	f := r.number()
	return f, r.broken == "" && r.pos == len(text) && !math.IsInf(f, 0) && !math.IsNaN(f)
}

// textFloat reads a number that came as a text, as people and displays write it: 045.5 and +4 too.
func textFloat(text []byte) (float64, bool) {
	digits, negative := bytes.CutPrefix(text, []byte{'-'})
	if !negative {
		digits = bytes.TrimPrefix(digits, []byte{'+'})
	}
	for len(digits) > 1 && digits[0] == '0' && digits[1]-'0' <= 9 {
		digits = digits[1:]
	}
	f, ok := plainFloat(digits)
	if len(digits) == 0 || digits[0] == '-' {
		return 0, false
	}
	if negative {
		f = -f
	}
	return f, ok
}
