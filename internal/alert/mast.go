package alert

import (
	"fmt"
	"math"
	"time"

	"cutline/internal/sensor"
)

// Mast is sensors that share a group, and those of them that are not heard: all in service, or none.
type Mast struct {
	Group   string
	Sensors int // that could be silent
	Out     []Outage
	Hole    float64 // m of the line that nobody watches while it is so
}

// Outage is a time in which a sensor says nothing, or says that it is off.
type Outage struct {
	Sensor  *sensor.Definition
	Since   time.Time // when it was heard last, or began to be awaited
	Offline bool      // by its own word, or its broker's
}

// Silence is the condition of a mast some of whose sensors are not heard: one for all of them, since what takes six sensors of a tower
// off the air at once is one thing. It matters more when the whole mast is gone, or leaves a hole in the watch.
func Silence(m Mast) Condition {
	first := m.Out[0]
	for _, o := range m.Out[1:] {
		if o.Since.Before(first.Since) {
			first = o
		}
	}
	s := first.Sensor
	c := Condition{
		Kind: SensorSilent, Source: m.Group, Since: first.Since, Priority: Medium, Count: len(m.Out), Sensor: s.ID, Off: s.OutOfService,
	}
	if s.HasPose {
		c.Lat, c.Lon = float64(s.Pose.Lat), float64(s.Pose.Lon)
	}
	at := clock(first.Since)
	switch {
	case len(m.Out) > 1 && len(m.Out) == m.Sensors:
		c.Priority, c.Rule, c.RuleFR = High, "none of its sensors is heard", "aucun de ses capteurs n'est reçu"
		c.Text = fmt.Sprintf("%s is dead since %s: none of its %d sensors is heard", title(m.Group), at, m.Sensors)
		c.TextFR = fmt.Sprintf("%s est muet depuis %s : aucun de ses %d capteurs n'est reçu",
			title(m.Group), at, m.Sensors)
	case len(m.Out) > 1:
		c.Rule = fmt.Sprintf("%d of its %d sensors are not heard", len(m.Out), m.Sensors)
		c.RuleFR = fmt.Sprintf("%d de ses %d capteurs ne sont pas reçus", len(m.Out), m.Sensors)
		c.Text = fmt.Sprintf("%d of %d sensors of %s are not heard, the first since %s", len(m.Out), m.Sensors, m.Group, at)
		c.TextFR = fmt.Sprintf("%d des %d capteurs de %s ne sont pas reçus, le premier depuis %s",
			len(m.Out), m.Sensors, m.Group, at)
	case first.Offline:
		c.Rule, c.RuleFR = "it reported itself offline", "il s'est dit hors ligne"
		c.Text = fmt.Sprintf("%s is offline since %s: what it watched is not watched by it", title(named(s)), at)
		c.TextFR = fmt.Sprintf("%s est hors ligne depuis %s : ce qu'il surveillait ne l'est plus par lui", title(french.sensor(s)), at)
	default:
		c.Rule, c.RuleFR = fmt.Sprintf("nothing heard for more than %s", s.MaxSilence), fmt.Sprintf("rien reçu depuis plus de %s", s.MaxSilence)
		c.Text = fmt.Sprintf("%s has been silent since %s: it sees nothing of what it watches", title(named(s)), at)
		c.TextFR = fmt.Sprintf("%s est muet depuis %s : il ne voit rien de ce qu'il surveille", title(french.sensor(s)), at)
	}
	if m.Hole > 0 {
		c.Priority = High
		c.Text += fmt.Sprintf("; %s of the line is watched by nobody", english.length(m.Hole))
		c.TextFR += fmt.Sprintf(" ; personne ne surveille %s de la ligne", french.length(m.Hole))
	}
	return c
}

func named(s *sensor.Definition) string { return english.sensor(s) }

// Tamper is the condition of a sensor that says that somebody is at it.
func Tamper(s *sensor.Definition, since time.Time) Condition {
	c := of(s, SensorTamper, since)
	c.Priority, c.Rule, c.RuleFR = High, "its own status says so", "son propre état le dit"
	c.Text = fmt.Sprintf("%s reports since %s that it is being tampered with", title(named(s)), clock(since))
	c.TextFR = fmt.Sprintf("%s signale depuis %s qu'on y touche", title(french.sensor(s)), clock(since))
	return c
}

// Skewed is the condition of a sensor whose clock is off by more than it may; by is ours less its own, so below 0 it is ahead.
func Skewed(s *sensor.Definition, since time.Time, by, limit time.Duration) Condition {
	en, fr := late(by.Seconds())
	off := fmt.Sprintf("%.1f s", by.Abs().Seconds())
	c := of(s, ClockSkew, since)
	c.Rule, c.RuleFR = "more than "+short(limit)+" off", "plus de "+short(limit)+" d'écart"
	c.Text = fmt.Sprintf("The clock of %s is %s %s: its detections may not be joined with others'", named(s), off, en)
	c.TextFR = fmt.Sprintf("L'horloge de %s est %s %s : ses détections peuvent ne pas être associées à celles des autres",
		french.sensor(s), comma(off), fr)
	return c
}

// late says which way a clock is off that is by as much behind.
func late(by float64) (en, fr string) {
	if by < 0 {
		return "ahead", "en avance"
	}
	return "behind", "en retard"
}

// Bias of a sensor as it is estimated.
type Bias struct {
	Azimuth, Range, Place float64 // degrees and m
	Behind                float64 // s, of its clock: below 0 it is ahead
}

// Misaligned is the condition of a sensor that measures wrongly by more than it may.
func Misaligned(s *sensor.Definition, since time.Time, by Bias) Condition {
	c := of(s, SensorBias, since)
	c.Rule, c.RuleFR = "the tracks that it shares with others say so", "les pistes qu'il partage avec d'autres le disent"
	en, fr := late(by.Behind)
	off := fmt.Sprintf("%.1f s", math.Abs(by.Behind))
	c.Text = fmt.Sprintf("%s measures wrongly by %.1f° and %.0f m, its place is %.0f m off and its clock %s %s: have them surveyed",
		title(named(s)), by.Azimuth, by.Range, by.Place, off, en)
	c.TextFR = fmt.Sprintf("%s mesure faux de %s° et %.0f m, sa position de %.0f m, et son horloge est %s %s : faites-les vérifier",
		title(french.sensor(s)), comma(fmt.Sprintf("%.1f", by.Azimuth)), by.Range, by.Place, comma(off), fr)
	return c
}

// Parted is the condition of a track that was one of ours by the word of the sensor s, and goes on without what this one hears.
func Parted(s *sensor.Definition, track string, since time.Time, lat, lon float64) Condition {
	c := of(s, FriendParted, since)
	c.Source, c.Lat, c.Lon = track, lat, lon
	c.Rule, c.RuleFR = "both are heard, in two places", "les deux sont reçus, en deux endroits"
	c.Text = fmt.Sprintf("%s is heard elsewhere than on the track that it made one of ours: the track goes on as unknown", title(named(s)))
	c.TextFR = fmt.Sprintf("%s est reçu ailleurs que sur la piste qu'il disait des nôtres : la piste continue comme inconnue",
		title(french.sensor(s)))
	return c
}

// of is a condition of one sensor, of medium priority.
func of(s *sensor.Definition, kind string, since time.Time) Condition {
	c := Condition{Kind: kind, Source: s.ID, Since: since, Priority: Medium, Sensor: s.ID, Off: s.OutOfService}
	if s.HasPose {
		c.Lat, c.Lon = float64(s.Pose.Lat), float64(s.Pose.Lon)
	}
	return c
}

// Gap is the condition of a part of the line that was watched and is not, though every sensor is heard: a view has turned away, or one
// that moves has gone elsewhere.
func Gap(since time.Time, fromM, toM, metres float64) Condition {
	return Condition{
		Kind: CoverageGap, Since: since, Priority: Medium, Rule: "watched before, and all sensors are heard",
		RuleFR: "surveillée auparavant, et tous les capteurs sont reçus",
		Text: fmt.Sprintf("%s of the line is watched by nobody since %s, between %.1f and %.1f km along it", english.length(metres),
			clock(since), fromM/1e3, toM/1e3),
		TextFR: fmt.Sprintf("Personne ne surveille %s de la ligne depuis %s, entre les km %s et %s", french.length(metres),
			clock(since), comma(fmt.Sprintf("%.1f", fromM/1e3)), comma(fmt.Sprintf("%.1f", toM/1e3))),
	}
}

// Trouble is the condition of a part of the daemon that has reported it: its journal, its way to InfluxDB.
func Trouble(part string, since time.Time, what string) Condition {
	return Condition{
		Kind: part, Since: since, Priority: High, Rule: "the daemon says so", RuleFR: "le système le dit",
		Text:   fmt.Sprintf("%s: %s", title(part), what),
		TextFR: fmt.Sprintf("%s, le système signale : %s", title(part), what),
	}
}
