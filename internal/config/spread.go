package config

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"cutline/internal/sensor"
)

// What several sensors share is written once, in two ways:
//
//	defaults:                       what every sensor of a kind has that does not say otherwise
//	  ground: {coverage: {range_m: 70}, max_silence: 2h}
//	sensors:
//	  - ids:                        one entry for many, each with what is its own
//	      - {id: gs-01, pose: {lat: 49.0007, lon: -97.25}}
//	      - {id: gs-02, pose: {lat: 49.0007, lon: -97.24}}
//	    kind: ground
//	    topic: site/{sensor}/trip
//
// Both are gone before anything is read: each sensor becomes an entry of its own, of nodes that know where they were written. So every
// value keeps its place, for faults and for show, and nobody behind the reader has to know.

const (
	defaultsKey = "defaults"
	idsKey      = "ids"
)

// ownKeys are those of a sensor that cannot be shared by all of a kind.
func ownKeys() []string { return []string{"id", "kind"} }

// sharedShape is what may stand below a kind.
func sharedShape(s *shape) *shape {
	shared := *s
	shared.fields = slices.DeleteFunc(slices.Clone(s.fields), func(f field) bool { return slices.Contains(ownKeys(), f.name) })
	return &shared
}

// shared reads what the sensors of each kind share, to find its faults, and keeps its nodes for them.
func (r *reader) shared(all []section, sensors *shape) {
	var first *section
	for i := range all {
		sec := &all[i]
		if sec.key.Value != defaultsKey {
			continue
		}
		r.file = sec.file
		if first != nil {
			r.twice(sec.key, defaultsKey, place(first.file, first.key))
			continue
		}
		first = sec
		top := resolve(sec.value)
		if r.book.at[defaultsKey] = place(sec.file, top); r.empty(defaultsKey, top) {
			continue
		} else if top.Kind != yaml.MappingNode {
			r.book.fault(defaultsKey, describe(top)+", and a mapping of kinds is wanted, as in {radar: {max_silence: 10s}}")
			continue
		}
		for _, pair := range r.pairs(defaultsKey, top) {
			r.sharedBy(pair[0], resolve(pair[1]), sensors)
		}
	}
}

func (r *reader) sharedBy(key, value *yaml.Node, sensors *shape) {
	path := join(defaultsKey, key.Value)
	switch {
	case strings.HasPrefix(key.Value, "x-"):
	case !slices.Contains(wordsOfKind(), key.Value):
		r.book.faultAt(place(r.file, key), path,
			fmt.Sprintf("%q is no kind: here are %s%s", key.Value, strings.Join(wordsOfKind(), ", "), didYouMean(key.Value, wordsOfKind())))
	case r.kinds[sensor.Kind(key.Value)] != nil:
		r.twice(key, path, r.book.at[path])
	default:
		if _, ok := r.value(path, value, field{shape: sharedShape(sensors)}); ok {
			for _, own := range ownKeys() {
				value = without(value, own) // a fault that is told
			}
			r.kinds[sensor.Kind(key.Value)] = value
			r.settle(value)
		}
	}
}

// settle notes the file of a node and all below it.
func (r *reader) settle(n *yaml.Node) {
	n = resolve(n)
	if _, known := r.home[n]; known {
		return // an alias may come by many ways
	}
	r.home[n] = r.file
	for _, below := range n.Content {
		r.settle(below)
	}
}

// place of a node, in its own file if it comes from another than the one being read.
func (r *reader) place(n *yaml.Node) Position {
	if file, away := r.home[n]; away {
		return place(file, n)
	}
	return place(r.file, n)
}

// spread makes one item of each sensor; from is the number that the first one has.
func (r *reader) spread(items []*yaml.Node, from int) (all []*yaml.Node) {
	for _, item := range items {
		item = resolve(item)
		if item.Kind != yaml.MappingNode {
			all = append(all, item) // a fault, to be told by who reads it
			continue
		}
		for _, one := range r.each(at("sensors", from+len(all)), item) {
			if kind := valueOf(one, "kind"); kind != nil {
				one = merge(one, r.kinds[sensor.Kind(resolve(kind).Value)])
			}
			all = append(all, one)
		}
	}
	return all
}

// each gives the sensors that an entry stands for: itself, or those of its ids with what it says itself behind what each says.
func (r *reader) each(path string, entry *yaml.Node) (all []*yaml.Node) {
	ids := valueOf(entry, idsKey)
	if ids == nil {
		return []*yaml.Node{entry}
	}
	ids = resolve(ids)
	common := without(entry, idsKey)
	if id := valueOf(entry, "id"); id != nil {
		r.book.faultAt(r.place(id), join(path, "id"), "stands beside ids: an entry is one sensor, or many")
		return []*yaml.Node{common}
	}
	if ids.Kind != yaml.SequenceNode || len(ids.Content) == 0 {
		r.book.faultAt(r.place(ids), join(path, idsKey), "a list of ids is wanted, or of mappings with an id: [gs-01, {id: gs-02, group: west}]")
		r.silence(join(path, "id"))
		return []*yaml.Node{common}
	}
	for _, own := range ids.Content {
		if own = resolve(own); own.Kind == yaml.ScalarNode {
			own = &yaml.Node{
				Kind: yaml.MappingNode, Tag: "!!map", Line: own.Line, Column: own.Column,
				Content: []*yaml.Node{{Kind: yaml.ScalarNode, Tag: "!!str", Value: "id", Line: own.Line, Column: own.Column}, own},
			}
		}
		all = append(all, merge(own, common))
	}
	return all
}

// merge is own with what base says and own does not; of mappings in both the same again, as far down as a sensor's settings go. Lists are
// taken whole.
func merge(own, base *yaml.Node) *yaml.Node { return mergeDown(own, base, 2) }

func mergeDown(own, base *yaml.Node, levels int) *yaml.Node {
	if base == nil || levels == 0 || own.Kind != yaml.MappingNode || base.Kind != yaml.MappingNode {
		return own
	}
	under, said := map[string]*yaml.Node{}, map[string]bool{}
	for _, pair := range flat(base) {
		under[pair[0].Value] = resolve(pair[1])
	}
	m := *own
	m.Content = nil
	for _, pair := range flat(own) {
		said[pair[0].Value] = true
		m.Content = append(m.Content, pair[0], mergeDown(resolve(pair[1]), under[pair[0].Value], levels-1))
	}
	for _, pair := range flat(base) {
		if !said[pair[0].Value] {
			m.Content = append(m.Content, pair[0], pair[1])
		}
	}
	return &m
}

// valueOf a key of a mapping, with what << merges into it; nil if it has none.
func valueOf(n *yaml.Node, key string) *yaml.Node {
	for _, pair := range flat(n) {
		if pair[0].Value == key {
			return pair[1]
		}
	}
	return nil
}

// without is a mapping, flat, without a key.
func without(n *yaml.Node, key string) *yaml.Node {
	m := *n
	m.Content = nil
	for _, pair := range flat(n) {
		if pair[0].Value != key {
			m.Content = append(m.Content, pair[0], pair[1])
		}
	}
	return &m
}

// flat lists a mapping's keys and values, with what << merges into it behind them where it is not given here. A << of anything but a
// mapping is left as it stands.
func flat(n *yaml.Node) [][2]*yaml.Node {
	var own, merged [][2]*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], resolve(n.Content[i+1])
		if key.ShortTag() != "!!merge" || value.Kind != yaml.MappingNode {
			own = append(own, [2]*yaml.Node{key, value})
			continue
		}
		for j := 0; j+1 < len(value.Content); j += 2 {
			merged = append(merged, [2]*yaml.Node{value.Content[j], value.Content[j+1]})
		}
	}
	given := map[string]bool{}
	for _, pair := range own {
		given[pair[0].Value] = true
	}
	for _, pair := range merged {
		if !given[pair[0].Value] {
			own = append(own, pair)
			given[pair[0].Value] = true
		}
	}
	return own
}
