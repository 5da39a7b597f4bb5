package alert

import (
	"fmt"
	"time"
)

// state of an open alert, from what has happened to it. A shelf hides whatever else holds, and only for its time.
func (a *Alert) state() string {
	switch {
	case a.Told.Shelf != nil:
		return Shelved
	case a.Off != "":
		return OutOfService
	case a.Told.FoldedInto != "", a.Told.SuppressedBy != "":
		return Suppressed
	case a.Told.AckedBy != "":
		return Acknowledged
	case !a.Gone.IsZero():
		return Returned
	}
	return Unacknowledged
}

// over gives the rule by which an alert ends that no person has resolved; none while it lasts, is on a shelf, or belongs to somebody, who
// is to say what it was. A crossing that somebody has seen waits a while for a verdict; one that nobody has seen waits for the next
// shift, and so does a sensor that was tampered with.
func (c Config) over(now time.Time, a *Alert) (rule bilingual) {
	if a.Gone.IsZero() || a.Told.Shelf != nil || a.Told.Owner != "" {
		return bilingual{}
	}
	what, limit := bilingual{"it has been over", "c'est terminé"}, c.SettleAfter
	lost := bilingual{"its track has been lost", "sa piste est perdue"}
	acked := a.Told.AckedBy != ""
	switch kind := a.Told.Kind; {
	case a.Told.SuppressedBy != "":
	case kind == Crossing && acked:
		what, limit = lost, c.EndAfter
	case kind == Crossing:
		what, limit = lost, c.ForgetAfter
	case acked:
		limit = 0
	case kind == SensorTamper:
		limit = c.ForgetAfter
	}
	switch gone := now.Sub(a.Gone); {
	case gone < limit:
		return bilingual{}
	case limit == 0:
		return bilingual{"acknowledged, and over", "acquittée, et terminée"}
	case acked:
		return bilingual{
			fmt.Sprintf("acknowledged, and %s for %s", what.en, short(limit)), fmt.Sprintf("acquittée, et %s depuis %s", what.fr, short(limit)),
		}
	default:
		return bilingual{
			fmt.Sprintf("%s for %s, and nobody acknowledged it", what.en, short(limit)),
			fmt.Sprintf("%s depuis %s, et personne ne l'a acquittée", what.fr, short(limit)),
		}
	}
}

// short writes a duration as people do: 15m, not 15m0s.
func short(d time.Duration) string {
	switch {
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d >= time.Minute && d%time.Minute == 0:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}
