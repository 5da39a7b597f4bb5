package normalize

import (
	"errors"
	"math"

	"cutline/internal/detection"
	"cutline/internal/geo"
	"cutline/internal/sensor"
)

// Errors of a sensor whose definition states none either: fusion divides by them, so none may be 0. Chosen to be poor rather than
// good, so that a forgotten setting costs accuracy and not a false certainty.
const (
	poorPosition  = 25.0 // m: a phone under trees
	poorRange     = 25.0 // m
	poorAzimuth   = 1.0  // degrees
	poorRangeRate = 1.0  // m/s
)

// source is a sensor with what each of its messages needs, worked out once.
type source struct {
	def      sensor.Definition
	position float64               // 1 σ of east and of north, m
	polar    detection.Coordinates // 1 σ
	point    bool                  // an event of it needs no place: it happened where the sensor is
	mapping  *mapping              // of format json
}

func newSource(def sensor.Definition) (*source, error) {
	azimuth := geo.Degrees(or(float64(def.Error.Azimuth), poorAzimuth)).Radians()
	s := &source{
		def:      def,
		position: or(float64(def.Error.Position), poorPosition),
		polar: detection.Coordinates{
			Range:   or(float64(def.Error.Range), poorRange),
			Azimuth: azimuth,
			// The definition has one angular error. Most antennas and lenses resolve elevation no better than azimuth.
			Elevation: azimuth,
			RangeRate: or(def.Error.RangeRate, poorRangeRate),
		},
		point: def.Kind == sensor.Ground && def.HasPose,
	}
	if def.Format == Frigate && (def.Camera.Name == "" || def.Camera.Width <= 0) {
		return nil, errors.New("camera: want its name in Frigate, and the width of its picture in pixels")
	}
	if def.Format != JSON {
		return s, nil
	}
	var err error
	s.mapping, err = compileMapping(&def)
	return s, err
}

// exchanged is the reason to reject a place that is far from the sensor and would be near it with its latitude and longitude the other way
// round.
const exchanged = "latitude and longitude are exchanged: the other way round this would be near the sensor"

// isExchanged finds such a place. It is never put right: nobody can know what else such a sender means.
func (s *source) isExchanged(p geo.LLA) bool {
	const near = 500e3 // m: no sensor sees further, and where both are about equal nothing can be told
	pose := s.def.Pose.LLA()
	if !s.def.HasPose || math.Abs(float64(p.Lat-pose.Lat)) < 4 || math.Abs(float64(p.Lon)) > 90 || distanceOf(pose, p) < near {
		return false
	}
	return distanceOf(pose, geo.LLA{Lat: p.Lon, Lon: p.Lat}) < near
}

// or is a if it is given, else b.
func or(a, b float64) float64 {
	if a > 0 {
		return a
	}
	return b
}

// height turns an altitude into one above the ellipsoid; ok is false if it cannot be known. A payload that does not say what
// its altitudes are measured from means what the sensor's definition says, or the ellipsoid if that says nothing either.
//
// Above ground: the ground is taken to be at the height of the sensor's configured pose, in want of a terrain model. That is off
// by the height of the mast and by the relief between the two, which does not matter to the horizontal picture. A sensor
// without a pose has no ground to stand on: the altitude is not used.
func (s *source) height(at geo.LLA, alt float64, ref sensor.AltRef) (hae geo.Metres, ok bool) {
	if ref == "" {
		ref = s.def.AltRef
	}
	switch ref {
	case sensor.MSL:
		return geo.Metres(alt) + undulation(at.Lat, at.Lon), true
	case sensor.AGL:
		return geo.Metres(alt) + s.def.Pose.Alt, s.def.HasPose
	case sensor.HAE:
	}
	return geo.Metres(alt), true
}
