package config

import (
	"fmt"
	"slices"
	"time"

	"cutline/internal/border"
	"cutline/internal/geo"
)

// zoneSettings are an area that matters by itself, beside the line.
type zoneSettings struct {
	ID        string         `mapstructure:"id"`         // part of alerts
	File      string         `mapstructure:"file"`       // GeoJSON: a Polygon
	Tell      []zoneEvent    `mapstructure:"tell"`       // what raises an alert
	Dwell     time.Duration  `mapstructure:"dwell"`      // that a target may stay before it is told
	AltitudeM [2]float64     `mapstructure:"altitude_m"` // above the ground, from and to; left out: at any height
	Hours     border.Hours   `mapstructure:"hours"`      // of the day in which it holds; left out: always
	Crossings zoneIsCrossing `mapstructure:"crossings"`  // what a crossing of the line in it is; left out: as anywhere

	OutOfService string `mapstructure:"out_of_service"` // why nobody is called for what it tells, as in "the fence is being built"
}

// zoneEvent is what a target does to a zone.
type zoneEvent string

const (
	zoneEnter zoneEvent = "enter"
	zoneExit  zoneEvent = "exit"
	zoneDwell zoneEvent = "dwell"
)

func zoneEvents() []zoneEvent { return []zoneEvent{zoneEnter, zoneExit, zoneDwell} }

// zoneIsCrossing is a word for the crossings in a zone.
type zoneIsCrossing string

// ZonesOf lists the zones that reach into a sector, in the order of the files.
func (c Config) ZonesOf(s Sector) []border.Zone {
	var some []border.Zone
	box := boxOf(s)
	for _, z := range c.Zones {
		if len(border.Geometry{Lines: z.Rings}.Clip(box).Lines) > 0 || z.Around(geo.Degrees(s.Extent.West), geo.Degrees(s.Extent.South)) {
			some = append(some, z)
		}
	}
	return some
}

func boxOf(s Sector) border.Box {
	return border.Box{
		West: geo.Degrees(s.Extent.West), South: geo.Degrees(s.Extent.South),
		East: geo.Degrees(s.Extent.East), North: geo.Degrees(s.Extent.North),
	}
}

// zones reads the areas, and makes sure that each can be told from its outside and from the others.
func (c *checker) zones() {
	ids := map[string]string{}
	for i := range c.settings.Zones {
		z, path := &c.settings.Zones[i], at("zones", i)
		c.id(join(path, "id"), z.ID, ids)
		if z.Hours.Check(c.under(join(path, "hours"))); z.AltitudeM[0] > z.AltitudeM[1] {
			c.book.follow(join(path, "altitude_m"), fmt.Sprintf("%v is above %v: give the lower height first", z.AltitudeM[0], z.AltitudeM[1]))
		}
		switch dwells := slices.Contains(z.Tell, zoneDwell); {
		case dwells && z.Dwell <= 0:
			c.book.follow(join(path, "dwell"), "is missing: tell names dwell, so say after how long, as in 5m")
		case !dwells && z.Dwell != 0:
			c.book.follow(join(path, "dwell"), "does nothing while tell does not name dwell")
		case len(z.Tell) == 0 && z.Crossings == "":
			c.book.follow(path, "does nothing: say what it is to tell, or what a crossing in it is")
		}
		zone := z.zone()
		if zone.Rings = c.rings(join(path, "file"), z.File); zone.Rings == nil {
			continue
		}
		c.config.Zones = append(c.config.Zones, zone)
		c.hidesNotAll(path, &zone)
	}
}

// rings reads a zone's file; nil if something is wrong with it.
func (c *checker) rings(path, file string) []border.Polyline {
	if file == "" {
		c.book.follow(path, "is missing: give a GeoJSON file with a Polygon")
		return nil
	}
	if c.book.wrong(path) {
		return nil
	}
	data, err := c.read(file)
	if err != nil {
		c.book.follow(path, err.Error())
		return nil
	}
	rings, err := border.ParseZone(data)
	if err != nil {
		c.book.follow(path, fmt.Sprintf("%s: %v", file, err))
	}
	return rings
}

func (z *zoneSettings) zone() border.Zone {
	return border.Zone{
		ID: z.ID, Enter: slices.Contains(z.Tell, zoneEnter), Exit: slices.Contains(z.Tell, zoneExit), Dwell: z.Dwell,
		Altitude: z.AltitudeM, Hours: z.Hours, Crossings: string(z.Crossings), Off: z.OutOfService,
	}
}

// hidesNotAll refuses a zone that holds a sector's whole line and calls every crossing of it lawful, at all hours: nothing would ever be
// told there.
func (c *checker) hidesNotAll(path string, z *border.Zone) {
	if z.Crossings != border.LawfulCrossing || z.Hours.From != z.Hours.To {
		return
	}
	for i, s := range c.settings.Sectors {
		if !c.plausible(i) {
			continue
		}
		piece := c.config.Geometry.Clip(boxOf(Sector(s)))
		if len(piece.Lines) == 0 || slices.ContainsFunc(piece.Lines, func(p border.Polyline) bool {
			return slices.ContainsFunc(p.Points, func(v border.Vertex) bool { return !z.Around(v.Lon, v.Lat) })
		}) {
			continue
		}
		c.book.follow(join(path, "crossings"),
			fmt.Sprintf("hides every crossing of %s: the whole line there is in this zone, at all hours", c.named(at("sectors", i))))
		return
	}
}
