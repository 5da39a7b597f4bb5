package discover

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cutline/internal/sensor"
)

// brand is a make of sensors: what its mapping would be, and its topic but for one level, which is the id.
type brand struct {
	topic   string
	level   int
	mapping string
}

// alike puts publishers of one make together: those whose mapping is the same and whose topics differ in one level become one definition
// with that level as the id of each. Each finding is of one make: that which most are of.
func (s *Survey) alike(all []Finding) []Finding {
	members := map[brand][]int{}
	for i := range all {
		for _, b := range brandsOf(&all[i]) {
			if id := strings.Split(all[i].Topic, "/")[b.level]; isID(id) && !s.site.Taken[id] {
				members[b] = append(members[b], i)
			}
		}
	}
	gone := map[int]bool{}
	for len(members) > 0 {
		b := largest(members)
		if len(members[b]) < 2 {
			break
		}
		joined := slices.Clone(members[b])
		join(all, joined, b)
		for other := range members {
			members[other] = slices.DeleteFunc(members[other], func(i int) bool { return slices.Contains(joined, i) })
		}
		for _, i := range joined[1:] {
			gone[i] = true
		}
	}
	var kept []Finding
	for i := range all {
		if !gone[i] {
			kept = append(kept, all[i])
		}
	}
	return kept
}

// brandsOf are those that a finding may be of, one for each level of its topic.
func brandsOf(f *Finding) (all []brand) {
	if len(f.Definition.Mapping) == 0 || f.Topics > 1 {
		return nil
	}
	steps := slices.Clone(f.Definition.Mapping)
	for i := range steps {
		steps[i].Map = nil // the words that were seen
	}
	levels := strings.Split(f.Topic, "/")
	for i, level := range levels {
		levels[i] = "{sensor}"
		all = append(all, brand{strings.Join(levels, "/"), i, fmt.Sprint(f.Definition.Encoding, steps)})
		levels[i] = level
	}
	return all
}

// isID says whether a level of a topic can be a sensor's id.
func isID(level string) bool {
	return level != "" && len(level) <= 64 && strings.Trim(level, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// largest is the make that most are of, of equals the first.
func largest(members map[brand][]int) brand {
	return slices.MinFunc(slices.Collect(maps.Keys(members)), func(a, b brand) int {
		return cmp.Or(cmp.Compare(len(members[b]), len(members[a])), strings.Compare(a.topic, b.topic), strings.Compare(a.mapping, b.mapping))
	})
}

// join puts what was found of the members into the first of them.
func join(all []Finding, members []int, b brand) {
	first := &all[members[0]]
	for _, i := range members {
		f := &all[i]
		d := f.Definition
		d.ID = strings.Split(f.Topic, "/")[b.level]
		first.Each = append(first.Each, d)
		if i == members[0] {
			continue
		}
		first.Topics += f.Topics
		first.Messages += f.Messages
		first.PerSecond += f.PerSecond
		first.Detections += f.Detections
		first.Refused += f.Refused
		first.Refusal = cmp.Or(first.Refusal, f.Refusal)
		first.Delay, first.Spread = max(first.Delay, f.Delay), max(first.Spread, f.Spread)
		for _, note := range f.Notes {
			if !slices.Contains(first.Notes, note) {
				first.Notes = append(first.Notes, note)
			}
		}
		addWords(first.Definition.Mapping, f.Definition.Mapping)
	}
	first.Topic, first.Definition.Topic = b.topic, b.topic
}

// addWords adds the words of the same mapping of another, before the entry that takes the rest.
func addWords(steps, others []sensor.MappingStep) {
	for i := range steps {
		for _, e := range others[i].Map {
			if !slices.ContainsFunc(steps[i].Map, func(own sensor.MapEntry) bool { return own.From == e.From }) {
				steps[i].Map = slices.Insert(steps[i].Map, 0, e)
			}
		}
	}
}
