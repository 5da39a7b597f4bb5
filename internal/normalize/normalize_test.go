package normalize_test

import (
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"cutline/internal/normalize"
	"cutline/internal/record"
	"cutline/internal/sensor"
)

const topic = "border/emerson/twr-01/detections"

func TestNew_namesTheSensorThatCannotWork(t *testing.T) {
	a, b := towerRadar(), towerRadar()
	b.ID = "twr-02"
	with := func(change func(*sensor.Definition)) []sensor.Definition {
		c := b
		change(&c)
		return []sensor.Definition{a, c}
	}
	for name, tc := range map[string]struct {
		sensors []sensor.Definition
		want    []string
	}{
		"format":           {with(func(c *sensor.Definition) { c.Format = "other" }), []string{`"twr-02"`, "format", "other", normalize.Native}},
		"format not given": {with(func(c *sensor.Definition) { c.Format = "" }), []string{`"twr-02"`, "format", normalize.Native}},
		"id":               {[]sensor.Definition{a, a}, []string{`"twr-01"`, "id"}},
		"topic":            {with(func(c *sensor.Definition) { c.Topic = topic }), []string{`"twr-02"`, "topic", `"twr-01"`}},
		"status topic":     {with(func(c *sensor.Definition) { c.Status = topic }), []string{`"twr-02"`, "status", `"twr-01"`}},
		"wildcard":         {with(func(c *sensor.Definition) { c.Topic = "border/twr-+/x" }), []string{`"twr-02"`, "topic", "wildcard"}},
		"hash":             {with(func(c *sensor.Definition) { c.Topic = "border/#/x" }), []string{`"twr-02"`, "topic", "last level"}},
	} {
		_, err := normalize.New(tc.sensors)
		for _, part := range tc.want {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %v, want %q in it", name, err, part)
			}
		}
	}
	twice := []sensor.Definition{a, b}
	twice[0].Topic, twice[1].Topic = "border/+/radar", "border/+/radar"
	if _, err := normalize.New(twice); err == nil || !strings.Contains(err.Error(), `"twr-01"`) {
		t.Errorf("one pattern for two sensors: %v", err)
	}
}

func TestNormalize_findsTheSensorByItsTopic(t *testing.T) {
	var defs []sensor.Definition
	for id, topics := range map[string][2]string{
		"exact": {"a/b/c", ""}, "default": {"", ""}, "level": {"a/+/d", "a/+/s"}, "rest": {"z/#", ""}, "first": {"+/q", ""},
	} {
		def := towerRadar()
		def.ID, def.Topic, def.Status, def.Sector = id, topics[0], topics[1], "sector-of-"+id
		defs = append(defs, def)
	}
	n := newNormalizer(t, defs...)
	for at, want := range map[string]string{
		"a/b/c": "exact", "border/sector-of-default/default/detections": "default", "border/sector-of-rest/rest/status": "rest",
		"a/x/d": "level", "a//d": "level",
		"a/x/s": "level", "z": "rest", "z/": "rest", "z/1/2/3": "rest", "p/q": "first", "/q": "first",
		"a/b": "", "a/b/c/d": "", "a/x/d/": "", "$SYS/q": "", "zz": "", "A/b/c": "", "": "",
	} {
		sector, in := n.Normalize(receivedAt, at, nil)
		if in.Sensor != want || (sector != "") != (want != "") || want != "" && sector != "sector-of-"+want {
			t.Errorf("%q: sensor %q of sector %q, want %q", at, in.Sensor, sector, want)
		}
		if len(in.Rejects) != 1 {
			t.Errorf("%q: rejects %v", at, in.Rejects)
		}
	}
}

// One topic may stand for all sensors of a site: its {sensor} is the id of each. What else has a name there may be used by a mapping.
func TestNormalize_aCaptureInTheTopicIsTheSensor(t *testing.T) {
	steps := []sensor.MappingStep{
		{To: "time", From: "$received"}, {To: "track", From: "$topic.site"}, {To: "polar.azimuth_deg", From: "az"},
	}
	var defs []sensor.Definition
	for _, id := range []string{"rdr-1", "rdr-2"} {
		def := towerRadar()
		def.ID, def.Topic, def.Format, def.Mapping = id, "site/{site}/{sensor}/radar", normalize.JSON, steps
		defs = append(defs, def)
	}
	n := newNormalizer(t, defs...)
	for _, id := range []string{"rdr-1", "rdr-2"} {
		_, in := n.Normalize(receivedAt, "site/north/"+id+"/radar", []byte(`{"az":12}`))
		if in.Sensor != id || plotsOf(in) != 1 || in.Scans[0].Detections[0].Track != "north" {
			t.Errorf("%s: sensor %q, %+v", id, in.Sensor, in.Rejects)
		}
	}
	_, in := n.Normalize(receivedAt, "site/north/rdr-3/radar", []byte(`{"az":12}`))
	if in.Kind != record.Rejected || in.Sensor != "" || !strings.Contains(in.Rejects[0].Reason, "no sensor claims the topic") {
		t.Errorf("a device that nobody configured: %+v", in)
	}
	defs[0].Mapping = []sensor.MappingStep{{To: "time", From: "$received"}, {To: "track", From: "$topic.tower"}}
	if _, err := normalize.New(defs); err == nil || !strings.Contains(err.Error(), "no level {tower}") {
		t.Errorf("a name that the topic has not: %v", err)
	}
	defs[0].Topic, defs[0].Mapping = "site/x{sensor}/radar", steps[:1]
	if _, err := normalize.New(defs[:1]); err == nil || !strings.Contains(err.Error(), "stands alone between slashes") {
		t.Errorf("half a level: %v", err)
	}
}

func TestNormalize_refusesWhatIsTooLarge(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	payload := []byte(single + strings.Repeat(" ", normalize.MaxPayload-len(single)))
	if _, in := n.Normalize(receivedAt, topic, payload); in.Kind != record.Message {
		t.Errorf("%d bytes: %v", len(payload), in.Rejects)
	}
	payload = append(payload, ' ')
	_, in := n.Normalize(receivedAt, topic, payload)
	if in.Kind != record.Rejected || len(in.Rejects) != 1 || !strings.Contains(in.Rejects[0].Reason, "65536") {
		t.Errorf("%d bytes: %v", len(payload), in.Rejects)
	}
}

func TestNormalize_countsRejectsThatItDoesNotList(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	payload := "[" + strings.Repeat("7,", 249) + single + "]"
	_, in := n.Normalize(receivedAt, topic, []byte(payload))
	if len(in.Rejects) != 101 || !strings.Contains(in.Rejects[100].Reason, "149 more") || in.Rejects[99].Path != "[99]" {
		t.Errorf("%d rejects, the last is %v", len(in.Rejects), in.Rejects[len(in.Rejects)-1])
	}
	if in.Kind != record.Message || len(in.Scans) != 1 || len(in.Scans[0].Detections) != 1 {
		t.Errorf("the good one among them is lost: %v", in.Scans)
	}
}

func TestNormalize_theClockMayBeTwoSecondsAhead(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	eventTime := time.Date(2026, 11, 24, 8, 12, 3, 125e6, time.UTC)
	for ahead, want := range map[time.Duration]record.Kind{
		-time.Hour: record.Message, 2 * time.Second: record.Message, 2*time.Second + 1: record.Rejected,
	} {
		if _, in := n.Normalize(eventTime.Add(-ahead), topic, []byte(single)); in.Kind != want {
			t.Errorf("%v ahead: %v %v", ahead, in.Kind, in.Rejects)
		}
	}
}

func TestNormalize_keepsNothingOfThePayloadButRaw(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	payload := []byte(single)
	_, in := n.Normalize(receivedAt, topic, payload)
	for i := range payload {
		payload[i] = 'x'
	}
	d := in.Scans[0].Detections[0]
	if d.ID != "a81f3c" || d.Track != "local-17" {
		t.Errorf("id %q and track %q changed with the payload", d.ID, d.Track)
	}
}

// wrongBetween are bad elements, each with the path that its reject must name.
var wrongBetween = []struct{ element, path string }{
	{`{"time":"2026-11-24T08:12:03Z","position":{"lat":NaN,"lon":-97}}`, "position.lat"},
	{`{"time":"2026-11-24T08:12:03Z","position":{"lat":49,"lon":-197}}`, "position.lon"},
	{`{"time":"2026-11-24T08:12:03Z","position":{"lat":0,"lon":0}}`, "position"},
	{`{"time":"2026-11-24T09:12:03Z","position":{"lat":49,"lon":-97}}`, "time"},
	{`{"position":{"lat":49,"lon":-97}}`, "time"},
	{`{"time":"2026-11-24T08:12:03Z","position":{"lat":49,"lon":-97},"colour":"red"}`, "colour"},
	{`{"time":"2026-11-24T08:12:03Z","polar":{"range_m":-1,"azimuth_deg":3}}`, "polar.range_m"},
	{`{"time":"2026-11-24T08:12:03Z","polar":{"azimuth_deg":360.5}}`, "polar.azimuth_deg"},
	{`{"time":"2026-11-24T08:12:03Z","position":{"lat":49,"lon":-97},"class":{"human":1}}`, "class.human"},
	{`{"time":"2026-11-24T08:12:03Z","position":{"lat":49,"lon":-97},"error":{"east_m":-1}}`, "error.east_m"},
	{`{"time":"2026-11-24T08:12:03Z","position":{"lat":49,"lon":-97},"time":"2026-11-24T08:12:03Z"}`, "time"},
	{`{"time":"2026-11-24T08:12:03Z","position":[49,-97]}`, "position"},
	{`{"time":"2026-11-24T08:12:03Z","position":{"lat":49,"lon":-97},"a.b":1}`, `["a.b"]`},
	{`null`, ""},
}

func TestNormalize_oneWrongElementCostsItselfAlone(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	good := `{"time":"2026-11-24T08:12:03Z","id":"good","position":{"lat":49.1,"lon":-97.2}}`
	for _, bad := range wrongBetween {
		for form, wrap := range map[string][2]string{"": {"[", "]"}, "detections": {`{"time":"2026-11-24T08:12:03Z","detections":[`, "]}"}} {
			if form != "" && !strings.Contains(bad.element, "time") && bad.path == "time" {
				continue // in a sweep it inherits one
			}
			_, in := n.Normalize(receivedAt, topic, []byte(wrap[0]+good+","+bad.element+","+strings.Replace(good, `"good"`, `"too"`, 1)+wrap[1]))
			want := form + "[1]"
			if bad.path != "" && bad.path[0] != '[' {
				want += "."
			}
			want += bad.path
			if len(in.Rejects) != 1 || in.Rejects[0].Path != want || in.Rejects[0].Reason == "" {
				t.Errorf("%s%s: rejects %v, want one at %s", form, bad.element, in.Rejects, want)
			}
			if in.Kind != record.Message || len(in.Scans) != 1 || len(in.Scans[0].Detections) != 2 || in.Scans[0].Sweep {
				t.Errorf("%s%s: the others did not come through: %+v", form, bad.element, in.Scans)
			}
		}
	}
}

func TestNormalize_aSingleDetectionCostsThreePiecesOfMemory(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	payload := []byte(single)
	got := testing.AllocsPerRun(200, func() { n.Normalize(receivedAt, topic, payload) })
	if got > 3 { // the scan with its detection, the id, the track
		t.Errorf("%v allocations", got)
	}
	payload = sweepOf(50)
	if got = testing.AllocsPerRun(50, func() { n.Normalize(receivedAt, topic, payload) }); got > 56 { // 50 ids
		t.Errorf("%v allocations for a sweep of 50", got)
	}
}

func TestNormalizer_servesManyAtOnce(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	_, want := n.Normalize(receivedAt, topic, arrayOf(3))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				if _, in := n.Normalize(receivedAt, topic, arrayOf(3)); !reflect.DeepEqual(in, want) {
					t.Errorf("got %+v", in)
				}
				n.Normalize(receivedAt, "nobody's", []byte("{"))
			}
		})
	}
	all.Wait()
}
