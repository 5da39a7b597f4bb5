package border

import (
	"encoding/json"
	"fmt"

	"cutline/internal/geo"
)

// Geometry is a border as its file states it: one or more polylines.
type Geometry struct {
	Lines []Polyline
}

// Polyline is one run of the border. Its segments are straight in longitude and latitude, as RFC 7946 §3.1.1 has it: not geodesics.
type Polyline struct {
	Points      []Vertex
	Left, Right string  // names of the sides in the direction of the vertices; empty if the file does not say
	SigmaM      float64 // 1 σ of the line across itself, m; 0 if the file does not say
}

// Vertex of a polyline.
type Vertex struct {
	Lon, Lat geo.Degrees
}

// member is any GeoJSON object that we read: a FeatureCollection, a Feature, or a geometry.
type member struct {
	Type        string          `json:"type"`
	Features    []member        `json:"features"`
	Geometry    *member         `json:"geometry"`
	Properties  properties      `json:"properties"`
	Coordinates json.RawMessage `json:"coordinates"`
}

type properties struct {
	Left   string   `json:"left"`
	Right  string   `json:"right"`
	SigmaM *float64 `json:"sigma_m"`
}

// ParseGeoJSON reads a LineString or MultiLineString (RFC 7946), alone, in a Feature, or several in a FeatureCollection. Of a
// feature's properties it takes sigma_m, left and right. An error names the member that is wrong.
//
// It is read with encoding/json and not with a GeoJSON library: two geometry types are all there is, and the error can say where.
func ParseGeoJSON(data []byte) (Geometry, error) {
	var top member
	if err := json.Unmarshal(data, &top); err != nil {
		return Geometry{}, fmt.Errorf("read border: %w", err)
	}
	var g Geometry
	if err := g.add("", &top, properties{}); err != nil {
		return Geometry{}, fmt.Errorf("read border: %w", err)
	}
	if len(g.Lines) == 0 {
		return Geometry{}, fmt.Errorf("read border: no line in it: give a LineString or MultiLineString")
	}
	return g, nil
}

func (g *Geometry) add(path string, m *member, p properties) error {
	switch m.Type {
	case "FeatureCollection":
		for i := range m.Features {
			if m.Features[i].Type != "Feature" {
				return fmt.Errorf("features[%d].type: %q: must be \"Feature\"", i, m.Features[i].Type)
			}
			if err := g.add(fmt.Sprintf("features[%d].", i), &m.Features[i], p); err != nil {
				return err
			}
		}
		return nil
	case "Feature":
		if m.Geometry == nil || m.Geometry.Type == "Feature" || m.Geometry.Type == "FeatureCollection" {
			return fmt.Errorf("%sgeometry: must be a LineString or MultiLineString", path)
		}
		return g.add(path+"geometry.", m.Geometry, m.Properties)
	case "LineString":
		var points [][]float64
		if err := json.Unmarshal(m.Coordinates, &points); err != nil {
			return fmt.Errorf("%scoordinates: %w: must be a list of [longitude, latitude]", path, err)
		}
		return g.addLine(path+"coordinates", points, p)
	case "MultiLineString":
		var lines [][][]float64
		if err := json.Unmarshal(m.Coordinates, &lines); err != nil {
			return fmt.Errorf("%scoordinates: %w: must be lists of [longitude, latitude]", path, err)
		}
		for i, points := range lines {
			if err := g.addLine(fmt.Sprintf("%scoordinates[%d]", path, i), points, p); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("%stype: %q is no line: must be a LineString or MultiLineString", path, m.Type)
}

func (g *Geometry) addLine(path string, points [][]float64, p properties) error {
	line := Polyline{Left: p.Left, Right: p.Right, Points: make([]Vertex, 0, len(points))}
	if p.SigmaM != nil {
		if line.SigmaM = *p.SigmaM; !(line.SigmaM > 0 && line.SigmaM <= 1000) {
			return fmt.Errorf("properties.sigma_m: %v: must be above 0 and at most 1000 metres", line.SigmaM)
		}
	}
	if (p.Left == "") != (p.Right == "") || (p.Left != "" && p.Left == p.Right) {
		return fmt.Errorf("properties.left and right: %q and %q: give both, and different ones, or none", p.Left, p.Right)
	}
	for i, c := range points {
		if len(c) < 2 || c[0] < -180 || c[0] > 180 || c[1] < -90 || c[1] > 90 {
			return fmt.Errorf("%s[%d]: %v: must be [longitude, latitude] in degrees", path, i, c)
		}
		v := Vertex{geo.Degrees(c[0]), geo.Degrees(c[1])}
		if n := len(line.Points); n > 0 {
			if v == line.Points[n-1] {
				continue // a vertex given twice has no direction
			}
			if d := v.Lon - line.Points[n-1].Lon; d > 180 || d < -180 {
				return fmt.Errorf("%s[%d]: crosses the antimeridian: cut the line there (RFC 7946 §3.1.9)", path, i)
			}
		}
		line.Points = append(line.Points, v)
	}
	if len(line.Points) < 2 {
		return fmt.Errorf("%s: a line needs two different points", path)
	}
	g.Lines = append(g.Lines, line)
	return nil
}
