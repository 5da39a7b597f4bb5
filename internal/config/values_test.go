package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"cutline/internal/journal"
)

func TestParseDuration_wantsAUnit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"10s": 10 * time.Second, "1h30m": 90 * time.Minute, "250ms": 250 * time.Millisecond, "0s": 0, "0": 0,
		"7d": 168 * time.Hour, "1d12h": 36 * time.Hour, "-5s": -5 * time.Second,
	} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"10", "1.5", "", "s", "ten", "d", "1dd", "1.5d", "-1d", "1d-5s", "99999999d", "1h d"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}

func TestShort_isReadBackAsTheSameDuration(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, "d"))
		if rapid.Bool().Draw(t, "round") {
			d = d.Round(time.Minute)
		}
		if got, err := parseDuration(short(d)); err != nil || got != d {
			t.Fatalf("%v is written %q and read %v (%v)", d, short(d), got, err)
		}
	})
}

// What YAML, or a lenient decoder, would take in silence.
func TestScalar_takesNothingForSomethingElse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text string
		form form
		want any // nil: a fault
	}{
		{"7", integer, int64(7)},
		{"-7", integer, int64(-7)},
		{"010", integer, nil},
		{"1_000", integer, nil},
		{"0x1f", integer, nil},
		{"7.0", integer, nil},
		{`"7"`, integer, nil},
		{"99999999999999999999", integer, nil},
		{"7", number, 7.0},
		{"7.5e3", number, 7500.0},
		{".inf", number, nil},
		{".nan", number, nil},
		{"1e999", number, nil},
		{"1:30", number, nil},
		{"true", number, nil},
		{"true", boolean, true},
		{"yes", boolean, nil},
		{"1", boolean, nil},
		{"True", boolean, nil},
		{"word", text, "word"},
		{"NO", text, "NO"},
		{"007", text, nil},
		{"true", text, nil},
		{"2026-11-24", text, nil},
		{`"2026-11-24"`, text, "2026-11-24"},
		{`"a\tb"`, text, nil},
		{"1.5h", duration, "1.5h"},
		{"90", duration, nil},
	} {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte("x: "+tc.text), &doc); err != nil {
			t.Fatal(err)
		}
		types := map[form]reflect.Type{
			integer: reflect.TypeFor[int](), text: reflect.TypeFor[string](), number: reflect.TypeFor[float64](),
			boolean: reflect.TypeFor[bool](), duration: reflect.TypeFor[time.Duration](),
		}
		n := doc.Content[0].Content[1]
		got, err := scalar(n, n.Value, false, &shape{form: tc.form, typ: types[tc.form]})
		if (err != nil) != (tc.want == nil) || got != tc.want {
			t.Errorf("%s as %v is %v (%v), want %v", tc.text, tc.form, got, err, tc.want)
		}
	}
}

func TestNearest_findsWhatWasMeant(t *testing.T) {
	t.Parallel()
	known := []string{"topic", "group", "kind", "pose", "coverage", "max_silence", "id"}
	for word, want := range map[string]string{
		"tpic": "topic", "topci": "topic", "Topic": "topic", "max_silnce": "max_silence", "maxsilence": "max_silence", "poze": "pose",
		"colour": "", "x": "", "idd": "id", "": "",
	} {
		if got := nearest(word, known); got != want {
			t.Errorf("%q is near %q, want %q", word, got, want)
		}
	}
}

func TestDistance_isSymmetricAndZeroForEquals(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[a-d_]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := distance(a, b, 20)
		if d != distance(b, a, 20) || (d == 0) != (a == b) || d > max(len(a), len(b)) {
			t.Fatalf("%q and %q are %d apart", a, b, d)
		}
		if least := distance(a, b, 3); least != min(d, 3) {
			t.Fatalf("%q and %q: %d with a limit of 3, %d without", a, b, least, d)
		}
	})
}

func TestMeet_saysWhetherATopicCanMatchBoth(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"a/b", "a/b", true},
		{"a/b", "a/c", false},
		{"a/b", "a/b/c", false},
		{"a/+", "a/b", true},
		{"+/b", "a/+", true},
		{"a/#", "a/b/c", true},
		{"a/#", "a", true},
		{"#", "a/b", true},
		{"a/+/c", "a/b/d", false},
		{"a/b/#", "a/+/c/d", true},
		{"a/b/#", "a/c/#", false},
	} {
		if meet(tc.a, tc.b) != tc.want || meet(tc.b, tc.a) != tc.want {
			t.Errorf("%q and %q: want %v", tc.a, tc.b, tc.want)
		}
	}
}

func TestBadTopic_letsAnOutsideBrokerHaveItsOwnNames(t *testing.T) {
	t.Parallel()
	for _, topic := range []string{"site.a/radar", "/radar", "a b/c", "a//b"} {
		if badTopic(topic, true) == "" || badTopic(topic, false) != "" {
			t.Errorf("%q: embedded %q, outside %q", topic, badTopic(topic, true), badTopic(topic, false))
		}
	}
	for _, topic := range []string{"$SYS/a", "a/#/b", "a+", strings.Repeat("a", 1025)} {
		if badTopic(topic, false) == "" {
			t.Errorf("%q is no topic for any broker", topic)
		}
	}
}

func TestParent_leadsUpToTheTop(t *testing.T) {
	t.Parallel()
	path := "sensors[3].coverage.azimuth_deg[1]"
	for _, want := range []string{"sensors[3].coverage.azimuth_deg", "sensors[3].coverage", "sensors[3]", "sensors", "", ""} {
		if path = parent(path); path != want {
			t.Fatalf("%q, want %q", path, want)
		}
	}
}

func TestReadFile_saysWhatIsMissing(t *testing.T) {
	t.Parallel()
	if _, err := readFile(filepath.Join(t.TempDir(), "x")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

// every is a Config with one of each form.
type every struct {
	Text   string        `mapstructure:"text"`
	Token  string        `mapstructure:"token"`
	URL    string        `mapstructure:"url"`
	Size   journal.Bytes `mapstructure:"max_bytes"`
	Small  uint8         `mapstructure:"small"`
	Wait   time.Duration `mapstructure:"wait"`
	File   string        `mapstructure:"ca_file"`
	Hidden string        `mapstructure:"-"`
	None   string
}

func TestShapeOf_knowsWhatIsASetting(t *testing.T) {
	t.Parallel()
	s := shapeOf(reflect.TypeFor[every]())
	if got := strings.Join(s.names(), " "); got != "text token url max_bytes small wait ca_file" {
		t.Errorf("the fields are %s", got)
	}
	size, _ := s.field("max_bytes")
	ca, _ := s.field("ca_file")
	if !size.shape.own || !ca.path {
		t.Errorf("%+v %+v", size, ca)
	}
}

func TestReader_takesSecretsFromTheEnvironmentAlone(t *testing.T) {
	t.Parallel()
	s := shapeOf(reflect.TypeFor[every]())
	for text, want := range map[string]string{
		`{token: "${TOKEN}"}`:      "",
		`{url: "http://a:b@c"}`:    "a password does not belong into this file",
		`{url: "http://a@c"}`:      "",
		`{ca: x}`:                  "name the file that holds it by ca_file",
		`{token: "a${ABSENT}"}`:    "the environment has no ABSENT",
		`{small: 300}`:             "too small or too large",
		`{small: -1}`:              "too small or too large",
		`{max_bytes: 1GB}`:         "",
		`{max_bytes: 1000}`:        "",
		`{max_bytes: 1 apple}`:     "no size",
		`{max_bytes: "${TOKEN}"}`:  "what the environment gives does not fit",
		`{text: "${EMPTY}"}`:       "",
		`{text: "$${TOKEN} $5 $"}`: "",
	} {
		r, tree := readText(t, text, s)
		told := ""
		for _, f := range r.book.faults {
			told += f.What
		}
		if (want == "") != (told == "") || !strings.Contains(told, want) {
			t.Errorf("%s: %q, want %q", text, told, want)
		}
		if strings.Contains(told, "s3cr3t") {
			t.Errorf("%s: the message tells the secret: %s", text, told)
		}
		if v, ok := tree["token"]; ok && (v != "s3cr3t: [" || r.book.hidden["token"].name == "") {
			t.Errorf("the token is %q, hidden %v: it must be taken as it is, and not shown", v, r.book.hidden["token"])
		}
		if v, ok := tree["text"]; ok && v != "" && v != "${TOKEN} $5 $" {
			t.Errorf("the text is %q", v)
		}
	}
}

func readText(t *testing.T, text string, s *shape) (*reader, map[string]any) {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	r := &reader{world: testWorld(), book: newBook("x.yaml"), file: "x.yaml"}
	return r, r.mapping("", doc.Content[0], s)
}

func TestEffective_masksTheEnvironmentAndTellsWhereTheRestComesFrom(t *testing.T) {
	t.Parallel()
	shown := mustLoad(t, "testdata/good/cutline.yaml").Effective()
	lines := map[string]bool{}
	for line := range strings.Lines(shown) {
		lines[strings.Join(strings.Fields(line), " ")] = true
	}
	for _, want := range []string{
		`listen: "******" # environment PORT, testdata/good/cutline.yaml:8`,
		"reorder: 1.5s # testdata/good/cutline.yaml:21",
		"confirm_hits: 3 # default",
		"- id: gs-01 # testdata/good/sensors/gs-01.yaml:2",
		`- id: "007" # testdata/good/sensors/gs-01.yaml:8`,
		"lat: 49.0202 # testdata/good/cutline.yaml:3",
		"# pose: left out",
	} {
		if !lines[want] {
			t.Errorf("there is no line %q in\n%s", want, shown)
		}
	}
	if strings.Contains(shown, "9090") {
		t.Errorf("the environment shows:\n%s", shown)
	}
}

func TestEffective_savedIsTheSameSettings(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/good/sensors/gs-01.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := "border: {file: line.geojson, sides: [US, CA]}\n" +
		"sectors: [{id: emerson, extent: {west: -97.4, south: 48.95, east: -97.1, north: 49.06}}]\n" + string(data)
	c, faults := loadText(t, text)
	again, more := loadText(t, c.Effective())
	if len(faults)+len(more) > 0 {
		t.Fatal(faults, more)
	}
	c.origin, again.origin = nil, nil
	if !reflect.DeepEqual(c, again) {
		t.Errorf("%+v\nbecame\n%+v", c, again)
	}
}
