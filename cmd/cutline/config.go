package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"cutline/internal/config"
)

func newConfig() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "config",
		Short:   "Check, show and describe configurations",
		GroupID: "offline",
		Args:    exactly(0, "a command: check, test, show, fmt or schema"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConfigCheck(), newConfigTest(), newConfigShow(), newConfigFmt(), newConfigSchema())
	return cmd
}

func newConfigShow() *cobra.Command {
	var file string
	var effective bool
	cmd := &cobra.Command{
		Use:   "show --effective",
		Short: "Print every setting that holds, and where it comes from",
		Long: `Prints all settings as YAML, defaults and included files put in, each with the file and line that it comes from. Secrets are
masked.`,
		Example: "  cutline config show --effective --config configs/cutline.yaml",
		Args:    exactly(0, "no arguments: the file is --config"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !effective {
				return usageError{errors.New("config show: say --effective: the file itself you can read")}
			}
			cfg, err := load(cmd, file)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), cfg.Effective())
			return err
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "the YAML file (required)")
	cmd.Flags().BoolVar(&effective, "effective", false, "with defaults and includes")
	return cmd
}

func newConfigSchema() *cobra.Command {
	var tests bool
	cmd := &cobra.Command{
		Use:   "schema [--tests]",
		Short: "Print the JSON Schema of the configuration, for editors",
		Args:  exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			schema, err := config.Schema()
			if err != nil {
				return err
			}
			if tests {
				schema = config.CaseSchema()
			}
			_, err = cmd.OutOrStdout().Write(schema)
			return err
		},
	}
	cmd.Flags().BoolVar(&tests, "tests", false, "that of its tests, *_test.yaml")
	return cmd
}
