package main

import (
	"context"
	"fmt"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cutline/internal/record"
	"cutline/internal/web/client"
)

// anAlert says what the first argument of these commands is.
const anAlert = "the id of an alert: see cutline alerts"

// answering makes a command that does something to the alert of its first argument, in the user's name. fill reads flags and further
// arguments into what is sent.
func answering(cmd *cobra.Command, fill func(args []string, a *client.Act) error) *cobra.Command {
	cmd.GroupID = "watch"
	daemon := daemonFlag(cmd)
	by := cmd.Flags().String("by", login(), "your name")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a := client.Act{Name: cmd.Name(), By: *by}
		if err := fill(args[1:], &a); err != nil {
			return usageError{fmt.Errorf("%s: %w", cmd.CommandPath(), err)}
		}
		return ask(cmd, *daemon, func(ctx context.Context, c *client.Client) error {
			alert, shown, err := c.Do(ctx, args[0], a)
			if err != nil {
				return err
			}
			if !shown {
				say(cmd.OutOrStdout(), "%s: taken, and safe in the journal; the daemon will show it when it has caught up", args[0])
				return nil
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), style(cmd.OutOrStdout()).Listed(alert.Alert))
			return err
		})
	}
	return cmd
}

func login() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// commentFlag adds --comment.
func commentFlag(cmd *cobra.Command, what string) *string {
	return cmd.Flags().String("comment", "", what)
}

func newAck() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ack ID",
		Short:   "Acknowledge an alert",
		Long:    "Acknowledges an alert in your name: it is no longer repeated. The acknowledgement is in the journal when the command returns.",
		Example: "  cutline ack 3fa1c0b2d4e5f607 --comment 'patrol sent'",
		Args:    exactly(1, anAlert),
	}
	comment := commentFlag(cmd, "what you did about it")
	return answering(cmd, func(_ []string, a *client.Act) error {
		a.Comment = *comment
		return nil
	})
}

func newResolve() *cobra.Command {
	verdicts := strings.Join(record.Verdicts(), ", ")
	cmd := &cobra.Command{
		Use:     "resolve ID --as VERDICT",
		Short:   "End an alert, with what it turned out to be",
		Long:    "Ends an alert in your name. The verdict is one of " + verdicts + "; what is learned of false alerts rests on it.",
		Example: "  cutline resolve 3fa1c0b2d4e5f607 --as animal --comment 'two deer on camera 2'",
		Args:    exactly(1, anAlert),
	}
	verdict := cmd.Flags().String("as", "", "what it was: "+verdicts)
	comment := commentFlag(cmd, "what there is to know about it")
	return answering(cmd, func(_ []string, a *client.Act) error {
		if !slices.Contains(record.Verdicts(), *verdict) {
			return fmt.Errorf("--as %q: say what it was: %s", *verdict, verdicts)
		}
		a.Verdict, a.Comment = *verdict, *comment
		return nil
	})
}

func newShelve() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "shelve ID --for DURATION --reason TEXT",
		Short: "Put an alert out of sight for a time",
		Long: `Puts an alert out of sight in your name, for at most 8 hours; then it comes back. It goes on being updated meanwhile, and
cutline alerts --state shelved shows it.`,
		Example: "  cutline shelve 3fa1c0b2d4e5f607 --for 2h --reason 'road works until noon'",
		Args:    exactly(1, anAlert),
	}
	long := cmd.Flags().Duration("for", 0, "how long, as in 30m or 2h")
	reason := cmd.Flags().String("reason", "", "why")
	return answering(cmd, func(_ []string, a *client.Act) error {
		switch {
		case *long < time.Second || *long > 8*time.Hour:
			return fmt.Errorf("--for %v: give 1s to 8h", *long)
		case strings.TrimSpace(*reason) == "":
			return fmt.Errorf("--reason is missing: say why it is shelved")
		}
		a.Seconds, a.Reason = long.Seconds(), *reason
		return nil
	})
}

func newUnshelve() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "unshelve ID",
		Short:   "Take an alert off the shelf",
		Example: "  cutline unshelve 3fa1c0b2d4e5f607",
		Args:    exactly(1, anAlert),
	}
	comment := commentFlag(cmd, "why")
	return answering(cmd, func(_ []string, a *client.Act) error {
		a.Comment = *comment
		return nil
	})
}

func newAssign() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "assign ID OWNER",
		Short:   "Say who sees to an alert",
		Long:    "Says who sees to an alert. An empty OWNER takes it from its owner.",
		Example: "  cutline assign 3fa1c0b2d4e5f607 'unit 7'\n  cutline assign 3fa1c0b2d4e5f607 ''",
		Args:    exactly(2, anAlert+", and a name"),
	}
	comment := commentFlag(cmd, "what they should know")
	return answering(cmd, func(args []string, a *client.Act) error {
		a.Owner, a.Comment = &args[0], *comment
		return nil
	})
}

func newComment() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "comment ID TEXT",
		Short:   "Write something to an alert",
		Example: "  cutline comment 3fa1c0b2d4e5f607 'seen from the road, two people'",
		Args:    exactly(2, anAlert+", and a text"),
	}
	return answering(cmd, func(args []string, a *client.Act) error {
		a.Comment = args[0]
		return nil
	})
}
