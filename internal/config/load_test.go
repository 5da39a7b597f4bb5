package config

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cutline/internal/geo"
	"cutline/internal/golden"
	"cutline/internal/sensor"
)

// testWorld is the machine's files with an environment of its own.
func testWorld() world {
	w := machine()
	vars := map[string]string{"PORT": "9090", "NUMBER": "many", "TEXT": "ten", "TEXT_DURATION": "20s", "TOKEN": "s3cr3t: [", "EMPTY": ""}
	w.env = func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
	return w
}

func TestLoad_faultsAreToldAllAtOnceWhereTheyStand(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("testdata/faults/*")
	if err != nil || len(dirs) < 15 {
		t.Fatalf("%d cases: this test would pass without testing", len(dirs))
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			_, faults, err := testWorld().load(filepath.Join(dir, "cutline.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			if len(faults) == 0 {
				t.Fatal("no fault")
			}
			var got bytes.Buffer
			for _, f := range faults {
				got.WriteString(strings.ReplaceAll(f.String(), dir+"/", "") + "\n")
			}
			golden.Check(t, filepath.Join(dir, "want.txt"), got.Bytes())
		})
	}
}

func TestLoad_fiveFaultsAreFiveLines(t *testing.T) {
	t.Parallel()
	_, faults, err := Load("testdata/faults/five_faults_at_once/cutline.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(faults) != 5 {
		t.Errorf("%d faults, want 5: %v", len(faults), faults)
	}
	for i := 1; i < len(faults); i++ {
		if faults[i].Line < faults[i-1].Line {
			t.Errorf("%v comes after %v", faults[i], faults[i-1])
		}
	}
}

func TestLoad_goodSettingsBecomeValues(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, "testdata/good/cutline.yaml")
	if c.HTTP.Listen != "127.0.0.1:9090" || c.HTTP.Heartbeat != 20*time.Second {
		t.Errorf("the environment gave http %+v", c.HTTP)
	}
	if c.Fusion.Reorder != 1500*time.Millisecond || c.Fusion.Stitch != 2*time.Minute || c.Fusion.ConfirmHits != Defaults().Fusion.ConfirmHits {
		t.Errorf("fusion is %+v", c.Fusion)
	}
	if c.Border.File != "testdata/line.geojson" || c.Border.Sides != [2]string{"US", "CA"} || len(c.Geometry.Lines) != 1 {
		t.Errorf("border is %+v, %+v", c.Border, c.Geometry)
	}
	want := sensor.Definition{
		ID: "twr-01", Sector: "emerson", Group: "tower-01", Kind: sensor.Radar, Topic: "border/emerson/twr-01/detections",
		Status: "border/emerson/twr-01/status", Format: "cutline/v1", HasPose: true,
		Pose:     sensor.Pose{Lat: 49.0202, Lon: -97.286, Alt: 245, Heading: 180},
		Coverage: sensor.Coverage{Range: 12000},
		Error: sensor.Error{
			Range: 5, Azimuth: .6, RangeRate: .5, Position: 10, AzimuthBias: .1, RangeBias: 2, PositionBias: 1.5, ClockBias: 300 * time.Millisecond,
		},
		DetectionProbability: .85, ClutterPerScan: 1, MaxSilence: 10 * time.Second,
		ReturnsPerTarget: sensor.One, AltRef: sensor.HAE,
	}
	if diff := cmp.Diff(want, c.Sensors[0]); diff != "" {
		t.Errorf("the radar differs (-want +got):\n%s", diff)
	}
	gs, patrol := c.Sensors[1], c.Sensors[2]
	if gs.ID != "gs-01" || gs.Error.Position != geo.Metres(35) || gs.Group != "seismic-01" || gs.Friendly {
		t.Errorf("the ground sensor is %+v: σ should be half its radius", gs)
	}
	if patrol.ID != "007" || patrol.Group != "007" || patrol.HasPose || !patrol.Friendly {
		t.Errorf("the patrol is %+v", patrol)
	}
	if got := len(c.SensorsOf("emerson")); got != 3 || len(c.SensorsOf("pembina")) != 0 {
		t.Errorf("emerson has %d sensors, want 3", got)
	}
}

func TestLoad_twiceGivesTheSame(t *testing.T) {
	t.Parallel()
	first, second := mustLoad(t, "testdata/good/cutline.yaml"), mustLoad(t, "testdata/good/cutline.yaml")
	if first.Effective() != second.Effective() {
		t.Error("two loads of the same files differ")
	}
}

func TestLoad_aFileThatIsNotThereIsAnErrorAndNoFault(t *testing.T) {
	t.Parallel()
	_, faults, err := Load(filepath.Join(t.TempDir(), "cutline.yaml"))
	if !errors.Is(err, fs.ErrNotExist) || len(faults) != 0 {
		t.Errorf("error %v, faults %v", err, faults)
	}
}

func TestLoad_aLargeFileIsRefusedBeforeItIsParsed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "core")
	if err := os.WriteFile(path, bytes.Repeat([]byte("- x\n"), maxFile/4+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(path); err == nil || !strings.Contains(err.Error(), "larger than 4 MiB") {
		t.Errorf("error %v", err)
	}
}

// Aliases of aliases would be 9^9 values: the reader gives up, and says so once.
func TestLoad_aLaughingFileEnds(t *testing.T) {
	t.Parallel()
	text := "x-a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
	for c := 'b'; c < 'k'; c++ {
		items := strings.TrimSuffix(strings.Repeat("*"+string(c-1)+", ", 9), ", ")
		text += "x-" + string(c) + ": &" + string(c) + " [" + items + "]\n"
	}
	_, faults := loadText(t, text+"sensors: [*j]\nhttp: {hosts: *j}\n")
	if n := len(faults); n == 0 || n > 60 {
		t.Errorf("%d faults", n)
	}
}

func FuzzLoad(f *testing.F) {
	paths, err := filepath.Glob("testdata/*/*/cutline.yaml")
	if err != nil || len(paths) == 0 {
		f.Fatal("no seeds")
	}
	for _, path := range append(paths, "testdata/good/cutline.yaml") {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	line, err := os.ReadFile("testdata/line.geojson")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 16<<10 {
			return
		}
		c, faults, err := textWorld(data, line).load("cutline.yaml")
		if err != nil {
			t.Fatalf("%v", err)
		}
		for _, fault := range faults {
			if fault.Line < 1 || fault.Col < 1 || fault.File == "" || fault.What == "" {
				t.Errorf("a fault without its place: %#v", fault)
			}
		}
		if _, again, _ := textWorld(data, line).load("cutline.yaml"); !cmp.Equal(faults, again) {
			t.Errorf("the same file has other faults:\n%v\n%v", faults, again)
		}
		shown := c.Effective()
		if len(faults) == 0 && !strings.Contains(string(data), "${") {
			if _, faults, err := textWorld([]byte(shown), line).load("cutline.yaml"); err != nil || len(faults) > 0 {
				t.Errorf("what is shown is no settings: %v %v\n%s", err, faults, shown)
			}
		}
	})
}

// textWorld has one file of settings; every other path reads as the line.
func textWorld(data, line []byte) world {
	return world{
		read: func(path string) ([]byte, error) {
			if filepath.Base(path) == "cutline.yaml" {
				return data, nil
			}
			return line, nil
		},
		glob: func(string) ([]string, error) { return nil, nil },
		env:  func(string) (string, bool) { return "", false },
	}
}

func loadText(t *testing.T, text string) (Config, []Fault) {
	t.Helper()
	line, err := os.ReadFile("testdata/line.geojson")
	if err != nil {
		t.Fatal(err)
	}
	c, faults, err := textWorld([]byte(text), line).load("cutline.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return c, faults
}

func mustLoad(t *testing.T, path string) Config {
	t.Helper()
	c, faults, err := testWorld().load(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Error(f)
	}
	return c
}
