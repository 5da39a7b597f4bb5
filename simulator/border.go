package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"cutline/internal/geo"
)

// line is the border in the plane. Its own reading of the file, and its own geometry: the daemon's must find the same.
type line struct {
	frame       geo.Frame
	left, right string // sides, seen along the line
	vertices    []geo.ENU
	lonLat      [][2]float64 // the vertices as they stand in the file, densified
}

// densify is the longest step between two vertices in metres, straight in longitude and latitude: a chord in the plane bulges
// off the parallel by 2 cm in a kilometre, by 56 m in fifty.
const densify = 500.0

// parseLine reads the one LineString of a GeoJSON FeatureCollection or Feature whose properties name the sides.
func parseLine(data []byte, frame geo.Frame) (*line, error) {
	type feature struct {
		Properties struct {
			Left  string `json:"left"`
			Right string `json:"right"`
		} `json:"properties"`
		Geometry struct {
			Type        string       `json:"type"`
			Coordinates [][2]float64 `json:"coordinates"`
		} `json:"geometry"`
	}
	var doc struct {
		Features []feature `json:"features"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("read border: %w", err)
	}
	if len(doc.Features) != 1 || doc.Features[0].Geometry.Type != "LineString" {
		return nil, errors.New("read border: want a FeatureCollection of one LineString")
	}
	f := doc.Features[0]
	if f.Properties.Left == "" || f.Properties.Right == "" || f.Properties.Left == f.Properties.Right {
		return nil, errors.New("read border: properties.left and properties.right must name the two sides")
	}
	if len(f.Geometry.Coordinates) < 2 {
		return nil, errors.New("read border: geometry.coordinates: a line has two vertices at least")
	}
	l := &line{frame: frame, left: f.Properties.Left, right: f.Properties.Right}
	l.build(f.Geometry.Coordinates)
	return l, nil
}

func (l *line) build(coordinates [][2]float64) {
	l.append(coordinates[0])
	for i := 1; i < len(coordinates); i++ {
		a, b := coordinates[i-1], coordinates[i]
		east := (b[0] - a[0]) * 111320 * math.Cos(a[1]*math.Pi/180)
		north := (b[1] - a[1]) * 110574
		n := max(1, int(math.Ceil(math.Hypot(east, north)/densify)))
		for k := 1; k <= n; k++ {
			part := float64(k) / float64(n)
			l.append([2]float64{a[0] + (b[0]-a[0])*part, a[1] + (b[1]-a[1])*part})
		}
	}
}

func (l *line) append(lonLat [2]float64) {
	l.lonLat = append(l.lonLat, lonLat)
	l.vertices = append(l.vertices, l.frame.ENU(geo.LLA{Lat: geo.Degrees(lonLat[1]), Lon: geo.Degrees(lonLat[0])}))
}

// distance is how far a point is from the line, in metres: positive to its left, negative to its right.
func (l *line) distance(e, n float64) float64 {
	best, side := math.Inf(1), 0.0
	for i := 1; i < len(l.vertices); i++ {
		a, b := l.vertices[i-1], l.vertices[i]
		dE, dN := b.E-a.E, b.N-a.N
		x, y := e-a.E, n-a.N
		part := min(1, max(0, (x*dE+y*dN)/(dE*dE+dN*dN)))
		offE, offN := x-part*dE, y-part*dN
		if off := offE*offE + offN*offN; off < best {
			best, side = off, dE*y-dN*x
		}
	}
	return math.Copysign(math.Sqrt(best), side)
}

// at is the point of the line at a longitude, and the unit vector to its left; the end of the line for a longitude beyond it.
func (l *line) at(lon float64) (p, left geo.ENU) {
	best := 1
	for i := 1; i < len(l.lonLat); i++ {
		if (l.lonLat[i-1][0]-lon)*(l.lonLat[i][0]-lon) <= 0 {
			best = i
			break
		}
	}
	a, b := l.vertices[best-1], l.vertices[best]
	from, to := l.lonLat[best-1][0], l.lonLat[best][0]
	part := min(1, max(0, (lon-from)/(to-from)))
	d := b.Sub(a)
	p = geo.ENU{E: a.E + part*d.E, N: a.N + part*d.N}
	return p, geo.ENU{E: -d.N / d.Range(), N: d.E / d.Range()}
}

// sign of a side: +1 for the left one, −1 for the right one, 0 for a name that is neither.
func (l *line) sign(side string) float64 {
	switch side {
	case l.left:
		return 1
	case l.right:
		return -1
	}
	return 0
}

// direction names a crossing to the side with the given sign.
func (l *line) direction(to float64) string {
	if to > 0 {
		return l.right + ">" + l.left
	}
	return l.left + ">" + l.right
}
