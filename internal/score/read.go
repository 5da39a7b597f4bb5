package score

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"cutline/internal/record"
)

// maxLine is the longest line that is read: an event with all its evidence has a few kilobytes, a reject its payload.
const maxLine = 4 << 20

// maxFaults is how many broken lines are named; the rest is counted.
const maxFaults = 20

// ReadTruth takes in a truth file, line by line. Lines that are broken are left out and counted; the error names them, and the rest
// is still good.
func (r *Run) ReadTruth(in io.Reader) error {
	n, err := eachLine(in, func(line []byte) error {
		var t record.Truth
		if err := json.Unmarshal(line, &t); err != nil {
			return err
		}
		if err := checkTruth(&t); err != nil {
			return err
		}
		r.AddTruth(&t)
		return nil
	})
	r.broken.Truth += n
	return err
}

// ReadEvents takes in an events file, as ReadTruth does a truth file.
func (r *Run) ReadEvents(in io.Reader) error {
	n, err := eachLine(in, r.event)
	r.broken.Events += n
	return err
}

// event takes in one line of an events file.
func (r *Run) event(line []byte) error {
	e, err := record.ParseEvent(line)
	if err != nil {
		return err
	}
	if err := checkEvent(&e); err != nil {
		return err
	}
	r.AddEvent(&e)
	return nil
}

func checkTruth(t *record.Truth) error {
	switch {
	case t.Type != "target" && t.Type != "crossing":
		return fmt.Errorf("type: %q is neither target nor crossing", t.Type)
	case t.Target == "":
		return errors.New("target: is missing")
	}
	err := errors.Join(when(t.Time), place(t.Lat, t.Lon))
	for i, m := range t.Members {
		if wrong := place(m[0], m[1]); wrong != nil {
			err = errors.Join(err, fmt.Errorf("members[%d]: %w", i, wrong))
		}
	}
	return err
}

func checkEvent(e *record.Event) error {
	set := false
	switch e.Type {
	case record.TrackType:
		set = e.Track != nil
	case record.CrossingType:
		set = e.Crossing != nil
	case record.AlertType:
		set = e.Alert != nil
	case record.SensorType:
		set = e.Sensor != nil
	case record.CoverageType:
		set = e.Coverage != nil
	case record.RejectType:
		set = e.Reject != nil
	}
	switch {
	case !set:
		return fmt.Errorf("type: %q, but no such field", e.Type)
	case e.Track != nil:
		if e.Track.ID == "" {
			return errors.New("track.id: is missing")
		}
		return errors.Join(when(e.Time), place(e.Track.Lat, e.Track.Lon))
	case e.Alert != nil:
		if e.Alert.ID == "" {
			return errors.New("alert.id: is missing")
		}
		return place(e.Alert.Lat, e.Alert.Lon)
	}
	return nil
}

// when refuses a time that is missing, or so far off that a count of nanoseconds does not reach it.
func when(t time.Time) error {
	if t.IsZero() {
		return errors.New("time: is missing")
	}
	if y := t.Year(); y < 1700 || y > 2200 {
		return fmt.Errorf("time: %v is no time of ours", t)
	}
	return nil
}

func place(lat, lon float64) error {
	if math.Abs(lat) > 90 || math.Abs(lon) > 180 {
		return fmt.Errorf("lat, lon: %v, %v is no place on Earth", lat, lon)
	}
	return nil
}

// eachLine hands take every line that is not empty. It counts the lines that take refuses, and names the first of them.
func eachLine(r io.Reader, take func(line []byte) error) (broken int, _ error) {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 64<<10), maxLine)
	var faults []error
	for n := 1; in.Scan(); n++ {
		if len(in.Bytes()) == 0 {
			continue
		}
		if err := take(in.Bytes()); err != nil {
			if broken++; broken <= maxFaults {
				faults = append(faults, fmt.Errorf("line %d: %w", n, err))
			}
		}
	}
	if err := in.Err(); err != nil {
		broken++
		faults = append(faults, fmt.Errorf("reading stopped: %w", err))
	}
	if broken > maxFaults {
		faults = append(faults, fmt.Errorf("and %d more broken lines", broken-maxFaults))
	}
	return broken, errors.Join(faults...)
}
