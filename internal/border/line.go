package border

import (
	"errors"
	"math"

	"cutline/internal/geo"
)

// Line is the border in a sector's frame, ready to be asked. It does not change, so any number may read it at once.
type Line struct {
	cfg      Config
	frame    geo.Frame
	sides    [2]string
	segments []segment
	nodes    []node
	length   float64
}

// A segment runs from a to b. The normals at its ends are the pseudo-normals of the vertices: the sum of the unit left normals of
// the two segments that meet there (Bærentzen and Aanæs, 2005, for meshes). For a point whose nearest place is a vertex, the sign by
// either segment alone is wrong on one side of the bend.
type segment struct {
	aE, aN, bE, bN float64
	uE, uN         float64 // unit direction
	length, along  float64 // along: from the start of the line to a, m
	sigma          float64 // 1 σ across, m
	normalA        [2]float64
	normalB        [2]float64
	openA, openB   bool // nothing is joined to this end
}

// New makes the line of g in frame. Names in g's lines must be those of sides, of which the first is on the left; a line that runs
// the other way is turned. Lines that meet end to start are joined. Clip g to the sector first: an end of the line inside it is an end of
// the border, beyond which there are no sides.
func New(cfg Config, g Geometry, frame geo.Frame, sides [2]string) (*Line, error) {
	if sides[0] == "" || sides[1] == "" || sides[0] == sides[1] {
		return nil, errors.New("border: sides: must be two different names, left and right of the line")
	}
	g, err := g.turn(sides)
	if err != nil {
		return nil, errors.Join(errors.New("border: sides do not fit the file"), err)
	}
	if g, err = g.densify(); err != nil {
		return nil, errors.Join(errors.New("border: too long"), err)
	}
	l := &Line{cfg: cfg, frame: frame, sides: sides}
	lines, next := chain(g.Lines)
	first, last := make([]int, len(lines)), make([]int, len(lines))
	for i := range lines {
		first[i] = len(l.segments)
		l.project(lines[i])
		last[i] = len(l.segments) - 1
	}
	if len(l.segments) == 0 {
		return nil, errors.New("border: no part of the line lies in the sector: check its extent and the file")
	}
	for i, j := range next {
		if j >= 0 && last[i] >= first[i] && last[j] >= first[j] {
			join(&l.segments[last[i]], &l.segments[first[j]])
		}
	}
	l.nodes = index(nil, l.segments, 0, len(l.segments))
	return l, nil
}

// Length of the line in m.
func (l *Line) Length() float64 { return l.length }

// Sides are the names left and right of the line.
func (l *Line) Sides() [2]string { return l.sides }

// At is the place at a distance along the line, in m from its start, on the frame's plane.
func (l *Line) At(along float64) geo.ENU {
	lo, hi := 0, len(l.segments)-1
	for lo < hi {
		if mid := (lo + hi + 1) / 2; l.segments[mid].along <= along {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	s := &l.segments[lo]
	t := math.Max(0, math.Min(s.length, along-s.along))
	return geo.ENU{E: s.aE + t*s.uE, N: s.aN + t*s.uN}
}

// project appends the segments of one line. Its height is the frame's: a border has none of its own, and every ground position
// of the sector is projected at that height too.
func (l *Line) project(line Polyline) {
	sigma := line.SigmaM
	if sigma == 0 {
		sigma = l.cfg.SigmaM
	}
	start := len(l.segments)
	at := func(v Vertex) geo.ENU {
		return l.frame.ENU(geo.LLA{Lat: v.Lat, Lon: v.Lon, Alt: l.frame.Origin().Alt})
	}
	a := at(line.Points[0])
	for _, v := range line.Points[1:] {
		b := at(v)
		d := b.Sub(a)
		length := d.Range()
		if length < 1e-3 {
			continue // a millimetre has no direction worth having; the next segment starts at the same a, so nothing opens
		}
		s := segment{
			aE: a.E, aN: a.N, bE: b.E, bN: b.N, uE: d.E / length, uN: d.N / length,
			length: length, along: l.length, sigma: sigma, openA: true, openB: true,
		}
		s.normalA = [2]float64{-s.uN, s.uE}
		s.normalB = s.normalA
		l.segments = append(l.segments, s)
		if n := len(l.segments); n-1 > start {
			join(&l.segments[n-2], &l.segments[n-1])
		}
		l.length += length
		a = b
	}
}

// join closes the vertex where s ends and t starts.
func join(s, t *segment) {
	s.openB, t.openA = false, false
	n := [2]float64{-s.uN - t.uN, s.uE + t.uE}
	if math.Hypot(n[0], n[1]) < 1e-9 {
		return // the line turns back on itself: the tip has no sides, each segment keeps its own
	}
	s.normalB, t.normalA = n, n
}

// chain orders lines so that one whose end is another's start stands before it, and gives for each the one that it runs into, −1 if
// none. A ring's last line runs into its first.
func chain(lines []Polyline) (ordered []Polyline, next []int) {
	starts := make(map[Vertex]int, len(lines))
	for i, line := range lines {
		if _, taken := starts[line.Points[0]]; !taken { // of two that start at one point the first wins
			starts[line.Points[0]] = i
		}
	}
	into, preceded := make([]int, len(lines)), make([]bool, len(lines))
	for i, line := range lines {
		into[i] = -1
		if j, ok := starts[line.Points[len(line.Points)-1]]; ok && !preceded[j] {
			into[i], preceded[j] = j, true
		}
	}
	place := make([]int, len(lines)) // 1 + index in ordered
	follow := func(i int) {
		for ; i >= 0 && place[i] == 0; i = into[i] {
			ordered = append(ordered, lines[i])
			place[i] = len(ordered)
		}
	}
	for i := range lines {
		if !preceded[i] {
			follow(i)
		}
	}
	for i := range lines { // what is left are rings
		follow(i)
	}
	next = make([]int, len(lines))
	for i := range lines {
		next[place[i]-1] = -1
		if into[i] >= 0 {
			next[place[i]-1] = place[into[i]] - 1
		}
	}
	return ordered, next
}
