package score

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"cutline/internal/record"
)

// maxLine is the longest line that is read: an event with all its evidence has a few kilobytes, a reject its payload.
const maxLine = 4 << 20

// maxFaults is how many broken lines are named; the rest is counted.
const maxFaults = 20

// ReadTruth reads a truth file. Lines that are broken are left out; the error names them, and the rest is still good.
func ReadTruth(r io.Reader) ([]record.Truth, error) {
	return readLines(r, func(t *record.Truth) error {
		switch {
		case t.Type != "target" && t.Type != "crossing":
			return fmt.Errorf("type: %q is neither target nor crossing", t.Type)
		case t.Time.IsZero():
			return errors.New("time: is missing")
		case t.Target == "":
			return errors.New("target: is missing")
		}
		return place(t.Lat, t.Lon)
	})
}

// ReadEvents reads an events file. Lines that are broken are left out; the error names them, and the rest is still good.
func ReadEvents(r io.Reader) ([]record.Event, error) {
	return readLines(r, func(e *record.Event) error {
		set := map[record.Type]bool{
			record.TrackType: e.Track != nil, record.CrossingType: e.Crossing != nil, record.AlertType: e.Alert != nil,
			record.SensorType: e.Sensor != nil, record.CoverageType: e.Coverage != nil, record.RejectType: e.Reject != nil,
		}
		if !set[e.Type] {
			return fmt.Errorf("type: %q, but no such field", e.Type)
		}
		switch {
		case e.Track != nil:
			return place(e.Track.Lat, e.Track.Lon)
		case e.Alert != nil:
			return place(e.Alert.Lat, e.Alert.Lon)
		}
		return nil
	})
}

func place(lat, lon float64) error {
	if math.Abs(lat) > 90 || math.Abs(lon) > 180 {
		return fmt.Errorf("lat, lon: %v, %v is no place on Earth", lat, lon)
	}
	return nil
}

func readLines[T any](r io.Reader, check func(*T) error) ([]T, error) {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 64<<10), maxLine)
	var all []T
	var faults []error
	broken := 0
	for n := 1; in.Scan(); n++ {
		if len(in.Bytes()) == 0 {
			continue
		}
		var v T
		err := json.Unmarshal(in.Bytes(), &v)
		if err == nil {
			err = check(&v)
		}
		if err != nil {
			if broken++; broken <= maxFaults {
				faults = append(faults, fmt.Errorf("line %d: %w", n, err))
			}
			continue
		}
		all = append(all, v)
	}
	if err := in.Err(); err != nil {
		faults = append(faults, fmt.Errorf("reading stopped: %w", err))
	}
	if broken > maxFaults {
		faults = append(faults, fmt.Errorf("and %d more broken lines", broken-maxFaults))
	}
	return all, errors.Join(faults...)
}
