package alert

import (
	"math"
	"slices"

	"cutline/internal/record"
	"cutline/internal/track"
)

// weigh works the track's evidence into the alert, and says whether that is worth telling: a better level, a group that agrees for
// the first time, another class or priority. Nothing of it falls: a track that is lost later did cross.
func (b *Book) weigh(a *Alert, t *track.Track, f *Follow) (worth bool) {
	b.votes = votes(t, a.Told.Time.Add(-b.cfg.EvidenceAge), b.votes[:0])
	for _, v := range b.votes {
		if v.ratio >= b.cfg.LeastVote && !slices.Contains(a.Groups, v.group) {
			a.Groups = append(a.Groups, v.group)
			worth = true
		}
	}
	a.gather(t, b.cfg)
	m := a.member(t.ID)
	a.Told.Confidence = math.Max(a.Told.Confidence, round(b.cfg.confidence(t, b.votes, m.Before*m.After), 4))
	v := verdict{confidence: a.Told.Confidence, groups: len(a.Groups), gap: a.Gap}
	if !f.CertainSince.IsZero() {
		v.certainFor = t.EventTime.Sub(f.CertainSince)
	}
	if level, rule := b.cfg.level(v); rises(a.Told.Level, level) || level == a.Told.Level && worth {
		worth = worth || level != a.Told.Level
		a.Told.Level, a.Told.Rule, a.Told.RuleFR = level, rule.en, rule.fr
	}
	a.Doubts = doubts{Exists: math.Max(a.Doubts.Exists, t.Existence), Animal: t.ClassProbability("animal")} // who is lost was there
	for _, v := range b.votes {
		if v.ratio < 0 {
			a.Doubts.Deny = append(a.Doubts.Deny, v.group)
		}
	}
	worth = b.rate(a, t) || worth
	return b.suppress(a) || worth
}

// doubts are kept for the next time that the alert is told; alone they are no reason to tell it.
type doubts struct {
	Exists, Animal float64  // probabilities
	Deny           []string // groups that should have seen it and have not
}

// rate finds class and priority. They are those of who is first of the members; a companion may only make it more urgent.
func (b *Book) rate(a *Alert, t *track.Track) (worth bool) {
	c := class(a.Told.Class, t)
	priority := b.cfg.priority(a.Told.Level, c, t)
	if a.Members[0].Track != t.ID {
		c = a.Told.Class
		if urgency(priority) <= urgency(a.Told.Priority) {
			return false
		}
	}
	if c == a.Told.Class && priority == a.Told.Priority {
		return false
	}
	a.Told.Class, a.Told.Priority = c, priority
	return true
}

// gather keeps the last word of each sensor, in the order in which they first spoke.
func (a *Alert) gather(t *track.Track, cfg Config) {
	for i := range t.Evidence {
		e := &t.Evidence[i]
		if e.EventTime.Before(a.Told.Time.Add(-cfg.EvidenceAge)) {
			continue
		}
		said := record.Evidence{
			Sensor: e.Sensor, Group: e.Group, Time: e.EventTime,
			ResidualSigma: round(e.ResidualSigma, 2), Detection: e.Detection,
		}
		k := slices.IndexFunc(a.Told.Evidence, func(o record.Evidence) bool { return o.Sensor == e.Sensor })
		if k < 0 {
			a.Told.Evidence = append(a.Told.Evidence, said)
			continue
		}
		a.Told.Evidence[k] = said
	}
}
