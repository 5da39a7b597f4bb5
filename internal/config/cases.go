package config

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"cutline/internal/normalize"
	"cutline/internal/record"
	"cutline/internal/sensor"
)

// A Case is one test of the settings, from a file whose name ends in _test.yaml: what a sensor sends, and what must become of it.
type Case struct {
	Position // of its entry

	Name     string
	Sensor   string
	Topic    string
	Received time.Time // zero: a second after the first detection that is wanted, or now
	Payload  []byte

	want   *yaml.Node // detections in the names of cutline/v1, nil for none
	status *yaml.Node // nil: no status is wanted
	errors []string   // each in "path: reason" of a reject
}

// caseFile is the file as it is written.
type caseFile struct {
	Tests []struct {
		Name       string    `yaml:"name"`
		Sensor     string    `yaml:"sensor"`
		Topic      string    `yaml:"topic"`
		Received   string    `yaml:"received"`
		Given      yaml.Node `yaml:"given"`
		GivenFile  string    `yaml:"given_file"`
		GivenB64   string    `yaml:"given_base64"`
		Want       yaml.Node `yaml:"want"`
		WantStatus yaml.Node `yaml:"want_status"`
		WantError  yaml.Node `yaml:"want_error"`
	} `yaml:"tests"`
}

// CaseFiles lists the files of tests that lie beside the files that c was loaded from, sorted.
func (c Config) CaseFiles() ([]string, error) {
	var all []string
	if c.origin == nil {
		return nil, nil
	}
	for path := range c.origin.tape.Files {
		found, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"+testsEnd))
		if err != nil {
			return nil, fmt.Errorf("look for tests: %w", err)
		}
		all = append(all, found...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// testsEnd is how the name of a file of tests ends; what includes match leaves them out.
const testsEnd = "_test.yaml"

// Cases reads a file of tests.
func Cases(path string) ([]Case, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("read tests: %w", err)
	}
	var file caseFile
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil {
		if many, ok := errors.AsType[*yaml.TypeError](err); ok {
			err = errors.New(many.Errors[0]) //nolint:err113 // the library's words
		}
		what, _, _ := strings.Cut(syntaxError(err), " in type struct")
		return nil, fmt.Errorf("%v: %s", syntaxAt(path, err), what)
	}
	var all []Case
	places := casePlaces(data)
	for i := range file.Tests {
		t := &file.Tests[i]
		c := Case{Position: Position{File: path, Line: places[i], Col: 1}, Name: t.Name, Sensor: t.Sensor, Topic: t.Topic}
		if c.Payload, err = payload(path, &t.Given, t.GivenFile, t.GivenB64); err == nil && t.Received != "" {
			c.Received, err = time.Parse(time.RFC3339Nano, t.Received)
		}
		if err == nil {
			c.errors, err = texts(&t.WantError)
		}
		if c.want, c.status = orNil(&t.Want), orNil(&t.WantStatus); err == nil && c.want == nil && c.status == nil && len(c.errors) == 0 {
			err = errors.New("nothing is wanted: give want, want_status or want_error")
		}
		if err != nil {
			return nil, fmt.Errorf("%v: test %q: %w", c.Position, c.Name, err)
		}
		all = append(all, c)
	}
	return all, nil
}

// casePlaces are the lines on which the tests begin.
func casePlaces(data []byte) (lines []int) {
	var doc yaml.Node
	if yaml.Unmarshal(data, &doc) != nil || len(doc.Content) == 0 {
		return nil
	}
	top := doc.Content[0]
	for i := 0; i+1 < len(top.Content); i += 2 {
		if top.Content[i].Value == "tests" {
			for _, item := range top.Content[i+1].Content {
				lines = append(lines, resolve(item).Line)
			}
		}
	}
	return lines
}

func orNil(n *yaml.Node) *yaml.Node {
	if n.Kind == 0 {
		return nil
	}
	return n
}

// texts reads one text, or a list of them.
func texts(n *yaml.Node) (all []string, err error) {
	switch n.Kind {
	case 0:
		return nil, nil
	case yaml.ScalarNode:
		return []string{n.Value}, nil
	default:
		if err := n.Decode(&all); err != nil {
			return nil, fmt.Errorf("want_error: %w", err)
		}
		return all, nil
	}
}

// payload is what the sensor sends: a text as it stands, anything else as JSON, or the bytes of a file beside the tests.
func payload(from string, given *yaml.Node, file, b64 string) ([]byte, error) {
	switch {
	case file != "":
		data, err := readFile(relative(from, file))
		if err != nil {
			return nil, fmt.Errorf("given_file: %w", err)
		}
		return data, nil
	case b64 != "":
		data, err := base64.StdEncoding.DecodeString(b64)
		if err != nil {
			return nil, fmt.Errorf("given_base64: %w", err)
		}
		return data, nil
	case given.Kind == yaml.ScalarNode && given.ShortTag() == "!!str":
		return []byte(given.Value), nil
	case given.Kind == 0:
		return nil, errors.New("nothing is given: give given, given_file or given_base64")
	}
	var v any
	if err := given.Decode(&v); err != nil {
		return nil, fmt.Errorf("given: %w", err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("given: %w", err)
	}
	return text, nil
}

// Run tries a case, and lists how what came of it differs from what is wanted; nothing if it does not.
func (t *Case) Run(sensors []sensor.Definition) (differences []string, err error) {
	i := slices.IndexFunc(sensors, func(d sensor.Definition) bool { return d.ID == t.Sensor })
	if i < 0 {
		var ids []string
		for _, d := range sensors {
			ids = append(ids, d.ID)
		}
		return nil, fmt.Errorf("there is no sensor %q%s", t.Sensor, didYouMean(t.Sensor, ids))
	}
	n, err := normalize.New(sensors)
	if err != nil {
		return nil, err
	}
	topic := t.Topic
	if topic == "" {
		topic = exampleTopic(sensors[i])
	}
	_, in := n.Normalize(t.received(), topic, t.Payload)
	if in.Sensor != t.Sensor {
		return []string{fmt.Sprintf("the topic %s is not of %s: %s", topic, t.Sensor, rejectsOf(&in))}, nil
	}
	return t.compare(&in), nil
}

// exampleTopic is a topic that the sensor claims: its id stands wherever anything may.
func exampleTopic(d sensor.Definition) string {
	levels := strings.Split(sensor.OwnTopic(d.Topic, d.ID), "/")
	for i, l := range levels {
		if l == "+" || l == "#" {
			levels[i] = d.ID
		}
	}
	return strings.Join(levels, "/")
}

// received is when the payload came: a clock that runs ahead of it would be a fault of the payload.
func (t *Case) received() time.Time {
	if !t.Received.IsZero() {
		return t.Received
	}
	var wanted []struct {
		Time string `yaml:"time"`
	}
	if t.want != nil && t.want.Decode(&wanted) == nil && len(wanted) > 0 {
		if at, err := time.Parse(time.RFC3339Nano, wanted[0].Time); err == nil {
			return at.Add(time.Second)
		}
	}
	return time.Now()
}

func rejectsOf(in *record.Input) string {
	var all []string
	for _, r := range in.Rejects {
		all = append(all, strings.TrimPrefix(r.Path+": "+r.Reason, ": "))
	}
	return strings.Join(all, "; ")
}
