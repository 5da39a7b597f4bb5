package autoferry

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// head of the configuration. The clutter of harbour and quays is dense, and what a boat returns is several points: so it is said.
// Detection probability and clutter were set once for all scenarios, by what the returns look like, and not tuned to the score.
const head = `# The daemon's configuration for the Autoferry data set: one ferry with its radar and lidar in Trondheim.
# Written by: cutline-sim autoferry. The border is a line at the sector's edge that nobody crosses.
journal: {dir: data/journal}
border: {file: borders/ferry.geojson, sides: [W, E]}
sectors:
  - {id: ferry, extent: {west: 10.36, south: 63.425, east: 10.44, north: 63.453}}
sensors:
`

const sensorText = `  - id: %[1]s
    sector: ferry
    group: ferry
    kind: drone
    topic: border/ferry/%[1]s/detections
    format: cutline/v1
    coverage: {range_m: %[2]d}
    error: {position_m: 5, azimuth_deg: 1}
    detection_probability: %[3]v
    clutter_per_scan: %[4]v
    max_silence: 60s
    returns_per_target: many
`

const line = `{"type":"Feature","properties":{"left":"W","right":"E"},"geometry":{"type":"LineString","coordinates":` +
	`[[10.4395,63.426],[10.4395,63.452]]}}
`

// WriteConfig writes dir/cutline.yaml and the border that it names.
func WriteConfig(dir string, bearings bool) error {
	var b strings.Builder
	b.WriteString(head)
	fmt.Fprintf(&b, sensorText, "radar", int(radarRange), 0.7, 5)
	fmt.Fprintf(&b, sensorText, "lidar", int(lidarRange), 0.7, 2)
	if bearings {
		fmt.Fprintf(&b, sensorText, "eo", int(radarRange), 0.6, 3)
		fmt.Fprintf(&b, sensorText, "ir", int(radarRange), 0.6, 3)
	}
	if err := os.MkdirAll(filepath.Join(dir, "borders"), 0o750); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	for name, text := range map[string]string{"cutline.yaml": b.String(), "borders/ferry.geojson": line} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return fmt.Errorf("write configuration: %w", err)
		}
	}
	return nil
}
