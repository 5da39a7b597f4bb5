// Package site reads from a daemon's configuration what the score and its map need to know of a place: the line, its sides, and where
// the sensors look.
//
//	cutline.yaml, its includes, the border's GeoJSON ─ Open ─► Site
//
// It reads with a parser of its own and takes only these few fields; whether the configuration is good is for `cutline config check`
// to say. Positions are degrees on WGS 84.
package site

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"cutline/internal/geo"
	"cutline/simulator"
)

// Site is a place that is watched.
type Site struct {
	Sides   [2]string    // left and right of the line in its direction
	Lines   [][]geo.LLA  // of the border
	Extents [][4]float64 // of the sectors: west, south, east, north
	Sensors []Sensor     // in the order of the files
}

// Sensor is one that stands in its place; those that move have no pose in a configuration, and are left out.
type Sensor struct {
	ID, Kind    string
	Lat, Lon    float64
	Reach       float64 // m
	From, Width float64 // degrees clockwise from true north
}

// Of is the site of a scenario, by the configuration that is written for it.
func Of(s *simulator.Scenario) (_ Site, err error) {
	dir, err := os.MkdirTemp("", "cutline-site-")
	if err != nil {
		return Site{}, fmt.Errorf("write configuration: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := s.WriteConfig(dir); err != nil {
		return Site{}, err
	}
	return Open(filepath.Join(dir, "cutline.yaml"))
}

// document is what is read of a configuration file.
type document struct {
	Include []string `yaml:"include"`
	Border  struct {
		File  string    `yaml:"file"`
		Sides [2]string `yaml:"sides"`
	} `yaml:"border"`
	Sectors []struct {
		Extent struct{ West, South, East, North float64 } `yaml:"extent"`
	} `yaml:"sectors"`
	Sensors []struct {
		ID   string `yaml:"id"`
		Kind string `yaml:"kind"`
		Pose *struct {
			Lat float64 `yaml:"lat"`
			Lon float64 `yaml:"lon"`
		} `yaml:"pose"`
		Coverage struct {
			Range   float64     `yaml:"range_m"`
			Azimuth *[2]float64 `yaml:"azimuth_deg"`
		} `yaml:"coverage"`
	} `yaml:"sensors"`
}

// Open reads a configuration file and what it includes.
func Open(file string) (Site, error) {
	var s Site
	if err := s.read(file, true); err != nil {
		return Site{}, err
	}
	if len(s.Lines) == 0 {
		return Site{}, fmt.Errorf("%s: border.file: is missing: a score and a map need the line", file)
	}
	return s, nil
}

func (s *Site) read(file string, includes bool) error {
	data, err := os.ReadFile(file) //nolint:gosec // the user names it
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	var d document
	if err := yaml.Unmarshal(data, &d); err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	s.take(&d)
	dir := filepath.Dir(file)
	if name := d.Border.File; name != "" {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		if s.Lines, err = readLines(name); err != nil {
			return err
		}
		s.Sides = d.Border.Sides
	}
	for _, pattern := range d.Include {
		if !includes {
			return fmt.Errorf("read %s: include: a file that is included includes no other", file)
		}
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return fmt.Errorf("read %s: include: %w", file, err)
		}
		for _, name := range names {
			if err := s.read(name, false); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Site) take(d *document) {
	for _, sector := range d.Sectors {
		e := sector.Extent
		s.Extents = append(s.Extents, [4]float64{e.West, e.South, e.East, e.North})
	}
	for _, c := range d.Sensors {
		if c.Pose == nil || c.Coverage.Range <= 0 {
			continue
		}
		one := Sensor{ID: c.ID, Kind: c.Kind, Lat: c.Pose.Lat, Lon: c.Pose.Lon, Reach: c.Coverage.Range, Width: 360}
		if a := c.Coverage.Azimuth; a != nil {
			one.From = a[0]
			if width := math.Mod(a[1]-a[0]+720, 360); width > 0 { // the same two azimuths, and 0 to 360, are all round
				one.Width = width
			}
		}
		s.Sensors = append(s.Sensors, one)
	}
}

// LineKM is the length of the line inside the sectors, in km.
func (s *Site) LineKM() float64 {
	total := 0.0
	for _, line := range s.Lines {
		for i := 1; i < len(line); i++ {
			f := geo.NewFrame(line[i-1])
			length := f.ENU(line[i]).Range()
			n := max(1, int(math.Ceil(length/50))) // pieces of 50 m: inside or not
			for k := range n {
				part := geo.Degrees((float64(k) + .5) / float64(n))
				lat, lon := line[i-1].Lat+part*(line[i].Lat-line[i-1].Lat), line[i-1].Lon+part*(line[i].Lon-line[i-1].Lon)
				if s.inside(float64(lat), float64(lon)) {
					total += length / float64(n)
				}
			}
		}
	}
	return total / 1000
}

func (s *Site) inside(lat, lon float64) bool {
	for _, e := range s.Extents {
		if lon >= e[0] && lon <= e[2] && lat >= e[1] && lat <= e[3] {
			return true
		}
	}
	return len(s.Extents) == 0
}

// readLines reads the LineStrings and MultiLineStrings of a GeoJSON file.
func readLines(file string) ([][]geo.LLA, error) {
	data, err := os.ReadFile(file) //nolint:gosec // the configuration names it
	if err != nil {
		return nil, fmt.Errorf("read border: %w", err)
	}
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, fmt.Errorf("read border %s: %w", file, err)
	}
	var lines [][]geo.LLA
	if err := o.lines(&lines); err != nil {
		return nil, fmt.Errorf("read border %s: %w", file, err)
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("read border %s: it holds no line", file)
	}
	return lines, nil
}

// object is any object of GeoJSON (RFC 7946).
type object struct {
	Type        string          `json:"type"`
	Features    []object        `json:"features"`
	Geometry    *object         `json:"geometry"`
	Coordinates json.RawMessage `json:"coordinates"`
}

func (o *object) lines(out *[][]geo.LLA) error {
	for i := range o.Features {
		if err := o.Features[i].lines(out); err != nil {
			return err
		}
	}
	if o.Geometry != nil {
		return o.Geometry.lines(out)
	}
	var many [][][]float64
	switch o.Type {
	case "LineString":
		many = make([][][]float64, 1)
		if err := json.Unmarshal(o.Coordinates, &many[0]); err != nil {
			return err
		}
	case "MultiLineString":
		if err := json.Unmarshal(o.Coordinates, &many); err != nil {
			return err
		}
	}
	for _, one := range many {
		var line []geo.LLA
		for _, c := range one {
			if len(c) < 2 {
				return errors.New("coordinates: a position has a longitude and a latitude")
			}
			line = append(line, geo.LLA{Lat: geo.Degrees(c[1]), Lon: geo.Degrees(c[0])}) // RFC 7946 §3.1.1: longitude comes first
		}
		*out = append(*out, line)
	}
	return nil
}
