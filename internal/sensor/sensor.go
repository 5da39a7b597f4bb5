// Package sensor defines a sensor: where it stands, what it covers, how well it measures, and whom it shares a mast with.
//
// A Definition is data from the configuration, the same for normalize, fusion and alert. Angles are degrees here, as engineers
// write them; fusion converts once. The zero of an optional field means "not given" only where its comment says so.
package sensor

import (
	"time"

	"cutline/internal/geo"
)

// Kind of a sensor.
type Kind string

// The kinds. What a kind decides is the default of a field, never a rule of its own.
const (
	Radar      Kind = "radar"
	Camera     Kind = "camera"
	Ground     Kind = "ground"
	Drone      Kind = "drone"
	Helicopter Kind = "helicopter"
	AIS        Kind = "ais"
	ADSB       Kind = "adsb"
	Patrol     Kind = "patrol"
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{Radar, Camera, Ground, Drone, Helicopter, AIS, ADSB, Patrol} }

// Cooperative says whether the sensor reports a position of its own side's making (a patrol's phone, a transponder): its
// tracks are friendly or at least named, and it never misses.
func (k Kind) Cooperative() bool { return k == Patrol || k == AIS || k == ADSB }

// Definition of a sensor.
type Definition struct {
	ID     string
	Sector string
	Group  string // sensors on one mast are not independent: one vote per group; the ID if not given
	Kind   Kind
	Topic  string // of its detections; MQTT wildcards allowed, and captures: {sensor} is the ID
	Status string // topic of its status; border/<sector>/<id>/status if not given
	Format string

	Encoding Encoding      // of format json
	Mapping  []MappingStep // of format json
	Camera   CameraView    // of format frigate

	Pose     Pose
	HasPose  bool // false for one that moves: its messages bring a platform
	Coverage Coverage
	Error    Error

	DetectionProbability float64       // of a target in view in one scan, (0, 1]
	ClutterPerScan       float64       // mean number of false returns in one scan over the whole coverage
	ScanPeriod           time.Duration // 0: it says itself when it looked
	MaxSilence           time.Duration // longer without a message is an alarm; 0: never
	ReturnsPerTarget     Returns
	AltRef               AltRef // of altitudes whose payload states none
	Tracks               bool   // its reports are of a filter of its own: each repeats the error of the one before
	Friendly             bool   // what it reports is one of ours
	Simulated            bool   // what it reports is an exercise, whether its payloads say so or not
	OutOfService         string // why: what it sees is kept and not used, and what is wrong with it calls nobody; empty: it is in service
}

// Ours says that what the sensor reports is one of ours.
func (d *Definition) Ours() bool { return d.Friendly || d.Kind == Patrol }

// CameraView is what a picture's boxes are read by, where they are in pixels.
type CameraView struct {
	Name   string // as the publisher calls it: several cameras share a topic, and each is a sensor of its own
	Width  int    // of the picture that boxes are drawn in, in pixels
	Height int    // and its height; 0: not given
}

// Pose of a fixed sensor. Heading is clockwise from true north.
type Pose struct {
	Lat, Lon geo.Degrees
	Alt      geo.Metres // above the ellipsoid
	Heading  geo.Degrees
}

// LLA is the pose's place.
func (p Pose) LLA() geo.LLA { return geo.LLA{Lat: p.Lat, Lon: p.Lon, Alt: p.Alt} }

// Coverage is what the sensor can see from its pose: out to Range, between the two azimuths clockwise from true north.
// The same two azimuths mean all round.
type Coverage struct {
	Range    geo.Metres
	Azimuths [2]geo.Degrees

	Elevations  [2]geo.Degrees // of the lower and the upper edge of a camera's picture, in its middle; both the same: not given
	Ground      geo.Metres     // height of the ground there, above the ellipsoid: where the elevations of a camera meet it
	GroundSigma geo.Metres     // 1 σ of how far the ground is off that; 0: not given, and elevations tell no place
}

// Error is the 1 σ of a measurement whose payload states none.
type Error struct {
	Range     geo.Metres
	Azimuth   geo.Degrees
	RangeRate float64    // m/s
	Position  geo.Metres // each of east and north

	AzimuthBias  geo.Degrees // 1 σ of what does not average out, here and below: the survey of the mast
	RangeBias    geo.Metres
	PositionBias geo.Metres    // each of east and north, of where it stands or of the places that it gives
	ClockBias    time.Duration // of its clock, or of what passes between a look and the time that it says
}

// Returns says how many returns one target may give in one scan.
type Returns string

// One return per target and scan, or many (lidar, wide radar).
const (
	One  Returns = "one"
	Many Returns = "many"
)

// AltRef is what an altitude is measured from.
type AltRef string

// Above the ellipsoid, above mean sea level, above the ground.
const (
	HAE AltRef = "hae"
	MSL AltRef = "msl"
	AGL AltRef = "agl"
)
