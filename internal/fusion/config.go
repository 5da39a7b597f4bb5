package fusion

import (
	"fmt"
	"time"
)

// Config of a Tracker. The zero value is not usable: begin with Defaults.
type Config struct {
	Prefix string `mapstructure:"-"` // of the tracks' ids: the sector's id

	Reorder time.Duration `mapstructure:"reorder"` // how long a scan waits for earlier ones
	Idle    time.Duration `mapstructure:"idle"`    // without any scan for longer, time goes on all the same: tracks coast and get lost

	ConfirmExistence   float64       `mapstructure:"confirm_existence"` // (0, 1)
	ConfirmHits        int           `mapstructure:"confirm_hits"`
	ConfirmAge         time.Duration `mapstructure:"confirm_age"`
	MoverEvidence      float64       `mapstructure:"mover_evidence"`      // nats for moving against standing still
	DeleteExistence    float64       `mapstructure:"delete_existence"`    // a confirmed track ends below it
	DeleteSigma        float64       `mapstructure:"delete_sigma_m"`      // m, of the position
	DeleteUnseen       time.Duration `mapstructure:"delete_unseen"`       // within coverage
	TentativeExistence float64       `mapstructure:"tentative_existence"` // a tentative track ends below it
	TentativeUnseen    time.Duration `mapstructure:"tentative_unseen"`

	BirthExistence float64 `mapstructure:"birth_existence"`
	BirthsPerScan  float64 `mapstructure:"births_per_scan"` // new targets, against its clutter
	Survival       float64 `mapstructure:"survival"`        // per second, of a target's existence
	WeakConfidence float64 `mapstructure:"weak_confidence"` // a detection below it starts no track

	Stitch  time.Duration `mapstructure:"stitch"`    // longest gap that is bridged
	Merge   time.Duration `mapstructure:"merge"`     // how long two tracks must agree to become one
	Cluster float64       `mapstructure:"cluster_m"` // m, returns of one target of a sensor with many

	Noise      [2]float64 `mapstructure:"noise"`       // m²/s³, quiet and agile, of what walks
	FastNoise  [2]float64 `mapstructure:"fast_noise"`  // m²/s³, of what drives
	SwitchRate [2]float64 `mapstructure:"switch_rate"` // per second, quiet to agile and back
	PriorSpeed [2]float64 `mapstructure:"prior_speed"` // m/s, 1 σ per axis of a new track, quiet and agile
	MaxSpeed   float64    `mapstructure:"max_speed"`   // m/s, of anything
}

// Defaults are the starting values. Confirmation, deletion and the noise of both models are the recommended ones for walkers and
// vehicles (process noise 0.02 and 1, 0.1 and 5 m²/s³; confirm at .95, three hits, four seconds; delete at 150 m, 60 s unseen).
// DeleteExistence is higher than the .05 that is often taken: what ends loses no name, since stitching carries it on for two minutes, and
// who has gone is shown for a third to a half less time: it ends when the odds are five to one that nobody is there. A tentative track is
// given up at .05: its first miss takes it from .3 to .1.
// MoverEvidence 3 lets at most one in e³ = 20 of the things that stand still pass for a mover, however long it is looked at
// (Ville's inequality). PriorSpeed is chosen: a walker's 2 m/s for the quiet model, and for the agile one 15 m/s, so that a
// vehicle's second detection is inside the gate of its first. BirthsPerScan is chosen for a border: with a scan in
// two seconds, a stranger every five hours. Idle is longer than a broker takes to restart and a link to come back; sensors say
// much more often that they look.
func Defaults() Config {
	return Config{
		Reorder:            500 * time.Millisecond,
		Idle:               10 * time.Second,
		ConfirmExistence:   .95,
		ConfirmHits:        3,
		ConfirmAge:         4 * time.Second,
		MoverEvidence:      3,
		DeleteExistence:    .17,
		DeleteSigma:        150,
		DeleteUnseen:       60 * time.Second,
		TentativeExistence: .05,
		TentativeUnseen:    12 * time.Second,
		BirthExistence:     .3,
		BirthsPerScan:      1e-4,
		Survival:           .995,
		WeakConfidence:     .2,
		Stitch:             120 * time.Second,
		Merge:              5 * time.Second,
		Cluster:            8,
		Noise:              [2]float64{.02, 1},
		FastNoise:          [2]float64{.1, 5},
		SwitchRate:         [2]float64{.05, .15},
		PriorSpeed:         [2]float64{2, 15},
		MaxSpeed:           120,
	}
}

// Check reports every field that can not work; path is the field's name in the configuration.
func (c Config) Check(fault func(path, what string)) {
	probability := func(path string, v float64) {
		if !(v > 0 && v < 1) { // written so that NaN is a fault too
			fault(path, fmt.Sprintf("%v is not between 0 and 1", v))
		}
	}
	positive := func(path string, v float64) {
		if !(v > 0) {
			fault(path, fmt.Sprintf("%v is not above 0", v))
		}
	}
	lasting := func(path string, v, most time.Duration) {
		if v < 0 || v > most {
			fault(path, fmt.Sprintf("%v is outside 0 to %v", v, most))
		}
	}
	lasting("reorder", c.Reorder, time.Minute)
	lasting("idle", c.Idle, 10*time.Minute)
	probability("confirm_existence", c.ConfirmExistence)
	positive("confirm_hits", float64(c.ConfirmHits))
	lasting("confirm_age", c.ConfirmAge, 10*time.Minute)
	if !(c.MoverEvidence >= 0) {
		fault("mover_evidence", fmt.Sprintf("%v is below 0", c.MoverEvidence))
	}
	probability("delete_existence", c.DeleteExistence)
	if c.DeleteExistence >= c.ConfirmExistence {
		fault("delete_existence", "is not below confirm_existence: a track would end as soon as it is confirmed")
	}
	positive("delete_sigma_m", c.DeleteSigma)
	lasting("delete_unseen", c.DeleteUnseen, time.Hour)
	probability("tentative_existence", c.TentativeExistence)
	if c.TentativeExistence >= c.BirthExistence {
		fault("tentative_existence", "is not below birth_existence: a new track would be deleted at once")
	}
	lasting("tentative_unseen", c.TentativeUnseen, time.Hour)
	probability("birth_existence", c.BirthExistence)
	positive("births_per_scan", c.BirthsPerScan)
	probability("survival", c.Survival)
	if !(c.WeakConfidence >= 0 && c.WeakConfidence <= 1) {
		fault("weak_confidence", fmt.Sprintf("%v is outside 0 to 1", c.WeakConfidence))
	}
	lasting("stitch", c.Stitch, 10*time.Minute)
	lasting("merge", c.Merge, 10*time.Minute)
	positive("cluster_m", c.Cluster)
	for i := range 2 {
		positive(fmt.Sprintf("noise[%d]", i), c.Noise[i])
		positive(fmt.Sprintf("fast_noise[%d]", i), c.FastNoise[i])
		positive(fmt.Sprintf("switch_rate[%d]", i), c.SwitchRate[i])
		positive(fmt.Sprintf("prior_speed[%d]", i), c.PriorSpeed[i])
	}
	positive("max_speed", c.MaxSpeed)
}
