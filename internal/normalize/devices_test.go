package normalize_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/normalize"
	"cutline/internal/record"
	"cutline/internal/sensor"
)

// frigateCamera is one of several cameras on the topic that Frigate has for all of them.
func frigateCamera(name string, from, to geo.Degrees) sensor.Definition {
	return sensor.Definition{
		ID: "cam-" + name, Sector: "emerson", Kind: sensor.Camera, Format: normalize.Frigate, Topic: "frigate/events",
		HasPose: true, Pose: sensor.Pose{Lat: 49.012, Lon: -97.24, Alt: 241},
		Coverage: sensor.Coverage{Range: 2000, Azimuths: [2]geo.Degrees{from, to}}, Error: sensor.Error{Azimuth: .1},
		Camera: sensor.CameraView{Name: name, Width: 1280},
	}
}

func frigateEvent(camera string, left, right float64) []byte {
	return fmt.Appendf(nil, `{"type":"new","before":null,"after":{"id":"1.2-x","camera":%q,"frame_time":1795507923.125,"label":"person",`+
		`"score":0.9,"false_positive":false,"box":[%v,10,%v,90]}}`, camera, left, right)
}

func TestFrigate_camerasThatShareATopicAreSensorsOfTheirOwn(t *testing.T) {
	n := newNormalizer(t, frigateCamera("east", 60, 120), frigateCamera("west", 240, 300))
	for camera, want := range map[string]float64{"east": 90, "west": 270} {
		_, in := n.Normalize(receivedAt, "frigate/events", frigateEvent(camera, 600, 680))
		if in.Sensor != "cam-"+camera || plotsOf(in) != 1 {
			t.Fatalf("%s: sensor %q, %v", camera, in.Sensor, in.Rejects)
		}
		if got := in.Scans[0].Detections[0].Polar.Azimuth.Degrees(); math.Abs(float64(got)-want) > 1e-9 {
			t.Errorf("%s: azimuth %v, want %v", camera, got, want)
		}
	}
	_, in := n.Normalize(receivedAt, "frigate/events", frigateEvent("north", 1, 2))
	if in.Kind != record.Rejected || !strings.Contains(in.Rejects[0].Reason, `no sensor is the camera "north": want one of east, west`) {
		t.Errorf("%v", in.Rejects)
	}
}

func TestNew_refusesCamerasThatCannotBeToldApart(t *testing.T) {
	twice := []sensor.Definition{frigateCamera("east", 60, 120), frigateCamera("east", 240, 300)}
	twice[1].ID = "other"
	if _, err := normalize.New(twice); err == nil {
		t.Error("two sensors are the same camera, and nobody says so")
	}
	nameless := frigateCamera("", 60, 120)
	if _, err := normalize.New([]sensor.Definition{nameless}); err == nil || !strings.Contains(err.Error(), "camera: want its name") {
		t.Errorf("%v", err)
	}
}

// The direction of a box lies within what the picture spans, grows from the left to the right edge, and comes closest to the truth: for a
// lens without distortion, shares of the picture's width are tangents.
func TestPicture_aBoxIsWhereThePictureShowsIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, span := rapid.Float64Range(0, 360).Draw(t, "from"), rapid.Float64Range(5, 110).Draw(t, "span")
		def := frigateCamera("a", geo.Degrees(from), geo.Degrees(math.Mod(from+span, 360)))
		n, err := normalize.New([]sensor.Definition{def})
		if err != nil {
			t.Fatal(err)
		}
		wanted := rapid.Float64Range(.01, .99).Draw(t, "share") * span // from the left edge, in degrees
		half := span / 2 * math.Pi / 180
		x := (1 + math.Tan((wanted-span/2)*math.Pi/180)/math.Tan(half)) / 2 * 1280
		_, in := n.Normalize(receivedAt, "frigate/events", frigateEvent("a", math.Max(0, x-.5), math.Min(1280, x+.5)))
		if plotsOf(in) != 1 {
			t.Fatalf("%v", in.Rejects)
		}
		got := float64(in.Scans[0].Detections[0].Polar.Azimuth.Degrees())
		if off := math.Mod(got-from-wanted+540, 360) - 180; math.Abs(off) > .05 {
			t.Fatalf("at %v° of %v° the box is seen at %v°: %v° off", wanted, span, got, off)
		}
	})
}

// TestFixtures_devices tries what Frigate and Axis devices really publish, where it lies beside the checkout.
func TestFixtures_devices(t *testing.T) {
	front := frigateCamera("front_door", 60, 120)
	axis := sensor.Definition{
		ID: "axis", Sector: "emerson", Kind: sensor.Ground, Format: normalize.Axis, Topic: "axis/x",
		HasPose: true, Coverage: sensor.Coverage{Range: 15},
	}
	for _, tc := range []struct {
		file, camera string
		def          sensor.Definition
		plots        int
	}{
		{"frigate/events_update.json", "front_door", front, 1},
		{"frigate/tracked_object_update_lpr.json", "driveway_cam", front, 0},
		{"frigate/tracked_object_update_classification.json", "front_door_cam", front, 0},
		{"frigate/triggers.json", "driveway", front, 0},
		{"axis/event_pir.json", "", axis, 0},
	} {
		t.Run(tc.file, func(t *testing.T) {
			payload, err := os.ReadFile(fixture(t, tc.file)[0])
			if err != nil {
				t.Fatal(err)
			}
			if tc.camera != "" {
				tc.def.Camera.Name = tc.camera
			}
			_, in := newNormalizer(t, tc.def).Normalize(receivedAt, tc.def.Topic, payload)
			checkRecord(t, payload, in)
			if len(in.Rejects) > 0 || plotsOf(in) != tc.plots {
				t.Errorf("%d detections, want %d; rejects %v", plotsOf(in), tc.plots, in.Rejects)
			}
		})
	}
}

// FuzzCoTAgainstTheLibrary holds our reading of XML to the library's: what we accept is well-formed there too, and has the same uid.
func FuzzCoTAgainstTheLibrary(f *testing.F) {
	for _, dir := range casesOf(f, normalize.CoT) {
		payload, err := os.ReadFile(filepath.Join(dir, "payload.bin"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload)
	}
	n := newNormalizer(f, sensor.Definition{ID: "tak", Sector: "emerson", Kind: sensor.Radar, Format: normalize.CoT, Topic: "tak"})
	f.Fuzz(func(t *testing.T, payload []byte) {
		_, in := n.Normalize(receivedAt, "tak", payload)
		checkRecord(t, payload, in)
		uids, err := uidsOf(payload)
		for i := range in.Scans {
			for j := range in.Scans[i].Detections {
				track := in.Scans[i].Detections[j].Track
				if err == nil && len(in.Rejects) == 0 && !strings.Contains("\n"+strings.Join(uids, "\n")+"\n", "\n"+track+"\n") {
					t.Fatalf("%q is no uid of %q", track, uids)
				}
			}
		}
	})
}

// uidsOf are the uids of all events, as encoding/xml reads them.
func uidsOf(payload []byte) (uids []string, err error) {
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimRight(payload, "\x00")))
	for {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF):
			return uids, nil
		case err != nil:
			return nil, err
		}
		start, is := token.(xml.StartElement)
		if !is || start.Name.Local != "event" {
			continue
		}
		for _, a := range start.Attr {
			if a.Name.Local == "uid" && a.Name.Space == "" {
				uids = append(uids, strings.TrimSpace(a.Value))
			}
		}
	}
}

// What one aircraft tells in several messages must end in one track: each is read for what it holds, and none is a fault.
func TestDJI_partsOfOneAircraftAreOneTrackAndNoFault(t *testing.T) {
	def := sensor.Definition{ID: "uav", Sector: "emerson", Kind: sensor.Patrol, Format: normalize.DJI, Friendly: true}
	def.Topic = "thing/product/+/osd"
	n := newNormalizer(t, def)
	whole := map[string]any{
		"latitude": 49.0011, "longitude": -97.2387, "height": 318.4, "attitude_head": -171.5, "mode_code": 5, "wind_direction": 3,
		"battery": map[string]any{"capacity_percent": 64}, "track_id": "flight-1",
	}
	rapid.Check(t, func(t *rapid.T) {
		part := map[string]any{}
		for _, key := range []string{"height", "attitude_head", "mode_code", "wind_direction", "battery", "track_id"} {
			if rapid.Bool().Draw(t, key) {
				part[key] = whole[key]
			}
		}
		placed := rapid.Bool().Draw(t, "place")
		if placed {
			part["latitude"], part["longitude"] = whole["latitude"], whole["longitude"]
		}
		payload, err := json.Marshal(map[string]any{"timestamp": 1795507923125, "gateway": "dock-07", "data": part})
		if err != nil {
			t.Fatal(err)
		}
		_, in := n.Normalize(receivedAt, "thing/product/1ZNBK7LC00AB/osd", payload)
		want := 0
		if placed {
			want = 1
		}
		if len(in.Rejects) > 0 || plotsOf(in) != want {
			t.Fatalf("%s: %d detections, %v", payload, plotsOf(in), in.Rejects)
		}
		if placed && in.Scans[0].Detections[0].Track != "1ZNBK7LC00AB" {
			t.Fatalf("track %q", in.Scans[0].Detections[0].Track)
		}
	})
}

func TestAxis_aFrameWithAFaultIsNoCompleteLook(t *testing.T) {
	def := frigateCamera("x", 60, 120)
	def.Format, def.Topic, def.Camera = normalize.Axis, "axis", sensor.CameraView{}
	n := newNormalizer(t, def)
	frame := func(second string) record.Input {
		_, in := n.Normalize(receivedAt, "axis", []byte(`{"channel_id":1,"timestamp":"2026-11-24T08:12:03Z","detections":[`+
			`{"object_track_id":"a","bounding_box":{"left":0.1,"right":0.2}}`+second+`]}`))
		return in
	}
	if in := frame(""); !in.Scans[0].Sweep || plotsOf(in) != 1 {
		t.Errorf("a good frame is no sweep: %+v", in)
	}
	if in := frame(`,{"object_track_id":"b"}`); in.Scans[0].Sweep || plotsOf(in) != 1 || len(in.Rejects) != 1 {
		t.Errorf("a target that was rejected would count as not seen: %+v", in)
	}
}

func TestCoT_theTimeIsThatOfTheMeasurement(t *testing.T) {
	n := newNormalizer(t, sensor.Definition{ID: "tak", Sector: "emerson", Kind: sensor.Radar, Format: normalize.CoT, Topic: "tak"})
	payload := `<event version="2.0" uid="a" type="a-u-G" how="m-g" time="2026-11-24T08:11:03.5Z" start="2026-11-24T08:12:00Z" ` +
		`stale="2027-11-24T08:12:00Z"><point lat="49" lon="-97" hae="0" ce="5" le="5"/></event>`
	_, in := n.Normalize(receivedAt, "tak", []byte(payload))
	want := time.Date(2026, 11, 24, 8, 11, 3, 500_000_000, time.UTC)
	if plotsOf(in) != 1 || !in.Scans[0].Detections[0].EventTime.Equal(want) || in.Scans[0].Detections[0].Geometry != detection.Position {
		t.Errorf("%+v %v", in.Scans, in.Rejects)
	}
}
