package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cutline/internal/config"
	"cutline/internal/feed"
	"cutline/internal/normalize"
	"cutline/internal/record"
	"cutline/internal/sensor"
)

func newSensor() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "sensor",
		Short:   "Look at what a sensor sends, and what becomes of it",
		GroupID: "offline",
		Args:    exactly(0, "a command: discover, explain or calibrate"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newSensorDiscover(), newSensorExplain(), newSensorCalibrate())
	return cmd
}

// explaining is the command line of sensor explain.
type explaining struct {
	file, id, topic, received string
	captures                  []string
	hear                      time.Duration
	json                      bool
}

func newSensorExplain() *cobra.Command {
	var x explaining
	cmd := &cobra.Command{
		Use:   "explain --config FILE --sensor ID [PAYLOAD… | --capture FILE… | --for D]",
		Short: "Tell what becomes of a payload: each step, the detections, what is refused and why",
		Long: `Reads each PAYLOAD (a file, or standard input) as a message of the sensor, and writes one line of JSON for each: detections in the
names of our own format, rejects with their path and reason, and of a mapping each step that was taken. In place of payloads it takes what
the sensor said in a recording (--capture), or what it says now (--for), beside the daemon. On a terminal it is laid out for people; --json
keeps to the line. Nothing is sent or stored.

Exit code 0, whatever is refused: the answer is in the output.`,
		Example: `  cutline sensor explain --config configs/cutline.yaml --sensor twr-01 payload.json
  mosquitto_sub -t acme/radar/7 -C 1 | cutline sensor explain --config site.yaml --sensor sr-07
  cutline sensor explain --config site.yaml --sensor sr-07 --for 10s
  cutline sensor explain --config site.yaml --sensor sr-07 --capture day.jsonl`,
		RunE: func(cmd *cobra.Command, files []string) error { return x.run(cmd, files) },
	}
	cmd.Flags().StringVar(&x.file, "config", "", "the YAML file (required)")
	cmd.Flags().StringVar(&x.id, "sensor", "", "the sensor's id (required)")
	cmd.Flags().StringVar(&x.topic, "topic", "", "the topic of the message; that of the sensor's detections if left out")
	cmd.Flags().StringVar(&x.received, "received", "", "when it was received, as RFC 3339; now if left out")
	cmd.Flags().StringArrayVar(&x.captures, "capture", nil, "explain what the sensor said in this recording; - is standard input")
	cmd.Flags().DurationVar(&x.hear, "for", 0, "listen to the sensor so long, and explain what it says")
	cmd.Flags().BoolVar(&x.json, "json", false, "one line a payload on a terminal too")
	return cmd
}

func (x *explaining) run(cmd *cobra.Command, files []string) error {
	cfg, err := load(cmd, x.file)
	if err != nil {
		return err
	}
	def, err := sensorOf(&cfg, x.id)
	if err != nil {
		return err
	}
	n, err := normalize.New([]sensor.Definition{def})
	if err != nil {
		return err
	}
	out := bufio.NewWriter(cmd.OutOrStdout())
	show := func(name string, received time.Time, topic string, payload []byte) error {
		_, in, steps := n.Explain(received, topic, payload)
		if !x.json && terminal(cmd.OutOrStdout()) {
			_, _ = out.WriteString(laidOut(name, &in, steps)) // Flush says what went wrong
		} else if err := writeExplanation(out, &in, steps); err != nil {
			return err
		}
		return out.Flush()
	}
	said := func(received time.Time, topic string, payload []byte) error {
		if _, ok := n.Claims(topic); !ok {
			return nil
		}
		return show(received.Format(time.RFC3339Nano)+" "+topic, received, topic, payload)
	}
	switch {
	case x.hear < 0 || x.hear > 0 && len(x.captures) > 0 || len(files) > 0 && (x.hear > 0 || len(x.captures) > 0):
		return usageError{errors.New("sensor explain: give payloads, or captures, or a time to listen such as --for 10s")}
	case len(x.captures) > 0:
		return eachMessage(cmd, x.captures, said)
	case x.hear > 0:
		return x.listen(cmd, &cfg, &def, said)
	}
	return x.payloads(cmd, &def, files, show)
}

// payloads explains files.
func (x *explaining) payloads(
	cmd *cobra.Command, def *sensor.Definition, files []string, show func(name string, received time.Time, topic string, payload []byte) error,
) error {
	at, topic := time.Now(), x.topic
	if x.received != "" {
		var err error
		if at, err = time.Parse(time.RFC3339Nano, x.received); err != nil {
			return usageError{fmt.Errorf("sensor explain: --received: %w", err)}
		}
	}
	if topic == "" {
		topic = exampleTopic(*def)
	}
	if len(files) == 0 {
		files = []string{"-"}
	}
	for _, name := range files {
		payload, err := readPayload(cmd, name)
		if err != nil {
			return err
		}
		if err := show(name, at, topic, payload); err != nil {
			return err
		}
	}
	return nil
}

// listen explains what the sensor says on the broker.
func (x *explaining) listen(
	cmd *cobra.Command, cfg *config.Config, def *sensor.Definition, said func(received time.Time, topic string, payload []byte) error,
) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), x.hear)
	defer cancel()
	topic := x.topic
	if topic == "" {
		topic = sensor.OwnTopic(def.Topic, def.ID)
	}
	say(cmd.ErrOrStderr(), "listening for %v to %s on %s", x.hear, topic, brokerOf(cfg).URL)
	var wrong error
	err := feed.Overhear(ctx, brokerOf(cfg), topic, func(received time.Time, topic string, payload []byte) {
		if wrong == nil {
			wrong = said(received, topic, payload)
		}
	})
	return errors.Join(err, wrong)
}

// sensorOf finds a sensor by its id.
func sensorOf(cfg *config.Config, id string) (sensor.Definition, error) {
	var known []string
	for _, def := range cfg.Sensors {
		if def.ID == id {
			return def, nil
		}
		known = append(known, def.ID)
	}
	if id == "" {
		return sensor.Definition{}, usageError{fmt.Errorf("sensor explain: --sensor is missing: one of %s", strings.Join(known, ", "))}
	}
	return sensor.Definition{}, usageError{fmt.Errorf("sensor explain: there is no sensor %q: one of %s", id, strings.Join(known, ", "))}
}

// exampleTopic is a topic that the sensor claims: its own, with its id where a wildcard stands.
func exampleTopic(def sensor.Definition) string {
	levels := strings.Split(sensor.OwnTopic(def.Topic, def.ID), "/")
	for i, l := range levels {
		if l == "+" || l == "#" {
			levels[i] = def.ID
		}
	}
	return strings.Join(levels, "/")
}

// mostPayload bounds what is read of a file: more than any format takes, so that the answer is that it is too large.
const mostPayload = 4 << 20

func readPayload(cmd *cobra.Command, name string) ([]byte, error) {
	from := cmd.InOrStdin()
	if name != "-" {
		f, err := os.Open(name) //nolint:gosec // the user names it
		if err != nil {
			return nil, fmt.Errorf("open payload: %w", err)
		}
		defer f.Close() //nolint:errcheck // read only: nothing can be lost
		from = f
	}
	payload, err := io.ReadAll(io.LimitReader(from, mostPayload))
	if err != nil {
		return nil, fmt.Errorf("read payload %s: %w", name, err)
	}
	if len(payload) == 0 && name == "-" {
		return nil, errors.New("sensor explain: standard input is empty: give a payload")
	}
	return payload, nil
}

// explanation is a line of the output. Status, and sweeps (scans that are complete looks), are there only if the payload brought them.
type explanation struct {
	Detections []json.RawMessage `json:"detections"`
	Rejects    []rejected        `json:"rejects"`
	Steps      []normalize.Step  `json:"steps"`
	Sweeps     []sweep           `json:"sweeps,omitempty"`
	Status     *status           `json:"status,omitempty"`
}

type rejected struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

type sweep struct {
	Time       time.Time `json:"time"`
	Detections int       `json:"detections"`
}

type status struct {
	Time       time.Time `json:"time,omitzero"`
	State      string    `json:"state"`
	BatteryPct *float64  `json:"battery_pct,omitempty"`
	Tamper     bool      `json:"tamper"`
	Faults     []string  `json:"faults,omitempty"`
}

func explain(in *record.Input, steps []normalize.Step) explanation {
	e := explanation{Detections: []json.RawMessage{}, Rejects: []rejected{}, Steps: steps}
	for i := range in.Scans {
		s := &in.Scans[i]
		for j := range s.Detections {
			e.Detections = append(e.Detections, normalize.AppendDetection(nil, s, &s.Detections[j]))
		}
		if s.Sweep {
			e.Sweeps = append(e.Sweeps, sweep{s.EventTime, len(s.Detections)})
		}
	}
	for _, r := range in.Rejects {
		e.Rejects = append(e.Rejects, rejected(r))
	}
	if s := in.Status; s != nil {
		e.Status = &status{Time: s.EventTime, State: s.State.String(), Tamper: s.Tamper, Faults: s.Faults}
		if s.HasBattery {
			e.Status.BatteryPct = &s.Battery
		}
	}
	return e
}

func writeExplanation(to io.Writer, in *record.Input, steps []normalize.Step) error {
	w := json.NewEncoder(to)
	w.SetEscapeHTML(false)
	return w.Encode(explain(in, steps))
}

// laidOut lays an explanation out for people.
func laidOut(name string, in *record.Input, steps []normalize.Step) string {
	const bold, red, green, dim, plain = "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[2m", "\x1b[0m"
	e := explain(in, steps)
	var to strings.Builder
	fmt.Fprintf(&to, "%s%s%s: %s, %s\n", bold, name, plain, count(len(e.Detections), "detection"), count(len(e.Rejects), "reject"))
	wide := 0
	for _, s := range e.Steps {
		wide = max(wide, len(s.To))
	}
	for _, s := range e.Steps {
		result := green + string(s.Result) + plain
		if s.Note != "" {
			result = dim + s.Note + plain
		}
		fmt.Fprintf(&to, "  %-*s  %s %s%s%s → %s\n", wide, s.To, s.Path, dim, s.Value, plain, result)
	}
	for _, d := range e.Detections {
		fmt.Fprintf(&to, "  %s%s%s\n", green, d, plain)
	}
	for _, r := range e.Rejects {
		fmt.Fprintf(&to, "  %s%s: %s%s\n", red, r.Path, r.Reason, plain)
	}
	return to.String()
}
