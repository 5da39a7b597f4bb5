package config

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestFormat_laysOut(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string][2]string{
		"indents": {
			"a:\n    b: 1\n    c:\n        - x\n        - y: 2\n          z: 3\n",
			"a:\n  b: 1\n  c:\n    - x\n    - y: 2\n      z: 3\n",
		},
		"dashes":         {"a:\n- x\n- y\n", "a:\n  - x\n  - y\n"},
		"ends":           {"a: 1   \r\n\r\n\r\n\r\nb: 2", "a: 1\n\nb: 2\n"},
		"comments":       {"# head\na:\n      # of b\n      b: 1 # beside\n# foot\n", "# head\na:\n  # of b\n  b: 1 # beside\n# foot\n"},
		"a block scalar": {"a:\n    b: |\n        text\n          more\n    c: 1\n", "a:\n  b: |\n      text\n        more\n  c: 1\n"},
		"braces":         {"a:\n    b: {x: 1,\n        y: 2}\n", "a:\n  b: {x: 1,\n      y: 2}\n"},
		"anchors":        {"x-a: &a\n   k: 1\nl:\n   - <<: *a\n     m: 2\n", "x-a: &a\n  k: 1\nl:\n  - <<: *a\n    m: 2\n"},
		"a dash alone":   {"l:\n  -\n      a: 1\n", "l:\n  -\n    a: 1\n"},
	} {
		got, err := Format([]byte(tc[0]))
		if err != nil || string(got) != tc[1] {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, tc[1])
		}
	}
	if _, err := Format([]byte("a: [")); err == nil {
		t.Error("what is no YAML is laid out")
	}
}

func TestFormat_leavesTheExamplesAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, path := range examples(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Format(data); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s is not laid out (%v): cutline config fmt %s", path, err, strings.TrimPrefix(path, "../../"))
		}
	}
}

// What it writes it leaves as it is, and it says the same.
func FuzzFormat(f *testing.F) {
	for _, seed := range []string{
		"a:\n    b: 1\n", "a: |\n  x\n\n\n  y\n", "- - a\n  - b\n", "? a\n: b\n", "a: &x [1,\n2]\nb: *x\n", "#c\n\na: 'x\n\n  y'\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		once, err := Format(data)
		if err != nil {
			return
		}
		twice, err := Format(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%q becomes %q and then %q (%v)", data, once, twice, err)
		}
	})
}
