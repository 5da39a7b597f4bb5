package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"cutline/internal/app"
	"cutline/internal/replay"
)

func newReplay() *cobra.Command {
	var file, journal string
	var asRecorded bool
	cmd := &cobra.Command{
		Use:   "replay --config FILE [CAPTURE…]",
		Short: "Run captures, or a recorded journal, through the same decisions again",
		Long: `Takes the messages of captures in the order of their receipt through the same code as the daemon, as fast as it goes, and writes
the events: tracks, crossings, alerts, sensors, coverage, rejects. No broker, no clock, no database: the same captures and
configuration give the same bytes. Several captures are merged by their times; - is standard input.

With --from-journal it reads what a daemon has recorded, ticks and commands included. The daemon that wrote it must not be running.
--as-recorded has the sensors and the judgement change where the daemon's did; without it those of FILE hold all the time.`,
		Example: `  cutline replay --config configs/cutline.yaml day.jsonl > events.jsonl
  cutline replay --config configs/cutline.yaml --from-journal data/journal > events.jsonl`,
		GroupID: "offline",
	}
	cmd.Flags().StringVar(&file, "config", "", "the YAML file (required)")
	cmd.Flags().StringVar(&journal, "from-journal", "", "directory of a recorded journal, in place of captures")
	cmd.Flags().BoolVar(&asRecorded, "as-recorded", false, "of a journal: with the configurations that it holds, in place of FILE's")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if (journal == "") == (len(args) == 0) {
			return usageError{errors.New("replay: give captures, or --from-journal with a directory")}
		}
		cfg, err := load(cmd, file)
		if err != nil {
			return err
		}
		if journal != "" {
			return app.ReplayJournal(cmd.Context(), cfg, journal, asRecorded, cmd.OutOrStdout(), logger(cmd.ErrOrStderr(), false))
		}
		captures, closeAll, err := open(cmd, args)
		if err != nil {
			return err
		}
		defer closeAll()
		return app.Replay(cfg, captures, cmd.OutOrStdout())
	}
	return cmd
}

// open opens the captures by name.
func open(cmd *cobra.Command, names []string) (captures []*replay.Capture, closeAll func(), err error) {
	var files []*os.File
	closeAll = func() {
		for _, f := range files {
			_ = f.Close() // read only: nothing can be lost
		}
	}
	for _, name := range names {
		if name == "-" {
			captures = append(captures, replay.NewCapture("standard input", cmd.InOrStdin()))
			continue
		}
		f, err := os.Open(name) //nolint:gosec // the user names it
		if err != nil {
			closeAll()
			return nil, nil, fmt.Errorf("open capture: %w", err)
		}
		files = append(files, f)
		captures = append(captures, replay.NewCapture(name, f))
	}
	return captures, closeAll, nil
}

func newRecord() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "record --config FILE",
		Short: "Write what the feeds bring as a capture",
		Long: `Subscribes to the topics of the configuration beside the daemon, with a session of its own, and writes each message as a line to
standard output until it is interrupted. A capture is what cutline replay reads.`,
		Example: "  cutline record --config configs/cutline.yaml > capture.jsonl",
		GroupID: "offline",
		Args:    exactly(0, "no arguments: the file is --config"),
	}
	cmd.Flags().StringVar(&file, "config", "", "the YAML file (required)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := load(cmd, file)
		if err != nil {
			return err
		}
		return app.Record(cmd.Context(), cfg, cmd.OutOrStdout(), logger(cmd.ErrOrStderr(), false))
	}
	return cmd
}
