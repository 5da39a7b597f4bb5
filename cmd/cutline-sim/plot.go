package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"cutline/internal/score"
)

func newPlot() *cobra.Command {
	var truth, events, out string
	var where placeFlags
	cmd := &cobra.Command{
		Use:   "plot --truth FILE --out FILE",
		Short: "Draw a run as a map: one look tells what went wrong",
		Long: `Draws the true paths and, with --events, what a daemon made of them: tracks (red where they were nobody's), alerts (red where they
were false), crossings (a red cross where one was missed), and a close-up of each that went wrong. With --config or --scenario it draws
the border and what the sensors see as well. The map is an SVG, for any browser.`,
		Example: `  cutline-sim plot --truth truth.jsonl --events events.jsonl --scenario emerson --out map.svg
  cutline-sim plot --truth truth.jsonl --config site/cutline.yaml --out truth.svg`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if truth == "" || out == "" {
				return usageError{errors.New("--truth and --out are both needed")}
			}
			s, known, err := where.site()
			if err != nil {
				return err
			}
			o, place := options(score.Defaults(), &s, known)
			run := score.NewRun(o)
			if _, err := readRun(cmd, run, truth, events); err != nil {
				return err
			}
			svg := run.Plot(place)
			if out == "-" {
				_, err = cmd.OutOrStdout().Write(svg)
				return err
			}
			if err := os.WriteFile(out, svg, 0o600); err != nil {
				return fmt.Errorf("write --out: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&truth, "truth", "", "truth file of cutline-sim run (required)")
	cmd.Flags().StringVar(&events, "events", "", "events file of cutline replay; - is standard input")
	cmd.Flags().StringVar(&out, "out", "", "the SVG to write; - is standard output (required)")
	where.add(cmd)
	return cmd
}
