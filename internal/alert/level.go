package alert

import (
	"fmt"
	"math"
	"time"

	"cutline/internal/track"
)

// Levels of a crossing, from the weakest.
const (
	Inferred  = "inferred"
	Probable  = "probable"
	Confirmed = "confirmed"
)

// verdict is all that a level hangs on.
type verdict struct {
	confidence float64
	groups     int           // that agree
	certainFor time.Duration // how long the track's existence has been certain
	gap        time.Duration // 0 unless nobody looked while it crossed
}

// level says how good a crossing is, and in a few words why. A gap stays inferred for good: more looks at the track on this side
// say nothing of how it got there.
func (c Config) level(v verdict) (level string, rule bilingual) {
	long := int(c.LongFor.Seconds())
	switch {
	case v.gap > 0:
		s := int(v.gap.Round(time.Second).Seconds())
		return Inferred, bilingual{
			fmt.Sprintf("nobody looked for %d s over the line", s), fmt.Sprintf("personne n'a regardé pendant %d s sur la ligne", s),
		}
	case v.confidence < c.ConfirmAt:
		p := percent(c.ConfirmAt)
		return Probable, bilingual{fmt.Sprintf("below %s %%", p), fmt.Sprintf("moins de %s %%", comma(p))}
	case v.groups >= c.Groups:
		return Confirmed, bilingual{
			fmt.Sprintf("%d independent groups agree", v.groups), fmt.Sprintf("%d groupes indépendants concordent", v.groups),
		}
	case v.groups >= 1 && v.certainFor >= c.LongFor:
		return Confirmed, bilingual{fmt.Sprintf("one group, certain for %d s", long), fmt.Sprintf("un groupe, certain depuis %d s", long)}
	}
	return Probable, bilingual{
		fmt.Sprintf("%d of %d independent groups, not yet certain for %d s", v.groups, c.Groups, long),
		fmt.Sprintf("%d groupes indépendants sur %d, pas encore certain depuis %d s", v.groups, c.Groups, long),
	}
}

// confidence in a crossing: the log-odds of the target being there, of its existence and one capped vote per independent group
// (sensors on one mast err together), times the probability that it was on one side and is on the other.
func (c Config) confidence(t *track.Track, votes []vote, crossed float64) float64 {
	r := math.Max(1e-6, math.Min(1-1e-6, t.Existence))
	odds := math.Log(r / (1 - r))
	for _, v := range votes {
		odds += math.Max(-c.VoteCap, math.Min(c.VoteCap, v.ratio))
	}
	return crossed / (1 + math.Exp(-odds))
}

// vote is what one group says: the sum of its sensors' log-likelihood ratios.
type vote struct {
	group string
	ratio float64
}

// votes counts the evidence that is not older than since, group by group in the order in which they first saw the track.
func votes(t *track.Track, since time.Time, into []vote) []vote {
evidence:
	for i := range t.Evidence {
		e := &t.Evidence[i]
		if e.EventTime.Before(since) {
			continue
		}
		for k := range into {
			if into[k].group == e.Group {
				into[k].ratio += e.LogLikelihood
				continue evidence
			}
		}
		into = append(into, vote{e.Group, e.LogLikelihood})
	}
	return into
}

// rises says whether b is a better level than a.
func rises(a, b string) bool { return rank(b) > rank(a) }

func rank(level string) int {
	switch level {
	case Inferred:
		return 1
	case Probable:
		return 2
	case Confirmed:
		return 3
	}
	return 0
}
