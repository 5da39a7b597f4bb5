package normalize_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cutline/internal/geo"
	"cutline/internal/normalize"
	"cutline/internal/record"
	"cutline/internal/sensor"
)

// foreignSensors are one of each format that is not ours.
func foreignSensors() []sensor.Definition {
	var defs []sensor.Definition
	for _, format := range normalize.Formats() {
		if format == normalize.Native {
			continue
		}
		defs = append(defs, sensor.Definition{
			ID: strings.ReplaceAll(format, "/", "-"), Sector: "emerson", Kind: sensor.Camera, Format: format,
			HasPose: true, Pose: sensor.Pose{Lat: 49.012, Lon: -97.24, Alt: 241, Heading: 180},
			Coverage: sensor.Coverage{Range: 1000, Azimuths: [2]geo.Degrees{150, 210}},
			Camera:   sensor.CameraView{Name: "twr01_east", Width: 1280},
		})
		if format == normalize.JSON {
			defs[len(defs)-1].Mapping = radarMapping()
		}
	}
	return defs
}

// casesOf lists the case folders of a format: testdata/cases/<format>-<what>.
func casesOf(t testing.TB, format string) []string {
	t.Helper()
	dirs, err := filepath.Glob("testdata/cases/" + strings.ReplaceAll(format, "/", "-") + "-*")
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}

func TestCases_everyFormatHasGoodAndBadOnes(t *testing.T) {
	for _, def := range foreignSensors() {
		dirs := casesOf(t, def.Format)
		bad := slices.DeleteFunc(slices.Clone(dirs), func(dir string) bool { return !strings.Contains(dir, "-bad-") })
		if len(dirs)-len(bad) < 3 || len(bad) < 2 {
			t.Errorf("%s: %d cases, %d of them bad", def.Format, len(dirs), len(bad))
		}
		for _, dir := range bad {
			want, err := os.ReadFile(filepath.Join(dir, "want.json"))
			if err != nil || !bytes.Contains(want, []byte(`"reason"`)) {
				t.Errorf("%s: nothing is rejected, %v", dir, err)
			}
		}
	}
}

func TestCases_goodOnesAreAcceptedInFull(t *testing.T) {
	for _, def := range foreignSensors() {
		for _, dir := range casesOf(t, def.Format) {
			want, err := os.ReadFile(filepath.Join(dir, "want.json"))
			if err != nil || !strings.Contains(dir, "-bad-") && bytes.Contains(want, []byte(`"rejects"`)) {
				t.Errorf("%s: rejects, %v", dir, err)
			}
		}
	}
}

// fixture reads a real payload that lies beside the checkout, where there is one: none of them is ours to keep.
func fixture(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "fixtures", pattern))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("%s: no such payloads beside this checkout", pattern)
	}
	return files
}

// caseRecord normalizes what is in a case folder.
func caseRecord(t testing.TB, dir string) (payload []byte, n *normalize.Normalizer, topic string) {
	t.Helper()
	payload, err := os.ReadFile(filepath.Join(dir, "payload.json"))
	if err != nil {
		if payload, err = os.ReadFile(filepath.Join(dir, "payload.bin")); err != nil {
			t.Fatal(err)
		}
	}
	def := sensor.Definition{Sector: "emerson", Format: normalize.Native}
	text, err := os.ReadFile(filepath.Join(dir, "sensor.json"))
	if err != nil || json.Unmarshal(text, &def) != nil {
		t.Fatal(err)
	}
	topic = "border/emerson/" + def.ID + "/detections"
	if def.Topic != "" {
		topic = def.Topic
	}
	if b, err := os.ReadFile(filepath.Join(dir, "topic.txt")); err == nil {
		topic = strings.TrimSpace(string(b))
	}
	return payload, newNormalizer(t, def), topic
}

// BenchmarkForeign reads a usual message of each format: the first of its cases that brings a detection.
func BenchmarkForeign(b *testing.B) {
	for _, def := range foreignSensors() {
		b.Run(def.Format, func(b *testing.B) {
			for _, dir := range casesOf(b, def.Format) {
				if strings.Contains(dir, "-bad-") {
					continue
				}
				payload, n, topic := caseRecord(b, dir)
				if _, in := n.Normalize(receivedAt, topic, payload); len(in.Scans) > 0 {
					benchmarkForeign(b, n, topic, payload)
					return
				}
			}
			b.Fatal("no case brings a detection")
		})
	}
}

func benchmarkForeign(b *testing.B, n *normalize.Normalizer, topic string, payload []byte) {
	b.Helper()
	b.ReportAllocs()
	b.SetBytes(int64(len(payload)))
	var in record.Input
	for b.Loop() {
		_, in = n.Normalize(receivedAt, topic, payload)
	}
	b.ReportMetric(float64(plotsOf(in))*float64(b.N)/b.Elapsed().Seconds(), "detections/s")
}

// TestFixtures_realPayloadsAreRead tries what other systems really publish. A sign of life is a message that holds nothing to track.
func TestFixtures_realPayloadsAreRead(t *testing.T) {
	for pattern, want := range map[string]struct {
		def   sensor.Definition
		plots int
	}{
		"owntracks/*.json": {sensor.Definition{ID: "phones", Kind: sensor.Patrol, Format: normalize.OwnTracks, Topic: "owntracks/+/+"}, 1},
	} {
		t.Run(pattern, func(t *testing.T) {
			for _, file := range fixture(t, pattern) {
				payload, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				n := newNormalizer(t, want.def)
				_, in := n.Normalize(receivedAt, strings.ReplaceAll(want.def.Topic, "+", "x"), payload)
				checkRecord(t, payload, in)
				if len(in.Rejects) > 0 || plotsOf(in) != want.plots {
					t.Errorf("%s: %d detections, want %d; rejects %v", file, plotsOf(in), want.plots, in.Rejects)
				}
			}
		})
	}
}

func plotsOf(in record.Input) int {
	count := 0
	for i := range in.Scans {
		count += len(in.Scans[i].Detections)
	}
	return count
}

// TestFixtures_sapientHarness tries messages of the public test harness: the valid ones break no rule of the standard, though some put a
// latitude where UTM should be; of each of the others a field is named that its file's name speaks of.
func TestFixtures_sapientHarness(t *testing.T) {
	def := foreignSensors()[slices.IndexFunc(foreignSensors(), func(d sensor.Definition) bool { return d.Format == normalize.Sapient })]
	n := newNormalizer(t, def)
	read := func(file string) record.Input {
		payload, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, in := n.Normalize(receivedAt, "border/emerson/"+def.ID+"/detections", payload)
		return in
	}
	for _, file := range fixture(t, "sapient/True/*.json") {
		for _, r := range read(file).Rejects {
			if !strings.Contains(r.Reason, "no UTM") {
				t.Errorf("%s: %v", filepath.Base(file), r)
			}
		}
	}
	for _, file := range fixture(t, "sapient/False/*.json") {
		in := read(file)
		named := slices.ContainsFunc(in.Rejects, func(r record.Reject) bool { return spokenOf(filepath.Base(file), r.Path) })
		if in.Kind != record.Rejected || !named {
			t.Errorf("%s: %v %v", filepath.Base(file), in.Kind, in.Rejects)
		}
	}
}

// otherwiseNamed are the fields at fault in files that are named after a part above them, or spell it otherwise. Where one of
// several fields is missing, the first of them is named.
var otherwiseNamed = map[string]string{
	"0007": "registration", "0037": "obscurationDefinition.locationDatum", "0068": "SubclassNamespace", "0071": "enuVelocityUnits",
	"0072": "velocityType.locationDatum", "0096": "dependentNodes[2]", "0103": "locations[0].datum", "0109": "detectionReport.rangeBearing",
	"0117": "trackInfo[0].value", "0118": "detectionReport.detectionLocation", "0160": "alert.location.x",
}

// spokenOf says whether the last field of the path is what the name of a file of the harness speaks of.
func spokenOf(file, path string) bool {
	if other, ok := otherwiseNamed[file[:4]]; ok {
		return strings.HasSuffix(path, other)
	}
	last := strings.ToLower(path[strings.LastIndex(path, ".")+1:])
	last, _, _ = strings.Cut(last, "[")
	return strings.Contains(strings.ToLower(file), strings.ReplaceAll(last, "_", ""))
}
