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
func (b *Book) against(l language, a *Alert) (all []string) {
	say := func(en, fr string, args ...any) { all = append(all, fmt.Sprintf(l.pick(en, fr), args...)) }
	if a.Gap > 0 {
		say("nobody looked for %s while it crossed", "personne n'a regardé pendant %s lors du franchissement", short(a.Gap.Round(time.Second)))
	}
	if len(a.Groups) == 1 && b.cfg.Groups > 1 {
		say("only %s has seen it: no independent sensor agrees", "seul %s l'a vu : aucun capteur indépendant ne le confirme", a.Groups[0])
	}
	if len(a.Groups) == 0 {
		say("no sensor's evidence is beyond doubt", "aucun capteur n'est hors de doute")
	}
	for _, group := range a.Doubts.Deny {
		say("%s should have seen it, and has not", "%s aurait dû le voir, et ne l'a pas vu", group)
	}
	for _, e := range a.Told.Evidence {
		if e.ResidualSigma > ill {
			say("%s fits badly: %s σ off", "%s concorde mal : à %s σ", e.Sensor, l.number(e.ResidualSigma))
		}
	}
	if p := a.Doubts.Animal; p >= mayBe && a.Told.Class != "animal" {
		say("it may be an animal (%s %%)", "c'est peut-être un animal (%s %%)", percent(p))
	}
	if p := a.Doubts.Exists; p < doubtExists {
		say("it may be nothing: there is a target with %s %%", "il n'y a peut-être rien : une cible existe à %s %%", percent(p))
	}
	if a.Fitted.Time > vagueTime {
		say("its time is known to ±%s only", "l'heure n'est connue qu'à ±%s près", short(a.Fitted.Time.Round(time.Second)))
	}
	if a.Fitted.Place > vaguePlace {
		say("its place is known to ±%.0f m only", "le lieu n'est connu qu'à ±%.0f m près", a.Fitted.Place)
	}
	return all
}
