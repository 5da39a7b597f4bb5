package simulator

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"cutline/internal/geo"
)

// WriteConfig writes the daemon's configuration for a scenario: dir/cutline.yaml, and the border's file that it names, in
// dir/borders. It overwrites what it wrote before.
func (s *Scenario) WriteConfig(dir string) error {
	text, err := s.Config()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "borders"), 0o750); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	files := []struct {
		name string
		data []byte
	}{{filepath.Join("borders", s.borderFile()), s.border}, {"cutline.yaml", text}}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.name), f.data, 0o600); err != nil {
			return fmt.Errorf("write configuration: %w", err)
		}
	}
	return nil
}

func (s *Scenario) borderFile() string { return filepath.Base(s.Border) }

// Config is the text of cutline.yaml for a scenario: an embedded broker on the usual port, no InfluxDB, and every sensor as the
// scenario's site knows it. The border is borders/ beside it.
func (s *Scenario) Config() ([]byte, error) {
	c := s.Sector
	l, err := parseLine(s.border, s.Frame())
	if err != nil {
		return nil, fmt.Errorf("scenario %s: %w", s.Name, err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, configHead, s.Name, s.About, s.Name, s.borderFile(), l.left, l.right)
	fmt.Fprintf(&b, "sectors:\n  - {id: %s, extent: {west: %s, south: %s, east: %s, north: %s}}\n\nsensors:\n",
		c.ID, short(c.West), short(c.South), short(c.East), short(c.North))
	for _, spec := range s.sensors(l) {
		spec.survey(l.frame)
		spec.config(&b, s)
	}
	return b.Bytes(), nil
}

const configHead = `# The daemon's configuration for the scenario %s:
# %s.
# Written by: cutline-sim config --scenario %s --out DIR
#
#   cutline run --config cutline.yaml
#   cutline-sim run --scenario NAME --broker tcp://127.0.0.1:1883

broker: {listen: "127.0.0.1:1883"}     # the embedded one; or mqtt: {url: "tcp://HOST:1883", client_id: cutline}
journal: {dir: data/journal}
http: {listen: "127.0.0.1:8080"}

border: {file: borders/%s, sides: [%s, %s]}     # left and right of the line's direction
`

// survey moves the pose to where the scenario's site believes it to be.
func (d *sensorSpec) survey(frame geo.Frame) {
	if v := d.Survey; d.Pose != nil && (v.East != 0 || v.North != 0 || v.Up != 0) {
		at := d.Pose.lla()
		enu := frame.ENU(at)
		moved := frame.Surface(enu.E+v.East, enu.N+v.North, at.Alt)
		d.Pose = &poseSpec{Lat: degrees6(moved.Lat), Lon: degrees6(moved.Lon), Alt: d.Pose.Alt + v.Up, Heading: d.Pose.Heading}
	}
}

// evenGround is how even to say that the ground is where the scenario has no relief, m.
const evenGround = 0.5

// config writes a sensor as the daemon's configuration has it. What is not given is left out.
func (d *sensorSpec) config(b *bytes.Buffer, s *Scenario) {
	sector := s.Sector.ID
	group := d.Group
	if group == "" {
		group = d.ID
	}
	fmt.Fprintf(b, "  - id: %s\n    sector: %s\n    group: %s\n    kind: %s\n", d.ID, sector, group, d.Kind)
	format := nativeFormat
	if d.foreign() {
		format = d.Format
	}
	fmt.Fprintf(b, "    topic: border/%s/%s/detections\n    format: %s\n", sector, d.ID, format)
	if d.foreign() {
		b.WriteString("    simulated: true\n") // most formats have no room for the mark
	}
	if p := d.Pose; p != nil {
		pairs := []pair{{"lat", p.Lat}, {"lon", p.Lon}, {"alt_m", p.Alt}}
		if d.Kind != "ground" {
			pairs = append(pairs, pair{"heading_deg", p.Heading})
		}
		fmt.Fprintf(b, "    pose: %s\n", inline(pairs, true))
	}
	if d.Coverage.Range > 0 {
		azimuths := ""
		if a := d.Coverage.Azimuth; a != nil {
			azimuths = fmt.Sprintf(", azimuth_deg: [%s, %s]", short(a[0]), short(a[1]))
		}
		ground := ""
		if d.Camera != nil && d.Camera.Level > 0 {
			ground = fmt.Sprintf(", ground_m: %s, ground_sigma_m: %s", short(s.Ground), short(max(s.Relief.Sigma, evenGround)))
		}
		fmt.Fprintf(b, "    coverage: {range_m: %s%s%s}\n", short(d.Coverage.Range), azimuths, ground)
	}
	e := d.Error
	errors := []pair{
		{"range_m", e.Range},
		{"azimuth_deg", e.Azimuth},
		{"range_rate_mps", e.RangeRate},
		{"position_m", e.Position},
		{"azimuth_bias_deg", e.AzimuthBias},
		{"range_bias_m", e.RangeBias},
		{"position_bias_m", e.PositionBias},
	}
	if text := inline(errors, false); text != "{}" {
		fmt.Fprintf(b, "    error: %s\n", text)
	}
	fmt.Fprintf(b, "    detection_probability: %s\n", short(d.Detection))
	if d.Clutter > 0 {
		fmt.Fprintf(b, "    clutter_per_scan: %s\n", short(d.Clutter))
	}
	if d.Period > 0 {
		fmt.Fprintf(b, "    scan_period: %s\n", time.Duration(d.Period))
	}
	if d.Silence > 0 {
		fmt.Fprintf(b, "    max_silence: %s\n", time.Duration(d.Silence))
	}
	if d.Friendly {
		b.WriteString("    friendly: true\n")
	}
}

type pair struct {
	key   string
	value float64
}

// inline writes pairs as a YAML flow mapping; zeros mean not given, and are left out unless they are wanted.
func inline(pairs []pair, zeros bool) string {
	var parts []string
	for _, p := range pairs {
		if p.value != 0 || zeros {
			parts = append(parts, p.key+": "+short(p.value))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func short(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
