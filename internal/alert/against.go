package alert

import (
	"fmt"
	"time"
)

// Bounds from which something speaks against an alert, and is said.
const (
	vagueTime   = 10 * time.Second
	vaguePlace  = 25.0 // m
	ill         = 3.0  // σ: one of 370 good measurements is further off
	mayBe       = .2   // probability of another class
	doubtExists = .9
)

// against lists what speaks against a crossing, for who must decide whether to send somebody. It is as the alert's own figures say: what
// has not been noted down can't be held against it.
func (b *Book) against(a *Alert) (all []string) {
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if a.Gap > 0 {
		say("nobody looked for %s while it crossed", short(a.Gap.Round(time.Second)))
	}
	if len(a.Groups) == 1 && b.cfg.Groups > 1 {
		say("only %s has seen it: no independent sensor agrees", a.Groups[0])
	}
	if len(a.Groups) == 0 {
		say("no sensor's evidence is beyond doubt")
	}
	for _, group := range a.Doubts.Deny {
		say("%s should have seen it, and has not", group)
	}
	for _, e := range a.Told.Evidence {
		if e.ResidualSigma > ill {
			say("%s fits badly: %.1f σ off", e.Sensor, e.ResidualSigma)
		}
	}
	if p := a.Doubts.Animal; p >= mayBe && a.Told.Class != "animal" {
		say("it may be an animal (%s %%)", percent(p))
	}
	if p := a.Doubts.Exists; p < doubtExists {
		say("it may be nothing: there is a target with %s %%", percent(p))
	}
	if a.Fitted.Time > vagueTime {
		say("its time is known to ±%s only", short(a.Fitted.Time.Round(time.Second)))
	}
	if a.Fitted.Place > vaguePlace {
		say("its place is known to ±%.0f m only", a.Fitted.Place)
	}
	return all
}
