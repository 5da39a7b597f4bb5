package influx

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cutline/internal/journal"
	"cutline/internal/record"
)

// dashboard is what the test reads of a Grafana dashboard.
type dashboard struct {
	UID    string
	Panels []struct {
		Title      string
		Datasource struct{ UID string }
		Targets    []struct{ Query string }
	}
	Templating struct {
		List []struct {
			Name  string
			Query struct{ Query string }
		}
	}
}

const dashboards = "../../deploy/grafana"

func loadDashboards(t *testing.T) (all []dashboard) {
	t.Helper()
	files, err := filepath.Glob(dashboards + "/dashboards/*.json")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d dashboard
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if d.UID+".json" != filepath.Base(file) {
			t.Errorf("%s: its uid is %q", file, d.UID)
		}
		all = append(all, d)
	}
	return all
}

// Every query of the dashboards finds something in what our own writer has written.
func TestDashboards_eachQueryFindsRows(t *testing.T) {
	_, cfg := server(t)
	in, pic := newCursor(batchOf(1, 50, func(i int, in *record.Input) {
		in.Scans[0].Detections[0].EventTime = noon.Add(time.Duration(i) * time.Second)
	})), newCursor(everyKind()...)
	w := start(t, cfg, in, pic)
	until(t, "all is written", func() bool { return in.ackedSeq() == 1 && pic.ackedSeq() > 0 })
	w.stop()
	source, err := os.ReadFile(dashboards + "/provisioning/datasources/cutline.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range loadDashboards(t) {
		for _, v := range d.Templating.List {
			if n, err := flux(t, cfg, v.Query.Query); err != nil || n == 0 {
				t.Errorf("%s: variable %s: %d rows, %v", d.UID, v.Name, n, err)
			}
		}
		for _, p := range d.Panels {
			if !strings.Contains(string(source), "uid: "+p.Datasource.UID+" ") {
				t.Errorf("%s: %s: no data source %q is provisioned", d.UID, p.Title, p.Datasource.UID)
			}
			for _, target := range p.Targets {
				if n, err := flux(t, cfg, target.Query); err != nil || n == 0 {
					t.Errorf("%s: %s: %d rows, %v\n%s", d.UID, p.Title, n, err, target.Query)
				}
			}
		}
	}
}

// everyKind is a page of each type of event, with every field that a dashboard asks for.
func everyKind() (pages []journal.Page) {
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	battery := 80.0
	alert := func(id, kind, state, change, by, sensor string, s int) record.Event {
		return record.Event{Type: record.AlertType, Time: at(s), Alert: &record.AlertEvent{
			ID: id, Kind: kind, State: state, Change: change, Priority: "high", Level: "confirmed", Lat: 49, Lon: -97.2, Direction: "US>CA",
			Count: 1, Class: "person", Confidence: .9, Text: "a person crossed", AckedBy: by, Sensor: sensor,
		}}
	}
	for i, events := range [][]record.Event{
		{{Type: record.TrackType, Time: at(1), Track: &record.TrackEvent{
			ID: "t1", Status: "confirmed", Lat: 49, Lon: -97.2, Class: map[string]float64{"person": 1}, Sensors: []string{"twr-01"},
		}}},
		{{Type: record.CrossingType, Time: at(2), Crossing: &record.CrossingEvent{
			ID: "c1", Track: "t1", Lat: 49, Lon: -97.2, Direction: "US>CA", Level: "confirmed", Confidence: .9, PlaceSigmaM: 4,
		}}},
		{
			alert("a1", "crossing", "unacknowledged", "new", "", "", 3), alert("a1", "crossing", "acknowledged", "update", "k.lee", "", 9),
			alert("a2", "sensor_silent", "unacknowledged", "new", "", "twr-01", 5),
		},
		{{Type: record.SensorType, Time: at(4), Sensor: &record.SensorEvent{
			ID: "twr-01", State: "online", RateHz: 1, LatencyMS: 20, BatteryPct: &battery, Faults: []string{"fan"},
		}}},
		{{Type: record.CoverageType, Time: at(5), Coverage: &record.CoverageEvent{WatchedFraction: .8, Cells: []record.Cell{{ToM: 9}}}}},
		{{Type: record.RejectType, Time: at(6), Reject: &record.RejectEvent{Topic: "x", Sensor: "twr-01", Path: "time", Reason: "none"}}},
	} {
		for k := range events {
			events[k].Sector = "emerson"
		}
		pages = append(pages, journal.Page{Seq: uint64(i) + 1, Sector: "emerson", Type: events[0].Type, Events: events})
	}
	return pages
}

// flux asks as Grafana does, which fills in the variables, and counts the rows.
func flux(t *testing.T, cfg Config, query string) (rows int, err error) {
	t.Helper()
	lines := strings.SplitAfter(query, "\n")
	option := fmt.Sprintf("option v = {timeRangeStart: %s, timeRangeStop: %s, windowPeriod: 10s, defaultBucket: %q}\n",
		noon.Add(-time.Hour).Format(time.RFC3339), noon.Add(time.Hour).Format(time.RFC3339), cfg.Bucket)
	at := 0
	if strings.HasPrefix(lines[0], "import") {
		at = 1
	}
	text := strings.Join(lines[:at], "") + option + strings.Join(lines[at:], "")
	text = strings.ReplaceAll(text, "${sector:regex}", "(emerson|roseau)")
	body, err := json.Marshal(map[string]any{"query": text, "type": "flux"})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, cfg.URL+"/api/v2/query?org="+url.QueryEscape(cfg.Org),
		strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/csv")
	if cfg.TokenFile != "" {
		token, err := os.ReadFile(cfg.TokenFile)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Token "+strings.TrimSpace(string(token)))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		return 0, fmt.Errorf("%s: %s", resp.Status, text)
	}
	return countRows(resp.Body)
}

// countRows of annotated CSV: each table has lines of annotations and a head, and an error is a table of its own.
func countRows(r io.Reader) (rows int, err error) {
	c := csv.NewReader(r)
	c.FieldsPerRecord, c.ReuseRecord = -1, true
	for head := true; ; {
		line, err := c.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		switch {
		case len(line) > 1 && line[1] == "error":
			if line, err = c.Read(); err == nil {
				err = errors.New("it refuses the query")
			}
			return rows, fmt.Errorf("the server says %q: %w", line, err)
		case strings.HasPrefix(line[0], "#"):
			head = true
		case head:
			head = false
		default:
			rows++
		}
	}
}
