package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"cutline/simulator"
)

func newScenarios() *cobra.Command {
	return &cobra.Command{
		Use:   "scenarios",
		Short: "List the scenarios that are built in",
		Long:  "Lists the scenarios that are built in: the name, which run and config take as --scenario, and what it is.",
		Example: `  cutline-sim scenarios
  cutline-sim run --scenario emerson --capture day.jsonl --truth truth.jsonl`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, name := range simulator.Names() {
				s, err := simulator.Load(name)
				if err != nil {
					return err
				}
				_, _ = fmt.Fprintf(table, "%s\t%s\n", name, s.About)
			}
			return table.Flush()
		},
	}
}
