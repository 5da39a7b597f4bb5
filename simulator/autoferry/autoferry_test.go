package autoferry_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cutline/internal/geo"
	"cutline/internal/record"
	"cutline/simulator/autoferry"
)

// folder writes a scenario of three small files, with CRLF as the set has it.
func folder(t *testing.T, det string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"det.csv": "time,sensor,x,y,var_x,var_y,cov_xy\n" + det,
		"bear.csv": "time,sensor,sx,sy,bearing_deg,var_bearing_deg2\n1620114891.0,eo,0,0,24.5,0.64\n1620114891.0,eo,0,0,350,0.64\n" +
			"1620114893.0,ir,20,-10,-1,1\n",
		"truth.csv": "time,target,x,y\n1620114891.5,2,-583.794,-154.288\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.ReplaceAll(text, "\n", "\r\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const scan = "1620114892.0,radar,100,200,25,36,-15\n1620114892.0,radar,110,210,25,36,0\n1620114892.5,lidar,1,2,4,4,0\n"

func TestCapture_isOneSweepAScanInOrderOfReceipt(t *testing.T) {
	d, err := autoferry.Read(folder(t, scan))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		bearings bool
		want     string
	}{{false, "radar 2, lidar 1"}, {true, "eo 2, radar 2, lidar 1, ir 1"}} {
		var got []string
		var first struct {
			Platform   struct{ Lat, Lon float64 }
			Detections []struct {
				Position struct{ Lat, Lon float64 }
				Error    struct {
					East  float64 `json:"east_m"`
					North float64 `json:"north_m"`
					Corr  float64 `json:"corr"`
				}
			}
		}
		if err := d.Capture(c.bearings, func(l record.Line) error {
			var s struct{ Detections []json.RawMessage }
			if err := json.Unmarshal(l.Payload, &s); err != nil {
				return err
			}
			sensor := strings.Split(l.Topic, "/")[2]
			got = append(got, sensor+" "+string(rune('0'+len(s.Detections))))
			if sensor == "radar" {
				return json.Unmarshal(l.Payload, &first)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("bearings %v: %s, want %s", c.bearings, s, c.want)
		}
		f := geo.NewFrame(geo.LLA{Lat: 63.4389029083, Lon: 10.39908278, Alt: 39.923})
		p := f.ENU(geo.LLA{Lat: geo.Degrees(first.Detections[0].Position.Lat), Lon: geo.Degrees(first.Detections[0].Position.Lon), Alt: 39.923})
		ship := f.ENU(geo.LLA{Lat: geo.Degrees(first.Platform.Lat), Lon: geo.Degrees(first.Platform.Lon), Alt: 39.923})
		if math.Hypot(p.E-100, p.N-200) > .01 || math.Hypot(ship.E-10, ship.N+5) > .01 { // the ferry is half way at that time
			t.Errorf("return at %v, ferry at %v: want 100, 200 and 10, -5", p, ship)
		}
		if e := first.Detections[0].Error; e.East != 5 || e.North != 6 || e.Corr != -.5 {
			t.Errorf("error %+v, want 5, 6, -0.5", e)
		}
	}
}

func TestRead_namesTheLineOfAFault(t *testing.T) {
	for name, c := range map[string]struct{ det, want string }{
		"no number":     {"1620114892.0,radar,here,200,25,36,-15\n", `line 2: column 3: "here"`},
		"not in order":  {"1620114892.0,radar,1,2,1,1,0\n1620114891.0,radar,1,2,1,1,0\n", "not in order"},
		"a short line":  {"1620114892.0,radar\n", "wrong number of fields"},
		"nothing in it": {"", "no rows"},
	} {
		_, err := autoferry.Read(folder(t, c.det))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "det.csv") {
			t.Errorf("%s: error %v, want %q of det.csv", name, err, c.want)
		}
	}
	if _, err := autoferry.Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "det.csv") {
		t.Errorf("no files: %v", err)
	}
}
