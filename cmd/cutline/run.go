package main

import (
	"github.com/spf13/cobra"

	"cutline/internal/app"
)

func newRun() *cobra.Command {
	var file string
	var verbose bool
	cmd := &cobra.Command{
		Use:   "run --config FILE",
		Short: "Run the daemon until it is told to stop",
		Long: `Runs the daemon. It stops in order on the first SIGINT or SIGTERM and at once on the second; both are safe, and so is kill -9:
what was acknowledged is in the journal, and the next start carries on from there.

It logs to standard error: text on a terminal, JSON elsewhere.`,
		Example: "  cutline run --config configs/cutline.yaml",
		GroupID: "daemon",
		Args:    exactly(0, "no arguments: the file is --config"),
	}
	cmd.Flags().StringVar(&file, "config", "", "the YAML file (required)")
	cmd.Flags().BoolVar(&verbose, "verbose", false, "log each connection and each retry")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := load(cmd, file)
		if err != nil {
			return err
		}
		return app.Run(cmd.Context(), cfg, logger(cmd.ErrOrStderr(), verbose), nil)
	}
	return cmd
}
