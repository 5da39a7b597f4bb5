// Package cot writes Cursor on Target events, version 2.0, as ATAK, WinTAK and TAK servers read them: tracks, sensors, alerts and the
// border as shapes.
//
//	record.Event ─► Track, Sensor, Alert; lines ─► Border ─► Event.Append ─► XML
//
// It is values in, bytes out: times are arguments, and there is no connection here. What makes ATAK drop an event without a word is
// kept out of them by construction: a missing point, a time with anything but a Z, a course of 360, a uid with a space in it. Nobody is
// called hostile: the type says unknown until a person has said friend.
//
// Units are those of CoT: degrees WGS 84, metres above the ellipsoid, metres per second, 1 σ.
package cot

import (
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// unknown is what hae, ce and le say for "not known" in the XML form.
const unknown = 9999999

// Event is one CoT event, ready to be written.
type Event struct {
	XMLName xml.Name `xml:"event"`
	Version string   `xml:"version,attr"`
	UID     string   `xml:"uid,attr"`
	Type    string   `xml:"type,attr"`
	How     string   `xml:"how,attr"`
	Time    string   `xml:"time,attr"`
	Start   string   `xml:"start,attr"`
	Stale   string   `xml:"stale,attr"`
	QoS     string   `xml:"qos,attr,omitempty"`
	Opex    string   `xml:"opex,attr,omitempty"` // s: simulated
	Point   point    `xml:"point"`
	Detail  detail   `xml:"detail"`
}

type point struct {
	Lat number `xml:"lat,attr"`
	Lon number `xml:"lon,attr"`
	HAE number `xml:"hae,attr"`
	CE  number `xml:"ce,attr"`
	LE  number `xml:"le,attr"`
}

// number is an xs:decimal, which knows no exponent: 9.999999e+06 is none.
type number float64

// MarshalText writes all digits.
func (n number) MarshalText() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(n), 'f', -1, 64), nil
}

type detail struct {
	Links        []link     `xml:"link"`
	Contact      *contact   `xml:"contact"`
	Track        *motion    `xml:"track"`
	Precision    *precision `xml:"precisionlocation"`
	Emergency    *emergency `xml:"emergency"`
	StrokeColor  *setting   `xml:"strokeColor"`
	StrokeWeight *setting   `xml:"strokeWeight"`
	LabelsOn     *setting   `xml:"labels_on"`
	Remarks      string     `xml:"remarks,omitempty"`
	Own          *own       `xml:"__cutline"`
}

// link is to another event, or a vertex of a shape.
type link struct {
	UID      string `xml:"uid,attr,omitempty"`
	Type     string `xml:"type,attr,omitempty"`
	Relation string `xml:"relation,attr,omitempty"`
	Point    string `xml:"point,attr,omitempty"`
}

type contact struct {
	Callsign string `xml:"callsign,attr"`
}

type motion struct {
	Course number `xml:"course,attr"` // true, in [0, 360): 360 is invalid
	Speed  number `xml:"speed,attr"`
}

type precision struct {
	AltSrc string `xml:"altsrc,attr"`
}

type emergency struct {
	Type   string `xml:"type,attr,omitempty"`
	Cancel bool   `xml:"cancel,attr,omitempty"`
	Text   string `xml:",chardata"`
}

type setting struct {
	Value string `xml:"value,attr"`
}

// own is what CoT has no word for. Others pass a detail on that they do not know.
type own struct {
	ID        string `xml:"id,attr"`
	Kind      string `xml:"kind,attr,omitempty"`
	State     string `xml:"state,attr,omitempty"`
	Change    string `xml:"change,attr,omitempty"`
	Level     string `xml:"level,attr,omitempty"`
	Priority  string `xml:"priority,attr,omitempty"`
	Direction string `xml:"direction,attr,omitempty"`
	Count     int    `xml:"count,attr,omitempty"`
}

// Append writes the event behind dst, with its XML header and nothing behind its end: receivers of a stream cut it at "</event>".
func (e *Event) Append(dst []byte) ([]byte, error) {
	text, err := xml.Marshal(e)
	if err != nil {
		return dst, fmt.Errorf("encode CoT %s: %w", e.UID, err)
	}
	dst = append(dst, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"...)
	return append(dst, text...), nil
}

// Times of an event that is made at now and holds for life.
func (e *Event) hold(now time.Time, life time.Duration) {
	e.Time, e.Start, e.Stale = stamp(now), stamp(now), stamp(now.Add(life))
}

// stamp is an xs:dateTime in UTC. ATAK drops an event whose time has another form, without a word.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func newEvent(uid, kind string, simulated bool) Event {
	e := Event{Version: "2.0", UID: uid, Type: kind, How: "m-f", Point: point{HAE: unknown, CE: unknown, LE: unknown}}
	if simulated {
		e.How, e.Opex = "m-s", "s"
	}
	return e
}

// UID names a thing of a sector. A uid is an NMTOKEN in ATAK's schema: letters, digits, dot, hyphen, underscore, colon.
func UID(sector, id string) string { return "cutline." + token(sector) + "." + token(id) }

func token(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(".-_:", r) {
			return r
		}
		return '_'
	}, name)
}

// word makes a name an NCName, which the text of an emergency must be: it does not begin with a digit.
func word(name string) string {
	name = strings.ReplaceAll(token(name), ":", "_")
	if name != "" && (name[0] >= 'a' && name[0] <= 'z' || name[0] >= 'A' && name[0] <= 'Z' || name[0] == '_') {
		return name
	}
	return "T" + name
}

func (e *Event) at(lat, lon float64) { e.Point.Lat, e.Point.Lon = round(lat, 7), round(lon, 7) }

// radius is the 1 σ of a position in its worst direction, from its covariance in m².
func radius(ee, en, nn float64) number {
	half := (ee + nn) / 2
	r := math.Sqrt(max(0, half+math.Hypot((ee-nn)/2, en)))
	if math.IsNaN(r) || r >= unknown {
		return unknown
	}
	return round(r, 1)
}

func round(v float64, digits int) number {
	p := math.Pow10(digits)
	return number(math.Round(v*p)/p) + 0 // not -0
}

// course in [0, 360).
func course(deg float64) number {
	if deg = math.Mod(deg, 360); deg < 0 {
		deg += 360
	}
	if c := round(deg, 1); c < 360 { // not 359.97, nor what is no number
		return c
	}
	return 0
}
