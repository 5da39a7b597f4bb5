package normalize

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cutline/internal/detection"
)

// slowDistance is the definition of optimal string alignment, word for word.
func slowDistance(a, b string) int {
	switch {
	case a == "":
		return len(b)
	case b == "":
		return len(a)
	case a[0] == b[0]:
		return slowDistance(a[1:], b[1:])
	}
	least := min(slowDistance(a[1:], b), slowDistance(a, b[1:]), slowDistance(a[1:], b[1:]))
	if len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] {
		least = min(least, slowDistance(a[2:], b[2:]))
	}
	return 1 + least
}

func TestDistance_isThatOfOptimalStringAlignment(t *testing.T) {
	word := rapid.StringMatching(`[abc]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		if got, want := distance(a, b, 9), slowDistance(a, b); got != want {
			t.Fatalf("%q to %q: %d, want %d", a, b, got, want)
		}
	})
}

func TestDistance_doesNotLookCloselyAtWhatIsFarAway(t *testing.T) {
	for _, tc := range [][2]string{{"a", "abcdef"}, {strings.Repeat("a", 129), strings.Repeat("a", 129)}} {
		if got := distance(tc[0], tc[1], 3); got != 4 {
			t.Errorf("%q to %q: %d, want the limit and one", tc[0], tc[1], got)
		}
	}
}

func TestNearest_namesTheWordThatWasMeant(t *testing.T) {
	for word, want := range map[string]string{
		"posit": "position", "Position": "position", "positio": "position", "timestamp": "time", "detection": "detections",
		"confidenc": "confidence", "snr": "snr_db", "klass": "class", "xyzzy": "", "": "", "tme": "time", "tim": "time",
		"colour": "",
	} {
		if got := nearest(word, elementKeys); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

func TestNoClass_namesOurWordForIt(t *testing.T) {
	for word, want := range map[string]string{
		"human": `"person"`, "Pedestrian": `"person"`, "truck": `"vehicle"`, "deer": `"animal"`, "uav": `"drone"`, "vessel": `"boat"`,
		"vehicel": `"vehicle"`,
		"xyzzy-7": "want one of unknown, person",
	} {
		if got := noClass([]byte(word)); !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %s in it", word, got, want)
		}
	}
	for word := range otherClassNames {
		if _, ours := detection.ParseClass(word); ours || word != strings.ToLower(word) {
			t.Errorf("%q can never be looked up", word)
		}
	}
}

func TestJSONPath_hasOneReading(t *testing.T) {
	for want, parts := range map[string][2]string{
		"a.b": {"a", "b"}, "b": {"", "b"}, "a": {"a", ""}, "": {"", ""}, `a["x.y"]`: {"a", "x.y"}, `["x y"]`: {"", "x y"}, `a["\n"]`: {"a", "\n"},
		`a["\xff"]`: {"a", "\xff"}, `["` + strings.Repeat("k", 48) + `…"]`: {"", strings.Repeat("k", 60)},
	} {
		if got := jsonPath(parts[0], parts[1]); got != want {
			t.Errorf("%q: %s, want %s", parts, got, want)
		}
	}
}
