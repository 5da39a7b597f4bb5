package fusion

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/sensor"
	"cutline/internal/track"
)

const autoferry = "../../../shared/data/autoferry"

var ferryPlane = geo.LLA{Lat: 63.4389029083, Lon: 10.39908278, Alt: 39.923}

// table reads a file of Autoferry; the second column is a word, the others are numbers.
func table(t *testing.T, path string) (words []string, rows [][]float64) {
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("%v: the Autoferry data is not here, so this says nothing", err)
	}
	defer func() { _ = f.Close() }()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1:] {
		var row []float64
		for i, field := range line {
			if i == 1 {
				words = append(words, field)
				row = append(row, 0)
				continue
			}
			v, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
			if err != nil {
				t.Fatal(err)
			}
			row = append(row, v)
		}
		rows = append(rows, row)
	}
	return words, rows
}

func unix(seconds float64) time.Time { return time.UnixMicro(int64(math.Round(seconds * 1e6))).UTC() }

// polyline is a path by time.
type polyline [][3]float64 // t, x, y

func (p polyline) at(t float64) (x, y float64, ok bool) {
	i, _ := slices.BinarySearchFunc(p, t, func(a [3]float64, t float64) int { return cmp.Compare(a[0], t) })
	if i == 0 || i >= len(p) {
		return 0, 0, false
	}
	a, b := p[i-1], p[i]
	w := (t - a[0]) / (b[0] - a[0])
	return a[1] + w*(b[1]-a[1]), a[2] + w*(b[2]-a[2]), true
}

func ferryScans(t *testing.T, dir string, cameras bool) (scans []detection.Scan) {
	frame := geo.NewFrame(ferryPlane)
	var ferry polyline
	eyes, bearings := table(t, filepath.Join(dir, "bear.csv"))
	for _, b := range bearings {
		ferry = append(ferry, [3]float64{b[0], b[2], b[3]})
	}
	add := func(id string, at float64, d detection.Detection) {
		when := unix(at)
		i := slices.IndexFunc(scans, func(s detection.Scan) bool { return s.Sensor == id && s.EventTime.Equal(when) })
		if i < 0 {
			scan := detection.Scan{Sensor: id, EventTime: when, Sweep: true}
			if x, y, ok := ferry.at(at); ok {
				scan.HasPlatform, scan.Platform.LLA = true, frame.Surface(x, y, ferryPlane.Alt)
				scan.HasView, scan.View = true, detection.FieldOfView{Width: 2 * math.Pi, Range: 500}
				if id == "lidar" {
					scan.View.Range = 130
				}
			}
			i, scans = len(scans), append(scans, scan)
		}
		d.EventTime, d.Confidence = when, 1
		scans[i].Detections = append(scans[i].Detections, d)
	}
	words, rows := table(t, filepath.Join(dir, "det.csv"))
	for i, r := range rows {
		add(words[i], r[0], detection.Detection{
			Geometry: detection.Position, Position: frame.Surface(r[2], r[3], ferryPlane.Alt),
			PositionError: detection.Covariance{EE: r[4], NN: r[5], EN: r[6]},
		})
	}
	for i, b := range bearings {
		if cameras {
			add(eyes[i], b[0], detection.Detection{
				Geometry: detection.Bearing, Polar: detection.Coordinates{Azimuth: geo.Degrees(b[4]).Radians()},
				PolarError: detection.Coordinates{Azimuth: geo.Degrees(math.Sqrt(b[5])).Radians()},
			})
		}
	}
	slices.SortStableFunc(scans, func(a, b detection.Scan) int { return a.EventTime.Compare(b.EventTime) })
	return scans
}

// ferrySensors are as simulator/autoferry has them.
func ferrySensors() (sensors []sensor.Definition) {
	for _, d := range []sensor.Definition{
		{ID: "eo", DetectionProbability: .6, ClutterPerScan: 3},
		{ID: "ir", DetectionProbability: .6, ClutterPerScan: 3},
		{ID: "lidar", DetectionProbability: .7, ClutterPerScan: 2},
		{ID: "radar", DetectionProbability: .7, ClutterPerScan: 5},
	} {
		d.Group, d.Kind, d.ReturnsPerTarget = "ferry", sensor.Drone, sensor.Many
		d.Error = sensor.Error{AzimuthBias: .5, PositionBias: 3}
		sensors = append(sensors, d)
	}
	return sensors
}

// ferryScore is on a grid of a second: c = 20 m, p = 2, tracks extrapolated for 8 s at most.
type ferryScore struct {
	truths, held, shown, switches int
	gospa, missed, wrong          float64
	grid                          int
}

func (f *ferryScore) completeness() float64 { return float64(f.held) / float64(f.truths) }

func scoreFerry(t *testing.T, dir string, history []track.Track) (f ferryScore) {
	truth := map[int]polyline{}
	words, rows := table(t, filepath.Join(dir, "truth.csv"))
	for i, r := range rows {
		id, _ := strconv.Atoi(words[i])
		truth[id] = append(truth[id], [3]float64{r[0], r[2], r[3]})
	}
	holder := map[int]string{}
	var solve assigner
	for sec := math.Ceil(rows[0][0]); sec < rows[len(rows)-1][0]; sec++ {
		live := map[string]track.Track{}
		for _, tr := range history {
			if age := sec - float64(tr.EventTime.UnixNano())/1e9; age >= 0 {
				if tr.Status == track.Confirmed || tr.Status == track.Coasting {
					live[tr.ID] = tr
				} else {
					delete(live, tr.ID)
				}
			}
		}
		maps.DeleteFunc(live, func(_ string, tr track.Track) bool { return sec-float64(tr.Last.UnixNano())/1e9 > 8 })
		names := slices.Sorted(maps.Keys(live))
		f.second(sec, truth, live, names, holder, &solve)
	}
	return f
}

func (f *ferryScore) second(
	sec float64, truth map[int]polyline, live map[string]track.Track, names []string, holder map[int]string, solve *assigner,
) {
	var targets []int
	for id := 1; id <= 2; id++ {
		if _, _, ok := truth[id].at(sec); ok {
			targets = append(targets, id)
		}
	}
	width := len(names) + len(targets)
	cost := make([]float64, len(targets)*width)
	for r, id := range targets {
		x, y, _ := truth[id].at(sec)
		for c := range width {
			cost[r*width+c] = 400
			if c < len(names) {
				tr := live[names[c]]
				dt := sec - float64(tr.EventTime.UnixNano())/1e9
				d := math.Hypot(tr.State[0]+dt*tr.State[1]-x, tr.State[2]+dt*tr.State[3]-y)
				cost[r*width+c] = min(d*d, 400)
			}
		}
	}
	sum, pairs := 0.0, 0
	for r, c := range solve.solve(cost, len(targets), width) {
		f.truths++
		if cost[r*width+c] < 400 {
			sum += cost[r*width+c]
			pairs++
		}
	}
	// CLEAR-MOT keeps the pairs of before that still fit, then looks for new ones.
	kept := slices.Clone(cost)
	for r, id := range targets {
		if c := slices.Index(names, holder[id]); c >= 0 && cost[r*width+c] < 400 {
			kept[r*width+c] -= 1000
		}
	}
	for r, c := range solve.solve(kept, len(targets), width) {
		if cost[r*width+c] >= 400 {
			continue
		}
		if id := targets[r]; holder[id] != names[c] {
			if holder[id] != "" {
				f.switches++
			}
			holder[id] = names[c]
		}
	}
	f.held += pairs
	f.shown += len(names)
	f.missed += float64(len(targets) - pairs)
	f.wrong += float64(len(names) - pairs)
	f.gospa += math.Sqrt(sum + 200*float64(len(targets)+len(names)-2*pairs))
	f.grid++
}

// Real radar and lidar in a harbour: boats, quays, houses; and cameras most of whose bearings are background, which must not make it worse.
// The bounds were set below what this tracker reached, to notice when it gets worse. They are no goal: scenario 16's
// completeness is under the .929 of a plain nearest-neighbour tracker. The scorer here is a short one, so its figures are not to be
// put beside those of a full SIAP or GOSPA.
func TestTracker_followsTheBoatsOfAutoferry(t *testing.T) {
	for _, tc := range []struct {
		scenario     string
		cameras      bool
		completeness float64
		gospa        float64
		switches     int
	}{
		{"scenario2", false, .92, 10, 0},
		{"scenario5", false, .92, 13.5, 0},
		{"scenario16", false, .78, 9.5, 0},
		{"scenario2", true, .92, 11.5, 0},
		{"scenario5", true, .92, 13.5, 0},
		{"scenario16", true, .78, 9.5, 0},
	} {
		t.Run(fmt.Sprintf("%s, cameras %t", tc.scenario, tc.cameras), func(t *testing.T) {
			dir := filepath.Join(autoferry, tc.scenario)
			scans := ferryScans(t, dir, tc.cameras)
			s := newScene(t, ferrySensors()...)
			s.frame = geo.NewFrame(ferryPlane)
			s.tracker = New(s.tracker.cfg, s.frame, s.sensors)
			for _, scan := range scans {
				s.feed(scan)
			}
			s.run(scans[len(scans)-1].EventTime.Add(2 * time.Second))
			f := scoreFerry(t, dir, s.shown)
			t.Logf("completeness %.3f, GOSPA %.1f, missed %.2f, false %.2f, switches %d, %d tracks begun", f.completeness(),
				f.gospa/float64(f.grid), f.missed/float64(f.grid), f.wrong/float64(f.grid), f.switches, s.tracker.serial)
			if f.completeness() < tc.completeness {
				t.Errorf("completeness %.3f, want %.2f", f.completeness(), tc.completeness)
			}
			if g := f.gospa / float64(f.grid); g > tc.gospa {
				t.Errorf("GOSPA %.1f, want %.1f at most", g, tc.gospa)
			}
			if f.switches > tc.switches {
				t.Errorf("%d switches, want %d at most", f.switches, tc.switches)
			}
		})
	}
}
