package fusion

import (
	"cmp"
	"math"
	"slices"
)

const (
	gridLevels  = 9
	gridFinest  = 64.0 // m, side of a cell of the finest level
	gridBuckets = 8192 // of a level; cells share them by a hash
	noNode      = -1
)

// A grid finds the tracks near a place at a cost that does not grow with their number. A track is in one cell: of the level whose
// cells are as wide as its own uncertainty, so that a search looks one cell further than its radius on each level. The nodes are beside
// each other: a search that leads nowhere must not touch the tracks, each of which is a kilobyte away from the next.
type grid struct {
	count [gridLevels]int
	heads [gridLevels][]int32 // into nodes, noNode: empty
	nodes []node
	spare int32 // the first unused node, linked by next
}

type node struct {
	cx, cy     int32
	prev, next int32
	tr         *target
}

// link is a target's place in the grid. Node counts from 1, so that the zero link is no place.
type link struct {
	level int32
	node  int32
}

func newGrid() grid {
	g := grid{spare: noNode}
	for i := range g.heads {
		g.heads[i] = make([]int32, gridBuckets)
		for j := range g.heads[i] {
			g.heads[i][j] = noNode
		}
	}
	return g
}

func cellSide(level int) float64 { return gridFinest * float64(int(1)<<level) }

func cellOf(v, side float64) int32 { return int32(math.Floor(v / side)) }

func bucket(cx, cy int32) int {
	h := uint64(uint32(cx))*0x9E3779B97F4A7C15 ^ uint64(uint32(cy))*0xC2B2AE3D27D4EB4F //nolint:gosec // a hash: wrapping is wanted
	return int((h >> 40) % gridBuckets)
}

// put places tr, which may be there already, so that it is found wherever it may be gated within the next second.
func (g *grid) put(tr *target, extent float64) {
	level := 0
	for level < gridLevels-1 && cellSide(level) < extent {
		level++
	}
	side := cellSide(level)
	cx, cy := cellOf(tr.State[0], side), cellOf(tr.State[2], side)
	if k := tr.link; k.node > 0 && int(k.level) == level && g.nodes[k.node-1].cx == cx && g.nodes[k.node-1].cy == cy {
		return
	}
	g.remove(tr)
	i := g.spare
	if i == noNode {
		i = int32(len(g.nodes)) //nolint:gosec // as many as tracks
		g.nodes = append(g.nodes, node{})
	} else {
		g.spare = g.nodes[i].next
	}
	head := &g.heads[level][bucket(cx, cy)]
	g.nodes[i] = node{cx: cx, cy: cy, prev: noNode, next: *head, tr: tr}
	if *head != noNode {
		g.nodes[*head].prev = i
	}
	*head = i
	tr.link = link{level: int32(level), node: i + 1}
	g.count[level]++
}

func (g *grid) remove(tr *target) {
	k := tr.link
	if k.node == 0 {
		return
	}
	i := k.node - 1
	n := g.nodes[i]
	if n.next != noNode {
		g.nodes[n.next].prev = n.prev
	}
	if n.prev != noNode {
		g.nodes[n.prev].next = n.next
	} else {
		g.heads[k.level][bucket(n.cx, n.cy)] = n.next
	}
	g.nodes[i] = node{next: g.spare}
	g.spare = i
	g.count[k.level]--
	tr.link = link{}
}

// near appends the tracks that may be within radius of a place before they are put again, some that are not, and none twice.
func (g *grid) near(dst []*target, e, n, radius float64) []*target {
	for level := range g.heads {
		if g.count[level] > 0 {
			dst = g.within(dst, level, e, n, radius+cellSide(level))
		}
	}
	return dst
}

// at appends the tracks that are within radius of a place now, some that are not, and none twice.
func (g *grid) at(dst []*target, e, n, radius float64) []*target {
	for level := range g.heads {
		if g.count[level] > 0 {
			dst = g.within(dst, level, e, n, radius)
		}
	}
	return dst
}

// within appends the tracks of a level whose cells come within radius of a place.
func (g *grid) within(dst []*target, level int, e, n, radius float64) []*target {
	side := cellSide(level)
	x0, x1 := cellOf(e-radius, side), cellOf(e+radius, side)
	y0, y1 := cellOf(n-radius, side), cellOf(n+radius, side)
	if int(x1-x0+1)*int(y1-y0+1) > len(g.nodes) { // a wide search: every node once is less
		for i := range g.nodes {
			k := &g.nodes[i]
			if k.tr != nil && int(k.tr.link.level) == level && k.cx >= x0 && k.cx <= x1 && k.cy >= y0 && k.cy <= y1 {
				dst = append(dst, k.tr)
			}
		}
		return dst
	}
	for cx := x0; cx <= x1; cx++ {
		for cy := y0; cy <= y1; cy++ {
			for i := g.heads[level][bucket(cx, cy)]; i != noNode; i = g.nodes[i].next {
				if k := &g.nodes[i]; k.cx == cx && k.cy == cy {
					dst = append(dst, k.tr)
				}
			}
		}
	}
	return dst
}

// along appends the tracks that may be within halfWidth, rad, of a ray of the given length, in order of creation.
func (g *grid) along(dst []*target, e, n, azimuth, halfWidth, length float64) []*target {
	from := len(dst)
	sin, cos := math.Sincos(azimuth)
	halfWidth = min(halfWidth, .3)
	for level := range g.heads {
		if g.count[level] == 0 {
			continue
		}
		side := cellSide(level)
		// Discs of 1.5 w, one w apart, cover the wedge of half-width w: (w/2)² + (1.15 w)² < (1.5 w)². A side more is the track's own extent.
		for at := 0.0; at < length+side; {
			w := halfWidth*at + side
			dst = g.within(dst, level, e+at*sin, n+at*cos, 1.5*w+side)
			at += w
		}
	}
	found := dst[from:]
	slices.SortFunc(found, func(a, b *target) int { return cmp.Compare(a.Serial, b.Serial) })
	return dst[:from+len(slices.Compact(found))]
}
