package fusion

import (
	"math"

	"cutline/internal/detection"
)

// cluster makes one plot of the returns that one target may have given in a scan: those within reach metres of each other, in
// chains. The centre is their mean. Its noise is one return's and the spread of the returns, not less for their number: they come from
// different parts of the target.
func cluster(plots []plot, reach float64) []plot {
	out := plots[:0]
	for i := 0; i < len(plots); {
		// plots[i:end] is the cluster of plots[i]; what joins it is swapped to its end.
		end := i + 1
		for k := i; k < end; k++ {
			for j := end; j < len(plots); j++ {
				if plots[k].touches(&plots[j], reach) {
					plots[end], plots[j] = plots[j], plots[end]
					end++
				}
			}
		}
		out = append(out, centre(plots[i:end]))
		i = end
	}
	return out
}

func (p *plot) touches(q *plot, reach float64) bool {
	if !p.alike(q) {
		return false
	}
	return math.Hypot(p.E-q.E, p.N-q.N) <= reach
}

func centre(group []plot) plot {
	if len(group) == 1 {
		return group[0]
	}
	mean, n := group[0], float64(len(group))
	var e, north float64
	for i := range group {
		e += group[i].E / n
		north += group[i].N / n
		mean.Confidence = max(mean.Confidence, group[i].Confidence)
	}
	for i := range group {
		de, dn := group[i].E-e, group[i].N-north
		mean.C.EE += de * de / n
		mean.C.EN += de * dn / n
		mean.C.NN += dn * dn / n
	}
	switch mean.Kind { // from here on a position: density back to m²
	case detection.Polar:
		mean.False /= max(mean.Z[0], 1)
		if mean.Dim == 3 {
			mean.False /= falseRate(mean.Z[2])
		}
	case detection.Bearing:
		mean.False /= mean.Area
	default:
	}
	mean.Kind, mean.Dim, mean.Slant, mean.R = detection.Position, 2, false, [3][3]float64{}
	mean.E, mean.N = e, north
	mean.setPosition()
	return mean
}
