package alert

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cutline/internal/record"
)

// The journal keeps a command once, but a client that got no answer gives it again: the same id within so many commands is one.
const commandsRemembered = 256

// Command does what an operator asked. A reason that is not empty says why nothing came of it, and path which field of the command
// it is about. A command that was done before, or an
// acknowledgement of what is acknowledged, is no fault and changes nothing.
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
	if c.Name != record.Ack {
		return out, "name", fmt.Sprintf("%q: must be %q", c.Name, record.Ack)
	}
	k := b.find(c.Alert)
	if k < 0 {
		return out, "alert", fmt.Sprintf("no alert %q is open", c.Alert)
	}
	a := &b.state.Open[k]
	if a.Told.State == Acknowledged {
		return out, "", ""
	}
	a.Told.State, a.Told.AckedBy = Acknowledged, strings.Clone(c.By)
	out = b.change(now, a, ChangeUpdate, out)
	if !a.Gone.IsZero() {
		out = b.end(now, k, "acknowledged, and its track is lost", out)
	}
	return out, "", ""
}
