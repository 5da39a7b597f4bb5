package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A tape keeps what loading has read: the text of every file, and what every pattern matched. By it a change of any of them is seen, and a
// configuration that was good can be loaded again when the files no longer are.
type tape struct {
	Main    string              `json:"main"`
	Files   map[string][]byte   `json:"files"` // by path; nil: it could not be read
	Matches map[string][]string `json:"matches"`
}

func newTape(main string) *tape {
	return &tape{Main: main, Files: map[string][]byte{}, Matches: map[string][]string{}}
}

// record is w, and notes what is read.
func (t *tape) record(w world) world {
	return world{
		read: func(path string) ([]byte, error) {
			data, err := w.read(path)
			if t.Files[path] = data; err != nil {
				t.Files[path] = nil
			}
			return data, err
		},
		glob: func(pattern string) ([]string, error) {
			found, err := w.glob(pattern)
			t.Matches[pattern] = found
			return found, err
		},
		env: w.env, peek: w.peek,
	}
}

// play reads from the tape; secrets and the environment are those of w.
func (t *tape) play(w world) world {
	return world{
		read: func(path string) ([]byte, error) {
			if data := t.Files[path]; data != nil {
				return data, nil
			}
			return nil, fmt.Errorf("open %s: %w in the copy", path, fs.ErrNotExist)
		},
		glob: func(pattern string) ([]string, error) { return t.Matches[pattern], nil },
		env:  w.env, peek: w.peek,
	}
}

// print of the files as they are now.
func (t *tape) print(w world) [sha256.Size]byte {
	h := sha256.New()
	for _, pattern := range slices.Sorted(maps.Keys(t.Matches)) {
		found, err := w.glob(pattern)
		_, _ = fmt.Fprintf(h, "%q %q %v\n", pattern, found, err) // a hash takes everything
	}
	for _, path := range slices.Sorted(maps.Keys(t.Files)) {
		data, err := w.read(path)
		_, _ = fmt.Fprintf(h, "%q %x %v\n", path, sha256.Sum256(data), err)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// A Print tells whether two looks at a configuration's files saw the same.
type Print [sha256.Size]byte

// Print looks at the files and patterns that c was loaded from, as they are now.
func (c Config) Print() Print {
	if c.origin == nil {
		return Print{}
	}
	return c.origin.tape.print(machine())
}

// Loaded is what Print gave of the same files when c was loaded.
func (c Config) Loaded() Print {
	if c.origin == nil {
		return Print{}
	}
	w := c.origin.tape.play(machine())
	return c.origin.tape.print(w)
}

// Keep writes a copy of all that c was loaded from to path, for LoadKept: settings, border and patterns, but no file that holds a secret,
// and no value of the environment. The copy is whole at any time.
func (c Config) Keep(path string) error {
	if c.origin == nil {
		return errors.New("keep settings: there are none")
	}
	text, err := json.MarshalIndent(c.origin.tape, "", " ")
	if err != nil {
		return fmt.Errorf("keep settings: %w", err)
	}
	if old, err := os.ReadFile(path); err == nil && string(old) == string(text) { //nolint:gosec // the user's own path is the point
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("keep settings: %w", err)
	}
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return fmt.Errorf("keep settings: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("keep settings: %w", err)
	}
	return nil
}

// LoadKept is Load of a copy that Keep wrote. Places in faults are those in the files that the copy was made of.
func LoadKept(path string) (Config, []Fault, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the user's own path is the point
	if err != nil {
		return Config{}, nil, fmt.Errorf("read kept settings: %w", err)
	}
	var t tape
	if err := json.Unmarshal(text, &t); err != nil || t.Main == "" {
		return Config{}, nil, fmt.Errorf("read kept settings: %s is no copy that was kept (%w)", path, err)
	}
	return t.play(machine()).load(t.Main)
}

// line is the text of the line at p, secrets masked, for people.
func (t *tape) line(p Position) string {
	data := t.Files[p.File]
	for range p.Line - 1 {
		_, rest, ok := bytes.Cut(data, []byte("\n"))
		if !ok {
			return ""
		}
		data = rest
	}
	data, _, _ = bytes.Cut(data, []byte("\n"))
	text := strings.TrimRight(string(data), "\r")
	if len(text) > longestLine || !utf8.ValidString(text) {
		return ""
	}
	return maskLine(text)
}

// longestLine that is shown, in bytes.
const longestLine = 300

// inAddress and behindKey find what must not be shown of a line: a password in an address, a value whose key says that it is secret.
var (
	inAddress = regexp.MustCompile(`(://[^/@\s]*:)[^@\s]+@`)
	behindKey = regexp.MustCompile(`(?i)([\w-]*(?:pass|secret|tok|key)[\w-]*["']?\s*:\s*)("[^"]*"|'[^']*'|[^\s#,}]+)`)
)

func maskLine(text string) string {
	text = inAddress.ReplaceAllString(text, "${1}"+masked+"@")
	return behindKey.ReplaceAllStringFunc(text, func(pair string) string {
		m := behindKey.FindStringSubmatch(pair)
		if strings.Contains(strings.ToLower(m[1]), "_file") {
			return pair
		}
		return m[1] + masked
	})
}
