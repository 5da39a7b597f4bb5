package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"cutline/simulator/load"
)

type loadFlags struct {
	load.Config
	ledger, configOut, passwordFile string
}

func newLoad() *cobra.Command {
	f := loadFlags{Config: load.Defaults()}
	cmd := &cobra.Command{
		Use:   "load --broker URL --sensors N --rate R --duration D --ledger FILE",
		Short: "Publish numbered detections at a rate, and keep a ledger of them",
		Long: `Publishes detections of about 340 bytes from many sensors that watch people walk along a line, 30 km of it at most. Each
detection has an id with the number of its sensor and a sequence, as in load-003-000012345, and the ledger says which of them
were sent and which the broker acknowledged: 'cutline-sim verify' then tells what has not arrived. A broker that restarts
is connected to again, and what it had not acknowledged is sent again, so it may hold copies.

The daemon needs a configuration with these sensors: --config-out writes it and publishes nothing. With --broker the
configuration takes the sensors from that broker, without from the one that the daemon embeds. Give it the same --sensors,
--targets and --rate as the load. Start the daemon before the load: a broker keeps nothing for nobody.

Ends with 1 if the broker has not acknowledged everything half a minute after the end.`,
		Example: `  cutline-sim load --sensors 100 --rate 5000 --config-out site
  cutline run --config site/cutline.yaml
  cutline-sim load --broker tcp://127.0.0.1:1883 --sensors 100 --rate 5000 --duration 1m --ledger ledger.jsonl
  cutline-sim load --broker tcp://127.0.0.1:1883 --rate 0 --messages 200000    # as fast as possible`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runLoad(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Broker, "broker", "", "URL of an MQTT broker, tcp://host:1883 or ssl://host:8883")
	flags.IntVar(&f.Sensors, "sensors", f.Sensors, "that publish")
	flags.IntVar(&f.Targets, "targets", 0, "that walk along the line (default: ten for each sensor)")
	flags.Float64Var(&f.Rate, "rate", f.Rate, "messages per second of all sensors together; 0 is as fast as possible")
	flags.DurationVar(&f.Duration, "duration", f.Duration, "of publishing; 0s is until --messages are sent, or for ever")
	flags.IntVar(&f.Messages, "messages", 0, "send this many at most; with it, --duration has no default")
	flags.IntVar(&f.QoS, "qos", f.QoS, "1, or 0, with which nothing is acknowledged and nothing proven")
	flags.IntVar(&f.Connections, "connections", f.Connections, "that the sensors share")
	flags.IntVar(&f.InFlight, "in-flight", f.InFlight, "messages on one connection that wait for their acknowledgement, at most")
	flags.StringVar(&f.ledger, "ledger", "", "write what was sent and acknowledged to this file, JSON lines")
	flags.StringVar(&f.configOut, "config-out", "", "write the daemon's configuration to this folder, and publish nothing")
	flags.StringVar(&f.Username, "username", "", "for the broker")
	flags.StringVar(&f.passwordFile, "password-file", "", "file that holds the password for the broker")
	return cmd
}

func runLoad(cmd *cobra.Command, f loadFlags) (err error) {
	if f.Messages > 0 && !cmd.Flags().Changed("duration") {
		f.Duration = 0
	}
	var faults []error
	f.Check(func(path, what string) { faults = append(faults, fmt.Errorf("--%s: %s", path, what)) })
	if f.Broker == "" && f.configOut == "" {
		faults = append(faults, errors.New("--broker is missing: try --broker tcp://127.0.0.1:1883, or --config-out site"))
	}
	if len(faults) > 0 {
		return usageError{errors.Join(faults...)}
	}
	if f.configOut != "" {
		if err := load.WriteConfig(f.configOut, f.Config); err != nil {
			return err
		}
		cmd.PrintErrf("wrote %s\n", filepath.Join(f.configOut, "cutline.yaml"))
		return nil
	}
	if f.Password, err = secret("--password-file", f.passwordFile); err != nil {
		return err
	}
	if f.ledger != "" {
		file, err := os.OpenFile(f.ledger, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return fmt.Errorf("create ledger: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		f.Ledger = file
	}
	f.Progress = progress(cmd.ErrOrStderr(), f.Config)
	p, err := load.Run(cmd.Context(), f.Config)
	if p.Sent > 0 {
		cmd.PrintErrf("%d messages sent in %.1f s, %d acknowledged: %.0f messages/s; %d reconnects, %d sent again\n",
			p.Sent, p.Elapsed.Seconds(), p.Acked, p.Rate, p.Reconnects, p.Resent)
	}
	return err
}

// secret reads a password or token, which is not to stand on a command line; empty without a file.
func secret(flag, file string) (string, error) {
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file) //nolint:gosec // the user names it
	if err != nil {
		return "", fmt.Errorf("read %s: %w", flag, err)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

// progress draws a bar on a terminal; elsewhere it writes a line every ten seconds.
func progress(w io.Writer, cfg load.Config) func(load.Progress) {
	file, ok := w.(*os.File)
	terminal := ok && term.IsTerminal(int(file.Fd()))
	next := 10 * time.Second
	var last load.Progress
	return func(p load.Progress) {
		if p == last {
			return
		}
		rate := float64(p.Sent-last.Sent) / (p.Elapsed - last.Elapsed).Seconds()
		if terminal {
			last = p
			_, _ = fmt.Fprintf(w, "\r%s %9d sent %9d acknowledged %7.0f/s \x1b[K", bar(p, cfg), p.Sent, p.Acked, rate)
			if p.Final {
				_, _ = fmt.Fprint(w, "\r\x1b[K")
			}
			return
		}
		if p.Elapsed >= next && !p.Final {
			last, next = p, p.Elapsed.Truncate(10*time.Second)+10*time.Second
			_, _ = fmt.Fprintf(w, "%5.0f s  %d sent, %d acknowledged, %.0f messages/s\n", p.Elapsed.Seconds(), p.Sent, p.Acked, rate)
		}
	}
}

// barWidth in columns.
const barWidth = 20

// bar shows how much of the load is done, of its time or of its messages; nothing if it has no end.
func bar(p load.Progress, cfg load.Config) string {
	part := 0.0
	if cfg.Duration > 0 {
		part = p.Elapsed.Seconds() / cfg.Duration.Seconds()
	}
	if cfg.Messages > 0 {
		part = max(part, float64(p.Sent)/float64(cfg.Messages))
	}
	if cfg.Duration == 0 && cfg.Messages == 0 {
		return ""
	}
	full := int(min(1, part) * barWidth)
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full) + "]"
}
