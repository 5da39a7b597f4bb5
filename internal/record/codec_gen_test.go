package record_test

import (
	"bytes"
	"encoding/json"
	"time"

	"pgregory.net/rapid"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/record"
)

func times() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		switch rapid.IntRange(0, 3).Draw(t, "time") {
		case 0:
			return time.Time{} // a will's
		case 1:
			return time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "s"), rapid.Int64Range(0, 999999999).Draw(t, "ns")).UTC()
		}
		return noon.Add(time.Duration(rapid.Int64Range(-1e12, 1e12).Draw(t, "offset")))
	})
}

// few is a number that is zero as often as not, as most fields are.
func few() *rapid.Generator[float64] {
	return rapid.OneOf(rapid.Just(0.0), rapid.Float64())
}

func orNil[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

func coordinates(t *rapid.T) detection.Coordinates {
	f, b := few(), rapid.Bool()
	return detection.Coordinates{
		Range: f.Draw(t, "r"), Azimuth: geo.Radians(f.Draw(t, "az")), Elevation: geo.Radians(f.Draw(t, "el")), RangeRate: f.Draw(t, "rr"),
		HasElevation: b.Draw(t, "hasEl"), HasRangeRate: b.Draw(t, "hasRR"),
	}
}

func lla(t *rapid.T) geo.LLA {
	return geo.LLA{Lat: geo.Degrees(few().Draw(t, "lat")), Lon: geo.Degrees(few().Draw(t, "lon")), Alt: geo.Metres(few().Draw(t, "alt"))}
}

func view(t *rapid.T) detection.FieldOfView {
	return detection.FieldOfView{
		Azimuth: geo.Radians(few().Draw(t, "az")), Width: geo.Radians(few().Draw(t, "width")), Range: few().Draw(t, "range"),
	}
}

func detections() *rapid.Generator[detection.Detection] {
	return rapid.Custom(func(t *rapid.T) detection.Detection {
		f, b, s := few(), rapid.Bool(), rapid.String()
		d := detection.Detection{
			ID: s.Draw(t, "id"), EventTime: times().Draw(t, "at"), Geometry: detection.Geometry(rapid.IntRange(0, 4).Draw(t, "geometry")),
			Position: lla(t), HasAlt: b.Draw(t, "hasAlt"),
			PositionError: detection.Covariance{EE: f.Draw(t, "ee"), EN: f.Draw(t, "en"), NN: f.Draw(t, "nn")},
			Polar:         coordinates(t), PolarError: coordinates(t),
			Velocity: detection.Velocity{East: f.Draw(t, "ve"), North: f.Draw(t, "vn")}, HasVelocity: b.Draw(t, "hasV"),
			HasClass: b.Draw(t, "hasClass"), Confidence: f.Draw(t, "confidence"), SNR: f.Draw(t, "snr"), HasSNR: b.Draw(t, "hasSNR"),
			Track: s.Draw(t, "track"), Media: orNil(rapid.SliceOfN(s, 0, 3).Draw(t, "media")), Simulated: b.Draw(t, "simulated"),
		}
		for c := range d.Class {
			d.Class[c] = f.Draw(t, "class")
		}
		return d
	})
}

func scans() *rapid.Generator[detection.Scan] {
	return rapid.Custom(func(t *rapid.T) detection.Scan {
		b := rapid.Bool()
		return detection.Scan{
			Sensor: rapid.StringN(0, 5, -1).Draw(t, "sensor"), EventTime: times().Draw(t, "at"),
			Number: rapid.Int64().Draw(t, "number"), HasNumber: b.Draw(t, "hasNumber"), Sweep: b.Draw(t, "sweep"),
			Platform:    detection.Pose{LLA: lla(t), Heading: geo.Radians(few().Draw(t, "heading")), HasHeading: b.Draw(t, "hasHeading")},
			HasPlatform: b.Draw(t, "hasPlatform"), View: view(t), HasView: b.Draw(t, "hasView"),
			Detections: orNil(rapid.SliceOfN(detections(), 0, 20).Draw(t, "detections")),
		}
	})
}

func statuses() *rapid.Generator[detection.Status] {
	return rapid.Custom(func(t *rapid.T) detection.Status {
		b := rapid.Bool()
		return detection.Status{
			EventTime: times().Draw(t, "at"), State: detection.State(rapid.IntRange(0, 4).Draw(t, "state")),
			Battery: few().Draw(t, "battery"), HasBattery: b.Draw(t, "hasBattery"), Tamper: b.Draw(t, "tamper"),
			Faults:  orNil(rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "faults")),
			Heading: geo.Radians(few().Draw(t, "heading")), HasHeading: b.Draw(t, "hasHeading"), View: view(t), HasView: b.Draw(t, "hasView"),
		}
	})
}

func inputs() *rapid.Generator[record.Input] {
	return rapid.Custom(func(t *rapid.T) record.Input {
		s := rapid.String()
		in := record.Input{
			Kind: record.Kind(rapid.IntRange(1, 4).Draw(t, "kind")), Received: times().Draw(t, "received"),
			Sensor: rapid.StringN(0, 5, -1).Draw(t, "sensor"), Topic: s.Draw(t, "topic"),
			Raw:   orNil(rapid.SliceOf(rapid.Byte()).Draw(t, "raw")),
			Scans: orNil(rapid.SliceOfN(scans(), 0, 3).Draw(t, "scans")),
		}
		for range rapid.IntRange(0, 2).Draw(t, "rejects") {
			in.Rejects = append(in.Rejects, record.Reject{Path: s.Draw(t, "path"), Reason: s.Draw(t, "reason")})
		}
		if rapid.Bool().Draw(t, "hasStatus") {
			st := statuses().Draw(t, "status")
			in.Status = &st
		}
		if rapid.Bool().Draw(t, "hasCommand") {
			in.Command = &record.Command{
				Name: s.Draw(t, "name"), Alert: s.Draw(t, "alert"), Track: s.Draw(t, "track"), Other: s.Draw(t, "other"),
				By: s.Draw(t, "by"), Comment: s.Draw(t, "comment"), Owner: s.Draw(t, "owner"), Verdict: s.Draw(t, "verdict"),
				For: time.Duration(rapid.Int64().Draw(t, "for")), Undo: rapid.Bool().Draw(t, "undo"),
				ID: s.Draw(t, "cid"), Time: times().Draw(t, "given"),
			}
		}
		return in
	})
}

// hasNaN asks JSON, which refuses a NaN.
func hasNaN(in []record.Input) bool {
	err := json.NewEncoder(new(bytes.Buffer)).Encode(in)
	return err != nil
}
