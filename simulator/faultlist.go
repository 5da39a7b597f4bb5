package simulator

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// faultList collects what is wrong with a scenario, each fault with the line and the column of the value that it is about.
type faultList struct {
	file string
	root *yaml.Node
	all  []fault
}

// fault is one thing that is wrong, with where it stands.
type fault struct {
	line, column int
	text         string
}

// add notes a fault of the value at a path like sensors[3].kind. A value that is not there has its parent's place.
func (f *faultList) add(path, format string, args ...any) {
	n := nodeAt(f.root, path)
	f.all = append(f.all, fault{n.Line, n.Column, path + ": " + fmt.Sprintf(format, args...)})
}

// err is all faults, in the order of the file; nil if there are none.
func (f *faultList) err() error {
	slices.SortStableFunc(f.all, func(a, b fault) int { return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column)) })
	var all []error
	for _, one := range f.all {
		all = append(all, fmt.Errorf("%s:%d:%d: %s", f.file, one.line, one.column, one.text))
	}
	return errors.Join(all...)
}

// pathStep is a key or an index of a path.
var pathStep = regexp.MustCompile(`\w+`)

func nodeAt(n *yaml.Node, path string) *yaml.Node {
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	for _, step := range pathStep.FindAllString(path, -1) {
		next := child(n, step)
		if next == nil {
			break
		}
		n = next
	}
	return n
}

func child(n *yaml.Node, step string) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	var index int
	if _, err := fmt.Sscanf(step, "%d", &index); err == nil && n.Kind == yaml.SequenceNode && index < len(n.Content) {
		return n.Content[index]
	}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == step {
			return n.Content[i+1]
		}
	}
	return nil
}

// Forms of the decoder's own complaints, which know a line and no column.
var (
	onLine     = regexp.MustCompile(`^(?:yaml: )?line (\d+): (?:column (\d+): )?(.*)$`)
	unknownKey = regexp.MustCompile(`field (\S+) not found in type \S+`)
)

// decoding takes in the decoder's error, one fault for each of its complaints. It says whether the text is YAML at all.
func (f *faultList) decoding(err error) (yamlAtAll bool) {
	if err == nil {
		return true
	}
	texts := []string{err.Error()}
	list, yamlAtAll := errors.AsType[*yaml.TypeError](err)
	if yamlAtAll {
		texts = list.Errors
	}
	for _, text := range texts {
		one := fault{line: 1, column: 1, text: text}
		if m := onLine.FindStringSubmatch(text); m != nil {
			one.line, _ = strconv.Atoi(m[1]) // digits by the pattern
			one.column, _ = strconv.Atoi(m[2])
			one.text = m[3]
		}
		if m := unknownKey.FindStringSubmatch(one.text); m != nil {
			one.text = unknownKey.ReplaceAllString(one.text, "unknown key $1")
			one.column = columnOf(f.root, one.line, m[1])
		}
		if one.column == 0 {
			one.column = columnOf(f.root, one.line, "")
		}
		f.all = append(f.all, one)
	}
	return yamlAtAll
}

// columnOf finds the last node on a line, or the one with a value; 1 if there is none.
func columnOf(n *yaml.Node, line int, value string) int {
	column := 1
	if n == nil {
		return column
	}
	if n.Line == line && (value == "" && n.Kind == yaml.ScalarNode || value != "" && n.Value == value) {
		column = n.Column
	}
	for _, c := range n.Content {
		column = max(column, columnOf(c, line, value))
	}
	return column
}

// echoes takes out the faults of values on a line that could not be decoded: they say again, less well, what is wrong there.
func (f *faultList) echoes(decoded int) {
	bad := map[int]bool{}
	for _, one := range f.all[:decoded] {
		bad[one.line] = true
	}
	kept := f.all[:decoded:decoded]
	for _, one := range f.all[decoded:] {
		if !bad[one.line] {
			kept = append(kept, one)
		}
	}
	f.all = kept
}
