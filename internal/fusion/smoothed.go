package fusion

import "cutline/internal/detection"

// A sensor that sends tracks of its own (site.smooths) repeats errors: its filter has put a part of the last report into each new one.
const (
	keptShare      = .5       // of a report's variance, that all reports on one target have in common
	smoothedTemper = .3       // exponent of a report on the track that the last one was on: it says little that is new
	smoothedGap    = 5 * beat // between two looks that tell whether a target moves: the errors of nearer ones wander together
	smoothedSurely = 1.5      // nats, by which a filter that was fed this error foresees it better than it knows the target
	sameOwn        = 3.9      // nats, ln(.98/.02): a number stays with its target, or goes to a neighbour's
)

// kept is the part of p's error that the sensor repeats in all its reports on a target. It is carried as a bias of this sensor in this
// track alone (bias.go): it does not shrink however often the sensor reports, and where the sensor has the whole track it cancels. With
// errors bₖ and shares wₖ of earlier reports, the variance of Σ wₖbₖ is at most (Σ wₖ)²·B, whatever the correlation of the bₖ. Covariance
// intersection bounds the same (Julier, Uhlmann 1997, "A non-divergent estimation algorithm in the presence of unknown correlations",
// ACC), but holds all that is in the track, other sensors' looks too, against a report. A bearing has no place. Docs:
// decisions/011-tracks-of-sensors.md.
func (p *plot) kept() (k kept) {
	if p.placed() {
		k = kept{float32(keptShare * p.C.EE), float32(keptShare * p.C.EN), float32(keptShare * p.C.NN)}
	}
	return k
}

// A kept is such a covariance, in short.
type kept struct{ EE, EN, NN float32 }

func (k *kept) covariance() detection.Covariance {
	return detection.Covariance{EE: float64(k.EE), EN: float64(k.EN), NN: float64(k.NN)}
}

// tells says that p may be asked whether tr moves.
func (s *site) tells(tr *target, p *plot) bool {
	return !s.smooths || p.Time-tr.Pace.At >= smoothedGap
}

// foreseen is how many nats of what a track's filter foresees are no knowledge of the target.
func (s *site) foreseen() float64 {
	if s.smooths {
		return smoothedSurely
	}
	return 0
}

// ownTrack is a number for a sensor's name of a track, 0 for none.
func ownTrack(name string) uint32 {
	if name == "" {
		return 0
	}
	h := uint32(2166136261) // FNV-1a
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619
	}
	return h
}
