package score

import "math"

// gospa means: d² = Σ min(d, c)² of the assigned + c²/2 for each missed target and each false track. A pair further apart than c
// costs as much as a miss and a false one, and is counted so.
func (r *TrackReport) gospa(g *grid, o Options) {
	var distance, localisation float64
	missed, extra := 0, 0
	for t := range g.moments {
		m := &g.moments[t]
		near, pairs := m.squares(o.Cutoff)
		localisation += near
		missed += len(m.truths) - pairs
		extra += len(m.tracks) - pairs
		rest := float64(len(m.truths) + len(m.tracks) - 2*pairs)
		distance += math.Sqrt(near + o.Cutoff*o.Cutoff/2*rest)
	}
	n := float64(len(g.moments))
	r.GOSPA, r.Localisation = ratio(distance, n), ratio(localisation, n)
	r.MissedMean, r.FalseMean = ratio(float64(missed), n), ratio(float64(extra), n)
}

// squares is the sum of squared distances of the best assignment, and its number of pairs.
func (m *moment) squares(cutoff float64) (sum float64, pairs int) {
	if len(m.truths) == 0 || len(m.tracks) == 0 {
		return 0, 0
	}
	// Capped at c², a pair beyond c costs what leaving both alone costs; so the full assignment at least cost is the best one.
	cost := make([][]float64, len(m.truths))
	for i := range m.truths {
		cost[i] = make([]float64, len(m.tracks))
		for k := range m.tracks {
			d := min(m.truths[i].distance(&m.tracks[k]), cutoff)
			cost[i][k] = d * d
		}
	}
	for i, k := range assign(cost) {
		if k >= 0 && cost[i][k] < cutoff*cutoff {
			sum += cost[i][k]
			pairs++
		}
	}
	return sum, pairs
}
