package web

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"cutline/internal/record"
)

type document struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct {
				Schema map[string]any
			}
		}
	}
}

func documented(t *testing.T) document {
	t.Helper()
	var d document
	if err := json.Unmarshal(openAPIJSON, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestOpenAPI_hasEachRouteAndNoOther(t *testing.T) {
	s := &Server{deps: Deps{}}
	var routes, operations []string
	for _, r := range s.routes() {
		routes = append(routes, r.method+" "+strings.Replace(r.path, "{$}", "", 1))
	}
	for path, methods := range documented(t).Paths {
		for method := range methods {
			operations = append(operations, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(routes)
	slices.Sort(operations)
	if !slices.Equal(routes, operations) {
		t.Errorf("routes\n%q\ndocumented\n%q", routes, operations)
	}
}

// checker compiles the document's schemas once.
func checker(t *testing.T) func(schema string, body []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(openAPIJSON))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource("file:///openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	return func(schema string, body []byte) error {
		t.Helper()
		sch, err := c.Compile("file:///openapi.json" + schema)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if err != nil {
			return err
		}
		return sch.Validate(value)
	}
}

// What the handlers answer is what the document says, member by member: a new field that is not in it fails here.
func TestOpenAPI_describesEveryAnswer(t *testing.T) {
	j := newFake()
	simulated := trackEvent("t2", "coasting", 1)
	simulated.Track.Simulated, simulated.Track.Lineage = true, []string{"t0"}
	j.add(trackEvent("t1", "confirmed", 1), simulated)
	ended := alertEvent("a2", "resolved", "end", 2)
	ended.Alert.Sensor, ended.Alert.AckedBy, ended.Alert.Simulated = "twr-01", "k.lee", true
	j.add(alertEvent("a1", "unacknowledged", "new", 1), ended)
	j.add(sensorEvent("twr-01", "degraded"))
	j.add(coverageEvent(1))
	j.add(rejectEvent("twr-01", 1))
	j.add(crossingEvent(1))
	j.inputs = someInputs()
	parts := []Component{{Name: "influx", Since: at(0), Message: "refused"}}
	s, _ := running(t, testConfig(), j, Deps{
		Health:  func() []Component { return parts },
		Figures: func() Figures { return Figures{Rates: map[string]float64{"messages": 2.5}} },
		Site:    testSite,
		Discover: func(context.Context) (Discovery, error) {
			return Discovery{Claimed: 1, Publishers: 2, Overlooked: 3, YAML: "sensors:\n"}, nil
		},
		Loaded: func() Reload {
			return Reload{LoadedAt: at(0), Faults: []ConfigFault{{File: "a.yaml", Line: 1, Column: 2, Path: "http", What: "no"}}}
		},
	})
	target := strings.NewReplacer("tracks/{id}", "tracks/t1", "sensors/{id}", "sensors/twr-01", "{id}", "a1",
		"/history", "/history"+morning, "/report", "/report"+morning)
	check := checker(t)
	for path, methods := range documented(t).Paths {
		op, ok := methods["get"]
		if !ok || path == "/api/v1/stream" {
			continue
		}
		w := answered(s, http.MethodGet, target.Replace(path))
		answer, ok := op.Responses[strconv.Itoa(w.Code)]
		if !ok {
			t.Errorf("%s: %d is not in the document", path, w.Code)
			continue
		}
		kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
		content, ok := answer.Content[kind]
		if !ok {
			t.Errorf("%s: %q is not in the document", path, kind)
			continue
		}
		ref, ok := content.Schema["$ref"].(string)
		if !ok {
			continue
		}
		bodies := [][]byte{w.Body.Bytes()}
		if kind == "application/x-ndjson" {
			bodies = bytes.Split(bytes.TrimSpace(w.Body.Bytes()), []byte{'\n'})
		}
		for _, body := range bodies {
			if err := check(ref, body); err != nil {
				t.Errorf("%s: %v\n%s", path, err, body)
			}
		}
	}
	if err := check("#/components/schemas/Problem", answered(s, http.MethodGet, "/nothing").Body.Bytes()); err != nil {
		t.Error(err)
	}
}

func TestOpenAPI_describesEveryEvent(t *testing.T) {
	check := checker(t)
	events := []record.Event{
		trackEvent("t1", "confirmed", 1), crossingEvent(1), alertEvent("a1", "unacknowledged", "new", 1), sensorEvent("s", "online"),
		coverageEvent(1), rejectEvent("s", 1),
	}
	if len(events) != len(record.Types()) {
		t.Fatalf("%d kinds of events here, %d in all", len(events), len(record.Types()))
	}
	for i := range events {
		line, err := events[i].AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := check("#/components/schemas/Event", line); err != nil {
			t.Errorf("%s: %v", events[i].Type, err)
		}
		wrong := bytes.Replace(line, []byte(`"sector"`), []byte(`"sektor"`), 1)
		if check("#/components/schemas/Event", wrong) == nil {
			t.Errorf("%s: a misspelt member passes", events[i].Type)
		}
	}
}
