// Package config reads the settings, one YAML file and what it includes, into the Config of every package.
//
//	files ─ gather ─► nodes ─ read, against the shape of the Go types ─► values ─ viper ─► settings ─ Check, cross-checks ─► Config
//	                    └──────────────── the place of every value ───────────────────────────────┘──► faults, file:line:col
//
// It is strict and tells everything at once: a key that nobody knows, a key given twice, a number without its unit, a word for a
// number, an id with a dot in it, a sensor outside its sector. Each fault is told once, at its place, with what would be right.
// What has a fault falls back to its default, so that the rest is still checked; but a Config with faults is not to be run.
//
// Names that come from a payload are values here, never keys: viper lower-cases keys. No other package knows viper or YAML; each has a
// plain Config with its defaults and its own Check, and the shape, the JSON Schema and the effective settings are made from
// those types, so they can't disagree. Loading has no effect but reading files, and keeps nothing: a reload is a second Load.
//
// Paths: what is read (border.file, any …_file, include) is relative to the file that names it; what is written (journal.dir) is
// relative to the working directory. Start at Load; read.go is the strict part, spread.go takes apart what sensors share, check.go
// knows what must fit together.
package config

import (
	"slices"

	"cutline/internal/alert"
	"cutline/internal/border"
	"cutline/internal/broker"
	"cutline/internal/correlate"
	"cutline/internal/feed"
	"cutline/internal/fusion"
	"cutline/internal/influx"
	"cutline/internal/journal"
	"cutline/internal/notify"
	"cutline/internal/sector"
	"cutline/internal/sensor"
	"cutline/internal/web"
)

// Config is everything that the daemon is told. It is a value: whoever holds it may change its copy before handing parts of it on.
type Config struct {
	MQTT    feed.Config    // with no URL the sensors come to the broker in the process
	Broker  broker.Config  // listens to nobody where MQTT has a URL
	Influx  *influx.Config // nil: nothing is written to InfluxDB
	Journal journal.Config
	HTTP    web.Config
	Notify  notify.Config

	Border   Border
	Geometry border.Geometry // what Border.File holds
	Zones    []border.Zone   // what their files hold with their settings
	Sectors  []Sector
	Sensors  []sensor.Definition

	Fusion    fusion.Config
	Crossing  border.Config
	Alert     alert.Config
	Correlate correlate.Config

	origin *origin
}

// Border names the line and its sides.
type Border struct {
	File  string    // GeoJSON, relative to the working directory
	Sides [2]string // names of what is left and right of the line, in the direction of its vertices
}

// Sector is a piece of the border with an order of its own.
type Sector struct {
	ID     string
	Extent sector.Extent
}

// Warnings are what works, but is hardly meant: told where it stands, as faults are.
func (c Config) Warnings() []Fault {
	if c.origin == nil {
		return nil
	}
	return c.origin.warnings
}

// Embedded says whether the sensors come to the broker in the process, and not to an outside one that mqtt.url names.
func (c Config) Embedded() bool { return c.MQTT.URL == "" }

// SensorsOf lists the sensors of a sector, in the order of the files.
func (c Config) SensorsOf(id string) []sensor.Definition {
	var some []sensor.Definition
	for _, s := range c.Sensors {
		if s.Sector == id {
			some = append(some, s)
		}
	}
	return some
}

// Beside lists the sectors that have a seam with s, in the order of the files.
func (c Config) Beside(s Sector) (some []Sector) {
	for _, o := range c.Sectors {
		if o.ID != s.ID && s.Extent.Beside(o.Extent) {
			some = append(some, o)
		}
	}
	return some
}

// GuestsOf lists the sensors of the sectors beside s that reach it, in the order of the files.
func (c Config) GuestsOf(s Sector) (some []sensor.Definition) {
	besides := c.Beside(s)
	for i := range c.Sensors {
		d := &c.Sensors[i]
		if slices.ContainsFunc(besides, func(o Sector) bool { return o.ID == d.Sector }) && s.Extent.Reached(d) {
			some = append(some, *d)
		}
	}
	return some
}

// Load reads the settings at path. The error says that the file can't be read at all; everything that is wrong in it, or in what
// it includes, is a fault. With a fault the Config holds what could be read, for show; it is not to be run.
func Load(path string) (Config, []Fault, error) {
	return machine().load(path)
}
