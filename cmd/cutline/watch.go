package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"cutline/internal/record"
	"cutline/internal/screen"
	"cutline/internal/web/client"
)

// askWait bounds a question to the daemon that is not a stream.
const askWait = 15 * time.Second

// daemonFlag adds --daemon to a command that asks a running daemon.
func daemonFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("daemon", "127.0.0.1:8080", "where the daemon's HTTP is: host:port or URL")
}

// ask calls fn with a client of the daemon, and ends its connections afterwards.
func ask(cmd *cobra.Command, daemon string, fn func(context.Context, *client.Client) error) error {
	c, err := client.New(daemon)
	if err != nil {
		return usageError{err}
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(cmd.Context(), askWait)
	defer cancel()
	return fn(ctx, c)
}

func style(w io.Writer) screen.Style {
	return screen.Style(terminal(w) && os.Getenv("NO_COLOR") == "")
}

func newAlerts() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "alerts",
		Short: "List the alerts of a running daemon, or follow them",
		Long: `Lists the alerts, oldest first. With --follow it goes on with every change until it is interrupted; when the daemon is away it
waits and misses nothing. With --json each line is an event as in the events file.`,
		Example: "  cutline alerts --state unacknowledged\n  cutline alerts --follow --json | jq .alert.text",
		GroupID: "watch",
		Args:    exactly(0, "no arguments"),
	}
	daemon := daemonFlag(cmd)
	follow := cmd.Flags().BoolP("follow", "f", false, "go on with every change")
	asJSON := cmd.Flags().Bool("json", false, "events as JSON lines")
	state := cmd.Flags().String("state", "", "only those, with commas: unacknowledged, acknowledged, returned, shelved, "+
		"suppressed, out_of_service, resolved (not with --follow)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		out := cmd.OutOrStdout()
		show := func(e *record.Event) error { return showAlert(out, e, *asJSON, *follow) }
		if *follow {
			if *state != "" {
				return usageError{errors.New("alerts: --state and --follow don't go together: an alert changes its state")}
			}
			return followAlerts(cmd, *daemon, show)
		}
		return ask(cmd, *daemon, func(ctx context.Context, c *client.Client) error {
			alerts, err := c.Alerts(ctx, client.Filter{State: *state})
			if err != nil {
				return err
			}
			slices.Reverse(alerts) // the newest last, next to the prompt
			for _, e := range alerts {
				if err := show(e); err != nil {
					return err
				}
			}
			if len(alerts) == 0 && !*asJSON {
				say(cmd.ErrOrStderr(), "no alerts")
			}
			return nil
		})
	}
	return cmd
}

func followAlerts(cmd *cobra.Command, daemon string, show func(*record.Event) error) error {
	c, err := client.New(daemon)
	if err != nil {
		return usageError{err}
	}
	defer c.Close()
	lost := func(err error) { say(cmd.ErrOrStderr(), "cutline: the daemon is away (%v): waiting", err) }
	return c.Follow(cmd.Context(), client.From{Types: []record.Type{record.AlertType}, Lost: lost}, func(m client.Message) error {
		return show(m.Event)
	})
}

// showAlert writes an alert as a change of it, or as one of a list.
func showAlert(out io.Writer, e *record.Event, asJSON, change bool) error {
	if asJSON {
		return writeJSON(out, e)
	}
	text := style(out).Listed(e.Alert)
	if change {
		text = style(out).Alert(e.Alert)
	}
	_, err := fmt.Fprintln(out, text)
	return err
}

// say writes a line that nobody depends on.
func say(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }

// writeJSON writes an event as a line of an events file.
func writeJSON(out io.Writer, e *record.Event) error {
	line, err := e.AppendJSON(nil)
	if err != nil {
		return err
	}
	_, err = out.Write(line)
	return err
}

func newRejects() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rejects",
		Short: "Show what a running daemon refused, and why",
		Long: `Lists the newest refused payloads, oldest first: the topic, the sensor, the field, the reason and the payload.

With --replay they go through the mapping of --config again, once that is mended. What is read now is published on its topic once more, so
that the daemon takes it as a new message of the time that it tells: reload the daemon first. What is refused still, and what tells no
time of its own and would count as of now, is not sent.`,
		Example: "  cutline rejects --sensor twr-01 --limit 5\n  cutline rejects --replay --config configs/cutline.yaml --limit 500",
		GroupID: "watch",
		Args:    exactly(0, "no arguments"),
	}
	daemon := daemonFlag(cmd)
	sensor := cmd.Flags().String("sensor", "", "only of this sensor")
	limit := cmd.Flags().Int("limit", 20, "at most so many")
	asJSON := cmd.Flags().Bool("json", false, "events as JSON lines, with the whole payload")
	again := replayFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if again.on {
			return again.run(cmd, *daemon, *sensor, *limit)
		}
		out := cmd.OutOrStdout()
		return ask(cmd, *daemon, func(ctx context.Context, c *client.Client) error {
			rejects, err := c.Rejects(ctx, *sensor, *limit)
			if err != nil {
				return err
			}
			slices.Reverse(rejects)
			for _, e := range rejects {
				if *asJSON {
					err = writeJSON(out, e)
				} else {
					_, err = fmt.Fprintln(out, style(out).Reject(e.Reject))
				}
				if err != nil {
					return err
				}
			}
			if len(rejects) == 0 && !*asJSON {
				say(cmd.ErrOrStderr(), "no rejects")
			}
			return nil
		})
	}
	return cmd
}

func newStatus() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say how a running daemon is",
		Long: `Shows each part of the daemon, since when it is so and what is wrong; then rates, and what each reader of the journal still
has before it. Exit code 0: all is well; 1: something is not, or the daemon is not there.`,
		GroupID: "watch",
		Args:    exactly(0, "no arguments"),
	}
	daemon := daemonFlag(cmd)
	asJSON := cmd.Flags().Bool("json", false, "as JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return ask(cmd, *daemon, func(ctx context.Context, c *client.Client) error {
			s, err := c.Status(ctx)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if *asJSON {
				enc := json.NewEncoder(out)
				enc.SetIndent("", "  ")
				err = enc.Encode(s)
			} else {
				_, err = fmt.Fprint(out, statusText(style(out), s))
			}
			if err == nil && !s.Ready {
				err = errors.New("not everything is well")
			}
			return err
		})
	}
	return cmd
}
