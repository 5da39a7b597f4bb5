package border

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Crossed finds the first place where the border crosses itself, or one of its lines another: beyond it there are no two sides. Lines
// that meet at their ends do not cross.
func (g Geometry) Crossed() error {
	for i := range g.Lines {
		if a, b, crosses := g.Lines[i].crossesItself(); crosses {
			p := g.Lines[i].Points[a]
			return fmt.Errorf("line %d crosses itself: its segments %d and %d meet, near %.5f, %.5f", i, a, b, p.Lat, p.Lon)
		}
	}
	return nil
}

// crossesItself finds two segments that meet elsewhere than at the vertex that they share. It sweeps along the longer way of the line, so
// one of n segments that does not fold up costs n log n.
func (p *Polyline) crossesItself() (a, b int, crosses bool) {
	n := len(p.Points) - 1
	closed := p.Points[0] == p.Points[n]
	along := p.longer()
	from := func(i int) float64 { return math.Min(along(p.Points[i]), along(p.Points[i+1])) }
	to := func(i int) float64 { return math.Max(along(p.Points[i]), along(p.Points[i+1])) }
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(from(i), from(j)) })
	var live []int
	for _, i := range order {
		live = slices.DeleteFunc(live, func(j int) bool { return to(j) < from(i) })
		for _, j := range live {
			lo, hi := min(i, j), max(i, j)
			neighbours := hi-lo == 1 || closed && lo == 0 && hi == n-1
			if !neighbours && meet(p.Points[lo], p.Points[lo+1], p.Points[hi], p.Points[hi+1]) {
				return lo, hi, true
			}
		}
		live = append(live, i)
	}
	return 0, 0, false
}

// longer is the coordinate of the two that the line covers more of.
func (p *Polyline) longer() func(Vertex) float64 {
	lon := func(v Vertex) float64 { return float64(v.Lon) }
	lat := func(v Vertex) float64 { return float64(v.Lat) }
	extent := func(of func(Vertex) float64) float64 {
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, v := range p.Points {
			lo, hi = math.Min(lo, of(v)), math.Max(hi, of(v))
		}
		return hi - lo
	}
	if extent(lat) > extent(lon) {
		return lat
	}
	return lon
}

// meet says whether two segments have a point in common.
func meet(a, b, c, d Vertex) bool {
	side := func(p, q, r Vertex) float64 {
		return float64((q.Lon-p.Lon)*(r.Lat-p.Lat) - (q.Lat-p.Lat)*(r.Lon-p.Lon))
	}
	if math.Max(float64(a.Lat), float64(b.Lat)) < math.Min(float64(c.Lat), float64(d.Lat)) ||
		math.Max(float64(c.Lat), float64(d.Lat)) < math.Min(float64(a.Lat), float64(b.Lat)) {
		return false
	}
	s1, s2, s3, s4 := side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)
	return s1*s2 <= 0 && s3*s4 <= 0 && !(s1 == 0 && s2 == 0 && s3 == 0 && s4 == 0 && !overlap(a, b, c, d))
}

// overlap says whether two segments of one straight line do, whose latitudes do.
func overlap(a, b, c, d Vertex) bool {
	return math.Max(float64(a.Lon), float64(b.Lon)) >= math.Min(float64(c.Lon), float64(d.Lon)) &&
		math.Max(float64(c.Lon), float64(d.Lon)) >= math.Min(float64(a.Lon), float64(b.Lon))
}
