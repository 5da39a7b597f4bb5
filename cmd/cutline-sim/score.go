package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"cutline/internal/score"
)

type scoreFlags struct {
	truth, events string
	json, strict  bool
	lineKM        float64
}

func newScore() *cobra.Command {
	var f scoreFlags
	cmd := &cobra.Command{
		Use:   "score --truth FILE --events FILE",
		Short: "Score a daemon's events against the truth",
		Long: `Compares the events of a run with its truth: crossings found, false and double alerts, errors of place and time, delay; and
how well tracks followed targets (SIAP, GOSPA, CLEAR-MOT, IDF1).

Lines that cannot be read are named on standard error and left out; with --strict they end the command with code 1.`,
		Example: `  cutline-sim score --truth truth.jsonl --events events.jsonl
  cutline replay --config site/cutline.yaml day.jsonl | cutline-sim score --truth truth.jsonl --events - --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runScore(cmd, f) },
	}
	cmd.Flags().StringVar(&f.truth, "truth", "", "truth file of cutline-sim run (required)")
	cmd.Flags().StringVar(&f.events, "events", "", "events file of cutline replay; - is standard input (required)")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON instead of a table")
	cmd.Flags().BoolVar(&f.strict, "strict", false, "end with code 1 if a line of either file is broken")
	cmd.Flags().Float64Var(&f.lineKM, "line-km", 0, "length of the watched line, for false alerts per km and day")
	return cmd
}

func runScore(cmd *cobra.Command, f scoreFlags) error {
	if f.truth == "" || f.events == "" {
		return usageError{errors.New("--truth and --events are both needed")}
	}
	truth, truthFaults, err := readFile(cmd, f.truth, score.ReadTruth)
	if err != nil {
		return err
	}
	if len(truth) == 0 {
		return fmt.Errorf("%s: holds no truth to score against", f.truth)
	}
	events, eventFaults, err := readFile(cmd, f.events, score.ReadEvents)
	if err != nil {
		return err
	}
	o := score.Defaults()
	o.LineKM = f.lineKM
	report := score.Of(truth, events, o)
	if f.json {
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		err = enc.Encode(report)
	} else {
		_, err = fmt.Fprint(cmd.OutOrStdout(), report)
	}
	if faults := errors.Join(truthFaults, eventFaults); err == nil && f.strict && faults != nil {
		return errors.New("broken lines, named above")
	}
	return err
}

// readFile reads a file of lines. Faults are those of single lines, printed already; the error is that of the file.
func readFile[T any](cmd *cobra.Command, name string, read func(io.Reader) ([]T, error)) (all []T, faults, err error) {
	in := cmd.InOrStdin()
	if name != "-" {
		file, err := os.Open(name) //nolint:gosec // the user names it
		if err != nil {
			return nil, nil, fmt.Errorf("open: %w", err)
		}
		defer file.Close() //nolint:errcheck // only read
		in = file
	}
	if all, faults = read(in); faults != nil {
		cmd.PrintErrf("%s: broken lines, left out:\n%v\n", name, faults)
	}
	return all, faults, nil
}
