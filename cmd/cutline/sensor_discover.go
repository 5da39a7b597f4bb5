package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"cutline/internal/app"
	"cutline/internal/config"
	"cutline/internal/discover"
	"cutline/internal/feed"
)

// discovering is the command line of sensor discover.
type discovering struct {
	file     string
	captures []string
	hear     time.Duration
	sector   string
	topic    string
}

func newSensorDiscover() *cobra.Command {
	var d discovering
	cmd := &cobra.Command{
		Use:   "discover --config FILE [--for D | --capture FILE…]",
		Short: "Find who publishes what no sensor claims, and write a definition of it",
		Long: `Listens on the broker beside the daemon, or reads captures, and looks at the messages of topics that no sensor claims. A known
format is recognised by its shape; for other JSON a mapping is inferred from the names of the fields, their units and above all their
values. What it found is tried on the messages, and written to standard output as a file of sensors with the reasons: look at what is marked
MEASURE, put it beside the others and let config check read it. Nothing is changed.

Exit code 0, whatever is found.`,
		Example: `  cutline sensor discover --config configs/cutline.yaml --for 1m > configs/sensors/new.yaml
  cutline sensor discover --config configs/cutline.yaml --capture strange.jsonl`,
		Args: exactly(0, "no arguments: captures are named by --capture"),
		RunE: func(cmd *cobra.Command, _ []string) error { return d.run(cmd) },
	}
	cmd.Flags().StringVar(&d.file, "config", "", "the YAML file (required)")
	cmd.Flags().DurationVar(&d.hear, "for", 30*time.Second, "how long to listen")
	cmd.Flags().StringArrayVar(&d.captures, "capture", nil, "read this capture in place of the broker; - is standard input")
	cmd.Flags().StringVar(&d.sector, "sector", "", "that new sensors belong to; the first one of the configuration if left out")
	cmd.Flags().StringVar(&d.topic, "topic", "#", "listen to these topics alone")
	return cmd
}

func (d *discovering) run(cmd *cobra.Command) error {
	cfg, err := load(cmd, d.file)
	if err != nil {
		return err
	}
	if d.hear <= 0 {
		return usageError{fmt.Errorf("sensor discover: --for is %v: want a time such as 30s", d.hear)}
	}
	heard, err := app.NewUnclaimed(&cfg, d.sector)
	if err != nil {
		return usageError{fmt.Errorf("sensor discover: %w", err)}
	}
	if len(d.captures) > 0 {
		err = eachMessage(cmd, d.captures, func(received time.Time, topic string, payload []byte) error {
			heard.Add(received, topic, payload)
			return nil
		})
	} else {
		err = d.listen(cmd, &cfg, heard.Add)
	}
	if err != nil {
		return err
	}
	findings := heard.Findings()
	say(cmd.ErrOrStderr(), "heard %v: %d messages that sensors claim, %s that no sensor claims",
		heard.Heard().Round(time.Second), heard.Claimed, count(len(findings), "publisher"))
	if n := heard.Overlooked(); n > 0 {
		say(cmd.ErrOrStderr(), "%d messages of further topics were not looked at: name some by --topic", n)
	}
	_, err = io.WriteString(cmd.OutOrStdout(), discover.YAML(findings, heard.Heard()))
	return err
}

// eachMessage goes through captures, one after the other.
func eachMessage(cmd *cobra.Command, names []string, take func(received time.Time, topic string, payload []byte) error) error {
	captures, closeAll, err := open(cmd, names)
	if err != nil {
		return err
	}
	defer closeAll()
	for _, c := range captures {
		for {
			line, err := c.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
			if err := take(line.Received, line.Topic, line.Bytes()); err != nil {
				return err
			}
		}
	}
	return nil
}

// listen takes the messages of the broker.
func (d *discovering) listen(cmd *cobra.Command, cfg *config.Config, add func(received time.Time, topic string, payload []byte)) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), d.hear)
	defer cancel()
	say(cmd.ErrOrStderr(), "listening for %v on %s", d.hear, brokerOf(cfg).URL)
	return feed.Overhear(ctx, brokerOf(cfg), d.topic, add)
}

// brokerOf is where sensors publish: the broker that mqtt names, or that in a running daemon.
func brokerOf(cfg *config.Config) feed.Config {
	c := cfg.MQTT
	if cfg.Embedded() {
		c.URL = "tcp://" + cfg.Broker.Listen
	}
	return c
}
