package score

import "math"

// gospa means: d² = Σ min(d, c)² of the assigned + c²/2 for each missed target and each false track. A pair further apart than c
// costs as much as a miss and a false one, and is counted so. OSPA is of the same pairs: (Σ d² + c²·(n − pairs))/n, n the greater
// number of the two. Both are least where Σ (c² − d²) of the pairs is greatest.
func (m *moment) gospa(p *sums, cutoff float64, match *matcher) {
	pairs := make([]pair, 0, len(m.near))
	for _, q := range m.near {
		if q.apart < cutoff {
			q.gain = cutoff*cutoff - q.apart*q.apart
			pairs = append(pairs, q)
		}
	}
	sum, made := 0.0, 0
	for i, yes := range match.pick(pairs) {
		if yes {
			sum += pairs[i].apart * pairs[i].apart
			made++
		}
	}
	truths, tracks := len(m.truths), len(m.tracks)
	p.localisation += sum
	p.missed += float64(truths - made)
	p.extra += float64(tracks - made)
	p.gospa += math.Sqrt(sum + cutoff*cutoff/2*float64(truths+tracks-2*made))
	if most := max(truths, tracks); most > 0 {
		p.ospa += math.Sqrt((sum + cutoff*cutoff*float64(most-made)) / float64(most))
	}
}
