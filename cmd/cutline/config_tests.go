package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"cutline/internal/config"
)

func newConfigTest() *cobra.Command {
	var file string
	var verbose bool
	cmd := &cobra.Command{
		Use:   "test --config FILE [TEST…]",
		Short: "Run the tests that stand beside a configuration: this payload gives these detections",
		Long: `Runs tests of a configuration. Each TEST is a file *_test.yaml; left out, they are those in the folders of FILE and of what it
includes. A test says what a sensor sends and what must become of it; docs/configuration.md tells how. Nothing is started or sent.

Exit code 0: all pass; 1: some do not, or FILE has faults; 2: a file can't be read.`,
		Example: "  cutline config test --config configs/cutline.yaml",
		RunE: func(cmd *cobra.Command, tests []string) error {
			cfg, err := load(cmd, file)
			if err != nil {
				return err
			}
			if len(tests) == 0 {
				if tests, err = cfg.CaseFiles(); err != nil {
					return err
				}
			}
			if len(tests) == 0 {
				return errors.New("there are no tests: write one into a file *_test.yaml beside the configuration")
			}
			return runCases(cmd.OutOrStdout(), cfg, tests, verbose)
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "the YAML file (required)")
	cmd.Flags().BoolVar(&verbose, "verbose", false, "name the tests that pass, too")
	return cmd
}

func runCases(out io.Writer, cfg config.Config, files []string, verbose bool) error {
	run, failed := 0, 0
	for _, file := range files {
		cases, err := config.Cases(file)
		if err != nil {
			return unreadable{err}
		}
		for i := range cases {
			c := &cases[i]
			run++
			differences, err := c.Run(cfg.Sensors)
			switch {
			case err != nil:
				differences = []string{err.Error()}
				fallthrough
			case len(differences) > 0:
				failed++
				say(out, "%v: FAIL %s", c.Position, c.Name)
				for _, d := range differences {
					say(out, "    %s", d)
				}
			case verbose:
				say(out, "%v: ok   %s", c.Position, c.Name)
			}
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %s failed", failed, count(run, "test"))
	}
	say(out, "%s passed", count(run, "test"))
	return nil
}
