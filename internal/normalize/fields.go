package normalize

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"cutline/internal/geo"
)

// number is the member key of v in [lo, hi]; false if it is not there or is wrong, and then it is rejected.
func (d *document) number(v *value, key string, lo, hi float64, unit string) (float64, bool) {
	m := v.get(key)
	if m == nil {
		return 0, false
	}
	if m.kind != '0' && (m.kind != '"' || !d.texts) {
		d.blame(v, key, "%s: want %s", m.describe(), aNumber)
		return 0, false
	}
	f, err := strconv.ParseFloat(string(bytes.TrimSpace(m.text)), 64)
	switch {
	case math.IsNaN(f) || err != nil && !math.IsInf(f, 0):
		d.blame(v, key, "%s is no number: leave the field out where there is no value", quote(m.text))
	case f < lo || f > hi:
		d.blame(v, key, "%s is outside %s to %s %s", excerpt(m.text), short(lo), short(hi), unit)
	default:
		return f, true
	}
	return 0, false
}

// element is item i of the array v, a number in [0, hi].
func (d *document) element(v *value, i int, hi float64, unit string) (float64, bool) {
	m := &v.parts[i]
	if m.kind != '0' {
		d.blame(m, "", "%s: want %s", m.describe(), aNumber)
		return 0, false
	}
	f, err := strconv.ParseFloat(string(m.text), 64)
	if err != nil || !(f >= 0 && f <= hi) {
		d.blame(m, "", "%s is outside 0 to %s %s", excerpt(m.text), short(hi), unit)
		return 0, false
	}
	return f, true
}

// numberIn is a number whose faults are told elsewhere.
func numberIn(v *value) (float64, bool) {
	if v == nil {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(v.text), 64)
	return f, err == nil && !math.IsNaN(f)
}

// whole is the member key of v, an integer.
func (d *document) whole(v *value, key string, lo, hi int64) (int64, bool) {
	f, ok := d.number(v, key, float64(lo), float64(hi), "for this field")
	if ok && f != math.Trunc(f) {
		d.blame(v, key, "%s is no whole number", short(f))
		return 0, false
	}
	return int64(f), ok
}

// word is the member key of v, a text without the white space around it; empty if it is not there.
func (d *document) word(v *value, key string) string {
	m := v.get(key)
	if m == nil {
		return ""
	}
	if m.kind != '"' {
		d.blame(v, key, "%s: want a text in double quotes", m.describe())
		return ""
	}
	s := bytes.TrimSpace(m.text)
	if len(s) > maxName {
		d.blame(v, key, "a text of %d bytes: want at most %d", len(s), maxName)
		return ""
	}
	return string(s)
}

// mustWord is word for a text that must be there.
func (d *document) mustWord(v *value, key, what string) string {
	s, before := d.word(v, key), d.faults
	if s == "" && d.faults == before && (v.get(key) == nil || v.get(key).kind == '"') {
		d.missing(v, key, what)
	}
	return s
}

// flag is the member key of v, true or false; false if it is not there.
func (d *document) flag(v *value, key string) bool {
	m := v.get(key)
	if m != nil && m.kind != 't' && m.kind != 'f' {
		d.blame(v, key, "%s: want true or false without quotes", m.describe())
	}
	return m != nil && m.kind == 't'
}

// object is the member key of v, an object; nil if it is not there.
func (d *document) object(v *value, key string) *value {
	return d.ofKind(v, key, '{', "an object")
}

// items are the elements of the member key of v, an array.
func (d *document) items(v *value, key string) []value {
	if m := d.ofKind(v, key, '[', "an array"); m != nil {
		return m.parts
	}
	return nil
}

func (d *document) ofKind(v *value, key string, kind byte, what string) *value {
	m := v.get(key)
	if m != nil && m.kind != kind {
		d.blame(v, key, "%s: want %s", m.describe(), what)
		return nil
	}
	return m
}

// missing rejects v for a member that it must have and has not.
func (d *document) missing(v *value, key, what string) { d.blame(v, key, "missing: give %s", what) }

// place is the position of two members of v, in degrees. One alone, a place outside the globe, and the 0/0 of a receiver without a
// fix are rejected; if neither is there ok is false, and nothing is rejected.
func (d *document) place(v *value, latKey, lonKey string) (p geo.LLA, ok bool) {
	if v.get(latKey) == nil && v.get(lonKey) == nil {
		return p, false
	}
	lat, hasLat := d.number(v, latKey, -90, 90, "degrees north; are latitude and longitude exchanged?")
	lon, hasLon := d.number(v, lonKey, -180, 180, "degrees east")
	switch {
	case v.get(latKey) == nil:
		d.missing(v, latKey, "the latitude in degrees")
	case v.get(lonKey) == nil:
		d.missing(v, lonKey, "the longitude in degrees")
	case !hasLat || !hasLon:
	case lat == 0 && lon == 0:
		d.blame(v, latKey, "latitude 0 and longitude 0: the receiver has no fix")
	default:
		p = geo.LLA{Lat: geo.Degrees(lat), Lon: geo.Degrees(lon)}
		if !d.source.isExchanged(p) {
			return p, true
		}
		d.blame(v, latKey, exchanged)
	}
	return p, false
}

// epoch is the member key of v, a time in units since 1970; unit is time.Second or time.Millisecond. Fractions are kept to the
// microsecond, which is as far as a float64 holds them.
func (d *document) epoch(v *value, key string, unit time.Duration) (time.Time, bool) {
	const most = 1e14
	f, ok := d.number(v, key, 0, most, "since 1970")
	if !ok {
		return time.Time{}, false
	}
	perSecond := float64(time.Second / unit)
	seconds := math.Floor(f / perSecond)
	micros := math.Round((f - seconds*perSecond) * float64(unit/time.Microsecond))
	return d.instant(v, key, time.Unix(int64(seconds), int64(micros)*1000).UTC())
}

// timestamp is the member key of v, an RFC 3339 time.
func (d *document) timestamp(v *value, key string) (time.Time, bool) {
	m := v.get(key)
	if m == nil {
		return time.Time{}, false
	}
	if m.kind == '"' {
		if t, ok := parseTime(m.text); ok {
			return d.instant(v, key, t)
		}
	}
	d.blame(v, key, `%s: want an RFC 3339 time like "2026-11-24T08:12:03.125Z"`, m.describe())
	return time.Time{}, false
}

// instant holds an event time to what clocks can show: not ahead of its receipt, nor from before sensors like these were made.
func (d *document) instant(v *value, key string, t time.Time) (time.Time, bool) {
	if why := d.clock(t); why != "" {
		d.blame(v, key, "%s %s", t.Format(time.RFC3339Nano), why)
		return time.Time{}, false
	}
	return t, true
}

// clock says what is wrong with an event time; empty if nothing is.
func (d *decoder) clock(t time.Time) string {
	switch {
	case t.Sub(d.received) > 24*time.Hour:
		return "is days after its receipt: check the unit of the sensor's times"
	case t.Sub(d.received) > maxAhead:
		return "is " + t.Sub(d.received).Round(time.Millisecond).String() + " after its receipt: check the sensor's clock"
	case t.Unix() < clockSet:
		return "is before the year 2000: the sensor's clock is not set, or its times have another unit"
	}
	return ""
}
