// Package track holds what we believe: one target's state, and the evidence for it.
//
// States are in the ENU frame of the sector that owns the track: x = [e, ve, n, vn], metres and metres per second, at the event
// time of the track. A Track belongs to fusion; who looks at one must not keep it beyond the step that showed it.
package track

import (
	"math"
	"time"

	"cutline/internal/detection"
	"cutline/internal/geo"
)

// Status is where a track is in its life.
type Status uint8

// A track begins tentative, is confirmed by its existence and hits, coasts while its sensors miss it, and ends lost.
const (
	NoStatus Status = iota
	Tentative
	Confirmed
	Coasting
	Lost
)

var statusNames = [...]string{"", "tentative", "confirmed", "coasting", "lost"} //nolint:gochecknoglobals // a fixed table

func (s Status) String() string { return statusNames[s] }

// Track of one target.
type Track struct {
	ID      string   // kept for life, also over a gap
	Root    string   // the first of its lineage: what an alert's id hangs on
	Lineage []string // ids of the tracks that were merged into this one

	Status    Status
	Friendly  bool
	Parted    bool      // it was Friendly, and what made it so is heard elsewhere
	Simulated bool      // by a simulator, or in an exercise
	EventTime time.Time // of State
	First     time.Time // event time of the first detection
	Last      time.Time // event time of the last one
	Hits      int       // scans that detected it

	State [4]float64           // e, ve, n, vn
	Cov   [16]float64          // of State, row by row, symmetric
	Bias  detection.Covariance // of the position: what does not average out however often the sensors look, m²

	Alt    geo.Metres // above the ellipsoid, holds if HasAlt
	HasAlt bool

	Existence float64 // probability that there is a target
	Count     int     // of companions that go together, at least 1; 0 is not counted yet
	Class     detection.Classes

	Spread detection.Covariance // of the companions' places about State, m²
	Leader string               // id of the track that it goes with, which counts it until they part; empty: it goes by itself

	Evidence []Evidence // the last of each sensor, in the order in which the sensors first saw it
}

// Evidence is a sensor's last contribution to a track.
type Evidence struct {
	Sensor, Group string
	EventTime     time.Time
	Hits          int
	ResidualSigma float64 // length of the last innovation in its own σ
	Detection     string  // the sensor's id of it
	LogLikelihood float64 // Σ ln(Pd·N(z)/λ) of its detections and ln(1−Pd) of its misses: what it says for a target being there
}

// Speed over ground in m/s.
func (t *Track) Speed() float64 { return math.Hypot(t.State[1], t.State[3]) }

// Course over ground, clockwise from the frame's north, in [0, 2π).
func (t *Track) Course() geo.Radians {
	return geo.ENU{E: t.State[1], N: t.State[3]}.Bearing()
}

// Position covariance: the block of Cov that belongs to e and n, m².
func (t *Track) Position() detection.Covariance {
	return detection.Covariance{EE: t.Cov[0], EN: t.Cov[2], NN: t.Cov[10]}
}

// Whereabouts is the covariance, m², of where the target or any of its companions is: with what does not average out, and their
// spread. It is what a reader may rely on.
func (t *Track) Whereabouts() detection.Covariance {
	p := t.Position()
	for _, more := range [2]detection.Covariance{t.Bias, t.Spread} {
		p.EE, p.EN, p.NN = p.EE+more.EE, p.EN+more.EN, p.NN+more.NN
	}
	return p
}
