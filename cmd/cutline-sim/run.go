package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cutline/internal/record"
	"cutline/simulator"
)

type runFlags struct {
	scenario, broker, truth, capture string
	username, passwordFile           string
	seed                             uint64
	speed                            float64
	duration                         time.Duration
}

func newRun() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run --scenario NAME|FILE",
		Short: "Play a scenario to a broker, or into a capture",
		Long: `Plays a scenario. With --broker it publishes in real time, QoS 1, each sensor on a connection of its own. Without, it writes
the capture and the truth as fast as it can: the same seed gives the same bytes.

The scenarios built in: ` + strings.Join(simulator.Names(), ", ") + `. A word that ends in .yaml or holds a slash is a file.

--speed X above 1 makes a hurried day: targets and sensors move X times as fast, since an event's time must be the time at
which it happens. Use it to look at things; figures are fair at 1.`,
		Example: `  cutline-sim run --scenario emerson --capture day.jsonl --truth truth.jsonl
  cutline-sim run --scenario emerson --broker tcp://127.0.0.1:1883 --seed 7 --truth truth.jsonl
  cutline-sim run --scenario ./mine.yaml --broker tcp://127.0.0.1:1883 --speed 2 --duration 5m`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runScenario(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.scenario, "scenario", "", "name of a scenario that is built in, or a YAML file (required)")
	flags.StringVar(&f.broker, "broker", "", "URL of an MQTT broker, like tcp://127.0.0.1:1883; without it nothing is published")
	flags.Uint64Var(&f.seed, "seed", 1, "of the day: another seed is another day of the same scenario")
	flags.Float64Var(&f.speed, "speed", 1, "with --broker: hurry the day, 0.1 to 10")
	flags.DurationVar(&f.duration, "duration", 0, "of the scenario, like 5m (default: what the scenario says)")
	flags.StringVar(&f.truth, "truth", "", "write the truth to this file, JSON lines")
	flags.StringVar(&f.capture, "capture", "", "write the messages to this file, JSON lines; - is standard output")
	flags.StringVar(&f.username, "username", "", "for the broker")
	flags.StringVar(&f.passwordFile, "password-file", "", "file that holds the password for the broker")
	return cmd
}

func runScenario(cmd *cobra.Command, f runFlags) (err error) {
	switch {
	case f.scenario == "":
		return usageError{errors.New("--scenario is missing: try --scenario emerson")}
	case f.broker == "" && f.capture == "" && f.truth == "":
		return usageError{errors.New("nothing to do: give --broker, --capture or --truth")}
	}
	s, err := simulator.Load(f.scenario)
	if err != nil {
		return err
	}
	o := simulator.Options{Seed: f.seed, Start: simulator.DefaultStart(), Duration: f.duration}
	if f.broker != "" {
		o.Start, o.Speed = time.Now(), f.speed
	} else if cmd.Flags().Changed("speed") {
		cmd.PrintErrln("cutline-sim: --speed has no effect without --broker: a capture is written as fast as possible")
	}
	r, err := simulator.New(s, o)
	if err != nil {
		return err
	}
	var sinks simulator.Sinks
	captureFile, err := create(cmd, f.capture)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, captureFile.Close()) }()
	truthFile, err := create(cmd, f.truth)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, truthFile.Close()) }()
	if f.capture != "" {
		sinks.Capture = simulator.Lines[record.Line](captureFile)
	}
	if f.truth != "" {
		sinks.Truth = simulator.Lines[record.Truth](truthFile)
	}
	if f.broker == "" {
		return r.Write(sinks)
	}
	return playLive(cmd, r, f, sinks)
}

func playLive(cmd *cobra.Command, r *simulator.Run, f runFlags, sinks simulator.Sinks) error {
	cfg := simulator.LiveConfig{Broker: f.broker, Username: f.username, Sinks: sinks}
	if f.passwordFile != "" {
		password, err := os.ReadFile(f.passwordFile)
		if err != nil {
			return fmt.Errorf("read --password-file: %w", err)
		}
		cfg.Password = strings.TrimRight(string(password), "\r\n")
	}
	next := time.Time{}
	cfg.Progress = func(p simulator.Progress) {
		if p.At.Before(next) {
			return
		}
		next = p.At.Add(10 * time.Second)
		cmd.PrintErrf("%s  %d messages sent, %d acknowledged\n", p.At.Format("15:04:05"), p.Sent, p.Acked)
	}
	p, err := r.Live(cmd.Context(), cfg)
	cmd.PrintErrf("%d messages sent, %d acknowledged\n", p.Sent, p.Acked)
	return err
}

// outFile is a buffered file, or standard output, or nothing.
type outFile struct {
	*bufio.Writer
	closer io.Closer
}

// Close flushes and closes.
func (o *outFile) Close() error {
	err := o.Flush()
	if o.closer != nil {
		err = errors.Join(err, o.closer.Close())
	}
	return err
}

func create(cmd *cobra.Command, name string) (*outFile, error) {
	switch name {
	case "":
		return &outFile{Writer: bufio.NewWriter(io.Discard)}, nil
	case "-":
		return &outFile{Writer: bufio.NewWriter(cmd.OutOrStdout())}, nil
	}
	file, err := os.Create(name) //nolint:gosec // the user names it
	if err != nil {
		return nil, fmt.Errorf("create output: %w", err)
	}
	return &outFile{Writer: bufio.NewWriterSize(file, 1<<16), closer: file}, nil
}
