package dialect_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/normalize"
	"cutline/internal/record"
	"cutline/internal/sensor"
	"cutline/simulator/dialect"
)

// resolution is what may be lost of a detection in a format.
type resolution struct {
	time     time.Duration // rounded down by less than that
	place    float64       // m
	height   float64       // m, < 0: none is told
	slant    float64       // m, of a range
	azimuth  float64       // radians
	speed    float64       // m/s
	course   float64       // degrees
	error    float64       // the most by which an error may grow, as a factor
	class    bool
	still    bool // there is no velocity
	trackers bool // each target has a name that comes again
}

// formats are the formats with a kind that speaks it, and what each loses: the steps of its own units.
func formats() map[string]struct {
	kind string
	res  resolution
} {
	type entry = struct {
		kind string
		res  resolution
	}
	return map[string]entry{
		dialect.AIS: {"ais", resolution{time: time.Second, place: .2, height: -1, speed: .03, course: .06, error: 20, trackers: true}},
		dialect.Readsb: {"adsb", resolution{
			time: time.Millisecond, place: .02, height: 25 * .3048 / 2, speed: .03, course: .01, error: 4, trackers: true,
		}},
		dialect.RemoteID: {"adsb", resolution{
			time: 100 * time.Millisecond, place: .02, height: .3, speed: .13, course: .51, error: 4, trackers: true,
		}},
		dialect.OwnTracks:  {"patrol", resolution{time: time.Second, place: .02, height: .51, speed: .15, course: .51, error: 2, trackers: true}},
		dialect.CoT:        {"patrol", resolution{time: time.Nanosecond, place: .02, height: .06, speed: .01, course: .001, error: 1.05}},
		dialect.Meshtastic: {"patrol", resolution{time: time.Second, place: .02, height: -1, error: 20, still: true}},
		dialect.ChirpStack: {"ground", resolution{time: time.Nanosecond}},
		dialect.Asterix:    {"radar", resolution{time: 8 * time.Millisecond, slant: 1852.0 / 512, azimuth: math.Pi / 65536}},
		dialect.Sapient:    {"radar", resolution{time: time.Nanosecond, slant: .001, azimuth: 1e-6, class: true}},
	}
}

func at() time.Time { return time.Date(2026, 11, 24, 8, 12, 3, 456e6, time.UTC) }

// pose of the sensor or of its antenna.
func pose() sensor.Pose { return sensor.Pose{Lat: 48.72, Lon: -94.6, Alt: 357} }

// look draws a native message of a kind of sensor.
func look(t *rapid.T, kind string) []byte {
	draw := func(name string, lo, hi float64, parts float64) float64 {
		return math.Round(rapid.Float64Range(lo, hi).Draw(t, name)*parts) / parts
	}
	when := at().Add(time.Duration(rapid.IntRange(0, 86400e3).Draw(t, "ms")) * time.Millisecond).Format("2006-01-02T15:04:05.000Z")
	if kind == "ground" {
		return fmt.Appendf(nil, `{"time":%q,"id":"e7","confidence":0.7,"simulated":true}`, when)
	}
	detections := []any{}
	for i := range rapid.IntRange(0, 4).Draw(t, "detections") {
		d := map[string]any{"id": fmt.Sprintf("7-%d", i+1)}
		if kind == "radar" {
			d["polar"] = map[string]any{"range_m": draw("range", 10, 60e3, 10), "azimuth_deg": draw("azimuth", 0, 359.9, 1000)}
			d["class"] = map[string]any{"person": .7, "vehicle": .2, "animal": .1}
		} else {
			d["position"] = map[string]any{
				"lat": draw("lat", 48.6, 48.8, 1e7), "lon": draw("lon", -94.8, -94.4, 1e7), "alt_m": draw("alt", 300, 900, 10), "alt_ref": "hae",
			}
			sigma := draw("sigma", 3, 40, 10)
			d["error"] = map[string]any{"east_m": sigma, "north_m": sigma}
			d["velocity"] = map[string]any{"speed_mps": draw("speed", 0, 40, 100), "course_deg": draw("course", 0, 359.999, 1000)}
			d["track"] = fmt.Sprintf("carrier-%02d", i)
		}
		detections = append(detections, d)
	}
	text, err := json.Marshal(map[string]any{
		"time": when, "scan": 7, "simulated": true, "detections": detections,
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// read gives the detections that the daemon makes of payloads.
func read(t *rapid.T, format, kind string, received time.Time, payloads [][]byte) (all []detection.Detection) {
	n, err := normalize.New([]sensor.Definition{{
		ID: "one", Sector: "s", Kind: sensor.Kind(kind), Format: format, Topic: "one", HasPose: true, Pose: pose(), Simulated: true,
		AltRef: sensor.HAE,
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, payload := range payloads {
		_, in := n.Normalize(received, "one", payload)
		if in.Kind != record.Message || len(in.Rejects) > 0 {
			t.Fatalf("refused: %+v\n%s", in.Rejects, payload)
		}
		for i := range in.Scans {
			all = append(all, in.Scans[i].Detections...)
		}
	}
	return all
}

// Whatever a sensor sees, the daemon makes the same of it in a format of others as in our own, but for what the format's units are too
// coarse for; and it knows that it is simulated.
func TestEncoder_theDaemonReadsTheSameInEveryFormat(t *testing.T) {
	for format, f := range formats() {
		t.Run(format, func(t *testing.T) {
			encode, err := dialect.New(format, "one")
			if err != nil {
				t.Fatal(err)
			}
			rapid.Check(t, func(t *rapid.T) {
				native := look(t, f.kind)
				var head struct{ Time time.Time }
				if err := json.Unmarshal(native, &head); err != nil {
					t.Fatal(err)
				}
				received := head.Time.Add(300 * time.Millisecond)
				want := read(t, normalize.Native, f.kind, received, [][]byte{native})
				got := read(t, format, f.kind, received, encode(native))
				if len(got) != len(want) {
					t.Fatalf("%d detections, want %d", len(got), len(want))
				}
				names := map[string]bool{}
				for i := range want {
					f.res.compare(t, &want[i], &got[i])
					names[got[i].Track] = true
				}
				if f.res.trackers && len(names) != len(want) && f.kind != "patrol" {
					t.Fatalf("%d names of %d targets: %v", len(names), len(want), names)
				}
			})
		})
	}
}

func (r *resolution) compare(t *rapid.T, want, got *detection.Detection) {
	if late := want.EventTime.Sub(got.EventTime); late < 0 || late >= r.time {
		t.Fatalf("time %v, want %v", got.EventTime, want.EventTime)
	}
	if got.Geometry != want.Geometry || !got.Simulated {
		t.Fatalf("%v, simulated %v, want %v", got.Geometry, got.Simulated, want.Geometry)
	}
	near := func(what string, got, want, most float64) {
		if math.Abs(got-want) > most*1.001 {
			t.Fatalf("%s: %v, want %v", what, got, want)
		}
	}
	if want.Geometry == detection.Polar {
		near("range", got.Polar.Range, want.Polar.Range, r.slant)
		near("azimuth", float64(geo.WrapPi(got.Polar.Azimuth-want.Polar.Azimuth)), 0, r.azimuth)
		if r.class {
			near("class", got.Class[detection.Person], want.Class[detection.Person], 1e-9)
		}
		return
	}
	if want.Geometry == detection.Trip {
		return
	}
	frame := geo.NewFrame(want.Position)
	apart := got.Position
	apart.Alt = want.Position.Alt
	enu := frame.ENU(apart)
	near("place", enu.Range(), 0, r.place)
	if got.HasAlt != (r.height >= 0) {
		t.Fatalf("height told: %v", got.HasAlt)
	}
	if got.HasAlt {
		near("height", float64(got.Position.Alt), float64(want.Position.Alt), r.height)
	}
	if got.HasVelocity == r.still {
		t.Fatalf("a velocity: %v", got.HasVelocity)
	}
	if r.still {
		return
	}
	speed := func(d *detection.Detection) float64 { return math.Hypot(d.Velocity.East, d.Velocity.North) }
	near("speed", speed(got), speed(want), r.speed)
	across := speed(want)*math.Sin(r.course*math.Pi/180) + r.speed
	near("velocity to the east", got.Velocity.East, want.Velocity.East, across)
	near("velocity to the north", got.Velocity.North, want.Velocity.North, across)
	if g, w := math.Sqrt(got.PositionError.EE), math.Sqrt(want.PositionError.EE); g < w*.9 && r.error < 20 || g > w*r.error {
		t.Fatalf("error %v, want %v or more", g, w)
	}
}

// A look that saw nothing is told by those formats whose devices tell it: a radar turns on, and a node says that it is well.
func TestEncoder_nothingSeen(t *testing.T) {
	for format, want := range map[string]int{
		dialect.AIS: 0, dialect.Readsb: 0, dialect.RemoteID: 0, dialect.OwnTracks: 0, dialect.CoT: 0, dialect.Meshtastic: 0,
		dialect.ChirpStack: 0, dialect.Asterix: 1, dialect.Sapient: 1,
	} {
		encode, err := dialect.New(format, "one")
		if err != nil {
			t.Fatal(err)
		}
		if got := encode([]byte(`{"time":"2026-11-24T08:12:03Z","detections":[]}`)); len(got) != want {
			t.Errorf("%s: %d payloads, want %d: %s", format, len(got), want, got)
		}
	}
}

func TestFormats_areThoseOfAKind(t *testing.T) {
	for kind, want := range map[string][]string{
		"radar": {"asterix", "sapient/v2"}, "camera": {"sapient/v2"}, "adsb": {"readsb", "remoteid"}, "ais": {"ais"},
		"patrol": {"cot", "meshtastic", "owntracks"}, "ground": {"chirpstack"}, "drone": nil,
	} {
		if got := dialect.Formats(kind); !slices.Equal(got, want) {
			t.Errorf("%s: %v", kind, got)
		}
	}
	if _, err := dialect.New("morse", "one"); err == nil {
		t.Error("there is an encoder for morse")
	}
}
