// Package screen writes alerts, rejects and states for people at a terminal.
//
// A line is one fact, begins with its time, and means the same without colour: what a colour says, a word says too. Styles are
// used only if the writer was found to be a terminal. All of it is pure: values in, text out.
package screen

import (
	"fmt"
	"strings"
	"time"

	"cutline/internal/record"
)

// Style says whether escape sequences for colours may be used.
type Style bool

// The two styles.
const (
	Plain Style = false
	ANSI  Style = true
)

const (
	bold   = "1"
	dim    = "2"
	red    = "1;31"
	yellow = "33"
	green  = "32"
	cyan   = "36"
)

func (s Style) paint(code, text string) string {
	if !s {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Bold is for headings, and for what is new.
func (s Style) Bold(text string) string { return s.paint(bold, text) }

// Dim is for what matters less.
func (s Style) Dim(text string) string { return s.paint(dim, text) }

// Bad is for what somebody must act on.
func (s Style) Bad(text string) string { return s.paint(red, text) }

// Warn is for what is not as it should be.
func (s Style) Warn(text string) string { return s.paint(yellow, text) }

// Good is for what is as it should be.
func (s Style) Good(text string) string { return s.paint(green, text) }

// Clock is a time of day in UTC, to the second.
func Clock(t time.Time) string { return t.UTC().Format("15:04:05") + "Z" }

// Day is a time in UTC with its date, to the second.
func Day(t time.Time) string { return t.UTC().Format(time.DateTime) + "Z" }

// Alert is one change of an alert in two lines: what happened and how sure it is; the second says who saw it, and by which id it is
// acknowledged.
func (s Style) Alert(a *record.AlertEvent) string {
	word := map[string]string{"new": "ALERT ", "update": "update", "end": "end   "}[a.Change]
	return fmt.Sprintf("%s  %s  %s  %s\n           %s", Clock(a.Time), s.change(a.Change, word), s.priority(a.Priority), a.Text,
		s.Dim(detail(a, a.State)))
}

// Listed is one alert of a list that may reach back for days: its date and its state come first.
func (s Style) Listed(a *record.AlertEvent) string {
	state := fmt.Sprintf("%-14s", a.State)
	switch a.State {
	case "unacknowledged":
		state = s.Bold(state)
	case "resolved":
		state = s.Dim(state)
	}
	done := ""
	if a.AckedBy != "" {
		done = "by " + a.AckedBy
	}
	return fmt.Sprintf("%s  %s  %s  %s\n                      %s", Day(a.Time), state, s.priority(a.Priority), a.Text, s.Dim(detail(a, done)))
}

func (s Style) change(change, word string) string {
	switch change {
	case "new":
		return s.Bold(word)
	case "end":
		return s.Dim(word)
	}
	return word
}

func (s Style) priority(p string) string {
	word := fmt.Sprintf("%-8s", p)
	switch p {
	case "critical", "high":
		return s.Bad(word)
	case "medium":
		return s.Warn(word)
	}
	return s.paint(cyan, word)
}

// detail is where, by whom and how sure, for those that have a place and sensors. What is simulated says so first.
func detail(a *record.AlertEvent, state string) string {
	var parts []string
	if a.Simulated {
		parts = append(parts, "SIMULATED")
	}
	if a.Kind == "crossing" {
		place := fmt.Sprintf("%s at %.5f, %.5f", a.Direction, a.Lat, a.Lon)
		parts = append(parts, place, fmt.Sprintf("%s %.0f %%", a.Level, min(99, 100*a.Confidence))) // nothing is certain
	}
	var sensors []string
	for _, e := range a.Evidence {
		sensors = append(sensors, e.Sensor)
	}
	if len(sensors) > 0 {
		parts = append(parts, strings.Join(sensors, " "))
	}
	if state != "" {
		parts = append(parts, state)
	}
	parts = append(parts, "id "+a.ID)
	return strings.Join(parts, " · ")
}

// Reject is one refused payload in a line, and the beginning of the payload in a second.
func (s Style) Reject(r *record.RejectEvent) string {
	who := r.Sensor
	if who == "" {
		who = "no sensor"
	}
	where := r.Path
	if where == "" {
		where = "the payload"
	}
	return fmt.Sprintf("%s  reject  %s  %s: %s\n                      %s", Day(r.Received), s.Warn(who), s.Bold(where), r.Reason,
		s.Dim(r.Topic+"  "+shorten(r.Payload, 160)))
}

// Fit cuts a line to columns, counted in runes, so that it can be written again in its place; 0 columns cut nothing.
func Fit(line string, columns int) string {
	if runes := []rune(line); columns > 0 && len(runes) > columns {
		return string(runes[:columns-1]) + "…"
	}
	return line
}

// shorten makes a payload printable: a control character must not reach the terminal.
func shorten(payload []byte, limit int) string {
	var b strings.Builder
	for _, r := range string(payload[:min(len(payload), limit)]) {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			r = '·'
		}
		b.WriteRune(r)
	}
	if len(payload) > limit {
		fmt.Fprintf(&b, "… (%d bytes)", len(payload))
	}
	return b.String()
}
