package app

import (
	"cutline/internal/config"
	"cutline/internal/sensor"
	"cutline/internal/web"
)

// site is the configuration as a map shows it.
func site(cfg config.Config) web.Site {
	out := web.Site{
		Name: cfg.Sectors[0].ID, Version: version(),
		Border: web.Collect(borderFeatures(cfg)...), Zones: web.Collect(zoneFeatures(cfg)...),
		Sectors: []web.SiteSector{}, Sensors: []web.SiteSensor{},
	}
	for _, s := range cfg.Sectors {
		out.Sectors = append(out.Sectors, web.SiteSector{ID: s.ID, Sides: cfg.Border.Sides, Extent: web.Extent{
			West: s.Extent.West, South: s.Extent.South, East: s.Extent.East, North: s.Extent.North,
		}})
	}
	for i := range cfg.Sensors {
		out.Sensors = append(out.Sensors, siteSensor(&cfg.Sensors[i]))
	}
	return out
}

func borderFeatures(cfg config.Config) []web.Feature {
	var all []web.Feature
	for _, line := range cfg.Geometry.Lines {
		points := make([][2]float64, len(line.Points))
		for i, p := range line.Points {
			points[i] = [2]float64{float64(p.Lon), float64(p.Lat)}
		}
		sides := cfg.Border.Sides
		if line.Left != "" && line.Right != "" {
			sides = [2]string{line.Left, line.Right}
		}
		all = append(all, web.Feature{
			Type: "Feature", Geometry: web.Shape{Type: "LineString", Coordinates: points},
			Properties: map[string]any{"left": sides[0], "right": sides[1], "sigma_m": line.SigmaM},
		})
	}
	return all
}

func zoneFeatures(cfg config.Config) []web.Feature {
	var all []web.Feature
	for _, z := range cfg.Zones {
		rings := make([][][2]float64, len(z.Rings))
		for i, ring := range z.Rings {
			for _, p := range ring.Points {
				rings[i] = append(rings[i], [2]float64{float64(p.Lon), float64(p.Lat)})
			}
		}
		all = append(all, web.Feature{
			Type: "Feature", Geometry: web.Shape{Type: "Polygon", Coordinates: rings}, Properties: map[string]any{"id": z.ID},
		})
	}
	return all
}

func siteSensor(d *sensor.Definition) web.SiteSensor {
	s := web.SiteSensor{
		ID: d.ID, Sector: d.Sector, Group: d.Group, Kind: string(d.Kind), Format: d.Format, Topic: d.Topic,
	}
	if d.HasPose {
		s.Pose = &web.SitePose{
			Lat: float64(d.Pose.Lat), Lon: float64(d.Pose.Lon), AltM: float64(d.Pose.Alt), HeadingDeg: float64(d.Pose.Heading),
		}
	}
	if d.Coverage.Range > 0 {
		s.Coverage = &web.SiteCoverage{
			RangeM:     float64(d.Coverage.Range),
			AzimuthDeg: [2]float64{float64(d.Coverage.Azimuths[0]), float64(d.Coverage.Azimuths[1])},
		}
	}
	return s
}
