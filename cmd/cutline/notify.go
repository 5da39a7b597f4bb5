package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cutline/internal/app"
	"cutline/internal/config"
	"cutline/internal/notify"
)

func newNotify() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "notify",
		Short:   "Try the ways out of alerts, and see what receivers have refused",
		GroupID: "offline",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newNotifyTest(), newNotifyRefused())
	return cmd
}

func newNotifyTest() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "test [ROUTE…]",
		Short: "Send a test alert to each receiver, and its end",
		Long: `Sends an alert that says that it is a test to the receiver of each ROUTE of notify.routes, of all if none is named, then its end,
and tells what came of it. The daemon need not run. The route's wishes (priorities, hours, …) are not asked.

Exit code 0: all receivers have confirmed it; 1: some have not.`,
		Example: `  cutline notify test --config configs/cutline.yaml
  cutline notify test phone --config configs/cutline.yaml`,
		RunE: func(cmd *cobra.Command, routes []string) error {
			cfg, err := load(cmd, file)
			if err != nil {
				return err
			}
			return notifyTest(cmd, cfg, routes)
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "the configuration")
	return cmd
}

// tryIn bounds the whole of a test.
const tryIn = 2 * time.Minute

func notifyTest(cmd *cobra.Command, cfg config.Config, routes []string) error {
	for _, id := range routes {
		if !slices.ContainsFunc(cfg.Notify.Routes, func(r notify.Route) bool { return r.ID == id }) {
			return usageError{fmt.Errorf("notify test: %q is no route of notify.routes", id)}
		}
	}
	if len(cfg.Notify.Routes) == 0 {
		return errors.New("notify test: there is no route in notify.routes: docs/outputs.md shows some")
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), tryIn)
	defer cancel()
	failed := 0
	for _, t := range notify.Try(ctx, cfg.Notify, notify.Deps{Site: app.NotifySite(cfg)}, routes...) {
		if t.Err == nil {
			say(cmd.OutOrStdout(), "ok    %s: the receiver has it, after %d ms", t.Route, t.Took.Milliseconds())
			continue
		}
		failed++
		at := cfg.Fault("notify."+t.Path, t.Err.Error())
		at.Path = "notify.routes[" + t.Route + t.Path[strings.Index(t.Path, "]"):] // people know a route by its id
		say(cmd.OutOrStdout(), "FAIL  %s: %s", t.Route, at)
	}
	if failed > 0 {
		return fmt.Errorf("notify test: %s did not take it", count(failed, "receiver"))
	}
	return nil
}

func newNotifyRefused() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "refused",
		Short: "List the alerts that a receiver refused for good",
		Long: `Prints a JSON line for each alert that a receiver would never take: when, by which route, why, and the alert. They are kept in
notify.dir, a file for each route; delete a file to be done with it.`,
		Example: `  cutline notify refused --config configs/cutline.yaml`,
		Args:    exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd, file)
			if err != nil {
				return err
			}
			all, err := notify.ReadRefused(cfg.Notify)
			if err != nil {
				return err
			}
			out := json.NewEncoder(cmd.OutOrStdout())
			for i := range all {
				if err := out.Encode(&all[i]); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "the configuration")
	return cmd
}
