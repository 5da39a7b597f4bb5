package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"cutline/simulator/load"
)

type verifyFlags struct {
	ledger, capture, tokenFile string
	influx                     load.Influx
	wait                       time.Duration
	json                       bool
}

// verifyAgain is the pause between two looks with --wait.
const verifyAgain = 2 * time.Second

func newVerify() *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify --ledger FILE (--influx URL --bucket NAME | --capture FILE)",
		Short: "Check that all detections of a load arrived",
		Long: `Compares the ledger of a load with what arrived, and says which detections are missing, by sensor and sequence, which arrived
twice and which were never sent.

With --influx it asks the InfluxDB that the daemon writes to, 2.x or 1.8 (whose bucket is database/retention-policy and whose
token is user:password), for the detections of the load's time. With --capture it looks for the ids in a file: a capture of
'cutline record', an export, a log; - is standard input.

Ends with 1 if an acknowledged detection is missing. Copies are told, and are no fault: QoS 1 allows them. So are detections that
arrived though their acknowledgement was lost on its way.`,
		Example: `  cutline-sim verify --ledger ledger.jsonl --influx http://127.0.0.1:8086 --org ops --bucket border --token-file token
  cutline-sim verify --ledger ledger.jsonl --influx http://127.0.0.1:8086 --bucket border/autogen --wait 1m
  cutline-sim verify --ledger ledger.jsonl --capture capture.jsonl --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runVerify(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.ledger, "ledger", "", "that cutline-sim load wrote (required)")
	flags.StringVar(&f.influx.URL, "influx", "", "URL of the InfluxDB, like http://127.0.0.1:8086")
	flags.StringVar(&f.influx.Bucket, "bucket", "", "of the InfluxDB; database/retention-policy for 1.8")
	flags.StringVar(&f.influx.Org, "org", "", "of the InfluxDB; 1.8 has none")
	flags.StringVar(&f.tokenFile, "token-file", "", "file that holds the token for the InfluxDB")
	flags.StringVar(&f.capture, "capture", "", "file in which the ids of what arrived stand; - is standard input")
	flags.DurationVar(&f.wait, "wait", 0, "with --influx: look again for this long while something is missing")
	flags.BoolVar(&f.json, "json", false, "print JSON, with all ranges")
	return cmd
}

func (f *verifyFlags) check() error {
	switch {
	case f.ledger == "":
		return errors.New("--ledger is missing: it is the file that cutline-sim load --ledger wrote")
	case (f.influx.URL == "") == (f.capture == ""):
		return errors.New("give --influx or --capture: where did the detections arrive?")
	case f.influx.URL == "" && (f.influx.Bucket != "" || f.influx.Org != "" || f.tokenFile != "" || f.wait != 0):
		return errors.New("--bucket, --org, --token-file and --wait go with --influx")
	case f.influx.URL != "" && f.influx.Bucket == "":
		return errors.New("--bucket is missing: the one that the daemon writes to")
	case f.wait < 0:
		return fmt.Errorf("--wait: %v is below 0", f.wait)
	}
	if u, err := url.Parse(f.influx.URL); f.influx.URL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("--influx: %q is no URL: want http://host:8086", f.influx.URL)
	}
	return nil
}

func runVerify(cmd *cobra.Command, f verifyFlags) (err error) {
	if err := f.check(); err != nil {
		return usageError{err}
	}
	if f.influx.Token, err = secret("--token-file", f.tokenFile); err != nil {
		return err
	}
	ledger, err := openLedger(f.ledger)
	if err != nil {
		return err
	}
	report, err := f.look(cmd, ledger)
	if err != nil {
		return err
	}
	if f.json {
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetIndent("", "  ")
		err = enc.Encode(report)
	} else {
		_, err = fmt.Fprint(cmd.OutOrStdout(), report.String())
	}
	if err == nil && !report.OK() {
		err = fmt.Errorf("%d of %d acknowledged detections are missing", report.Missing, report.Acked)
	}
	return err
}

func openLedger(name string) (*load.Ledger, error) {
	file, err := os.Open(name) //nolint:gosec // the user names it
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	defer file.Close() //nolint:errcheck // only read
	ledger, err := load.ReadLedger(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return ledger, nil
}

// look reads what arrived; with --wait again and again, until nothing is missing or the time is over.
func (f *verifyFlags) look(cmd *cobra.Command, ledger *load.Ledger) (load.Report, error) {
	if f.capture != "" {
		tally := ledger.NewTally()
		err := f.scan(cmd.InOrStdin(), func(id string) { tally.Take(id, "") })
		return tally.Report(), err
	}
	ctx := cmd.Context()
	for until := time.Now().Add(f.wait); ; {
		tally := ledger.NewTally()
		if err := f.influx.Read(ctx, ledger, tally.Take); err != nil {
			return load.Report{}, err
		}
		report := tally.Report()
		if report.OK() || time.Now().Add(verifyAgain).After(until) {
			return report, nil
		}
		cmd.PrintErrf("%d are missing yet\n", report.Missing)
		if err := sleep(ctx, verifyAgain); err != nil {
			return report, err
		}
	}
}

func (f *verifyFlags) scan(in io.Reader, take func(string)) error {
	if f.capture != "-" {
		file, err := os.Open(f.capture)
		if err != nil {
			return fmt.Errorf("open capture: %w", err)
		}
		defer file.Close() //nolint:errcheck // only read
		in = file
	}
	return load.ScanIDs(in, take)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
