package main

import (
	"time"

	"github.com/spf13/cobra"

	"cutline/internal/demo"
)

func newDemo() *cobra.Command {
	var o demo.Options
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the whole job on this machine, without any hardware",
		Long: `Starts the daemon with its embedded broker and journal, a simulated day at the border, and a real InfluxDB, all on loopback. It
shows the feeds' rates, and each alert as it is raised; at the end, or on Ctrl-C, what was seen against the truth, and how many
points InfluxDB holds.

While it runs, try in another terminal:  cutline status,  cutline alerts --follow,  cutline ack ID`,
		Example: `  cutline demo
  cutline demo --seed 7 --duration 5m
  cutline demo --influx off --data kept`,
		GroupID: "daemon",
		Args:    exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Out = cmd.OutOrStdout()
			o.Style, o.Terminal, o.Columns = style(o.Out), terminal(o.Out), func() int { return columns(o.Out) }
			return demo.Run(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Scenario, "scenario", "emerson", "scenario that is built in, or a YAML file")
	flags.Uint64Var(&o.Seed, "seed", 1, "of the simulated day: another seed is another day")
	flags.Float64Var(&o.Speed, "speed", 1, "hurry the day, up to 10: targets move that many times as fast")
	flags.DurationVar(&o.Duration, "duration", 0*time.Second, "of the scenario, like 5m (default: what the scenario says)")
	flags.StringVar(&o.HTTP, "http", "", "address of the API (default 127.0.0.1:8080, or a free port if that is taken)")
	flags.StringVar(&o.Data, "data", "", "directory for journal and database, kept afterwards (default: a temporary one)")
	flags.StringVar(&o.Influx, "influx", "", "URL of another InfluxDB, or off (default: our own, started and ended by the demo)")
	flags.BoolVar(&o.Verbose, "verbose", false, "show the daemon's log")
	return cmd
}
