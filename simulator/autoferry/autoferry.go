// Package autoferry reads one scenario of the Autoferry data set (Helgesen et al. 2022, Ocean Engineering; CC0), as converted to CSV,
// and makes of it what a simulated scenario is: a configuration, a capture and a truth. So the daemon's path and the score run on the
// returns of a real radar, a lidar and, if asked for, cameras.
//
//	det.csv, bear.csv, truth.csv ─ Read ─► Data ─ WriteConfig, Capture, Truth ─► files that cutline replay and score read
//
// The set's plane has its origin in Trondheim; positions leave here as WGS 84. The ferry carries the sensors, so each sweep tells where
// it was; it is known from the bearings' rows. There is no border there: the configuration has one at the edge of the sector, where
// nobody goes, and crossings mean nothing.
package autoferry

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"cutline/internal/geo"
	"cutline/internal/record"
)

// plane is the set's own origin.
func plane() geo.LLA { return geo.LLA{Lat: 63.4389029083, Lon: 10.39908278, Alt: 39.923} }

// latency is between a scan and its receipt: the set has no times of receipt.
const latency = 100 * time.Millisecond

// row is one line: words in the second column, numbers in the others.
type row struct {
	at   time.Time
	word string
	v    []float64 // from the third column on
}

// Data is one scenario.
type Data struct {
	detections, bearings, truth []row
	frame                       geo.Frame
}

// Read reads the three files of a scenario's folder.
func Read(dir string) (*Data, error) {
	d := &Data{frame: geo.NewFrame(plane())}
	for _, f := range []struct {
		name    string
		columns int
		into    *[]row
	}{{"det.csv", 7, &d.detections}, {"bear.csv", 6, &d.bearings}, {"truth.csv", 4, &d.truth}} {
		var err error
		if *f.into, err = readFile(filepath.Join(dir, f.name), f.columns); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func readFile(name string, columns int) ([]row, error) {
	file, err := os.Open(name) //nolint:gosec // the user names the folder
	if err != nil {
		return nil, fmt.Errorf("read Autoferry: %w", err)
	}
	defer file.Close() //nolint:errcheck // only read
	rows, err := parse(file, columns)
	if err != nil {
		return nil, fmt.Errorf("read Autoferry: %s: %w", name, err)
	}
	return rows, nil
}

func parse(in io.Reader, columns int) (rows []row, err error) {
	lines := csv.NewReader(in)
	lines.FieldsPerRecord = columns
	if _, err := lines.Read(); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	for {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		r := row{word: fields[1]}
		for i, field := range fields {
			if i == 1 {
				continue
			}
			v, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
			if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
				line, _ := lines.FieldPos(i)
				return nil, fmt.Errorf("line %d: column %d: %q is no number", line, i+1, field)
			}
			if i == 0 {
				r.at = time.UnixMicro(int64(math.Round(v * 1e6))).UTC()
				continue
			}
			r.v = append(r.v, v)
		}
		rows = append(rows, r)
	}
	if !slices.IsSortedFunc(rows, func(a, b row) int { return a.at.Compare(b.at) }) {
		return nil, errors.New("times: are not in order")
	}
	if len(rows) == 0 {
		return nil, errors.New("holds no rows")
	}
	return rows, nil
}

// lla is a place of the set's plane.
func (d *Data) lla(x, y float64) (lat, lon float64) {
	p := d.frame.Surface(x, y, plane().Alt)
	return round(float64(p.Lat), 1e8), round(float64(p.Lon), 1e8)
}

func round(v, parts float64) float64 { return math.Round(v*parts) / parts }

// Truth gives each line of truth, in order of time.
func (d *Data) Truth(take func(record.Truth) error) error {
	for _, r := range d.truth {
		lat, lon := d.lla(r.v[0], r.v[1])
		if err := take(record.Truth{Type: "target", Time: r.at, Target: "boat-" + r.word, Lat: lat, Lon: lon}); err != nil {
			return fmt.Errorf("write truth: %w", err)
		}
	}
	return nil
}

// The messages of cutline/detection/v1, as far as they are needed here.
type (
	sweep struct {
		Time       time.Time   `json:"time"`
		Scan       int         `json:"scan"`
		Platform   platform    `json:"platform"`
		View       view        `json:"field_of_view"`
		Detections []detection `json:"detections"`
	}
	platform struct {
		Lat float64 `json:"lat"`
		Lon float64 `json:"lon"`
		Alt float64 `json:"alt_m"`
	}
	view struct {
		Azimuth float64 `json:"azimuth_deg"`
		Width   float64 `json:"width_deg"`
		Range   float64 `json:"range_m"`
	}
	detection struct {
		ID       string       `json:"id"`
		Position *platform    `json:"position,omitempty"`
		Polar    *polar       `json:"polar,omitempty"`
		Error    errorEllipse `json:"error"`
	}
	polar struct {
		Azimuth float64 `json:"azimuth_deg"`
	}
	errorEllipse struct {
		East    float64 `json:"east_m,omitempty"`
		North   float64 `json:"north_m,omitempty"`
		Corr    float64 `json:"corr,omitempty"`
		Azimuth float64 `json:"azimuth_deg,omitempty"`
	}
)

// Sensors of the ferry, and how far they see: the radar's far returns end at 500 m, the lidar's at 130; cameras have no range, and
// are told the radar's.
const (
	radarRange = 500.0
	lidarRange = 130.0
)

// Capture gives each message in order of receipt; with bearings, those of the cameras too.
func (d *Data) Capture(bearings bool, take func(record.Line) error) error {
	var lines []record.Line
	add := func(rows []row, fill func(r *row) detection) error {
		for i := 0; i < len(rows); {
			j := i
			for j < len(rows) && rows[j].word == rows[i].word && rows[j].at.Equal(rows[i].at) {
				j++
			}
			line, err := d.message(rows[i:j], len(lines), fill)
			if err != nil {
				return err
			}
			lines = append(lines, line)
			i = j
		}
		return nil
	}
	// Rows of one time are sorted by the sensor, so that a scan is in one piece.
	together := func(rows []row) []row {
		rows = slices.Clone(rows)
		slices.SortStableFunc(rows, func(a, b row) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.word, b.word)) })
		return rows
	}
	if err := add(together(d.detections), d.position); err != nil {
		return err
	}
	if bearings {
		if err := add(together(d.bearings), bearing); err != nil {
			return err
		}
	}
	slices.SortStableFunc(lines, func(a, b record.Line) int { return a.Received.Compare(b.Received) })
	for _, l := range lines {
		if err := take(l); err != nil {
			return fmt.Errorf("write capture: %w", err)
		}
	}
	return nil
}

// message is a scan.
func (d *Data) message(rows []row, number int, fill func(r *row) detection) (record.Line, error) {
	first := &rows[0]
	lat, lon := d.lla(d.ferry(first.at))
	s := sweep{
		Time: first.at, Scan: number, Platform: platform{lat, lon, plane3()}, View: view{Width: 360, Range: radarRange},
	}
	if first.word == "lidar" {
		s.View.Range = lidarRange
	}
	for i := range rows {
		one := fill(&rows[i])
		one.ID = fmt.Sprintf("%d-%d", number, i)
		s.Detections = append(s.Detections, one)
	}
	payload, err := json.Marshal(s)
	if err != nil {
		return record.Line{}, fmt.Errorf("encode a scan of %s: %w", first.word, err)
	}
	return record.NewLine(first.at.Add(latency), topic(first.word), payload), nil
}

func plane3() float64 { return float64(plane().Alt) }

func topic(sensor string) string { return "border/ferry/" + sensor + "/detections" }

// position of x, y, var_x, var_y, cov_xy.
func (d *Data) position(r *row) detection {
	lat, lon := d.lla(r.v[0], r.v[1])
	east, north := math.Sqrt(r.v[2]), math.Sqrt(r.v[3])
	return detection{
		Position: &platform{lat, lon, plane3()},
		Error:    errorEllipse{East: round(east, 1e3), North: round(north, 1e3), Corr: round(r.v[4]/(east*north), 1e4)},
	}
}

// bearing of sx, sy, bearing_deg, var_bearing_deg2.
func bearing(r *row) detection {
	return detection{Polar: &polar{math.Mod(r.v[2]+360, 360)}, Error: errorEllipse{Azimuth: round(math.Sqrt(r.v[3]), 1e4)}}
}

// ferry is where it was: linear between the cameras' frames, which tell it many times a second.
func (d *Data) ferry(t time.Time) (x, y float64) {
	i, _ := slices.BinarySearchFunc(d.bearings, t, func(r row, t time.Time) int { return r.at.Compare(t) })
	switch {
	case i == 0:
		return d.bearings[0].v[0], d.bearings[0].v[1]
	case i == len(d.bearings):
		return d.bearings[i-1].v[0], d.bearings[i-1].v[1]
	}
	a, b := &d.bearings[i-1], &d.bearings[i]
	part := 0.0
	if dt := b.at.Sub(a.at); dt > 0 {
		part = float64(t.Sub(a.at)) / float64(dt)
	}
	return a.v[0] + part*(b.v[0]-a.v[0]), a.v[1] + part*(b.v[1]-a.v[1])
}
