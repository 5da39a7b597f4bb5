package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Position is a place in a file. Line and Col count from 1, Col in characters.
type Position struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Col  int    `json:"column"`
}

func (p Position) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col) }

// Fault is one thing that is wrong in the settings, and where.
type Fault struct {
	Position
	Path string `json:"path"` // as in "sensors[twr-01].pose.lat"; empty for the file as a whole
	What string `json:"what"` // what is wrong, and what would be right
	Text string `json:"text"` // the line as it stands in the file, secrets masked; empty where there is none
}

// Caret shows the fault's line with a mark below its place, two lines; empty where there is no text.
func (f Fault) Caret() string {
	if f.Text == "" {
		return ""
	}
	var below strings.Builder
	for i, r := range []rune(f.Text) {
		if i == f.Col-1 {
			break
		}
		if r != '\t' {
			r = ' '
		}
		below.WriteRune(r)
	}
	return "    " + f.Text + "\n    " + below.String() + "^\n"
}

// Fault says that something is wrong at a path of c, beside what Load found: "sensors".
func (c Config) Fault(path, what string) Fault {
	if c.origin == nil {
		return Fault{Path: path, What: what}
	}
	return Fault{Position: c.origin.book.where(path), Path: path, What: what}
}

// String gives "file:line:col: path: what".
func (f Fault) String() string {
	if f.Path == "" {
		return f.Position.String() + ": " + f.What
	}
	return f.Position.String() + ": " + f.Path + ": " + f.What
}

// A book keeps the faults found so far, and where every value stands. Paths in it count list elements through all files:
// "sensors[7].pose.lat".
type book struct {
	at     map[string]Position // of values; of a mapping its first key
	faults []Fault             // with paths as the book counts
	advice []Fault             // what works, but is hardly meant
	hidden map[string]variable // values that came from the environment
	root   Position            // what has no better place
	part   bool                // a file could not be read: what is missing may stand there
	quiet  map[string]bool     // paths that have a fault, or that one elsewhere explains
}

func newBook(file string) *book {
	return &book{
		at: map[string]Position{}, quiet: map[string]bool{}, hidden: map[string]variable{}, root: Position{File: file, Line: 1, Col: 1},
	}
}

// fault notes what is wrong at a path, at the place of the value or of the nearest one around it.
func (b *book) fault(path, what string) { b.faultAt(b.where(path), path, what) }

func (b *book) faultAt(at Position, path, what string) {
	b.quiet[path] = true
	b.faults = append(b.faults, Fault{Position: at, Path: path, What: b.mask(path, strings.ReplaceAll(what, "\n", ": "))}) // one line
}

// advise notes what is no fault, but hardly meant, unless something is wrong there anyway.
func (b *book) advise(path, what string) {
	if !b.wrong(path) {
		b.advice = append(b.advice, Fault{Position: b.where(path), Path: path, What: what})
	}
}

// variable is what the environment gave for a value.
type variable struct{ name, value string }

// leastSecret is the length from which a value of the environment may be one: shorter ones would make holes in every sentence.
const leastSecret = 4

// mask takes a value that came from the environment out of a message.
func (b *book) mask(path, what string) string {
	v := b.hidden[path].value
	if len(v) < leastSecret {
		return what
	}
	quoted := strconv.Quote(v)
	return strings.NewReplacer(v, masked, quoted[1:len(quoted)-1], masked).Replace(what)
}

// follow notes a fault unless the value, or one around it, is known to be wrong already: one mistake is told once.
func (b *book) follow(path, what string) {
	if !b.wrong(path) {
		b.fault(path, what)
	}
}

// absent notes that something must be given and is not, unless it may stand in a file that could not be read.
func (b *book) absent(path, what string) {
	if !b.part {
		b.follow(path, what)
	}
}

// broken notes that a file, or a part of it, could not be read.
func (b *book) broken(at Position, path, what string) {
	b.part = true
	b.faultAt(at, path, what)
}

// wrong says whether a fault is noted at the path or around it.
func (b *book) wrong(path string) bool {
	for p := path; p != ""; p = parent(p) {
		if b.quiet[p] {
			return true
		}
	}
	return false
}

// where is the place of a path's value, or of the nearest value around it.
func (b *book) where(path string) Position {
	for p := path; p != ""; p = parent(p) {
		if at, ok := b.at[p]; ok {
			return at
		}
	}
	return b.root
}

// given says whether a file states a value for the path.
func (b *book) given(path string) bool {
	_, ok := b.at[path]
	return ok
}

// sharing is the head of a path of which sensors share what stands behind it: what is wrong with that is wrong with each of them.
var sharing = regexp.MustCompile(`^(sensors\[[^\]]*\]|defaults\.[a-z]+)`)

// sorted gives faults by position, each once, with list elements by their names where they have one and the line that line gives.
func sorted(faults []Fault, name func(path string) string, line func(Position) string) []Fault {
	var all []Fault
	for _, f := range faults {
		f.Path, f.Text = name(f.Path), line(f.Position)
		all = append(all, f)
	}
	slices.SortStableFunc(all, func(f, g Fault) int {
		return cmp.Or(strings.Compare(f.File, g.File), cmp.Compare(f.Line, g.Line), cmp.Compare(f.Col, g.Col),
			strings.Compare(f.Path, g.Path), strings.Compare(f.What, g.What))
	})
	told := map[Fault]bool{}
	return slices.DeleteFunc(all, func(f Fault) bool {
		f.Path = sharing.ReplaceAllString(f.Path, "")
		defer func() { told[f] = true }()
		return told[f]
	})
}

// parent of "a.b[2]" is "a.b", and of that "a"; of "a" it is "".
func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

func join(path, key string) string {
	if path == "" || key == "" {
		return path + key
	}
	return path + "." + key
}

func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// nearest finds the word that was probably meant: about one letter in four differs, or it goes on where the given one ends, as azimuth_deg
// does. Empty if none is near: a wrong hint costs more than none.
func nearest(word string, known []string) string {
	word = strings.ToLower(word)
	best, least := "", max(1, (len(word)+1)/4)+1
	for _, k := range known {
		if d := distance(word, k, least); d < least {
			best, least = k, d
		}
	}
	if best != "" || len(word) < 3 {
		return best
	}
	i := slices.IndexFunc(known, func(k string) bool { return strings.HasPrefix(k, word+"_") || strings.HasPrefix(word, k+"_") })
	if i < 0 {
		return ""
	}
	return known[i]
}

// distance is the number of letters that are put in, left out, changed, or swapped with their neighbour (optimal string
// alignment; Boytsov 2011, "Indexing methods for approximate dictionary searching", section 2.1), or limit if it is no less.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d >= limit || -d >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit)
}

// didYouMean is the tail of a message about a word that is not known.
func didYouMean(word string, known []string) string {
	if n := nearest(word, known); n != "" {
		return fmt.Sprintf(" (did you mean %q?)", n)
	}
	return ""
}
