package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"cutline/internal/alert"
	"cutline/internal/record"
	"cutline/internal/web/client"
)

func newAdvice() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "advice [EVENTS…]",
		Short: "Propose rules from what people have resolved alerts as",
		Long: `Where people have resolved enough alerts of a place, a sensor or a class as animal, weather or false, it proposes a rule that
suppresses such alerts, and says what the rule would have hidden in the past, true crossings included. It changes nothing: who agrees
puts the rule into the configuration, under alert.suppress.

It reads the last days of a running daemon, or files of events, as cutline alerts --json and cutline replay write them.`,
		Example: `  cutline advice --days 30
  cutline advice events.jsonl > rules.yaml && cutline config check cutline.yaml`,
		GroupID: "watch",
	}
	daemon := daemonFlag(cmd)
	days := cmd.Flags().Int("days", 30, "of the daemon's past to read")
	least := cmd.Flags().Int("least", 5, "alerts that must have been resolved as nothing")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *days < 1 || *least < 1 {
			return usageError{errors.New("advice: --days and --least must be 1 or more")}
		}
		past, err := pastAlerts(cmd, *daemon, *days, args)
		if err != nil {
			return err
		}
		return showAdvice(cmd, alert.Advise(past, *least))
	}
	return cmd
}

func showAdvice(cmd *cobra.Command, all []alert.Advice) error {
	if len(all) == 0 {
		say(cmd.ErrOrStderr(), "no advice: nothing has been resolved as animal, weather or false often enough")
		return nil
	}
	out := cmd.OutOrStdout()
	if _, err := fmt.Fprintln(out, "alert:\n  suppress:"); err != nil {
		return err
	}
	for i := range all {
		if _, err := io.WriteString(out, all[i].YAML()); err != nil {
			return err
		}
	}
	return nil
}

// pastAlerts reads the changes of alerts from files, or from the daemon.
func pastAlerts(cmd *cobra.Command, daemon string, days int, files []string) (past []record.AlertEvent, err error) {
	take := func(e *record.Event) error {
		if e.Alert != nil {
			past = append(past, *e.Alert)
		}
		return nil
	}
	if len(files) == 0 {
		c, err := client.New(daemon)
		if err != nil {
			return nil, usageError{err}
		}
		defer c.Close()
		now := time.Now()
		return past, c.History(cmd.Context(), now.AddDate(0, 0, -days), now, take, record.AlertType)
	}
	for _, name := range files {
		if err := readEvents(cmd.Context(), name, take); err != nil {
			return nil, err
		}
	}
	return past, nil
}

// readEvents hands the events of a file to fn, one a line.
func readEvents(ctx context.Context, name string, fn func(*record.Event) error) error {
	f, err := os.Open(name) //nolint:gosec // the user names it
	if err != nil {
		return fmt.Errorf("open events: %w", err)
	}
	defer func() { _ = f.Close() }() // read only: nothing can be lost
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for n := 1; lines.Scan(); n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		var e record.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return fmt.Errorf("%s:%d: no event: %w", name, n, err)
		}
		if err := fn(&e); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}
