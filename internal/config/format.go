package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Format lays a settings file out anew: two spaces for each level, a list's dashes below their key, no space at the ends of lines, one
// empty line at most, one line end at the end. Comments, quotes, order and what stands on a line stay as they are. What it writes says
// the same as what it was given, or there is an error; so there is for what is no YAML.
func Format(data []byte) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("not YAML: %s", syntaxError(err))
	}
	text := strings.TrimPrefix(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(data)), "\ufeff")
	f := formatter{lines: strings.Split(text, "\n"), indents: map[int]int{}}
	for _, n := range doc.Content {
		f.block(n, 0)
	}
	out := []byte(f.write())
	var after yaml.Node
	if err := yaml.Unmarshal(out, &after); err != nil || !sameNodes(&doc, &after) {
		return nil, errors.New("this file can't be laid out anew without a change of what it says: it stays as it is")
	}
	return out, nil
}

// formatter knows how far each line that begins a key or an item is to be indented; others go with the one before.
type formatter struct {
	lines   []string
	indents map[int]int // by line, from 1
}

// block notes where the lines of a node below n begin, n being indented so far. What is in braces or brackets is one piece.
func (f *formatter) block(n *yaml.Node, indent int) {
	if n.Style&yaml.FlowStyle != 0 {
		return
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			f.begins(key.Line, indent)
			f.block(value, indent+2)
		}
	case yaml.SequenceNode:
		for _, item := range n.Content {
			line := item.Line
			for line > 0 && !strings.HasPrefix(strings.TrimSpace(f.lines[line-1]), "-") {
				line-- // the dash stands alone above
			}
			f.begins(line, indent)
			f.block(item, indent+2)
		}
	default:
	}
}

// begins notes the indent of a line unless something further out begins there too.
func (f *formatter) begins(line, indent int) {
	if _, noted := f.indents[line]; !noted {
		f.indents[line] = indent
	}
}

func (f *formatter) write() string {
	var out []string
	shift, empty := 0, false
	around := map[int]int{} // of the blocks that are open: how they were indented, and how they are now
	for i, line := range f.lines {
		line = strings.TrimRight(line, " \t")
		body := strings.TrimLeft(line, " ")
		was := len(line) - len(body)
		switch indent, begins := f.indents[i+1]; {
		case body == "":
			empty = true
			continue
		case begins:
			shift = indent - was
			maps.DeleteFunc(around, func(deep, _ int) bool { return deep > was })
			around[was] = indent
		case strings.HasPrefix(body, "#"):
			shift = f.comment(i, was, around) - was
		}
		if empty && len(out) > 0 {
			out = append(out, "")
		}
		empty = false
		out = append(out, strings.Repeat(" ", max(0, was+shift))+body)
	}
	return strings.Join(out, "\n") + "\n"
}

// comment is the indent of a comment on line i: that of what follows, unless it stood with something that is open further out or in.
func (f *formatter) comment(i, was int, around map[int]int) int {
	for k := i + 1; k < len(f.lines); k++ {
		indent, begins := f.indents[k+1]
		if !begins {
			continue
		}
		if then := len(f.lines[k]) - len(strings.TrimLeft(f.lines[k], " ")); then != was {
			break
		}
		return indent
	}
	if indent, open := around[was]; open {
		return indent
	}
	return was
}

// sameNodes says whether two trees say the same, in the same words and with the same comments.
func sameNodes(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || a.Tag != b.Tag || a.Value != b.Value || a.Anchor != b.Anchor || words(a) != words(b) {
		return false
	}
	return slices.EqualFunc(a.Content, b.Content, sameNodes)
}

// words of a node's comments.
func words(n *yaml.Node) string {
	return strings.Join(strings.Fields(n.HeadComment+" "+n.LineComment+" "+n.FootComment), " ")
}
