package config

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// What each form is called in a message.
func (f form) String() string {
	return [...]string{
		mapping: "a mapping (key: value)", list: "a list", text: "a text", boolean: "true or false", integer: "a whole number",
		number: "a number", duration: "a duration such as 10s",
	}[f]
}

// scalar converts the value of a YAML scalar to the form that s wants: string, bool, int64 or float64. A duration stays text, to
// be read by the decoder's hook. Loose says that the value came from the environment, so that it has no type of its own.
func scalar(n *yaml.Node, value string, loose bool, s *shape) (any, error) {
	tag := n.ShortTag()
	if loose {
		tag = ""
	}
	switch s.form {
	case text:
		return parseText(tag, value, s)
	case boolean:
		if (tag == "!!bool" || tag == "") && (value == "true" || value == "false") {
			return value == "true", nil
		}
	case integer:
		return parseInteger(tag, value, s.typ)
	case number:
		return parseNumber(tag, value)
	case duration:
		if _, err := parseDuration(value); err != nil {
			return nil, err
		}
		return value, nil
	default: // a mapping or a list
	}
	return nil, wants(n, s)
}

// wants says what stands there, and what should.
func wants(n *yaml.Node, s *shape) error {
	return fmt.Errorf("%s, and %s is wanted", describe(n), s.form)
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "this is a mapping"
	case yaml.SequenceNode:
		return "this is a list"
	default:
	}
	switch n.ShortTag() {
	case "!!str":
		return fmt.Sprintf("%q is a text", n.Value)
	case "!!bool":
		return n.Value + " is true or false"
	case "!!int", "!!float":
		return n.Value + " is a number"
	case "!!timestamp":
		return n.Value + " is a date"
	case "!!null":
		return "there is no value"
	}
	return fmt.Sprintf("%q is %s", n.Value, n.ShortTag())
}

func parseText(tag, value string, s *shape) (any, error) {
	if tag != "!!str" && tag != "" && !s.own {
		return nil, fmt.Errorf("%s would be read as a number, a date or true/false: put it in quotes, %q", value, value)
	}
	if len(s.words) > 0 && !slices.Contains(s.words, value) {
		return nil, fmt.Errorf("%q is none of %s%s", value, strings.Join(s.words, ", "), didYouMean(value, s.words))
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' }) {
		return nil, errors.New("there is a control character in it")
	}
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](reflect.New(s.typ)); ok {
		if err := u.UnmarshalText([]byte(value)); err != nil {
			return nil, err
		}
	}
	return value, nil
}

// plain is a number as people write it. YAML 1.1 also knows 010 for eight, 1_000, 0x1f and .inf: each has misled somebody.
var plain = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?$`)

func parseInteger(tag, value string, t reflect.Type) (any, error) {
	n, err := strconv.ParseInt(value, 10, 64)
	if (tag != "!!int" && tag != "") || err != nil || !plain.MatchString(value) {
		return nil, fmt.Errorf("%q is no whole number", value)
	}
	v := reflect.New(t).Elem()
	if v.CanUint() && (n < 0 || v.OverflowUint(uint64(n))) || v.CanInt() && v.OverflowInt(n) {
		return nil, fmt.Errorf("%d is too small or too large", n)
	}
	return n, nil
}

func parseNumber(tag, value string) (any, error) {
	f, err := strconv.ParseFloat(value, 64)
	if (tag != "!!int" && tag != "!!float" && tag != "") || err != nil || math.IsInf(f, 0) || !plain.MatchString(value) {
		return nil, fmt.Errorf("%q is no number", value)
	}
	return f, nil
}

// parseDuration reads a Go duration, with days before it if there are any: 250ms, 1h30m, 7d.
func parseDuration(value string) (time.Duration, error) {
	rest, days := value, time.Duration(0)
	if head, tail, ok := strings.Cut(value, "d"); ok {
		n, err := strconv.ParseInt(head, 10, 32)
		if err != nil || n < 0 || n > 36500 {
			return 0, fmt.Errorf("%q is no duration: give a number with its unit, as in 10s, 5m, 1h30m, 7d", value)
		}
		rest, days = tail, time.Duration(n)*24*time.Hour
		if rest == "" {
			return days, nil
		}
	}
	if _, err := strconv.ParseFloat(value, 64); err == nil && value != "0" {
		return 0, fmt.Errorf("%s has no unit: write %ss if seconds are meant", value, value)
	}
	d, err := time.ParseDuration(rest)
	if err != nil || days > 0 && d < 0 {
		return 0, fmt.Errorf("%q is no duration: give a number with its unit, as in 10s, 5m, 1h30m, 7d", value)
	}
	return days + d, nil
}
