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
func (c Config) over(now time.Time, a *Alert) string {
	if a.Gone.IsZero() || a.Told.Shelf != nil || a.Told.Owner != "" {
		return ""
	}
	what, limit := "it has been over", c.SettleAfter
	acked := a.Told.AckedBy != ""
	switch kind := a.Told.Kind; {
	case a.Told.SuppressedBy != "":
	case kind == Crossing && acked:
		what, limit = "its track has been lost", c.EndAfter
	case kind == Crossing:
		what, limit = "its track has been lost", c.ForgetAfter
	case acked:
		limit = 0
	case kind == SensorTamper:
		limit = c.ForgetAfter
	}
	switch gone := now.Sub(a.Gone); {
	case gone < limit:
		return ""
	case limit == 0:
		return "acknowledged, and over"
	case acked:
		return fmt.Sprintf("acknowledged, and %s for %s", what, short(limit))
	default:
		return fmt.Sprintf("%s for %s, and nobody acknowledged it", what, short(limit))
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
