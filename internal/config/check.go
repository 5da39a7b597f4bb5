package config

import (
	"fmt"
	"slices"
	"strings"

	"cutline/internal/border"
	"cutline/internal/geo"
	"cutline/internal/sector"
	"cutline/internal/sensor"
)

// A checker looks at the settings as a whole. It changes nothing but Config.Geometry and Zones, which it reads on the way.
type checker struct {
	world
	book     *book
	settings *settings
	config   *Config
}

func (c *checker) all() {
	c.packages()
	c.sectors()
	c.border()
	c.zones()
	c.sensors()
	c.topics()
	c.routes()
	c.suppression()
	c.advice()
}

// packages asks every package about its own settings.
func (c *checker) packages() {
	s := c.settings
	for _, p := range []struct {
		path  string
		check func(fault func(path, what string))
	}{
		{"mqtt", s.MQTT.Check},
		{"broker", s.Broker.Check},
		{"journal", s.Journal.Check},
		{"http", s.HTTP.Check},
		{"notify", s.Notify.Check},
		{"fusion", s.Fusion.Check},
		{"crossing", s.Crossing.Check},
		{"alert", s.Alert.Check},
		{"correlate", s.Correlate.Check},
	} {
		p.check(c.under(p.path))
	}
	c.brokers()
	if s.Influx == nil {
		return
	}
	if s.Influx.URL == "" {
		c.book.follow("influx.url", "is missing: give http://host:port, or leave influx out if nothing is to be written to InfluxDB")
	}
	s.Influx.Check(c.under("influx"))
}

// brokers holds mqtt and broker against each other: sensors come to one of them.
func (c *checker) brokers() {
	switch {
	case c.config.Embedded() && c.settings.Broker.Listen == "":
		c.book.follow("broker.listen", "is empty, and there is no mqtt.url: sensors would have nowhere to publish to")
	case !c.config.Embedded() && c.book.given("broker.listen"):
		c.book.follow("broker.listen",
			fmt.Sprintf("sensors come to the broker of mqtt.url (%v): leave one of them out", c.book.where("mqtt.url")))
	}
}

// under notes the faults of a package below its section.
func (c *checker) under(section string) func(path, what string) {
	return func(path, what string) { c.book.follow(join(section, path), what) }
}

func (c *checker) sectors() {
	if len(c.settings.Sectors) == 0 {
		c.book.absent("sectors", "there is none: give at least one, with an id and an extent")
	}
	ids := map[string]string{}
	for i, s := range c.settings.Sectors {
		path := at("sectors", i)
		c.id(join(path, "id"), s.ID, ids)
		c.extent(join(path, "extent"), s.Extent)
		for j, t := range c.settings.Sectors[:i] {
			if c.plausible(i) && c.plausible(j) && overlap(s.Extent, t.Extent) {
				c.book.follow(join(path, "extent"),
					fmt.Sprintf("overlaps that of %s: a crossing there would belong to both", c.named(at("sectors", j))))
			}
		}
	}
}

// id checks one and notes it; ids are the paths of those before it.
func (c *checker) id(path, id string, ids map[string]string) {
	switch {
	case id == "":
		c.book.follow(path, "is missing: give a short name, as in twr-01")
	case !goodID(id):
		c.book.follow(path, fmt.Sprintf("%q: use letters, digits, - and _ alone, at most 64: it becomes part of topics and streams, "+
			"where dots, slashes, spaces and wildcards cut it in pieces", id))
	case ids[id] != "":
		c.book.follow(path, fmt.Sprintf("%q is taken: see %v", id, c.book.where(ids[id])))
	default:
		ids[id] = path
	}
}

func goodID(id string) bool {
	return id != "" && len(id) <= 64 && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

func (c *checker) extent(path string, e sector.Extent) {
	if !c.book.given(path) {
		c.book.follow(path, "is missing: give west, south, east and north in degrees")
		return
	}
	complete := true
	for _, side := range []string{"west", "south", "east", "north"} {
		if p := join(path, side); !c.book.given(p) {
			c.book.follow(p, "is missing: give degrees")
			complete = false
		}
	}
	if complete {
		e.Check(func(p, what string) { c.book.follow(join(path, p), what) })
	}
}

// plausible says whether nothing is wrong with a sector's extent, so that other things can be held against it.
func (c *checker) plausible(i int) bool {
	path := at("sectors", i)
	for _, p := range []string{"west", "south", "east", "north", ""} {
		if c.book.wrong(join(join(path, "extent"), p)) {
			return false
		}
	}
	return true
}

func middle(e sector.Extent) geo.LLA {
	return geo.LLA{Lat: geo.Degrees((e.South + e.North) / 2), Lon: geo.Degrees((e.West + e.East) / 2)}
}

func overlap(e, f sector.Extent) bool {
	return e.West < f.East && f.West < e.East && e.South < f.North && f.South < e.North
}

// border reads the line, and makes sure that each sector has a piece of it with the sides that the settings name.
func (c *checker) border() {
	s := c.settings.Border
	if s.Sides == [2]string{} {
		c.book.absent("border.sides", "is missing: name what lies left and right of the line, as in [US, CA]")
	} else if s.Sides[0] == s.Sides[1] || s.Sides[0] == "" || s.Sides[1] == "" || strings.ContainsAny(s.Sides[0]+s.Sides[1], "> ") {
		c.book.follow("border.sides", "give two different words: a direction is written with them, as in US>CA")
	}
	if s.File == "" {
		c.book.absent("border.file", "is missing: give a GeoJSON file with the line")
		return
	}
	if c.book.wrong("border.file") {
		return
	}
	data, err := c.read(s.File)
	if err != nil {
		c.book.follow("border.file", err.Error())
		return
	}
	if c.config.Geometry, err = border.ParseGeoJSON(data); err != nil {
		c.book.follow("border.file", fmt.Sprintf("%s: %v", s.File, err))
		return
	}
	if err := c.config.Geometry.Crossed(); err != nil {
		c.book.follow("border.file", fmt.Sprintf("%s: %v: beyond that place there are no two sides", s.File, err))
	}
	if c.book.wrong("border.sides") {
		return
	}
	for i, sec := range c.settings.Sectors {
		path := at("sectors", i)
		if !c.plausible(i) {
			continue
		}
		piece := c.config.Geometry.Clip(border.Box{
			West: geo.Degrees(sec.Extent.West), South: geo.Degrees(sec.Extent.South),
			East: geo.Degrees(sec.Extent.East), North: geo.Degrees(sec.Extent.North),
		})
		if len(piece.Lines) == 0 {
			c.book.follow(join(path, "extent"), fmt.Sprintf("the line of %s does not touch it: is longitude west of Greenwich negative?", s.File))
		} else if _, err := border.New(c.settings.Crossing, piece, geo.NewFrame(middle(sec.Extent)), s.Sides); err != nil {
			c.book.follow("border.sides", err.Error())
		}
	}
}

// topics makes sure that each message has one sensor to go to, and one meaning.
func (c *checker) topics() {
	type claim struct{ path, topic, camera string } // cameras of one Frigate share a topic: the message says which it is of
	var claims []claim
	for i, s := range c.settings.Sensors {
		for _, k := range []claim{
			{join(at("sensors", i), "topic"), sensor.OwnTopic(s.Topic, s.ID), s.camera()},
			{join(at("sensors", i), "status"), sensor.OwnTopic(s.Status, s.ID), ""},
		} {
			if c.book.wrong(k.path) || c.book.wrong(join(at("sensors", i), "id")) || c.book.wrong(join(at("sensors", i), "sector")) {
				continue
			}
			if what := badTopic(k.topic, c.config.Embedded()); what != "" {
				c.book.follow(k.path, fmt.Sprintf("%q: %s", k.topic, what))
				continue
			}
			other := slices.IndexFunc(claims, func(o claim) bool {
				apart := o.topic == k.topic && o.camera != "" && k.camera != "" && o.camera != k.camera
				return meet(o.topic, k.topic) && !apart
			})
			if other >= 0 {
				what := fmt.Sprintf("%q takes in messages of %s (%q at %v): each topic has one meaning",
					k.topic, c.named(claims[other].path), claims[other].topic, c.book.where(claims[other].path))
				if k.camera == "" && c.book.given(k.path) && c.book.where(k.path) == c.book.where(claims[other].path) {
					what += "; write {sensor} where the id stands"
				}
				c.book.follow(k.path, what)
				continue
			}
			claims = append(claims, k)
		}
	}
}

func (c *checker) named(path string) string { return c.settings.name(path) }

// badTopic says what is wrong with a topic filter: MQTT 3.1.1 section 4.7, and what the embedded broker would make of it.
func badTopic(topic string, embedded bool) string {
	levels := strings.Split(topic, "/")
	switch {
	case len(topic) > 1024:
		return "is longer than 1024 characters"
	case strings.HasPrefix(topic, "$"):
		return "topics that begin with $ belong to the broker"
	case embedded && strings.ContainsAny(topic, ". "):
		return "holds a dot or a space: the embedded broker takes a dot for two slashes and refuses a space; use - or _"
	case embedded && slices.Contains(levels, ""):
		return "has an empty level: no slash at its ends, and one between levels"
	}
	for i, l := range levels {
		switch {
		case strings.Contains(l, "#") && (l != "#" || i < len(levels)-1):
			return "# stands alone, at the end"
		case strings.Contains(l, "+") && l != "+":
			return "+ stands for a whole level"
		}
	}
	return ""
}

// meet says whether one topic can match both filters.
func meet(a, b string) bool {
	p, q := strings.Split(a, "/"), strings.Split(b, "/")
	for i := range max(len(p), len(q)) {
		switch {
		case i < len(p) && p[i] == "#" || i < len(q) && q[i] == "#":
			return true
		case i >= len(p) || i >= len(q):
			// MQTT 3.1.1 section 4.7.1.2: "a/#" also matches "a"
			return i < len(p) && p[i] == "#" || i < len(q) && q[i] == "#"
		case p[i] != q[i] && p[i] != "+" && q[i] != "+":
			return false
		}
	}
	return true
}
