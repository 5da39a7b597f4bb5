package score

import "math"

// levels of similarity at which HOTA is taken: α = .05, .10 … .95.
const levels = 19

// hota is the higher-order accuracy of Luiten et al. 2020 (IJCV 129), as TrackEval computes it. The similarity of a pair is 1 − d/d0,
// d0 being Options.Associate: at α the pair may be (1 − α)·d0 apart.
type hota struct {
	run   *Run
	index map[[2]int]int
	pairs []kinship

	truths, tracks   []float64 // moments of each target and each track
	rowSum, colSum   []float64
	matcher          matcher
	hits             [levels]float64
	allTruths, shown float64
}

// kinship of a target and a track.
type kinship struct {
	row, col  int
	potential float64 // moments together, each as much as they were like nobody else
	alignment float64 // potential as a share of all moments of either
	hits      [levels]uint32
}

func newHOTA(r *Run) *hota {
	return &hota{
		run: r, index: map[[2]int]int{}, truths: make([]float64, len(r.targets)), tracks: make([]float64, len(r.tracks)),
	}
}

func (h *hota) similarity(q *pair) float64 { return max(0, 1-q.apart/h.run.o.Associate) }

// watch gathers who is like whom over the whole run.
func (h *hota) watch(m *moment) {
	h.rowSum, h.colSum = zeros(h.rowSum, len(m.truths)), zeros(h.colSum, len(m.tracks))
	for i := range m.truths {
		h.truths[m.truths[i].who]++
	}
	for k := range m.tracks {
		h.tracks[m.tracks[k].who]++
	}
	h.allTruths += float64(len(m.truths))
	h.shown += float64(len(m.tracks))
	for i := range m.near {
		s := h.similarity(&m.near[i])
		h.rowSum[m.near[i].row] += s
		h.colSum[m.near[i].col] += s
	}
	for i := range m.near {
		q := &m.near[i]
		if s := h.similarity(q); s > 0 {
			h.of(m, q).potential += s / (h.rowSum[q.row] + h.colSum[q.col] - s)
		}
	}
}

func zeros(v []float64, n int) []float64 {
	if cap(v) < n {
		return make([]float64, n)
	}
	v = v[:n]
	clear(v)
	return v
}

func (h *hota) of(m *moment, q *pair) *kinship {
	key := [2]int{m.truths[q.row].who, m.tracks[q.col].who}
	k, ok := h.index[key]
	if !ok {
		k = len(h.pairs)
		h.index[key] = k
		h.pairs = append(h.pairs, kinship{row: key[0], col: key[1]})
	}
	return &h.pairs[k]
}

func (h *hota) settle() {
	for i := range h.pairs {
		p := &h.pairs[i]
		p.alignment = p.potential / (h.truths[p.row] + h.tracks[p.col] - p.potential)
	}
}

// count makes the pairs of a moment, so that likeness now and over the run is the greatest, and counts them at each level.
func (h *hota) count(m *moment) {
	pairs := make([]pair, 0, len(m.near))
	for i := range m.near {
		q := m.near[i]
		if s := h.similarity(&q); s > 0 {
			q.gain = h.of(m, &q).alignment * s
			pairs = append(pairs, q)
		}
	}
	for i, yes := range h.matcher.pick(pairs) {
		if !yes {
			continue
		}
		k, s := h.of(m, &pairs[i]), h.similarity(&pairs[i])
		for a := range levels {
			if s+1e-12 >= level(a) {
				k.hits[a]++
				h.hits[a]++
			}
		}
	}
}

func level(a int) float64 { return float64(a+1) / 20 }

// figures are the means over the levels of √(DetA·AssA), DetA and AssA.
func (h *hota) figures() (whole, det, ass float64) {
	for a := range levels {
		sum := 0.0
		for i := range h.pairs {
			if n := float64(h.pairs[i].hits[a]); n > 0 {
				sum += n * n / (h.truths[h.pairs[i].row] + h.tracks[h.pairs[i].col] - n)
			}
		}
		d, s := ratio(h.hits[a], h.allTruths+h.shown-h.hits[a]), ratio(sum, h.hits[a])
		whole += math.Sqrt(d*s) / levels
		det += d / levels
		ass += s / levels
	}
	return whole, det, ass
}
