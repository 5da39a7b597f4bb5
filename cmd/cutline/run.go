package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"cutline/internal/app"
	"cutline/internal/config"
)

// running is the command line of run.
type running struct {
	file, lastGood string
	verbose        bool
	watch          time.Duration
}

func newRun() *cobra.Command {
	var x running
	cmd := &cobra.Command{
		Use:   "run --config FILE",
		Short: "Run the daemon until it is told to stop",
		Long: `Runs the daemon. It stops in order on the first SIGINT or SIGTERM and at once on the second; both are safe, and so is kill -9:
what was acknowledged is in the journal, and the next start carries on from there.

When FILE or a file that it includes changes, on SIGHUP, or when the API asks for it, the configuration is loaded anew: sensors come and
go, and those that stay notice nothing. A configuration with faults changes nothing; the log and cutline status say what is wrong.

For a tower that nobody can reach: --last-known-good keeps a copy of each good configuration, and starts with it, saying so, when FILE has
faults.

It logs to standard error: text on a terminal, JSON elsewhere.`,
		Example: `  cutline run --config configs/cutline.yaml
  kill -HUP $(pidof cutline)                              load the configuration anew`,
		GroupID: "daemon",
		Args:    exactly(0, "no arguments: the file is --config"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return x.run(cmd) },
	}
	cmd.Flags().StringVar(&x.file, "config", "", "the YAML file (required)")
	cmd.Flags().BoolVar(&x.verbose, "verbose", false, "log each connection and each retry")
	cmd.Flags().DurationVar(&x.watch, "watch", 2*time.Second, "look so often whether the files have changed; 0: never")
	cmd.Flags().StringVar(&x.lastGood, "last-known-good", "", "a file that keeps the last good configuration, to start with when FILE is bad")
	return cmd
}

func (x *running) run(cmd *cobra.Command) error {
	log := logger(cmd.ErrOrStderr(), x.verbose)
	o := app.Options{File: x.file, Watch: x.watch, Keep: x.lastGood}
	cfg, err := load(cmd, x.file)
	if _, usage := errors.AsType[usageError](err); err != nil && (x.lastGood == "" || usage) {
		return err
	}
	if err != nil {
		if cfg, o.Faults, err = x.fallBack(cmd, err); err != nil {
			return err
		}
		log.Error("THE CONFIGURATION IS BAD: this is the last good one", "config", x.file, "faults", len(o.Faults), "copy", x.lastGood)
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	o.Hangup = hangups
	return app.Run(cmd.Context(), cfg, log, o)
}

// fallBack loads the copy of the last good configuration; bad is why that of the file is not used.
func (x *running) fallBack(cmd *cobra.Command, bad error) (config.Config, []config.Fault, error) {
	_, faults, err := config.Load(x.file)
	if err != nil {
		faults = []config.Fault{{Position: config.Position{File: x.file, Line: 1, Col: 1}, What: err.Error()}}
	}
	cfg, more, err := config.LoadKept(x.lastGood)
	if err != nil {
		return cfg, nil, errors.Join(bad, err)
	}
	for _, f := range more {
		say(cmd.ErrOrStderr(), "%s", f)
	}
	if len(more) > 0 {
		return cfg, nil, errors.Join(bad, errors.New("the last good configuration has faults too: a file or a variable that it needs is gone"))
	}
	return cfg, faults, nil
}
