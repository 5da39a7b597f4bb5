package normalize_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"cutline/internal/detection"
	"cutline/internal/normalize"
	"cutline/internal/record"
	"cutline/internal/sensor"
)

// fuzzSensors are one of each sort that reads a payload in its own way.
func fuzzSensors() []sensor.Definition {
	ground := sensor.Definition{ID: "gnd-07", Sector: "emerson", Kind: sensor.Ground, Format: normalize.Native, HasPose: true}
	ground.Pose = sensor.Pose{Lat: 49, Lon: -97.2, Alt: 240}
	drone := sensor.Definition{ID: "drn-01", Sector: "emerson", Kind: sensor.Drone, Format: normalize.Native, AltRef: sensor.MSL}
	return append([]sensor.Definition{towerRadar(), ground, drone}, foreignSensors()...)
}

// seedFor chooses the sensor that a case's payload is meant for.
func seedFor(file string, i int) int {
	name := filepath.Base(filepath.Dir(file))
	for j, def := range fuzzSensors() {
		if def.Format != normalize.Native && strings.HasPrefix(name, def.ID+"-") {
			return j
		}
	}
	return i % 3
}

func FuzzNormalize(f *testing.F) {
	files, err := filepath.Glob("testdata/cases/*/payload.*")
	if err != nil || len(files) < 25 {
		f.Fatalf("%d seeds, %v", len(files), err)
	}
	for i, file := range files {
		payload, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload, seedFor(file, i))
	}
	for _, bad := range wrongBetween {
		f.Add([]byte("["+bad.element+","+single+"]"), 0)
	}
	defs := fuzzSensors()
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
