package normalize

import (
	"math"

	"cutline/internal/detection"
	"cutline/internal/geo"
)

// A picture wider than this is taken for one that spreads angles evenly over its width, as panoramic cameras do; a narrower one for that
// of a lens without distortion.
const widestLens = 120.0 // degrees

// sight makes a bearing of a box in the sensor's picture: left and right are shares of its width, counted from the left. The picture
// spans the sensor's coverage, from its first azimuth at the left edge to its second at the right. key is where the box stands, for
// faults.
//
// The direction is that of the box's middle. Its error is the sensor's own, and an eighth of the box's width for where in the box the
// target is.
func (d *document) sight(v *value, key string, plot *detection.Detection, left, right float64) bool {
	def := &d.source.def
	span := math.Mod(float64(def.Coverage.Azimuths[1]-def.Coverage.Azimuths[0])+360, 360)
	switch {
	case !def.HasPose:
		d.blame(v, key, "counts from the camera, and no pose of it is configured")
		return false
	case span == 0:
		d.blame(v, key, "what the picture spans is not configured: give coverage.azimuth_deg, the directions of its left and right edge")
		return false
	case left >= right:
		d.blame(v, key, "a box whose left edge is not left of its right edge")
		return false
	}
	from := float64(def.Coverage.Azimuths[0])
	a, b := bearingIn(left, span), bearingIn(right, span)
	plot.Geometry = detection.Bearing
	plot.Polar.Azimuth = geo.Wrap2Pi(geo.Degrees(from + bearingIn((left+right)/2, span)).Radians())
	sigma, box := float64(d.source.polar.Azimuth), float64(geo.Degrees(b-a).Radians())/8
	plot.PolarError.Azimuth = geo.Radians(math.Hypot(sigma, box))
	return true
}

// bearingIn is the angle in degrees from the left edge of a picture that spans so many to a share of its width.
func bearingIn(share, span float64) float64 {
	if span > widestLens {
		return share * span
	}
	half := span / 2 * math.Pi / 180
	return span/2 + math.Atan((2*share-1)*math.Tan(half))*180/math.Pi
}
