package normalize

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"cutline/internal/detection"
)

// maxQuoted is how much of a payload's text a reason repeats, in bytes.
const maxQuoted = 48

// quote puts text from a payload into a reason: short, and safe to print.
func quote[T ~string | ~[]byte](text T) string {
	s := string(text[:min(len(text), maxQuoted)])
	if len(text) > maxQuoted {
		s += "…"
	}
	return strconv.Quote(s)
}

// didYouMean names the word most like the given one, and lists them all.
func didYouMean(word string, words []string) string {
	if near := nearest(word, words); near != "" {
		return "did you mean " + strconv.Quote(near) + "?"
	}
	return "want one of " + strings.Join(words, ", ")
}

// nearest is the word that is most like the given one; empty if none is alike: about one letter in four may differ, so that colour is
// not taken for polar. Of equals the one that begins alike wins, then the first. In want of one, a word that goes on where the other
// ends will do: latitude for lat, snr for snr_db.
func nearest(word string, words []string) string {
	near, best := "", max(1, (len(word)+1)/4)+1
	word = strings.ToLower(word)
	for _, w := range words {
		d := distance(word, w, best)
		if d < best || d == best && near != "" && alike(word, w) > alike(word, near) {
			near, best = w, d
		}
	}
	for i := 0; i < len(words) && near == ""; i++ {
		if n := alike(word, words[i]); n >= 3 && n == min(len(word), len(words[i])) {
			near = words[i]
		}
	}
	return near
}

// alike counts the letters with which both begin.
func alike(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// distance counts the letters to insert, delete, change, or swap with their neighbour to make b of a (optimal string alignment;
// Boytsov 2011, "Indexing methods for approximate dictionary searching", section 2.1). Texts that differ in more than limit are not
// looked at closely, nor ones longer than any word or topic: the answer is then limit+1.
func distance(a, b string, limit int) int {
	const longest = 128
	if len(a) > longest || len(b) > longest || max(len(a), len(b))-min(len(a), len(b)) > limit {
		return limit + 1
	}
	var rows [3][longest + 1]int
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := range len(a) {
		before, last, row := &rows[(i+2)%3], &rows[i%3], &rows[(i+1)%3]
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}

// otherClassNames are words that sensors use for our classes. They are not accepted, since a word that is nearly right would
// come back in a second language downstream; they make the reason say what to write.
var otherClassNames = map[string]detection.Class{ //nolint:gochecknoglobals // a fixed table
	"human": detection.Person, "people": detection.Person, "pedestrian": detection.Person, "man": detection.Person,
	"woman": detection.Person, "child": detection.Person, "walker": detection.Person, "group": detection.Person,
	"car": detection.Vehicle, "truck": detection.Vehicle, "bus": detection.Vehicle, "motorcycle": detection.Vehicle,
	"bicycle": detection.Vehicle, "atv": detection.Vehicle, "snowmobile": detection.Vehicle, "van": detection.Vehicle,
	"bike": detection.Vehicle, "tractor": detection.Vehicle, "train": detection.Vehicle,
	"deer": detection.Animal, "dog": detection.Animal, "cow": detection.Animal, "horse": detection.Animal, "bird": detection.Animal,
	"cat": detection.Animal, "bear": detection.Animal, "sheep": detection.Animal, "fox": detection.Animal, "wolf": detection.Animal,
	"ship": detection.Boat, "vessel": detection.Boat, "kayak": detection.Boat, "canoe": detection.Boat,
	"plane": detection.Aircraft, "airplane": detection.Aircraft, "helicopter": detection.Aircraft,
	"uav": detection.Drone, "uas": detection.Drone, "quadcopter": detection.Drone,
	"noise": detection.Clutter, "none": detection.UnknownClass, "other": detection.UnknownClass,
}

// noClass says that the word is no class, and which one to use instead.
func noClass(word []byte) string {
	text := string(word[:min(len(word), maxQuoted)])
	names := detection.ClassNames()
	why := quote(word) + " is no class: "
	if c, known := otherClassNames[strings.ToLower(text)]; known {
		return why + "use " + strconv.Quote(c.String())
	}
	return why + didYouMean(text, names)
}

// jsonPath joins the parts of a path as people write it. A key that is no plain word is put into brackets and quotes, so that
// a path has one reading.
func jsonPath(path, key string) string {
	switch {
	case key == "":
		return path
	case !plain(key):
		return path + "[" + quote(key) + "]"
	case path == "":
		return key
	}
	return path + "." + key
}

func plain(key string) bool {
	if len(key) > maxQuoted || !utf8.ValidString(key) {
		return false
	}
	return !strings.ContainsFunc(key, func(c rune) bool {
		return c != '_' && c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	})
}
