// Package detection holds what a sensor saw, whatever format it came in: the values between normalize and fusion.
//
// A Scan is one look of one sensor, with the detections that it brought; an empty one says "looked, saw nothing". Times are
// the sensor's own event times in UTC. Positions are WGS 84 with heights above the ellipsoid, angles are radians clockwise from
// true north, lengths metres, errors 1 σ. Every error is filled in: where the payload states none, normalize takes the
// sensor's configured one, so that fusion never has to guess.
package detection

import (
	"time"

	"cutline/internal/geo"
)

// Geometry says what a detection measures, hence which of its fields hold a value.
type Geometry uint8

// The kinds of measurement. A Position has Position and PositionError. A Polar has Polar.Range and Polar.Azimuth; a Bearing
// only Polar.Azimuth, and perhaps Polar.Elevation. A Trip says that something was within the coverage range of the sensor's own
// pose: a ground sensor's event.
const (
	NoGeometry Geometry = iota
	Position
	Polar
	Bearing
	Trip
)

// String names the geometry in lower case, as the detection measurement's kind tag has it.
func (g Geometry) String() string {
	switch g {
	case Position:
		return "position"
	case Polar:
		return "polar"
	case Bearing:
		return "bearing"
	case Trip:
		return "trip"
	case NoGeometry:
	}
	return "none"
}

// Detection is one return of a sensor.
type Detection struct {
	ID        string // the sensor's own name for it, may be empty
	EventTime time.Time
	Geometry  Geometry

	Position      geo.LLA    // Position.Alt is above the ellipsoid, and holds only if HasAlt
	HasAlt        bool       //
	PositionError Covariance // m²

	Polar      Coordinates // seen from the scan's platform, or from the sensor's pose
	PolarError Coordinates // 1 σ; Elevation and RangeRate hold where the measurement has them

	Velocity    Velocity
	HasVelocity bool

	Class    Classes // sums to 1 if HasClass
	HasClass bool

	Confidence float64 // in [0, 1]; 1 if the sensor states none

	SNR    float64 // dB
	HasSNR bool

	Track     string   // the sensor's own track, may be empty
	Media     []string // URLs of pictures or clips
	Simulated bool     // made by a simulator: the mark reaches every output
}

// Covariance of a horizontal position, m².
type Covariance struct {
	EE, EN, NN float64
}

// Coordinates are a measurement in the sensor's own polar frame.
type Coordinates struct {
	Range     float64     // m, slant
	Azimuth   geo.Radians // from true north
	Elevation geo.Radians // above the horizontal
	RangeRate float64     // m/s, positive away from the sensor

	HasElevation, HasRangeRate bool
}

// Velocity over ground, m/s.
type Velocity struct {
	East, North float64
}

// Pose is where a sensor is, and where it points.
type Pose struct {
	geo.LLA
	Heading    geo.Radians
	HasHeading bool
}

// FieldOfView is what a sensor that moves or slews sees at the time.
type FieldOfView struct {
	Azimuth geo.Radians // of its middle, from true north
	Width   geo.Radians // the whole angle
	Range   float64     // m
}

// Scan is one look of one sensor: at most one return per target, unless the sensor is defined otherwise.
type Scan struct {
	Sensor    string
	EventTime time.Time
	Number    int64 // the sensor's own number of the sweep, holds if HasNumber
	HasNumber bool
	Sweep     bool // a complete look: a target in view that has no detection here was missed

	Platform    Pose // of a moving sensor, holds if HasPlatform
	HasPlatform bool
	View        FieldOfView // holds if HasView
	HasView     bool

	Detections []Detection
}

// State is how well a sensor says it is.
type State uint8

// The states a sensor reports of itself. Silent is ours: it has not reported for longer than its max_silence.
const (
	UnknownState State = iota
	Online
	Degraded
	Silent
	Offline
)

var stateNames = [...]string{"unknown", "online", "degraded", "silent", "offline"} //nolint:gochecknoglobals // a fixed table

func (s State) String() string { return stateNames[s] }

// ParseState reads a state that a sensor may report; false for any other word.
func ParseState(word string) (State, bool) {
	switch word {
	case "online":
		return Online, true
	case "degraded":
		return Degraded, true
	case "offline":
		return Offline, true
	}
	return UnknownState, false
}

// Status is what a sensor reports of itself.
type Status struct {
	EventTime  time.Time // the zero time for a will, which was written before it was needed
	State      State
	Battery    float64 // percent, holds if HasBattery
	HasBattery bool
	Tamper     bool
	Faults     []string
	Heading    geo.Radians // holds if HasHeading
	HasHeading bool
	View       FieldOfView // holds if HasView
	HasView    bool
}
