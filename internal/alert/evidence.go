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
	a.Told.Confidence = math.Max(a.Told.Confidence, round(b.cfg.confidence(t, b.votes, a.Before*a.After), 4))
	v := verdict{confidence: a.Told.Confidence, groups: len(a.Groups), gap: a.Gap}
	if !f.CertainSince.IsZero() {
		v.certainFor = t.EventTime.Sub(f.CertainSince)
	}
	if level, rule := b.cfg.level(v); rises(a.Told.Level, level) || level == a.Told.Level && worth {
		worth = worth || level != a.Told.Level
		a.Told.Level, a.Told.Rule = level, rule
	}
	c := class(a.Told.Class, t)
	if priority := b.cfg.priority(a.Told.Level, c, t); c != a.Told.Class || priority != a.Told.Priority {
		a.Told.Class, a.Told.Priority = c, priority
		worth = true
	}
	return worth
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
