package cot_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// rule is what the schemas say of one element: its attributes, those with a * are required, and its text. It is MITRE's base event with
// its details of track, link and remarks, and what ATAK's own schemas and code add to them: written from those, not from our encoder.
type rule struct {
	attrs    map[string]string
	text     string
	children []string // in any order; those with a ! once at most, those with a * once exactly
}

const (
	anyText  = `(?s).*`
	noText   = `\s*`
	nmtoken  = `[\w.:-]+`
	ncname   = `[A-Za-z_][\w.-]*`
	instant  = `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`
	cotType  = `\w+(-\w+)*(;[^;]*)?`
	decimal  = `-?\d+(\.\d+)?` // xs:decimal has no exponent
	positive = `\d+(\.\d+)?`
)

func schema() map[string]rule {
	value := rule{attrs: map[string]string{"value*": decimal}, text: noText}
	return map[string]rule{
		"event": {attrs: map[string]string{
			"version*": `2\.0`, "uid*": nmtoken, "type*": cotType, "how*": `\w(-\w+)*`, "time*": instant, "start*": instant, "stale*": instant,
			"qos": `\d-[rfi]-[gdc]`, "opex": `[oes](-\w+)?`, "access": anyText,
		}, text: noText, children: []string{"point*", "detail!"}},
		"point": {attrs: map[string]string{"lat*": decimal, "lon*": decimal, "hae*": decimal, "ce*": positive, "le*": positive}, text: noText},
		"detail": {text: noText, children: []string{
			"link", "contact!", "track!", "precisionlocation!", "emergency!", "strokeColor!", "strokeWeight!", "labels_on!", "remarks!",
			"__cutline!",
		}},
		"link": {attrs: map[string]string{
			"uid": nmtoken, "type": cotType, "relation": `\w-\w`, "point": `-?\d+\.\d+,-?\d+\.\d+(,-?\d+(\.\d+)?)?`,
		}, text: noText},
		"contact":           {attrs: map[string]string{"callsign*": anyText}, text: noText},
		"track":             {attrs: map[string]string{"course*": positive, "speed*": positive}, text: noText},
		"precisionlocation": {attrs: map[string]string{"altsrc*": `\?\?\?|DTED[0-3]|LIDAR|USER|GPS|SRTM1|COT|CALC|ESTIMATED`}, text: noText},
		"emergency":         {attrs: map[string]string{"type": anyText, "cancel": "true|false"}, text: ncname},
		"strokeColor":       value, "strokeWeight": value,
		"labels_on": {attrs: map[string]string{"value*": "true|false"}, text: noText},
		"remarks":   {text: anyText},
		"__cutline": {attrs: map[string]string{
			"id*": anyText, "kind": anyText, "state": anyText, "change": anyText, "level": anyText, "priority": anyText, "direction": anyText,
			"count": `\d+`,
		}, text: noText},
	}
}

// element as any XML reader gives it.
type element struct {
	name     string
	attrs    map[string]string
	text     string
	children []*element
}

func parse(data []byte) (*element, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	top := &element{}
	stack := []*element{top}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch last := stack[len(stack)-1]; t := token.(type) {
		case xml.StartElement:
			e := &element{name: t.Name.Local, attrs: map[string]string{}}
			for _, a := range t.Attr {
				e.attrs[a.Name.Local] = a.Value
			}
			last.children = append(last.children, e)
			stack = append(stack, e)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			last.text += string(t)
		}
	}
	if len(top.children) != 1 {
		return nil, fmt.Errorf("%d root elements", len(top.children))
	}
	return top.children[0], nil
}

// faults of one event, by the schemas and by what ATAK asks for beside them.
func faults(data []byte) (all []string) {
	if !bytes.HasSuffix(data, []byte("</event>")) {
		all = append(all, "something stands behind </event>, where receivers of a stream cut")
	}
	root, err := parse(data)
	if err != nil {
		return append(all, err.Error())
	}
	if root.name != "event" {
		return append(all, "the root is "+root.name)
	}
	if all = append(all, root.check(schema())...); len(all) > 0 {
		return all
	}
	return root.sense()
}

func (e *element) check(rules map[string]rule) (all []string) {
	r, known := rules[e.name]
	if !known {
		return []string{"an element " + e.name}
	}
	for name, pattern := range r.attrs {
		bare := strings.TrimSuffix(name, "*")
		v, given := e.attrs[bare]
		if given && !regexp.MustCompile("^("+pattern+")$").MatchString(v) || !given && bare != name {
			all = append(all, fmt.Sprintf("%s@%s %q: must be %s", e.name, bare, v, pattern))
		}
	}
	for name := range e.attrs {
		if _, ok := r.attrs[name]; !ok && r.attrs[name+"*"] == "" {
			all = append(all, fmt.Sprintf("%s has an attribute %s", e.name, name))
		}
	}
	if !regexp.MustCompile("^(" + r.text + ")$").MatchString(e.text) {
		all = append(all, fmt.Sprintf("%s says %q: must be %s", e.name, e.text, r.text))
	}
	for _, c := range e.children {
		if !slices.ContainsFunc(r.children, func(s string) bool { return strings.TrimRight(s, "*!") == c.name }) {
			all = append(all, fmt.Sprintf("%s in %s", c.name, e.name))
		}
		all = append(all, c.check(rules)...)
	}
	for _, s := range r.children {
		bare := strings.TrimRight(s, "*!")
		if n := len(e.all(bare)); bare != s && n > 1 || strings.HasSuffix(s, "*") && n == 0 {
			all = append(all, fmt.Sprintf("%d × %s in %s", n, bare, e.name))
		}
	}
	return all
}

func (e *element) all(name string) (found []*element) {
	for _, c := range e.children {
		if c.name == name {
			found = append(found, c)
		}
	}
	return found
}

func (e *element) first(name string) *element {
	for _, c := range e.all(name) {
		return c
	}
	return &element{attrs: map[string]string{}}
}

// sense is what no pattern says.
func (e *element) sense() (all []string) {
	within := func(x *element, attr string, from, below float64) {
		if v, err := strconv.ParseFloat(x.attrs[attr], 64); err != nil || v < from || v >= below {
			all = append(all, fmt.Sprintf("%s@%s %s: must be in [%g, %g)", x.name, attr, x.attrs[attr], from, below))
		}
	}
	at := func(name string) time.Time {
		t, err := time.Parse(time.RFC3339Nano, e.attrs[name])
		if err != nil {
			all = append(all, err.Error())
		}
		return t
	}
	if at("time").IsZero() || !at("stale").After(at("start")) {
		all = append(all, "it is stale before it starts")
	}
	within(e.first("point"), "lat", -90, 90.0000001)
	within(e.first("point"), "lon", -180, 180.0000001)
	detail := e.first("detail")
	for _, t := range detail.all("track") {
		within(t, "course", 0, 360)
	}
	if strings.HasPrefix(e.attrs["type"], "b-a") {
		link := detail.first("link").attrs
		if len(detail.all("emergency")) != 1 || link["uid"] == "" || link["type"] == "" || link["relation"] == "" {
			all = append(all, "an alert without an emergency, or a link to what it is about")
		}
		if (e.attrs["type"] == "b-a-o-can") != (detail.first("emergency").attrs["cancel"] == "true") {
			all = append(all, "a cancel says so by its type and in its detail")
		}
	}
	return all
}
