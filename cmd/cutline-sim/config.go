package main

import (
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"cutline/simulator"
)

func newConfig() *cobra.Command {
	var scenario, out string
	cmd := &cobra.Command{
		Use:   "config --scenario NAME|FILE --out DIR",
		Short: "Write the daemon's configuration for a scenario",
		Long: `Writes DIR/cutline.yaml, with every sensor of the scenario, and the border's file that it includes. What was there of these
names is overwritten.`,
		Example: `  cutline-sim config --scenario emerson --out site
  cutline config check site/cutline.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if scenario == "" || out == "" {
				return usageError{errors.New("--scenario and --out are both needed: try --scenario emerson --out site")}
			}
			s, err := simulator.Load(scenario)
			if err != nil {
				return err
			}
			if err := s.WriteConfig(out); err != nil {
				return err
			}
			cmd.PrintErrf("wrote %s\n", filepath.Join(out, "cutline.yaml"))
			return nil
		},
	}
	cmd.Flags().StringVar(&scenario, "scenario", "", "name of a scenario that is built in, or a YAML file (required)")
	cmd.Flags().StringVar(&out, "out", "", "folder to write to; made if it is not there (required)")
	return cmd
}
