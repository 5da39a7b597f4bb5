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

// priority of a crossing by its class and level. What moves fast and carries much comes first; an animal comes last, but it comes: a class
// alone never suppresses a crossing, because cameras take people for deer.
func (c Config) priority(level, class string, t *track.Track) string {
	confirmed := level == Confirmed
	switch class {
	case "animal":
		if t.ClassProbability(class) >= c.AnimalAt {
			return Low
		}
		return Medium
	case "vehicle", "boat", "aircraft":
		if confirmed {
			return Critical
		}
		return High
	case "person", "drone":
		if confirmed {
			return High
		}
		return Medium
	case "clutter":
		return Low
	}
	return Medium
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
