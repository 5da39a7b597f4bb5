package normalize_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cutline/internal/detection"
	"cutline/internal/normalize"
	"cutline/internal/record"
	"cutline/internal/sensor"
)

// A wire format is fuzzed by a target of its own, so that each has its time: `make fuzz ONLY=FuzzFormat FUZZTIME=30s`.

func FuzzFormatNative(f *testing.F)     { fuzzFormat(f, normalize.Native) }
func FuzzFormatJSON(f *testing.F)       { fuzzFormat(f, normalize.JSON) }
func FuzzFormatReadsb(f *testing.F)     { fuzzFormat(f, normalize.Readsb) }
func FuzzFormatOwnTracks(f *testing.F)  { fuzzFormat(f, normalize.OwnTracks) }
func FuzzFormatAIS(f *testing.F)        { fuzzFormat(f, normalize.AIS) }
func FuzzFormatRemoteID(f *testing.F)   { fuzzFormat(f, normalize.RemoteID) }
func FuzzFormatSapient(f *testing.F)    { fuzzFormat(f, normalize.Sapient) }
func FuzzFormatAsterix(f *testing.F)    { fuzzFormat(f, normalize.Asterix) }
func FuzzFormatChirpStack(f *testing.F) { fuzzFormat(f, normalize.ChirpStack) }
func FuzzFormatMeshtastic(f *testing.F) { fuzzFormat(f, normalize.Meshtastic) }
func FuzzFormatFrigate(f *testing.F)    { fuzzFormat(f, normalize.Frigate) }
func FuzzFormatAxis(f *testing.F)       { fuzzFormat(f, normalize.Axis) }
func FuzzFormatDJI(f *testing.F)        { fuzzFormat(f, normalize.DJI) }
func FuzzFormatCoT(f *testing.F)        { fuzzFormat(f, normalize.CoT) }

func TestFuzz_everyFormatHasATarget(t *testing.T) {
	text, err := os.ReadFile("fuzz_test.go")
	if err != nil {
		t.Fatal(err)
	}
	targets := regexp.MustCompile(`(?m)^func FuzzFormat\w+\(.*fuzzFormat\(f, normalize\.\w+\)`).FindAllString(string(text), -1)
	if len(targets) != len(normalize.Formats()) {
		t.Errorf("%d targets, and %d formats", len(targets), len(normalize.Formats()))
	}
}

// fuzzSensors are those of a format; of our own one of each sort that reads a payload in its own way.
func fuzzSensors(format string) []sensor.Definition {
	if format != normalize.Native {
		return slices.DeleteFunc(foreignSensors(), func(d sensor.Definition) bool { return d.Format != format })
	}
	ground := sensor.Definition{ID: "gnd-07", Sector: "emerson", Kind: sensor.Ground, Format: normalize.Native, HasPose: true}
	ground.Pose = sensor.Pose{Lat: 49, Lon: -97.2, Alt: 240}
	drone := sensor.Definition{ID: "drn-01", Sector: "emerson", Kind: sensor.Drone, Format: normalize.Native, AltRef: sensor.MSL}
	return []sensor.Definition{towerRadar(), ground, drone}
}

// seeds are the payloads of a format's cases; those of our own format have names that begin with what they hold.
func seeds(f *testing.F, format string) (payloads [][]byte) {
	f.Helper()
	dirs := casesOf(f, format)
	if format == normalize.Native {
		all, err := filepath.Glob("testdata/cases/*")
		if err != nil {
			f.Fatal(err)
		}
		dirs = slices.DeleteFunc(all, func(dir string) bool {
			return slices.ContainsFunc(foreignSensors(), func(d sensor.Definition) bool { return strings.HasPrefix(filepath.Base(dir), d.ID+"-") })
		})
		for _, bad := range wrongBetween {
			payloads = append(payloads, []byte("["+bad.element+","+single+"]"))
		}
	}
	for _, dir := range dirs {
		files, err := filepath.Glob(dir + "/payload.*")
		if err != nil || len(files) != 1 {
			f.Fatalf("%s: payloads %v, %v", dir, files, err)
		}
		payload, err := os.ReadFile(files[0])
		if err != nil {
			f.Fatal(err)
		}
		payloads = append(payloads, payload)
	}
	return payloads
}

// fuzzFormat holds whatever a sensor of the format may send to what the package promises. which chooses the sensor; below 0 the payload
// comes on the topic of its status.
func fuzzFormat(f *testing.F, format string) {
	f.Helper()
	payloads := seeds(f, format)
	if len(payloads) < 5 {
		f.Fatalf("%d seeds", len(payloads))
	}
	for i, payload := range payloads {
		f.Add(payload, i)
	}
	defs := fuzzSensors(format)
	n := newNormalizer(f, defs...)
	f.Fuzz(func(t *testing.T, payload []byte, which int) {
		def := defs[uint(which)%uint(len(defs))]
		topic := "border/emerson/" + def.ID + "/detections"
		if which < 0 {
			topic = "border/emerson/" + def.ID + "/status"
		}
		sector, in := n.Normalize(receivedAt, topic, payload)
		if sector != "emerson" || in.Sensor != def.ID {
			t.Fatalf("sector %q, sensor %q", sector, in.Sensor)
		}
		checkRecord(t, payload, in)
		if def.Format == normalize.Native && len(in.Rejects) == 0 && !json.Valid(payload) {
			t.Fatal("accepted in full, and no JSON")
		}
		if _, again := n.Normalize(receivedAt, topic, payload); !reflect.DeepEqual(in, again) {
			t.Fatal("the same message gives two records")
		}
	})
}

// checkRecord holds a record to what the package promises of every one.
func checkRecord(t *testing.T, payload []byte, in record.Input) {
	t.Helper()
	accepted := len(in.Scans) > 0 || in.Status != nil
	switch {
	case !accepted && (in.Kind != record.Rejected || len(in.Rejects) == 0):
		t.Fatalf("nothing of it: kind %v, rejects %v", in.Kind, in.Rejects)
	case accepted && in.Kind != record.Message:
		t.Fatalf("kind %v with scans", in.Kind)
	case len(in.Rejects) > 101:
		t.Fatalf("%d rejects", len(in.Rejects))
	}
	for _, r := range in.Rejects {
		if r.Reason == "" || len(r.Reason) > 1000 || len(r.Path) > 1000 {
			t.Fatalf("a reject of no use: %+v", r)
		}
	}
	count := 0
	for i := range in.Scans {
		s := &in.Scans[i]
		count += len(s.Detections)
		if len(s.Detections) == 0 && !s.Sweep || s.EventTime.IsZero() || s.Sensor != in.Sensor {
			t.Fatalf("a scan that says nothing: %+v", s)
		}
		for j := range s.Detections {
			checkDetection(t, &s.Detections[j])
		}
	}
	if count > len(payload)/2 {
		t.Fatalf("%d detections of %d bytes", count, len(payload))
	}
}

func checkDetection(t *testing.T, d *detection.Detection) {
	t.Helper()
	p, e, v := d.Position, d.PositionError, d.Velocity
	numbers := []float64{
		float64(p.Lat), float64(p.Lon), float64(p.Alt), e.EE, e.EN, e.NN, d.Polar.Range, float64(d.Polar.Azimuth), float64(d.Polar.Elevation),
		d.Polar.RangeRate, v.East, v.North, d.Confidence, d.SNR,
	}
	for _, x := range append(numbers, d.Class[:]...) {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			t.Fatalf("a number that is not finite: %+v", d)
		}
	}
	sum := 0.0
	for _, x := range d.Class {
		sum += x
	}
	switch {
	case d.HasClass && math.Abs(sum-1) > 1e-9:
		t.Fatalf("the classes sum to %v", sum)
	case d.Geometry == detection.NoGeometry || d.EventTime.IsZero() || d.Confidence < 0 || d.Confidence > 1:
		t.Fatalf("not a detection: %+v", d)
	case d.Geometry == detection.Position && (e.EE <= 0 || e.NN <= 0 || e.EE*e.NN-e.EN*e.EN <= 0):
		t.Fatalf("the covariance has no inverse: %+v", e)
	case d.Geometry == detection.Polar && (d.Polar.Range <= 0 || d.PolarError.Range <= 0 || d.PolarError.Azimuth <= 0):
		t.Fatalf("a polar without its errors: %+v", d)
	case d.Geometry == detection.Bearing && (d.PolarError.Azimuth <= 0 || d.Polar.HasRangeRate):
		t.Fatalf("a bearing without its error: %+v", d)
	case d.Polar.HasElevation && d.PolarError.Elevation <= 0 || d.Polar.HasRangeRate && d.PolarError.RangeRate <= 0:
		t.Fatalf("a measurement without its error: %+v", d)
	}
}
