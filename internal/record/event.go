package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Type of an Event.
type Type string

// The types of events.
const (
	TrackType    Type = "track"
	CrossingType Type = "crossing"
	AlertType    Type = "alert"
	SensorType   Type = "sensor"
	CoverageType Type = "coverage"
	RejectType   Type = "reject"
)

// Types lists them in the order in which a step's events are written.
func Types() []Type {
	return []Type{TrackType, CrossingType, AlertType, SensorType, CoverageType, RejectType}
}

// Event is what the core emits. Exactly the field that Type names is set.
type Event struct {
	Type   Type      `json:"type"`
	Time   time.Time `json:"time"` // event time of what it tells; of a reject, its receipt
	Sector string    `json:"sector"`

	Track    *TrackEvent    `json:"track,omitempty"`
	Crossing *CrossingEvent `json:"crossing,omitempty"`
	Alert    *AlertEvent    `json:"alert,omitempty"`
	Sensor   *SensorEvent   `json:"sensor,omitempty"`
	Coverage *CoverageEvent `json:"coverage,omitempty"`
	Reject   *RejectEvent   `json:"reject,omitempty"`
}

// TrackEvent is a track as everybody outside the core sees it. Angles are degrees, course clockwise from true north.
type TrackEvent struct {
	ID        string             `json:"id"`
	Status    string             `json:"status"` // tentative, confirmed, coasting, lost
	Lat       float64            `json:"lat"`
	Lon       float64            `json:"lon"`
	AltM      *float64           `json:"alt_m,omitempty"` // above the ellipsoid
	SpeedMPS  float64            `json:"speed_mps"`
	CourseDeg float64            `json:"course_deg"`
	Cov       Cov                `json:"cov"`
	Existence float64            `json:"existence"`
	Class     map[string]float64 `json:"class"`
	Sensors   []string           `json:"sensors"`
	Groups    []string           `json:"groups"`
	Lineage   []string           `json:"lineage"`
	Friendly  bool               `json:"friendly"`
	Count     int                `json:"count,omitempty"` // of companions that no sensor tells apart; left out for one
	Simulated bool               `json:"simulated,omitempty"`
}

// Cov is a horizontal position's covariance, m², east and north.
type Cov struct {
	EE float64 `json:"ee"`
	EN float64 `json:"en"`
	NN float64 `json:"nn"`
}

// CrossingEvent says that a track went from one side to the other.
type CrossingEvent struct {
	ID          string    `json:"id"`
	Track       string    `json:"track"`
	Time        time.Time `json:"time"` // of the crossing itself
	Lat         float64   `json:"lat"`
	Lon         float64   `json:"lon"`
	Direction   string    `json:"direction"` // "US>CA"
	Level       string    `json:"level"`     // confirmed, probable, inferred
	Confidence  float64   `json:"confidence"`
	Groups      []string  `json:"groups"`
	TimeSigmaS  float64   `json:"time_sigma_s"`
	PlaceSigmaM float64   `json:"place_sigma_m"`
	Friendly    bool      `json:"friendly,omitempty"`
	Simulated   bool      `json:"simulated,omitempty"`
}

// AlertEvent is an alert after a change.
type AlertEvent struct {
	ID           string     `json:"id"`
	Kind         string     `json:"kind"`  // crossing, sensor_silent, …
	State        string     `json:"state"` // unacknowledged, acknowledged, returned, shelved, suppressed, out_of_service, resolved
	Level        string     `json:"level"` // confirmed, probable, inferred; empty for a system alert
	Priority     string     `json:"priority"`
	Change       string     `json:"change"`  // new, update, end
	Time         time.Time  `json:"time"`    // when it happened
	Raised       time.Time  `json:"raised"`  // receipt of the record that raised it
	Updated      time.Time  `json:"updated"` // receipt of the record that changed it last
	Lat          float64    `json:"lat"`
	Lon          float64    `json:"lon"`
	Direction    string     `json:"direction"`
	Count        int        `json:"count"` // of the targets it stands for
	Class        string     `json:"class"` // the most probable one
	Confidence   float64    `json:"confidence"`
	Tracks       []string   `json:"tracks"`
	Sensor       string     `json:"sensor,omitempty"` // of a sensor's alert
	Evidence     []Evidence `json:"evidence"`
	Rule         string     `json:"rule"`              // why this level, in a few words
	RuleFR       string     `json:"rule_fr,omitempty"` // the same in French
	Text         string     `json:"text"`
	TextFR       string     `json:"text_fr,omitempty"`       // the same in French
	Against      []string   `json:"against,omitempty"`       // what speaks against it, for people
	AgainstFR    []string   `json:"against_fr,omitempty"`    // the same in French
	Zone         string     `json:"zone,omitempty"`          // id of the zone that it is about
	Folded       int        `json:"folded,omitempty"`        // equal alarms that this row stands for in a flood, beside its own
	FoldedInto   string     `json:"folded_into,omitempty"`   // id of the row that it stands behind
	SuppressedBy string     `json:"suppressed_by,omitempty"` // what hides it by design: "zone poe", "rule deer", or why it is out of service
	Revision     int        `json:"revision"`                // 1 as new, one more with each change
	AckedBy      string     `json:"acked_by,omitempty"`
	AckedAt      *time.Time `json:"acked_at,omitempty"`
	Owner        string     `json:"owner,omitempty"` // who sees to it
	Shelf        *Shelf     `json:"shelf,omitempty"` // while it is shelved
	Verdict      string     `json:"verdict,omitempty"`
	ResolvedBy   string     `json:"resolved_by,omitempty"`
	Comments     []Remark   `json:"comments,omitempty"` // in the order in which they were given
	Simulated    bool       `json:"simulated,omitempty"`
}

// Shelf says why an alert is out of sight, and until when.
type Shelf struct {
	By     string    `json:"by"`
	Until  time.Time `json:"until"`
	Reason string    `json:"reason"`
}

// Remark is what an operator wrote to an alert.
type Remark struct {
	By   string    `json:"by"`
	Time time.Time `json:"time"`
	Text string    `json:"text"`
}

// Evidence is what one sensor says for an alert.
type Evidence struct {
	Sensor        string    `json:"sensor"`
	Group         string    `json:"group"`
	Time          time.Time `json:"time"`
	ResidualSigma float64   `json:"residual_sigma"`
	Detection     string    `json:"detection"`
}

// SensorEvent is a sensor's health.
type SensorEvent struct {
	ID            string   `json:"id"`
	State         string   `json:"state"` // unknown (nothing heard yet), online, degraded, silent, offline
	RateHz        float64  `json:"rate_hz"`
	LatencyMS     float64  `json:"latency_ms"`
	ClockOffsetMS float64  `json:"clock_offset_ms"`
	Bias          Bias     `json:"bias"`
	BatteryPct    *float64 `json:"battery_pct,omitempty"`
	Faults        []string `json:"faults"`
	Rejects       uint64   `json:"rejects"`             // since the sector began
	Late          uint64   `json:"late"`                // scans that came too late to be used, since the sector began
	LateUsed      uint64   `json:"late_used,omitempty"` // scans that came late and were used all the same
}

// Bias of a sensor as estimated: what to take from what it says.
type Bias struct {
	AzimuthDeg float64 `json:"azimuth_deg"`
	RangeM     float64 `json:"range_m"`
	EastM      float64 `json:"east_m"` // of where it stands, or of the places that it says
	NorthM     float64 `json:"north_m"`
	ClockS     float64 `json:"clock_s"` // by which its clock is behind; below 0 it is ahead
}

// CoverageEvent says how much of the line is watched.
type CoverageEvent struct {
	WatchedFraction float64 `json:"watched_fraction"`
	Cells           []Cell  `json:"cells"`
}

// Cell of the line: from and to are metres along it.
type Cell struct {
	FromM   float64  `json:"from_m"`
	ToM     float64  `json:"to_m"`
	Sensors []string `json:"sensors"`
}

// RejectEvent is a payload, or a part of one, that was refused.
type RejectEvent struct {
	Topic    string    `json:"topic"`
	Sensor   string    `json:"sensor,omitempty"`
	Path     string    `json:"path"`
	Reason   string    `json:"reason"`
	Received time.Time `json:"received"`
	Payload  []byte    `json:"payload_base64"`
}

// AppendJSON appends e as one line of an events file, with its line feed. The same event gives the same bytes.
func (e *Event) AppendJSON(dst []byte) ([]byte, error) {
	if line, ok := appendTrack(dst, e); ok {
		return append(line, '\n'), nil
	}
	line := bytes.NewBuffer(dst)
	enc := json.NewEncoder(line)
	enc.SetEscapeHTML(false)              // "US>CA" stays readable
	if err := enc.Encode(e); err != nil { // a NaN in a field: a fault of ours that must not pass as data
		return dst, fmt.Errorf("encode %s event: %w", e.Type, err)
	}
	return line.Bytes(), nil
}

// ParseEvent reads a line of an events file.
func ParseEvent(line []byte) (Event, error) {
	if e, ok := readTrack(line); ok {
		return e, nil
	}
	var e Event
	if err := json.Unmarshal(line, &e); err != nil {
		return Event{}, fmt.Errorf("read event: %w", err)
	}
	return e, nil
}

// Line is one MQTT message of a capture file: Payload if it is JSON, PayloadBase64 otherwise.
type Line struct {
	Received      time.Time       `json:"received"`
	Topic         string          `json:"topic"`
	Payload       json.RawMessage `json:"payload,omitempty"`
	PayloadBase64 []byte          `json:"payload_base64,omitempty"`
}

// Bytes is the payload as it was sent.
func (l *Line) Bytes() []byte {
	if l.Payload != nil {
		return l.Payload
	}
	return l.PayloadBase64
}

// NewLine makes a capture line of a message.
func NewLine(received time.Time, topic string, payload []byte) Line {
	if json.Valid(payload) {
		return Line{Received: received, Topic: topic, Payload: payload}
	}
	return Line{Received: received, Topic: topic, PayloadBase64: payload}
}

// Truth is one line of a truth file: where a target is, or that it crossed.
type Truth struct {
	Type      string    `json:"type"` // target, crossing
	Time      time.Time `json:"time"`
	Target    string    `json:"target"`
	Class     string    `json:"class,omitempty"`
	Lat       float64   `json:"lat"`
	Lon       float64   `json:"lon"`
	AltM      *float64  `json:"alt_m,omitempty"`
	Direction string    `json:"direction,omitempty"`
	Friendly  bool      `json:"friendly,omitempty"`
	Size      int       `json:"size,omitempty"`    // of a group that moves as one target; 0 is one
	Intent    string    `json:"intent,omitempty"`  // what the target is about: cross, return, turn, …
	Covered   *bool     `json:"covered,omitempty"` // a working sensor sees it for the 10 s around a crossing, or up to now; nil: nobody says
	Members   []Spot    `json:"members,omitempty"` // of a group: where each is; lat and lon are then their middle
}

// Spot is a latitude and a longitude, degrees.
type Spot [2]float64
