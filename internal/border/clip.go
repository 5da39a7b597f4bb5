package border

import (
	"fmt"
	"math"

	"cutline/internal/geo"
)

const (
	metresPerDegree = 111320.0 // of a great circle on the mean earth, for step lengths and margins only
	longestStep     = 1000.0   // m; on the 49th parallel a chord of 1 km leaves the parallel by 2 cm, one of 10 km by 2.3 m
	mostVertices    = 1 << 20  // of a densified line: a hostile file must not take the memory
)

// Box is a rectangle in longitude and latitude.
type Box struct {
	West, South, East, North geo.Degrees
}

// Grow returns b with a margin of metres on all sides.
func (b Box) Grow(metres float64) Box {
	lat := math.Max(math.Abs(float64(b.South)), math.Abs(float64(b.North)))
	dLat := geo.Degrees(metres / metresPerDegree)
	dLon := geo.Degrees(metres / (metresPerDegree * math.Max(.01, math.Cos(lat*math.Pi/180))))
	return Box{b.West - dLon, b.South - dLat, b.East + dLon, b.North + dLat}
}

// Clip returns what of g lies in b, cut exactly where a segment, straight in longitude and latitude, leaves it. A line that
// leaves and comes back becomes two.
func (g Geometry) Clip(b Box) Geometry {
	var out Geometry
	for _, line := range g.Lines {
		var run []Vertex
		end := func() {
			if len(run) > 1 {
				out.Lines = append(out.Lines, Polyline{Points: run, Left: line.Left, Right: line.Right, SigmaM: line.SigmaM})
			}
			run = nil
		}
		for i := 1; i < len(line.Points); i++ {
			p, q, ok := b.cut(line.Points[i-1], line.Points[i])
			if !ok || p == q {
				continue
			}
			if len(run) == 0 || run[len(run)-1] != p {
				end()
				run = append(run, p)
			}
			run = append(run, q)
		}
		end()
	}
	return out
}

// cut gives the part of the segment a–b that lies in the box (Liang and Barsky, 1984). An end that lies inside comes back as it
// is, to the bit, so that neighbouring segments still meet.
func (b Box) cut(p, q Vertex) (from, to Vertex, ok bool) {
	dLon, dLat := q.Lon-p.Lon, q.Lat-p.Lat
	t0, t1 := geo.Degrees(0), geo.Degrees(1)
	for _, edge := range [4][2]geo.Degrees{
		{-dLon, p.Lon - b.West},
		{dLon, b.East - p.Lon},
		{-dLat, p.Lat - b.South},
		{dLat, b.North - p.Lat},
	} {
		switch d, room := edge[0], edge[1]; {
		case d == 0 && room < 0:
			return p, q, false
		case d < 0:
			t0 = max(t0, room/d)
		case d > 0:
			t1 = min(t1, room/d)
		}
	}
	if t0 > t1 {
		return p, q, false
	}
	from, to = p, q
	if t0 > 0 {
		from = Vertex{p.Lon + t0*dLon, p.Lat + t0*dLat}
	}
	if t1 < 1 {
		to = Vertex{p.Lon + t1*dLon, p.Lat + t1*dLat}
	}
	return from, to, true
}

// turn gives the lines with sides[0] on their left: a file may hold lines that run both ways, as the US–Canada line does east and
// north of the Pacific.
func (g Geometry) turn(sides [2]string) (Geometry, error) {
	out := Geometry{Lines: make([]Polyline, 0, len(g.Lines))}
	for i, line := range g.Lines {
		switch named := [2]string{line.Left, line.Right}; named {
		case sides, [2]string{}:
			out.Lines = append(out.Lines, line)
		case [2]string{sides[1], sides[0]}:
			turned := Polyline{Left: line.Right, Right: line.Left, SigmaM: line.SigmaM, Points: make([]Vertex, len(line.Points))}
			for k, v := range line.Points {
				turned.Points[len(line.Points)-1-k] = v
			}
			out.Lines = append(out.Lines, turned)
		default:
			return out, fmt.Errorf("line %d: its sides are %q and %q: must be %q and %q", i, named[0], named[1], sides[0], sides[1])
		}
	}
	return out, nil
}

// densify adds vertices so that no step is longer than longestStep, on the straight line in longitude and latitude. It must
// happen before the projection: projected ends joined by a straight line cut the corner of the parallel.
func (g Geometry) densify() (Geometry, error) {
	out := Geometry{Lines: make([]Polyline, 0, len(g.Lines))}
	total := 0
	for _, line := range g.Lines {
		dense := line
		dense.Points = nil
		for i := 1; i < len(line.Points); i++ {
			p, q := line.Points[i-1], line.Points[i]
			n := int(math.Ceil(stepLength(p, q) / longestStep))
			n = max(n, 1)
			if total += n; total > mostVertices {
				return out, fmt.Errorf("the line is longer than %d km in the sector: give the sector a smaller extent", mostVertices)
			}
			for k := range n {
				t := geo.Degrees(float64(k) / float64(n))
				dense.Points = append(dense.Points, Vertex{p.Lon + t*(q.Lon-p.Lon), p.Lat + t*(q.Lat-p.Lat)})
			}
		}
		dense.Points = append(dense.Points, line.Points[len(line.Points)-1])
		out.Lines = append(out.Lines, dense)
	}
	return out, nil
}

// stepLength is the length of a segment in m, within 1 %, and never too short: the longitude is taken at the wider end.
func stepLength(p, q Vertex) float64 {
	lat := math.Min(math.Abs(float64(p.Lat)), math.Abs(float64(q.Lat)))
	if p.Lat*q.Lat < 0 {
		lat = 0
	}
	east := float64(q.Lon-p.Lon) * math.Cos(lat*math.Pi/180)
	return 1.006 * metresPerDegree * math.Hypot(east, float64(q.Lat-p.Lat))
}
