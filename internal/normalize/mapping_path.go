package normalize

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// part of a path: a key of an object, or an element of an array; each stands for all of them: [].
type part struct {
	key   string
	index int
	array bool
	each  bool
}

// path is where a value stands in a payload. From the root it begins with $; else it counts from the object of the detection.
type path struct {
	root  bool
	parts []part
}

// parsePath reads a path: pos.latitude, $.objects[].id, coordinates[1], trail[-1], ["Speed (km/h)"], $[].lat.
func parsePath(text string) (p path, err error) {
	rest := text
	if rest, p.root = strings.CutPrefix(rest, "$"); p.root && rest != "" && rest[0] != '.' && rest[0] != '[' {
		return p, fmt.Errorf("%s is no path: after $ comes .name or [n]; or $received, or $topic[n]", quote(text))
	}
	for first := !p.root; rest != ""; first = false {
		var next part
		switch {
		case rest[0] == '[':
			next, rest, err = parseBracket(rest)
		case rest[0] == '.' && first:
			err = errors.New("a path begins with a name or with $")
		default:
			next.key, rest, err = parseKey(strings.TrimPrefix(rest, "."))
		}
		if err != nil {
			return p, fmt.Errorf("%s is no path: %w", quote(text), err)
		}
		p.parts = append(p.parts, next)
	}
	if len(p.parts) > maxDepth {
		return p, fmt.Errorf("%s is no path: payloads are at most %d levels deep", quote(text), maxDepth)
	}
	return p, nil
}

// parseKey reads a name up to the next dot or bracket. Whatever else is in it belongs to it.
func parseKey(text string) (key, rest string, err error) {
	end := strings.IndexAny(text, ".[")
	if end < 0 {
		end = len(text)
	}
	if end == 0 {
		return "", "", errors.New("a name is missing between two dots, or at the end")
	}
	return text[:end], text[end:], nil
}

// parseBracket reads [], [3], [-1] or ["a key with . and []"].
func parseBracket(text string) (next part, rest string, err error) {
	if quoted, qerr := strconv.QuotedPrefix(text[1:]); qerr == nil {
		rest, closed := strings.CutPrefix(text[1+len(quoted):], "]")
		key, uerr := strconv.Unquote(quoted)
		if !closed || uerr != nil {
			return next, "", errors.New(`after [" comes a key and "]`)
		}
		return part{key: key}, rest, nil
	}
	inside, rest, closed := strings.Cut(text[1:], "]")
	if !closed {
		return next, "", errors.New("a [ has no ]")
	}
	if inside == "" {
		return part{array: true, each: true}, rest, nil
	}
	i, err := strconv.ParseInt(inside, 10, 16)
	if err != nil {
		return next, "", fmt.Errorf("[%s]: want a number, [] for each element, or a key in double quotes", inside)
	}
	return part{array: true, index: int(i)}, rest, nil
}

// split parts a path behind each [].
func (p path) split() [][]part {
	all := [][]part{nil}
	for _, next := range p.parts {
		if next.each {
			all = append(all, nil)
			continue
		}
		all[len(all)-1] = append(all[len(all)-1], next)
	}
	return all
}

func sameParts(a, b []part) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// appendParts writes parts as rejects have them.
func appendParts(text string, parts []part) string {
	for _, p := range parts {
		if p.array {
			text += "[" + strconv.Itoa(p.index) + "]"
		} else {
			text = jsonPath(text, p.key)
		}
	}
	return text
}

// node of the tree of the paths that a mapping looks for. A payload is read once along it; what no path leads to is only checked.
type node struct {
	slot  int // where the value is noted, noSlot if nobody asks for it
	next  []edge
	fixed bool // an edge is an index
	last  bool // one of them counts from the end
}

type edge struct {
	part part
	node *node
}

const noSlot = -1

func newNode() *node { return &node{slot: noSlot} }

// below gives the node that a part leads to, making it if need be.
func (n *node) below(p part) *node {
	for i := range n.next {
		if n.next[i].part == p {
			return n.next[i].node
		}
	}
	to := newNode()
	n.next = append(n.next, edge{part: p, node: to})
	n.fixed = n.fixed || p.array
	n.last = n.last || p.index < 0
	return to
}

// key finds where a key leads to; nil if nowhere.
func (n *node) key(key []byte) *node {
	for i := range n.next {
		if e := &n.next[i]; !e.part.array && e.part.key == string(key) {
			return e.node
		}
	}
	return nil
}
