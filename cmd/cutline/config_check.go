package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"cutline/internal/app"
	"cutline/internal/config"
)

// checking is the command line of config check.
type checking struct{ json, strict, connect bool }

// checked is what it finds, and its answer as JSON.
type checked struct {
	Files       []string         `json:"files"`
	Faults      []config.Fault   `json:"faults"`
	Warnings    []config.Fault   `json:"warnings"`
	Connections []app.Connection `json:"connections,omitempty"`
}

func newConfigCheck() *cobra.Command {
	var x checking
	cmd := &cobra.Command{
		Use:   "check FILE…",
		Short: "Tell every fault of a configuration at once, with its place",
		Long: `Reads each FILE, and what it includes, and prints every fault as file:line:col: path: what, with the line and a mark below the
place. A warning is about what works, but is hardly meant. Nothing is started, and no server is asked unless --connect says so: then the
broker, InfluxDB and the ways out are tried as the daemon would use them.

Exit code 0: no faults; 1: some, or with --strict a warning, or a server that does not take us; 2: a FILE can't be read.`,
		Example: `  cutline config check configs/cutline.yaml
  cutline config check --connect --json site.yaml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("config check: name a file: try configs/cutline.yaml")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, files []string) error { return x.run(cmd, files) },
	}
	cmd.Flags().BoolVar(&x.json, "json", false, "one JSON object in place of lines")
	cmd.Flags().BoolVar(&x.strict, "strict", false, "a warning is as bad as a fault")
	cmd.Flags().BoolVar(&x.connect, "connect", false, "also try the servers that are named")
	return cmd
}

func (x *checking) run(cmd *cobra.Command, files []string) error {
	all := checked{Files: files, Faults: []config.Fault{}, Warnings: []config.Fault{}}
	for _, file := range files {
		cfg, faults, err := config.Load(file)
		if err != nil {
			return unreadable{err}
		}
		all.Faults = append(all.Faults, faults...)
		all.Warnings = append(all.Warnings, cfg.Warnings()...)
		if x.connect && len(faults) == 0 {
			all.Connections = append(all.Connections, app.Connect(cmd.Context(), cfg)...)
		}
		if !x.json {
			x.print(cmd.OutOrStdout(), file, &cfg, faults)
		}
	}
	if x.json {
		text, err := json.MarshalIndent(all, "", "  ")
		if err != nil {
			return err
		}
		say(cmd.OutOrStdout(), "%s", text)
	}
	for _, c := range all.Connections {
		if !x.json {
			say(cmd.OutOrStdout(), "%s", c)
		}
	}
	return x.judge(&all)
}

func (x *checking) print(to io.Writer, file string, cfg *config.Config, faults []config.Fault) {
	for _, f := range faults {
		say(to, "%s", f)
		_, _ = io.WriteString(to, f.Caret()) // as say has it: what can't be printed can't be told either
	}
	for _, w := range cfg.Warnings() {
		w.What = "warning: " + w.What
		say(to, "%s", w)
		_, _ = io.WriteString(to, w.Caret())
	}
	if len(faults) == 0 {
		say(to, "%s: no faults%s", file, among(len(cfg.Warnings()), "warning"))
	}
}

// among is ", 2 warnings", nothing for none.
func among(n int, what string) string {
	if n == 0 {
		return ""
	}
	return ", " + count(n, what)
}

func (x *checking) judge(all *checked) error {
	away := 0
	for _, c := range all.Connections {
		if !c.OK {
			away++
		}
	}
	switch {
	case len(all.Faults) > 0:
		return fmt.Errorf("%w: %s%s", errFaults, count(len(all.Faults), "fault"), among(len(all.Warnings), "warning"))
	case away > 0:
		return fmt.Errorf("the configuration is good, but not all servers take us: %d of %d do not", away, len(all.Connections))
	case x.strict && len(all.Warnings) > 0:
		return fmt.Errorf("the configuration has %s", count(len(all.Warnings), "warning"))
	}
	return nil
}
