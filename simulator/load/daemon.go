package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// WriteConfig writes the daemon's configuration for a load: dir/cutline.yaml with all its sensors, and the line's file that it
// names. The daemon takes the sensors from the load's broker; without one, from the broker that it embeds. What was there of
// these names is overwritten.
func WriteConfig(dir string, cfg Config) error {
	if err := os.MkdirAll(filepath.Join(dir, "borders"), 0o750); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	w := newWorld(cfg)
	border, err := w.border()
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{filepath.Join("borders", Prefix+".geojson"), border}, {"cutline.yaml", w.config(cfg)}} {
		if err := os.WriteFile(filepath.Join(dir, f.name), f.data, 0o600); err != nil {
			return fmt.Errorf("write configuration: %w", err)
		}
	}
	return nil
}

// border is the line, from a little east of the last sensor to a little west of the first one: the US is on its left.
func (w *world) border() ([]byte, error) {
	type object map[string]any
	return json.MarshalIndent(object{
		"type": "FeatureCollection",
		"features": []object{{
			"type":       "Feature",
			"properties": object{"name": "made up for a load", "left": "US", "right": "CA", "sigma_m": 1},
			"geometry": object{"type": "LineString", "coordinates": [][2]float64{
				{round(lon(w.length + 500)), lineLat}, {round(lon(-500)), lineLat},
			}},
		}},
	}, "", "  ")
}

// round to a centimetre, so that files are short.
func round(degrees float64) float64 { return float64(int64(degrees*1e7)) / 1e7 }

func (w *world) config(cfg Config) []byte {
	source := `broker: {listen: "127.0.0.1:1883"}     # the embedded one`
	if cfg.Broker != "" {
		source = fmt.Sprintf("mqtt: {url: %q, client_id: cutline-load}", cfg.Broker)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, configHead, cfg.Sensors, cfg.Sensors, cfg.Rate, source, Prefix,
		Prefix, lon(-700), lineLat-0.02, lon(w.length+700), lineLat+0.02)
	for i := range w.sensors {
		s := &w.sensors[i]
		fmt.Fprintf(&b, "  - {id: %s, sector: %s, kind: radar, format: cutline/v1, topic: border/%s/%s/detections,\n",
			s.name, Prefix, Prefix, s.name)
		fmt.Fprintf(&b, "     pose: {lat: %.6f, lon: %.6f, alt_m: %.0f, heading_deg: 0}, coverage: {range_m: %.0f},\n",
			lineLat, lon(s.east), altitude, w.reach)
		fmt.Fprintf(&b, "     error: {position_m: %.0f}, detection_probability: 0.9, clutter_per_scan: 0.01%s}\n", errorNorth, s.period(cfg))
	}
	return b.Bytes()
}

// period between two looks of a sensor, where the rate tells it.
func (s *site) period(cfg Config) string {
	if cfg.Rate == 0 {
		return ""
	}
	seconds := float64(len(s.sees)) * float64(cfg.Sensors) / cfg.Rate
	period := time.Duration(seconds * float64(time.Second)).Round(time.Millisecond)
	return fmt.Sprintf(", scan_period: %s", max(10*time.Millisecond, min(10*time.Minute, period)))
}

const configHead = `# The daemon's configuration for a load of %d sensors.
# Written by: cutline-sim load --config-out DIR --sensors %d --rate %v
#
#   cutline run --config cutline.yaml
#   cutline-sim load --broker URL … --ledger ledger.jsonl
#   cutline-sim verify --ledger ledger.jsonl --influx http://127.0.0.1:8086 --bucket border

%s
journal: {dir: data/journal}
http: {listen: "127.0.0.1:8080"}
# influx: {url: "http://127.0.0.1:8086", org: ops, bucket: border}     # verify looks here; bucket border/autogen for InfluxDB 1.8

border: {file: borders/%s.geojson, sides: [US, CA]}
sectors:
  - {id: %s, extent: {west: %.4f, south: %.4f, east: %.4f, north: %.4f}}

sensors:
`
