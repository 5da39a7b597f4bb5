package config

import (
	"reflect"
	"slices"

	"cutline/internal/sensor"
)

// Change says what another configuration has that this one has not.
type Change struct {
	Added, Removed, Changed []string // ids of sensors, in the order of the files
	Judgement               bool     // border, fusion, crossing or alert are others
	Restart                 []string // sections that a running daemon can't take: they hold from its next start
}

// None says whether nothing is different.
func (d *Change) None() bool {
	return len(d.Added)+len(d.Removed)+len(d.Changed)+len(d.Restart) == 0 && !d.Judgement
}

// To compares c, which a daemon runs with, and next. What came by the environment counts as what it became.
func (c Config) To(next Config) Change {
	var d Change
	for i := range next.Sensors {
		switch k := slices.IndexFunc(c.Sensors, func(s sensor.Definition) bool { return s.ID == next.Sensors[i].ID }); {
		case k < 0:
			d.Added = append(d.Added, next.Sensors[i].ID)
		case !same(c.Sensors[k], next.Sensors[i]):
			d.Changed = append(d.Changed, next.Sensors[i].ID)
		}
	}
	for i := range c.Sensors {
		if !slices.ContainsFunc(next.Sensors, func(s sensor.Definition) bool { return s.ID == c.Sensors[i].ID }) {
			d.Removed = append(d.Removed, c.Sensors[i].ID)
		}
	}
	d.Judgement = !reflect.DeepEqual(
		[]any{c.Border, c.Geometry, c.Zones, c.Fusion, c.Crossing, c.Alert},
		[]any{next.Border, next.Geometry, next.Zones, next.Fusion, next.Crossing, next.Alert},
	)
	for _, s := range []struct {
		name      string
		now, then any
	}{
		{"mqtt", c.MQTT, next.MQTT},
		{"broker", c.Broker, next.Broker},
		{"influx", c.Influx, next.Influx},
		{"journal", c.Journal, next.Journal},
		{"http", c.HTTP, next.HTTP},
		{"notify", c.Notify, next.Notify},
		{"correlate", c.Correlate, next.Correlate},
	} {
		if !reflect.DeepEqual(s.now, s.then) {
			d.Restart = append(d.Restart, s.name)
		}
	}
	return d
}

// same says whether two definitions differ in no more than the line that a step of a mapping stands on.
func same(a, b sensor.Definition) bool { return reflect.DeepEqual(unplaced(a), unplaced(b)) }

func unplaced(d sensor.Definition) sensor.Definition {
	d.Mapping = slices.Clone(d.Mapping)
	for i := range d.Mapping {
		d.Mapping[i].Place = ""
	}
	return d
}
