package normalize

import (
	"math"
	"strconv"
)

// powers of ten that a float64 holds exactly.
var powers = [...]float64{ //nolint:gochecknoglobals // a fixed table
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// number reads the number that is next (RFC 8259 §6), and gives the very float64 that strconv.ParseFloat would. It is ±Inf if
// a float64 cannot hold it, and NaN or ±Inf if the text says so in words.
func (r *reader) number() float64 {
	start, i := r.pos, r.pos
	if r.buf[i] == '-' {
		i++
	}
	whole := i
	mantissa, i := r.digits(i, 0)
	switch {
	case i == whole:
		return r.notFinite()
	case r.buf[whole] == '0' && i > whole+1:
		r.fail("a number does not begin with 0, but for 0 itself and 0.…")
		return 0
	}
	digits, decimals := i-whole, 0
	if i < len(r.buf) && r.buf[i] == '.' {
		point := i + 1
		if mantissa, i = r.digits(point, mantissa); i == point {
			r.pos = i
			r.fail("want a digit after the decimal point")
			return 0
		}
		decimals = i - point
		digits += decimals
	}
	if i < len(r.buf) && r.buf[i]|0x20 == 'e' {
		return r.withExponent(start, i+1)
	}
	r.pos = i
	// Clinger (1990), "How to read floating point numbers accurately": both are exact, so one division rounds once. More than
	// 19 digits may have overflowed the mantissa.
	if digits > 19 || mantissa >= 1<<53 || decimals >= len(powers) {
		return parseFloat(r.buf[start:i])
	}
	f := float64(mantissa) / powers[decimals]
	if whole > start {
		return -f
	}
	return f
}

// digits reads decimal digits from i on, onto mantissa.
func (r *reader) digits(i int, mantissa uint64) (m uint64, end int) {
	b := r.buf
	for ; i < len(b); i++ {
		c := b[i] - '0'
		if c > 9 {
			break
		}
		mantissa = mantissa*10 + uint64(c)
	}
	return mantissa, i
}

// withExponent reads on from after the e of the number that began at start.
func (r *reader) withExponent(start, i int) float64 {
	if i < len(r.buf) && (r.buf[i] == '+' || r.buf[i] == '-') {
		i++
	}
	_, end := r.digits(i, 0)
	r.pos = end
	if end == i {
		r.fail("want a digit in the exponent")
		return 0
	}
	return parseFloat(r.buf[start:end])
}

func parseFloat(text []byte) float64 {
	f, _ := strconv.ParseFloat(string(text), 64) // the only error left is that of the range, and then f is ±Inf
	return f
}

// notFinite reads what printf and JavaScript write for numbers that are none: no JSON, but the field can be named.
func (r *reader) notFinite() float64 {
	start := r.pos
	if r.buf[r.pos] == '-' {
		r.pos++
	}
	for _, word := range [...]string{"NaN", "nan", "Infinity", "infinity", "Inf", "inf"} {
		if r.has(word) {
			r.pos += len(word)
			if word == "NaN" || word == "nan" {
				return math.NaN()
			}
			if r.buf[start] == '-' {
				return math.Inf(-1)
			}
			return math.Inf(1)
		}
	}
	if r.buf[start] != '-' {
		r.noValue()
	} else if r.inside() {
		r.fail("want a number here")
	}
	return 0
}

// integer reads the number that is next if it is whole and fits; where it is not, the reader stands behind it all the same.
func (r *reader) integer() (int64, bool) {
	start := r.pos
	r.number()
	if r.broken != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(string(r.buf[start:r.pos]), 10, 64)
	return n, err == nil
}
