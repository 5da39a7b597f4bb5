package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"cutline/internal/geo"
	"cutline/internal/score"
	"cutline/simulator"
	"cutline/simulator/site"
)

type scoreFlags struct {
	truth, events, page string
	place               placeFlags
	json, strict        bool
	compare             bool
	lineKM              float64
	o                   score.Options
}

// placeFlags say where the line is and where the sensors look.
type placeFlags struct{ config, scenario string }

func newScore() *cobra.Command {
	f := scoreFlags{o: score.Defaults()}
	cmd := &cobra.Command{
		Use:   "score --truth FILE --events FILE | score --compare A.json B.json",
		Short: "Score a daemon's events against the truth",
		Long: `Compares the events of a run with its truth: crossings found, false and double alerts, errors of place and time, delay; and
how well tracks followed targets (SIAP, GOSPA, OSPA, CLEAR-MOT, IDF1, HOTA, NEES). Beside a figure stands how sure it is.

With --config or --scenario it knows the line and the sensors: then there are false alerts per km and day, and the recall of crossings
that a radar or a ground sensor could see for 10 s around. Lines that cannot be read are named on standard error, counted in the report
and left out; with --strict they end the command with code 1.

--compare lays two reports made by --json side by side, and says which differences are more than noise.`,
		Example: `  cutline-sim score --truth truth.jsonl --events events.jsonl --scenario emerson
  cutline replay --config site/cutline.yaml day.jsonl | cutline-sim score --truth truth.jsonl --events - --json > b.json
  cutline-sim score --truth truth.jsonl --events events.jsonl --config site/cutline.yaml --html score.html
  cutline-sim score --compare a.json b.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if !f.compare {
				return noArgs(cmd, args)
			}
			if len(args) != 2 {
				return usageError{fmt.Errorf("--compare takes two reports, but got %d: A.json B.json", len(args))}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.compare {
				return compareScores(cmd, args[0], args[1], f.json)
			}
			return runScore(cmd, f)
		},
	}
	cmd.Flags().StringVar(&f.truth, "truth", "", "truth file of cutline-sim run (required)")
	cmd.Flags().StringVar(&f.events, "events", "", "events file of cutline replay; - is standard input (required)")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON instead of a table")
	cmd.Flags().StringVar(&f.page, "html", "", "write the report with its map to this file as well")
	cmd.Flags().BoolVar(&f.strict, "strict", false, "end with code 1 if a line of either file is broken")
	cmd.Flags().BoolVar(&f.compare, "compare", false, "compare two reports of --json")
	cmd.Flags().Float64Var(&f.lineKM, "line-km", 0, "length of the watched line (default: the configuration's), for alerts per km and day")
	cmd.Flags().DurationVar(&f.o.Duration, "duration", 0, "of the run, for alerts per km and day (default: the truth's, from first to last)")
	cmd.Flags().Float64Var(&f.o.Associate, "associate", f.o.Associate, "metres within which a track may be a target's")
	cmd.Flags().Float64Var(&f.o.Cutoff, "cutoff", f.o.Cutoff, "c of GOSPA and OSPA, metres")
	cmd.Flags().DurationVar(&f.o.Coast, "coast", f.o.Coast, "how long a track without a new event is taken as shown")
	f.place.add(cmd)
	return cmd
}

func (p *placeFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.config, "config", "", "the daemon's configuration: for the line and the sensors")
	cmd.Flags().StringVar(&p.scenario, "scenario", "", "the scenario, in place of --config")
}

// site reads the place; false if none was given.
func (p *placeFlags) site() (site.Site, bool, error) {
	switch {
	case p.config != "" && p.scenario != "":
		return site.Site{}, false, usageError{errors.New("give --config or --scenario, not both")}
	case p.config != "":
		s, err := site.Open(p.config)
		return s, true, err
	case p.scenario != "":
		scenario, err := simulator.Load(p.scenario)
		if err != nil {
			return site.Site{}, false, err
		}
		s, err := site.Of(scenario)
		return s, true, err
	}
	return site.Site{}, false, nil
}

// options of a score at a place. A camera looks elsewhere most of the time, so it alone does not make a crossing covered.
func options(o score.Options, s *site.Site, known bool) (score.Options, score.Place) {
	place := score.Place{}
	if !known {
		return o, place
	}
	o.LineKM = s.LineKM()
	place = score.Place{Sides: s.Sides, Lines: append([][]geo.LLA{}, s.Lines...)}
	for _, d := range s.Sensors {
		v := score.View{Sensor: d.ID, Kind: d.Kind, Lat: d.Lat, Lon: d.Lon, Reach: d.Reach, From: d.From, Width: d.Width}
		place.Views = append(place.Views, v)
		if d.Kind == "radar" || d.Kind == "ground" {
			o.Views = append(o.Views, v)
		}
	}
	return o, place
}

func runScore(cmd *cobra.Command, f scoreFlags) error {
	if f.truth == "" || f.events == "" {
		return usageError{errors.New("--truth and --events are both needed")}
	}
	where, known, err := f.place.site()
	if err != nil {
		return err
	}
	o, place := options(f.o, &where, known)
	if f.lineKM > 0 {
		o.LineKM = f.lineKM
	}
	run := score.NewRun(o)
	broken, err := readRun(cmd, run, f.truth, f.events)
	if err != nil {
		return err
	}
	report := run.Report()
	if f.page != "" {
		if err := os.WriteFile(f.page, report.HTML(f.truth+" and "+f.events, run.Plot(place)), 0o600); err != nil {
			return fmt.Errorf("write --html: %w", err)
		}
	}
	if f.json {
		err = printJSON(cmd, report)
	} else {
		_, err = fmt.Fprint(cmd.OutOrStdout(), report)
	}
	if err == nil && f.strict && broken {
		return errors.New("broken lines, named above")
	}
	return err
}

// readRun reads both files; broken says that lines were left out, and that they have been named.
func readRun(cmd *cobra.Command, run *score.Run, truth, events string) (broken bool, err error) {
	faulty, err := readLines(cmd, truth, run.ReadTruth)
	if err != nil {
		return false, err
	}
	if run.Empty() {
		return false, fmt.Errorf("%s: holds no truth to score against", truth)
	}
	if events == "" {
		return faulty, nil
	}
	more, err := readLines(cmd, events, run.ReadEvents)
	return faulty || more, err
}

// readLines reads a file of lines. Faults of single lines are printed; the error is that of the file.
func readLines(cmd *cobra.Command, name string, read func(io.Reader) error) (broken bool, err error) {
	in := cmd.InOrStdin()
	if name != "-" {
		file, err := os.Open(name) //nolint:gosec // the user names it
		if err != nil {
			return false, fmt.Errorf("open: %w", err)
		}
		defer file.Close() //nolint:errcheck // only read
		in = file
	}
	if faults := read(in); faults != nil {
		cmd.PrintErrf("%s: broken lines, left out:\n%v\n", name, faults)
		return true, nil
	}
	return false, nil
}

func printJSON(cmd *cobra.Command, v any) error {
	enc := json.NewEncoder(cmd.OutOrStdout())
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func compareScores(cmd *cobra.Command, a, b string, asJSON bool) error {
	var reports [2]score.Report
	for i, name := range []string{a, b} {
		data, err := os.ReadFile(name) //nolint:gosec // the user names it
		if err != nil {
			return fmt.Errorf("read report: %w", err)
		}
		if err := json.Unmarshal(data, &reports[i]); err != nil {
			return fmt.Errorf("read report %s: %w", name, err)
		}
		if reports[i].Tracks.Seconds == 0 && reports[i].Crossings.True == 0 {
			return fmt.Errorf("read report %s: it is no report of score --json", name)
		}
	}
	changes := score.Compare(reports[0], reports[1])
	if asJSON {
		return printJSON(cmd, changes)
	}
	_, err := fmt.Fprint(cmd.OutOrStdout(), score.Table(changes))
	return err
}
