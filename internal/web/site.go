package web

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

// Site is what the configuration says of the place: everything that a map needs beside the picture. Angles are degrees.
type Site struct {
	Name      string       `json:"name"`
	Version   string       `json:"version"`   // of cutline
	Simulated bool         `json:"simulated"` // nothing of it is real
	Sectors   []SiteSector `json:"sectors"`
	Border    Features     `json:"border"` // LineStrings, with the names of their left and right sides
	Zones     Features     `json:"zones"`
	Sensors   []SiteSensor `json:"sensors"`
	Basemap   *Basemap     `json:"basemap"` // null: none is configured
}

// SiteSector is a piece of the border with an order of its own.
type SiteSector struct {
	ID     string    `json:"id"`
	Extent Extent    `json:"extent"`
	Sides  [2]string `json:"sides"` // left and right of the line
}

// Extent of a sector.
type Extent struct {
	West  float64 `json:"west"`
	South float64 `json:"south"`
	East  float64 `json:"east"`
	North float64 `json:"north"`
}

// SiteSensor is a sensor as it is configured.
type SiteSensor struct {
	ID       string        `json:"id"`
	Sector   string        `json:"sector"`
	Group    string        `json:"group"`
	Kind     string        `json:"kind"`
	Format   string        `json:"format"`
	Topic    string        `json:"topic"`
	Pose     *SitePose     `json:"pose"`     // null: it moves
	Coverage *SiteCoverage `json:"coverage"` // null: not stated
}

// SitePose is where a sensor stands, and where it looks, clockwise from true north.
type SitePose struct {
	Lat        float64 `json:"lat"`
	Lon        float64 `json:"lon"`
	AltM       float64 `json:"alt_m"` // above the ellipsoid
	HeadingDeg float64 `json:"heading_deg"`
}

// SiteCoverage is what a sensor can see from its pose. The same azimuth twice means all round.
type SiteCoverage struct {
	RangeM     float64    `json:"range_m"`
	AzimuthDeg [2]float64 `json:"azimuth_deg"`
}

// Basemap says where the map's tiles are.
type Basemap struct {
	PMTiles string `json:"pmtiles"`
}

// Features are a GeoJSON FeatureCollection (RFC 7946).
type Features struct {
	Type     string    `json:"type"`
	Features []Feature `json:"features"`
}

// Feature of GeoJSON.
type Feature struct {
	Type       string         `json:"type"`
	ID         string         `json:"id,omitempty"`
	Geometry   Shape          `json:"geometry"`
	Properties map[string]any `json:"properties"`
}

// Shape is a geometry of GeoJSON; places are longitude and latitude.
type Shape struct {
	Type        string `json:"type"`
	Coordinates any    `json:"coordinates"`
}

// Collect makes a FeatureCollection; its list is never null.
func Collect(features ...Feature) Features {
	return Features{Type: "FeatureCollection", Features: append([]Feature{}, features...)}
}

const basemapPath = "/basemap.pmtiles"

func (s *Server) getSite(w http.ResponseWriter, r *http.Request) {
	if _, ok := query(w, r); !ok {
		return
	}
	site := Site{Sectors: []SiteSector{}, Sensors: []SiteSensor{}, Border: Collect(), Zones: Collect()}
	if s.deps.Site != nil {
		site = s.deps.Site()
	}
	site.Simulated = s.cfg.Simulated
	if s.cfg.Name != "" {
		site.Name = s.cfg.Name
	}
	if s.cfg.BasemapFile != "" {
		site.Basemap = &Basemap{PMTiles: basemapPath}
	}
	reply(w, http.StatusOK, site)
}

// getBasemap serves the tiles' file in the ranges that a map asks for.
func (s *Server) getBasemap(w http.ResponseWriter, r *http.Request) {
	if s.cfg.BasemapFile == "" {
		fail(w, http.StatusNotFound, "there is no basemap: http.basemap_file names none")
		return
	}
	f, err := os.Open(s.cfg.BasemapFile)
	if err != nil {
		fail(w, http.StatusNotFound, "http.basemap_file cannot be read: %v", err)
		return
	}
	defer f.Close() //nolint:errcheck // it was only read
	about, err := f.Stat()
	if err != nil {
		fail(w, http.StatusNotFound, "http.basemap_file cannot be read: %v", err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/vnd.pmtiles")
	h.Set("Cache-Control", "no-cache") // kept, but asked for again whether it is still the same
	h.Set("ETag", fmt.Sprintf(`"%x-%x"`, about.ModTime().UnixNano(), about.Size()))
	http.ServeContent(w, r, "", about.ModTime().Truncate(time.Second), f)
}

// checkBasemap says what is wrong with a file of tiles: PMTiles version 3 begins with its name and that number (specification, section 3).
func checkBasemap(path string) error {
	f, err := os.Open(path) //nolint:gosec // the user's own path is the point
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	head := make([]byte, 8)
	if _, err := f.ReadAt(head, 0); err != nil || string(head) != "PMTiles\x03" {
		return fmt.Errorf("%s is no PMTiles file of version 3: make one with pmtiles extract or pmtiles convert", path)
	}
	return nil
}
