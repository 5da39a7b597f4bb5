package score

import (
	"maps"
	"math"
	"slices"
)

// tenths of a run: figures are summed in each, and the spread between them says how sure the whole is.
const tenths = 10

// sums is what the figures of tracks are made of, over a part of the run.
type sums struct {
	moments, truths, shown float64

	// of SIAP
	tracked, associated, position, velocity float64
	covered, held                           float64 // targets that a sensor could see, and those of them that were tracked
	classed, unnamed, rightly, both         float64 // of a known class; by what their tracks say of it: nothing, right, right and wrong

	// of GOSPA and OSPA
	gospa, ospa, localisation, missed, extra float64

	// of CLEAR-MOT and identity
	misses, falses, switches, hits, distance, identified float64

	// of NEES
	nees, spread, looks, inside float64
}

func (s *sums) add(o *sums) {
	a, b := s.all(), o.all()
	for i := range a {
		*a[i] += *b[i]
	}
}

func (s *sums) all() []*float64 {
	return []*float64{
		&s.moments, &s.truths, &s.shown, &s.covered, &s.held, &s.tracked, &s.associated, &s.position,
		&s.velocity, &s.classed, &s.unnamed, &s.rightly, &s.both,
		&s.gospa, &s.ospa, &s.localisation, &s.missed, &s.extra, &s.misses, &s.falses, &s.switches, &s.hits, &s.distance,
		&s.identified, &s.nees, &s.spread, &s.looks, &s.inside,
	}
}

// figures are the means, by their names in JSON.
func (s *sums) figures() map[string]float64 {
	return map[string]float64{
		"completeness":          1 - ratio(s.truths-s.tracked, s.truths), // 1 of nothing
		"completeness_covered":  1 - ratio(s.covered-s.held, s.covered),
		"ambiguity":             ratio(s.associated, s.tracked),
		"spuriousness":          ratio(s.shown-s.associated, s.shown),
		"position_accuracy_m":   ratio(s.position, s.associated),
		"velocity_accuracy_mps": ratio(s.velocity, s.associated),
		"id_completeness":       ratio(s.classed-s.unnamed, s.classed),
		"id_correctness":        ratio(s.rightly, s.classed),
		"id_ambiguity":          ratio(s.both, s.classed),
		"gospa_m":               ratio(s.gospa, s.moments),
		"gospa_localisation_m2": ratio(s.localisation, s.moments),
		"gospa_missed":          ratio(s.missed, s.moments),
		"gospa_false":           ratio(s.extra, s.moments),
		"ospa_m":                ratio(s.ospa, s.moments),
		"mota":                  1 - ratio(s.misses+s.falses+s.switches, s.truths),
		"motp_m":                ratio(s.distance, s.hits),
		"idf1":                  ratio(2*s.identified, s.truths+s.shown), // 2·IDTP + IDFP + IDFN: every true second and every shown one once
		"idr":                   ratio(s.identified, s.truths),
		"nees":                  ratio(s.nees, 2*s.looks),
		"nees_members":          ratio(s.nees+s.spread, 2*s.looks),
		"nees_inside":           ratio(s.inside, s.looks),
	}
}

// standardErrors are those of the figures, by leaving out one tenth at a time (Quenouille's and Tukey's jackknife). Tenths that are
// long against the life of a track are nearly independent; in a short run they are not, and the error is understated.
func standardErrors(parts []sums) map[string]float64 {
	out := map[string]float64{}
	var without []map[string]float64
	for i := range parts {
		if parts[i].moments == 0 {
			continue
		}
		var rest sums
		for j := range parts {
			if j != i {
				rest.add(&parts[j])
			}
		}
		without = append(without, rest.figures())
	}
	n := float64(len(without))
	if n < 3 {
		return out
	}
	for _, name := range slices.Sorted(maps.Keys(without[0])) {
		mean, square := 0.0, 0.0
		for _, f := range without {
			mean += f[name] / n
		}
		for _, f := range without {
			square += (f[name] - mean) * (f[name] - mean)
		}
		out[name] = math.Sqrt((n - 1) / n * square)
	}
	return out
}

// ratio is a/b, and 0 of nothing.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
