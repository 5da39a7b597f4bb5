package load

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestMessage_isADetectionOfTheContract(t *testing.T) {
	s := newSource(newWorld(Defaults()), 3)
	now := time.Date(2026, 11, 24, 8, 12, 3, 125_400_000, time.UTC)
	s.look(now)
	text, ok := s.message(nil)
	if !ok || len(text) < 320 || len(text) > 360 {
		t.Errorf("%d bytes: want about 340: %s", len(text), text)
	}
	var d struct {
		Time      string
		ID        string
		Scan      int
		Position  struct{ Lat, Lon float64 }
		Simulated bool
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if d.Time != "2026-11-24T08:12:03.125Z" || d.ID != "load-003-000000001" || d.Scan != 1 || !d.Simulated {
		t.Errorf("%+v", d)
	}
	if math.Abs(d.Position.Lat-49) > 0.003 || d.Position.Lon < -97.45 || d.Position.Lon > -97 {
		t.Errorf("at %+v, which is not near the line", d.Position)
	}
	for n := 2; ; n++ {
		if text, ok = s.message(text[:0]); !ok {
			break
		}
		if !strings.Contains(string(text), `"scan":1,`) || s.seq != uint64(n) {
			t.Fatalf("message %d of the scan: %s", n, text)
		}
	}
	s.look(now.Add(time.Second))
	if text, _ = s.message(text[:0]); !strings.Contains(string(text), `"scan":2,`) {
		t.Errorf("the next scan: %s", text)
	}
}

func TestMessage_itsIDIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, maxSensors).Draw(t, "sensor")
		seq := rapid.Uint64Range(1, 1<<40).Draw(t, "sequence")
		id := string(appendSequence([]byte(sensorName(n)+"-"), seq))
		if a, b, ok := parseID(id); !ok || a != n || b != seq {
			t.Fatalf("%s was read as %d %d %v", id, a, b, ok)
		}
	})
}

func TestWorld_everyTargetWalksAndIsSeenByTwoSensors(t *testing.T) {
	for _, cfg := range []Config{{Sensors: 2}, {Sensors: 100}, {Sensors: 30, Targets: 10_000}, {Sensors: 1000}, {Sensors: 50, Targets: 3}} {
		w := newWorld(cfg)
		seen := make([]int, len(w.targets))
		for _, s := range w.sensors {
			if len(s.sees) == 0 {
				t.Errorf("%+v: %s sees nobody", cfg, s.name)
			}
			for _, k := range s.sees {
				seen[k]++
			}
		}
		few, crossing := 0, 0
		for i, n := range seen {
			if n < 2 {
				few++
			}
			g := &w.targets[i]
			if g.across {
				crossing++
			}
			e, n, ve, vn := g.at(1000)
			e2, n2, _, _ := g.at(1000.1)
			if math.Abs(e2-e-0.1*ve) > 0.02 || math.Abs(n2-n-0.1*vn) > 0.02 || math.Hypot(ve, vn) > walkingSpeed+1e-9 {
				t.Errorf("%+v: target %d moves from %v,%v to %v,%v at %v,%v m/s", cfg, i, e, n, e2, n2, ve, vn)
			}
		}
		if cfg.Sensors > 2 && few > len(seen)/10+2 {
			t.Errorf("%+v: %d of %d targets have fewer than two sensors", cfg, few, len(seen))
		}
		if len(seen) > 100 && crossing*crossEvery < len(seen)/2 {
			t.Errorf("%+v: %d of %d targets cross", cfg, crossing, len(seen))
		}
	}
}

func TestWriteConfig_isTheSameForTheSameLoad(t *testing.T) {
	dir := t.TempDir()
	cfg := Defaults()
	cfg.Broker, cfg.Sensors = "tcp://10.0.0.1:1883", 12
	var texts [2]string
	for i := range texts {
		if err := WriteConfig(filepath.Join(dir, "site"), cfg); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "site", "cutline.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	if texts[0] != texts[1] || strings.Count(texts[0], "kind: radar") != 12 ||
		!strings.Contains(texts[0], `mqtt: {url: "tcp://10.0.0.1:1883"`) {
		t.Errorf("%s", texts[0])
	}
	cfg.Broker = ""
	if text := string(newWorld(cfg).config(cfg)); !strings.Contains(text, "\nbroker: {listen") {
		t.Errorf("without a broker: %s", text)
	}
	if err := WriteConfig("/dev/null/x", cfg); err == nil {
		t.Error("a folder that cannot be")
	}
}
