package alert

import (
	"slices"
	"time"

	"cutline/internal/record"
	"cutline/internal/sensor"
)

// Condition is something wrong with the system itself: a mast that is not heard, a sensor whose clock is off, an output that is away.
type Condition struct {
	Kind, Source string // together they say which: one alert for both, however often it comes and goes
	Since        time.Time
	Priority     string
	Count        int // sensors that it is about; 0 counts as 1
	Sensor       string
	Lat, Lon     float64
	Rule, RuleFR string
	Text, TextFR string
	Off          string // why the sensor is out of service: told, and nobody is called for it
}

// ordinal counts how often a condition has had an alert: it is in the id of the next.
type ordinal struct {
	Kind, Source string
	N            int
}

// Raise tells a condition. While its alert is open that one is told again if it is about more or matters more than before, and it
// counts as new to people if it was over: what comes and goes is one alert, not twenty.
func (b *Book) Raise(now time.Time, c Condition, out []record.Event) []record.Event {
	c.Count = max(1, c.Count)
	a := b.condition(c.Kind, c.Source)
	if a == nil {
		a = &Alert{Source: c.Source, Told: record.AlertEvent{
			ID: id(b.sector, c.Kind, c.Source, b.next(c.Kind, c.Source)), Kind: c.Kind, Time: c.Since, Confidence: 1,
		}}
		a.take(&c)
		return b.raise(now, a, out)
	}
	t := &a.Told
	if a.Gone.IsZero() && t.Count == c.Count && t.Priority == c.Priority && a.Off == c.Off {
		return out
	}
	if !a.Gone.IsZero() {
		a.Gone, t.Time, t.AckedBy, t.AckedAt = time.Time{}, c.Since, "", nil
	}
	if rises := urgency(c.Priority) > urgency(t.Priority); rises {
		out = b.surface(now, a, out)
	}
	a.take(&c)
	return b.change(now, a, ChangeUpdate, out)
}

func (a *Alert) take(c *Condition) {
	t := &a.Told
	t.Priority, t.Count, t.Sensor, t.Lat, t.Lon = c.Priority, c.Count, c.Sensor, round(c.Lat, 7), round(c.Lon, 7)
	t.Rule, t.RuleFR, t.Text, t.TextFR = c.Rule, c.RuleFR, c.Text, c.TextFR
	a.Off, t.SuppressedBy = c.Off, c.Off
}

// Clear says that a condition is over. Its alert ends at once if somebody has acknowledged it, else when it has stayed over for a while.
func (b *Book) Clear(now time.Time, kind, source string, out []record.Event) []record.Event {
	a := b.condition(kind, source)
	if a == nil || !a.Gone.IsZero() {
		return out
	}
	rule := over(kind)
	a.Gone, a.Told.Rule, a.Told.RuleFR = now, rule.en, rule.fr
	a.Told.Text += "; over since " + clock(now)
	a.Told.TextFR += " ; terminé à " + clock(now)
	if b.cfg.over(now, a) != (bilingual{}) {
		return b.end(now, a, rule, out)
	}
	return b.change(now, a, ChangeUpdate, out)
}

// over says why a condition of a kind is.
func over(kind string) bilingual {
	switch kind {
	case SensorSilent:
		return bilingual{"all of its sensors are heard", "tous ses capteurs sont reçus"}
	case SensorTamper:
		return bilingual{"it reports that no more", "il ne le signale plus"}
	case ClockSkew:
		return bilingual{"its clock is right again", "son horloge est de nouveau juste"}
	case SensorBias:
		return bilingual{"it measures as it should again", "il mesure de nouveau comme il faut"}
	case CoverageGap:
		return bilingual{
			"it is watched again, or a sensor that is not heard explains it",
			"elle est de nouveau surveillée, ou un capteur qui n'est pas reçu l'explique",
		}
	case FriendParted:
		return bilingual{"it is one of ours again, or its track is lost", "elle est de nouveau des nôtres, ou sa piste est perdue"}
	case AlarmFlood:
		return bilingual{"fewer new alerts again", "de nouveau moins d'alertes"}
	}
	return bilingual{"it works again", "cela fonctionne de nouveau"}
}

// Dismiss ends at once what is told of a sensor that is gone for good; of its mast, if nothing else of that is amiss.
func (b *Book) Dismiss(now time.Time, id, group string, out []record.Event) []record.Event {
	rule := bilingual{"no longer configured", "n'est plus configuré"}
	for k := 0; k < len(b.state.Open); k++ {
		a := b.state.Open[k]
		mast := a.Told.Kind == SensorSilent
		if mast && a.Source == group && !a.Gone.IsZero() || !mast && a.Told.Sensor != "" && a.Source == id {
			out = b.end(now, a, rule, out)
			k--
		}
	}
	return out
}

// Service says that a sensor is out of service now, or in it again: what is open of it alone follows. Its mast's alert is raised anew.
func (b *Book) Service(now time.Time, s *sensor.Definition, out []record.Event) []record.Event {
	for _, a := range b.state.Open {
		if a.Told.Kind != SensorSilent && a.Told.Sensor == s.ID && a.Off != s.OutOfService {
			a.Off, a.Told.SuppressedBy = s.OutOfService, s.OutOfService
			out = b.change(now, a, ChangeUpdate, out)
		}
	}
	return out
}

// Stands says whether a condition has an alert and is not over.
func (b *Book) Stands(kind, source string) bool {
	a := b.condition(kind, source)
	return a != nil && a.Gone.IsZero()
}

func (b *Book) condition(kind, source string) *Alert {
	for _, a := range b.state.Open {
		if a.Told.Kind == kind && a.Source == source {
			return a
		}
	}
	return nil
}

func (b *Book) next(kind, source string) int {
	i := slices.IndexFunc(b.state.Ordinals, func(o ordinal) bool { return o.Kind == kind && o.Source == source })
	if i < 0 {
		i = len(b.state.Ordinals)
		b.state.Ordinals = append(b.state.Ordinals, ordinal{Kind: kind, Source: source})
	}
	b.state.Ordinals[i].N++
	return b.state.Ordinals[i].N
}
