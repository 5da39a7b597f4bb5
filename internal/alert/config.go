package alert

import (
	"fmt"
	"strings"
	"time"
)

// Config of levels and lives.
type Config struct {
	ConfirmAt   float64       `mapstructure:"confirm_at"`   // least confidence of a confirmed crossing
	Groups      int           `mapstructure:"groups"`       // independent groups that confirm it
	VoteCap     float64       `mapstructure:"vote_cap"`     // most that one group may add to the log-odds
	LeastVote   float64       `mapstructure:"least_vote"`   // log-likelihood ratio from which a group counts as one that agrees
	EvidenceAge time.Duration `mapstructure:"evidence_age"` // older evidence at the crossing does not count for it
	LongFor     time.Duration `mapstructure:"long_for"`     // one group confirms if the track's existence has been
	Certain     float64       `mapstructure:"certain"`      // at least this for that long
	AnimalAt    float64       `mapstructure:"animal_at"`    // probability from which a crossing is an animal's, and low
	EndAfter    time.Duration `mapstructure:"end_after"`    // an acknowledged crossing ends so long after its track was lost
	ForgetAfter time.Duration `mapstructure:"forget_after"` // one that nobody acknowledged does so long after
	SettleAfter time.Duration `mapstructure:"settle_after"` // any other alert ends once it has been over for so long
	FloodAt     int           `mapstructure:"flood_at"`     // more new alerts than these in 10 minutes fold what is below high
	CalmAt      int           `mapstructure:"calm_at"`      // fewer than these end that
	Approach    ApproachRule  `mapstructure:"approach"`     // of who is likely to cross soon
	Loiter      LoiterRule    `mapstructure:"loiter"`       // of who stays near the line

	Consequence Consequences   `mapstructure:"consequence"` // of each class getting through
	Priority    Matrix         `mapstructure:"priority"`    // by consequence and time to respond
	Suppress    []SuppressRule `mapstructure:"suppress"`    // what is nothing to anybody, by design
}

// ApproachRule says when an alert is raised before a crossing, which it then becomes.
type ApproachRule struct {
	Within    time.Duration `mapstructure:"within"`    // time to the line; 0: no such alerts
	Certainty float64       `mapstructure:"certainty"` // probability of being over it by then
}

// LoiterRule says when staying near the line is an alert.
type LoiterRule struct {
	For     time.Duration `mapstructure:"for"`      // that a target keeps to one place; 0: no such alerts
	RadiusM float64       `mapstructure:"radius_m"` // of the place, m
	NearM   float64       `mapstructure:"near_m"`   // from the line, m
}

// Defaults are the constants of the tracking reference: confirmed from .95 by two groups, or by one that was certain (.99) for 10 s, so
// that a place with a single sensor is not deaf; a class lowers a priority from .95 only. A vote of 2 is odds of 7 to 1: two
// groups make an even chance 98 %. A quarter of an hour is an operator's longest break from the screen, and enough for a verdict; a
// crossing that nobody has looked at waits for the next day's shift. Flood and calm are those of EEMUA 191 and ISA-18.2. Alerts of who
// comes near or stays are off: by a road or a river they would be most of what an operator sees.
func Defaults() Config {
	return Config{
		ConfirmAt: .95, Groups: 2, VoteCap: 2, LeastVote: 1, EvidenceAge: time.Minute,
		LongFor: 10 * time.Second, Certain: .99, AnimalAt: .95,
		EndAfter: 15 * time.Minute, ForgetAfter: 24 * time.Hour, SettleAfter: 5 * time.Minute, FloodAt: 10, CalmAt: 5,
		Approach: ApproachRule{Certainty: .8}, Loiter: LoiterRule{RadiusM: 50, NearM: 300},
		Consequence: defaultConsequences(), Priority: defaultMatrix(),
	}
}

// Check reports every setting that cannot work.
func (c Config) Check(fault func(path, what string)) {
	probability := func(path string, p float64) {
		if !(p > .5 && p < 1) {
			fault(path, "must be above 0.5 and below 1")
		}
	}
	probability("confirm_at", c.ConfirmAt)
	probability("certain", c.Certain)
	probability("animal_at", c.AnimalAt)
	if c.Groups < 1 || c.Groups > 10 {
		fault("groups", "must be between 1 and 10")
	}
	if !(c.VoteCap > 0 && c.VoteCap <= 20) {
		fault("vote_cap", "must be above 0 and at most 20")
	}
	if !(c.LeastVote >= 0 && c.LeastVote <= c.VoteCap) {
		fault("least_vote", "must be between 0 and vote_cap")
	}
	duration := func(path string, d time.Duration) {
		if d <= 0 {
			fault(path, "must be above 0s")
		}
	}
	duration("evidence_age", c.EvidenceAge)
	duration("long_for", c.LongFor)
	duration("end_after", c.EndAfter)
	duration("forget_after", c.ForgetAfter)
	duration("settle_after", c.SettleAfter)
	if c.FloodAt < 1 || c.FloodAt > 1000 {
		fault("flood_at", "must be between 1 and 1000: new alerts in 10 minutes")
	}
	if c.CalmAt < 1 || c.CalmAt > c.FloodAt {
		fault("calm_at", "must be between 1 and flood_at")
	}
	if c.Approach.Within < 0 || c.Approach.Within > 10*time.Minute {
		fault("approach.within", "must be between 0s, which is never, and 10m")
	}
	probability("approach.certainty", c.Approach.Certainty)
	if c.Loiter.For < 0 {
		fault("loiter.for", "must be 0s, which is never, or above")
	}
	if !(c.Loiter.RadiusM > 0 && c.Loiter.RadiusM <= 1000) {
		fault("loiter.radius_m", "must be above 0 and at most 1000")
	}
	if !(c.Loiter.NearM > 0 && c.Loiter.NearM <= 10e3) {
		fault("loiter.near_m", "must be above 0 and at most 10000")
	}
	c.Priority.check(func(path, what string) { fault("priority."+path, what) })
	for i := range c.Suppress {
		c.Suppress[i].Check(func(path, what string) {
			fault(strings.TrimSuffix(fmt.Sprintf("suppress[%d].%s", i, path), "."), what)
		})
	}
}
