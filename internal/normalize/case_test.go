package normalize_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/golden"
	"cutline/internal/normalize"
	"cutline/internal/record"
	"cutline/internal/sensor"
)

// receivedAt is when every case's message reached us.
var receivedAt = time.Date(2026, 11, 24, 8, 12, 5, 0, time.UTC)

// TestCases normalizes what is in each folder of testdata/cases:
//
//	payload.json or payload.bin   the message
//	sensor.json                   in place of the tower radar: fields of sensor.Definition
//	topic.txt                     in place of the topic of its detections
//	want.json                     what comes of it, written by -update
func TestCases(t *testing.T) {
	dirs, err := filepath.Glob("testdata/cases/*")
	if err != nil || len(dirs) < 25 {
		t.Fatalf("%d cases, %v: this test would pass without testing", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			payload := casePayload(t, dir)
			n, def := caseSensor(t, dir)
			topic := "border/emerson/" + def.ID + "/detections"
			if b, err := os.ReadFile(filepath.Join(dir, "topic.txt")); err == nil {
				topic = strings.TrimSpace(string(b))
			}
			sector, in := n.Normalize(receivedAt, topic, payload)
			if !bytes.Equal(in.Raw, payload) || in.Topic != topic || !in.Received.Equal(receivedAt) {
				t.Error("the record is not that of the message")
			}
			golden.Check(t, filepath.Join(dir, "want.json"), show(t, sector, in))
		})
	}
}

func casePayload(t *testing.T, dir string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "payload.json"))
	if errors.Is(err, fs.ErrNotExist) {
		b, err = os.ReadFile(filepath.Join(dir, "payload.bin"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func caseSensor(t *testing.T, dir string) (*normalize.Normalizer, sensor.Definition) {
	t.Helper()
	def := towerRadar()
	if b, err := os.ReadFile(filepath.Join(dir, "sensor.json")); err == nil {
		def = sensor.Definition{Sector: "emerson", Format: normalize.Native}
		strict := json.NewDecoder(bytes.NewReader(b))
		strict.DisallowUnknownFields()
		if err := strict.Decode(&def); err != nil {
			t.Fatal(err)
		}
	}
	return newNormalizer(t, def), def
}

func newNormalizer(t testing.TB, defs ...sensor.Definition) *normalize.Normalizer {
	t.Helper()
	n, err := normalize.New(defs)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func towerRadar() sensor.Definition {
	return sensor.Definition{
		ID: "twr-01", Sector: "emerson", Group: "tower-01", Kind: sensor.Radar, Format: normalize.Native,
		HasPose: true, Pose: sensor.Pose{Lat: 49.012, Lon: -97.24, Alt: 241, Heading: 180},
		Coverage: sensor.Coverage{Range: 12000, Azimuths: [2]geo.Degrees{90, 270}},
		Error:    sensor.Error{Range: 5, Azimuth: .5, RangeRate: .4, Position: 8},
	}
}

// fields is JSON in the order of its keys, with angles in degrees.
type fields = map[string]any

// show renders a record for people to read: only what holds a value.
func show(t *testing.T, sector string, in record.Input) []byte {
	t.Helper()
	out := fields{"sector": sector, "sensor": in.Sensor, "kind": in.Kind.String()}
	var scans, rejects []fields
	for i := range in.Scans {
		scans = append(scans, showScan(&in.Scans[i]))
	}
	for _, r := range in.Rejects {
		rejects = append(rejects, fields{"path": r.Path, "reason": r.Reason})
	}
	set(out, "scans", scans != nil, scans)
	set(out, "rejects", rejects != nil, rejects)
	if s := in.Status; s != nil {
		out["status"] = showStatus(s)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(out); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func set(f fields, key string, has bool, value any) {
	if has {
		f[key] = value
	}
}

func round(x float64) float64 { return math.Round(x*1e7) / 1e7 }

func degrees(a geo.Radians) float64 { return round(float64(a.Degrees())) }

func showScan(s *detection.Scan) fields {
	f := fields{"sensor": s.Sensor, "time": s.EventTime}
	set(f, "number", s.HasNumber, s.Number)
	set(f, "sweep", s.Sweep, true)
	if p := s.Platform; s.HasPlatform {
		pose := fields{"lat": p.Lat, "lon": p.Lon, "alt_hae_m": round(float64(p.Alt))}
		set(pose, "heading_deg", p.HasHeading, degrees(p.Heading))
		f["platform"] = pose
	}
	set(f, "view", s.HasView, showView(s.View))
	plots := []fields{}
	for i := range s.Detections {
		plots = append(plots, showDetection(&s.Detections[i]))
	}
	f["detections"] = plots
	return f
}

func showView(v detection.FieldOfView) fields {
	return fields{"azimuth_deg": degrees(v.Azimuth), "width_deg": degrees(v.Width), "range_m": v.Range}
}

func showDetection(d *detection.Detection) fields {
	f := fields{"time": d.EventTime, "geometry": d.Geometry.String(), "confidence": d.Confidence}
	set(f, "id", d.ID != "", d.ID)
	set(f, "track", d.Track != "", d.Track)
	set(f, "media", d.Media != nil, d.Media)
	set(f, "simulated", d.Simulated, true)
	set(f, "snr_db", d.HasSNR, d.SNR)
	set(f, "velocity_mps", d.HasVelocity, fields{"east": round(d.Velocity.East), "north": round(d.Velocity.North)})
	if d.Geometry == detection.Position {
		f["position"] = fields{"lat": d.Position.Lat, "lon": d.Position.Lon}
		set(f, "alt_hae_m", d.HasAlt, round(float64(d.Position.Alt)))
		c := d.PositionError
		f["covariance_m2"] = fields{"ee": round(c.EE), "en": round(c.EN), "nn": round(c.NN)}
	}
	if d.Geometry == detection.Polar || d.Geometry == detection.Bearing {
		f["polar"], f["polar_error"] = showPolar(d.Polar), showPolar(d.PolarError)
	}
	if d.HasClass {
		classes := fields{}
		for c, p := range d.Class {
			set(classes, detection.Class(c).String(), p > 0, round(p))
		}
		f["class"] = classes
	}
	return f
}

func showPolar(c detection.Coordinates) fields {
	f := fields{"azimuth_deg": degrees(c.Azimuth)}
	set(f, "range_m", c.Range != 0, c.Range)
	set(f, "elevation_deg", c.HasElevation, degrees(c.Elevation))
	set(f, "range_rate_mps", c.HasRangeRate, c.RangeRate)
	return f
}

func showStatus(s *detection.Status) fields {
	f := fields{"state": s.State.String(), "tamper": s.Tamper}
	set(f, "time", !s.EventTime.IsZero(), s.EventTime)
	set(f, "battery_pct", s.HasBattery, s.Battery)
	set(f, "faults", s.Faults != nil, s.Faults)
	set(f, "heading_deg", s.HasHeading, degrees(s.Heading))
	set(f, "view", s.HasView, showView(s.View))
	return f
}
