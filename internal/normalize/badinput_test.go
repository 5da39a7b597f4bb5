package normalize_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"cutline/internal/normalize"
	"cutline/internal/record"
	"cutline/internal/sensor"
)

// placed are payloads of each format that tells a place in text, with LAT!, LON! and NAME for what the tests put there; a latitude is what
// stands before LAT! too, so that it can be given twice.
var placed = map[string]string{
	normalize.Native: `{"time":"2026-11-24T08:12:03Z","id":"NAME","position":{"lat":LAT!,"lon":LON!}}`,
	normalize.JSON: `{"ts":1795507923125,"v":4.7,"hdg":181.25,"trk":{"id":"NAME","q":87,"label":"human",` +
		`"pos":{"latitude":LAT!,"longitude":LON!}}}`,
	normalize.Readsb:    `{"now":1795507923.1,"aircraft":[{"hex":"c0a1b2","flight":"NAME","lat":LAT!,"lon":LON!}]}`,
	normalize.OwnTracks: `{"_type":"location","tid":"NAME","tst":1795507920,"lat":LAT!,"lon":LON!}`,
	normalize.AIS: `{"class":"AIS","type":1,"mmsi":316001234,"device":"NAME","scaled":true,` +
		`"lat":LAT!,"lon":LON!,"speed":6.2,"course":187.3}`,
	normalize.RemoteID: `{"Basic ID":{"id":"NAME","id_type":"Serial Number (ANSI/CTA-2063-A)"},` +
		`"Location/Vector Message":{"latitude":LAT!,"longitude":LON!}}`,
	normalize.Sapient: `{"timestamp":"2026-11-24T08:12:03.125Z","nodeId":"6f0c2b1e-3d4a-4c57-9a10-5b7f1f2a9c01",` +
		`"additionalInformation":"NAME","detectionReport":{"reportId":"01JD9Q5S3M8W2R6T0V4X7Y1ZAB","objectId":"01JD9Q5S3M8W2R6T0V4X7Y1ZAC",` +
		`"location":{"y":LAT!,"x":LON!,"coordinateSystem":"LOCATION_COORDINATE_SYSTEM_LAT_LNG_DEG_M","datum":"LOCATION_DATUM_WGS84_E"}}}`,
	normalize.Meshtastic: `{"type":"position","from":1,"sender":"NAME","timestamp":1795507923,` +
		`"payload":{"latitude_i":LAT!,"longitude_i":LON!}}`,
	normalize.DJI: `{"timestamp":1795507923125,"gateway":"NAME","data":{"sn":"x","latitude":LAT!,"longitude":LON!,"height":318.4,` +
		`"position_state":{"is_fixed":2}}}`,
	normalize.Axis: `{"channel_id":1,"timestamp":"2026-11-24T08:12:03.125318Z","detections":[{"object_track_id":"NAME",` +
		`"geoposition":{"latitude":LAT!,"longitude":LON!}}]}`,
	normalize.CoT: `<event version="2.0" uid="NAME" type="a-u-G" how="m-g" time="2026-11-24T08:12:03Z" start="2026-11-24T08:12:03Z" ` +
		`stale="2026-11-24T08:13:03Z"><point lat="LAT!" lon="LON!" hae="241" ce="8" le="9"/></event>`,
}

// placedSensor is one that reads the payload of a format, at a pose whose latitude and longitude are both below 90.
func placedSensor(format string) sensor.Definition {
	def := sensor.Definition{
		ID: "x-01", Sector: "emerson", Kind: sensor.Radar, Format: format, HasPose: true, Friendly: format == normalize.DJI,
		Pose: sensor.Pose{Lat: 45.48, Lon: -72.45, Alt: 241}, Coverage: sensor.Coverage{Range: 5000},
	}
	if format == normalize.JSON {
		def.Mapping = radarMapping()
	}
	return def
}

func fillIn(format, lat, lon, name string) []byte {
	if format == normalize.Meshtastic {
		if f, half := strings.CutSuffix(lat, ".5"); half {
			lat = f + "5000000"
		}
		if f, half := strings.CutSuffix(lon, ".5"); half {
			lon = f + "5000000"
		}
	}
	return []byte(strings.NewReplacer("LAT!", lat, "LON!", lon, "NAME", name).Replace(placed[format]))
}

// TestBadInput_everyFormatNamesWhatIsWrong goes through what the wire can bring. Each is one reject that says so, and no detection.
func TestBadInput_everyFormatNamesWhatIsWrong(t *testing.T) {
	for format := range placed {
		n := newNormalizer(t, placedSensor(format))
		topic := "border/emerson/x-01/detections"
		good := fillIn(format, "45.5", "-72.5", "k7")
		if _, in := n.Normalize(receivedAt, topic, good); plotsOf(in) != 1 || len(in.Rejects) > 0 {
			t.Errorf("%s: the good one gives %d detections, %v", format, plotsOf(in), in.Rejects)
			continue
		}
		for _, tc := range []struct {
			what    string
			payload []byte
			says    []string // one of them
		}{
			{"cut off in the middle", good[:len(good)/2], []string{"at byte", "ends", "EOF"}},
			{"cut off at the end", good[:len(good)-2], []string{"at byte", "ends", "EOF"}},
			{"a megabyte", slices.Concat(good, []byte(strings.Repeat(" ", 1<<20))), []string{"bytes: at most"}},
			{"nested deeply", []byte(strings.Repeat(`{"a":`, 10_000)), []string{"deep", "at byte"}},
			{"lists nested deeply", []byte(strings.Repeat("[", 20_000)), []string{"deep", "at byte"}},
			{"NaN", fillIn(format, "NaN", "-72.5", "k7"), []string{"no number", "at byte", "want"}},
			{"1e400", fillIn(format, "1e400", "-72.5", "k7"), []string{"outside", "want", "no number", "whole"}},
			{"a text", fillIn(format, `"north"`, "-72.5", "k7"), []string{"want", "no number", "at byte"}},
			{"an object", fillIn(format, "{}", "-72.5", "k7"), []string{"want", "no number"}},
			{"two of one field", twice(good), []string{"given twice"}},
			{"exchanged", fillIn(format, "-72.5", "45.5", "k7"), []string{"exchanged"}},
			{"exchanged, and impossible", fillIn(format, "-97.5", "45.5", "k7"), []string{"exchanged", "belongs into lon", "outside -90 to 90"}},
			{"nothing", nil, []string{"empty"}},
		} {
			_, in := n.Normalize(receivedAt, topic, tc.payload)
			checkRecord(t, tc.payload, in)
			said := slices.ContainsFunc(in.Rejects, func(r record.Reject) bool {
				return slices.ContainsFunc(tc.says, func(word string) bool { return strings.Contains(r.Reason, word) })
			})
			if plotsOf(in) > 0 || !said {
				t.Errorf("%s: %s: %d detections, rejects %.300s", format, tc.what, plotsOf(in), fmt.Sprint(in.Rejects))
			}
			for _, r := range in.Rejects {
				if !utf8.ValidString(r.Reason) || !utf8.ValidString(r.Path) {
					t.Errorf("%s: %s: a reason that cannot be printed: %q %q", format, tc.what, r.Path, r.Reason)
				}
			}
		}
	}
}

// twice gives the latitude of a payload a second time.
func twice(good []byte) []byte {
	s := string(good)
	end := strings.Index(s, "45")
	for end < len(s) && strings.IndexByte("0123456789.\"", s[end]) >= 0 {
		end++
	}
	begin := strings.LastIndexAny(s[:end-4], "{, ") + 1
	sep := ","
	if s[0] == '<' {
		sep = " "
	}
	return []byte(s[:end] + sep + s[begin:end] + s[end:])
}

// A receiver without a fix sends 0/0. Some formats say beside it that there is none, and then it is no fault.
func TestBadInput_noFixIsNeverAPlace(t *testing.T) {
	for format := range placed {
		n := newNormalizer(t, placedSensor(format))
		payload := fillIn(format, "0", "0", "k7")
		_, in := n.Normalize(receivedAt, "border/emerson/x-01/detections", payload)
		checkRecord(t, payload, in)
		said := len(in.Rejects) == 1 && strings.Contains(in.Rejects[0].Reason, "0")
		if plotsOf(in) > 0 || !said && in.Status == nil {
			t.Errorf("%s: %d detections, %v", format, plotsOf(in), in.Rejects)
		}
	}
}

// A letter that is no UTF-8 must not cost a detection, and must not come through either.
func TestBadInput_whatIsNoUTF8IsReplaced(t *testing.T) {
	for format := range placed {
		n := newNormalizer(t, placedSensor(format))
		payload := fillIn(format, "45.5", "-72.5", "k\xff")
		_, in := n.Normalize(receivedAt, "border/emerson/x-01/detections", payload)
		checkRecord(t, payload, in)
		if plotsOf(in) != 1 && len(in.Rejects) == 0 {
			t.Errorf("%s: lost without a word", format)
		}
		for i := range in.Scans {
			for _, d := range in.Scans[i].Detections {
				if !utf8.ValidString(d.ID + d.Track) {
					t.Errorf("%s: %q %q", format, d.ID, d.Track)
				}
			}
		}
	}
}

// What is twice in one message would pass for one detection that was delivered twice.
func TestBadInput_anIDThatIsRepeatedIsNamed(t *testing.T) {
	n := newNormalizer(t, towerRadar())
	one := func(second, id string) string {
		return `{"time":"2026-11-24T08:12:0` + second + `Z","id":"` + id + `","position":{"lat":49.1,"lon":-97.2}}`
	}
	for _, tc := range []struct {
		payload, path string
		plots         int
	}{
		{"[" + one("3", "a") + "," + one("3", "b") + "," + one("3", "a") + "]", "[2].id", 2},
		{`{"time":"2026-11-24T08:12:03Z","detections":[` + one("3", "a") + "," + one("3", "a") + "]}", "detections[1].id", 1},
		{"[" + one("2", "a") + "," + one("3", "a") + "]", "", 2}, // of two looks
	} {
		_, in := n.Normalize(receivedAt, topic, []byte(tc.payload))
		if plotsOf(in) != tc.plots || tc.path != "" && (len(in.Rejects) != 1 || in.Rejects[0].Path != tc.path) {
			t.Errorf("%s: %d detections, %v", tc.payload, plotsOf(in), in.Rejects)
		}
	}
}

// Formats without a place of their own in text have bad cases enough in testdata; here they are cut off at each byte.
func TestBadInput_everyCaseCutAnywhereIsARejectOrLess(t *testing.T) {
	dirs, err := filepath.Glob("testdata/cases/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "sensor.json")); err != nil {
			continue
		}
		payload, n, topic := caseRecord(t, dir)
		for cut := 0; cut < len(payload); cut += 1 + len(payload)/40 {
			_, in := n.Normalize(receivedAt, topic, payload[:cut])
			checkRecord(t, payload[:cut], in)
		}
	}
}
