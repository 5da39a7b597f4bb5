package config

import (
	"reflect"

	"cutline/internal/alert"
	"cutline/internal/border"
	"cutline/internal/broker"
	"cutline/internal/correlate"
	"cutline/internal/feed"
	"cutline/internal/fusion"
	"cutline/internal/influx"
	"cutline/internal/journal"
	"cutline/internal/normalize"
	"cutline/internal/notify"
	"cutline/internal/sector"
	"cutline/internal/web"
)

// settings are the file as it is written: top-level keys and all below them. Every package's Config stands here with its own
// names; what is ours alone follows.
type settings struct {
	MQTT      feed.Config      `mapstructure:"mqtt"`
	Broker    broker.Config    `mapstructure:"broker"`
	Influx    *influx.Config   `mapstructure:"influx"`
	Journal   journal.Config   `mapstructure:"journal"`
	HTTP      web.Config       `mapstructure:"http"`
	Notify    notify.Config    `mapstructure:"notify"`
	Border    borderSettings   `mapstructure:"border"`
	Sectors   []sectorSettings `mapstructure:"sectors"`
	Zones     []zoneSettings   `mapstructure:"zones"`
	Sensors   []sensorSettings `mapstructure:"sensors"`
	Fusion    fusion.Config    `mapstructure:"fusion"`
	Crossing  border.Config    `mapstructure:"crossing"`
	Alert     alert.Config     `mapstructure:"alert"`
	Correlate correlate.Config `mapstructure:"correlate"`
}

type borderSettings struct {
	File  string    `mapstructure:"file"`  // GeoJSON: a LineString, or several
	Sides [2]string `mapstructure:"sides"` // left and right of the line, in the direction of its vertices
}

type sectorSettings struct {
	ID     string        `mapstructure:"id"`     // part of topics and streams
	Extent sector.Extent `mapstructure:"extent"` // degrees, at most 60 km each way
}

// format is a wire format by its name.
type format string

func formats() []string { return normalize.Formats() }

func settingsShape() *shape { return shapeOf(reflect.TypeFor[settings]()) }

// defaultSettings are what holds where the files say nothing. A section that is off unless it is given is on if the tree has it,
// even with nothing in it: viper would lose an empty mapping.
func defaultSettings(tree map[string]any) settings {
	s := settings{
		MQTT:      feed.Defaults(),
		Broker:    broker.Defaults(),
		Journal:   journal.Defaults(),
		HTTP:      web.Defaults(),
		Notify:    notify.Defaults(),
		Fusion:    fusion.Defaults(),
		Crossing:  border.Defaults(),
		Alert:     alert.Defaults(),
		Correlate: correlate.Defaults(),
	}
	if _, given := tree["influx"]; given {
		s.Influx = new(influx.Defaults())
	}
	return s
}

// config hands the settings on in the types of the other packages.
func (s *settings) config() Config {
	c := Config{
		MQTT:      s.MQTT,
		Broker:    s.Broker,
		Influx:    s.Influx,
		Journal:   s.Journal,
		HTTP:      s.HTTP,
		Notify:    s.Notify,
		Border:    Border{File: s.Border.File, Sides: s.Border.Sides},
		Fusion:    s.Fusion,
		Crossing:  s.Crossing,
		Alert:     s.Alert,
		Correlate: s.Correlate,
	}
	if !c.Embedded() {
		c.Broker.Listen = "" // the journal may still be the server's in the process, but no sensor comes to it
	}
	for _, sec := range s.Sectors {
		c.Sectors = append(c.Sectors, Sector(sec))
	}
	for i := range s.Sensors {
		c.Sensors = append(c.Sensors, s.Sensors[i].definition())
	}
	return c
}

// Defaults are the settings of an empty file: runnable once it has a border, a sector and a sensor.
func Defaults() Config {
	s := defaultSettings(nil)
	return s.config()
}
