package config

import (
	"fmt"
	"slices"
	"strings"
)

// suppression holds the rules that hide alerts against the rest: ids of their own, and sensors that there are, but not all of them.
func (c *checker) suppression() {
	var known []string
	for _, s := range c.settings.Sensors {
		known = append(known, s.ID)
	}
	ids := map[string]string{}
	for i := range c.settings.Alert.Suppress {
		r, path := &c.settings.Alert.Suppress[i], at("alert.suppress", i)
		c.id(join(path, "id"), r.ID, ids)
		for j, id := range r.Sensors {
			if !slices.Contains(known, id) {
				c.book.follow(at(join(path, "sensors"), j), fmt.Sprintf("%q is no sensor%s", id, didYouMean(id, known)))
			}
		}
		if r.Near.RadiusM == 0 && len(r.Classes) == 0 && len(known) > 0 &&
			!slices.ContainsFunc(known, func(id string) bool { return !slices.Contains(r.Sensors, id) }) {
			c.book.follow(join(path, "sensors"), "hides everything: these are all sensors: "+strings.Join(known, ", "))
		}
	}
}
