package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"cutline/internal/config"
)

func newConfigFmt() *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "fmt FILE…",
		Short: "Lay out configuration files alike, comments and all",
		Long: `Rewrites each FILE with two spaces for each level, a list's dashes below their key, and no space at the ends of lines; it names
the files that it has changed. Comments, order and what stands on a line stay. A file that would say anything else afterwards is left
as it is.`,
		Example: "  cutline config fmt configs/cutline.yaml configs/sensors/*.yaml",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("config fmt: name a file: try configs/cutline.yaml")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, files []string) error {
			changed := 0
			for _, file := range files {
				is, err := layOut(file, check)
				if err != nil {
					return err
				}
				if is {
					changed++
					say(cmd.OutOrStdout(), "%s", file)
				}
			}
			if check && changed > 0 {
				return fmt.Errorf("%s not laid out", count(changed, "file"))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "change nothing: name the files that would change, with exit code 1 if there are any")
	return cmd
}

// layOut formats a file, and says whether it was laid out otherwise.
func layOut(file string, check bool) (changed bool, err error) {
	info, err := os.Stat(file)
	if err != nil {
		return false, unreadable{err}
	}
	before, err := os.ReadFile(file) //nolint:gosec // the user names it
	if err != nil {
		return false, unreadable{err}
	}
	after, err := config.Format(before)
	if err != nil {
		return false, fmt.Errorf("%s: %w", file, err)
	}
	if bytes.Equal(before, after) {
		return false, nil
	}
	if check {
		return true, nil
	}
	if err := os.WriteFile(file+".new", after, info.Mode().Perm()); err != nil { //nolint:gosec // beside the file that the user names
		return false, fmt.Errorf("config fmt: %w", err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return false, fmt.Errorf("config fmt: %w", err)
	}
	return true, nil
}
