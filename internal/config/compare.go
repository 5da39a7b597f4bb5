package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"cutline/internal/detection"
	"cutline/internal/normalize"
	"cutline/internal/record"
)

// compare lists the differences between what came and what is wanted. Of an object only what is wanted is looked at, and a number counts
// as equal if it is when rounded as the wanted one is written: 49.0003 takes 49.00031.
func (t *Case) compare(in *record.Input) (all []string) {
	differ := func(path, want, got string) {
		all = append(all, fmt.Sprintf("%s: want %s, got %s", path, want, got))
	}
	var got []any
	for i := range in.Scans {
		s := &in.Scans[i]
		for j := range s.Detections {
			got = append(got, parsedJSON(normalize.AppendDetection(nil, s, &s.Detections[j])))
		}
	}
	switch {
	case t.want != nil:
		match("want", t.want, got, differ)
	case len(got) > 0:
		differ("want", "no detections", inJSON(got))
	}
	switch {
	case t.status != nil && in.Status == nil:
		differ("want_status", "a status", "none")
	case t.status != nil:
		match("want_status", t.status, statusOf(in.Status), differ)
	case in.Status != nil && t.want == nil:
		differ("want_status", "none", inJSON(statusOf(in.Status)))
	}
	t.compareErrors(in, differ)
	return all
}

// compareErrors takes each wanted text for one reject, and each reject for a wanted one.
func (t *Case) compareErrors(in *record.Input, differ func(path, want, got string)) {
	open := slices.Clone(in.Rejects)
	for i, want := range t.errors {
		k := slices.IndexFunc(open, func(r record.Reject) bool { return strings.Contains(r.Path+": "+r.Reason, want) })
		if k < 0 {
			differ(at("want_error", i), strconv.Quote(want), orNone(rejectsOf(in)))
			continue
		}
		open = slices.Delete(open, k, k+1)
	}
	for _, r := range open {
		differ("want_error", "none of this", r.Path+": "+r.Reason)
	}
}

func orNone(text string) string {
	if text == "" {
		return "no error"
	}
	return text
}

func statusOf(s *detection.Status) any {
	m := map[string]any{"state": s.State.String(), "tamper": s.Tamper}
	if s.HasBattery {
		m["battery_pct"] = json.Number(strconv.FormatFloat(s.Battery, 'g', -1, 64))
	}
	if len(s.Faults) > 0 {
		var faults []any
		for _, f := range s.Faults {
			faults = append(faults, f)
		}
		m["faults"] = faults
	}
	return m
}

func parsedJSON(text []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return string(text)
	}
	return v
}

// match compares a wanted node with a value of JSON.
func match(path string, want *yaml.Node, got any, differ func(path, want, got string)) {
	switch want = resolve(want); want.Kind {
	case yaml.MappingNode:
		object, ok := got.(map[string]any)
		if !ok {
			differ(path, "an object", inJSON(got))
			return
		}
		for i := 0; i+1 < len(want.Content); i += 2 {
			key := want.Content[i].Value
			value, there := object[key]
			if !there {
				value = nil
			}
			match(join(path, key), want.Content[i+1], value, differ)
		}
	case yaml.SequenceNode:
		list, ok := got.([]any)
		if !ok && got != nil || len(list) != len(want.Content) {
			differ(path, fmt.Sprintf("%d of them", len(want.Content)), fmt.Sprintf("%d: %s", len(list), inJSON(got)))
			return
		}
		for i, item := range want.Content {
			match(at(path, i), item, list[i], differ)
		}
	default:
		if !equal(want, got) {
			differ(path, wanted(want), inJSON(got))
		}
	}
}

func wanted(n *yaml.Node) string {
	if n.ShortTag() == "!!null" {
		return "nothing"
	}
	return n.Value
}

// equal compares a wanted scalar.
func equal(want *yaml.Node, got any) bool {
	switch v := got.(type) {
	case nil:
		return want.ShortTag() == "!!null"
	case string:
		return v == want.Value
	case bool:
		return want.Value == strconv.FormatBool(v)
	case json.Number:
		a, err := strconv.ParseFloat(want.Value, 64)
		b, wrong := v.Float64()
		return err == nil && wrong == nil && math.Abs(a-b) <= half(want.Value)*(1+1e-9)
	}
	return false
}

// half of the last digit that a number is written with.
func half(text string) float64 {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	_, decimals, _ := strings.Cut(mantissa, ".")
	power, _ := strconv.Atoi(exponent) // 0 for none
	return .5 * math.Pow10(power-len(decimals))
}

func inJSON(v any) string {
	if v == nil {
		return "nothing"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	const enough = 200
	if len(text) > enough {
		return string(text[:enough]) + "…"
	}
	return string(text)
}
