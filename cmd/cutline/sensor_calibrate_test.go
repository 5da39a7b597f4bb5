package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cutline/internal/discover"
	"cutline/internal/geo"
	"cutline/internal/record"
)

// walkPast is what a radar that is turned by 2.5° and our telephone say of somebody who walks past.
func walkPast() (lines []record.Line) {
	r := rand.New(rand.NewPCG(1, 2))
	frame := geo.NewFrame(geo.LLA{Lat: 49.02, Lon: -97.286, Alt: 245})
	start := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	for i := range 300 {
		at := start.Add(time.Duration(i) * 2 * time.Second)
		e, n := -400+2.8*float64(i), -1200.0
		received := at.Add(200 * time.Millisecond)
		stamp := at.Format(time.RFC3339Nano)
		azimuth := math.Mod(math.Atan2(e, n)*180/math.Pi+2.5+r.NormFloat64()*.3+360, 360)
		lines = append(lines, record.NewLine(received, "border/emerson/twr-01/detections", fmt.Appendf(nil,
			`[{"time":%q,"polar":{"range_m":%.1f,"azimuth_deg":%.3f}},{"time":%q,"polar":{"range_m":%.1f,"azimuth_deg":%.3f}}]`,
			stamp, math.Hypot(e, n)+r.NormFloat64()*4, azimuth, stamp, 500+r.Float64()*2000, r.Float64()*360)))
		if p := frame.LLA(geo.ENU{E: e, N: n}); i%3 == 0 {
			lines = append(lines, record.NewLine(received, "patrol/gps", fmt.Appendf(nil,
				`{"time":%q,"track":"phone","position":{"lat":%.7f,"lon":%.7f}}`, stamp, float64(p.Lat), float64(p.Lon))))
		}
	}
	return lines
}

func TestSensorCalibrate_tellsTheHeading(t *testing.T) {
	t.Parallel()
	dir, config := strangeSite(t)
	capture := filepath.Join(dir, "walk.jsonl")
	writeCapture(t, capture, walkPast())
	out, errs, code := cutline(t, "", "sensor", "calibrate", "--config", config, "--sensor", "twr-01", "--reference", "gps", "--json", capture)
	var c discover.Calibration
	if code != 0 || json.Unmarshal([]byte(out), &c) != nil {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	if off := math.Abs(c.Azimuth.Value - 2.5); off > 3*c.Azimuth.Sigma || off > .4 || c.Azimuth.Sigma > .5 || math.Abs(c.Range.Value) > 10 {
		t.Errorf("%+v", c)
	}
	out, _, code = cutline(t, "", "sensor", "calibrate", "--config", config, "--sensor", "twr-01", "--reference", "gps", capture)
	for _, want := range []string{"is real", "pose: {heading_deg: 357.", "azimuth_bias_deg"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("exit code %d, nothing of %q: %s", code, want, out)
		}
	}
}

func TestSensorCalibrate_refusesWhatCannotTell(t *testing.T) {
	t.Parallel()
	dir, config := strangeSite(t)
	capture := filepath.Join(dir, "walk.jsonl")
	writeCapture(t, capture, walkPast()[:20])
	base := []string{"sensor", "calibrate", "--config", config}
	for _, tc := range []struct {
		args []string
		code int
	}{
		{[]string{"--sensor", "twr-01", "--reference", "gps", capture}, 1},
		{[]string{"--sensor", "twr-01", "--reference", "gps"}, 2},
		{[]string{"--sensor", "nobody", "--reference", "gps", capture}, 2},
		{[]string{"--sensor", "twr-01", "--reference", "nobody", capture}, 2},
		{[]string{"--sensor", "gps", "--reference", "gps", capture}, 2},
	} {
		if out, errs, code := cutline(t, "", append(base, tc.args...)...); code != tc.code {
			t.Errorf("%q: exit code %d, want %d: %s%s", tc.args, code, tc.code, out, errs)
		}
	}
}
