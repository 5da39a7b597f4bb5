package border

import (
	"math"

	"cutline/internal/geo"
)

// Place is where a point stands to the line.
type Place struct {
	Distance float64 // signed, m: positive on the left of the line's direction
	Foot     geo.ENU // the nearest point of the line
	Along    float64 // of Foot, m from the start of the line
	Across   [2]float64
	Sigma    float64 // 1 σ of the line there, m
	Beyond   bool    // past an end of the line, where there are no sides: Distance has no meaning but its length
}

// The segments are ordered along the line, so neighbours in the slice are neighbours on the ground: a binary tree over ranges of
// the slice with the box of each is a good spatial index, and needs no sorting and no allocation to ask.
type node struct {
	minE, minN, maxE, maxN float64
	first, count           int32 // segments of a leaf; count 0: not a leaf
	right                  int32 // the left child is the next node
}

const leafSize = 4

func index(nodes []node, segments []segment, lo, hi int) []node {
	n := node{minE: math.Inf(1), minN: math.Inf(1), maxE: math.Inf(-1), maxN: math.Inf(-1)}
	for i := lo; i < hi; i++ {
		s := &segments[i]
		n.minE, n.maxE = math.Min(n.minE, math.Min(s.aE, s.bE)), math.Max(n.maxE, math.Max(s.aE, s.bE))
		n.minN, n.maxN = math.Min(n.minN, math.Min(s.aN, s.bN)), math.Max(n.maxN, math.Max(s.aN, s.bN))
	}
	at := len(nodes)
	if hi-lo <= leafSize {
		n.first, n.count = int32(lo), int32(hi-lo) //nolint:gosec // New refuses lines of more than 2²⁰ vertices
		return append(nodes, n)
	}
	nodes = append(nodes, n)
	mid := (lo + hi) / 2
	nodes = index(nodes, segments, lo, mid)
	nodes[at].right = int32(len(nodes)) //nolint:gosec // as above
	return index(nodes, segments, mid, hi)
}

// distance2 is the squared distance from a point to the box of the node.
func (n *node) distance2(e, north float64) float64 {
	dE := math.Max(0, math.Max(n.minE-e, e-n.maxE))
	dN := math.Max(0, math.Max(n.minN-north, north-n.maxN))
	return dE*dE + dN*dN
}

// Nearest finds the nearest point of the line. It looks at O(log n) segments for a point near a line that does not fold up, and
// allocates nothing.
func (l *Line) Nearest(p geo.ENU) Place {
	var stack [64]int32 // the depth of the tree is at most 20
	top := 0
	stack[top] = 0
	best, at, bestT := math.Inf(1), int32(-1), 0.0
	for top >= 0 {
		i := stack[top]
		top--
		n := &l.nodes[i]
		if at >= 0 && n.distance2(p.E, p.N) >= best {
			continue
		}
		if n.count > 0 {
			for k := n.first; k < n.first+n.count; k++ {
				if d2, t := l.segments[k].distance2(p.E, p.N); d2 < best || at < 0 {
					best, at, bestT = d2, k, t
				}
			}
			continue
		}
		near, far := i+1, n.right
		if l.nodes[far].distance2(p.E, p.N) < l.nodes[near].distance2(p.E, p.N) {
			near, far = far, near
		}
		stack[top+1], stack[top+2] = far, near
		top += 2
	}
	return l.segments[at].place(p, bestT)
}

// distance2 is the squared distance from a point to the segment, and how far along it the nearest point is: exactly 0 or length
// at an end, so that two segments that meet agree on their vertex.
func (s *segment) distance2(e, n float64) (d2, t float64) {
	t = math.Max(0, math.Min(s.length, (e-s.aE)*s.uE+(n-s.aN)*s.uN))
	fE, fN := s.foot(t)
	return (e-fE)*(e-fE) + (n-fN)*(n-fN), t
}

func (s *segment) foot(t float64) (e, n float64) {
	if t == s.length {
		return s.bE, s.bN // not a + t·u, which differs from the next segment's a in the last bit
	}
	return s.aE + t*s.uE, s.aN + t*s.uN
}

func (s *segment) place(p geo.ENU, t float64) Place {
	fE, fN := s.foot(t)
	dE, dN := p.E-fE, p.N-fN
	normal, beyond := [2]float64{-s.uN, s.uE}, false
	switch t {
	case 0:
		normal, beyond = s.normalA, s.openA && (p.E-s.aE)*s.uE+(p.N-s.aN)*s.uN < 0
	case s.length:
		normal, beyond = s.normalB, s.openB && (p.E-s.bE)*s.uE+(p.N-s.bN)*s.uN > 0
	}
	d := math.Hypot(dE, dN)
	out := Place{
		Distance: d, Foot: geo.ENU{E: fE, N: fN}, Along: s.along + t, Across: [2]float64{-s.uN, s.uE}, Sigma: s.sigma, Beyond: beyond,
	}
	if d > 1e-9 {
		out.Across = [2]float64{dE / d, dN / d} // the gradient of the distance, also where the nearest point is a vertex
	}
	if dE*normal[0]+dN*normal[1] < 0 {
		out.Distance = -d
	}
	return out
}
