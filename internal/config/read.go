package config

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"cutline/internal/sensor"
)

const (
	maxValues = 500_000 // an alias of aliases of aliases must not take the memory
	maxDepth  = 32
)

// A reader turns nodes into the plain values that viper takes, and notes where each stands. What has a fault is left out, so
// that its default stands in and the rest can still be checked.
type reader struct {
	world
	book  *book
	file  string // of the nodes being read
	count int
	depth int

	kinds map[sensor.Kind]*yaml.Node // what the sensors of a kind share
	home  map[*yaml.Node]string      // the files of nodes that are not of the one being read
}

// sections reads all files' entries against the settings' shape: lists are joined, everything else is given once.
func (r *reader) sections(all []section, s *shape) map[string]any {
	tree := map[string]any{}
	first := map[string]Position{}
	r.kinds, r.home = map[sensor.Kind]*yaml.Node{}, map[*yaml.Node]string{}
	sensors, _ := s.field("sensors")
	r.shared(all, sensors.shape.elem)
	for _, sec := range all {
		if sec.key.Value == defaultsKey {
			continue
		}
		r.file = sec.file
		f, ok := r.known(sec.key, "", s)
		if !ok {
			continue
		}
		once := f.name // in all files
		if f.shape.form == list {
			once += " of " + sec.file
		}
		if before, twice := first[once]; twice {
			r.twice(sec.key, f.name, before)
			continue
		}
		first[once] = place(sec.file, sec.key)
		r.into(tree, f, "", sec.value)
	}
	return tree
}

// into reads a field's value and puts it into the tree; a list is put behind what is there.
func (r *reader) into(tree map[string]any, f field, path string, n *yaml.Node) {
	path = join(path, f.name)
	if f.shape.form == list {
		before, _ := tree[f.name].([]any)
		if items, ok := r.list(path, n, f.shape, len(before)); ok {
			tree[f.name] = append(before, items...)
		}
		return
	}
	if v, ok := r.value(path, n, f); ok {
		tree[f.name] = v
	}
}

// known finds the field that a key names. What it does not know is a fault, unless it begins with x-: a place for anchors.
func (r *reader) known(key *yaml.Node, path string, s *shape) (field, bool) {
	key = resolve(key)
	if strings.HasPrefix(key.Value, "x-") {
		return field{}, false
	}
	if f, ok := s.field(key.Value); ok && key.Kind == yaml.ScalarNode {
		return f, true
	}
	if key.Kind != yaml.ScalarNode {
		r.book.faultAt(r.place(key), path, "a key is a word")
		return field{}, false
	}
	what := fmt.Sprintf("unknown key %q", key.Value)
	names := s.names()
	if path == "" {
		names = append(names, "include", defaultsKey) // which are gone by now
	}
	switch meant := nearest(key.Value, names); {
	case meant != "":
		what += fmt.Sprintf(" (did you mean %q?)", meant)
		r.silence(join(path, meant))
	case below(key.Value, s) != "":
		what += fmt.Sprintf(" (did you mean %q?)", below(key.Value, s))
		r.silence(join(path, below(key.Value, s)))
	case slices.Contains(names, key.Value+"_file"):
		what += fmt.Sprintf(": a secret does not belong into this file: name the file that holds it by %s_file", key.Value)
	default:
		what += ": here are " + strings.Join(names, ", ")
	}
	r.book.faultAt(r.place(key), join(path, key.Value), what)
	return field{}, false
}

// below looks for a key one level deeper: lat that should stand in pose.
func below(key string, s *shape) string {
	for _, f := range s.fields {
		if f.shape.form == mapping {
			if _, ok := f.shape.field(key); ok {
				return f.name + "." + key
			}
		}
	}
	return ""
}

// silence keeps later checks quiet about a value whose key was misspelt: that it is missing is known.
func (r *reader) silence(path string) {
	r.book.quiet[path] = true
}

func (r *reader) twice(key *yaml.Node, path string, before Position) {
	r.book.faultAt(r.place(key), path, fmt.Sprintf("given twice: also at %v", before))
}

// value reads a node as the field wants it. False: it has a fault, which is noted.
func (r *reader) value(path string, n *yaml.Node, f field) (any, bool) {
	r.depth++
	defer func() { r.depth-- }()
	if r.count++; r.count > maxValues || r.depth > maxDepth {
		if r.count == maxValues+1 || r.depth > maxDepth {
			r.book.faultAt(r.place(n), path, "the values are too many or too deep: do the anchors contain each other?")
		}
		return nil, false
	}
	n = resolve(n)
	r.book.at[path] = r.place(n)
	if r.empty(path, n) {
		return nil, false
	}
	switch f.shape.form {
	case mapping:
		if n.Kind == yaml.MappingNode {
			return r.mapping(path, n, f.shape), true
		}
	case list:
		items, ok := r.list(path, n, f.shape, 0)
		return items, ok
	default:
		if n.Kind == yaml.ScalarNode {
			return r.scalar(path, n, f)
		}
	}
	r.book.fault(path, wants(n, f.shape).Error())
	return nil, false
}

// empty notes a key with nothing behind it: whether "influx:" alone means all defaults or none at all, no two people agree.
func (r *reader) empty(path string, n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!null" {
		return false
	}
	r.book.faultAt(r.place(n), path, "there is no value: give one, or leave the key out")
	return true
}

func (r *reader) mapping(path string, n *yaml.Node, s *shape) map[string]any {
	tree := map[string]any{}
	seen := map[string]Position{}
	for _, pair := range r.pairs(path, n) {
		key, value := pair[0], pair[1]
		name := strings.ToLower(key.Value)
		if before, twice := seen[name]; twice {
			r.twice(key, join(path, key.Value), before)
			continue
		}
		seen[name] = r.place(key)
		if f, ok := r.known(key, path, s); ok {
			r.into(tree, f, path, value)
		}
	}
	return tree
}

// pairs is flat, and notes what << can't merge.
func (r *reader) pairs(path string, n *yaml.Node) [][2]*yaml.Node {
	return slices.DeleteFunc(flat(n), func(pair [2]*yaml.Node) bool {
		wrong := pair[0].ShortTag() == "!!merge"
		if wrong {
			r.book.faultAt(r.place(pair[1]), path, "<< takes an alias of a mapping")
		}
		return wrong
	})
}

// list reads the items; from is the number that the first one has.
func (r *reader) list(path string, n *yaml.Node, s *shape, from int) ([]any, bool) {
	if n = resolve(n); r.empty(path, n) {
		return nil, false
	} else if n.Kind != yaml.SequenceNode {
		r.book.faultAt(r.place(n), path, wants(n, s).Error())
		return nil, false
	}
	if !r.book.given(path) {
		r.book.at[path] = r.place(n)
	}
	if s.length > 0 && len(n.Content) != s.length {
		r.book.fault(path, fmt.Sprintf("there are %d values, and %d are wanted", len(n.Content), s.length))
		return nil, false
	}
	nodes := n.Content
	if path == "sensors" {
		nodes = r.spread(nodes, from)
	}
	items, ok := []any{}, true
	for i, item := range nodes {
		v, good := r.value(at(path, from+i), item, field{shape: s.elem})
		if !good && s.elem.form == mapping {
			v = map[string]any{} // the number of those behind it stays right
			good = true
		}
		if ok = ok && good; good {
			items = append(items, v)
		}
	}
	return items, ok
}

func (r *reader) scalar(path string, n *yaml.Node, f field) (any, bool) {
	value, fromEnv, ok := r.expand(path, n.Value)
	if !ok {
		return nil, false
	}
	if fromEnv {
		r.book.hidden[path] = variable{strings.Join(names(n.Value), " "), value}
	}
	if f.name == "url" && !fromEnv && holdsPassword(value) {
		r.book.fault(path, "a password does not belong into this file: name the file that holds it, or give ${NAME} of the environment")
		return nil, false
	}
	v, err := scalar(n, value, fromEnv, f.shape)
	if err != nil {
		what := err.Error()
		if fromEnv {
			what = fmt.Sprintf("%s: what the environment gives does not fit: %s is wanted", n.Value, f.shape.form)
		}
		r.book.fault(path, what)
		return nil, false
	}
	if name, isText := v.(string); isText && f.path && name != "" {
		v = relative(r.place(n).File, name)
	}
	return v, true
}

// holdsPassword says whether a URL is one of the form scheme://user:password@host.
func holdsPassword(value string) bool {
	u, err := url.Parse(value)
	if err != nil || u.User == nil {
		return false
	}
	_, has := u.User.Password()
	return has
}

var use = regexp.MustCompile(`\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// expand puts in the environment: ${NAME}. A dollar before it takes it as it stands. The value goes into the node and not into
// the file's text, so that nothing in it can be read as YAML.
func (r *reader) expand(path, value string) (expanded string, fromEnv, ok bool) {
	ok = true
	expanded = use.ReplaceAllStringFunc(value, func(use string) string {
		if strings.HasPrefix(use, "$$") {
			return use[1:]
		}
		fromEnv = true
		v, set := r.env(use[2 : len(use)-1])
		if !set {
			r.book.fault(path, fmt.Sprintf("the environment has no %s", use[2:len(use)-1]))
			ok = false
		}
		return v
	})
	return expanded, fromEnv, ok
}

// names are the variables that a value uses.
func names(value string) (all []string) {
	for _, m := range use.FindAllStringSubmatch(value, -1) {
		if !strings.HasPrefix(m[0], "$$") {
			all = append(all, m[1])
		}
	}
	return all
}
