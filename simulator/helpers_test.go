package simulator

import (
	"bytes"
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"cutline/internal/record"
)

func itoa(n int) string { return strconv.Itoa(n) }

// day makes a Run of the emerson scenario, with a change to it.
func day(t testing.TB, o Options, change func(*Scenario)) *Run {
	t.Helper()
	s, err := Load("emerson")
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(s)
	}
	if o.Start.IsZero() {
		o.Start = DefaultStart()
	}
	r, err := New(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// played is all that a Run gives.
func played(t testing.TB, r *Run) (messages []record.Line, truth []record.Truth) {
	t.Helper()
	err := r.Write(Sinks{
		Capture: func(l record.Line) error { messages = append(messages, l); return nil },
		Truth:   func(l record.Truth) error { truth = append(truth, l); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return messages, truth
}

const minute = time.Minute

// sweep is a message of cutline/v1 as these tests read it: with encoding/json, not with the daemon's reader.
type sweep struct {
	Time       time.Time    `json:"time"`
	Scan       *int64       `json:"scan"`
	State      string       `json:"state"`
	Platform   *platform    `json:"platform"`
	View       *view        `json:"field_of_view"`
	Detections *[]detection `json:"detections"`
	detection
}

type platform struct {
	Lat     float64 `json:"lat"`
	Lon     float64 `json:"lon"`
	Alt     float64 `json:"alt_m"`
	Heading float64 `json:"heading_deg"`
}

type view struct {
	Azimuth float64 `json:"azimuth_deg"`
	Width   float64 `json:"width_deg"`
	Range   float64 `json:"range_m"`
}

type detection struct {
	ID    string `json:"id"`
	Polar *struct {
		Range     *float64 `json:"range_m"`
		Azimuth   float64  `json:"azimuth_deg"`
		RangeRate float64  `json:"range_rate_mps"`
	} `json:"polar"`
	Position *platform `json:"position"`
	Error    struct {
		East  float64 `json:"east_m"`
		North float64 `json:"north_m"`
		Corr  float64 `json:"corr"`
	} `json:"error"`
	SNR float64 `json:"snr_db"`
}

func decode(t testing.TB, l record.Line, into *sweep) {
	t.Helper()
	class := bytes.ReplaceAll(l.Bytes(), []byte(`"class":"person"`), []byte(`"class":{"person":1}`))
	if err := json.Unmarshal(class, into); err != nil {
		t.Fatalf("%v: %s", err, l.Bytes())
	}
}

func eventTime(t testing.TB, l record.Line) time.Time {
	t.Helper()
	var m sweep
	decode(t, l, &m)
	return m.Time
}

func decodeInto(t testing.TB, payload []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(payload, into); err != nil {
		t.Fatalf("%v: %s", err, payload)
	}
}
