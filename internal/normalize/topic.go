package normalize

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cutline/internal/sensor"
)

// pattern is a topic filter with wildcards (MQTT 5.0 §4.7), and who claims what it matches.
type pattern struct {
	levels []string
	claim  claim
}

// detectionTopic is the topic of the sensor's detections: the contract's if the definition gives none.
func detectionTopic(def sensor.Definition) string {
	if def.Topic != "" {
		return sensor.OwnTopic(def.Topic, def.ID)
	}
	return "border/" + def.Sector + "/" + def.ID + "/detections"
}

// statusTopic is the same for its status.
func statusTopic(def sensor.Definition) string {
	if def.Status != "" {
		return sensor.OwnTopic(def.Status, def.ID)
	}
	return "border/" + def.Sector + "/" + def.ID + "/status"
}

// claim notes who claims the topic.
func (n *Normalizer) claim(topic string, c claim) error {
	levels := strings.Split(topic, "/")
	if err := checkLevels(levels); err != nil {
		return fmt.Errorf("%q: %w", topic, err)
	}
	if name := c.source.def.Camera.Name; name != "" && !c.status {
		c.cameras = map[string]*source{name: c.source}
	}
	if strings.ContainsAny(topic, "+#") {
		for _, p := range n.patterns {
			if strings.Join(p.levels, "/") == topic {
				if p.claim.share(c) {
					return nil
				}
				return fmt.Errorf("%q is claimed by sensor %q too", topic, p.claim.source.def.ID)
			}
		}
		n.patterns = append(n.patterns, pattern{levels: levels, claim: c})
		return nil
	}
	if other, taken := n.exact[topic]; taken {
		if other.share(c) {
			return nil
		}
		return fmt.Errorf("%q is claimed by sensor %q too", topic, other.source.def.ID)
	}
	n.exact[topic] = c
	n.topics = append(n.topics, topic)
	return nil
}

// share takes a camera into the claim of others on the same topic; false if that cannot be.
func (c claim) share(with claim) bool {
	name := with.source.def.Camera.Name
	if c.cameras == nil || with.cameras == nil || c.cameras[name] != nil {
		return false
	}
	c.cameras[name] = with.source
	return true
}

// of is who has sent a message on a topic that cameras share; why says that it is none of them, and then the answer is the first.
func (c claim) of(payload []byte) (src *source, why string) {
	if c.cameras == nil {
		return c.source, ""
	}
	name := cameraIn(payload)
	if name == "" {
		return c.source, "" // no event: a state, or no message of Frigate at all
	}
	if src = c.cameras[name]; src == nil {
		known := slices.Sorted(maps.Keys(c.cameras))
		return c.source, fmt.Sprintf("no sensor is the camera %s: %s; define one with camera.name", quote(name), didYouMean(name, known))
	}
	return src, ""
}

// checkLevels holds a topic filter to MQTT 5.0 §4.7.1: a wildcard fills its level, and # is the last.
func checkLevels(levels []string) error {
	for i, level := range levels {
		switch {
		case strings.ContainsAny(level, "{}"):
			return fmt.Errorf("%s: a capture is a name in braces that stands alone between slashes, as in site/{sensor}/radar", quote(level))
		case strings.ContainsAny(level, "+#") && len(level) > 1:
			return errors.New("a wildcard stands alone between slashes, as in border/+/radar")
		case level == "#" && i < len(levels)-1:
			return errors.New("# may only be the last level: use + for one level")
		}
	}
	return nil
}

// find says who claims the topic of a message: the sensor that names it, else the first whose wildcards match it.
func (n *Normalizer) find(topic string) (claim, bool) {
	if c, ok := n.exact[topic]; ok {
		return c, true
	}
	for i := range n.patterns {
		if n.patterns[i].matches(topic) {
			return n.patterns[i].claim, true
		}
	}
	return claim{}, false
}

// matches follows MQTT 5.0 §4.7.1 and §4.7.2: + is one level, # is the rest and the level above it, and neither begins a match
// with a topic of the broker's own, which begins with $.
func (p *pattern) matches(topic string) bool {
	rest, more := topic, true
	for i, level := range p.levels {
		if level == "#" {
			return i > 0 || !strings.HasPrefix(topic, "$")
		}
		if !more {
			return false
		}
		var here string
		here, rest, more = strings.Cut(rest, "/")
		if level != here && (level != "+" || i == 0 && strings.HasPrefix(topic, "$")) {
			return false
		}
	}
	return !more
}

// unclaimed says that nobody claims the topic, and which known one is most like it.
func (n *Normalizer) unclaimed(topic string) string {
	why := fmt.Sprintf("no sensor claims the topic %s", quote(topic))
	if near := nearest(topic, n.topics); near != "" {
		why += fmt.Sprintf(": %s is claimed by sensor %q", quote(near), n.exact[near].source.def.ID)
	}
	return why + "; list the topic in a sensor's definition, or let cutline sensor discover write one"
}
