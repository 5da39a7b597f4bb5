package alert

import "cutline/internal/track"

// Priorities, aimed at 5 : 15 : 80 for critical, high, and the rest.
const (
	Critical = "critical"
	High     = "high"
	Medium   = "medium"
	Low      = "low"
)

// urgency orders the priorities; 0 is none.
func urgency(priority string) int {
	switch priority {
	case Critical:
		return 4
	case High:
		return 3
	case Medium:
		return 2
	case Low:
		return 1
	}
	return 0
}

// Urgency is a priority as a setting.
type Urgency string

// Urgencies lists them, the least first.
func Urgencies() []Urgency { return []Urgency{Low, Medium, High, Critical} }

// Severity is how much harm it does if a target gets through and nobody went.
type Severity string

// The severities, the least first.
const (
	Minor    Severity = "minor"
	Moderate Severity = "moderate"
	Major    Severity = "major"
	Severe   Severity = "severe"
)

// Severities lists them.
func Severities() []Severity { return []Severity{Minor, Moderate, Major, Severe} }

// Consequences of a class getting through. What moves fast and carries much comes first; an animal comes last, but it comes: a class
// alone never suppresses a crossing, because cameras take people for deer.
type Consequences struct {
	Unknown  Severity `mapstructure:"unknown"` // and of what is less surely an animal than animal_at
	Person   Severity `mapstructure:"person"`
	Vehicle  Severity `mapstructure:"vehicle"`
	Animal   Severity `mapstructure:"animal"`
	Boat     Severity `mapstructure:"boat"`
	Aircraft Severity `mapstructure:"aircraft"`
	Drone    Severity `mapstructure:"drone"`
	Clutter  Severity `mapstructure:"clutter"`
}

func defaultConsequences() Consequences {
	return Consequences{
		Unknown: Moderate, Person: Major, Vehicle: Severe, Animal: Minor, Boat: Severe, Aircraft: Severe, Drone: Major, Clutter: Minor,
	}
}

func (c *Consequences) of(class string) Severity {
	switch class {
	case "person":
		return c.Person
	case "vehicle":
		return c.Vehicle
	case "animal":
		return c.Animal
	case "boat":
		return c.Boat
	case "aircraft":
		return c.Aircraft
	case "drone":
		return c.Drone
	case "clutter":
		return c.Clutter
	}
	return c.Unknown
}

// Matrix gives the priority: a row for each consequence.
type Matrix struct {
	Severe   Row `mapstructure:"severe"`
	Major    Row `mapstructure:"major"`
	Moderate Row `mapstructure:"moderate"`
	Minor    Row `mapstructure:"minor"`
}

// Row has a column for each time to respond. A confirmed target is to be met, and walks on meanwhile; of any other somebody looks first.
type Row struct {
	Now  Urgency `mapstructure:"now"`  // it is confirmed
	Soon Urgency `mapstructure:"soon"` // it is not yet
}

func defaultMatrix() Matrix {
	return Matrix{Severe: Row{Critical, High}, Major: Row{High, Medium}, Moderate: Row{Medium, Medium}, Minor: Row{Low, Low}}
}

func (m *Matrix) row(s Severity) Row {
	switch s {
	case Severe:
		return m.Severe
	case Major:
		return m.Major
	case Minor:
		return m.Minor
	case Moderate:
	}
	return m.Moderate
}

// check makes sure that more never matters less: a priority only rises, so one that ought to fall with better evidence would stay.
func (m *Matrix) check(fault func(path, what string)) {
	var below Row
	for i, s := range Severities() {
		r := m.row(s)
		if urgency(string(r.Now)) < urgency(string(r.Soon)) {
			fault(string(s)+".now", "is below soon: what is confirmed must not matter less")
		}
		if i > 0 && urgency(string(r.Now)) < urgency(string(below.Now)) {
			fault(string(s)+".now", "is below that of "+string(Severities()[i-1])+": more harm must not matter less")
		}
		if i > 0 && urgency(string(r.Soon)) < urgency(string(below.Soon)) {
			fault(string(s)+".soon", "is below that of "+string(Severities()[i-1])+": more harm must not matter less")
		}
		below = r
	}
}

// priority of a target by its class and level.
func (c Config) priority(level, class string, t *track.Track) string {
	if class == "animal" && t.ClassProbability(class) < c.AnimalAt {
		class = "unknown"
	}
	row := c.Priority.row(c.Consequence.of(class))
	if level == Confirmed {
		return string(row.Now)
	}
	return string(row.Soon)
}

// The lead that a class needs over the one an alert carries: without it two classes of about equal weight, as a deer and a walker are
// to a radar, update the alert at every look.
const classLead = .25

// class is the most probable one, kept while no other leads it clearly.
func class(current string, t *track.Track) string {
	best, p := t.BestClass()
	if current != "" && p < t.ClassProbability(current)+classLead {
		return current
	}
	return best
}
