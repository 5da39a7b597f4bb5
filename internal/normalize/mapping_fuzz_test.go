package normalize_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"cutline/internal/normalize"
)

// FuzzMapping holds every payload, read by the mapping of every case, to what the package promises, and to two promises of mappings: what a
// mapping writes is always a message that can be read, and an explanation is that of the very record.
func FuzzMapping(f *testing.F) {
	dirs := append(casesOf(f, normalize.JSON), casesOf(f, "cbor")...)
	var readers []*normalize.Normalizer
	var topics []string
	for i, dir := range dirs {
		payload, n, topic := caseRecord(f, dir)
		readers, topics = append(readers, n), append(topics, topic)
		f.Add(payload, i)
	}
	if len(readers) < 20 {
		f.Fatalf("%d seeds", len(readers))
	}
	f.Fuzz(func(t *testing.T, payload []byte, which int) {
		i := int(uint(which) % uint(len(readers)))
		_, in := readers[i].Normalize(receivedAt, topics[i], payload)
		checkRecord(t, payload, in)
		for _, r := range in.Rejects {
			if strings.Contains(r.Reason, "the mapping made no message") {
				t.Fatalf("%+v", r)
			}
		}
		_, explained, _ := readers[i].Explain(receivedAt, topics[i], payload)
		if !reflect.DeepEqual(in, explained) {
			t.Fatal("the explanation is of another record")
		}
	})
}

func TestMapping_theCasesNameHostileShapes(t *testing.T) {
	for _, what := range []string{"units-in-the-field-names", "nested-arrays-*", "epoch-microseconds-as-text", "degrees-and-minutes-*"} {
		if dirs, err := filepath.Glob("testdata/cases/json-" + what); err != nil || len(dirs) == 0 {
			t.Errorf("no case for %s, %v", what, err)
		} else if _, err := os.Stat(filepath.Join(dirs[0], "want.json")); err != nil {
			t.Error(err)
		}
	}
}
