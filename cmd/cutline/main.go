// Command cutline watches a border: it takes the feeds of sensors, makes one picture of them, and raises one alert per crossing.
// Each command has a file of its own; this one is flags, signals and the exit code.
//
// Exit codes: 0 done; 1 something failed, or a configuration has faults; 2 the command line is wrong.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"cutline/internal/config"
)

func main() { os.Exit(run()) }

// run is main with an exit code. The first signal asks for an ordered end; the second ends the process at once, which the journal makes
// safe.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	root := newRoot()
	return exit(root, root.ExecuteContext(ctx))
}

// usageError is a command line that cannot be meant.
type usageError struct{ error }

// unreadable is a file that config check, test or fmt was to read: a script must be able to tell it from a fault in the file.
type unreadable struct{ error }

// errFaults says that a configuration has faults, which have been printed.
var errFaults = errors.New("the configuration has faults")

func exit(root *cobra.Command, err error) int {
	if err == nil {
		return 0
	}
	say(root.ErrOrStderr(), "cutline: %v", err)
	if _, wrong := errors.AsType[unreadable](err); wrong {
		return 2
	}
	if _, wrong := errors.AsType[usageError](err); wrong {
		say(root.ErrOrStderr(), "Run 'cutline --help', or --help of the command, for what there is.")
		return 2
	}
	return 1
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "cutline",
		Short: "Watch a border: many sensors in, one picture, one alert per crossing",
		Long: `cutline takes the MQTT feeds of towers, ground sensors, drones and helicopters at a border, fuses them into tracks, writes
everything to InfluxDB and raises one alert per real crossing, with its evidence.

Try it without any hardware:     cutline demo
Run it:                          cutline run --config configs/cutline.yaml
What is going on:                cutline status, cutline alerts --follow
Check what you have written:     cutline config check configs/cutline.yaml
Ask again of a recorded day:     cutline replay --config configs/cutline.yaml day.jsonl`,
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
	root.AddGroup(
		&cobra.Group{ID: "daemon", Title: "The daemon:"},
		&cobra.Group{ID: "watch", Title: "A running daemon, from a terminal:"},
		&cobra.Group{ID: "offline", Title: "Without one:"},
	)
	root.AddCommand(newDemo(), newRun(), newReplay(), newRecord(), newConfig(), newSensor(), newNotify())
	root.AddCommand(newAlerts(), newStatus(), newRejects(), newAdvice())
	root.AddCommand(newAck(), newResolve(), newShelve(), newUnshelve(), newAssign(), newComment())
	return root
}

// exactly refuses another number of arguments; what says what they are.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usageError{fmt.Errorf("%s takes %s, but got %q", cmd.CommandPath(), what, args)}
		}
		return nil
	}
}

// load reads the configuration that a command runs with. With faults it prints all of them.
func load(cmd *cobra.Command, file string) (config.Config, error) {
	if file == "" {
		return config.Config{}, usageError{fmt.Errorf("%s: --config is missing: try --config configs/cutline.yaml", cmd.CommandPath())}
	}
	cfg, faults, err := config.Load(file)
	if err != nil {
		return cfg, err
	}
	if len(faults) > 0 {
		for _, f := range faults {
			say(cmd.ErrOrStderr(), "%s", f)
		}
		return cfg, fmt.Errorf("%s: %w: %s", file, errFaults, count(len(faults), "fault"))
	}
	return cfg, nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// logger writes text for people on a terminal, and JSON for machines elsewhere.
func logger(w io.Writer, verbose bool) *slog.Logger {
	level := slog.LevelInfo
	if verbose {
		level = slog.LevelDebug
	}
	o := &slog.HandlerOptions{Level: level}
	if terminal(w) {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}

// columns of the terminal w, 0 if it is none.
func columns(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// terminal says whether w is one. Colours and lines that change in place are for terminals only.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}
