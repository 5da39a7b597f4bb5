package alert

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cutline/internal/record"
)

const (
	commandsRemembered = 256           // a client that got no answer gives a command again: the same id within so many is one
	longestShelf       = 8 * time.Hour // a shift; who wants longer says so again
	mostComments       = 200           // of one alert
	longestWords       = 2000          // characters of a comment
	longestName        = 100           // of a person
)

// fault is what is wrong with a command: the field, and what would be right. The zero one is none.
type fault struct{ path, reason string }

// Command does what an operator asked. A reason that is not empty says why nothing came of it, and path which field of the command
// it is about. A command that was done before, or an acknowledgement of what is acknowledged, is no fault and changes nothing. What is
// done to a row is done to all that stand behind it.
func (b *Book) Command(now time.Time, c *record.Command, out []record.Event) (_ []record.Event, path, reason string) {
	if c.ID != "" {
		if slices.Contains(b.state.Given, c.ID) {
			return out, "", ""
		}
		if len(b.state.Given) >= commandsRemembered {
			b.state.Given = slices.Delete(b.state.Given, 0, 1)
		}
		b.state.Given = append(b.state.Given, strings.Clone(c.ID)) // the record's memory is the journal's
	}
	a, wrong := b.addressed(c)
	if wrong.reason != "" {
		return out, wrong.path, wrong.reason
	}
	said := clone(c)
	for _, one := range append(b.behind(a), a) { // the row last: what ends behind it needs no row of its own
		out, wrong = b.obey(now, one, &said, out)
		if wrong.reason != "" {
			return out, wrong.path, wrong.reason
		}
	}
	return out, "", ""
}

// clone takes the words that are kept out of the record, whose memory is the journal's.
func clone(c *record.Command) record.Command {
	d := *c
	d.By, d.Owner, d.Comment, d.Verdict = strings.Clone(c.By), strings.Clone(c.Owner), strings.Clone(c.Comment), strings.Clone(c.Verdict)
	return d
}

// addressed checks the command by itself, and finds its alert.
func (b *Book) addressed(c *record.Command) (*Alert, fault) {
	names := []string{record.Ack, record.Shelve, record.Unshelve, record.Assign, record.Comment, record.Resolve}
	switch {
	case !slices.Contains(names, c.Name):
		return nil, fault{"name", fmt.Sprintf("%q: must be one of %s", c.Name, strings.Join(names, ", "))}
	case b.byID[c.Alert] == nil:
		return nil, fault{"alert", fmt.Sprintf("no alert %q is open", c.Alert)}
	case strings.TrimSpace(c.By) == "" || utf8.RuneCountInString(c.By) > longestName:
		return nil, fault{"by", fmt.Sprintf("must say who it is, in 1 to %d characters", longestName)}
	case utf8.RuneCountInString(c.Comment) > longestWords:
		return nil, fault{"comment", fmt.Sprintf("must be at most %d characters", longestWords)}
	}
	return b.byID[c.Alert], asked(c)
}

// asked checks the fields that the command's name asks for.
func asked(c *record.Command) fault {
	silent := strings.TrimSpace(c.Comment) == ""
	switch {
	case c.Name == record.Shelve && (c.For <= 0 || c.For > longestShelf):
		return fault{"for", fmt.Sprintf("%s: must be above 0 s and at most %s", c.For, short(longestShelf))}
	case c.Name == record.Shelve && silent:
		return fault{"comment", "is missing: say why it is shelved"}
	case c.Name == record.Comment && silent:
		return fault{"comment", "is missing: say what is to be noted"}
	case c.Name == record.Assign && utf8.RuneCountInString(c.Owner) > longestName:
		return fault{"owner", fmt.Sprintf("must be at most %d characters; empty takes it from its owner", longestName)}
	case c.Name == record.Resolve && !slices.Contains(record.Verdicts(), c.Verdict):
		return fault{"verdict", fmt.Sprintf("%q: must be one of %s", c.Verdict, strings.Join(record.Verdicts(), ", "))}
	}
	return fault{}
}

// obey does the command to one alert. What was so before is told of nobody.
func (b *Book) obey(now time.Time, a *Alert, c *record.Command, out []record.Event) ([]record.Event, fault) {
	t := &a.Told
	if len(t.Comments) >= mostComments && c.Comment != "" && c.Name != record.Shelve {
		return out, fault{"comment", fmt.Sprintf("the alert has %d already, which is the most", mostComments)}
	}
	told := c.Name == record.Comment
	switch c.Name {
	case record.Ack:
		if told = t.AckedBy == ""; told {
			at := now
			t.AckedBy, t.AckedAt = c.By, &at
		}
	case record.Shelve:
		t.Shelf, told = &record.Shelf{By: c.By, Until: now.Add(c.For), Reason: c.Comment}, true
	case record.Unshelve:
		told = t.Shelf != nil
		t.Shelf = nil
	case record.Assign:
		told = t.Owner != c.Owner
		t.Owner = c.Owner
	}
	if c.Comment != "" && c.Name != record.Shelve {
		t.Comments, told = append(t.Comments, record.Remark{By: c.By, Time: now, Text: c.Comment}), true
	}
	if c.Name == record.Resolve {
		t.Verdict, t.ResolvedBy = c.Verdict, c.By
		rule := bilingual{
			fmt.Sprintf("resolved by %s as %s", c.By, c.Verdict), fmt.Sprintf("traitée par %s : %s", c.By, french.verdict(c.Verdict)),
		}
		return b.end(now, a, rule, out), fault{}
	}
	if told {
		out = b.change(now, a, ChangeUpdate, out)
	}
	if rule := b.cfg.over(now, a); rule != (bilingual{}) {
		out = b.end(now, a, rule, out)
	}
	return out, fault{}
}
