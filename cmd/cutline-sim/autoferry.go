package main

import (
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"cutline/internal/record"
	"cutline/simulator"
	"cutline/simulator/autoferry"
)

func newAutoferry() *cobra.Command {
	var data, out string
	var bearings bool
	cmd := &cobra.Command{
		Use:   "autoferry --data DIR --out DIR",
		Short: "Make a capture and truth of real radar and lidar returns",
		Long: `Reads one scenario of the Autoferry data set (det.csv, bear.csv, truth.csv) and writes cutline.yaml, capture.jsonl and truth.jsonl,
so that cutline replay and the score run on real returns. With --bearings the cameras' come in as well; most of those are background.
The figures that are given elsewhere for this set are taken with c = 20 m, 20 m to associate and 8 s of coasting.`,
		Example: `  cutline-sim autoferry --data autoferry/scenario2 --out ferry
  cutline replay --config ferry/cutline.yaml ferry/capture.jsonl > events.jsonl
  cutline-sim score --truth ferry/truth.jsonl --events events.jsonl --associate 20 --cutoff 20 --coast 8s`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if data == "" || out == "" {
				return usageError{errors.New("--data and --out are both needed")}
			}
			return writeAutoferry(cmd, data, out, bearings)
		},
	}
	cmd.Flags().StringVar(&data, "data", "", "folder of one scenario (required)")
	cmd.Flags().StringVar(&out, "out", "", "folder to write to; made if it is not there (required)")
	cmd.Flags().BoolVar(&bearings, "bearings", false, "the cameras' bearings too")
	return cmd
}

func writeAutoferry(cmd *cobra.Command, data, out string, bearings bool) (err error) {
	d, err := autoferry.Read(data)
	if err != nil {
		return err
	}
	if err := autoferry.WriteConfig(out, bearings); err != nil {
		return err
	}
	capture, err := create(cmd, filepath.Join(out, "capture.jsonl"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, capture.Close()) }()
	truth, err := create(cmd, filepath.Join(out, "truth.jsonl"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, truth.Close()) }()
	if err := d.Capture(bearings, simulator.Lines[record.Line](capture)); err != nil {
		return err
	}
	return d.Truth(simulator.Lines[record.Truth](truth))
}
