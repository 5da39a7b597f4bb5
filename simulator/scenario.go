package simulator

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed scenarios/*.yaml scenarios/*.geojson
var scenarios embed.FS

// Scenario is a day as its author wrote it. Make one with Load.
type Scenario struct {
	Name     string        `yaml:"name"`
	About    string        `yaml:"about"`
	Duration duration      `yaml:"duration"`
	Border   string        `yaml:"border"` // GeoJSON beside the scenario's file
	Sector   sectorSpec    `yaml:"sector"`
	Home     string        `yaml:"home"`     // our side, by the border's name for it
	Ground   float64       `yaml:"ground_m"` // above the ellipsoid
	Relief   reliefSpec    `yaml:"relief"`
	Apart    apartSpec     `yaml:"apart"`
	Weather  []weatherSpec `yaml:"weather"`
	Masks    []maskSpec    `yaml:"masks"`
	Roads    []roadSpec    `yaml:"roads"`
	Sensors  []sensorSpec  `yaml:"sensors"`
	Actors   []actorSpec   `yaml:"actors"`

	border []byte // the file that Border names
}

// apartSpec keeps crossings of different actors apart: an actor that would cross near another in time and in place is drawn anew.
type apartSpec struct {
	Time   duration `yaml:"time"`
	Metres float64  `yaml:"metres"`
}

// roadSpec is a way that actors follow: a road, a track, a river.
type roadSpec struct {
	ID     string   `yaml:"id"`
	Points []latLon `yaml:"points"`
}

type sectorSpec struct {
	ID    string  `yaml:"id"`
	West  float64 `yaml:"west"`
	South float64 `yaml:"south"`
	East  float64 `yaml:"east"`
	North float64 `yaml:"north"`
}

// sensorSpec is a sensor as the daemon's configuration has it, and what only the simulator knows of it.
type sensorSpec struct {
	ID        string       `yaml:"id"`
	Group     string       `yaml:"group"`
	Kind      string       `yaml:"kind"`
	Format    string       `yaml:"format"` // of its messages; cutline/v1 if not given
	Pose      *poseSpec    `yaml:"pose"`
	Coverage  coverageSpec `yaml:"coverage"`
	Error     errorSpec    `yaml:"error"`
	Detection float64      `yaml:"detection_probability"`
	Clutter   float64      `yaml:"clutter_per_scan"`
	Period    duration     `yaml:"scan_period"`
	Silence   duration     `yaml:"max_silence"`
	Friendly  bool         `yaml:"friendly"`

	Link     linkSpec      `yaml:"link"`
	Clock    clockSpec     `yaml:"clock"`
	Survey   surveySpec    `yaml:"survey"`
	Faults   []faultSpec   `yaml:"faults"`
	Radar    *radarSpec    `yaml:"radar"`
	Camera   *cameraSpec   `yaml:"camera"`
	GroundS  *groundSpec   `yaml:"ground"`
	String   *stringSpec   `yaml:"string"`
	Aircraft *aircraftSpec `yaml:"aircraft"`
	Carrier  string        `yaml:"carrier"`
	Shadows  []shadowSpec  `yaml:"shadows"`
}

type poseSpec struct {
	Lat     float64 `yaml:"lat"`
	Lon     float64 `yaml:"lon"`
	Alt     float64 `yaml:"alt_m"` // above the ellipsoid
	Heading float64 `yaml:"heading_deg"`
}

type coverageSpec struct {
	Range   float64 `yaml:"range_m"`
	Azimuth *span   `yaml:"azimuth_deg"` // clockwise from true north; all round if not given
}

type errorSpec struct {
	Range        float64 `yaml:"range_m"`
	Azimuth      float64 `yaml:"azimuth_deg"`
	RangeRate    float64 `yaml:"range_rate_mps"`
	Position     float64 `yaml:"position_m"`
	AzimuthBias  float64 `yaml:"azimuth_bias_deg"`
	RangeBias    float64 `yaml:"range_bias_m"`
	PositionBias float64 `yaml:"position_bias_m"`
}

// actorSpec is a kind of actor, of which Count come, each drawn anew.
type actorSpec struct {
	ID       string       `yaml:"id"`
	Class    string       `yaml:"class"`
	Intent   string       `yaml:"intent"`
	Count    int          `yaml:"count"`
	Members  span         `yaml:"members"` // of a group that walks as one
	Friendly bool         `yaml:"friendly"`
	From     string       `yaml:"from"`       // a side, or any
	At       durationSpan `yaml:"at"`         // when it is at the line, or nearest to it; of one that stays on its side, when it comes
	Lon      span         `yaml:"lon"`        // where that is
	Speed    span         `yaml:"speed_mps"`  //
	Approach span         `yaml:"approach_m"` // how far from the line it starts
	Beyond   span         `yaml:"beyond_m"`   // how far behind the line it ends
	Short    span         `yaml:"short_m"`    // how far before the line it turns back
	Offset   span         `yaml:"offset_m"`   // how far from the line it stays
	Length   span         `yaml:"length_m"`   // of its way
	Linger   durationSpan `yaml:"linger"`     // before it goes back
	Wobble   float64      `yaml:"wobble_deg"` // growth of the course's error, degrees per √s
	Pauses   pauseSpec    `yaml:"pauses"`
	Apart    span         `yaml:"apart_m"`  // of a group's members from one to the next; within 3 m of each other if not given
	Sway     float64      `yaml:"sway_m"`   // of each member of a herd about its place
	Split    splitSpec    `yaml:"split"`    // of a group
	Height   span         `yaml:"height_m"` // above the ground, of what flies
	Road     string       `yaml:"road"`     // that one drives with the intent road
}

type pauseSpec struct {
	PerMinute float64      `yaml:"per_minute"`
	For       durationSpan `yaml:"for"`
}

// Names lists the scenarios that are built in.
func Names() []string {
	files, _ := fs.Glob(scenarios, "scenarios/*.yaml") // the pattern is good, and the folder is part of the binary
	names := make([]string, 0, len(files))
	for _, f := range files {
		names = append(names, strings.TrimSuffix(path.Base(f), ".yaml"))
	}
	return names
}

// Load reads a scenario, by the name of one that is built in or from a file, which ends in .yaml or .yml or holds a slash. The
// error holds every fault, one a line, as file:line:column: path: what.
func Load(nameOrFile string) (*Scenario, error) {
	read, file := os.ReadFile, nameOrFile
	dir := filepath.Dir(file)
	if !strings.ContainsAny(nameOrFile, `/\`) && !strings.HasSuffix(nameOrFile, ".yaml") && !strings.HasSuffix(nameOrFile, ".yml") {
		read, file, dir = scenarios.ReadFile, path.Join("scenarios", nameOrFile+".yaml"), "scenarios"
		if _, err := fs.Stat(scenarios, file); err != nil {
			return nil, fmt.Errorf("no scenario %q: give the path of a .yaml file, or one of %s", nameOrFile, strings.Join(Names(), ", "))
		}
	}
	data, err := read(file)
	if err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	s, faults := parse(file, data)
	if s == nil {
		return nil, faults.err()
	}
	if s.Border != "" {
		if s.border, err = read(filepath.ToSlash(filepath.Join(dir, s.Border))); err != nil {
			faults.add("border", "%v", err)
		} else {
			s.checkBorder(faults)
		}
	}
	if err := faults.err(); err != nil {
		return nil, err
	}
	return s, nil
}

// Parse reads a scenario's text, without the border that it names: Load does both. The file's name is for the faults alone.
func Parse(file string, data []byte) (*Scenario, error) {
	s, faults := parse(file, data)
	return s, faults.err()
}

// parse gives no scenario for a text that is no YAML.
func parse(file string, data []byte) (*Scenario, *faultList) {
	var s Scenario
	faults := &faultList{file: file, root: &yaml.Node{}}
	_ = yaml.Unmarshal(data, faults.root) // the decoder below finds the same error
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if !faults.decoding(dec.Decode(&s)) {
		return nil, faults
	}
	decoded := len(faults.all)
	s.check(faults)
	faults.echoes(decoded)
	return &s, faults
}
