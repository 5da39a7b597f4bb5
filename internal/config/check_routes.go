package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"cutline/internal/alert"
	"cutline/internal/notify"
)

// routes holds the ways out against the rest: ids of their own, sectors that there are, and secrets that can be read.
func (c *checker) routes() {
	var known []string
	for _, s := range c.settings.Sectors {
		known = append(known, s.ID)
	}
	ids := map[string]string{}
	for i, r := range c.settings.Notify.Routes {
		path := at("notify.routes", i)
		c.id(join(path, "id"), r.ID, ids)
		for j, id := range r.Sectors {
			if !slices.Contains(known, id) {
				c.book.follow(at(join(path, "sectors"), j),
					fmt.Sprintf("%q is no sector: one of %s%s", id, strings.Join(known, ", "), didYouMean(id, known)))
			}
		}
		for j, kind := range r.Kinds {
			if !slices.Contains(alertKinds(), kind) {
				c.book.follow(at(join(path, "kinds"), j), fmt.Sprintf("%q is no kind of alert: one of %s%s",
					kind, strings.Join(alertKinds(), ", "), didYouMean(kind, alertKinds())))
			}
		}
		c.files(path, reflect.ValueOf(r), shapeOf(reflect.TypeFor[notify.Route]()))
	}
}

// files makes sure that what a route names can be read, and is not empty: a daemon that finds out with its first alert is too late.
func (c *checker) files(path string, v reflect.Value, s *shape) {
	for _, f := range s.fields {
		own, value := join(path, f.name), fieldValue(v, f)
		switch {
		case !value.IsValid():
		case f.shape.form == mapping:
			c.files(own, value, f.shape)
		case f.path && value.String() != "":
			if data, err := c.peek(value.String()); err != nil {
				c.book.follow(own, err.Error())
			} else if len(strings.TrimSpace(string(data))) == 0 {
				c.book.follow(own, value.String()+" is empty")
			}
		}
	}
}

// alertKinds are what an alert can be of.
func alertKinds() []string {
	return []string{
		alert.Crossing, alert.Approaching, alert.Loitering, alert.ZoneEnter, alert.ZoneExit, alert.ZoneDwell,
		alert.SensorSilent, alert.SensorTamper, alert.SensorBias, alert.ClockSkew, alert.CoverageGap, alert.FriendParted,
		alert.Journal, alert.Influx, alert.Configuration, alert.AlarmFlood,
	}
}
