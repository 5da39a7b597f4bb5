package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"cutline/internal/record"
	"cutline/internal/score"
	"cutline/simulator"
	"cutline/simulator/site"
)

type suiteFlags struct {
	program, scenarios, ferry, out, reports, commit string
	first, seeds, jobs                              int
	duration                                        time.Duration
}

func newSuite() *cobra.Command {
	var f suiteFlags
	cmd := &cobra.Command{
		Use:   "suite --cutline PROGRAM",
		Short: "Score all scenarios with several seeds, offline, and write the table",
		Long: `Plays every scenario with every seed, runs each through cutline replay, and writes the pooled figures as a Markdown table. With
--autoferry it adds the real data's, beside those of other trackers. Runs go side by side; the same program gives the same figures.`,
		Example: `  cutline-sim suite --cutline bin/cutline --seeds 5 --out docs/score.md
  cutline-sim suite --cutline bin/cutline --scenarios emerson,decoy --duration 5m`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSuite(cmd, f) },
	}
	cmd.Flags().StringVar(&f.program, "cutline", "bin/cutline", "the daemon's program, for its replay")
	cmd.Flags().StringVar(&f.scenarios, "scenarios", "", "names or files, with commas (default: all that are built in)")
	cmd.Flags().StringVar(&f.ferry, "autoferry", "", "folder of the Autoferry data; where it is not, those rows are left out")
	cmd.Flags().StringVar(&f.out, "out", "-", "the table to write; - is standard output")
	cmd.Flags().StringVar(&f.reports, "reports", "", "folder for each scenario's pooled report as JSON, for score --compare")
	cmd.Flags().StringVar(&f.commit, "commit", "unknown", "what the table says was measured")
	cmd.Flags().IntVar(&f.seeds, "seeds", 3, "how many seeds")
	cmd.Flags().IntVar(&f.first, "first", 1, "the first seed, so that figures come of seeds that nothing was tuned on")
	cmd.Flags().IntVar(&f.jobs, "jobs", 2, "runs side by side")
	cmd.Flags().DurationVar(&f.duration, "duration", 0, "of each scenario at most (default: what the scenario says)")
	return cmd
}

// result is a scenario's pooled report.
type result struct {
	name   string
	runs   int
	report score.Report
	took   time.Duration // of all replays, wall clock
}

func runSuite(cmd *cobra.Command, f suiteFlags) error {
	if f.first < 1 || f.seeds < 1 || f.jobs < 1 {
		return usageError{errors.New("--first, --seeds and --jobs must be 1 at least")}
	}
	program, err := filepath.Abs(f.program)
	if err != nil {
		return err
	}
	if _, err := os.Stat(program); err != nil {
		return fmt.Errorf("--cutline: %w: make build makes it", err)
	}
	f.program = program
	names := simulator.Names()
	if f.scenarios != "" {
		names = strings.Split(f.scenarios, ",")
	}
	results, err := f.all(cmd, names)
	if err != nil {
		return err
	}
	ferries, err := f.ferries(cmd)
	if err != nil {
		return err
	}
	for _, r := range results {
		if err := f.keep(r); err != nil {
			return err
		}
	}
	text := suiteTable(f, results, ferries, time.Now())
	if f.out == "-" {
		_, err = fmt.Fprint(cmd.OutOrStdout(), text)
		return err
	}
	if err := os.WriteFile(f.out, []byte(text), 0o644); err != nil { //nolint:gosec // a document
		return fmt.Errorf("write --out: %w", err)
	}
	return nil
}

func (f *suiteFlags) keep(r result) error {
	if f.reports == "" {
		return nil
	}
	if err := os.MkdirAll(f.reports, 0o750); err != nil {
		return fmt.Errorf("write --reports: %w", err)
	}
	data, err := json.Marshal(r.report)
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	return os.WriteFile(filepath.Join(f.reports, filepath.Base(r.name)+".json"), data, 0o600)
}

// all runs scenarios × seeds, so many side by side. The first failure ends the others.
func (f *suiteFlags) all(cmd *cobra.Command, names []string) ([]result, error) {
	ctx, stop := context.WithCancel(cmd.Context())
	defer stop()
	type job struct{ scenario, seed int }
	jobs := make(chan job) // unbuffered: who is free takes the next
	reports := make([][]score.Report, len(names))
	took := make([]time.Duration, len(names))
	for i := range reports {
		reports[i] = make([]score.Report, f.seeds)
	}
	var mu sync.Mutex // guards took, errs and the terminal
	var errs []error
	var workers sync.WaitGroup
	for range f.jobs {
		workers.Go(func() {
			for j := range jobs {
				begin := time.Now()
				seed := f.first + j.seed
				r, err := f.one(ctx, names[j.scenario], uint64(seed)) //nolint:gosec // not negative
				mu.Lock()
				if err != nil {
					errs = append(errs, fmt.Errorf("%s, seed %d: %w", names[j.scenario], seed, err))
					stop()
				} else {
					reports[j.scenario][j.seed] = r
					took[j.scenario] += time.Since(begin)
					cmd.PrintErrf("%s, seed %d: %d of %d found, %d false, completeness %.3f, %.1f s\n", names[j.scenario], seed,
						r.Crossings.Found, r.Crossings.True, r.Crossings.False, r.Tracks.Completeness, time.Since(begin).Seconds())
				}
				mu.Unlock()
			}
		})
	}
feed:
	for i := range names {
		for seed := range f.seeds {
			select {
			case jobs <- job{i, seed}:
			case <-ctx.Done():
				break feed
			}
		}
	}
	close(jobs)
	workers.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var out []result
	for i, name := range names {
		out = append(out, result{name: name, runs: f.seeds, report: score.Pool(reports[i]), took: took[i]})
	}
	return out, nil
}

// one plays a scenario, replays what came of it, and scores that.
func (f *suiteFlags) one(ctx context.Context, name string, seed uint64) (_ score.Report, err error) {
	s, err := simulator.Load(name)
	if err != nil {
		return score.Report{}, err
	}
	dir, err := os.MkdirTemp("", "cutline-suite-")
	if err != nil {
		return score.Report{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := s.WriteConfig(dir); err != nil {
		return score.Report{}, err
	}
	where, err := site.Open(filepath.Join(dir, "cutline.yaml"))
	if err != nil {
		return score.Report{}, err
	}
	o, _ := options(score.Defaults(), &where, true)
	o.Settle = 30 * time.Second // a crossing in the last half minute nobody could have decided
	o.Duration = cmp.Or(f.bounded(s), time.Duration(s.Duration))
	run := score.NewRun(o)
	play, err := simulator.New(s, simulator.Options{Seed: seed, Start: simulator.DefaultStart(), Duration: f.bounded(s)})
	if err != nil {
		return score.Report{}, err
	}
	capture := filepath.Join(dir, "capture.jsonl")
	file, err := os.Create(capture) //nolint:gosec // in a folder of our own
	if err != nil {
		return score.Report{}, err
	}
	out := &outFile{Writer: bufio.NewWriterSize(file, 1<<16), closer: file}
	err = play.Write(simulator.Sinks{
		Capture: simulator.Lines[record.Line](out),
		Truth:   func(t record.Truth) error { run.AddTruth(&t); return nil },
	})
	if err := errors.Join(err, out.Close()); err != nil {
		return score.Report{}, err
	}
	if err := f.replay(ctx, dir, run); err != nil {
		return score.Report{}, err
	}
	return run.Report(), nil
}

// bounded is the duration to play: 0 is the scenario's own.
func (f *suiteFlags) bounded(s *simulator.Scenario) time.Duration {
	if f.duration > 0 && f.duration < time.Duration(s.Duration) {
		return f.duration
	}
	return 0
}

// replay runs cutline.yaml and capture.jsonl of dir, and takes in the events as they come.
func (f *suiteFlags) replay(ctx context.Context, dir string, run *score.Run) error {
	cmd := exec.CommandContext(ctx, f.program, "replay", "--config", "cutline.yaml", "capture.jsonl") //nolint:gosec // --cutline
	cmd.Dir = dir
	var said strings.Builder
	cmd.Stderr = &said
	events, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start cutline replay: %w", err)
	}
	broken := run.ReadEvents(events)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("cutline replay: %w: %s", err, strings.TrimSpace(said.String()))
	}
	if broken != nil {
		return fmt.Errorf("events of cutline replay: %w", broken)
	}
	return nil
}
