package alert

import (
	"fmt"
	"slices"
	"strings"

	"cutline/internal/border"
	"cutline/internal/geo"
	"cutline/internal/record"
)

// SuppressRule names alerts of targets that are nothing to anybody, as people have found: an alert that every part of it fits is suppressed
// by design: told and kept as ever, and out of sight. It hides nothing that is high or critical.
type SuppressRule struct {
	ID      string       `mapstructure:"id"`      // told with what it hides
	Reason  string       `mapstructure:"reason"`  // why, for who asks later
	Near    Circle       `mapstructure:"near"`    // where; left out: anywhere
	Classes []Class      `mapstructure:"classes"` // that it is taken for; left out: any
	Sensors []string     `mapstructure:"sensors"` // nobody else has seen it; left out: whoever has
	Kinds   []TargetKind `mapstructure:"kinds"`   // of alerts; left out: all of targets
	Hours   border.Hours `mapstructure:"hours"`   // of the day; left out: always
}

// Circle is a place.
type Circle struct {
	Lat     float64 `mapstructure:"lat"`      // degrees
	Lon     float64 `mapstructure:"lon"`      // degrees
	RadiusM float64 `mapstructure:"radius_m"` // m; 0: anywhere
}

// Class is one of detection's, by its name.
type Class string

// Classes lists them.
func Classes() []Class {
	return []Class{"unknown", "person", "vehicle", "animal", "boat", "aircraft", "drone", "clutter"}
}

// TargetKind is a kind of alert that is of a target, not of the system.
type TargetKind string

// TargetKinds lists them.
func TargetKinds() []TargetKind {
	return []TargetKind{Crossing, Approaching, Loitering, ZoneEnter, ZoneExit, ZoneDwell}
}

// widest is the radius of the largest place that a rule may name, m: more is a part of the border.
const widest = 2000.0

// Check reports what is wrong with a rule. One that names neither place, class nor sensor would hide everything.
func (r *SuppressRule) Check(fault func(path, what string)) {
	if strings.TrimSpace(r.Reason) == "" {
		fault("reason", "is missing: say why, for who asks later what hides this")
	}
	n := r.Near
	switch {
	case n == Circle{} && len(r.Classes) == 0 && len(r.Sensors) == 0:
		fault("", "hides everything: say where (near), of which classes, or by which sensors")
	case len(r.Classes) == len(Classes()) && n == Circle{} && len(r.Sensors) == 0:
		fault("classes", "hides everything: these are all classes")
	}
	if n != (Circle{}) && !(n.RadiusM > 0 && n.RadiusM <= widest) {
		fault("near.radius_m", fmt.Sprintf("must be above 0 and at most %.0f", widest))
	}
	if !(n.Lat >= -90 && n.Lat <= 90) {
		fault("near.lat", "must be between -90 and 90 degrees")
	}
	if !(n.Lon >= -180 && n.Lon <= 180) {
		fault("near.lon", "must be between -180 and 180 degrees")
	}
	r.Hours.Check(func(path, what string) { fault("hours."+path, what) })
}

// suppressor is a rule that is ready to be asked.
type suppressor struct {
	SuppressRule
	frame geo.Frame // of its place
}

func newSuppressor(r SuppressRule) suppressor {
	return suppressor{r, geo.NewFrame(geo.LLA{Lat: geo.Degrees(r.Near.Lat), Lon: geo.Degrees(r.Near.Lon)})}
}

// holds says whether an alert fits the rule in every part.
func (s *suppressor) holds(a *record.AlertEvent) bool {
	if urgency(a.Priority) >= urgency(High) || len(a.Tracks) == 0 || !s.Hours.Hold(a.Time) {
		return false
	}
	if len(s.Kinds) > 0 && !slices.Contains(s.Kinds, TargetKind(a.Kind)) ||
		len(s.Classes) > 0 && !slices.Contains(s.Classes, classOf(a.Class)) {
		return false
	}
	if s.Near.RadiusM > 0 && s.frame.ENU(geo.LLA{Lat: geo.Degrees(a.Lat), Lon: geo.Degrees(a.Lon)}).Range() > s.Near.RadiusM {
		return false
	}
	return len(s.Sensors) == 0 || len(a.Evidence) > 0 &&
		!slices.ContainsFunc(a.Evidence, func(e record.Evidence) bool { return !slices.Contains(s.Sensors, e.Sensor) })
}

// suppress decides what an alert is hidden by, if by anything, and says whether that has changed.
func (b *Book) suppress(a *Alert) (changed bool) {
	by := ""
	if a.Off != "" {
		by = a.Off
	} else if a.Lawful {
		by = "zone " + a.Told.Zone
	} else if i := slices.IndexFunc(b.rules, func(s suppressor) bool { return s.holds(&a.Told) }); i >= 0 {
		by = "rule " + b.rules[i].ID
	}
	changed = by != a.Told.SuppressedBy
	a.Told.SuppressedBy = by
	return changed
}
