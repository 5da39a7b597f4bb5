package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cutline/internal/config"
	"cutline/internal/detection"
	"cutline/internal/discover"
	"cutline/internal/geo"
	"cutline/internal/normalize"
	"cutline/internal/sensor"
)

// calibrating is the command line of sensor calibrate.
type calibrating struct {
	file, id, reference, track string
	json                       bool
}

func newSensorCalibrate() *cobra.Command {
	var k calibrating
	cmd := &cobra.Command{
		Use:   "calibrate --config FILE --sensor ID --reference ID CAPTURE…",
		Short: "Tell by how much a sensor's heading, range and clock are off, by somebody who walked past it",
		Long: `Compares what a fixed sensor saw with where a reference says that it was: the telephone of a patrol, a ship's AIS. Record both
while somebody walks past, alone, twice if you can and in both directions (cutline record). Whatever else the sensor saw does not matter. It
tells the bias of the azimuth, of the range and of the clock with their errors, and what to write into the settings. Nothing is changed.

Exit code 1 if the passes do not tell.`,
		Example: "  cutline sensor calibrate --config configs/cutline.yaml --sensor twr-01 --reference patrol-01 walk.jsonl",
		RunE:    func(cmd *cobra.Command, captures []string) error { return k.run(cmd, captures) },
	}
	cmd.Flags().StringVar(&k.file, "config", "", "the YAML file (required)")
	cmd.Flags().StringVar(&k.id, "sensor", "", "the sensor that is off (required)")
	cmd.Flags().StringVar(&k.reference, "reference", "", "the sensor that tells where it is: a patrol, AIS (required)")
	cmd.Flags().StringVar(&k.track, "track", "", "of the reference's tracks this one alone")
	cmd.Flags().BoolVar(&k.json, "json", false, "as one line of JSON")
	return cmd
}

func (k *calibrating) run(cmd *cobra.Command, captures []string) error {
	cfg, err := load(cmd, k.file)
	if err != nil {
		return err
	}
	own, err := k.sensor(&cfg, "--sensor", k.id)
	if err != nil {
		return err
	}
	if _, err := k.sensor(&cfg, "--reference", k.reference); err != nil {
		return err
	}
	switch {
	case len(captures) == 0:
		return usageError{errors.New("sensor calibrate: give a capture: see cutline record")}
	case !own.HasPose:
		return usageError{fmt.Errorf("sensor calibrate: %s has no pose: a sensor that moves is not calibrated so", own.ID)}
	}
	looks, fixes, err := k.read(cmd, &cfg, &own, captures)
	if err != nil {
		return err
	}
	say(cmd.ErrOrStderr(), "%d measurements of %s, %d positions of %s", len(looks), k.id, len(fixes), k.reference)
	c, err := discover.Calibrate(own.Pose.LLA(), looks, fixes)
	if err != nil {
		return fmt.Errorf("sensor calibrate: %w", err)
	}
	if k.json {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(c)
	}
	_, err = io.WriteString(cmd.OutOrStdout(), calibrationText(&own, &c))
	return err
}

func (k *calibrating) sensor(cfg *config.Config, flag, id string) (sensor.Definition, error) {
	i := slices.IndexFunc(cfg.Sensors, func(d sensor.Definition) bool { return d.ID == id })
	if i < 0 {
		return sensor.Definition{}, usageError{fmt.Errorf("sensor calibrate: %s: there is no sensor %q", flag, id)}
	}
	return cfg.Sensors[i], nil
}

// read takes the measurements of the one and the positions of the other out of captures.
func (k *calibrating) read(cmd *cobra.Command, cfg *config.Config, own *sensor.Definition, captures []string) (
	looks []discover.Look, fixes []discover.Fix, err error,
) {
	n, err := normalize.New(cfg.Sensors)
	if err != nil {
		return nil, nil, err
	}
	frame := geo.NewFrame(own.Pose.LLA())
	err = eachMessage(cmd, captures, func(received time.Time, topic string, payload []byte) error {
		_, in := n.Normalize(received, topic, payload)
		for i := range in.Scans {
			for j := range in.Scans[i].Detections {
				d := &in.Scans[i].Detections[j]
				switch in.Sensor {
				case k.id:
					looks = append(looks, lookOf(&frame, d)...)
				case k.reference:
					if d.Geometry == detection.Position && (k.track == "" || d.Track == k.track) {
						sigma := math.Sqrt((d.PositionError.EE + d.PositionError.NN) / 2)
						fixes = append(fixes, discover.Fix{Time: d.EventTime, Name: d.Track, Place: d.Position, Sigma: sigma})
					}
				}
			}
		}
		return nil
	})
	return looks, fixes, err
}

// lookOf is a detection seen from the sensor's pose; none of a trip, which has no direction.
func lookOf(frame *geo.Frame, d *detection.Detection) []discover.Look {
	l := discover.Look{Time: d.EventTime, Azimuth: d.Polar.Azimuth, Range: d.Polar.Range}
	switch d.Geometry {
	case detection.Position:
		p := d.Position
		p.Alt = frame.Origin().Alt
		at := frame.ENU(p)
		l.Azimuth, l.Range = at.Bearing(), at.Range()
	case detection.Trip, detection.NoGeometry:
		return nil
	case detection.Polar, detection.Bearing:
	}
	return []discover.Look{l}
}

// calibrationText says what was found, and what to do about it.
func calibrationText(own *sensor.Definition, c *discover.Calibration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d measurements of the reference in %s, %.0f to %.0f m away, from %.0f° to %.0f°\n", own.ID, c.Used,
		passes(c.Passes), c.Nearest, c.Far, c.From, c.To)
	fmt.Fprintf(&b, "  azimuth  %+8.2f° ± %.2f°   too far clockwise   %s\n", c.Azimuth.Value, c.Azimuth.Sigma, sure(c.Azimuth))
	if c.Range.Sigma > 0 {
		fmt.Fprintf(&b, "  range    %+8.1f m ± %.1f m  too far             %s\n", c.Range.Value, c.Range.Sigma, sure(c.Range))
	}
	fmt.Fprintf(&b, "  clock    %+8.2f s ± %.2f s  too late            %s\n", c.Clock.Value, c.Clock.Sigma, sure(c.Clock))
	fmt.Fprintf(&b, "  noise of one measurement: %.2f°", c.AzimuthNoise)
	if c.RangeNoise > 0 {
		fmt.Fprintf(&b, ", %.1f m", c.RangeNoise)
	}
	b.WriteString("\n\n")
	advise(&b, own, c)
	return b.String()
}

func passes(n int) string {
	if n == 1 {
		return "1 pass"
	}
	return fmt.Sprintf("%d passes", n)
}

// sure says what an estimate is worth.
func sure(e discover.Estimate) string {
	if math.Abs(e.Value) < 2*e.Sigma {
		return "may be nothing: within twice its error"
	}
	return "is real"
}

// advise says what to write where.
func advise(b *strings.Builder, own *sensor.Definition, c *discover.Calibration) {
	turned := func(d float64) float64 { return math.Round(math.Mod(d-c.Azimuth.Value+720, 360)*100) / 100 }
	pictured := own.Format == normalize.Frigate || own.Format == normalize.Axis
	switch {
	case math.Abs(c.Azimuth.Value) < 2*c.Azimuth.Sigma:
		b.WriteString("The heading is as good as this walk can tell.\n")
	case pictured:
		fmt.Fprintf(b, "The picture spans, in place of %v to %v:\n    coverage: {azimuth_deg: [%v, %v]}\n", float64(own.Coverage.Azimuths[0]),
			float64(own.Coverage.Azimuths[1]), turned(float64(own.Coverage.Azimuths[0])), turned(float64(own.Coverage.Azimuths[1])))
	case own.Format == normalize.JSON:
		fmt.Fprintf(b, "Turn the sensor's own heading by %+.2f°, or, for what counts from it, add to the mapping's step of polar.azimuth_deg:\n"+
			"    expr: \"float(value) - %.2f\"     # in degrees\n", -c.Azimuth.Value, c.Azimuth.Value)
	default:
		fmt.Fprintf(b, "Turn the sensor's own heading by %+.2f°. What counts from the pose's heading (SAPIENT's PLATFORM) takes\n"+
			"    pose: {heading_deg: %v}\n", -c.Azimuth.Value, turned(float64(own.Pose.Heading)))
	}
	fmt.Fprintf(b, "When that is done, what this walk leaves open:\n    error: {azimuth_deg: %.2f, azimuth_bias_deg: %.2f", c.AzimuthNoise,
		c.Azimuth.Sigma)
	if c.RangeNoise > 0 {
		fmt.Fprintf(b, ", range_m: %.1f, range_bias_m: %.1f", c.RangeNoise, max(c.Range.Sigma, math.Abs(c.Range.Value)))
	}
	b.WriteString("}\n")
}
