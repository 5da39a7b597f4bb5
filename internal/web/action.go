package web

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cutline/internal/record"
)

// Bounds of what a person may write, in bytes of the body and characters of a text.
const (
	maxBody    = 16 << 10
	maxBy      = 100
	maxComment = 2000
	maxID      = 200
	maxShelf   = 8 * time.Hour // ISA-18.2 wants a shelf to be timed: no longer than a shift
)

// action is one thing that a person can do to an alert or to a track.
type action struct {
	name   string   // of the command
	fields []string // of the body, beside "by"
	needs  []string // those of them that must be there
	track  bool     // it is done to a track, not to an alert

	// shown says whether an event shows what the command asked for, where before is the one on which the person acted.
	shown func(before, now *record.Event, c *record.Command) bool
	// again: what is so already is no command; asking twice changes nothing.
	again bool
}

func actions() []action {
	return []action{
		{name: record.Ack, fields: []string{"comment"}, shown: showsAck, again: true},
		{name: record.Shelve, fields: []string{"for_s", "reason"}, needs: []string{"for_s", "reason"}, shown: showsShelf},
		{name: record.Unshelve, fields: []string{"comment"}, shown: showsNoShelf, again: true},
		{name: record.Assign, fields: []string{"owner", "comment"}, needs: []string{"owner"}, shown: showsOwner, again: true},
		{name: record.Comment, fields: []string{"comment"}, needs: []string{"comment"}, shown: showsComment},
		{name: record.Resolve, fields: []string{"verdict", "comment"}, needs: []string{"verdict"}, shown: showsVerdict, again: true},
		{name: record.Split, fields: []string{"other", "comment"}, track: true, shown: showsSplit},
		{name: record.Friendly, fields: []string{"undo", "comment"}, track: true, shown: showsFriendly, again: true},
	}
}

// done says whether an event shows all that the command asked for: where the rest was so before, its comment.
func (a *action) done(before, now *record.Event, c *record.Command) bool {
	if a.again && !a.track && a.shown(before, before, c) {
		return showsComment(before, now, c)
	}
	return a.shown(before, now, c)
}

func showsAck(_, now *record.Event, _ *record.Command) bool {
	switch now.Alert.State {
	case "unacknowledged", "returned":
		return false
	case "acknowledged", "resolved":
		return true
	}
	return now.Alert.AckedBy != ""
}

func showsShelf(before, now *record.Event, c *record.Command) bool {
	shelf := now.Alert.Shelf
	return now != before && shelf != nil && shelf.By == c.By && shelf.Reason == c.Comment
}

func showsNoShelf(_, now *record.Event, _ *record.Command) bool { return now.Alert.Shelf == nil }

func showsOwner(_, now *record.Event, c *record.Command) bool { return now.Alert.Owner == c.Owner }

func showsComment(before, now *record.Event, c *record.Command) bool {
	count := func(a *record.AlertEvent) (n int) {
		for _, r := range a.Comments {
			if r.By == c.By && r.Text == c.Comment {
				n++
			}
		}
		return n
	}
	return count(now.Alert) > count(before.Alert)
}

func showsVerdict(_, now *record.Event, c *record.Command) bool {
	return now.Alert.State == "resolved" && now.Alert.Verdict == c.Verdict
}

// showsSplit: the other is no longer part of the track; where it was none, any later word of the track will do.
func showsSplit(before, now *record.Event, c *record.Command) bool {
	was, is := before.Track.Lineage, now.Track.Lineage
	switch {
	case c.Other != "" && slices.Contains(was, c.Other):
		return !slices.Contains(is, c.Other)
	case c.Other == "" && len(was) > 0:
		return len(is) < len(was)
	}
	return now != before
}

func showsFriendly(_, now *record.Event, c *record.Command) bool {
	return now.Track.Friendly == !c.Undo
}

// fieldOf is the body's name of what the core calls path.
func (a *action) fieldOf(path string) string {
	switch {
	case path == "for":
		return "for_s"
	case path == "comment" && a.name == record.Shelve:
		return "reason"
	}
	return path
}

// take reads the body into a command. A fault names the field.
func (a *action) take(body map[string]json.RawMessage, c *record.Command) error {
	known := append([]string{"by"}, a.fields...)
	for name := range body {
		if !slices.Contains(known, name) {
			return wrong(name, "there is no such field: send %s", list(known))
		}
	}
	for _, name := range known {
		raw, given := body[name]
		if !given && (name == "by" || slices.Contains(a.needs, name)) {
			return wrong(name, "is missing: send %s", list(append([]string{"by"}, a.needs...)))
		}
		if !given {
			continue
		}
		if err := a.field(name, raw, c); err != nil {
			return err
		}
	}
	return nil
}

func (a *action) field(name string, raw json.RawMessage, c *record.Command) error {
	least := 0
	if slices.Contains(a.needs, name) {
		least = 1
	}
	switch name {
	case "by":
		return text(name, raw, 1, maxBy, &c.By)
	case "owner":
		return text(name, raw, 0, maxBy, &c.Owner) // the empty one takes it from its owner
	case "comment", "reason":
		return text(name, raw, least, maxComment, &c.Comment)
	case "other":
		return text(name, raw, least, maxID, &c.Other)
	case "verdict":
		if json.Unmarshal(raw, &c.Verdict) != nil || !slices.Contains(record.Verdicts(), c.Verdict) {
			return wrong(name, "%s is no verdict: there are %s", raw, list(record.Verdicts()))
		}
	case "undo":
		if json.Unmarshal(raw, &c.Undo) != nil {
			return wrong(name, "%s: send true or false", raw)
		}
	case "for_s":
		var seconds float64
		if json.Unmarshal(raw, &seconds) != nil || !(seconds >= 1 && seconds <= maxShelf.Seconds()) {
			return wrong(name, "%s: send seconds, from 1 to %v", raw, maxShelf.Seconds())
		}
		c.For = time.Duration(math.Round(seconds * float64(time.Second)))
	}
	return nil
}

// text reads a string of so many characters, without the space around it.
func text(name string, raw json.RawMessage, least, most int, into *string) error {
	if err := json.Unmarshal(raw, into); err != nil || string(raw) == "null" {
		return wrong(name, "send a text")
	}
	*into = strings.TrimSpace(*into)
	if n := utf8.RuneCountInString(*into); n < least || n > most {
		return wrong(name, "has %d characters: send %d to %d", n, least, most)
	}
	return nil
}

// fault is a request that is refused: the code, the field that is wrong, and what would be right.
type fault struct {
	code  int
	field string
	what  string
	alert *record.Event // as it is, where a command came too late for it
}

func (f *fault) Error() string {
	if f.field == "" {
		return f.what
	}
	return f.field + ": " + f.what
}

// wrong is a bad field or parameter.
func wrong(field, format string, args ...any) error {
	return &fault{code: http.StatusBadRequest, field: field, what: fmt.Sprintf(format, args...)}
}
