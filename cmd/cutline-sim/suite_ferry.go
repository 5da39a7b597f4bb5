package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cutline/internal/record"
	"cutline/internal/score"
	"cutline/simulator"
	"cutline/simulator/autoferry"
)

// ferries scores the scenarios of the Autoferry set that are there, without and with the cameras.
func (f *suiteFlags) ferries(cmd *cobra.Command) (out []result, _ error) {
	if f.ferry == "" {
		return nil, nil
	}
	folders, err := filepath.Glob(filepath.Join(f.ferry, "scenario*"))
	if err != nil {
		return nil, err
	}
	if len(folders) == 0 {
		cmd.PrintErrf("no Autoferry data in %s: its rows are left out\n", f.ferry)
		return nil, nil
	}
	slices.SortFunc(folders, func(a, b string) int { // by number: 2, 5, 16
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	for _, bearings := range []bool{false, true} {
		for _, folder := range folders {
			name := strings.TrimPrefix(filepath.Base(folder), "scenario")
			r, err := f.ferryRun(cmd.Context(), folder, bearings)
			if err != nil {
				return nil, fmt.Errorf("autoferry %s: %w", name, err)
			}
			if bearings {
				name += " + bearings"
			}
			out = append(out, result{name: name, runs: 1, report: r})
		}
	}
	return out, nil
}

func (f *suiteFlags) ferryRun(ctx context.Context, folder string, bearings bool) (_ score.Report, err error) {
	d, err := autoferry.Read(folder)
	if err != nil {
		return score.Report{}, err
	}
	dir, err := os.MkdirTemp("", "cutline-ferry-")
	if err != nil {
		return score.Report{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := autoferry.WriteConfig(dir, bearings); err != nil {
		return score.Report{}, err
	}
	file, err := os.Create(filepath.Join(dir, "capture.jsonl")) //nolint:gosec // in a folder of our own
	if err != nil {
		return score.Report{}, err
	}
	out := &outFile{Writer: bufio.NewWriterSize(file, 1<<16), closer: file}
	err = d.Capture(bearings, simulator.Lines[record.Line](out))
	if err := errors.Join(err, out.Close()); err != nil {
		return score.Report{}, err
	}
	run := score.NewRun(ferryOptions())
	if err := d.Truth(func(t record.Truth) error { run.AddTruth(&t); return nil }); err != nil {
		return score.Report{}, err
	}
	if err := f.replay(ctx, dir, run); err != nil {
		return score.Report{}, err
	}
	return run.Report(), nil
}

// ferryOptions are those of the figures that are given for the set.
func ferryOptions() score.Options {
	o := score.Defaults()
	o.Associate, o.Cutoff, o.Coast = 20, 20, 8*time.Second
	return o
}
