package config

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cutline/internal/normalize"
)

var yamlBlock = regexp.MustCompile("(?s) *```yaml\n(.*?)```")

// TestDocs_everyFormatHasAnExampleThatLoads takes the examples of docs/sensors.md, and of docs/mapping.md, for what they say: entries
// under sensors.
func TestDocs_everyFormatHasAnExampleThatLoads(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/sensors.md")
	if err != nil {
		t.Fatal(err)
	}
	mapping, err := os.ReadFile("../../docs/mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	page = append(page, mapping...)
	shown := map[string]bool{normalize.Native: true} // it is every other example of this project
	for _, block := range yamlBlock.FindAllStringSubmatch(string(page), -1) {
		text := "border: {file: line.geojson, sides: [US, CA]}\n" +
			"sectors:\n  - {id: emerson, extent: {west: -97.5, south: 48.9, east: -97.0, north: 49.1}}\n" +
			"sensors:\n" + block[1]
		c, faults := loadText(t, text)
		if len(faults) > 0 || len(c.Sensors) == 0 {
			t.Errorf("%v in\n%s", faults, text)
			continue
		}
		if _, err := normalize.New(c.Sensors); err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
		for _, s := range c.Sensors {
			shown[s.Format] = true
		}
	}
	for _, format := range normalize.Formats() {
		if !shown[format] {
			t.Errorf("docs/sensors.md has no example of the format %s", format)
		}
	}
	if i := slices.IndexFunc(strings.Split(string(page), "\n"), func(line string) bool { return len(line) > 160 }); i >= 0 {
		t.Errorf("docs/sensors.md:%d: longer than 160 columns", i+1)
	}
}
