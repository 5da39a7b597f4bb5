package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFile bounds a file, so that a wrong path (a core dump, a capture) ends in a sentence.
const maxFile = 4 << 20

// world is what loading needs from outside: files and the environment.
type world struct {
	read func(path string) ([]byte, error)
	peek func(path string) ([]byte, error)      // read, of a secret: nobody notes it
	glob func(pattern string) ([]string, error) // sorted
	env  func(name string) (string, bool)
}

func machine() world {
	return world{read: readFile, peek: readFile, glob: filepath.Glob, env: os.LookupEnv}
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the user's own path is the point
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read from
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("it is larger than %d MiB: is it a settings file?", maxFile>>20)
	}
	return data, err
}

// A section is one top-level entry of a file.
type section struct {
	file       string
	key, value *yaml.Node
}

// gatherer reads a file and what it includes into sections, in order.
type gatherer struct {
	world
	book     *book
	seen     map[string]bool
	sections []section
}

// gather reads the main file; an error says that there is none to read. What is wrong inside any file is a fault.
func (g *gatherer) gather(path string) error {
	data, err := g.read(path)
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	g.file(path, data)
	if found, err := g.glob(strings.TrimSuffix(path, filepath.Ext(path)) + folder); err == nil {
		for _, file := range found {
			g.included(g.book.root, "include", file)
		}
	}
	return nil
}

// folder is what belongs to a settings file without being named: cutline.d/*.yaml beside cutline.yaml. An include that ends in .d, or in a
// slash, is a folder too.
const folder = ".d/*.yaml"

func (g *gatherer) file(path string, data []byte) {
	g.seen[filepath.Clean(path)] = true
	top := g.parse(path, data)
	if top == nil {
		return
	}
	var includes []*yaml.Node
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := top.Content[i], resolve(top.Content[i+1])
		if key.Value == "include" {
			includes = append(includes, value)
			continue
		}
		g.sections = append(g.sections, section{path, key, value})
	}
	for _, n := range includes {
		g.include(path, n)
	}
}

// parse gives the mapping of a file, nil if there is none.
func (g *gatherer) parse(path string, data []byte) *yaml.Node {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	start := Position{File: path, Line: 1, Col: 1}
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		g.book.broken(start, "", "the file is empty")
		return nil
	} else if err != nil {
		g.book.broken(syntaxAt(path, err), "", "not YAML: "+syntaxError(err))
		return nil
	}
	top := resolve(doc.Content[0])
	if top.Kind != yaml.MappingNode {
		g.book.broken(place(path, top), "", describe(top)+", and a mapping (key: value) is wanted")
		return nil
	}
	if err := dec.Decode(&second); err == nil {
		g.book.broken(place(path, &second), "", "a second document begins here: a settings file has one")
	} else if !errors.Is(err, io.EOF) {
		g.book.broken(syntaxAt(path, err), "", "not YAML: "+syntaxError(err))
	}
	return top
}

// include reads the files that a list of patterns names, relative to the file that it stands in. A file comes in once.
func (g *gatherer) include(from string, n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		g.book.broken(place(from, n), "include", describe(n)+", and a list is wanted, as in [sensors/*.yaml]")
		return
	}
	for i, item := range n.Content {
		item = resolve(item)
		path := at("include", i)
		if item.Kind != yaml.ScalarNode || item.ShortTag() != "!!str" || item.Value == "" {
			g.book.broken(place(from, item), path, "give the name of a file, or a pattern as in sensors/*.yaml")
			continue
		}
		pattern := relative(from, item.Value)
		if strings.HasSuffix(item.Value, ".d") || strings.HasSuffix(item.Value, "/") {
			pattern = filepath.Join(pattern, "*.yaml")
		}
		found, err := g.glob(pattern)
		if err != nil || len(found) == 0 {
			g.book.broken(place(from, item), path, fmt.Sprintf("no file matches %q", pattern))
			continue
		}
		for _, file := range found {
			g.included(place(from, item), path, file)
		}
	}
}

func (g *gatherer) included(by Position, path, file string) {
	if g.seen[filepath.Clean(file)] || strings.HasSuffix(file, testsEnd) { // those are tests of the settings
		return
	}
	data, err := g.read(file)
	if err != nil {
		g.seen[filepath.Clean(file)] = true
		g.book.broken(by, path, err.Error())
		return
	}
	g.file(file, data)
}

// relative resolves a path against the file that it is written in.
func relative(file, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}

// resolve follows an alias to what it stands for.
func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func place(file string, n *yaml.Node) Position {
	return Position{File: file, Line: max(1, n.Line), Col: max(1, n.Column)}
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): `)

// syntaxAt takes the line out of the parser's error; it tells no column, and no line for the first one.
func syntaxAt(file string, err error) Position {
	p := Position{File: file, Line: 1, Col: 1}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			p.Line = max(1, n)
		}
	}
	return p
}

func syntaxError(err error) string {
	text := yamlLine.ReplaceAllString(err.Error(), "")
	return strings.TrimPrefix(text, "yaml: ")
}
