package sector_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"cutline/internal/geo"
	"cutline/internal/golden"
	"cutline/internal/record"
)

// TestCases runs each case folder and compares what an operator would be told. Where and when are told as far from the truth, in classes:
// the last digit of a filter's estimate is its own package's business.
func TestCases(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join("testdata", "cases", "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no cases, %v: this test would pass without testing", err)
	}
	for _, dir := range dirs {
		name := filepath.Base(dir)
		t.Run(name, func(t *testing.T) {
			s := load(t, name)
			events := s.run(t, 1)
			if os.Getenv("SHOW") != "" {
				t.Logf("%s", lines(t, events))
			}
			golden.Check(t, filepath.Join(dir, "want.jsonl"), digest(t, s, events))
		})
	}
}

func digest(t *testing.T, s scene, events []record.Event) []byte {
	t.Helper()
	var out bytes.Buffer
	write := func(v map[string]any) {
		line, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(line, '\n'))
	}
	for _, e := range events {
		switch e.Type {
		case record.CrossingType:
			c := e.Crossing
			v := map[string]any{"crossing": c.Direction, "level": c.Level, "groups": c.Groups}
			if c.Friendly {
				v["friendly"] = true
			}
			s.measure(v, c)
			write(v)
		case record.AlertType:
			a := e.Alert
			v := map[string]any{"alert": a.Kind, "change": a.Change, "state": a.State, "priority": a.Priority, "rule": a.Rule}
			if a.RuleFR == "" || a.RuleFR == a.Rule || len(a.AgainstFR) != len(a.Against) {
				t.Errorf("not the same in both languages: %q and %q, %q and %q", a.Rule, a.RuleFR, a.Against, a.AgainstFR)
			}
			if a.Kind == "crossing" {
				v["direction"], v["level"], v["class"] = a.Direction, a.Level, a.Class
			} else {
				v["text"] = a.Text
			}
			if a.AckedBy != "" {
				v["acked_by"] = a.AckedBy
			}
			write(v)
		case record.SensorType, record.CoverageType, record.RejectType, record.TrackType:
		}
	}
	write(map[string]any{"tracks": tracks(events), "rejects": count(events, record.RejectType)})
	return out.Bytes()
}

// measure says how far a crossing is from the nearest true one.
func (s scene) measure(v map[string]any, c *record.CrossingEvent) {
	bestT, bestE := math.Inf(1), math.Inf(1)
	at := frame.ENU(geo.LLA{Lat: geo.Degrees(c.Lat), Lon: geo.Degrees(c.Lon), Alt: 240})
	for _, true_ := range s.crossings() {
		if d := math.Abs(c.Time.Sub(after(true_[0])).Seconds()); d < bestT {
			bestT, bestE = d, math.Abs(at.E-true_[1])
		}
	}
	v["time_off_s"], v["place_off_m"] = below(bestT, 4, 20), below(bestE, 10, 40)
}

func below(x float64, bounds ...float64) string {
	for _, b := range bounds {
		if x < b {
			return fmt.Sprintf("below %v", b)
		}
	}
	return fmt.Sprintf("%.0f", x)
}

func count(events []record.Event, t record.Type) (n int) {
	for _, e := range events {
		if e.Type == t {
			n++
		}
	}
	return n
}

// tracks counts the ids that were confirmed at some time.
func tracks(events []record.Event) int {
	seen := map[string]bool{}
	for _, e := range events {
		if e.Type == record.TrackType && e.Track.Status == "confirmed" {
			seen[e.Track.ID] = true
		}
	}
	return len(seen)
}
