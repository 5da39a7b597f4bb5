// Command cutline-sim plays a day at the border: it publishes what sensors would see, writes down the truth, and scores what a
// daemon made of it. It puts a daemon under load as well, and checks that nothing was lost. Each command has a file of its name;
// this one is flags, signals and the exit code.
//
// Exit codes: 0 done; 1 something failed; 2 the command line is wrong.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	root := newRoot()
	err := root.ExecuteContext(ctx)
	stop()
	os.Exit(exit(root, err))
}

// usageError is a command line that cannot be meant.
type usageError struct{ error }

func exit(root *cobra.Command, err error) int {
	if err == nil {
		return 0
	}
	root.PrintErrf("cutline-sim: %v\n", err)
	if _, wrong := errors.AsType[usageError](err); wrong {
		root.PrintErrln("Run 'cutline-sim --help', or --help of the command, for what there is.")
		return 2
	}
	return 1
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "cutline-sim",
		Short: "Play a day at the border, and score what a daemon made of it",
		Long: `cutline-sim plays a day at the border: people, vehicles and animals that move, and sensors that see them badly.
It publishes what the sensors send, or writes it as a capture; it writes the truth beside it, and scores the daemon's
events against that truth. No hardware, no real data. Every message is marked as simulated.`,
		Example: `  cutline-sim run --scenario emerson --seed 7 --capture day.jsonl --truth truth.jsonl
  cutline-sim config --scenario emerson --out site
  cutline replay --config site/cutline.yaml day.jsonl > events.jsonl
  cutline-sim score --truth truth.jsonl --events events.jsonl
  cutline-sim load --broker tcp://127.0.0.1:1883 --rate 5000 --ledger ledger.jsonl
  cutline-sim verify --ledger ledger.jsonl --influx http://127.0.0.1:8086 --bucket border`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unknown command %q", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newRun(), newConfig(), newScore(), newPlot(), newAutoferry(), newSuite())
	root.AddCommand(newScenarios(), newLoad(), newVerify())
	return root
}

// noArgs refuses positional arguments by name: every input of these commands is a flag.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes no arguments, but got %q: inputs are given as flags", cmd.Name(), args[0])}
	}
	return nil
}
